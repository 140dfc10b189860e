"""Recipes: what they fix, their JSON form, and every way in which one can be impossible."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest
from random_recipes import random_recipe

from model.annealing import Annealer
from model.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D
from model.optimizers import Optimizer
from model.presets import PRESETS
from model.recipe import Recipe, RecipeError

ANSWER = (Dense(10), Activation("softmax"))


def test_classic_is_the_plain_design_that_the_lab_grew_from():
    classic = PRESETS["classic"]
    assert classic.parameters == 468_778
    assert classic.multiply_adds == 18_691_840
    assert [str(layer.title) for layer in classic.layers].count("convolution") == 4


def test_tiny_can_be_looked_at_number_by_number():
    assert PRESETS["tiny"].parameters < 2_000


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_called_by_its_name(name):
    assert PRESETS[name].name == name


@pytest.mark.parametrize("recipe", [*PRESETS.values(), *map(random_recipe, range(30))], ids=lambda r: r.name)
def test_json_gives_the_same_recipe_back(recipe):
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_what_json_leaves_out_takes_its_default():
    layers = [
        {"layer": "Flatten"},
        {"layer": "Dense", "units": 10},
        {"layer": "Activation", "function": "softmax"},
    ]
    recipe = Recipe.from_dict({"name": "short", "layers": layers})
    assert recipe == Recipe("short", (Flatten(), *ANSWER))


def test_a_recipe_is_frozen():
    with pytest.raises(FrozenInstanceError):
        PRESETS["tiny"].epochs = 3


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((), "1 to 64 layers, not 0"),
        ((Flatten(),) * 65, "1 to 64 layers, not 65"),
        (
            (Conv2D(8, 8, stride=8), Conv2D(8, 5), Flatten(), *ANSWER),
            "layer 2: .*5×5 window does not fit on a 3×3",
        ),
        ((Dense(10), Activation("softmax")), "layer 1: Dense needs a vector, but gets maps of 28×28×1"),
        ((Flatten(), Conv2D(8), *ANSWER), "layer 2: Conv2D needs maps"),
        ((Flatten(), Dense(10)), "layer 2: the last layer must be a softmax"),
        ((Flatten(), Dense(9), Activation("softmax")), "layer 3: .*but gets 9 values"),
        (
            (MaxPooling2D(2), Activation("softmax")),
            "layer 2: .*gets 14×14×1 values|layer 2: .*softmax over a single",
        ),
        (
            (Flatten(), Dense(4096), Dense(4096), *ANSWER),
            "layer 3: with 16,781,312 parameters .*at most 5,000,000",
        ),
        ((Conv2D(200, 7), Conv2D(200, 7), Flatten(), *ANSWER), "layer 2: with 501,760,000 multiply-adds"),
        (("Flatten", *ANSWER), "layer 1: 'Flatten' is no layer"),
    ],
)
def test_an_impossible_stack_is_refused_with_the_layers_number(layers, message):
    with pytest.raises(RecipeError, match=message):
        Recipe("impossible", layers)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": " "}, "name must have 1 to 60 characters"),
        ({"dataset": "cifar"}, "dataset must be one of mnist"),
        ({"epochs": 0}, "epochs must be a whole number from 1 to 500, not 0"),
        ({"epochs": True}, "epochs must be a whole number"),
        ({"batch_size": 5000}, "batch_size must be a whole number from 1 to 4096"),
        ({"seed": -1}, "seed must be a whole number from 0"),
    ],
)
def test_a_field_out_of_range_is_refused(change, message):
    with pytest.raises(RecipeError, match=message):
        replace(PRESETS["tiny"], **change)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Optimizer("lion"), "name must be one of adam, adamw"),
        (lambda: Optimizer(learning_rate=0), "learning_rate must be above 0"),
        (lambda: Optimizer(learning_rate=float("nan")), "learning_rate must be above 0"),
        (lambda: Optimizer(beta_2=1), "beta_2 must be from 0 to below 1"),
        (lambda: Annealer("cosmic"), "name must be one of plateau"),
        (lambda: Annealer(factor=1.0), "factor must lie between 0 and 1"),
        (lambda: Annealer(patience=0), "patience must be a whole number"),
        (lambda: Annealer(min_lr=-1), "min_lr must lie between"),
    ],
)
def test_optimizer_and_annealer_are_validated(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def changed(**fields):
    return json.dumps(PRESETS["tiny"].to_dict() | fields)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[" * 50_000, "not JSON"),
        (" " * 100_001, "at most 100,000 characters"),
        ("[]", "an object with the fields name, layers"),
        ("{}", "the field 'name' is missing"),
        ('{"name": "x"}', "the field 'layers' is missing"),
        (changed(layers="Flatten"), "layers must be a list"),
        (
            changed(layers=[{"layer": "Flatten"}, {"layer": "Dense"}]),
            "layer 2: Dense needs the field 'units'",
        ),
        (changed(colour="red"), "there is no field 'colour'"),
        (changed(optimizer={"rate": 1}), "optimizer: there is no field 'rate'"),
        (changed(annealer={"name": 3}), "annealer: name must be one of"),
        (changed(optimizer=[]), "optimizer: an object with the fields"),
        (changed(epochs=1.5), "epochs must be a whole number"),
        (changed().replace('"l2": 0.0', f'"l2": 1{"0" * 400}'), "l2 must lie between 0 and 1"),
        ('{"l2": 1' + "0" * 5000 + "}", "not JSON"),
    ],
)
def test_odd_json_is_refused_in_words(text, message):
    with pytest.raises(RecipeError, match=message):
        Recipe.from_json(text)


def test_normalisation_stands_before_a_flatten_and_after():
    layers = (BatchNormalization(), Flatten(), BatchNormalization(), *ANSWER)
    assert Recipe("both", layers).parameters == 4 + 4 * 784 + 7850
