"""Claims: what is compared differs in one thing alone; figures and verdicts against other computations."""

import json
from dataclasses import replace
from itertools import pairwise

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from random_recipes import random_weights
from scipy import stats

from benchmarks.claims import main, train_missing, wanted
from model.claims import catalogue, outcomes, verdicts
from model.claims.catalogue import CLAIMS, LEVEL, SEEDS, SHIFT, SHIFTS
from model.claims.outcomes import (
    NO_NUMBER,
    Outcome,
    accuracy_by_shift,
    from_line,
    is_asked,
    outcome_of,
    read_loss,
    read_runs,
    shifted_by,
    to_line,
)
from model.claims.verdicts import best, can_be_tested, compare, figure, figures, verdict
from model.datasets import load_digits
from model.forward import Network
from model.history import Epoch
from model.layers import BatchNormalization, Conv2D, Dropout
from model.presets import PRESETS
from model.seeds import difference_interval

NAMES = tuple(CLAIMS)


def outcome(seed=1, accuracies=(0.1, 0.9), **more):
    losses = tuple(1 - a for a in accuracies)
    return Outcome(seed, (None, *losses[1:]), losses, tuple(accuracies), **more)


# --- what is compared


def test_the_promised_claims_are_there_each_under_its_name():
    assert set(NAMES) == {
        "normalisation",
        "dropout",
        "rate",
        "pooling",
        "shift",
        "filters",
        "depth",
        "convolution",
    }
    assert all(claim.name == name for name, claim in CLAIMS.items())


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=NAMES)
def test_arms_differ_in_what_the_claim_is_about_and_in_nothing_else(claim):
    about = "optimizer" if claim.name == "rate" else "layers"
    plain = [replace(arm.recipe, name="-").to_dict() for arm in claim.arms]
    for one, other in pairwise(plain):
        assert [name for name in one if one[name] != other[name]] == [about]
    assert len({arm.name for arm in claim.arms}) == len(claim.arms)
    for pair in claim.pairs:
        assert {claim.arm(name).name for name in pair} == set(pair)
        assert len(set(pair)) == 2


def layers_without(recipe, kind):
    return [layer for layer in recipe.layers if not isinstance(layer, kind)]


def test_with_and_without_differ_by_the_layer_that_is_named():
    claim = CLAIMS["normalisation"]
    plain, normalised = claim.arm("without").recipe, claim.arm("with").recipe
    assert list(plain.layers) == layers_without(normalised, BatchNormalization)
    convolutions = sum(isinstance(layer, Conv2D) for layer in plain.layers)
    assert len(normalised.layers) - len(plain.layers) == convolutions
    stripped = [layers_without(arm.recipe, Dropout) for arm in CLAIMS["dropout"].arms]
    assert stripped[0] == list(CLAIMS["dropout"].arms[0].recipe.layers)
    assert all(each == stripped[0] for each in stripped)
    rates = [[x.rate for x in arm.recipe.layers if isinstance(x, Dropout)] for arm in CLAIMS["dropout"].arms]
    assert rates == [[], [0.25], [0.5]]


def test_what_is_called_equally_large_is():
    for name in ("pooling", "shift", "dropout", "rate"):
        assert len({arm.recipe.parameters for arm in CLAIMS[name].arms}) == 1
    convolution, dense, larger = (arm.recipe.parameters for arm in CLAIMS["convolution"].arms)
    assert abs(dense / convolution - 1) < 0.05
    assert larger > 10 * convolution
    shapes = {arm.recipe.shapes[-4] for arm in CLAIMS["depth"].arms}
    assert shapes == {(7, 7, 16)}
    rates = [arm.recipe.optimizer.learning_rate for arm in CLAIMS["rate"].arms]
    assert all(later / earlier == pytest.approx(10) for earlier, later in pairwise(rates))
    learned = {arm.recipe.dataset for claim in CLAIMS.values() for arm in claim.arms}
    assert set(catalogue.LEARNED) == learned
    assert len(load_digits("mini", "train")) == catalogue.LEARNED["mini"]


def test_an_experiment_is_small_enough_to_be_asked_for_and_trains_nothing_twice():
    from model.runs.queue import Limits

    for claim in CLAIMS.values():
        recipes = claim.recipes()
        assert len(recipes) == len(SEEDS) * len(claim.arms) <= Limits().runs
        assert [recipe.seed for recipe in recipes[: len(claim.arms)]] == [SEEDS[0]] * len(claim.arms)
        assert all(recipe.epochs <= Limits().epochs for recipe in recipes)
    everything = wanted(list(CLAIMS.values()))
    assert len(everything) == len(set(everything))
    assert set(wanted([CLAIMS["pooling"]])) == set(wanted([CLAIMS["shift"]]))
    with pytest.raises(KeyError):
        CLAIMS["pooling"].arm("median")


# --- what a run leaves


def test_a_run_goes_into_a_line_and_comes_back():
    recipe = CLAIMS["dropout"].arms[1].with_seed(3)
    epochs = [
        Epoch(0, None, None, 2.3, 0.1, 0.001, 0.0),
        Epoch(1, 0.5123456, 0.8, 0.25, 0.91, 0.001, 2.0),
    ]
    kept = outcome_of(recipe, epochs, read_loss=(2.31, 0.4), test=(9000, 10000), seconds=2.0)
    line = to_line(recipe, kept)
    assert "\n" not in line
    again, found = from_line(line)
    assert again == recipe
    assert found == replace(kept, loss=(None, 0.51235))
    assert found.seed == 3


def test_loss_is_keras_own_and_finite_where_a_probability_is_zero():
    recipe = PRESETS["tiny"]
    network = Network(recipe.layers, random_weights(recipe, 4))
    random = np.random.default_rng(4)
    images = random.integers(0, 256, (40, 28, 28), dtype=np.uint8)
    labels = random.integers(0, 10, 40)
    theirs = keras.losses.SparseCategoricalCrossentropy()(labels, network.probabilities(images))
    assert read_loss(network, images, labels) == pytest.approx(float(theirs), rel=1e-5)

    class Sure:
        def probabilities(self, digits):
            return np.eye(10, dtype=np.float32)[np.zeros(len(digits), int)]

    assert read_loss(Sure(), images[:1], np.array([7])) == pytest.approx(-np.log(1e-7))
    assert read_loss(Sure(), images[:1], np.array([0])) == 0


@given(some.integers(-27, 27), some.integers(-27, 27))
def test_a_shift_moves_every_cell_and_leaves_blanks(rows, columns):
    digit = np.random.default_rng(1).integers(1, 256, (1, 28, 28), dtype=np.uint8)
    moved = shifted_by(digit, rows, columns)[0]
    for row in range(28):
        for column in range(28):
            r, c = row - rows, column - columns
            inside = 0 <= r < 28 and 0 <= c < 28
            assert moved[row, column] == (digit[0, r, c] if inside else 0)


def test_accuracy_by_shift_counts_all_four_ways():
    class Corner:
        """Reads a 1 where ink has come into the right half, else a 0."""

        def probabilities(self, digits):
            right = digits[:, :, 14:].any(axis=(1, 2)).astype(int)
            return np.eye(10)[right]

    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 13, 11] = 255
    found = accuracy_by_shift(Corner(), image, np.array([0]))
    # to the right it crosses the middle with the third cell
    assert found == (1.0, 1.0, 1.0, 0.75, 0.75, 0.75, 0.75)
    assert len(SHIFTS) == len(found)


# --- what that says


def test_figures_by_hand():
    assert figure("accuracy", outcome(test=(97, 100))) == 0.97
    assert figure("accuracy", outcome(test=(97, 100)), tested=False) == 0.9
    assert figure("accuracy", outcome()) is None
    assert figure("epochs", outcome(accuracies=(0.99, 0.5, LEVEL, 0.5))) == 2
    assert figure("epochs", outcome(accuracies=(0.1, 0.5, 0.6))) == 3
    assert figure("epochs", outcome(accuracies=(0.1,))) is None
    assert figure("gap", outcome(accuracies=(0.1, 0.7), read_loss=(2.0, 0.1))) == pytest.approx(0.2)
    assert figure("gap", outcome()) is None
    shifted = tuple(1 - 0.1 * cells for cells in SHIFTS)
    assert figure("fall", outcome(shifted=shifted)) == pytest.approx(0.1 * SHIFT)
    assert figure("fall", outcome()) is None
    assert not verdicts.reached(outcome(accuracies=(0.99, 0.5)))
    assert verdicts.reached(outcome(accuracies=(0.1, 0.99)))


accuracies = some.lists(some.integers(0, 10_000), min_size=2, max_size=5)


@settings(deadline=None, max_examples=30)  # SciPy takes its time
@given(accuracies, accuracies)
def test_a_pair_is_judged_by_welchs_interval(first, second):
    claim = CLAIMS["pooling"]
    ours, theirs = [a / 1e4 for a in first], [a / 1e4 for a in second]
    by_arm = {"maximum": ours, "average": theirs, "strides": ours}
    pair = compare(claim, by_arm)[0]
    assert pair.difference == pytest.approx(np.mean(ours) - np.mean(theirs), abs=1e-12)
    parts = [np.var(values, ddof=1) / len(values) for values in (ours, theirs)]
    if sum(parts) > 0:
        freedom = sum(parts) ** 2 / sum(
            part**2 / (len(values) - 1) for part, values in zip(parts, (ours, theirs), strict=True)
        )
        reach = stats.t.ppf(0.975, freedom) * np.sqrt(sum(parts))
        expected = (pair.difference - reach, pair.difference + reach)
        assert (pair.low, pair.high) == pytest.approx(expected, abs=1e-6)
    # the same figures where less is better: the other way round
    shifted = compare(CLAIMS["shift"], {"maximum": ours, "average": ours, "strides": theirs})[0]
    other = {"confirmed": "opposite", "opposite": "confirmed", "chance": "chance"}
    assert shifted.finding == other[pair.finding]
    assert (pair.finding == "chance") == (pair.low <= 0 <= pair.high)


@pytest.mark.parametrize(
    ("maximum", "average", "strides", "said"),
    [
        ((0.98, 0.981), (0.97, 0.971), (0.96, 0.961), "confirmed"),
        ((0.98, 0.981), (0.97, 0.971), (0.98, 0.981), "partly"),
        ((0.98, 0.981), (0.97, 0.971), (0.99, 0.991), "partly"),
        ((0.98, 0.99), (0.97, 0.99), (0.98, 0.97), "not"),
        ((0.96, 0.961), (0.97, 0.971), (0.98, 0.981), "opposite"),
        ((0.96,), (0.97, 0.971), (0.98, 0.981), None),
    ],
)
def test_what_all_pairs_say_together(maximum, average, strides, said):
    claim = CLAIMS["pooling"]
    assert verdict(compare(claim, {"maximum": maximum, "average": average, "strides": strides})) == said


def test_the_best_arm_and_those_that_may_be_as_good():
    claim = CLAIMS["pooling"]
    clear = {"maximum": (0.98, 0.981), "average": (0.97, 0.971), "strides": (0.96, 0.961)}
    assert best(claim, clear) == ("maximum",)
    assert best(CLAIMS["shift"], clear) == ("strides",)
    near = clear | {"average": (0.979, 0.981)}
    assert best(claim, near) == ("maximum", "average")
    assert best(claim, clear | {"maximum": (0.98,)}) == ("average",)
    assert best(claim, {"maximum": (), "average": (), "strides": ()}) == ()


def test_accuracies_on_different_digits_are_not_compared():
    claim = CLAIMS["pooling"]
    tested, elsewhere, untested = outcome(test=(97, 100)), outcome(test=(9, 10)), outcome()
    assert can_be_tested([tested, tested])
    for odd in (elsewhere, untested):
        arms = {"maximum": [tested], "average": [odd], "strides": [tested]}
        assert figures(claim, arms) == {"maximum": (0.9,), "average": (0.9,), "strides": (0.9,)}
    assert not can_be_tested([])


# --- what is bundled


def test_every_arm_has_its_three_bundled_runs_and_no_run_is_left_over():
    runs = read_runs()
    everything = wanted(list(CLAIMS.values()))
    assert {replace(recipe, name="-") for recipe in runs} == {replace(r, name="-") for r in everything}
    for claim in CLAIMS.values():
        for arm in claim.arms:
            found = outcomes.outcomes(arm)
            assert [each.seed for each in found] == list(SEEDS)
            assert all(len(each.loss) <= arm.recipe.epochs + 1 for each in found)
            full = [each for each in found if each.ending != NO_NUMBER]
            assert all(len(each.validation_accuracy) == arm.recipe.epochs + 1 for each in full)
            assert {each.test[1] for each in found} == {10_000}
            if claim.measure == "fall":
                assert all(len(each.shifted) == len(SHIFTS) for each in found)
            if claim.measure == "gap":
                assert all(len(each.read_loss) == len(each.loss) for each in found)


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=NAMES)
def test_every_claim_comes_to_a_verdict_with_the_bundled_runs(claim):
    by_arm = figures(claim, {arm.name: outcomes.outcomes(arm) for arm in claim.arms})
    assert all(len(values) == len(SEEDS) for values in by_arm.values())
    pairs = compare(claim, by_arm)
    assert len(pairs) == len(claim.pairs)
    for pair in pairs:
        assert (pair.low, pair.high) == difference_interval(by_arm[pair.first], by_arm[pair.second])
    assert verdict(pairs) is not None


@pytest.mark.slow
def test_the_command_trains_what_is_missing_and_only_that(tmp_path, monkeypatch, capsys):
    from benchmarks import claims as command

    monkeypatch.setattr(command, "digits", lambda dataset, part, data: load_digits("mini", part))
    recipe = replace(CLAIMS["pooling"].arms[0].recipe, epochs=1)
    hopeless = replace(CLAIMS["rate"].arms[2].recipe, epochs=1)
    file = tmp_path / "runs.jsonl"
    assert is_asked("fall", CLAIMS["pooling"].arms[0].with_seed(2))
    assert not is_asked("fall", recipe)  # it has other epochs
    train_missing([recipe], file, None)
    first = file.read_text()
    train_missing([recipe, hopeless], file, None)
    assert file.read_text().startswith(first)
    assert len(file.read_text().splitlines()) == 2
    (found, missing) = read_runs(file).items()
    assert found[0] == recipe
    assert found[1].test[1] == 1000
    assert len(found[1].validation_accuracy) == 2
    assert missing[0] == hopeless
    assert "1 of 1" in capsys.readouterr().out
    assert main(["tell", "--file", str(file)]) == 0
    assert "pooling" in capsys.readouterr().out
    json.loads(first)
