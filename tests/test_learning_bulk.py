"""Bulk reading on a worker: what our own forward pass says, whatever the recipe, in any portion."""

import dataclasses

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

pytest.importorskip("keras")

from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.forward import Network
from model.learning import bulk
from model.learning.bulk import BATCH, features_of_part, read_in_bulk, read_part, responses_of_part
from model.probes.dossier import responses
from model.probes.units import feature_width, layers_with_units, units_of

DIGITS = load_digits("mini", "test").images


def both(recipe, weights, images):
    return read_in_bulk(recipe.to_json(), weights, images), Network(recipe.layers, weights).probabilities(
        images
    )


@pytest.mark.parametrize("seed", range(12))
def test_layers_give_what_our_forward_pass_gives(seed):
    recipe = random_recipe(seed)
    network = Network(recipe.layers, random_weights(recipe, seed))
    ask = (recipe.to_json(), network.weights, "mini", "test", 10, 40)
    described = features_of_part(*ask)
    assert described.shape == (30, feature_width(recipe.layers))
    np.testing.assert_allclose(described, network.features(DIGITS[10:40]), rtol=1e-4, atol=1e-4)
    for place in layers_with_units(recipe):
        expected = responses(network, place, DIGITS[10:40])
        np.testing.assert_allclose(responses_of_part(*ask, place), expected, rtol=1e-4, atol=1e-4)
        assert responses_of_part(*ask[:4], 0, 0, place).shape == (0, units_of(recipe.layers[place]))
    with pytest.raises(ValueError, match="no units to look at"):
        responses_of_part(*ask, len(recipe.layers))


@pytest.mark.parametrize("seed", range(4))
def test_any_recipe_is_read_as_our_forward_pass_reads_it(seed):
    recipe = random_recipe(seed)
    ours, theirs = both(recipe, random_weights(recipe, seed), DIGITS[:40])
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_each_call_reads_with_its_own_weights():
    checkpoint = load_checkpoint("plateau")
    recipe, images = checkpoint.recipe, DIGITS[: BATCH + 7]
    first, expected = both(recipe, checkpoint.weights, images)
    np.testing.assert_allclose(first, expected, atol=2e-5)
    earlier = load_checkpoint("plateau:1").weights
    second, expected = both(recipe, earlier, images)
    np.testing.assert_allclose(second, expected, atol=2e-5)
    assert np.abs(first - second).max() > 0.1
    assert np.array_equal(read_in_bulk(recipe.to_json(), checkpoint.weights, images), first)
    assert read_in_bulk(recipe.to_json(), earlier, images[:0]).shape == (0, 10)
    assert bulk._built.cache_info().hits >= 2
    with pytest.raises(ValueError, match="digits must"):
        read_in_bulk(recipe.to_json(), earlier, images[0])


def test_a_part_comes_in_portions():
    checkpoint = load_checkpoint("plateau")
    ask = (checkpoint.recipe.to_json(), checkpoint.weights, "mini", "test")
    portions = [read_part(*ask, start, start + 300) for start in range(0, 1000, 300)]
    assert [len(portion) for portion in portions] == [300, 300, 300, 100]
    whole = read_in_bulk(*ask[:2], DIGITS)
    np.testing.assert_allclose(np.concatenate(portions), whole, atol=2e-6)
    with pytest.raises(ValueError, match="no data set"):
        read_part(*ask[:2], "letters", "test", 0, 10)


def test_a_recipe_that_differs_only_in_its_name_reads_alike():
    checkpoint = load_checkpoint("plateau")
    named = dataclasses.replace(checkpoint.recipe, name="another")
    first = read_in_bulk(checkpoint.recipe.to_json(), checkpoint.weights, DIGITS[:20])
    np.testing.assert_allclose(
        read_in_bulk(named.to_json(), checkpoint.weights, DIGITS[:20]), first, atol=1e-6
    )
