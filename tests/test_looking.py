"""Occlusion and neighbours: both only read, so both are tested on a small network with random weights."""

import numpy as np
import pytest
from random_recipes import random_weights

from model.forward import Network
from model.neighbours import nearest
from model.occlusion import occlusion_map
from model.presets import PRESETS


@pytest.fixture(scope="module")
def network():
    recipe = PRESETS["tiny"]
    return Network(recipe.layers, random_weights(recipe, 5))


@pytest.fixture
def seven():
    digit = np.zeros((28, 28), np.uint8)
    digit[5:8, 6:22] = 255
    digit[8:24, 17:20] = 200
    return digit


def occlusion_one_by_one(network, digit, target, patch):
    """Every square, one reading at a time, and for each cell the mean over the squares that hid it."""
    whole = network.probabilities(digit[None])[0, target]
    falls = [[[] for _ in range(28)] for _ in range(28)]
    for top in range(1 - patch, 28):
        for left in range(1 - patch, 28):
            hidden = digit.copy()
            hidden[max(top, 0) : top + patch, max(left, 0) : left + patch] = 0
            fall = whole - network.probabilities(hidden[None])[0, target]
            for i in range(max(top, 0), min(top + patch, 28)):
                for j in range(max(left, 0), min(left + patch, 28)):
                    falls[i][j].append(fall)
    return np.array([[np.mean(cell) for cell in row] for row in falls])


def test_the_occlusion_map_is_the_mean_fall_over_the_squares(network, seven):
    found = occlusion_map(network, seven, target=7, patch=5)
    assert found.dtype == np.float32
    assert np.abs(found).max() > 1e-3
    np.testing.assert_allclose(found, occlusion_one_by_one(network, seven, 7, 5), atol=1e-6)


def test_hiding_paper_changes_nothing(network, seven):
    found = occlusion_map(network, seven, target=7, patch=3)
    assert (found[:3] == 0).all()
    assert (occlusion_map(network, np.zeros((28, 28), np.uint8), 0) == 0).all()


def test_a_coarser_step_asks_less_and_says_about_the_same(network, seven):
    fine, coarse = (occlusion_map(network, seven, 7, patch=4, stride=stride) for stride in (1, 2))
    assert np.corrcoef(fine.ravel(), coarse.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("odd", [{"target": 10}, {"target": 1, "patch": 0}, {"target": 1, "stride": 9}])
def test_odd_questions_are_refused(network, seven, odd):
    with pytest.raises(ValueError, match="no occlusion map for"):
        occlusion_map(network, seven, **odd)


def test_the_nearest_are_found_in_order():
    random = np.random.default_rng(0)
    features = random.normal(size=(200, 8)).astype(np.float32)
    places, distances = nearest(features, features[17], 6)
    by_hand = sorted(range(200), key=lambda i: (sum((features[i] - features[17]) ** 2.0), i))[:6]
    assert places.tolist() == by_hand
    assert places[0] == 17
    assert distances[0] == 0
    assert (np.diff(distances) >= 0).all()


@pytest.mark.parametrize("count", [0, 4])
def test_there_must_be_enough_neighbours(count):
    with pytest.raises(ValueError, match="neighbours"):
        nearest(np.zeros((3, 2), np.float32), np.zeros(2, np.float32), count)
