"""Feature maps against SciPy's correlation, receptive fields against impulses sent through networks.

That what a network computes is what Keras computes, layer by layer, is for `test_forward.py` to hold.
"""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights
from scipy.signal import correlate2d

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
from model.probes.maps import feature_maps, titles
from model.probes.receptive_field import Field, receptive_field
from model.recipe import Recipe

ANSWER = (Dense(10), Activation("softmax"))


@pytest.fixture(scope="module")
def digit():
    return np.random.default_rng(3).integers(0, 256, (28, 28)).astype(np.uint8)


def network_of(recipe, seed=1):
    return Network(recipe.layers, random_weights(recipe, seed))


def test_maps_are_scipys_correlations(digit):
    recipe = Recipe(
        "two", (Conv2D(4, 3, padding="same"), Activation("relu"), Conv2D(3, 5), Flatten(), *ANSWER)
    )
    network = network_of(recipe)
    maps = feature_maps(network, digit)
    x = (digit / 255)[..., None]
    for place, mode in ((0, "same"), (2, "valid")):
        kernel, bias = network.weights[f"{place:02d}.kernel"], network.weights[f"{place:02d}.bias"]
        expected = np.stack(
            [
                bias[f] + sum(correlate2d(x[..., c], kernel[..., c, f], mode) for c in range(x.shape[-1]))
                for f in range(kernel.shape[-1])
            ],
            axis=-1,
        )
        np.testing.assert_allclose(maps[place].values, expected, atol=1e-4)
        x = np.maximum(expected, 0)


def test_every_layer_is_there_with_all_its_channels(digit):
    for name, recipe in PRESETS.items():
        maps = feature_maps(network_of(recipe), digit)
        assert [layer.values.shape for layer in maps] == list(recipe.shapes[1:]), name
        assert [layer.place for layer in maps] == list(range(len(recipe.layers)))
        assert all(layer.values.dtype == np.float32 for layer in maps)
    wide = [
        layer.title
        for layer in feature_maps(network_of(PRESETS["classic"]), digit)
        if layer.values.shape[-1] == 64
    ]
    assert "convolution 4" in wide


def test_layers_are_numbered_among_their_kind():
    assert titles(PRESETS["quick"].layers)[:4] == (
        "convolution 1",
        "max pooling 1",
        "activation 1",
        "convolution 2",
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_layer_that_is_not_signed_never_gives_less_than_nothing(seed, digit):
    recipe = random_recipe(seed)
    for layer in feature_maps(network_of(recipe, seed), digit):
        assert layer.is_signed or layer.values.min() >= 0, layer.title


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ((Activation("tanh"),), False),
        ((MaxPooling2D(2), Conv2D(2), Activation("relu"), AveragePooling2D(2)), False),
        ((Conv2D(2), Activation("relu"), BatchNormalization()), True),
        ((Conv2D(2), Activation("leaky_relu"), MaxPooling2D(2)), True),
        ((Conv2D(2), Activation("sigmoid"), Activation("tanh")), False),
    ],
)
def test_what_can_be_negative_is_signed(layers, expected, digit):
    recipe = Recipe("signs", (*layers, Flatten(), *ANSWER))
    assert feature_maps(network_of(recipe), digit)[len(layers) - 1].is_signed is expected


def impulses(recipe):
    """What each cell of the digit brings to each value of each layer, when nothing can cancel it.

    Positive weights, no biases, nothing that bends: so a value is above zero exactly if the cell reaches it.
    """
    layers = tuple(
        Activation("linear") if isinstance(layer, Activation) and place + 1 < len(recipe.layers) else layer
        for place, layer in enumerate(recipe.layers)
    )
    weights = {
        name: (np.ones if name.endswith(("kernel", "gamma", "variance")) else np.zeros)(shape, np.float32)
        for name, shape in weight_shapes(layers).items()
    }
    digits = np.eye(784, dtype=np.float32).reshape(784, 28, 28)
    return Network(layers, weights).values(digits)[1:-1]


def bounding_box(reached):
    rows, columns = np.nonzero(reached.reshape(28, 28))
    return Field(rows.min(), columns.min(), rows.max() - rows.min() + 1, columns.max() - columns.min() + 1)


@pytest.mark.parametrize("seed", range(12))
def test_the_field_holds_exactly_the_cells_that_reach_a_value(seed):
    recipe = random_recipe(seed)
    random = np.random.default_rng(seed)
    mapped = [place for place, shape in enumerate(recipe.shapes[1:-1]) if len(shape) == 3]
    reach = impulses(recipe)
    assert mapped
    for place in mapped:
        height, width, _ = recipe.shapes[place + 1]
        corners = [(0, 0), (height - 1, width - 1), tuple(random.integers((height, width)))]
        for row, column in corners:
            reached = reach[place][:, row, column, 0] > 0
            assert receptive_field(recipe, place, int(row), int(column)) == bounding_box(reached), (
                place,
                row,
                column,
            )
    vectors = [place for place in range(len(reach)) if place not in mapped]
    for place in vectors:
        assert receptive_field(recipe, place) == bounding_box(reach[place].any(axis=1)), place


@pytest.mark.parametrize("seed", range(100, 110))
def test_outside_the_field_nothing_matters(seed):
    """Finite differences on networks as they are, with all that bends in them."""
    recipe = random_recipe(seed)
    network = network_of(recipe, seed)
    random = np.random.default_rng(seed)
    digit = random.uniform(0.2, 0.8, (28, 28)).astype(np.float32)
    whole = network.values(digit[None])
    for place, shape in enumerate(recipe.shapes[1:]):
        if len(shape) < 3:
            break
        row, column = (int(i) for i in random.integers(shape[:2]))
        field = receptive_field(recipe, place, row, column)
        changed = random.uniform(0, 1, (28, 28)).astype(np.float32)
        inside = np.s_[field.top : field.top + field.height, field.left : field.left + field.width]
        changed[inside] = digit[inside]
        value = network.values(changed[None])[place + 1]
        np.testing.assert_allclose(
            value[0, row, column], whole[place + 1][0, row, column], rtol=1e-4, atol=1e-5
        )


def test_fields_by_hand():
    recipe = Recipe(
        "by hand",
        (Conv2D(2, 3, padding="same"), MaxPooling2D(2), Conv2D(2, 3), GlobalAveragePooling2D(), *ANSWER),
    )
    assert receptive_field(recipe, 0, 0, 0) == Field(0, 0, 2, 2)
    assert receptive_field(recipe, 0, 5, 27) == Field(4, 26, 3, 2)
    assert receptive_field(recipe, 1, 5, 13) == Field(9, 25, 4, 3)
    assert receptive_field(recipe, 2, 3, 0) == Field(5, 0, 8, 7)
    assert receptive_field(recipe, 3) == Field(0, 0, 28, 28)


def test_a_margin_that_no_window_reaches_is_in_no_field():
    recipe = Recipe("margin", (MaxPooling2D(5), GlobalAveragePooling2D(), *ANSWER))
    assert receptive_field(recipe, 1) == Field(0, 0, 25, 25)


@pytest.mark.parametrize("odd", [(9, 0, 0), (-1, 0, 0), (0, 28, 0), (0, 0, -1), (2, 1, 0)])
def test_there_must_be_such_a_value(odd):
    recipe = Recipe("two", (Conv2D(4, 3, padding="same"), Activation("relu"), Flatten(), *ANSWER))
    with pytest.raises(ValueError, match=r"there is no layer|has no value"):
        receptive_field(recipe, *odd)
