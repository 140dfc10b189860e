"""Pooling, normalisation, dropout and activation, looked into: against Keras's layers and plain loops."""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.forward import Network, to_input, weight_name
from model.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
)
from model.presets import PRESETS
from model.probes import activating, dropping, normalising, pooling
from model.recipe import Recipe

TOLERANCE = 1e-5  # of the largest absolute value
SUMMED = 1e-4  # Keras adds up a batch in single precision, we in double
FEW = range(20)
MANY = [pytest.param(first, marks=pytest.mark.slow) for first in range(20, 200, 20)]


@pytest.fixture(scope="module")
def digits():
    """Six pictures of noise and of strokes."""
    random = np.random.default_rng(11)
    noise = random.integers(0, 256, (3, 28, 28)).astype(np.uint8)
    bars = np.zeros((3, 28, 28), np.uint8)
    bars[0, 4:24, 13:16] = bars[1, 13:16, 4:24] = bars[2, 6:20, 6:20] = 255
    return np.concatenate([noise, bars])


def close(ours, theirs, tolerance=TOLERANCE):
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape
    worst = np.abs(ours - theirs).max() / max(float(np.abs(theirs).max()), 1e-6)
    assert worst <= tolerance, f"off by {worst:.1e}"


def recipes(first):
    return (
        list(PRESETS.values()) + [random_recipe(seed) for seed in FEW]
        if first is None
        else [random_recipe(seed) for seed in range(first, first + 20)]
    )


def networks(first):
    for recipe in recipes(first):
        yield recipe, Network(recipe.layers, random_weights(recipe, recipe.seed))


GROUPS = [None, *MANY]


@pytest.mark.parametrize("first", GROUPS)
def test_both_poolings_give_what_keras_gives(first, digits):
    keras = pytest.importorskip("keras")
    met = 0
    for recipe, network in networks(first):
        values = network.values(digits)
        for place, layer in enumerate(recipe.layers):
            if not isinstance(layer, pooling.Pooling):
                continue
            ours = pooling.both(layer, values[place])
            settings = (layer.pool_size, layer.step, layer.padding)
            close(ours.maximum, keras.layers.MaxPooling2D(*settings)(values[place]))
            close(ours.average, keras.layers.AveragePooling2D(*settings)(values[place]))
            assert ours.first.shape == ours.maximum.shape
            met += 1
    assert met > 5


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "step"), [(2, None), (3, 2), (2, 1), (1, 3), (5, 3), (7, 7)])
def test_windows_name_the_cells_that_pooling_takes_in(size, step, padding):
    x = np.random.default_rng(3).normal(size=(2, 11, 8, 3)).astype(np.float32)
    layer = AveragePooling2D(size, step, padding)
    rows, columns = pooling.windows(layer, x.shape[1:])
    found = pooling.both(MaxPooling2D(size, step, padding), x)
    assert found.maximum.shape == (2, len(rows), len(columns), 3)
    for n, i, j, c in np.ndindex(found.maximum.shape):
        (top, height), (left, width) = rows[i], columns[j]
        cells = [x[n, top + a, left + b, c] for a in range(height) for b in range(width)]
        assert found.maximum[n, i, j, c] == max(cells)
        assert found.average[n, i, j, c] == pytest.approx(sum(cells) / len(cells), rel=1e-4, abs=1e-6)
        assert found.first[n, i, j, c] == cells[0]


@pytest.mark.parametrize(("down", "across"), [(0, 1), (1, 0), (0, -2), (-3, 0), (2, -1), (28, 0), (0, 0)])
def test_a_digit_is_moved_and_what_leaves_the_frame_is_lost(down, across):
    digit = np.random.default_rng(0).integers(1, 256, (28, 28)).astype(np.uint8)
    moved = pooling.shifted(digit, down, across)
    assert moved.dtype == np.uint8
    for row, column in np.ndindex(28, 28):
        was = row - down, column - across
        inside = 0 <= was[0] < 28 and 0 <= was[1] < 28
        assert moved[row, column] == (digit[was] if inside else 0)


def test_a_shift_is_told_for_every_stage(digits):
    recipe = PRESETS["classic"]
    network = Network(recipe.layers, random_weights(recipe, 1))
    place = next(i for i, layer in enumerate(recipe.layers) if isinstance(layer, MaxPooling2D))
    found = pooling.shift(network, place, digits[4], 1, 0)
    one, other = (network.values(d[None])[place][0] for d in (digits[4], pooling.shifted(digits[4], 1, 0)))
    lengths = [np.sqrt(sum(float(v) ** 2 for v in values.ravel())) for values in (other - one, one)]
    assert found.changes["before"] == pytest.approx(lengths[0] / lengths[1], rel=1e-4)
    pooled = [network.values(d[None])[place + 1][0] for d in (digits[4], found.digit)]
    change = np.linalg.norm(pooled[1] - pooled[0]) / np.linalg.norm(pooled[0])
    assert found.changes["maximum"] == pytest.approx(change, rel=1e-4)
    np.testing.assert_allclose(found.after.maximum[1], pooled[1], rtol=1e-5, atol=1e-5)
    still = pooling.shift(network, place, digits[4], 0, 0)
    assert set(still.changes.values()) == {0.0}
    blank = pooling.shift(network, 6, np.zeros((28, 28), np.uint8), 1, 0)
    assert blank.changes["digit"] == 0
    with pytest.raises(ValueError, match="pools nothing"):
        pooling.shift(network, 0, digits[0], 1, 0)


@pytest.mark.parametrize("first", GROUPS)
def test_a_batch_is_normalised_as_keras_does_while_learning(first, digits):
    built = pytest.importorskip("model.learning.network")
    met = 0
    for recipe, network in networks(first):
        if not any(isinstance(layer, BatchNormalization) for layer in recipe.layers):
            continue
        theirs = built.build_network(recipe)
        built.set_weights(recipe, theirs, network.weights)
        x = to_input(digits)
        for place, (layer, made) in enumerate(zip(recipe.layers, theirs.layers, strict=True)):
            is_normalising = isinstance(layer, BatchNormalization)
            before = np.asarray(x)
            x = np.asarray(made(x, training=is_normalising))  # dropout hides nothing
            if is_normalising and before.var(axis=tuple(range(before.ndim - 1))).max() > 1e-6:
                own, batch = network.own_weights(place), normalising.batch_statistics(before)
                ours = normalising.normalise(before, batch, own["gamma"], own["beta"])
                close(ours, x, SUMMED)
                record = normalising.next_record(normalising.recorded(own), batch)
                close(record.mean, made.moving_mean, SUMMED)
                close(record.variance, made.moving_variance, SUMMED)
                met += 1
    assert met > 2


def test_learning_values_go_through_the_whole_network_as_keras_has_them(digits):
    built = pytest.importorskip("model.learning.network")
    recipe = PRESETS["classic"]
    weights = random_weights(recipe, 5)
    theirs = built.build_network(recipe)
    built.set_weights(recipe, theirs, weights)
    x = to_input(digits)
    for layer, made in zip(recipe.layers, theirs.layers, strict=True):
        x = made(x, training=isinstance(layer, BatchNormalization))
    ours = normalising.learning_values(Network(recipe.layers, weights), digits)
    np.testing.assert_allclose(ours, np.asarray(x), atol=1e-4)
    assert ours.shape == (len(digits), 10)
    early = normalising.learning_values(Network(recipe.layers, weights), digits, 2)
    assert np.abs(early.std(axis=(0, 1, 2)) - np.abs(weights["01.gamma"])).max() < 0.05


def test_a_reading_normalises_by_the_record(digits):
    recipe = PRESETS["classic"]
    network = Network(recipe.layers, random_weights(recipe, 5))
    values, own = network.values(digits), network.own_weights(1)
    again = normalising.normalise(values[1], normalising.recorded(own), own["gamma"], own["beta"])
    np.testing.assert_allclose(again, values[2], rtol=1e-4, atol=1e-5)


def test_gamma_and_beta_of_one_channel_are_replaced(digits):
    recipe = PRESETS["classic"]
    network = Network(recipe.layers, random_weights(recipe, 5))
    changed = normalising.rescaled(network, 1, 3, 0.0, 0.25)
    before, after = network.values(digits)[2], changed.values(digits)[2]
    np.testing.assert_allclose(after[..., 3], 0.25, rtol=1e-6)
    np.testing.assert_array_equal(np.delete(after, 3, axis=-1), np.delete(before, 3, axis=-1))
    assert network.weights[weight_name(1, "beta")][3] != 0.25
    alike = normalising.rescaled(network, 1, None, 0.0, 0.25).values(digits)[2]
    np.testing.assert_allclose(alike, 0.25, rtol=1e-6)
    for place, channel in ((0, 0), (1, 32), (1, -1)):
        with pytest.raises(ValueError, match=r"normalises nothing|no channel"):
            normalising.rescaled(network, place, channel, 1, 0)


@pytest.mark.parametrize("shape", [(5, 7, 6, 3), (40, 4)])
def test_the_spread_of_a_channel_is_its_histogram_and_moves_with_it(shape):
    x = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    x[..., 1] = 4.0  # all the same
    found = normalising.spread(x, 12)
    for channel in range(shape[-1]):
        assert found.counts[channel].sum() == x[..., channel].size
        if channel == 1:
            assert found.counts[channel][0] == x[..., channel].size
            continue
        counts, edges = np.histogram(x[..., channel], 12)
        np.testing.assert_allclose(found.edges[channel], edges, rtol=1e-4, atol=1e-5)
        assert np.abs(found.counts[channel] - counts).max() <= 1  # one on an edge may fall to either side
    factor, offset = np.full(shape[-1], -2.0), np.full(shape[-1], 3.0)
    moved = found.moved(factor, offset)
    counts, edges = np.histogram(-2 * x[..., 0] + 3, 12)
    np.testing.assert_allclose(moved.edges[0][::-1], edges, rtol=1e-4, atol=1e-4)
    assert np.abs(moved.counts[0][::-1] - counts).max() <= 1


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.9])
def test_what_is_kept_is_scaled_as_keras_scales_it(rate):
    keras = pytest.importorskip("keras")
    x = np.random.default_rng(1).uniform(0.5, 2, (4, 9, 9, 3)).astype(np.float32)
    theirs = np.asarray(keras.layers.Dropout(rate, seed=3)(x, training=True))
    close(dropping.drop(x, theirs != 0, rate), theirs)
    assert dropping.scale(rate) == pytest.approx(1 / (1 - rate))


def test_masks_hide_the_share_that_they_should_each_time_others():
    found = dropping.masks((20, 30), 0.3, 200, seed=4)
    assert found.shape == (200, 20, 30)
    assert (~found).mean() == pytest.approx(0.3, abs=0.01)
    assert len({mask.tobytes() for mask in found}) == 200
    # every value has the same chance, whatever its neighbours' luck
    assert np.abs((~found).mean(axis=0) - 0.3).max() < 0.16
    assert np.corrcoef(found[:, 0, 0], found[:, 0, 1])[0, 1] == pytest.approx(0, abs=0.25)
    np.testing.assert_array_equal(dropping.masks((20, 30), 0.3, 5, seed=4), found[:5])
    assert dropping.masks((3,), 0.0, 4, 0).all()


def test_the_scale_keeps_the_mean_over_many_masks():
    x = np.random.default_rng(5).uniform(0, 1, 50).astype(np.float32)
    scaled, plain = dropping.running_means(x, 0.4, 3000, seed=1)
    assert scaled[-1] == pytest.approx(x.mean(), rel=0.02)
    assert plain[-1] == pytest.approx(0.6 * x.mean(), rel=0.02)
    kept = dropping.masks((50,), 0.4, 3, seed=1)
    for count in (1, 2, 3):
        by_hand = np.mean([[x[i] / 0.6 if kept[m, i] else 0.0 for i in range(50)] for m in range(count)])
        assert scaled[count - 1] == pytest.approx(by_hand, rel=1e-5)


def test_a_network_reads_under_masks_of_all_its_dropout_layers(digits):
    recipe = PRESETS["classic"]
    network = Network(recipe.layers, random_weights(recipe, 2))
    found = dropping.readings(network, digits[3], 4, seed=9)
    random = np.random.default_rng(9)
    x = np.repeat(to_input(digits[3:4]), 4, axis=0)
    for place, layer in enumerate(recipe.layers):
        x = network.through(x, place, place + 1)
        if isinstance(layer, Dropout):
            kept = random.random(x.shape, np.float32) >= np.float32(layer.rate)
            x = np.where(kept, x / np.float32(1 - layer.rate), 0).astype(np.float32)
    np.testing.assert_allclose(found, x, atol=1e-5)
    assert len({row.tobytes() for row in found}) == 4


def test_without_dropout_every_reading_is_the_same(digits):
    recipe = PRESETS["quick"]
    network = Network(recipe.layers, random_weights(recipe, 2))
    found = dropping.readings(network, digits[3], 7, seed=0)
    assert found.shape == (7, 10)
    np.testing.assert_allclose(found, np.repeat(network.probabilities(digits[3:4]), 7, axis=0), atol=1e-6)


def test_dropout_reads_any_network(digits):
    for recipe, network in networks(None):
        found = dropping.readings(network, digits[5], 3, seed=recipe.seed)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-4)


@pytest.mark.parametrize("function", activating.FUNCTIONS)
def test_a_slope_is_what_tensorflow_derives_and_what_small_steps_give(function):
    tensorflow = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    x = np.array([-30, -4, -1.3, -0.2, 0.3, 1, 2.5, 30], np.float32)
    ours = activating.slope(function, x)
    layer = keras.layers.LeakyReLU(0.2) if function == "leaky_relu" else keras.layers.Activation(function)
    given = tensorflow.constant(x)
    with tensorflow.GradientTape() as tape:
        tape.watch(given)
        y = layer(given)
    np.testing.assert_allclose(ours, np.asarray(tape.gradient(y, given)), atol=1e-6)
    step = np.float32(1e-2)
    near = [np.asarray(layer(tensorflow.constant(x + way * step))) for way in (-1, 1)]
    np.testing.assert_allclose(ours, (near[1] - near[0]) / (2 * step), atol=1e-3)


def test_what_a_function_mutes():
    x = np.array([-5, -2, -0.5, 0, 0.5, 2, 5], np.float32)
    told = {name: activating.muted(name, x).tolist() for name in activating.FUNCTIONS}
    assert told["relu"] == [True, True, True, True, False, False, False]
    assert told["leaky_relu"] == [True, True, True, False, False, False, False]
    # 1 − tanh² falls under a tenth of its steepest (1) beyond 1.82, σ(1 − σ) under a tenth of ¼ beyond 3.64
    assert told["tanh"] == [True, True, False, False, False, True, True]
    assert told["sigmoid"] == [True, False, False, False, False, False, True]
    assert not any(told["linear"])
    with pytest.raises(ValueError, match="softmax"):
        activating.muted("softmax", x)


def test_another_function_stands_where_it_was_put(digits):
    built = pytest.importorskip("model.learning.network")
    recipe = PRESETS["lenet5"]
    weights = random_weights(recipe, 1)
    network = Network(recipe.layers, weights)
    assert [recipe.layers[place] for place in activating.hidden_places(network)] == [Activation("tanh")] * 4
    changed = activating.with_function(network, activating.hidden_places(network), "linear")
    other = Recipe("straight", changed.layers)
    theirs = built.build_network(other)
    built.set_weights(other, theirs, weights)
    np.testing.assert_allclose(changed.probabilities(digits), np.asarray(theirs(to_input(digits))), atol=1e-5)
    assert network.layers == recipe.layers
    with pytest.raises(ValueError, match="is no activation"):
        activating.with_function(network, (0,), "relu")


def test_straight_lines_everywhere_are_one_layer(digits):
    layers = (Conv2D(3, 5), Activation("relu"), Flatten(), Dense(6), Activation("tanh"), Dense(10))
    recipe = Recipe("bends", (*layers, Activation("softmax")))
    network = Network(recipe.layers, random_weights(recipe, 8))
    straight = activating.with_function(network, activating.hidden_places(network), "linear")
    logits = [straight.through(to_input(d[None]), 0, 6)[0] for d in (digits[3] // 2, digits[4] // 2)]
    nothing = straight.through(to_input(np.zeros((1, 28, 28), np.uint8)), 0, 6)[0]
    both = straight.through(to_input(digits[3:4] // 2) + to_input(digits[4:5] // 2), 0, 6)[0]
    np.testing.assert_allclose(both - nothing, logits[0] + logits[1] - 2 * nothing, atol=1e-4)
