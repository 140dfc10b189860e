"""What is changed by hand on the Architecture page, against Keras: scales, functions, kernels, masks."""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.forward import Network, to_input
from model.layer_table import layer_table
from model.layers import BatchNormalization, Conv2D, Dense, Dropout
from model.presets import PRESETS
from model.probes import activating, dropping, normalising
from model.probes.convolving import with_kernel
from model.recipe import Recipe

FEW = [PRESETS["tiny"], *map(random_recipe, range(5))]  # Keras takes its time to build each
MANY = [pytest.param(first, marks=pytest.mark.slow) for first in ("presets", *range(0, 200, 20))]
MASKS = 50


def recipes(first):
    """A few; all presets; or twenty random ones from a seed on."""
    if first is None:
        return FEW
    return list(PRESETS.values()) if first == "presets" else map(random_recipe, range(first, first + 20))


def built(recipe, weights):
    """The network as Keras has it."""
    learning = pytest.importorskip("model.learning.network")
    theirs = learning.build_network(recipe)
    learning.set_weights(recipe, theirs, weights)
    return theirs


def digits_of(seed):
    return np.random.default_rng(seed).integers(0, 256, (2, 28, 28)).astype(np.uint8)


def check_reading(recipe, changed, digits):
    """What a changed network of ours reads is what Keras reads with its layers and weights."""
    theirs = built(Recipe(recipe.name, changed.layers, seed=recipe.seed), changed.weights)
    expected = np.asarray(theirs(to_input(digits), training=False))
    np.testing.assert_allclose(changed.probabilities(digits), expected, atol=1e-5)


def places_of(recipe, kind):
    return [place for place, layer in enumerate(recipe.layers) if isinstance(layer, kind)]


@pytest.mark.parametrize("first", [None, *MANY])
def test_another_gamma_and_beta_read_as_in_keras(first):
    met = 0
    for recipe in recipes(first):
        network = Network(recipe.layers, random_weights(recipe, recipe.seed))
        for place in places_of(recipe, BatchNormalization)[:2]:
            channel = recipe.shapes[place + 1][-1] - 1
            for which in (channel, None):
                changed = normalising.rescaled(network, place, which, -0.7, 0.4)
                check_reading(recipe, changed, digits_of(recipe.seed))
                met += 1
    assert met


@pytest.mark.parametrize("first", [None, *MANY])
def test_other_activations_read_as_in_keras(first):
    met = 0
    for recipe in recipes(first):
        network = Network(recipe.layers, random_weights(recipe, recipe.seed))
        there = activating.hidden_places(network)
        if not there:
            continue
        function = activating.FUNCTIONS[recipe.seed % len(activating.FUNCTIONS)]
        for places in (there, there[-1:]):
            check_reading(recipe, activating.with_function(network, places, function), digits_of(recipe.seed))
            met += 1
    assert met


@pytest.mark.parametrize("first", [None, *MANY])
def test_an_edited_kernel_reads_as_in_keras(first):
    met = 0
    for recipe in recipes(first):
        random = np.random.default_rng(recipe.seed)
        network = Network(recipe.layers, random_weights(recipe, recipe.seed))
        for place in places_of(recipe, Conv2D)[:2]:
            side, _, channels, filters = network.own_weights(place)["kernel"].shape
            unit, channel = int(random.integers(filters)), int(random.integers(channels))
            kernel = random.normal(0, 2, (side, side)).astype(np.float32)
            check_reading(recipe, with_kernel(network, place, unit, channel, kernel), digits_of(recipe.seed))
            met += 1
    assert met


@pytest.mark.parametrize("first", [None, *MANY])
def test_readings_under_masks_are_keras_with_the_same_values_hidden(first):
    """Keras's layers, one after another; where it would draw a mask of its own, ours is multiplied in."""
    met = 0
    for recipe in recipes(first):
        if not places_of(recipe, Dropout):
            continue
        network = Network(recipe.layers, random_weights(recipe, recipe.seed))
        theirs = built(recipe, network.weights)
        digit = digits_of(recipe.seed)[0]
        found = dropping.readings(network, digit, MASKS, recipe.seed)
        random = np.random.default_rng(recipe.seed)
        x = np.repeat(to_input(digit[None]), MASKS, axis=0)
        for layer, made in zip(recipe.layers, theirs.layers, strict=True):
            if isinstance(layer, Dropout):
                kept = random.random(x.shape, np.float32) >= np.float32(layer.rate)
                x = np.where(kept, x / (1 - layer.rate), 0).astype(np.float32)
            else:
                x = np.asarray(made(x, training=False))
        np.testing.assert_allclose(found, x, atol=2e-5)
        met += 1
    assert met


def counted(made, shape, given):
    """Products of weights and values, counted from a Keras layer's own arrays and shapes."""
    if not made.weights or type(made).__name__ not in ("Conv2D", "Dense"):
        return 0
    kernel = made.weights[0].shape
    return int(np.prod(given[:-1])) * int(np.prod(kernel)) if len(shape) == 3 else int(np.prod(kernel))


@pytest.mark.parametrize("first", [None, *MANY])
def test_multiply_adds_are_those_of_keras_layers(first):
    for recipe in recipes(first):
        theirs = built(recipe, random_weights(recipe, recipe.seed))
        shape, total = recipe.shapes[0], 0
        for row, layer, made in zip(layer_table(recipe.layers), recipe.layers, theirs.layers, strict=True):
            given = tuple(made.output.shape[1:])
            assert row.multiply_adds == counted(made, shape, given)
            assert bool(row.multiply_adds) == isinstance(layer, Conv2D | Dense)
            total += row.multiply_adds
            shape = given
        assert total == recipe.multiply_adds
