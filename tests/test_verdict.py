"""What is said about a confidence, in words."""

import numpy as np
import pytest
from random_recipes import random_weights

from model.forward import Network
from model.presets import PRESETS
from model.verdict import Verdict, read_digit


def verdict(**shares):
    probabilities = np.zeros(10, np.float32)
    for digit, share in shares.items():
        probabilities[int(digit[1:])] = share
    probabilities[probabilities == 0] = (1 - probabilities.sum()) / (probabilities == 0).sum()
    return Verdict(probabilities)


def test_a_sure_verdict_says_nothing_more():
    sure = verdict(d7=0.99)
    assert (sure.digit, sure.warnings) == (7, ())
    assert sure.confidence == pytest.approx(0.99)


def test_the_ranking_goes_from_likely_to_unlikely():
    ranked = verdict(d4=0.6, d9=0.3, d7=0.05)
    assert ranked.ranking[:3] == (4, 9, 7)
    assert sorted(ranked.ranking) == list(range(10))


def test_a_rival_is_named():
    warnings = verdict(d4=0.6, d9=0.38).warnings
    assert any("only 60%" in sentence for sentence in warnings)
    assert any("could also be a 9" in sentence for sentence in warnings)


def test_a_spread_out_guess_is_called_that():
    assert any("as if over 10 digits" in s for s in Verdict(np.full(10, 0.1, np.float32)).warnings)
    four = verdict(d0=0.25, d3=0.25, d5=0.25, d8=0.2499)
    assert any("as if over 4 digits" in sentence for sentence in four.warnings)


def test_a_certain_verdict_does_not_divide_by_zero():
    certain = Verdict(np.eye(10, dtype=np.float32)[3])
    assert (certain.digit, certain.confidence, certain.warnings) == (3, 1, ())


def test_reading_a_digit_is_the_networks_own_answer():
    recipe = PRESETS["tiny"]
    network = Network(recipe.layers, random_weights(recipe, 1))
    digit = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    read = read_digit(network, digit)
    np.testing.assert_array_equal(read.probabilities, network.probabilities(digit[None])[0])
    assert read.digit == network.probabilities(digit[None])[0].argmax()
