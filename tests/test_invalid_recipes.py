"""Recipes that cannot be: whatever is wrong with them, they are refused with place and reason."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from random_recipes import random_recipe

from model.editing import EditError, change, insert, remove
from model.layers import (
    Activation,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    layer_from_dict,
)
from model.recipe import MAX_LAYERS, Recipe, RecipeError

ANSWER = (Dense(10), Activation("softmax"))
# What no field may be, whatever its kind.
odd_values = some.one_of(
    some.integers(-(10**6), 0),
    some.integers(5_000, 10**9),
    some.floats(allow_nan=True).filter(lambda number: number != 0 or str(number) == "-0.0"),
    some.none(),
    some.text(max_size=5).filter(lambda text: text not in ("valid", "same")),
    some.lists(some.integers(), max_size=2),
)
FIELDS = {
    "Conv2D": ("filters", "kernel_size", "stride", "padding", "bias"),
    "MaxPooling2D": ("pool_size", "padding"),
    "AveragePooling2D": ("pool_size", "padding"),
    "Dense": ("units", "bias"),
    "Activation": ("function",),
}
NEEDED = {"Conv2D": {"filters": 4}, "Dense": {"units": 5}}


@some.composite
def broken_layers(draw):
    """A recipe's JSON in which one layer can't be, and that layer's number."""
    recipe = random_recipe(draw(some.integers(0, 10**6)))
    described = [layer.to_dict() for layer in recipe.layers]
    place = draw(some.integers(0, len(described) - 1))
    kind = draw(some.sampled_from(sorted(FIELDS)))
    field = draw(some.sampled_from(FIELDS[kind]))
    broken = draw(
        some.sampled_from(
            [
                {"layer": kind, **NEEDED.get(kind, {}), field: draw(odd_values)},
                {"layer": draw(some.text(max_size=6))},
                {"layer": kind, **NEEDED.get(kind, {}), "colour": 1},
                {},
                "Flatten",
                None,
            ]
        )
    )
    described[place] = broken
    return recipe.to_dict() | {"layers": described}, place + 1


@some.composite
def broken_stacks(draw):
    """Layers that can't stand on one another, and the number of the one that fails."""
    layers = random_recipe(draw(some.integers(0, 10**6))).layers
    recipe = Recipe("whole", layers)
    flat = next(place for place, shape in enumerate(recipe.shapes) if len(shape) == 1)
    last = len(layers)
    height = min(recipe.shapes[flat - 1][:2])
    match draw(some.sampled_from(("maps", "window", "vector", "pooled", "ending", "ten", "many", "none"))):
        case "maps":  # behind the flatten layer
            layer = draw(some.sampled_from([Conv2D(4), MaxPooling2D(2), GlobalAveragePooling2D()]))
            return (*layers[:flat], layer, *layers[flat:]), flat + 1
        case "window":  # larger than its map
            size = draw(some.integers(height + 1, 28)) if height < 28 else 28
            before = layers[: flat - 1]
            if height == 28:  # nothing is larger: after one that makes it so
                return (*before, Conv2D(2, 5), Conv2D(2, 28), Flatten(), *ANSWER), flat + 1
            return (*before, Conv2D(2, size), Flatten(), *ANSWER), flat
        case "vector":
            return (Dense(draw(some.integers(1, 4096))), *layers), 1
        case "pooled":
            return (*layers[:flat], MaxPooling2D(1), *layers[flat:]), flat + 1
        case "ending":
            return (*layers[:-1], draw(some.sampled_from([Dropout(0.1), Activation("relu")]))), last
        case "ten":
            units = draw(some.integers(2, 64).filter(lambda number: number != 10))
            return (*layers[:-2], Dense(units), Activation("softmax")), last
        case "many":
            more = draw(some.integers(MAX_LAYERS, MAX_LAYERS + 20))
            return ((Dropout(0.1),) * more + layers), None
        case _:
            return (), None


def check_layer(broken):
    described, number = broken
    with pytest.raises(RecipeError) as refused:
        Recipe.from_dict(described)
    said = str(refused.value)
    assert said.startswith(f"layer {number}: ")
    assert len(said) > len(f"layer {number}: ") + 10


def check_stack(broken):
    layers, number = broken
    with pytest.raises(RecipeError) as refused:
        Recipe("broken", layers)
    said = str(refused.value)
    if number is None:
        assert re.search(rf"1 to {MAX_LAYERS} layers, not {len(layers)}", said)
    else:
        assert re.match(rf"layer {number}: .{{10,}}", said)


@settings(max_examples=20, deadline=None)
@given(broken_layers())
def test_a_layer_that_cannot_be_is_refused_by_its_number(broken):
    check_layer(broken)


@settings(max_examples=20, deadline=None)
@given(broken_stacks())
def test_layers_that_cannot_stand_are_refused_where_they_fail(broken):
    check_stack(broken)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(broken_layers())
def test_200_layers_that_cannot_be_are_refused_by_their_number(broken):
    check_layer(broken)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(broken_stacks())
def test_200_stacks_that_cannot_stand_are_refused_where_they_fail(broken):
    check_stack(broken)


@settings(max_examples=20, deadline=None)
@given(some.integers(0, 10**6))
def test_the_editor_refuses_with_place_and_reason_and_leaves_the_layers(seed):
    layers = random_recipe(seed).layers
    for edit in (
        lambda: insert(layers, 0, Dense(5)),
        lambda: remove(layers, len(layers) - 1),
        lambda: change(layers, len(layers) - 2, Dense(11)),
    ):
        with pytest.raises(EditError) as refused:
            edit()
        assert 0 <= refused.value.place < len(layers)
        assert len(refused.value.reason) > 10
    assert layers == random_recipe(seed).layers
    assert layer_from_dict(layers[0].to_dict()) == layers[0]
