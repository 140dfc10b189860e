"""The backward pass against finite differences, against its own forward pass, and against TensorFlow."""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.backward import backward, input_gradient, weight_gradients
from model.forward import Network, apply_layer, to_input, weight_name
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
    MaxPooling2D,
)
from model.presets import PRESETS

LINEAR = (
    Conv2D(4, 3),
    Conv2D(3, 3, padding="same"),
    Conv2D(4, 3, stride=2, padding="same", bias=False),
    Conv2D(2, 3, stride=3),
    Conv2D(2, 2, stride=2, padding="same"),
    Conv2D(2, 1),
    Conv2D(3, 6, padding="same"),
    BatchNormalization(),
    AveragePooling2D(2),
    AveragePooling2D(3, 2, "same"),
    AveragePooling2D(2, 3, "same"),
    GlobalAveragePooling2D(),
    Flatten(),
    Dropout(0.5),
    Activation("linear"),
)
BENT = (
    MaxPooling2D(2),
    MaxPooling2D(3, 2, "same"),
    MaxPooling2D(3, 1),
    MaxPooling2D(2, 3, "same"),
    *(Activation(function) for function in ("relu", "leaky_relu", "tanh", "sigmoid", "softmax")),
)
TOLERANCE = 1e-4  # of an array's largest absolute value


def described(layer):
    return "-".join(map(str, layer.to_dict().values()))


def own_weights(layer, shape, seed=0):
    """Weights of one layer, none of them special."""
    random = np.random.default_rng(seed)
    return {
        name: random.uniform(0.5, 2, size).astype(np.float32)
        for name, size in layer.weight_shapes(shape).items()
    }


def spread_values(shape, seed=0):
    """Values around zero of which no two are nearer than 0.01, and none to zero: nothing bends nearby."""
    values = (np.arange(np.prod(shape)) - np.prod(shape) / 2 + 0.5) * 0.01
    return np.random.default_rng(seed).permutation(values).reshape(shape).astype(np.float32)


def differences(function, x, step):
    """The derivative of a function of one array by each of its numbers, from both sides."""
    found = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        either = []
        for sign in (1, -1):
            moved = x.copy()
            moved[index] += sign * step
            either.append(function(moved))
        found[index] = (either[0] - either[1]) / (2 * step)
    return found


@pytest.mark.parametrize("layer", [*LINEAR, *BENT, Dense(5), Dense(4, bias=False)], ids=described)
def test_each_layer_gives_back_what_finite_differences_find(layer):
    shape = (12,) if isinstance(layer, Dense) else (6, 7, 3)
    weights = own_weights(layer, shape)
    x = spread_values((2, *shape))
    y = apply_layer(layer, x, weights)
    g = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    found = input_gradient(layer, x, y, g, weights)
    assert found.shape == x.shape
    assert found.dtype == np.float32
    step = 0.004 if layer in BENT else 1  # where nothing bends a large step is exact
    expected = differences(lambda x: (apply_layer(layer, x, weights) * g).sum(dtype=np.float64), x, step)
    np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize(
    "layer", [*(layer for layer in LINEAR if layer.weight_shapes((6, 7, 3))), Dense(5)], ids=described
)
def test_each_layers_weights_get_what_finite_differences_find(layer):
    shape = (12,) if isinstance(layer, Dense) else (6, 7, 3)
    weights = own_weights(layer, shape)
    x = spread_values((3, *shape))
    y = apply_layer(layer, x, weights)
    g = np.random.default_rng(1).normal(size=y.shape).astype(np.float32)
    found = weight_gradients(layer, x, g, weights)
    assert list(found) == list(layer.weight_shapes(shape))
    for name, array in weights.items():

        def objective(changed, name=name):
            return (apply_layer(layer, x, weights | {name: changed}) * g).sum(dtype=np.float64)

        step = 0.02 if name == "moving_variance" else 1  # the only one that isn't linear
        expected = differences(objective, array, step)
        assert found[name].shape == array.shape
        np.testing.assert_allclose(found[name], expected, atol=2e-3 * np.abs(expected).max())


def test_of_equal_cells_the_first_wins():
    x = np.ones((1, 4, 4, 1), np.float32)
    layer = MaxPooling2D(2)
    back = input_gradient(layer, x, apply_layer(layer, x, {}), np.ones((1, 2, 2, 1), np.float32), {})
    assert back[0, ..., 0].tolist() == [[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("name", ["classic", "lenet5", "tiny"])
def test_the_slope_of_a_whole_network_is_the_one_its_readings_show(name):
    recipe = PRESETS[name]
    network = Network(recipe.layers, random_weights(recipe, 4))
    random = np.random.default_rng(2)
    digits = random.uniform(0, 1, (3, 28, 28)).astype(np.float32)
    logits = len(recipe.layers) - 2
    values = network.values(digits)
    g = random.normal(size=(3, 10)).astype(np.float32)
    found = backward(network, values, g, at=logits)
    way = found.inputs / np.linalg.norm(found.inputs)  # uphill: there the slope is steepest, and known
    step = np.float32(2e-3)
    heights = [(network.values(digits + s * way)[logits + 1] * g).sum(dtype=float) for s in (step, -step)]
    assert np.linalg.norm(found.inputs) == pytest.approx((heights[0] - heights[1]) / (2 * step), rel=0.02)


def test_every_layers_gradient_is_kept_and_agrees_with_the_digits():
    recipe = PRESETS["quick"]
    network = Network(recipe.layers, random_weights(recipe, 4))
    values = network.values(np.random.default_rng(0).uniform(0, 1, (2, 28, 28)))
    g = np.zeros_like(values[4])  # what the second convolution gives
    g[..., 7] = 1
    found = backward(network, values, g, at=3, weights=True)
    assert [a.shape for a in found.values] == [a.shape for a in values[1:5]]
    assert (found.values[3] == g).all()
    assert found.inputs.shape == (2, 28, 28)
    assert list(found.weights) == ["00.kernel", "00.bias", "03.kernel", "03.bias"]
    assert (found.weights["03.bias"] == np.where(np.arange(24) == 7, g[..., 7].sum(), 0)).all()
    assert backward(network, values, g, at=3).weights == {}


def test_digits_do_not_disturb_each_other():
    recipe = PRESETS["classic"]
    network = Network(recipe.layers, random_weights(recipe, 4))
    digits = np.random.default_rng(0).uniform(0, 1, (5, 28, 28))
    g = np.eye(10)[:5]
    together = backward(network, network.values(digits), g).inputs
    for i in range(5):
        alone = backward(network, network.values(digits[i : i + 1]), g[i : i + 1]).inputs[0]
        np.testing.assert_allclose(alone, together[i], atol=1e-4 * np.abs(alone).max())


@pytest.mark.parametrize(
    ("message", "options"),
    [
        ("no layer 3", {"at": 3}),
        ("no layer -1", {"at": -1}),
        ("3 layers', not 3", {"short": 1}),
        (r"the shape \(2, 10\), not \(2, 9\)", {"units": 9}),
    ],
)
def test_odd_questions_are_refused(message, options):
    recipe = PRESETS["linear"]
    network = Network(recipe.layers, random_weights(recipe, 0))
    values = network.values(np.zeros((2, 28, 28), np.uint8))[options.get("short", 0) :]
    with pytest.raises(ValueError, match=message):
        backward(network, values, np.ones((2, options.get("units", 10))), options.get("at"))


def compare_with_tensorflow(recipe):
    """Gradients by the digits, by every layer's output and by every weight, beside TensorFlow's."""
    network_module = pytest.importorskip("model.learning.network")
    import tensorflow as tf

    weights = random_weights(recipe, recipe.seed)
    ours = Network(recipe.layers, weights)
    theirs = network_module.build_network(recipe)
    network_module.set_weights(recipe, theirs, weights)
    random = np.random.default_rng(recipe.seed)
    digits = random.uniform(0, 1, (3, 28, 28)).astype(np.float32)
    digits[0, :9] = 0  # blank paper: equal cells in many windows
    digits[1] = 0
    digits[1, 6:20, 12:16] = 1
    last = len(recipe.layers) - 1
    for at in (last - 1, last):
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch([v.value for v in theirs.variables if v.dtype == "float32"])
            values = [tf.constant(to_input(digits))]
            tape.watch(values[0])
            for layer in theirs.layers[: at + 1]:
                values.append(layer(values[-1], training=False))
            towards = random.normal(size=values[-1].shape).astype(np.float32)
            objective = tf.reduce_sum(values[-1] * towards)
        # from TensorFlow's own values: where two all but tie, both must see the same one win
        kept = [value.numpy() for value in values]
        kept += ours.values(digits)[len(kept) :]
        found = backward(ours, kept, towards, at=at, weights=True)
        expected = tape.gradient(objective, values, unconnected_gradients="zero")
        close(found.inputs, expected[0][..., 0], f"layer {at}, by the digits", recipe)
        for place in range(at + 1):
            close(found.values[place], expected[place + 1], f"layer {at}, by layer {place}", recipe)
        for place, layer in enumerate(theirs.layers[: at + 1]):
            for variable in layer.variables:
                name = weight_name(place, variable.name)
                if name in weights:  # not dropout's seed
                    slope = tape.gradient(objective, variable.value, unconnected_gradients="zero")
                    close(found.weights[name], slope, f"layer {at}, by {name}", recipe)
        assert found.weights.keys() == {name for name in weights if int(name[:2]) <= at}


def close(ours, theirs, what, recipe):
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape
    worst = np.abs(ours - theirs).max()
    scale = np.abs(theirs).max()
    assert worst <= TOLERANCE * scale + 1e-30, f"{recipe.name}: {what}: off by {worst:.1e} of {scale:.1e}"


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_all_gradients_of_a_preset_are_tensorflows(name):
    compare_with_tensorflow(PRESETS[name])


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 100, 20))
def test_all_gradients_of_100_random_recipes_are_tensorflows(first):
    for seed in range(first, first + 20):
        compare_with_tensorflow(random_recipe(seed))


def test_the_layers_tried_here_are_all_there_are():
    assert {type(layer).__name__ for layer in (*LINEAR, *BENT, Dense(1))} == set(LAYERS)
