"""A convolution taken apart: against Keras's layers, SciPy's correlation and plain loops."""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights
from scipy.signal import correlate2d

from model.forward import Network, to_input
from model.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, LayerError
from model.presets import PRESETS
from model.probes.convolving import (
    border,
    followers,
    positions,
    slide,
    slide_filter,
    strongest,
    with_kernel,
)
from model.recipe import Recipe

TOLERANCE = 1e-5  # of a map's largest absolute value
ANSWER = (Dense(10), Activation("softmax"))


@pytest.fixture(scope="module")
def digit():
    return np.random.default_rng(11).integers(0, 256, (1, 28, 28)).astype(np.uint8)


def compare_with_keras(recipe, digit):
    """All convolutions of a recipe: sums, terms, padding and positions; returns how many there are."""
    network_module = pytest.importorskip("model.learning.network")
    weights = random_weights(recipe, recipe.seed)
    ours, theirs = Network(recipe.layers, weights), network_module.build_network(recipe)
    network_module.set_weights(recipe, theirs, weights)
    random = np.random.default_rng(recipe.seed)
    x, count = to_input(digit), 0
    for place, (layer, keras_layer) in enumerate(zip(recipe.layers, theirs.layers, strict=True)):
        y = np.asarray(keras_layer(x, training=False))
        if isinstance(layer, Conv2D):
            unit = int(random.integers(layer.filters))
            found = slide_filter(layer, x[0], ours.own_weights(place), unit)
            expected = y[0, ..., unit]
            most = float(np.abs(expected).max()) + 1e-6
            assert found.sums.shape == expected.shape
            assert np.abs(found.sums - expected).max() <= TOLERANCE * most
            assert np.abs(found.terms.sum(axis=-1) + found.bias - expected).max() <= TOLERANCE * most
            for row, column in {(0, 0), tuple(int(n) - 1 for n in expected.shape)}:
                at = found.at(row, column)
                total = at.products.sum() + found.bias
                assert total == pytest.approx(expected[row, column], abs=2 * TOLERANCE * most)
                np.testing.assert_allclose(at.products.sum(axis=(0, 1)), at.terms, atol=2 * TOLERANCE * most)
            count += 1
        x = y
    return count


@pytest.mark.parametrize("name", PRESETS)
def test_every_convolution_of_a_preset_adds_up_to_what_keras_gives(name, digit):
    there = sum(isinstance(layer, Conv2D) for layer in PRESETS[name].layers)
    assert compare_with_keras(PRESETS[name], digit) == there


def test_those_of_20_random_recipes_do(digit):
    assert sum(compare_with_keras(random_recipe(seed), digit) for seed in range(20)) > 20


@pytest.mark.slow
@pytest.mark.parametrize("first", range(20, 220, 20))
def test_those_of_200_random_recipes_do(first, digit):
    for seed in range(first, first + 20):
        compare_with_keras(random_recipe(seed), digit)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 2), (0, 1))])
def test_every_number_is_the_loops(stride, padding):
    random = np.random.default_rng(stride)
    x = random.normal(size=(7, 6, 3)).astype(np.float32)
    kernel = random.normal(size=(3, 3, 3)).astype(np.float32)
    found = slide(x, kernel, 0.25, stride, padding)
    (top, bottom), (left, right) = padding
    assert found.padded.shape == (7 + top + bottom, 6 + left + right, 3)
    assert (found.top, found.left, found.height, found.width) == (top, left, 7, 6)
    down, across = ((n - 3) // stride + 1 for n in found.padded.shape[:2])
    assert found.sums.shape == (down, across)
    for row, column in np.ndindex(down, across):
        at = found.at(row, column)
        total = 0.25
        for c in range(3):
            term = 0.0
            for i, j in np.ndindex(3, 3):
                y, z = row * stride + i - top, column * stride + j - left
                cell = float(x[y, z, c]) if 0 <= y < 7 and 0 <= z < 6 else 0.0
                assert at.patch[i, j, c] == pytest.approx(cell)
                assert at.products[i, j, c] == pytest.approx(cell * float(kernel[i, j, c]), abs=1e-6)
                term += cell * float(kernel[i, j, c])
            assert at.terms[c] == pytest.approx(term, abs=1e-5)
            total += term
        assert at.total == pytest.approx(total, abs=1e-5)


def test_one_channel_is_scipys_correlation():
    random = np.random.default_rng(2)
    x, kernel = random.normal(size=(9, 8)), random.normal(size=(3, 3))
    found = slide(x[..., None].astype(np.float32), kernel[..., None].astype(np.float32))
    np.testing.assert_allclose(found.sums, correlate2d(x, kernel, "valid"), atol=1e-5)


@pytest.mark.parametrize("row_column", [(-1, 0), (0, 6), (7, 0)])
def test_there_must_be_such_a_position(row_column):
    found = slide(np.ones((9, 8, 1), np.float32), np.ones((3, 3, 1), np.float32))
    with pytest.raises(ValueError, match="has no value"):
        found.at(*row_column)


def test_what_does_not_fit_is_refused():
    with pytest.raises(LayerError, match=r"5×5 window does not fit on a 4×4 map"):
        slide(np.ones((4, 4, 1), np.float32), np.ones((5, 5, 1), np.float32))
    with pytest.raises(ValueError, match="a kernel for 2 channels"):
        slide(np.ones((4, 4, 1), np.float32), np.ones((3, 3, 2), np.float32))
    layer = Conv2D(4)
    with pytest.raises(ValueError, match="no filter 4"):
        slide_filter(layer, np.ones((5, 5, 1), np.float32), {"kernel": np.ones((3, 3, 1, 4))}, 4)


@pytest.mark.parametrize("cells", range(3, 13))
@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_positions_are_as_many_as_can_be_counted(cells, size, stride):
    if stride > size:
        with pytest.raises(LayerError, match="stride"):
            positions(cells, size, stride)
        return
    for before, after in ((0, 0), (1, 1), (0, 1), (3, 3)):
        length = cells + before + after
        counted = len([start for start in range(0, length, stride) if start + size <= length])
        if counted:
            assert positions(cells, size, stride, before, after) == counted
            assert counted == (length - size) // stride + 1
        else:
            with pytest.raises(LayerError, match="does not fit"):
                positions(cells, size, stride, before, after)


def test_padding_is_not_less_than_none():
    with pytest.raises(LayerError, match="0 cells or more, not -1"):
        positions(8, 3, 1, -1, 0)


def test_a_border_keeps_the_size():
    assert border(Conv2D(1, 3), 9, 9) == ((0, 0), (0, 0))
    assert border(Conv2D(1, 3, padding="same"), 9, 7) == ((1, 1), (1, 1))
    assert border(Conv2D(1, 4, padding="same"), 9, 7) == ((1, 2), (1, 2))
    assert border(Conv2D(1, 3, 2, "same"), 8, 7) == ((0, 1), (1, 1))


def test_followers_end_where_values_meet():
    layers = (Conv2D(2), BatchNormalization(), Activation("relu"), Dropout(0.1), Activation("tanh"))
    assert followers(layers, 0) == (1, 2)
    assert followers((Conv2D(2), Activation("softmax")), 0) == ()
    assert followers((Conv2D(2), Flatten(), *ANSWER), 0) == ()
    assert followers((Conv2D(2),), 0) == ()


def test_the_strongest_channels_come_in_their_own_order():
    terms = np.zeros((2, 2, 4), np.float32)
    terms[..., 3], terms[..., 1], terms[0, 0, 2] = -5, 1, 3
    assert strongest(terms, 2) == (1, 3)
    assert strongest(terms, 9) == (0, 1, 2, 3)


def test_the_brightest_place_is_under_the_kernels_middle():
    x = np.zeros((9, 9, 2), np.float32)
    x[4, 6, 1] = -3
    kernel = np.ones((3, 3, 2), np.float32)
    assert slide(x, kernel).brightest() == (3, 5)
    assert slide(x, kernel, padding=((1, 1), (1, 1))).brightest() == (4, 6)
    assert slide(np.zeros((3, 3, 2), np.float32), kernel).brightest() == (0, 0)


@pytest.mark.parametrize("place", [0, 2])
def test_a_kernel_in_anothers_place_changes_its_own_map_alone(place, digit):
    recipe = Recipe("two", (Conv2D(4, 3), Activation("relu"), Conv2D(3, 3), Flatten(), *ANSWER))
    network = Network(recipe.layers, random_weights(recipe, 1))
    weights = dict(network.weights)
    kernel = np.arange(9, dtype=np.float32).reshape(3, 3)
    changed = with_kernel(network, place, 1, 0, kernel)
    assert all(np.array_equal(network.weights[name], weights[name]) for name in weights)
    before, after = network.values(digit), changed.values(digit)
    differs = np.abs(after[place + 1] - before[place + 1])[0].max(axis=(0, 1)) > 1e-4
    assert differs.tolist() == [unit == 1 for unit in range(recipe.shapes[place + 1][-1])]
    x = before[place][0, ..., 0].astype(float)
    by_scipy = correlate2d(x, kernel - network.own_weights(place)["kernel"][:, :, 0, 1], "valid")
    np.testing.assert_allclose((after[place + 1] - before[place + 1])[0, ..., 1], by_scipy, atol=1e-4)


def test_keras_reads_the_same_with_the_kernel_changed(digit):
    network_module = pytest.importorskip("model.learning.network")
    recipe = PRESETS["tiny"]
    network = Network(recipe.layers, random_weights(recipe, 4))
    changed = with_kernel(network, 2, 3, 5, np.full((3, 3), 0.7, np.float32))
    theirs = network_module.build_network(recipe)
    network_module.set_weights(recipe, theirs, changed.weights)
    expected = np.asarray(theirs(to_input(digit), training=False))
    np.testing.assert_allclose(changed.probabilities(digit), expected, atol=1e-5)
    assert np.abs(expected - network.probabilities(digit)).max() > 1e-4


@pytest.mark.parametrize(
    ("place", "unit", "channel", "side", "reason"),
    [
        (1, 0, 0, 3, "is no convolution"),
        (2, 10, 0, 3, "10 filters for 6 channels"),
        (2, 0, 6, 3, "none 0 for 6"),
        (2, 0, 0, 5, "3×3 numbers, not 5×5"),
    ],
)
def test_a_kernel_must_fit_its_place(place, unit, channel, side, reason):
    recipe = PRESETS["tiny"]
    network = Network(recipe.layers, random_weights(recipe, 4))
    with pytest.raises(ValueError, match=reason):
        with_kernel(network, place, unit, channel, np.ones((side, side)))
