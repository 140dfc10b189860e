"""Weighing, tempering and descending: against plain loops, finite differences, Keras and TensorFlow."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_recipes import random_recipe, random_weights

from model.forward import Network, to_input, weight_name
from model.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
)
from model.presets import PRESETS
from model.probes.descending import (
    answer_place,
    cross_entropies,
    entering,
    logits_after,
    slope,
    step,
    weights_from,
)
from model.probes.tempering import temper
from model.probes.weighing import maps_before, place_in_maps, place_in_vector, weigh

DIGIT = np.random.default_rng(7).integers(0, 256, (28, 28)).astype(np.uint8)


def network_of(recipe):
    return Network(recipe.layers, random_weights(recipe, recipe.seed + 1))


# ---- weighing


def compare_units_with_keras(recipe):
    learning = pytest.importorskip("model.learning.network")
    network = network_of(recipe)
    theirs = learning.build_network(recipe)
    learning.set_weights(recipe, theirs, network.weights)
    values = network.values(DIGIT[None])
    for place, layer in enumerate(recipe.layers):
        if not isinstance(layer, Dense):
            continue
        expected = np.asarray(theirs.layers[place](values[place]))[0]
        for unit in range(min(layer.units, 12)):
            found = weigh(network.own_weights(place), values[place][0], unit)
            assert found.total == pytest.approx(expected[unit], abs=2e-5 * float(np.abs(expected).max()))
            assert found.adds + found.takes + found.bias == pytest.approx(found.total, rel=1e-9, abs=1e-9)
            assert found.adds >= 0 >= found.takes


@pytest.mark.parametrize("name", PRESETS)
def test_a_units_products_add_up_to_what_keras_gives(name):
    compare_units_with_keras(PRESETS[name])


def test_a_units_products_add_up_to_what_keras_gives_in_random_networks():
    for seed in range(20):
        compare_units_with_keras(random_recipe(seed))


@pytest.mark.slow
def test_a_units_products_add_up_to_what_keras_gives_in_200_random_networks():
    for seed in range(200):
        compare_units_with_keras(random_recipe(seed))


def test_the_strongest_products_come_first_whatever_their_sign():
    kernel = np.array([[1.0, 0], [-5, 0], [2, 1], [0, 0]], np.float32)
    found = weigh({"kernel": kernel}, np.array([1, 1, -1.5, 9], np.float32), 0)
    assert found.products.tolist() == [1, -5, -3, 0]
    assert found.strongest(3).tolist() == [1, 2, 0]
    assert (found.adds, found.takes, found.bias, found.total) == (1, -8, 0, -7)
    with pytest.raises(ValueError, match="the units are 0 to 1, not 2"):
        weigh({"kernel": kernel}, np.zeros(4, np.float32), 2)


def test_the_difference_of_two_units_is_a_weighing_too():
    random = np.random.default_rng(1)
    weights = {"kernel": random.normal(size=(6, 3)), "bias": random.normal(size=3)}
    x = random.normal(size=6)
    one, other = (weigh(weights, x, unit) for unit in (0, 2))
    assert one.minus(other).total == pytest.approx(one.total - other.total)


@given(st.tuples(*[st.integers(1, 9)] * 3), st.data())
def test_a_values_place_in_the_vector_is_where_numpy_puts_it(shape, data):
    maps = np.arange(math.prod(shape)).reshape(shape)
    row, column, channel = (data.draw(st.integers(0, side - 1)) for side in shape)
    index = place_in_vector(shape, row, column, channel)
    assert maps.reshape(-1)[index] == maps[row, column, channel]
    assert place_in_maps(shape, index) == (row, column, channel)


def test_what_has_no_place_is_refused():
    with pytest.raises(ValueError, match="no value at"):
        place_in_vector((2, 3, 4), 0, 3, 0)
    with pytest.raises(ValueError, match="24 numbers has no place 24"):
        place_in_maps((2, 3, 4), 24)


def test_the_maps_before_a_dense_layer_are_found_through_what_keeps_places():
    layers = (
        Conv2D(3, 5),
        Flatten(),
        Flatten(),
        BatchNormalization(),
        Activation("relu"),
        Dropout(0.1),
        Dense(7),
        Activation("relu"),
        Dense(10),
        Activation("softmax"),
    )
    assert maps_before(layers, 6) == (24, 24, 3)
    assert maps_before(layers, 8) is None
    assert maps_before((Conv2D(3, 5), GlobalAveragePooling2D(), Dense(10), Activation("softmax")), 2) is None


# ---- tempering


def compare_softmax_with_keras(recipe):
    keras = pytest.importorskip("keras")
    network = network_of(recipe)
    values = network.values(DIGIT[None])
    for place, layer in enumerate(recipe.layers):
        if layer == Activation("softmax"):
            rows = values[place].reshape(-1, values[place].shape[-1])
            expected = np.asarray(keras.ops.softmax(rows, axis=-1))
            for row, theirs in list(zip(rows, expected, strict=True))[:20]:
                np.testing.assert_allclose(temper(row).probabilities, theirs, atol=1e-6)


@pytest.mark.parametrize("name", PRESETS)
def test_the_softmax_is_what_keras_gives(name):
    compare_softmax_with_keras(PRESETS[name])


def test_the_softmax_is_what_keras_gives_in_random_networks():
    for seed in range(20):
        compare_softmax_with_keras(random_recipe(seed))


@pytest.mark.slow
def test_the_softmax_is_what_keras_gives_in_200_random_networks():
    for seed in range(200):
        compare_softmax_with_keras(random_recipe(seed))


@settings(deadline=None)
@given(st.lists(st.floats(-30, 30), min_size=1, max_size=12), st.floats(0.05, 20))
def test_softmax_with_a_temperature_is_the_textbooks_formula(logits, temperature):
    found = temper(np.array(logits), temperature)
    powers = [math.exp(z / temperature) for z in logits]
    np.testing.assert_allclose(
        found.probabilities, [power / math.fsum(powers) for power in powers], atol=1e-12
    )
    assert found.powers.max() == 1
    assert 1 <= found.total <= len(logits)
    assert found.largest == max(logits) / temperature


def test_a_temperature_evens_out_or_sharpens_and_keeps_the_order():
    logits = np.array([3.0, -1, 0.5, 0.4])
    tops = [temper(logits, temperature).probabilities.max() for temperature in (0.1, 0.5, 1, 3, 50)]
    assert tops == sorted(tops, reverse=True)
    assert tops[-1] == pytest.approx(0.25, abs=0.02)
    orders = {tuple(np.argsort(temper(logits, t).probabilities)) for t in (0.1, 0.5, 1, 3, 50)}
    assert len(orders) == 1


def test_logits_too_large_for_any_power_are_no_matter():
    found = temper(np.array([1e5, 0, -1e5]))
    assert found.probabilities.tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("logits", "temperature", "said"),
    [(np.zeros((2, 2)), 1, "a vector"), (np.zeros(0), 1, "a vector"), (np.zeros(3), 0, "above 0")],
)
def test_what_is_no_softmax_is_refused(logits, temperature, said):
    with pytest.raises(ValueError, match=said):
        temper(logits, temperature)


# ---- descending


def compare_with_tensorflow(recipe, label=3):
    learning = pytest.importorskip("model.learning.network")
    import keras
    import tensorflow as tf

    network = network_of(recipe)
    theirs = learning.build_network(recipe)
    learning.set_weights(recipe, theirs, network.weights)
    target = tf.constant(np.eye(10, dtype=np.float32)[[label]])
    with tf.GradientTape() as tape:
        x = tf.constant(to_input(DIGIT[None]))
        for layer in theirs.layers[:-1]:
            x = layer(x, training=False)
        tape.watch(x)
        loss = keras.losses.categorical_crossentropy(target, x, from_logits=True)[0]
    names = [name for name in learning.get_weights(recipe, theirs) if "moving" not in name]
    variables = [variable.value for variable in theirs.trainable_variables]
    by_logits, *by_weights = tape.gradient(loss, [x, *variables])
    found = slope(network, DIGIT, label)
    assert found.loss == pytest.approx(float(loss), rel=1e-4, abs=1e-5)
    np.testing.assert_allclose(found.by_logits, np.asarray(by_logits)[0], atol=1e-5)
    assert found.by_weights.keys() == set(names)
    by_name = dict(zip(names, by_weights, strict=True))
    # one scale for all: where little flows back both are rounding
    most = max(np.abs(np.asarray(each)).max() for each in by_weights)
    for name, expected in by_name.items():
        np.testing.assert_allclose(found.by_weights[name], expected, atol=2e-4 * most, err_msg=name)


@pytest.mark.parametrize("name", PRESETS)
def test_loss_and_gradients_are_tensorflows(name):
    compare_with_tensorflow(PRESETS[name])


def test_loss_and_gradients_are_tensorflows_in_random_networks():
    for seed in range(20):
        compare_with_tensorflow(random_recipe(seed), seed % 10)


@pytest.mark.slow
def test_loss_and_gradients_are_tensorflows_in_200_random_networks():
    for seed in range(200):
        compare_with_tensorflow(random_recipe(seed), seed % 10)


def test_the_cross_entropy_is_minus_the_logarithm_of_the_labels_share():
    logits = np.array([[2.0, -1, 0, 0, 0, 0, 0, 0, 0, 0], [0.0] * 10])
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = cross_entropies(logits, np.array([1, 4]))
    np.testing.assert_allclose(found, [-math.log(shares[0, 1]), math.log(10)])
    np.testing.assert_allclose(cross_entropies(logits, 0), -np.log(shares[:, 0]))
    huge = np.array([[1e300, 0, 0, 0, 0, 0, 0, 0, 0, 0], [np.inf] + [0] * 9, [np.nan] * 10])
    found = cross_entropies(huge, 0)
    assert found[0] == 0
    assert np.isnan(found[1:]).all()


def test_the_slope_is_what_finite_differences_find():
    recipe = PRESETS["tiny"]
    network = network_of(recipe)
    found = slope(network, DIGIT, 5)
    assert found.by_logits.sum() == pytest.approx(0, abs=1e-12)
    logits = network.values(DIGIT[None])[-2].astype(np.float64)
    for k in range(10):
        nudge = np.eye(10)[k] * 1e-5
        either = [cross_entropies(logits + sign * nudge, 5)[0] for sign in (1, -1)]
        assert found.by_logits[k] == pytest.approx((either[0] - either[1]) / 2e-5, abs=1e-8)
    # along the step itself the loss falls by rate · |gradient|²
    flat = sum(float((array.astype(np.float64) ** 2).sum()) for array in found.by_weights.values())
    rate = 1e-3 / flat
    after = logits_after(network, found, rate, 0, to_input(DIGIT[None]))
    assert found.loss - cross_entropies(after, 5)[0] == pytest.approx(rate * flat, rel=0.05)


@pytest.mark.parametrize("name", ["classic", "lenet5", "linear"])
def test_a_step_gives_what_a_network_with_the_stepped_weights_gives(name):
    recipe = PRESETS[name]
    network = network_of(recipe)
    last = answer_place(recipe.layers)
    found = slope(network, DIGIT, 2)
    for place, start in ((0, 0), (last, last), (last, 0)):
        weights = step(network, found, 0.01, place)
        expected = Network(recipe.layers, weights).values(DIGIT[None])[-2]
        x = entering(network, DIGIT[None], start)
        np.testing.assert_allclose(
            logits_after(network, found, 0.01, place, x, start), expected, rtol=1e-4, atol=1e-4
        )
        for key, array in weights.items():
            is_learned = key in weights_from(tuple(found.by_weights), place)
            assert (
                np.array_equal(array, network.weights[key]) != is_learned or not found.by_weights[key].any()
            )
    assert np.array_equal(
        step(network, found, 0.01)[weight_name(last, "kernel")],
        network.weights[weight_name(last, "kernel")]
        - np.float32(0.01) * found.by_weights[weight_name(last, "kernel")],
    )


def test_a_step_too_far_ends_in_no_number_instead_of_an_error():
    network = network_of(PRESETS["classic"])
    found = slope(network, DIGIT, 2)
    far = logits_after(network, found, 1e30, 0, to_input(DIGIT[None]))
    assert np.isnan(cross_entropies(far, 2)).all()


def test_the_last_layers_gradient_is_its_input_times_the_logits_gradient():
    recipe = PRESETS["quick"]
    network = network_of(recipe)
    last = answer_place(recipe.layers)
    found = slope(network, DIGIT, 2)
    x = network.values(DIGIT[None])[last][0]
    assert recipe.layers[last] == Dense(10)
    for i, k in np.ndindex(len(x), 10):
        expected = x[i] * found.by_logits[k]
        assert found.by_weights[weight_name(last, "kernel")][i, k] == pytest.approx(expected, abs=1e-6)


def test_a_label_that_is_no_digit_is_refused():
    with pytest.raises(ValueError, match="not 10"):
        slope(network_of(PRESETS["tiny"]), DIGIT, 10)
