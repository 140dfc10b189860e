"""Dropout as it is while learning: the masks, the scale that makes up for them, readings under masks."""

import numpy as np

from model.forward import Network, to_input
from model.layers import Dropout, Shape


def masks(shape: Shape, rate: float, count: int, seed: int) -> np.ndarray:
    """Which values each of several masks keeps; every value is hidden by itself, with the same chance.

    Args:
        shape: of what one digit is at this layer.
        rate: the chance to be hidden, 0 to below 1.
        count: how many masks.
        seed: of the draw; the first masks of a longer draw are the same.

    Returns:
        bool (count, *shape), True for kept.
    """
    return np.random.default_rng(seed).random((count, *shape), np.float32) >= np.float32(rate)


def scale(rate: float) -> float:
    """What kept values are multiplied by, so that their sum is on average what it is without a mask."""
    return 1 / (1 - rate)


def drop(x: np.ndarray, kept: np.ndarray, rate: float) -> np.ndarray:
    """What dropout gives while learning: hidden values are 0, the others are scaled up.

    Args:
        x: float32, what comes in.
        kept: bool, a mask, or several with the masks' axis first.
        rate: the layer's.

    Returns:
        float32, of the mask's shape.
    """
    return np.where(kept, x * np.float32(scale(rate)), np.float32(0))


def running_means(x: np.ndarray, rate: float, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean of all values after one mask, after two, and so on: with the scale, and without it.

    Args:
        x: float32, what comes in.
        rate: the layer's.
        count: how many masks.
        seed: of their draw, as for ``masks``.

    Returns:
        Two float64 (count,).
    """
    flat = x.ravel()
    kept = masks(flat.shape, rate, count, seed)
    sums = kept @ flat.astype(np.float64)
    plain = np.cumsum(sums) / (np.arange(1, count + 1) * flat.size)
    return plain * scale(rate), plain


def readings(network: Network, digit: np.ndarray, count: int, seed: int) -> np.ndarray:
    """What a network says of one digit under many masks, every dropout layer on (Gal and Ghahramani 2016).

    Args:
        network: what reads.
        digit: uint8 (28, 28).
        count: how often it reads, each time under masks of its own.
        seed: of their draw.

    Returns:
        float32 (count, 10), probabilities. All the same for a network without dropout.
    """
    random = np.random.default_rng(seed)
    x, start = to_input(digit[None]), 0
    for place, layer in enumerate(network.layers):
        if isinstance(layer, Dropout):
            x = network.through(x, start, place)
            kept = random.random((count, *x.shape[1:]), np.float32) >= np.float32(layer.rate)
            x, start = drop(x, kept, layer.rate), place + 1  # (count, ...) from the first layer on
    x = network.through(x, start, len(network.layers))
    return np.broadcast_to(x, (count, x.shape[-1]))
