"""Saliency maps against networks worked out by hand, and against networks that learned nothing."""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights
from scipy.stats import spearmanr

from model.backward import input_gradient
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.forward import Network, weight_name
from model.layers import (
    Activation,
    AveragePooling2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
)
from model.presets import PRESETS
from model.probes.randomised import agreement, randomised
from model.probes.saliency import (
    COMPLETE,
    METHODS,
    grad_cam,
    gradient,
    integrated_gradients,
    last_maps,
    methods_for,
    smooth_gradient,
)

ANSWER = (Dense(10), Activation("softmax"))
# Mean rank correlation, over digits, between a network's maps and those of random ones, on the inked cells.
# What passes lies near 0 (but for chance: Grad-CAM has few cells of its own), what fails far above.
PASSES = 0.25


@pytest.fixture(scope="module")
def digits():
    return load_digits("mini", "validation")


@pytest.fixture(scope="module")
def network():
    return load_checkpoint("plateau").network


def network_of(*layers, seed=0, **weights):
    """A small network with random weights, some of them given: `_00kernel=...`."""
    recipe = type("R", (), {"layers": layers})
    given = {f"{name[1:3]}.{name[3:]}": np.asarray(array, np.float32) for name, array in weights.items()}
    return Network(layers, random_weights(recipe, seed) | given)


def logit(network, ink, target):
    return float(network.values(ink[None])[-2][0, target])


def test_for_a_linear_network_every_gradient_is_its_weights(digits):
    network = network_of(Flatten(), *ANSWER)
    digit = digits.images[0]
    weights = network.weights["01.kernel"][:, 4].reshape(28, 28)
    for found in (gradient(network, digit, 4), smooth_gradient(network, digit, 4, samples=5)):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, weights, atol=1e-6)
    shares = integrated_gradients(network, digit, 4)
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares, weights * (digit / 255), atol=1e-6)


def test_the_gradient_is_the_slope_of_the_logit(digits):
    network = network_of(*PRESETS["lenet5"].layers)
    digit = digits.images[5]
    found = gradient(network, digit, 2)
    ink = digit.astype(np.float32) / 255
    for row, column in ((14, 14), (3, 20), (20, 9)):
        moved = [ink.copy(), ink.copy()]
        moved[0][row, column] += 0.05
        moved[1][row, column] -= 0.05
        slope = (logit(network, moved[0], 2) - logit(network, moved[1], 2)) / 0.1
        assert found[row, column] == pytest.approx(slope, rel=0.02, abs=1e-4)


def test_smoothgrad_is_the_mean_gradient_over_noisy_copies(network, digits):
    digit = digits.images[8]
    np.testing.assert_allclose(
        smooth_gradient(network, digit, 3, samples=3, noise=0), gradient(network, digit, 3), atol=1e-5
    )
    random = np.random.default_rng(6)
    noise = 0.2 * random.standard_normal((7, 28, 28), np.float32)
    ink = digit.astype(np.float32) / 255
    one_by_one = [gradient(network, (ink + some).astype(np.float32), 3) for some in noise]
    found = smooth_gradient(network, digit, 3, samples=7, noise=0.2, seed=6)
    np.testing.assert_allclose(found, np.mean(one_by_one, axis=0), atol=1e-4 * np.abs(found).max())
    assert (found != smooth_gradient(network, digit, 3, samples=7, noise=0.2, seed=7)).any()


def test_integrated_gradients_of_a_bent_line_are_those_of_the_integral(digits):
    """For v·tanh(w·x) the integral can be solved: xᵢ wᵢ v tanh(w·x) / (w·x)."""
    layers = (Flatten(), Dense(1, bias=False), Activation("tanh"), *ANSWER)
    network = network_of(*layers, _01kernel=np.random.default_rng(0).normal(0.02, 0.02, (784, 1)))
    digit = digits.images[3]
    ink, w = digit.ravel() / 255, network.weights["01.kernel"][:, 0]
    s, v = ink @ w, network.weights["03.kernel"][0, 6]
    assert abs(np.tanh(s)) > 0.8  # well into the bend
    expected = ink * w * v * np.tanh(s) / s
    found = integrated_gradients(network, digit, 6)
    np.testing.assert_allclose(found.ravel(), expected, atol=1e-3 * np.abs(expected).max())


def left_over(network, digit, target):
    """How much of the difference of the logits the map leaves out, and the difference."""
    ink = digit.astype(np.float32) / 255
    rise = logit(network, ink, target) - logit(network, np.zeros_like(ink), target)
    return abs(integrated_gradients(network, digit, target).sum(dtype=float) - rise), abs(rise)


@pytest.mark.parametrize("target", range(10))
def test_integrated_gradients_are_complete(network, digits, target):
    gap, rise = left_over(network, digits.images[97 * target], (3 * target) % 10)
    assert gap <= 1.001 * COMPLETE * rise


@pytest.mark.slow
def test_integrated_gradients_are_complete_for_the_bundled_network(digits):
    network = load_checkpoint("classic").network
    for i in range(30):
        gap, rise = left_over(network, digits.images[31 * i], i % 10)
        assert gap <= 1.001 * COMPLETE * rise


def test_grad_cam_worked_out_by_hand():
    """Four cells of two maps: the first holds a quarter's mean ink, the second its negative.

    The logit weighs the maps' means with 2 and 1, so each cell's gradient is 2/4 and 1/4; the weighed sum is
    ½·A − ¼·A = ¼·A. The upper left quarter is full (A = 1), the lower left has 0.4.
    """
    answer = np.zeros((2, 10))
    answer[:, 3] = 2, 1
    answer[:, 4] = -2, -1
    network = network_of(
        Conv2D(2, 1, bias=False),
        AveragePooling2D(14),
        GlobalAveragePooling2D(),
        *ANSWER,
        _00kernel=[[[[1, -1]]]],
        _03kernel=answer,
    )
    digit = np.zeros((28, 28), np.uint8)
    digit[:14, :14], digit[14:, :14] = 255, 102
    found = grad_cam(network, digit, 3, place=1)
    assert found.dtype == np.float32
    assert found[:7, :7] == pytest.approx(0.25, rel=1e-5)  # the first cell's middle lies at 6.5
    assert found[21:, :7] == pytest.approx(0.1, rel=1e-5)
    assert found[:, 21:] == pytest.approx(0, abs=1e-6)
    down = 0.25 - (10 - 6.5) / 14 * 0.15  # a straight line from 0.25 at row 6.5 to 0.1 at row 20.5
    assert found[10, 0] == pytest.approx(down, rel=1e-5)
    assert found[10, 10] == pytest.approx(down * (1 - (10 - 6.5) / 14), rel=1e-5)
    assert (grad_cam(network, digit, 4, place=1) == 0).all()  # all of it speaks against a 4


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_grad_cam_is_drawn_where_the_layer_looks(digits, padding):
    """A kernel that copies the middle cell: the map is the digit, and must lie on it."""
    kernel = np.zeros((5, 5, 1, 1))
    kernel[2, 2] = 1
    layers = (Conv2D(1, 5, padding=padding, bias=False), GlobalAveragePooling2D(), *ANSWER)
    network = network_of(*layers, _00kernel=kernel, _02kernel=np.ones((1, 10)))
    digit = digits.images[0]
    found = grad_cam(network, digit, 0)
    inner = slice(2, 26)
    np.testing.assert_allclose(found[inner, inner] / found.max(), digit[inner, inner] / 255, atol=1e-5)


def test_grad_cam_after_pooling_still_lies_on_the_ink():
    layers = (Conv2D(1, 1, bias=False), AveragePooling2D(4, 2), GlobalAveragePooling2D(), *ANSWER)
    network = network_of(*layers, _00kernel=np.ones((1, 1, 1, 1)), _03kernel=np.ones((1, 10)))
    digit = np.zeros((28, 28), np.uint8)
    digit[8:12, 14:18] = 255
    found = grad_cam(network, digit, 0, place=1)
    rows, columns = np.indices((28, 28))
    assert (found * rows).sum() / found.sum() == pytest.approx(9.5, abs=0.01)
    assert (found * columns).sum() / found.sum() == pytest.approx(15.5, abs=0.01)


def test_grad_cam_asks_the_last_convolution_after_its_activation():
    expected = {"classic": 13, "quick": 5, "tiny": 3, "lenet5": 4, "linear": None, "dense": None}
    assert {name: last_maps(PRESETS[name].layers) for name in expected} == expected
    assert last_maps((Conv2D(2), AveragePooling2D(2), Flatten(), *ANSWER)) == 0
    assert last_maps((AveragePooling2D(2), AveragePooling2D(2), Flatten(), *ANSWER)) == 1


def test_without_maps_there_is_no_grad_cam(digits):
    network = network_of(Flatten(), *ANSWER)
    assert set(METHODS) - set(methods_for(network)) == {"grad_cam"}
    with pytest.raises(ValueError, match="needs a layer that gives maps"):
        grad_cam(network, digits.images[0], 1)
    with pytest.raises(ValueError, match="place 2"):
        grad_cam(network_of(Conv2D(2), Flatten(), *ANSWER), digits.images[0], 1, place=2)


def test_each_method_says_what_it_is(network, digits):
    assert methods_for(network) == METHODS
    for name, method in METHODS.items():
        assert method.name == name
        maps = [method.function(network, digits.images[0], target) for target in (0, 7)]
        for found in maps:
            assert found.shape == (28, 28)
            assert found.dtype == np.float32
            assert np.isfinite(found).all()
        assert (maps[0] != maps[1]).any()  # "why not 7?" is another question
        assert (min(found.min() for found in maps) < 0) == method.is_signed


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("target", [-1, 10])
def test_odd_targets_are_refused(network, digits, method, target):
    with pytest.raises(ValueError, match="target"):
        method.function(network, digits.images[0], target)


def test_odd_settings_are_refused(network, digits):
    for function, setting in (
        (smooth_gradient, {"samples": 0}),
        (smooth_gradient, {"noise": -1}),
        (integrated_gradients, {"steps": 0}),
    ):
        with pytest.raises(ValueError, match="at least"):
            function(network, digits.images[0], 1, **setting)
    with pytest.raises(ValueError, match="digits must"):
        gradient(network, np.zeros((27, 28), np.uint8), 1)


@pytest.mark.parametrize("first", range(0, 100, 25))
def test_any_network_can_be_asked(digits, first):
    for seed in range(first, first + 25):
        recipe = random_recipe(seed)
        network = Network(recipe.layers, random_weights(recipe, seed))
        for name in {"gradient", "grad_cam"} & methods_for(network).keys():
            found = METHODS[name].function(network, digits.images[seed], seed % 10)
            assert found.shape == (28, 28)
            assert np.isfinite(found).all()


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 100, 25))
def test_integrated_gradients_of_any_network_are_complete(digits, first):
    for seed in range(first, first + 25):
        recipe = random_recipe(seed)
        network = Network(recipe.layers, random_weights(recipe, seed))
        gap, rise = left_over(network, digits.images[seed], seed % 10)
        rounding = 1e-5 * np.abs(network.values(digits.images[seed][None])[-2]).max()
        assert gap <= 1.001 * COMPLETE * rise + rounding, seed


# --- the sanity test


def guided(network, digit, target):
    """Guided backpropagation (Springenberg et al. 2015), which the sanity test is known to catch."""
    values = network.values(digit[None])
    g = np.eye(10, dtype=np.float32)[[target]]
    for place in range(len(network.layers) - 2, -1, -1):
        layer, x, y = network.layers[place], values[place], values[place + 1]
        own = {name: network.weights[weight_name(place, name)] for name in layer.weight_shapes(x.shape[1:])}
        g = input_gradient(layer, x, y, g, own)
        if layer == Activation("relu"):
            g = np.maximum(g, 0)
    return g[0, ..., 0]


def likeness(function, network, digits, count, seeds):
    """How alike a method's maps are for a network and for random ones, on the digits' ink: the mean."""
    found = []
    for i in range(count):
        digit, label = digits.images[61 * i], int(digits.labels[61 * i])
        learned = function(network, digit, label)
        for seed in range(seeds):
            other = function(randomised(network, seed), digit, label)
            found.append(agreement(learned[digit > 0], other[digit > 0]))
    return abs(np.mean(found))


@pytest.mark.parametrize("name", METHODS)
def test_methods_show_something_else_for_a_network_that_learned_nothing(network, digits, name):
    count = 3 if name == "occlusion" else 6  # a thousand readings for each map
    assert likeness(METHODS[name].function, network, digits, count, seeds=1) < PASSES


@pytest.mark.slow
@pytest.mark.parametrize("name", METHODS)
def test_methods_pass_the_sanity_test_with_the_bundled_network(digits, name):
    network = load_checkpoint("classic").network
    assert likeness(METHODS[name].function, network, digits, count=8, seeds=2) < PASSES


def test_the_sanity_test_catches_a_method_that_draws_the_digit(digits):
    network = load_checkpoint("classic").network
    assert likeness(guided, network, digits, count=4, seeds=1) > 2 * PASSES


def test_agreement_is_spearmans_correlation():
    random = np.random.default_rng(0)
    first = random.integers(0, 9, 60) * 0.1  # many ties
    second = first + random.normal(0, 0.2, 60)
    assert agreement(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert agreement(first, first**3) == pytest.approx(1)
    assert agreement(first, -first) == pytest.approx(-1)
    assert agreement(first, np.ones(60)) == 0


def test_a_random_network_has_the_layers_but_not_the_weights(network):
    before = {name: array.copy() for name, array in network.weights.items()}
    fresh = randomised(network, seed=3)
    assert fresh.layers == network.layers
    assert all((network.weights[name] == array).all() for name, array in before.items())
    kernel = fresh.weights["03.kernel"]  # 3×3, 8 channels in, 16 out
    limit = np.sqrt(6 / (9 * 8 + 9 * 16))
    assert np.abs(kernel).max() <= limit
    assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)
    assert (fresh.weights["03.bias"] == 0).all()
    assert (randomised(network, 3).weights["03.kernel"] == kernel).all()
    assert (randomised(network, 4).weights["03.kernel"] != kernel).any()
    checkpoint = load_checkpoint("plateau")
    assert (randomised(checkpoint, 3).weights["03.kernel"] == kernel).all()


def test_a_cascade_goes_down_from_the_answer(network):
    fresh, upper = randomised(network, 1), randomised(network, 1, from_place=3)
    assert (upper.weights["00.kernel"] == network.weights["00.kernel"]).all()
    for name in ("03.kernel", "08.kernel"):
        assert (upper.weights[name] == fresh.weights[name]).all()


def test_normalisation_begins_anew_as_well():
    recipe = PRESETS["classic"]
    fresh = randomised(Network(recipe.layers, random_weights(recipe, 0)))
    assert (fresh.weights["01.gamma"] == 1).all()
    assert (fresh.weights["01.moving_variance"] == 1).all()
    assert (fresh.weights["01.beta"] == 0).all()
    assert (fresh.weights["01.moving_mean"] == 0).all()
