"""Pooling: the same windows pooled by maximum and by average, and how both bear a shift of the digit."""

from dataclasses import dataclass

import numpy as np

from model.forward import Network, pool_average, pool_max, same_padding, to_input
from model.layers import AveragePooling2D, MaxPooling2D, Shape

Pooling = MaxPooling2D | AveragePooling2D
Span = tuple[int, int]  # the first cell, and how many


def windows(layer: Pooling, shape: Shape) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The cells that each window takes in, without those of the padding, which pooling doesn't count.

    Args:
        layer: its windows.
        shape: (height, width, channels) of the maps under them.

    Returns:
        For each row of windows the first row of cells and how many; likewise for each column.
    """
    rows, columns, _ = layer.output_shape(shape)
    return _spans(layer, rows, shape[0]), _spans(layer, columns, shape[1])


def _spans(layer: Pooling, count: int, cells: int) -> tuple[Span, ...]:
    size, step = layer.window()
    before = same_padding(cells, size, step)[0] if layer.padding == "same" else 0
    ends = [(max(i * step - before, 0), min(i * step - before + size, cells)) for i in range(count)]
    return tuple((first, end - first) for first, end in ends)


@dataclass(frozen=True, eq=False)
class Pooled:
    """The same windows on the same maps, pooled in both ways.

    Args:
        maximum: float32 (..., rows, columns, channels), the largest value of each window.
        average: likewise, the mean of each.
        first: likewise, the value in each window's first cell: what a stride without pooling would keep.
    """

    maximum: np.ndarray
    average: np.ndarray
    first: np.ndarray


def both(layer: Pooling, x: np.ndarray) -> Pooled:
    """What maximum and average make of the same maps through a layer's windows, whichever the layer is.

    Args:
        layer: its windows.
        x: float32 (n, height, width, channels).
    """
    size, step = layer.window()
    rows, columns = windows(layer, x.shape[1:])
    return Pooled(
        pool_max(x, size, step, layer.padding),
        pool_average(x, size, step, layer.padding),
        x[:, [first for first, _ in rows]][:, :, [first for first, _ in columns]],
    )


def shifted(digit: np.ndarray, down: int, across: int) -> np.ndarray:
    """A digit moved by whole cells; what leaves the frame is lost, and black comes in.

    Args:
        digit: (28, 28).
        down: cells downwards, negative for upwards; at most 28 either way.
        across: cells to the right, negative for the left.

    Returns:
        As large, of the same kind of numbers.
    """
    height, width = digit.shape
    moved = np.zeros_like(digit)
    moved[max(down, 0) : height + min(down, 0), max(across, 0) : width + min(across, 0)] = digit[
        max(-down, 0) : height - max(down, 0), max(-across, 0) : width - max(across, 0)
    ]
    return moved


@dataclass(frozen=True, eq=False)
class Shift:
    """What a shift of the digit does before and after a pooling layer.

    Args:
        digit: uint8 (28, 28), the digit, shifted.
        before: float32 (2, height, width, channels), what the layer gets: of the digit, and of the shifted.
        after: that, pooled in both ways; the first axis as in ``before``.
        changes: "digit", "before", "first", "average" and "maximum", each with how much it changes: the
            length of the difference over the length of what was there, 0 for not at all.
    """

    digit: np.ndarray
    before: np.ndarray
    after: Pooled
    changes: dict[str, float]


def shift(network: Network, place: int, digit: np.ndarray, down: int, across: int) -> Shift:
    """How much every stage changes when the digit is moved.

    Args:
        network: what looks.
        place: a pooling layer's place in it.
        digit: uint8 (28, 28).
        down: as for ``shifted``.
        across: likewise.

    Raises:
        ValueError: there is no pooling layer at that place.
    """
    layer = network.layers[place]
    if not isinstance(layer, Pooling):
        raise ValueError(f"the layer at place {place} pools nothing: it is {layer}")
    digits = np.stack([digit, shifted(digit, down, across)])
    before = network.through(to_input(digits), 0, place)
    after = both(layer, before)
    changes = {
        "digit": change(*digits.astype(np.float32)),
        "before": change(*before),
        "first": change(*after.first),
        "average": change(*after.average),
        "maximum": change(*after.maximum),
    }
    return Shift(digits[1], before, after, changes)


def change(before: np.ndarray, after: np.ndarray) -> float:
    """The length of the difference over the length of what was there; 0 where there was nothing."""
    length = float(np.linalg.norm(before))
    return float(np.linalg.norm(after - before)) / length if length else 0.0
