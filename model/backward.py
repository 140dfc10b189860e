"""The backward pass, in NumPy: how one number that a network gives depends on everything before it.

It is `model.forward` read from the end: each layer takes the gradient of its output and gives that of its
input, by the chain rule (Rumelhart, Hinton and Williams 1986). So the lab can say which ink, which map and
which weight a verdict rests on, without an engine for learning. All is as in a reading: dropout hides
nothing, batch normalisation uses its record. Checked against TensorFlow's gradients.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.forward import (
    Network,
    Weights,
    pad,
    patches,
    same_padding,
    weight_name,
    weight_shapes,
    window_cells,
)
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


@dataclass(frozen=True)
class Gradients:
    """How an objective changes with everything before it, each as the change for one more unit of it.

    Args:
        inputs: float32 (n, 28, 28), by the ink, which goes from 0 to 1.
        values: by what each layer gives, up to the layer that was asked about: ``values[place]`` has the
            shape of that layer's output, ``Network.values(...)[place + 1]``.
        weights: by each weight, by ``model.forward.weight_name``, summed over the digits; empty unless asked
            for. Layers after the one that was asked about have none.
    """

    inputs: np.ndarray
    values: tuple[np.ndarray, ...]
    weights: dict[str, np.ndarray]


def backward(
    network: Network,
    values: Sequence[np.ndarray],
    gradient: np.ndarray,
    at: int | None = None,
    weights: bool = False,
) -> Gradients:
    """Follow an objective back to the ink.

    Args:
        network: what read.
        values: what ``Network.values`` gave for the digits.
        gradient: (n, ...), the objective's derivative by the output of the layer ``at``, so of the shape of
            ``values[at + 1]``. For one unit alone: 1 there and 0 elsewhere.
        at: the layer's place in the recipe, from 0; None for the last, whose output are the probabilities.
        weights: whether the weights' gradients are wanted too.

    Returns:
        The gradients by the ink, by all layers' outputs up to ``at``, and by the weights if asked for.

    Raises:
        ValueError: there is no such layer, the values are another network's, or the gradient has another
            shape than the layer's output.

    Example:
        >>> values = network.values(digits)  # doctest: +SKIP
        >>> towards_nine = np.tile(np.eye(10)[9], (len(digits), 1))  # doctest: +SKIP
        >>> backward(network, values, towards_nine).inputs  # doctest: +SKIP
    """
    count = len(network.layers)
    place = count - 1 if at is None else at
    if not 0 <= place < count:
        raise ValueError(f"there is no layer {place} to go back from: the places are 0 to {count - 1}")
    if len(values) != count + 1:
        raise ValueError(f"{count + 1} values are needed, the input and {count} layers', not {len(values)}")
    if gradient.shape != values[place + 1].shape:
        raise ValueError(f"the gradient must have the shape {values[place + 1].shape}, not {gradient.shape}")
    g = np.asarray(gradient, np.float32)
    outputs, found = [], {}
    for index in range(place, -1, -1):
        outputs.append(g)
        layer, x, y = network.layers[index], values[index], values[index + 1]
        own = {name: network.weights[weight_name(index, name)] for name in layer.weight_shapes(x.shape[1:])}
        if weights:
            for name, array in weight_gradients(layer, x, g, own).items():
                found[weight_name(index, name)] = array
        g = input_gradient(layer, x, y, g, own)
    in_order = {name: found[name] for name in weight_shapes(network.layers) if name in found}
    return Gradients(g[..., 0], tuple(reversed(outputs)), in_order)


def input_gradient(layer: Layer, x: np.ndarray, y: np.ndarray, g: np.ndarray, weights: Weights) -> np.ndarray:
    """One layer's step back: from the gradient of its output to that of its input.

    Args:
        layer: which one.
        x: float32, what it was given, the batch first.
        y: float32, what it made of that.
        g: float32, the objective's gradient by ``y``.
        weights: the layer's own arrays, by the names in ``Layer.weight_shapes``.

    Returns:
        float32, the gradient by ``x``, of its shape.
    """
    match layer:
        case Conv2D():
            return _back_through_convolution(x.shape, g, weights["kernel"], layer.stride, layer.padding)
        case Dense():
            return g @ weights["kernel"].T
        case BatchNormalization():
            return g * (weights["gamma"] / np.sqrt(weights["moving_variance"] + np.float32(EPSILON)))
        case MaxPooling2D():
            return _back_through_max(x, y, g, layer.pool_size, layer.step, layer.padding)
        case AveragePooling2D():
            return _back_through_average(x.shape, g, layer.pool_size, layer.step, layer.padding)
        case GlobalAveragePooling2D():
            cells = x.shape[1] * x.shape[2]
            return np.broadcast_to(g[:, None, None, :] / np.float32(cells), x.shape)
        case Flatten():
            return g.reshape(x.shape)
        case Activation():
            return _back_through_activation(layer.function, y, g)
        case _:  # dropout only acts while learning
            return g


def weight_gradients(layer: Layer, x: np.ndarray, g: np.ndarray, weights: Weights) -> dict[str, np.ndarray]:
    """One layer's gradients by its own weights, summed over the digits.

    Batch normalisation's tracked mean and variance, which no training changes by gradient, are numbers of a
    reading like the others and get theirs too.

    Args:
        layer: which one.
        x: float32, what it was given, the batch first.
        g: float32, the objective's gradient by what it gave.
        weights: the layer's own arrays, by the names in ``Layer.weight_shapes``.

    Returns:
        float32 arrays by those names, of the weights' shapes.
    """
    rows = g.reshape(-1, g.shape[-1])  # (everything else, channels)
    match layer:
        case Conv2D():
            seen = patches(x, layer.kernel_size, layer.stride, layer.padding)
            found = {"kernel": seen.reshape(len(rows), seen.shape[-1]).T @ rows, "bias": rows.sum(axis=0)}
        case Dense():
            found = {"kernel": x.T @ rows, "bias": rows.sum(axis=0)}
        case BatchNormalization():
            shared = 1 / np.sqrt(weights["moving_variance"] + np.float32(EPSILON))
            normal = (x.reshape(rows.shape) - weights["moving_mean"]) * shared
            beta, gamma = rows.sum(axis=0), (rows * normal).sum(axis=0)
            found = {
                "gamma": gamma,
                "beta": beta,
                "moving_mean": -beta * weights["gamma"] * shared,
                "moving_variance": -gamma * weights["gamma"] * shared**2 / 2,
            }
        case _:
            found = {}
    return {name: found[name].reshape(array.shape) for name, array in weights.items()}


def _inside(x: np.ndarray, shape: tuple[int, ...], size: int, stride: int, padding: str) -> np.ndarray:
    """The maps without the border that ``pad`` gave them."""
    if padding == "valid":
        return x
    top, left = (same_padding(cells, size, stride)[0] for cells in shape[1:3])
    return x[:, top : top + shape[1], left : left + shape[2]]


def _padded_zeros(shape: tuple[int, ...], size: int, stride: int, padding: str) -> np.ndarray:
    return pad(np.zeros(shape, np.float32), size, stride, padding)


def _back_through_convolution(
    shape: tuple[int, ...], g: np.ndarray, kernel: np.ndarray, stride: int, padding: str
) -> np.ndarray:
    """Every output gives its gradient back to the cells it was made from, times the kernel's numbers."""
    size, _, channels, filters = kernel.shape
    rows = g.reshape(-1, filters)
    back = _padded_zeros(shape, size, stride, padding)
    # cell by cell of the kernel: one large product would be quicker alone, but leaves the processor's cache
    for cell, view in zip(
        kernel.reshape(-1, channels, filters), window_cells(back, size, stride), strict=True
    ):
        view += (rows @ cell.T).reshape(view.shape)
    return _inside(back, shape, size, stride, padding)


def _back_through_max(
    x: np.ndarray, y: np.ndarray, g: np.ndarray, size: int, stride: int, padding: str
) -> np.ndarray:
    """All of a window's gradient goes to the cell that won; of equal ones to the first, as in TensorFlow."""
    back = _padded_zeros(x.shape, size, stride, padding)
    left = np.ones(y.shape, bool)  # windows whose winner isn't found yet
    given = window_cells(pad(x, size, stride, padding, -np.inf), size, stride)
    for view, cell in zip(window_cells(back, size, stride), given, strict=True):
        won = left & (cell == y)
        view += np.where(won, g, np.float32(0))
        left &= ~won
    return _inside(back, x.shape, size, stride, padding)


def _back_through_average(
    shape: tuple[int, ...], g: np.ndarray, size: int, stride: int, padding: str
) -> np.ndarray:
    """Each cell of a window gets an equal share; padding cells, which weren't counted, get none."""
    ones = pad(np.ones((1, *shape[1:3], 1), np.float32), size, stride, padding)
    share = g / np.sum(window_cells(ones, size, stride), axis=0)
    back = _padded_zeros(shape, size, stride, padding)
    for view in window_cells(back, size, stride):
        view += share
    return _inside(back, shape, size, stride, padding)


def _back_through_activation(function: str, y: np.ndarray, g: np.ndarray) -> np.ndarray:
    """The derivative of each function, written with its own value."""
    match function:
        case "relu":
            return g * (y > 0)
        case "leaky_relu":
            return np.where(y > 0, g, g * np.float32(LEAKY_RELU_SLOPE))
        case "tanh":
            return g * (1 - y * y)
        case "sigmoid":
            return g * (y * (1 - y))
        case "softmax":
            return y * (g - (g * y).sum(axis=-1, keepdims=True))
        case "linear":
            return g
    raise ValueError(f"there is no activation {function!r}")
