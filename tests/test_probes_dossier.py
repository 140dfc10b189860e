"""Dossiers against plain loops."""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.forward import BATCH, Network
from model.presets import PRESETS
from model.probes.dossier import dossier, from_responses, responses
from model.probes.units import layers_with_units, response_end


@pytest.fixture(scope="module")
def digits():
    return np.random.default_rng(3).integers(0, 256, (40, 28, 28)).astype(np.uint8)


@pytest.mark.parametrize("recipe", [PRESETS["quick"], *map(random_recipe, range(10))], ids=lambda r: r.name)
def test_a_response_is_the_largest_value_of_the_map(recipe, digits):
    network = Network(recipe.layers, random_weights(recipe, 1))
    values = network.values(digits)
    for place in layers_with_units(recipe):
        told = []
        found = responses(network, place, digits, told.append)
        maps = values[response_end(recipe.layers, place)]
        expected = [[maps[n, ..., unit].max() for unit in range(maps.shape[-1])] for n in range(len(digits))]
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        assert told == [BATCH, BATCH, 40 - 2 * BATCH]


def test_the_dossier_names_the_ends_and_the_means(digits):
    network = Network(PRESETS["quick"].layers, random_weights(PRESETS["quick"], 1))
    labels = np.random.default_rng(4).integers(0, 9, 40)
    found = dossier(network, 3, 5, digits, labels)
    values = responses(network, 3, digits)[:, 5].tolist()
    assert found.values.tolist() == values
    by_value = sorted(range(40), key=lambda n: -values[n])
    assert found.most.tolist() == by_value[:9]
    assert found.least.tolist() == by_value[::-1][:9]
    for label in range(9):
        own = [value for value, known in zip(values, labels, strict=True) if known == label]
        assert found.mean_per_class[label] == pytest.approx(sum(own) / len(own), rel=1e-5)
    assert np.isnan(found.mean_per_class[9])


def test_among_equals_no_class_comes_first():
    """A unit that is silent on almost all digits, which lie class by class."""
    values = np.zeros(1000, np.float32)
    values[[3, 700]] = 1, 2
    labels = np.repeat(np.arange(10), 100)
    found = from_responses(values, labels)
    assert found.most[:2].tolist() == [700, 3]
    assert len(set(labels[found.least])) > 3
    assert not set(found.least.tolist()) & set(found.most.tolist())
    assert (from_responses(values, labels).least == found.least).all()


def test_few_digits_make_a_short_dossier():
    found = from_responses(np.arange(4, dtype=np.float32), np.arange(4))
    assert found.most.tolist() == [3, 2, 1, 0]
    assert found.least.tolist() == [0, 1, 2, 3]


def test_there_must_be_such_a_unit_and_as_many_labels(digits):
    network = Network(PRESETS["quick"].layers, random_weights(PRESETS["quick"], 1))
    labels = np.zeros(40, int)
    with pytest.raises(ValueError, match="units 0 to 7, not 8"):
        dossier(network, 0, 8, digits, labels)
    with pytest.raises(ValueError, match="no units to look at"):
        responses(network, 1, digits)
    with pytest.raises(ValueError, match="as many labels"):
        dossier(network, 0, 0, digits, labels[:-1])
