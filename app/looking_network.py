"""The network that one looks into: the checkpoint in hand, without the filters that are switched off."""

from app import cache, portions, state
from model.forward import Network
from model.layers import Conv2D, Dense, Layer
from model.recipe import Recipe

TESTED = (
    500  # digits that are read to see what a filter is worth: a second's work for the largest bundled network
)
PORTION = 100  # of them between two reports of progress


def network() -> Network:
    """The network in hand without the filters that are switched off."""
    return cache.network(state.now().model, out())


def out() -> tuple[tuple[int, int], ...]:
    """The filters that are switched off, each (place of its layer, unit), in order.

    A link, or another network, may name filters that the one in hand doesn't have: these are left out.
    """
    recipe = cache.checkpoint(state.now().model).recipe
    return tuple(sorted((place, unit) for place, unit in set(state.now().out) if has(recipe, place, unit)))


def has(recipe: Recipe, place: int, unit: int) -> bool:
    """Whether a network has such a filter that can be switched off."""
    return place in places(recipe) and unit < units(recipe.layers[place])


def places(recipe: Recipe) -> tuple[int, ...]:
    """The places of the layers whose filters, or dense units, can be looked at one by one."""
    from model.probes import filters

    return filters.layers_with_units(recipe)


def units(layer: Layer) -> int:
    """How many filters, or dense units, a layer has; 0 for one without."""
    match layer:
        case Conv2D():
            return layer.filters
        case Dense():
            return layer.units
    return 0


def chosen() -> tuple[int, int] | None:
    """The filter that is looked at, (place, unit): the person's choice, else the first that there is.

    Returns:
        None for a network without any.
    """
    recipe, state_now = cache.checkpoint(state.now().model).recipe, state.now()
    there = places(recipe)
    if not there:
        return None
    place = state_now.layer if state_now.layer in there else there[0]
    unit = state_now.unit or 0
    return place, unit if unit < units(recipe.layers[place]) else 0


def layer_title(recipe: Recipe, place: int) -> str:
    """What a layer with units is called: "convolution 2", "dense 1"."""
    kind = type(recipe.layers[place])
    number = sum(type(layer) is kind for layer in recipe.layers[: place + 1])
    return f"{'convolution' if kind is Conv2D else 'dense'} {number}"


def unit_title(recipe: Recipe, place: int, unit: int) -> str:
    """What a filter is called, counted from 1: "filter 5 of convolution 2"; of a dense layer "unit 5"."""
    return f"{unit_word(recipe, place)} {unit + 1} of {layer_title(recipe, place)}"


def unit_word(recipe: Recipe, place: int) -> str:
    """ "filter", or "unit" of a dense layer."""
    return "filter" if isinstance(recipe.layers[place], Conv2D) else "unit"


def right_per_class(without: tuple[tuple[int, int], ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many validation digits of each class the network in hand reads right without some filters.

    Args:
        without: the filters, as in `out`; none for the whole network.

    Returns:
        Right ones, and all that were read, for each of the ten classes. They are `TESTED` in all, or as many as
        there are, the same ones for every network.
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
    total = [sum(columns) for columns in zip(*(portion for portion, _ in found), strict=True)]
    asked = [sum(columns) for columns in zip(*(portion for _, portion in found), strict=True)]
    return tuple(total), tuple(asked)
