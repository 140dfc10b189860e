"""Activation maximisation: where the best picture is known it is found; elsewhere it beats real digits."""

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.forward import Network
from model.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten
from model.presets import PRESETS
from model.probes.dossier import responses
from model.probes.maximisation import STEPS, excitement, maximise
from model.probes.units import before_activation, layers_with_units

PLAIN = {"decay": 0, "blur": 0}


@pytest.fixture(scope="module")
def network():
    return load_checkpoint("plateau").network


@pytest.fixture(scope="module")
def images():
    return load_digits("mini", "validation").images[::10]


def last(pictures):
    *_, picture = pictures
    return picture


def test_for_a_linear_network_the_best_picture_is_found():
    """All ink where a weight is positive, none where it is negative: no picture can excite the unit more."""
    layers = (Flatten(), Dense(10), Activation("softmax"))
    network = Network(layers, random_weights(type("R", (), {"layers": layers}), 0))
    weights = network.weights["01.kernel"][:, 6].reshape(28, 28)
    found = last(maximise(network, 1, 6, **PLAIN))
    most = np.maximum(weights, 0).sum() + network.weights["01.bias"][6]
    assert excitement(network, found[None], 1, 6)[0] == pytest.approx(most, rel=0.01)
    clear = np.abs(weights) > 0.2 * np.abs(weights).max()
    assert (found[clear] == (weights[clear] > 0)).all()


def test_every_step_gives_a_picture_and_a_seed_fixes_them_all(network):
    pictures = list(maximise(network, 3, 5, steps=8, seed=2))
    assert len(pictures) == 8
    for picture in pictures:
        assert picture.shape == (28, 28)
        assert picture.dtype == np.float32
        assert 0 <= picture.min() <= picture.max() <= 1
    again = list(maximise(network, 3, 5, steps=8, seed=2))
    assert all((one == other).all() for one, other in zip(pictures, again, strict=True))
    assert (last(maximise(network, 3, 5, steps=8, seed=3)) != pictures[-1]).any()


def test_the_answers_climb_above_all_real_digits_and_are_read_as_their_own(network, images):
    answer = len(network.layers) - 2
    pictures = np.stack([last(maximise(network, answer, digit)) for digit in range(10)])
    assert (network.probabilities(pictures).argmax(axis=1) == np.arange(10)).all()
    for digit, picture in enumerate(pictures):
        best = excitement(network, images, answer, digit).max()
        assert excitement(network, picture[None], answer, digit)[0] > best


def test_a_filter_is_excited_in_the_middle_and_what_it_does_not_see_stays_paper(network, images):
    unit = 3
    picture = last(maximise(network, 0, unit))  # a 5×5 kernel; the middle of 24 cells is the 13th
    assert excitement(network, picture[None], 0, unit)[0] > excitement(network, images, 0, unit).max()
    rows, columns = np.nonzero(picture)
    for cells in (rows, columns):
        assert 12 <= cells.min() <= cells.max() <= 16


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
def test_from_the_best_digit_on_every_live_filter_is_excited_more_than_by_any_digit(network, every):
    images = load_digits("mini", "validation").images
    for place in layers_with_units(PRESETS["plateau"]):
        known = responses(network, place, images)
        for unit in np.flatnonzero(known.max(axis=0) > 0)[::every]:
            digit = images[known[:, unit].argmax()]
            climb = maximise(network, before_activation(network.layers, place), unit, start=digit)
            assert responses(network, place, last(climb)[None])[0, unit] > known[:, unit].max()


def test_a_digit_is_climbed_from_where_it_excites_the_filter_most(network, images):
    (first,) = maximise(network, 0, 3, steps=1, start=images[5])
    values = network.values(images[5][None])[1][0, ..., 3]
    row, column = np.unravel_index(values.argmax(), values.shape)
    rows, columns = np.nonzero(first)
    assert row <= rows.min() <= rows.max() <= row + 4  # what a 5×5 kernel sees from there
    assert column <= columns.min() <= columns.max() <= column + 4


def test_where_a_normalisation_turns_values_round_the_climb_goes_up_behind_it():
    layers = (
        Conv2D(2, 3),
        BatchNormalization(),
        Activation("relu"),
        Flatten(),
        Dense(10),
        Activation("softmax"),
    )
    weights = random_weights(type("R", (), {"layers": layers}), 0)
    weights["01.gamma"] = -np.ones(2, np.float32)
    network = Network(layers, weights)
    assert before_activation(layers, 0) == 1
    digit = load_digits("mini", "validation").images[0]
    before = responses(network, 0, digit[None])[0, 1]
    up, down = (last(maximise(network, place, 1, start=digit)) for place in (1, 0))
    assert responses(network, 0, up[None])[0, 1] > before
    assert responses(network, 0, up[None])[0, 1] > responses(network, 0, down[None])[0, 1]


@pytest.mark.slow
def test_the_bundled_networks_answers_and_filters_climb_as_high(images):
    network = load_checkpoint("classic").network
    answer = len(network.layers) - 2
    pictures = np.stack([last(maximise(network, answer, digit)) for digit in range(10)])
    assert (network.probabilities(pictures).argmax(axis=1) == np.arange(10)).all()
    for place in (8, 11):
        for unit in (0, 9, 18, 27):
            best = max(excitement(network, images[i : i + 10], place, unit).max() for i in range(0, 100, 10))
            assert excitement(network, last(maximise(network, place, unit))[None], place, unit)[0] > best


def test_for_a_unit_that_is_dead_everywhere_there_is_only_paper():
    layers = (Flatten(), Dense(4), Activation("relu"), Dense(10), Activation("softmax"))
    weights = random_weights(type("R", (), {"layers": layers}), 0)
    weights["01.bias"] = np.full(4, -1e3, np.float32)
    assert (last(maximise(Network(layers, weights), 2, 1, steps=70)) == 0).all()


def test_decay_takes_ink_away_and_blur_smooths(network):
    def roughness(picture):
        return np.abs(np.diff(picture, axis=0)).sum() + np.abs(np.diff(picture, axis=1)).sum()

    plain = last(maximise(network, 8, 2, 60, **PLAIN))
    assert last(maximise(network, 8, 2, 60, **PLAIN | {"decay": 0.05})).sum() < 0.9 * plain.sum()
    assert roughness(last(maximise(network, 8, 2, 60, **PLAIN | {"blur": 0.3}))) < 0.9 * roughness(plain)


def test_a_filters_excitement_is_the_largest_value_of_its_map(network, images):
    values = network.values(images[:4])
    expected = [max(map(max, digit[..., 1].tolist())) for digit in values[4]]
    np.testing.assert_allclose(excitement(network, images[:4], 3, 1), expected, rtol=1e-5)
    np.testing.assert_allclose(excitement(network, images[:4], 8, 1), values[9][:, 1], rtol=1e-5)


@pytest.mark.parametrize("seeds", [range(0, 100, 12), pytest.param(range(100), marks=pytest.mark.slow)])
def test_any_network_can_be_climbed_at_any_place(seeds):
    for seed in seeds:
        recipe = random_recipe(seed)
        network = Network(recipe.layers, random_weights(recipe, seed))
        place = seed % len(recipe.layers)
        unit = recipe.shapes[place + 1][-1] - 1
        for picture in maximise(network, place, unit, steps=2, seed=seed):
            assert np.isfinite(picture).all()


@pytest.mark.parametrize(
    ("message", "place", "unit", "setting"),
    [
        ("no unit 16 at place 3", 3, 16, {}),
        ("no unit -1", 3, -1, {}),
        ("no unit 0 at place 99", 99, 0, {}),
        ("no climb of 0 steps", 0, 0, {"steps": 0}),
        ("decay 1", 0, 0, {"decay": 1}),
        ("blur 2", 0, 0, {"blur": 2}),
    ],
)
def test_odd_questions_are_refused_at_once(network, message, place, unit, setting):
    with pytest.raises(ValueError, match=message):
        maximise(network, place, unit, **{"steps": STEPS} | setting)
