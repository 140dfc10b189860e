"""Feature maps: what every layer of a network makes of one digit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.forward import Network
from model.layers import Activation, BatchNormalization, Conv2D, Dense, Layer

# Activations that never give less than nothing; those that keep the sign of what comes in are the rest.
_UNSIGNED = ("relu", "sigmoid", "softmax")


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """What one layer gives for one digit.

    Args:
        place: the layer's place in the recipe, from 0.
        title: its name and number among its kind, such as "convolution 2".
        values: float32 (height, width, channels), or (units,) for a vector.
        is_signed: whether a layer such as this can give values below zero, whatever the digit.
    """

    place: int
    title: str
    values: np.ndarray
    is_signed: bool


def titles(layers: Sequence[Layer]) -> tuple[str, ...]:
    """A name for each layer: its kind, and its number among that kind, from 1."""
    counts: Counter[str] = Counter()
    names = []
    for layer in layers:
        counts[layer.title] += 1
        names.append(f"{layer.title} {counts[layer.title]}")
    return tuple(names)


def signed(layers: Sequence[Layer]) -> tuple[bool, ...]:
    """For each layer, whether it can give values below zero. A digit's ink can't."""
    found = []
    can = False
    for layer in layers:
        match layer:
            case Conv2D() | Dense() | BatchNormalization():
                can = True
            case Activation() if layer.function in _UNSIGNED:
                can = False
            case _:  # pooling, flattening and the other activations keep the sign
                pass
        found.append(can)
    return tuple(found)


def feature_maps(network: Network, digit: np.ndarray) -> tuple[LayerMaps, ...]:
    """What every layer makes of a digit, by one forward pass.

    Args:
        network: what looks.
        digit: uint8 (28, 28), ink bright on black; or floating numbers from 0 to 1.

    Returns:
        A record for each layer, in order; all channels.

    Example:
        >>> for maps in feature_maps(network, digit):  # doctest: +SKIP
        ...     print(maps.title, maps.values.shape)
    """
    _, *values = network.values(digit[None])
    rows = zip(titles(network.layers), values, signed(network.layers), strict=True)
    return tuple(LayerMaps(place, title, value[0], sign) for place, (title, value, sign) in enumerate(rows))
