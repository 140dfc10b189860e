"""The forward pass in NumPy against Keras, layer by layer, and against plain loops."""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.forward import (
    BATCH,
    Network,
    convolve,
    pool_average,
    pool_max,
    same_padding,
    to_input,
    weight_shapes,
)
from model.layers import LAYERS, Activation, Dense, Flatten
from model.presets import PRESETS

TOLERANCE = 1e-5  # of a layer's largest absolute value


@pytest.fixture(scope="module")
def digits():
    """Eight pictures of noise and of strokes, so that no layer is spared."""
    random = np.random.default_rng(7)
    noise = random.integers(0, 256, (4, 28, 28)).astype(np.uint8)
    bars = np.zeros((4, 28, 28), np.uint8)
    bars[0, 4:24, 13:16] = bars[1, 13:16, 4:24] = bars[2, 4:24, 4:24] = 255
    return np.concatenate([noise, bars])


def compare_with_keras(recipe, digits):
    network_module = pytest.importorskip("model.learning.network")
    weights = random_weights(recipe, recipe.seed)
    ours = Network(recipe.layers, weights)
    theirs = network_module.build_network(recipe)
    network_module.set_weights(recipe, theirs, weights)
    values = ours.values(digits)
    assert len(values) == len(theirs.layers) + 1 == len(recipe.layers) + 1
    x = to_input(digits)
    for number, (layer, value) in enumerate(zip(theirs.layers, values[1:], strict=True), start=1):
        x = np.asarray(layer(x, training=False))
        assert value.dtype == np.float32
        assert value.shape == x.shape == (len(digits), *recipe.shapes[number])
        worst = np.abs(value - x).max() / np.abs(x).max()
        assert worst <= TOLERANCE, f"layer {number} ({recipe.layers[number - 1]}) is off by {worst:.1e}"
    np.testing.assert_allclose(ours.probabilities(digits), x, atol=TOLERANCE)
    again = network_module.get_weights(recipe, theirs)
    assert again.keys() == weights.keys()
    assert all(np.array_equal(again[name], weights[name]) for name in weights)
    assert theirs.count_params() == recipe.parameters


@pytest.mark.parametrize("name", PRESETS)
def test_every_layer_of_a_preset_gives_what_keras_gives(name, digits):
    compare_with_keras(PRESETS[name], digits)


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_every_layer_of_200_random_recipes_gives_what_keras_gives(first, digits):
    for seed in range(first, first + 20):
        compare_with_keras(random_recipe(seed), digits)


def test_the_random_recipes_use_every_layer_and_every_activation():
    layers = [layer for seed in range(200) for layer in random_recipe(seed).layers]
    assert {type(layer).__name__ for layer in layers} == set(LAYERS)
    functions = {layer.function for layer in layers if isinstance(layer, Activation)}
    assert functions == {"relu", "leaky_relu", "tanh", "sigmoid", "softmax", "linear"}


def test_convolution_is_the_sum_over_the_window_times_the_kernel():
    random = np.random.default_rng(0)
    x = random.normal(size=(2, 7, 6, 3)).astype(np.float32)
    kernel = random.normal(size=(3, 3, 3, 4)).astype(np.float32)
    bias = random.normal(size=4).astype(np.float32)
    y = convolve(x, kernel, bias, stride=2)
    assert y.shape == (2, 3, 2, 4)
    for n, i, j, f in np.ndindex(y.shape):
        total = sum(
            float(x[n, 2 * i + a, 2 * j + b, c]) * float(kernel[a, b, c, f])
            for a, b, c in np.ndindex(3, 3, 3)
        )
        assert y[n, i, j, f] == pytest.approx(total + bias[f], rel=1e-4, abs=1e-5)


def test_padding_cells_never_win_and_are_never_counted():
    x = np.full((1, 3, 3, 1), -5, np.float32)
    assert (pool_max(x, 2, 2, "same") == -5).all()
    np.testing.assert_allclose(pool_average(x, 2, 2, "same"), np.full((1, 2, 2, 1), -5), rtol=1e-6)


@pytest.mark.parametrize(
    ("cells", "size", "stride", "expected"),
    [(28, 3, 1, (1, 1)), (28, 2, 2, (0, 0)), (5, 2, 2, (0, 1)), (5, 1, 3, (0, 0))],
)
def test_same_padding_puts_the_odd_cell_after(cells, size, stride, expected):
    assert same_padding(cells, size, stride) == expected


def test_reading_in_batches_changes_nothing():
    recipe = PRESETS["quick"]
    network = Network(recipe.layers, random_weights(recipe, 3))
    digits = np.random.default_rng(1).integers(0, 256, (2 * BATCH + 5, 28, 28)).astype(np.uint8)
    together = network.probabilities(digits)
    one_by_one = np.concatenate([network.probabilities(digit[None]) for digit in digits])
    np.testing.assert_allclose(together, one_by_one, atol=1e-6)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    assert network.probabilities(digits[:0]).shape == (0, 10)


def test_features_are_what_the_last_dense_layer_gets(digits):
    recipe = PRESETS["classic"]
    network = Network(recipe.layers, random_weights(recipe, 3))
    place = max(i for i, layer in enumerate(recipe.layers) if isinstance(layer, Dense))
    np.testing.assert_allclose(network.features(digits), network.values(digits)[place], rtol=1e-5, atol=1e-6)
    assert network.features(digits).shape == (8, 128)


def test_input_is_scaled_once():
    digits = np.full((1, 28, 28), 255, np.uint8)
    assert to_input(digits).max() == 1
    assert to_input(digits / 255).max() == 1
    assert to_input(digits).shape == (1, 28, 28, 1)


@pytest.mark.parametrize(
    "odd", [np.zeros((28, 28), np.uint8), np.zeros((1, 27, 28), np.uint8), np.zeros((1, 28, 28), np.int64)]
)
def test_what_is_no_batch_of_digits_is_refused(odd):
    with pytest.raises(ValueError, match="digits must"):
        to_input(odd)


def test_extreme_values_stay_finite():
    recipe = PRESETS["linear"]
    weights = {name: np.full(shape, 1e4, np.float32) for name, shape in weight_shapes(recipe.layers).items()}
    weights["01.kernel"][:, 3] = 2e4
    probabilities = Network(recipe.layers, weights).probabilities(np.full((1, 28, 28), 255, np.uint8))
    assert probabilities[0, 3] == 1
    assert np.isfinite(probabilities).all()


def broken_weights():
    good = {
        name: np.zeros(shape, np.float32) for name, shape in weight_shapes(PRESETS["linear"].layers).items()
    }
    yield "missing or left over", {"01.kernel": good["01.kernel"]}
    yield "missing or left over", good | {"02.bias": np.zeros(10, np.float32)}
    yield "must have the shape", good | {"01.bias": np.zeros(11, np.float32)}
    yield "no finite numbers", good | {"01.bias": np.full(10, np.nan, np.float32)}


@pytest.mark.parametrize(("message", "weights"), list(broken_weights()))
def test_weights_that_do_not_fit_are_refused(message, weights):
    with pytest.raises(ValueError, match=message):
        Network((Flatten(), Dense(10), Activation("softmax")), weights)
