"""Filters: the kernels that a network learned, how strong they are, which are alike and which say nothing."""

from dataclasses import dataclass

import numpy as np

from model.checkpoint import Checkpoint
from model.forward import BATCH, Network, to_input, weight_name
from model.layers import Conv2D, Flatten
from model.probes.units import check_unit, layers_with_units, mixing_places, response_end

__all__ = ["Activity", "activity", "dead", "kernels", "layers_with_units", "norms", "twins"]

# A unit whose values differ from digit to digit by less than this share of what the layer's liveliest does is
# dead: so small a difference is the rounding of sums, not an answer.
DEAD_SHARE = 1e-6


def kernels(checkpoint: Checkpoint, place: int) -> np.ndarray:
    """The weights by which a layer's units look at what comes in.

    Those of a dense layer that follows a flattening lie as the maps did before it: of a network without
    convolutions, they are pictures of the size of a digit.

    Args:
        checkpoint: whose weights.
        place: of a convolution or dense layer, the one that gives the answer too.

    Returns:
        float32 (height, width, channels in, units), read-only; height and width are the kernel's side, the
        map's before a flattening, or 1.

    Raises:
        ValueError: the layer at that place has no kernel.
    """
    layers = checkpoint.recipe.layers
    if place not in mixing_places(layers):
        raise ValueError(f"the layer at place {place} has no kernel: it is no convolution and no dense layer")
    kernel = np.asarray(checkpoint.weights[weight_name(place, "kernel")], np.float32).view()
    kernel.flags.writeable = False
    if isinstance(layers[place], Conv2D):
        return kernel
    before = max((p for p in mixing_places(layers) if p < place), default=-1)
    flattened = [
        shape
        for layer, shape in list(zip(layers, checkpoint.recipe.shapes, strict=False))[before + 1 : place]
        if isinstance(layer, Flatten) and len(shape) == 3
    ]
    height, width, channels = flattened[0] if flattened else (1, 1, kernel.shape[0])
    return kernel.reshape(height, width, channels, -1)


def norms(kernel: np.ndarray) -> np.ndarray:
    """How strong each unit's weights are: the root of the sum of their squares.

    Args:
        kernel: float (..., units), as ``kernels`` gives it.

    Returns:
        float32 (units,).
    """
    return np.linalg.norm(_columns(kernel), axis=0).astype(np.float32)


def twins(kernel: np.ndarray, least: float = 0.95) -> tuple[tuple[int, int, float], ...]:
    """Pairs of units whose weights point the same way: one does what the other does, stronger or weaker.

    Args:
        kernel: float (..., units), as ``kernels`` gives it.
        least: the smallest cosine between two units' weights that counts, −1 to 1.

    Returns:
        Both units, the smaller index first, and the cosine; the most alike first. Units without any weight
        are nobody's twins. A kernel with one number a unit makes all units of a sign twins.
    """
    columns = _columns(kernel)
    lengths = np.linalg.norm(columns, axis=0)
    directions = columns / np.where(lengths > 0, lengths, 1)
    cosines = np.clip(directions.T @ directions, -1, 1)
    alive = lengths > 0
    first, second = np.nonzero(np.triu((cosines >= least) & alive & alive[:, None], k=1))
    order = np.argsort(-cosines[first, second], kind="stable")
    return tuple(
        (int(i), int(j), float(cosines[i, j])) for i, j in zip(first[order], second[order], strict=True)
    )


@dataclass(frozen=True, eq=False)
class Activity:
    """What the units of a layer do over many digits; see ``response_end`` for what counts as their response.

    Args:
        mean: float32 (units,), the mean of all their values.
        share_active: float32 (units,), the share of digits that bring them above zero somewhere.
        spread: float32 (units,), by how much the value of one cell differs between digits, at most.
        count: how many digits were shown.
    """

    mean: np.ndarray
    share_active: np.ndarray
    spread: np.ndarray
    count: int


def activity(network: Network, place: int, images: np.ndarray) -> Activity:
    """What each unit of a layer does over many digits.

    Args:
        network: what looks.
        place: a layer with units.
        images: uint8 (n, 28, 28), at least one.

    Returns:
        What they did.

    Raises:
        ValueError: there are no such units, or no digits.
    """
    check_unit(network.layers, place)
    if not len(images):
        raise ValueError("activity needs at least one digit")
    end = response_end(network.layers, place)
    total = active = np.zeros(())
    low = np.array(np.inf)
    high = np.array(-np.inf)
    for start in range(0, len(images), BATCH):
        y = network.through(to_input(images[start : start + BATCH]), 0, end)
        y = y.reshape(len(y), -1, y.shape[-1])  # (digits, cells, units)
        total = total + y.mean(axis=1, dtype=np.float64).sum(axis=0)
        active = active + (y.max(axis=1) > 0).sum(axis=0)
        low, high = np.minimum(low, y.min(axis=0)), np.maximum(high, y.max(axis=0))
    count = len(images)
    spread = (high - low).max(axis=0)
    return Activity(_single(total / count), _single(active / count), _single(spread), count)


def dead(activity: Activity) -> np.ndarray:
    """Which units say the same whatever the digit; a unit behind a relu that never fires is one.

    Of a single digit every unit says the same: show them at least two.

    Args:
        activity: of a layer, over as many digits as can be had.

    Returns:
        bool (units,).

    Raises:
        ValueError: fewer than two digits were shown.
    """
    if activity.count < 2:
        raise ValueError("whether a unit is dead can only be told from at least two digits")
    return activity.spread <= DEAD_SHARE * activity.spread.max()


def _single(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float32)


def _columns(kernel: np.ndarray) -> np.ndarray:
    return kernel.reshape(-1, kernel.shape[-1]).astype(np.float64)
