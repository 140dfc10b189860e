"""Units: the filters of a convolution and the units of a dense layer, and how far each keeps to itself.

What a unit gives goes on by itself, through normalisation, activation and pooling, until the next
convolution or dense layer mixes it with the others. That stretch is the unit's block. A channel is the unit's
alone in all of it, save in a softmax, which weighs the channels against one another.
"""

import math
from collections.abc import Sequence

import numpy as np

from model.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, Layer
from model.recipe import Recipe, stack_shapes

MIXING = (Conv2D, Dense)


def mixing_places(layers: Sequence[Layer]) -> tuple[int, ...]:
    """The places of all convolutions and dense layers, in order; the last of them gives the answer."""
    return tuple(place for place, layer in enumerate(layers) if isinstance(layer, MIXING))


def layers_with_units(recipe: Recipe) -> tuple[int, ...]:
    """The places of the layers whose units can be looked at: all that mix channels, but for the answer.

    The last of them is left out: its units are the ten digits themselves.
    """
    return mixing_places(recipe.layers)[:-1]


def check_unit(layers: Sequence[Layer], place: int, unit: int | None = None) -> None:
    """Refuse a place without hidden units, or a unit that is not among them.

    Raises:
        ValueError: says what there is.
    """
    places = mixing_places(layers)[:-1]
    if place not in places:
        there = ", ".join(map(str, places)) or "none"
        raise ValueError(
            f"the layer at place {place} has no units to look at; those that have are at {there}"
        )
    count = units_of(layers[place])
    if unit is not None and not 0 <= unit < count:
        raise ValueError(f"the layer at place {place} has the units 0 to {count - 1}, not {unit}")


def units_of(layer: Layer) -> int:
    """How many filters or units a convolution or dense layer has; 0 for any other layer."""
    match layer:
        case Conv2D():
            return layer.filters
        case Dense():
            return layer.units
        case _:
            return 0


def feature_width(layers: Sequence[Layer]) -> int:
    """By how many numbers ``Network.features`` describes a digit.

    Args:
        layers: as in a recipe.
    """
    return math.prod(stack_shapes(layers)[mixing_places(layers)[-1]])


def block_end(layers: Sequence[Layer], place: int) -> int:
    """The place of the convolution or dense layer that takes what a layer's units give; see this module.

    Args:
        layers: as in a recipe.
        place: a layer with units.
    """
    return next(later for later in mixing_places(layers) if later > place)


def response_end(layers: Sequence[Layer], place: int) -> int:
    """The place after the last layer of a unit's response: after its activation, as long as it has a map.

    A unit's response is what it gives after its activation (which may come after a pooling); without an
    activation in its block, after its normalisation.

    Args:
        layers: as in a recipe.
        place: a layer with units.
    """
    vector = isinstance(layers[place], Dense)
    own = place + 1
    for later in range(place + 1, block_end(layers, place)):
        layer = layers[later]
        if isinstance(layer, Activation):
            return later + 1
        if isinstance(layer, Flatten) and not vector:
            break
        if own == later and isinstance(layer, (BatchNormalization, Dropout)):
            own = later + 1
    return own


def before_activation(layers: Sequence[Layer], place: int) -> int:
    """The place of the layer whose output a unit's activation takes.

    What excites the unit is best sought there: an activation that lets nothing through shows no way up, and a
    normalisation may turn the unit's own values round. Without an activation in its block it is the place of
    the last layer of the unit's response.

    Args:
        layers: as in a recipe.
        place: a layer with units.
    """
    last = response_end(layers, place) - 1
    return last - 1 if isinstance(layers[last], Activation) and last > place else last


def channels_in_block(layers: Sequence[Layer], place: int, unit: int) -> dict[int, np.ndarray]:
    """Which channels belong to a unit, all through its block.

    Args:
        layers: as in a recipe.
        place: a layer with units.
        unit: which of them.

    Returns:
        For the place of every layer of the block, from the unit's own to the one that takes it up: the
        indices in the last axis of what that layer takes (of the unit's own layer: of what it gives), int64.
        Flattening makes one for each cell of the map.
    """
    shapes = stack_shapes(layers)
    channels = np.array([unit])
    found = {place: channels}
    for later in range(place + 1, block_end(layers, place) + 1):
        found[later] = channels
        if isinstance(layers[later], Flatten) and len(shapes[later]) == 3:
            height, width, depth = shapes[later]
            channels = np.arange(height * width) * depth + unit
    return found
