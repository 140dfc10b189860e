"""Fields in every layer below, against gradients that go back through networks."""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.backward import backward
from model.forward import Network, weight_shapes
from model.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
)
from model.presets import PRESETS
from model.probes.receptive_field import Field, fields_below, flattened, receptive_field
from model.recipe import Recipe

ANSWER = (Dense(10), Activation("softmax"))


def some_cells(shape, random, count):
    """Corners and random cells of a map; of a vector the one that stands for all."""
    if len(shape) == 1:
        return [(0, 0)]
    height, width, _ = shape
    inner = [tuple(map(int, random.integers((height, width)))) for _ in range(count)]
    return [(0, 0), (height - 1, width - 1), *inner]


def gradients(network, values, place, row, column, random):
    """How one place of a layer's maps, or a whole vector, depends on the digit and on each layer below."""
    at = np.zeros(values[place + 1].shape, np.float32)
    where = np.s_[0, row, column] if at.ndim == 4 else np.s_[0]
    at[where] = random.uniform(0.5, 1.5, at[where].shape)
    found = backward(network, values, at, place)
    return [found.inputs[0, ..., None], *(value[0] for value in found.values[:-1])]


def bounding_box(gradient):
    """The smallest rectangle around what isn't nought: of a vector, in one row."""
    across = np.abs(gradient).sum(axis=-1) if gradient.ndim == 3 else np.abs(gradient)[None]
    rows, columns = np.nonzero(across)
    top, left = int(rows.min()), int(columns.min())
    return Field(top, left, int(rows.max()) - top + 1, int(columns.max()) - left + 1)


def is_inside(gradient, field):
    outside = (gradient if gradient.ndim == 3 else gradient[None, :, None]).copy()
    outside[field.top : field.top + field.height, field.left : field.left + field.width] = 0
    return not outside.any()


def open_network(recipe):
    """A network of the same windows in which nothing can cancel or be cut off.

    Positive weights, no function that bends, every maximum a mean: so every value that can matter does.
    """

    def opened(layer):
        match layer:
            case MaxPooling2D():
                return AveragePooling2D(layer.pool_size, layer.stride, layer.padding)
            case Activation():
                return Activation("linear")
            case _:
                return layer

    layers = (*map(opened, recipe.layers[:-1]), recipe.layers[-1])
    random = np.random.default_rng(0)
    weights = {}
    for name, shape in weight_shapes(layers).items():
        if name.endswith("kernel"):
            # sums near one: no gradient leaves the range of its numbers, however many layers there are
            weights[name] = random.uniform(0.5, 1.5, shape).astype(np.float32) / np.prod(shape[:-1])
        else:
            weights[name] = np.full(shape, float(name.endswith(("gamma", "variance"))), np.float32)
    return Network(layers, weights)


def check(recipe, seed, cells=1):
    """Both ways: nothing outside matters, in the network as it is; all inside does, where nothing bends."""
    random = np.random.default_rng(seed)
    network, opened = Network(recipe.layers, random_weights(recipe, seed)), open_network(recipe)
    digit = random.uniform(0.1, 1, (1, 28, 28)).astype(np.float32)
    values, open_values = network.values(digit), opened.values(digit)
    for place, shape in enumerate(recipe.shapes[1:]):
        for row, column in some_cells(shape, random, cells):
            fields = fields_below(recipe, place, row, column)
            assert len(fields) == place + 1
            assert fields[0] == receptive_field(recipe, place, row, column)
            found = gradients(network, values, place, row, column, random)
            assert all(map(is_inside, found, fields)), (recipe.name, place, row, column)
            found = gradients(opened, open_values, place, row, column, random)
            assert tuple(map(bounding_box, found)) == fields, (recipe.name, place, row, column)


@pytest.mark.parametrize("preset", PRESETS)
def test_fields_are_where_gradients_reach_in_the_presets(preset):
    check(PRESETS[preset], 1)


@pytest.mark.parametrize("seed", range(20))
def test_fields_are_where_gradients_reach_in_random_networks(seed):
    check(random_recipe(seed), seed, cells=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 220))
def test_fields_are_where_gradients_reach_in_many_random_networks(seed):
    check(random_recipe(seed), seed, cells=3)


def test_fields_below_by_hand():
    recipe = Recipe(
        "by hand",
        (
            Conv2D(2, 3, padding="same"),
            BatchNormalization(),
            MaxPooling2D(2),
            Conv2D(2, 3),
            GlobalAveragePooling2D(),
            *ANSWER,
        ),
    )
    assert fields_below(recipe, 3, 3, 0) == (
        Field(5, 0, 8, 7),  # the digit
        Field(6, 0, 6, 6),  # convolution 1
        Field(6, 0, 6, 6),  # normalisation
        Field(3, 0, 3, 3),  # pooling
    )
    assert fields_below(recipe, 5)[-1] == Field(0, 0, 1, 2)  # a vector is whole
    assert fields_below(recipe, 5)[-2] == Field(0, 0, 12, 12)


@pytest.mark.parametrize("seed", range(20))
def test_a_number_of_flattened_maps_is_one_value_of_theirs(seed):
    recipe = random_recipe(seed)
    network = Network(recipe.layers, random_weights(recipe, seed))
    random = np.random.default_rng(seed)
    for place, shape in enumerate(recipe.shapes[1:]):
        flat = flattened(recipe, place)
        if len(shape) == 3:
            assert flat is None
            continue
        last_map = max(at for at, each in enumerate(recipe.shapes[: place + 1]) if len(each) == 3)
        maps = random.normal(size=(1, *recipe.shapes[last_map])).astype(np.float32)
        before = network.through(maps, last_map, place + 1)[0]
        cell = tuple(int(random.integers(side)) for side in maps.shape[1:])
        maps[(0, *cell)] = 40  # whatever was there, and whatever function comes, it is another value
        changed = np.flatnonzero(network.through(maps, last_map, place + 1)[0] != before).tolist()
        if flat is None:
            alone = maps.shape[1:3] == (1, 1) or len(before) == 1  # the mean of one value is that value
            assert changed != [np.ravel_multi_index(cell, maps.shape[1:])] or alone
        else:
            assert flat == last_map
            assert set(changed) <= {np.ravel_multi_index(cell, maps.shape[1:])}


def test_a_flattened_map_is_whole():
    recipe = Recipe("flat", (Conv2D(2, 5), Flatten(), *ANSWER))
    assert fields_below(recipe, 1) == (Field(0, 0, 28, 28), Field(0, 0, 24, 24))
    assert fields_below(recipe, 2)[-1] == Field(0, 0, 1, 24 * 24 * 2)


@pytest.mark.parametrize("odd", [(9, 0, 0), (-1, 0, 0), (0, 28, 0), (0, 0, -1), (1, 1, 0)])
def test_there_must_be_such_a_value(odd):
    recipe = Recipe("two", (Conv2D(4, 3, padding="same"), Flatten(), *ANSWER))
    with pytest.raises(ValueError, match=r"there is no layer|has no value"):
        fields_below(recipe, *odd)
