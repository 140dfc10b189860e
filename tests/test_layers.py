"""Each layer's shape, parameters and cost by hand, and what it refuses."""

import json

import pytest
from random_recipes import random_recipe

from model.layers import (
    LAYERS,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    LayerError,
    MaxPooling2D,
    layer_from_dict,
)


def test_a_convolutions_shape_and_arithmetic_by_hand():
    layer = Conv2D(32, 3)
    assert layer.output_shape((28, 28, 1)) == (26, 26, 32)
    assert layer.parameters((28, 28, 1)) == (3 * 3 * 1 + 1) * 32 == 320
    assert layer.parameter_arithmetic((28, 28, 1)) == "(3·3·1 + 1)·32"
    assert layer.multiply_adds((28, 28, 1)) == 26 * 26 * 32 * 9


def test_padding_and_stride_by_hand():
    assert Conv2D(4, 5, stride=2).output_shape((28, 28, 1)) == (12, 12, 4)
    assert Conv2D(4, 5, stride=3, padding="same").output_shape((28, 28, 1)) == (10, 10, 4)
    assert MaxPooling2D(2).output_shape((7, 7, 4)) == (3, 3, 4)
    assert AveragePooling2D(2, padding="same").output_shape((7, 7, 4)) == (4, 4, 4)


def test_the_other_layers_by_hand():
    assert Flatten().output_shape((3, 3, 4)) == (36,)
    assert GlobalAveragePooling2D().output_shape((3, 3, 4)) == (4,)
    assert Dense(10).output_shape((36,)) == (10,)
    assert Dense(10, bias=False).parameters((36,)) == 360
    assert BatchNormalization().parameters((3, 3, 4)) == 16
    assert Dropout(0.5).parameters((36,)) == 0


@pytest.mark.parametrize("seed", range(40))
def test_the_arithmetic_that_is_shown_gives_the_parameters(seed):
    recipe = random_recipe(seed)
    for layer, shape in zip(recipe.layers, recipe.shapes, strict=False):
        shown = layer.parameter_arithmetic(shape).replace("·", "*")
        assert (eval(shown) if shown else 0) == layer.parameters(shape)


@pytest.mark.parametrize("seed", range(40))
def test_json_gives_the_same_layers_back(seed):
    for layer in random_recipe(seed).layers:
        assert layer_from_dict(json.loads(json.dumps(layer.to_dict()))) == layer


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0), "filters must be a whole number from 1 to 512, not 0"),
        (lambda: Conv2D(8, 2.5), "kernel_size must be a whole number"),
        (lambda: Conv2D(8, 1, stride=2), "Conv2D: stride must be a whole number from 1 to 1, not 2"),
        (lambda: Conv2D(True), "filters must be a whole number"),
        (lambda: Conv2D(8, padding="full"), "padding must be one of valid, same, not 'full'"),
        (lambda: Conv2D(8, bias="no"), "bias must be true or false"),
        (lambda: MaxPooling2D(0), "MaxPooling2D: pool_size"),
        (lambda: MaxPooling2D(2, 0), "MaxPooling2D: stride"),
        (lambda: Dropout(1), "from 0 to below 1, not 1"),
        (lambda: Dropout(float("nan")), "not nan"),
        (lambda: Dense(5000), "units must be a whole number from 1 to 4096"),
        (lambda: Activation("swish"), "function must be one of relu"),
        (lambda: Activation(["relu"]), "function must be one of relu"),
        (lambda: Conv2D(8, 5).output_shape((3, 3, 1)), "a 5×5 window does not fit on a 3×3 map"),
        (lambda: Conv2D(8).output_shape((10,)), "put it before the flatten layer"),
        (lambda: Dense(8).output_shape((3, 3, 1)), "put a flatten or global average pooling layer before"),
        (lambda: Activation("softmax").output_shape((3, 3, 1)), "always gives 1"),
        (lambda: layer_from_dict("Conv2D"), "a layer is an object"),
        (lambda: layer_from_dict({"layer": "Conv3D"}), "there is no layer 'Conv3D'"),
        (lambda: layer_from_dict({"layer": ["Conv2D"]}), "there is no layer"),
        (lambda: layer_from_dict({"layer": "Conv2D"}), "Conv2D needs the field 'filters'"),
        (lambda: layer_from_dict({"layer": "Flatten", "axis": 1}), "Flatten has no field 'axis'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(make, message):
    with pytest.raises(LayerError, match=message):
        make()


def test_every_layer_has_a_title_for_people():
    assert all(kind.title != "layer" for kind in LAYERS.values())
