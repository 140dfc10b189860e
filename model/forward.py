"""The forward pass, in NumPy: what a network computes when it reads a digit, every value kept on request.

This is what the lab exists to explain, so it is written out here, one function a layer, and checked against
Keras layer by layer. All values are float32; maps have the shape (digits, height, width, channels).
"""

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from model.layers import (
    EPSILON,
    LEAKY_RELU_SLOPE,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
)
from model.recipe import INPUT_SHAPE, check_stack, stack_shapes

Weights = Mapping[str, np.ndarray]

# Digits computed together: few enough that their patches stay in the processor's cache.
BATCH = 16


def weight_name(index: int, name: str) -> str:
    """The name of one array among a network's weights, such as ``"03.kernel"``.

    Args:
        index: the layer's place in the recipe, from 0.
        name: the array's name in that layer, as in ``Layer.weight_shapes``.
    """
    return f"{index:02d}.{name}"


def weight_shapes(layers: Sequence[Layer]) -> dict[str, tuple[int, ...]]:
    """Name to shape of every array that a stack of layers needs, in order."""
    shapes = stack_shapes(layers)
    return {
        weight_name(index, name): weight
        for index, (layer, shape) in enumerate(zip(layers, shapes, strict=False))
        for name, weight in layer.weight_shapes(shape).items()
    }


def to_input(digits: np.ndarray) -> np.ndarray:
    """Digits as a network takes them: ink from 0 to 1.

    Args:
        digits: uint8 (n, 28, 28), ink bright on black; or floating numbers of that shape, already 0 to 1.

    Returns:
        float32 (n, 28, 28, 1).

    Raises:
        ValueError: another shape or kind of number.
    """
    if digits.ndim != 3 or digits.shape[1:] != INPUT_SHAPE[:2]:
        raise ValueError(f"digits must have the shape (n, 28, 28), not {digits.shape}")
    if digits.dtype == np.uint8:
        return (digits.astype(np.float32) / np.float32(255))[..., None]
    if np.issubdtype(digits.dtype, np.floating):
        return digits.astype(np.float32)[..., None]
    raise ValueError(
        f"digits must be uint8 from 0 to 255 or floating numbers from 0 to 1, not {digits.dtype}"
    )


class Network:
    """A stack of layers with its weights, ready to read digits.

    Args:
        layers: as in a recipe.
        weights: float arrays by ``weight_name``, with the shapes that ``weight_shapes`` says.
        least_evidence: of a digit, see ``model.evaluation.evidence``; None: anything may be one.

    Raises:
        ValueError: an array is missing, left over, of another shape, or holds what is no finite number.

    Example:
        >>> network = load_checkpoint("classic").network  # doctest: +SKIP
        >>> network.probabilities(digits).argmax(axis=1)  # doctest: +SKIP
    """

    def __init__(
        self, layers: Sequence[Layer], weights: Weights, least_evidence: float | None = None
    ) -> None:
        check_stack(layers)
        needed = weight_shapes(layers)
        if needed.keys() != weights.keys():
            odd = sorted(needed.keys() ^ weights.keys())
            raise ValueError(f"the weights do not fit the layers: {odd[0]} is missing or left over")
        for name, shape in needed.items():
            if weights[name].shape != shape:
                raise ValueError(f"weights {name} must have the shape {shape}, not {weights[name].shape}")
            if not np.isfinite(weights[name]).all():
                raise ValueError(f"weights {name} hold values that are no finite numbers")
        self.layers = tuple(layers)
        self.least_evidence = least_evidence
        self.weights = {name: np.asarray(weights[name], np.float32) for name in needed}
        shapes = stack_shapes(layers)
        self._own = [
            {name: self.weights[weight_name(index, name)] for name in layer.weight_shapes(shape)}
            for index, (layer, shape) in enumerate(zip(layers, shapes, strict=False))
        ]

    def probabilities(self, digits: np.ndarray) -> np.ndarray:
        """How likely each digit is each of the ten.

        Args:
            digits: as ``to_input`` takes them, any number of them.

        Returns:
            float32 (n, 10); each row adds up to 1.
        """
        return self._run(digits, len(self.layers))

    def logits(self, digits: np.ndarray) -> np.ndarray:
        """What the softmax gets: how much speaks for each of the ten, float32 (n, 10); else as above."""
        return self._run(digits, len(self.layers) - 1)

    def features(self, digits: np.ndarray) -> np.ndarray:
        """What the last layer with a kernel gets: the network's own description of each digit.

        Args:
            digits: as ``to_input`` takes them.

        Returns:
            float32 (n, d), d being the width of the last hidden layer; where the answer is a convolution's,
            the values of the maps before it.
        """
        last = max(i for i, layer in enumerate(self.layers) if isinstance(layer, (Conv2D, Dense)))
        described = self._run(digits, last)
        return described.reshape(len(described), math.prod(described.shape[1:]))

    def values(self, digits: np.ndarray) -> list[np.ndarray]:
        """Every value on the way, for looking inside.

        Args:
            digits: as ``to_input`` takes them; few, for everything is kept.

        Returns:
            float32 arrays: the input, then what every layer gives. The first axis is the digit.
        """
        kept = [to_input(digits)]
        for index in range(len(self.layers)):
            kept.append(self._step(index, kept[-1]))
        return kept

    def through(self, x: np.ndarray, start: int, stop: int) -> np.ndarray:
        """What some of the layers make of values on their way.

        Args:
            x: float32, what the layer at ``start`` takes; a batch, the digit first.
            start: the first layer's place.
            stop: the place after the last layer's; equal to ``start``, nothing happens.

        Returns:
            float32, what the layer before ``stop`` gives; a batch.
        """
        for index in range(start, stop):
            x = self._step(index, x)
        return x

    def own_weights(self, place: int) -> Weights:
        """One layer's arrays, by the names in ``Layer.weight_shapes``; not to be changed.

        Args:
            place: the layer's place in the recipe, from 0.
        """
        return self._own[place]

    def _run(self, digits: np.ndarray, stop: int) -> np.ndarray:
        inputs = to_input(digits)
        done = []
        for start in range(0, len(inputs), BATCH):
            done.append(self.through(inputs[start : start + BATCH], 0, stop))
        shape = stack_shapes(self.layers[:stop])[-1]
        return np.concatenate(done) if done else np.zeros((0, *shape), np.float32)

    def _step(self, index: int, x: np.ndarray) -> np.ndarray:
        return apply_layer(self.layers[index], x, self._own[index])


def apply_layer(layer: Layer, x: np.ndarray, weights: Weights) -> np.ndarray:
    """What one layer makes of a batch, as in a reading (not as while learning: dropout hides nothing).

    Args:
        layer: which one.
        x: float32, the batch first.
        weights: the layer's own arrays, by the names in ``Layer.weight_shapes``.

    Returns:
        float32, the batch first.
    """
    match layer:
        case Conv2D():
            return convolve(x, weights["kernel"], weights.get("bias"), layer.stride, layer.padding)
        case Dense():
            y = x @ weights["kernel"]
            return y + weights["bias"] if "bias" in weights else y
        case BatchNormalization():
            scale = weights["gamma"] / np.sqrt(weights["moving_variance"] + np.float32(EPSILON))
            y = x * scale
            y += weights["beta"] - weights["moving_mean"] * scale
            return y
        case MaxPooling2D():
            return pool_max(x, layer.pool_size, layer.step, layer.padding)
        case AveragePooling2D():
            return pool_average(x, layer.pool_size, layer.step, layer.padding)
        case GlobalAveragePooling2D():
            return np.asarray(x.mean(axis=(1, 2)))
        case Flatten():
            return x.reshape(len(x), -1)
        case Activation():
            return activate(layer.function, x)
        case _:  # dropout only acts while learning
            return x


def same_padding(cells: int, size: int, stride: int) -> tuple[int, int]:
    """Cells of padding before and after one axis for ``"same"``; an odd one goes after, as in TensorFlow.

    Args:
        cells: the axis's length.
        size: the window's side.
        stride: the window's step.
    """
    windows = -(-cells // stride)
    total = max((windows - 1) * stride + size - cells, 0)
    return total // 2, total - total // 2


def pad(x: np.ndarray, size: int, stride: int, padding: str, fill: float = 0.0) -> np.ndarray:
    """The maps with the border that ``"same"`` asks for; as they are for ``"valid"``.

    Args:
        x: float32 (n, height, width, channels).
        size: the window's side.
        stride: the window's step.
        padding: "valid" or "same".
        fill: what the border holds.
    """
    if padding == "valid":
        return x
    n, height, width, channels = x.shape
    top, bottom = same_padding(height, size, stride)
    left, right = same_padding(width, size, stride)
    if not top + bottom + left + right:
        return x
    padded = np.full((n, height + top + bottom, width + left + right, channels), fill, np.float32)
    padded[:, top : top + height, left : left + width] = x
    return padded


def convolve(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray | None, stride: int = 1, padding: str = "valid"
) -> np.ndarray:
    """Convolution as networks do it (no kernel is flipped): every patch times every kernel.

    The patches are laid out as the rows of one matrix, so that a single matrix product does all the sums.

    Args:
        x: float32 (n, height, width, channels in).
        kernel: float32 (size, size, channels in, filters).
        bias: float32 (filters,), or None.
        stride: the step in cells.
        padding: "valid" or "same".

    Returns:
        float32 (n, windows down, windows across, filters).
    """
    size, _, _, filters = kernel.shape
    windows = patches(x, size, stride, padding)
    y = windows.reshape(-1, kernel[..., 0].size) @ kernel.reshape(-1, filters)
    if bias is not None:
        y += bias
    return y.reshape(*windows.shape[:3], filters)


def patches(x: np.ndarray, size: int, stride: int, padding: str) -> np.ndarray:
    """Every window of the maps, its numbers written one after another as a kernel's are.

    Args:
        x: float32 (n, height, width, channels).
        size: the window's side.
        stride: the window's step.
        padding: "valid" or "same"; padding cells hold 0.

    Returns:
        float32 (n, windows down, windows across, size * size * channels).
    """
    windows = sliding_window_view(pad(x, size, stride, padding), (size, size), axis=(1, 2))
    windows = windows[:, ::stride, ::stride].transpose(0, 1, 2, 4, 5, 3)
    return windows.reshape(*windows.shape[:3], size * size * x.shape[-1])


def window_cells(x: np.ndarray, size: int, stride: int) -> list[np.ndarray]:
    """One view of the maps for each cell of the window: all windows' first cells, all second cells, ...

    Args:
        x: (n, height, width, channels), its border already there.
        size: the window's side.
        stride: the window's step.

    Returns:
        size * size views (n, windows down, windows across, channels), row by row.
    """
    down = (x.shape[1] - size) // stride + 1
    across = (x.shape[2] - size) // stride + 1
    return [
        x[:, i : i + (down - 1) * stride + 1 : stride, j : j + (across - 1) * stride + 1 : stride]
        for i, j in itertools.product(range(size), repeat=2)
    ]


def pool_max(x: np.ndarray, size: int, stride: int, padding: str) -> np.ndarray:
    """The largest value of every window.

    Args:
        x: float32 (n, height, width, channels).
        size: the window's side.
        stride: the window's step.
        padding: "valid" or "same"; padding cells never win.

    Returns:
        float32 (n, windows down, windows across, channels).
    """
    first, *rest = window_cells(pad(x, size, stride, padding, -np.inf), size, stride)
    y = first.copy()
    for view in rest:
        np.maximum(y, view, out=y)
    return y


def pool_average(x: np.ndarray, size: int, stride: int, padding: str) -> np.ndarray:
    """The mean of every window; padding cells are not counted.

    Args:
        x: float32 (n, height, width, channels).
        size: the window's side.
        stride: the window's step.
        padding: "valid" or "same".

    Returns:
        float32 (n, windows down, windows across, channels).
    """
    total = _pool_sum(x, size, stride, padding)
    if padding == "valid":
        return total / np.float32(size * size)
    ones = np.ones((1, *x.shape[1:3], 1), np.float32)
    return total / _pool_sum(ones, size, stride, padding)


def _pool_sum(x: np.ndarray, size: int, stride: int, padding: str) -> np.ndarray:
    first, *rest = window_cells(pad(x, size, stride, padding), size, stride)
    y = first.copy()
    for view in rest:
        y += view
    return y


def activate(function: str, x: np.ndarray) -> np.ndarray:
    """One of the activation functions, value by value; softmax over the last axis.

    Args:
        function: relu, leaky_relu, tanh, sigmoid, softmax or linear.
        x: float32, any shape.

    Returns:
        float32, the same shape.

    Raises:
        ValueError: no such function.
    """
    match function:
        case "relu":
            return np.maximum(x, np.float32(0))
        case "leaky_relu":
            return np.where(x > 0, x, x * np.float32(LEAKY_RELU_SLOPE))
        case "tanh":
            return np.tanh(x)
        case "sigmoid":
            # tanh never overflows, where exp(-x) would
            return np.float32(0.5) * (np.tanh(x * np.float32(0.5)) + np.float32(1))
        case "softmax":
            powers = np.exp(x - x.max(axis=-1, keepdims=True))
            return powers / powers.sum(axis=-1, keepdims=True)
        case "linear":
            return x
    raise ValueError(f"there is no activation {function!r}")
