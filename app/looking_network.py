"""The network that one looks into: the checkpoint in hand, without the filters that are switched off."""

import numpy as np

from app import cache, portions, state
from model.forward import Network
from model.layers import Conv2D
from model.probes.maps import titles
from model.probes.units import feature_width, layers_with_units, mixing_places, units_of
from model.recipe import Recipe, stack_shapes

TESTED = 500  # digits read to see what a filter is worth: a second for the largest bundled network
PORTION = 100  # of them between two reports of progress
MOST_WIDTH = 4096  # numbers by which digits can be compared: 5,000 digits then take 80 MB


def network() -> Network:
    """The network in hand without the filters that are switched off."""
    return cache.network(state.now().model, out())


def recipe() -> Recipe:
    """The recipe of the network in hand."""
    return cache.checkpoint(state.now().model).recipe


def out() -> cache.Out:
    """The filters that are switched off, each (place of its layer, unit), in order.

    A link, or another network, may name filters that the one in hand doesn't have: these are left out.
    """
    layers = recipe().layers
    there = layers_with_units(recipe())
    known = {(place, unit) for place, unit in state.now().out if place in there}
    return tuple(sorted((place, unit) for place, unit in known if unit < units_of(layers[place])))


def chosen() -> tuple[int, int] | None:
    """The filter that is looked at, (place of its layer, unit).

    It is the person's choice. If they chose a layer without filters, such as an activation, it is one of the
    layer that made its maps; and the first there is, as long as they chose none.

    Returns:
        None for a network without any.
    """
    there = layers_with_units(recipe())
    if not there:
        return None
    place = max((place for place in there if place <= (state.now().layer or 0)), default=there[0])
    unit = state.now().unit or 0
    return place, unit if unit < units_of(recipe().layers[place]) else 0


def layer_title(place: int) -> str:
    """What a layer of the network in hand is called, such as "convolution 2"."""
    return titles(recipe().layers)[place]


def unit_word(place: int) -> str:
    """What a layer's units are called: "filter", or "unit" of a dense layer."""
    return "filter" if isinstance(recipe().layers[place], Conv2D) else "unit"


def unit_title(place: int, unit: int) -> str:
    """What a filter is called, such as "convolution 2, filter 5"."""
    return f"{layer_title(place)}, {unit_word(place)} {unit}"


def right_per_class(without: cache.Out = ()) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many validation digits of each class the network in hand reads right without some filters.

    Args:
        without: the filters, as in `out`; none for the whole network.

    Returns:
        The right ones, and all that were read, for each of the ten classes. They are `TESTED` in all, the
        first of the validation digits, so that networks can be compared.
    """
    name = state.now().model
    digits = cache.validation_digits(name)
    count = min(TESTED, len(digits))
    found = portions.walk(
        range(0, count, PORTION),
        lambda start: cache.right(
            name, without, digits.dataset, digits.part, start, min(start + PORTION, count)
        ),
        f"Reading {count} validation digits…",
    )
    total = [sum(column) for column in zip(*(right for right, _ in found), strict=True)]
    asked = [sum(column) for column in zip(*(read for _, read in found), strict=True)]
    return tuple(total), tuple(asked)


def width() -> int:
    """By how many numbers the last hidden layer of the network in hand describes a digit."""
    return feature_width(recipe().layers)


def answers(features: np.ndarray) -> np.ndarray:
    """What the network in hand reads in digits that are known by its own description of them.

    Args:
        features: float32 (n, d), as `Network.features` gives them.

    Returns:
        float32 (n, 10), probabilities.
    """
    layers = recipe().layers
    last = mixing_places(layers)[-1]
    shape = stack_shapes(layers)[last]
    return network().through(features.reshape(-1, *shape), last, len(layers)).reshape(len(features), -1)
