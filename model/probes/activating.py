"""Activation functions, looked into: their slopes, the values that they mute, and a network with others."""

from collections.abc import Iterable

import numpy as np

from model.backward import input_gradient
from model.forward import Network, activate
from model.layers import ACTIVATIONS, Activation

# Those that look at one value at a time: a softmax weighs values against one another.
FUNCTIONS = tuple(name for name in ACTIVATIONS if name != "softmax")
FLAT = 0.1  # of the steepest: where less is left of the slope, hardly any gradient comes through


def slope(function: str, x: np.ndarray) -> np.ndarray:
    """How much of a small change comes through, value by value: the function's derivative.

    Args:
        function: one of ``FUNCTIONS``.
        x: float32, any shape.

    Returns:
        float32, the same shape. At the kinks of relu and leaky relu it is that of the left side.
    """
    layer = Activation(function)
    return input_gradient(layer, x, activate(function, x), np.ones_like(x, np.float32), {})


def muted(function: str, x: np.ndarray) -> np.ndarray:
    """Which values the function cuts, shrinks or flattens.

    Args:
        function: one of ``FUNCTIONS``.
        x: float32, any shape.

    Returns:
        bool, the same shape: for relu what becomes 0, for leaky relu what is shrunk, for tanh and sigmoid
        what lies where they are nearly flat (a slope under a tenth of the steepest), for linear nothing.
    """
    match function:
        case "relu" | "leaky_relu":
            return x <= 0 if function == "relu" else x < 0
        case "tanh" | "sigmoid":
            steepest = slope(function, np.zeros(1, np.float32))
            return slope(function, x) < FLAT * steepest
        case "linear":
            return np.zeros(x.shape, bool)
    raise ValueError(f"{function!r} is none of {', '.join(FUNCTIONS)}")


def hidden_places(network: Network) -> tuple[int, ...]:
    """The places of all activations that look at one value at a time."""
    return tuple(
        place
        for place, layer in enumerate(network.layers)
        if isinstance(layer, Activation) and layer.function in FUNCTIONS
    )


def with_function(network: Network, places: Iterable[int], function: str) -> Network:
    """The network with another function in some of its activations; its weights are as they were.

    Args:
        network: stays as it is.
        places: of activations.
        function: what stands there instead.

    Raises:
        ValueError: one of the places has no activation.
    """
    layers = list(network.layers)
    for place in places:
        if not isinstance(layers[place], Activation):
            raise ValueError(f"the layer at place {place} is no activation: it is {layers[place]}")
        layers[place] = Activation(function)
    return Network(layers, network.weights)
