"""The layer table against Keras and against following the pixels one by one."""

import pytest
from random_recipes import random_recipe

from model.layer_table import layer_table
from model.layers import Dense, GlobalAveragePooling2D
from model.presets import PRESETS

RECIPES = [*PRESETS.values(), *map(random_recipe, range(60))]


def reach(layers):
    """The side that one value far from any border depends on, by following the pixels it is made of."""
    field = {0}
    for layer in reversed(layers):
        if layer.window() is None:
            return None
        size, stride = layer.window()
        field = {stride * place + offset for place in field for offset in range(size)}
    return max(field) - min(field) + 1


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_receptive_field_is_what_following_the_pixels_gives(recipe):
    rows = layer_table(recipe.layers)
    for row in rows:
        below = recipe.layers[: row.number]
        if any(isinstance(layer, Dense) for layer in below):
            assert row.receptive_field == 28
        elif not any(isinstance(layer, GlobalAveragePooling2D) for layer in below):
            assert row.receptive_field == min(reach(below), 28)


@pytest.mark.parametrize("recipe", RECIPES[:26], ids=lambda recipe: recipe.name)
def test_shapes_and_parameters_are_keras_own(recipe):
    network_module = pytest.importorskip("model.learning.network")
    network = network_module.build_network(recipe)
    for row, layer in zip(layer_table(recipe.layers), network.layers, strict=True):
        assert (None, *row.output_shape) == layer.output.shape
        assert row.parameters == layer.count_params()


def test_multiply_adds_counted_one_by_one():
    recipe = PRESETS["lenet5"]
    counted = 28 * 28 * 6 * 25 + 10 * 10 * 16 * 25 * 6 + 400 * 120 + 120 * 84 + 84 * 10
    assert sum(row.multiply_adds for row in layer_table(recipe.layers)) == counted == recipe.multiply_adds


def test_classic_sees_the_whole_digit_only_when_dense():
    rows = layer_table(PRESETS["classic"].layers)
    fields = [row.receptive_field for row in rows]
    assert fields == sorted(fields)
    # two 3×3 convolutions see 5×5; pooling 6×6; two more, in steps of two, 14×14; pooling 16×16
    assert fields[6] == 6
    assert fields[14] == 16
    assert rows[-1].receptive_field == 28
