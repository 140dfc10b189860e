"""Changing a network layer by layer: what is asked is done, or refused with place and reason."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from random_recipes import random_recipe

from model.editing import FRESH, EditError, Step, change, converted, fits, insert, move, remove
from model.layers import (
    ACTIVATIONS,
    LAYERS,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
)
from model.presets import PRESETS
from model.recipe import Recipe, RecipeError

QUICK = PRESETS["quick"].layers
ANSWER = (Dense(10), Activation("softmax"))
LINEAR = (Flatten(), *ANSWER)

some_layers = some.one_of(
    some.builds(
        lambda filters, size, stride, padding, bias: Conv2D(filters, size, min(size, stride), padding, bias),
        some.integers(1, 64),
        some.integers(1, 28),
        some.integers(1, 8),
        some.sampled_from(["valid", "same"]),
        some.booleans(),
    ),
    some.builds(MaxPooling2D, some.integers(1, 28), some.none() | some.integers(1, 28)),
    some.builds(AveragePooling2D, some.integers(1, 28), padding=some.sampled_from(["valid", "same"])),
    some.builds(Dense, some.integers(1, 4096), some.booleans()),
    some.builds(Dropout, some.floats(0, 0.9)),
    some.builds(Activation, some.sampled_from(ACTIVATIONS)),
    some.sampled_from([BatchNormalization(), Flatten(), GlobalAveragePooling2D()]),
)
some_edits = some.lists(
    some.tuples(
        some.sampled_from(["insert", "remove", "move", "change", "convert"]),
        some.integers(0, 10**6),
        some.integers(0, 10**6),
        some_layers,
        some.sampled_from(sorted(LAYERS)),
    ),
    min_size=1,
    max_size=12,
)


def edited(layers, edit):
    """One random edit; places are taken modulo what there is."""
    what, first, second, layer, kind = edit
    place = first % len(layers)
    if what == "insert":
        return insert(layers, first % (len(layers) + 1), layer)
    if what == "remove":
        return remove(layers, place)
    if what == "move":
        return move(layers, place, second % len(layers))
    return change(layers, place, layer if what == "change" else converted(layers[place], kind))


def outcome(layers, edit):
    try:
        return edited(layers, edit), None
    except EditError as refused:
        return layers, refused


def keep_editing(seed, edits):
    recipe = random_recipe(seed)
    for edit in edits:
        before = recipe.layers
        kept = tuple(before)
        layers, refused = outcome(before, edit)
        if refused is None:
            recipe = replace(recipe, layers=layers)  # an oracle of its own: a recipe checks itself
        else:
            assert 0 <= refused.place < len(before)
            assert refused.reason
            assert not refused.reason.startswith("layer ")
            assert str(refused) == f"layer {refused.place + 1}: {refused.reason}"
        assert before == kept
        assert Recipe.from_json(recipe.to_json()) == recipe


@settings(max_examples=20, deadline=None)
@given(some.integers(0, 10**6), some_edits)
def test_a_network_edited_at_random_stands_or_is_refused(seed, edits):
    keep_editing(seed, edits)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(some.integers(0, 10**6), some_edits)
def test_200_networks_edited_at_random_stand_or_are_refused(seed, edits):
    keep_editing(seed, edits)


@pytest.mark.parametrize("seed", range(200))
def test_a_layer_that_cannot_stand_somewhere_is_refused_with_a_reason(seed):
    recipe = random_recipe(seed)
    flat = next(place for place, shape in enumerate(recipe.shapes) if len(shape) == 1)
    impossible = [
        (lambda: insert(recipe.layers, flat, MaxPooling2D()), "maps"),
        (lambda: insert(recipe.layers, 0, Dense(5)), "vector"),
        (lambda: insert(recipe.layers, len(recipe.layers), Dropout()), "last layer must be a softmax"),
        (lambda: remove(recipe.layers, len(recipe.layers) - 1), "last layer must be a softmax"),
        (lambda: change(recipe.layers, len(recipe.layers) - 2, Dense(11)), "10 digits"),
    ]
    for attempt, words in impossible:
        with pytest.raises(EditError, match=words):
            attempt()


def test_the_four_changes():
    pool = MaxPooling2D(2)
    assert insert(LINEAR, 0, pool) == (pool, *LINEAR)
    assert remove(QUICK, 2) == QUICK[:2] + QUICK[3:]
    assert move(QUICK, 2, 1) == (QUICK[0], QUICK[2], QUICK[1], *QUICK[3:])
    assert move(QUICK, 1, 2) == move(QUICK, 2, 1)
    assert change(QUICK, 0, Conv2D(4, 3))[0] == Conv2D(4, 3)


@pytest.mark.parametrize(
    ("attempt", "place", "words"),
    [
        # what fails in another layer is said at that layer, where it stands now ...
        (lambda: remove(QUICK, 6), 7, "Dense needs a vector"),
        (lambda: insert(QUICK, 0, Flatten()), 0, "Conv2D needs maps"),
        (lambda: move(QUICK, 6, 2), 3, "Conv2D needs maps"),
        (lambda: change(QUICK, 0, Conv2D(8, 24)), 3, "3×3 window does not fit on a 2×2"),
        (lambda: remove(QUICK, 10), 9, "last layer must be a softmax"),
        # ... and what fails in a new one at the layer before it, or at the first
        (lambda: insert(QUICK, 3, Dense(5)), 2, "Dense needs a vector"),
        (lambda: insert(QUICK, 0, Dense(5)), 0, "Dense needs a vector"),
        (lambda: insert(QUICK, 11, Flatten()), 10, "last layer must be a softmax"),
        (lambda: insert((*(Flatten(),) * 62, *ANSWER), 5, Dropout()), 4, "1 to 64 layers, not 65"),
    ],
)
def test_what_cannot_be_is_said_at_its_layer(attempt, place, words):
    with pytest.raises(EditError, match=words) as refused:
        attempt()
    assert refused.value.place == place


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: insert(QUICK, 12, Flatten()),
        lambda: remove(QUICK, 11),
        lambda: move(QUICK, 0, 11),
        lambda: change(QUICK, -1, Flatten()),
    ],
)
def test_a_place_that_there_is_not_is_an_error(attempt):
    with pytest.raises(IndexError, match="none of them"):
        attempt()


def test_a_layer_that_becomes_another_keeps_what_means_the_same():
    pool = MaxPooling2D(3, 2, "same")
    assert converted(pool, "AveragePooling2D") == AveragePooling2D(3, 2, "same")
    assert converted(Conv2D(8, 5, 2, "valid", bias=False), "MaxPooling2D") == MaxPooling2D(2, None, "valid")
    assert converted(Conv2D(8, bias=False), "Dense") == Dense(64, bias=False)
    assert converted(Dense(5), "Flatten") == Flatten()
    assert set(FRESH) == set(LAYERS)


def test_what_fits_is_known_beforehand():
    fitting = [kind for kind in LAYERS if fits(QUICK, 7, kind)]
    assert fitting == ["BatchNormalization", "Dropout", "Flatten", "Dense", "Activation"]


def test_a_step_is_taken_back_without_what_was_changed_elsewhere():
    before = PRESETS["quick"]
    after = replace(before, layers=remove(before.layers, 2))
    step = Step(before, after)
    longer = replace(after, epochs=9)
    assert step.undone(longer) == replace(before, epochs=9)
    assert step.redone(step.undone(longer)) == longer


def test_an_edit_that_is_refused_is_a_recipe_that_cannot_be():
    assert issubclass(EditError, RecipeError)
