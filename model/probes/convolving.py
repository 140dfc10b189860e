"""A convolution taken apart: what one filter does at each position, channel by channel, number by number.

`model.forward.convolve` does all sums of a layer in one matrix product. Here the same sums are kept apart:
the patch, its products with the kernel, what each input channel brings, and what they come to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from model.forward import Network, same_padding, weight_name
from model.layers import Activation, BatchNormalization, Conv2D, Layer, LayerError


@dataclass(frozen=True, eq=False)
class Position:
    """One position of a filter.

    Args:
        patch: float32 (side, side, channels), what lies under the kernel; zeros where that is padding.
        products: float32 (side, side, channels), the patch times the kernel, cell by cell.
        terms: float32 (channels,), the products of each channel added up.
        total: the terms and the bias added up.
    """

    patch: np.ndarray
    products: np.ndarray
    terms: np.ndarray
    total: float


@dataclass(frozen=True, eq=False)
class Sliding:
    """One filter on its way over its input.

    Args:
        padded: float32 (rows, columns, channels), the input with its border of zeros.
        top: rows of border above.
        left: columns of border on the left.
        height: rows of the input itself.
        width: its columns.
        kernel: float32 (side, side, channels).
        bias: what is added at every position; 0 without one.
        stride: cells from position to position.
        terms: float32 (positions down, positions across, channels), what each channel brings.
        sums: float32 (positions down, positions across), the terms and the bias added up: the filter's map.
    """

    padded: np.ndarray
    top: int
    left: int
    height: int
    width: int
    kernel: np.ndarray
    bias: float
    stride: int
    terms: np.ndarray
    sums: np.ndarray

    def at(self, row: int, column: int) -> Position:
        """What the filter does at one position.

        Args:
            row: of the position in the filter's map.
            column: likewise.

        Raises:
            ValueError: there is no such position.
        """
        down, across = self.sums.shape
        if not 0 <= row < down or not 0 <= column < across:
            raise ValueError(f"a {down}×{across} map has no value in row {row} and column {column}")
        side, i, j = len(self.kernel), row * self.stride, column * self.stride
        patch = self.padded[i : i + side, j : j + side]
        terms = self.terms[row, column]
        return Position(patch, patch * self.kernel, terms, float(self.sums[row, column]))

    def brightest(self) -> tuple[int, int]:
        """The position whose middle lies nearest to the input's largest value: where there is much to see."""
        row, column = np.unravel_index(np.abs(self.padded).sum(axis=-1).argmax(), self.padded.shape[:2])
        middle = (len(self.kernel) - 1) // 2
        down, across = self.sums.shape
        return (
            int(np.clip((row - middle) // self.stride, 0, down - 1)),
            int(np.clip((column - middle) // self.stride, 0, across - 1)),
        )


def slide(
    x: np.ndarray,
    kernel: np.ndarray,
    bias: float = 0.0,
    stride: int = 1,
    padding: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0)),
) -> Sliding:
    """One filter over one input, all its sums kept apart.

    Args:
        x: float32 (height, width, channels).
        kernel: float32 (side, side, channels), one filter's.
        bias: what is added at every position.
        stride: the step in cells.
        padding: cells of zeros above and below, and on the left and on the right.

    Returns:
        The sums; those of a layer are what ``convolve`` gives, to rounding.

    Raises:
        LayerError: the kernel doesn't fit on the input.
        ValueError: the kernel is made for another number of channels.
    """
    if x.shape[-1] != kernel.shape[-1]:
        raise ValueError(f"a kernel for {kernel.shape[-1]} channels can't slide over {x.shape[-1]}")
    padded = np.pad(x, (*padding, (0, 0))).astype(np.float32)
    side = len(kernel)
    Conv2D(1, side, min(stride, side)).output_shape(padded.shape)  # says what doesn't fit
    windows = sliding_window_view(padded, (side, side), axis=(0, 1))[::stride, ::stride]
    terms = np.einsum("hwcij,ijc->hwc", windows, kernel, dtype=np.float32)
    sums = terms.sum(axis=-1) + np.float32(bias)
    (top, _), (left, _) = padding
    height, width, _ = x.shape
    return Sliding(padded, top, left, height, width, kernel, float(bias), stride, terms, sums)


def slide_filter(layer: Conv2D, x: np.ndarray, weights: Mapping[str, np.ndarray], unit: int) -> Sliding:
    """One filter of a layer over what the layer gets.

    Args:
        layer: a convolution.
        x: float32 (height, width, channels), what it gets of one digit.
        weights: the layer's own arrays.
        unit: the filter, from 0.

    Raises:
        ValueError: there is no such filter.
    """
    if not 0 <= unit < layer.filters:
        raise ValueError(f"there is no filter {unit}: the last of {layer.filters} is {layer.filters - 1}")
    bias = float(weights["bias"][unit]) if "bias" in weights else 0.0
    padding = border(layer, *x.shape[:2])
    return slide(x, weights["kernel"][..., unit], bias, layer.stride, padding)


def border(layer: Conv2D, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Cells of zeros that a layer puts around its input: above and below, on the left and on the right."""
    if layer.padding == "valid":
        return (0, 0), (0, 0)
    down, across = (same_padding(cells, layer.kernel_size, layer.stride) for cells in (height, width))
    return down, across


def positions(cells: int, size: int, stride: int, before: int = 0, after: int = 0) -> int:
    """How many positions a window has along one axis: ⌊(n + padding − size) / stride⌋ + 1.

    Args:
        cells: n, the input's length.
        size: the window's side.
        stride: the step in cells.
        before: cells of padding before it.
        after: cells of padding after it.

    Raises:
        LayerError: it doesn't fit, or there is no such window.
    """
    layer = Conv2D(1, size, stride)
    for name, pad in (("before", before), ("after", after)):
        if pad < 0:
            raise LayerError(f"Conv2D: padding {name} the map must be 0 cells or more, not {pad}")
    length = cells + before + after
    return layer.output_shape((length, length, 1))[0]


def followers(layers: Sequence[Layer], place: int) -> tuple[int, ...]:
    """The layers behind one that change its values one by one: normalisation and activations.

    Args:
        layers: as in a recipe.
        place: the layer's place.

    Returns:
        Their places, up to the first layer that does anything else. A softmax weighs channels against one
        another, so it isn't among them.
    """
    found = []
    for later in range(place + 1, len(layers)):
        layer = layers[later]
        softmax = layer == Activation("softmax")
        if not isinstance(layer, BatchNormalization | Activation) or softmax:
            break
        found.append(later)
    return tuple(found)


def strongest(terms: np.ndarray, most: int) -> tuple[int, ...]:
    """The input channels that matter most to a filter on this digit, in their own order.

    Args:
        terms: float32 (down, across, channels), as in `Sliding`.
        most: how many at most.

    Returns:
        Those that bring the largest sums of absolute values.
    """
    amounts = np.abs(terms).sum(axis=(0, 1))
    return tuple(sorted(int(channel) for channel in np.argsort(-amounts, kind="stable")[:most]))


def with_kernel(network: Network, place: int, unit: int, channel: int, kernel: np.ndarray) -> Network:
    """The network with one kernel replaced: that of one filter for one input channel.

    Args:
        network: stays as it is.
        place: a convolution's.
        unit: the filter.
        channel: the input channel.
        kernel: float (side, side).

    Raises:
        ValueError: there is no such kernel, or it has another side.
    """
    layer = network.layers[place]
    if not isinstance(layer, Conv2D):
        raise ValueError(f"layer {place + 1} is no convolution but {layer}")
    name = weight_name(place, "kernel")
    kernels = network.weights[name].copy()
    side, _, channels, filters = kernels.shape
    if not 0 <= unit < filters or not 0 <= channel < channels:
        raise ValueError(f"there are {filters} filters for {channels} channels: none {unit} for {channel}")
    if kernel.shape != (side, side):
        raise ValueError(f"a kernel here has {side}×{side} numbers, not {'×'.join(map(str, kernel.shape))}")
    kernels[:, :, channel, unit] = kernel
    return Network(network.layers, {**network.weights, name: kernels})
