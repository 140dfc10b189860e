"""The honest test's figures, against scikit-learn, SciPy and plain loops."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import classification_report, f1_score, log_loss, precision_recall_fscore_support

from model.evaluation import score
from model.evaluation.calibration import (
    BINS,
    COLDEST,
    HOTTEST,
    fit_temperature,
    reliability,
    with_temperature,
)
from model.evaluation.comparing import Comparison, compare
from model.evaluation.course import Course, course
from model.evaluation.mistakes import ORDERS, in_cell, losses, margins, ranked

DIGITS = 4000


def readings(seed=0, count=DIGITS, sureness=3.0):
    """Probabilities float32 (n, 10) of a reader that is mostly right, and labels."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count)
    logits = random.normal(0, 1.5, (count, 10)) + 2.5 * np.eye(10)[labels]
    powers = np.exp(sureness * (logits - logits.max(axis=1, keepdims=True)))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), labels


# Class by class


@pytest.mark.parametrize("seed", range(5))
def test_precision_recall_and_f1_are_scikit_learns_to_the_last_digit(seed):
    probabilities, labels = readings(seed)
    found = score(probabilities, labels)
    table = precision_recall_fscore_support(labels, probabilities.argmax(axis=1))
    for report, *expected, count in zip(found.reports, *table, strict=True):
        assert (report.precision, report.recall) == tuple(expected[:2])
        assert report.f1 == pytest.approx(expected[2], rel=1e-15)
        assert report.count == count
    macro = f1_score(labels, probabilities.argmax(axis=1), average="macro")
    assert found.macro_f1 == pytest.approx(macro, rel=1e-15)
    assert sum(report.read for report in found.reports) == found.count


def test_a_class_that_never_comes_has_no_share_but_zero():
    probabilities = np.eye(10)[[1, 1, 2]]
    found = score(probabilities, np.array([1, 2, 2]))
    expected = classification_report(
        [1, 2, 2], [1, 1, 2], labels=range(10), zero_division=0, output_dict=True
    )
    for report in found.reports:
        theirs = expected[str(report.digit)]
        assert (report.precision, report.recall) == (theirs["precision"], theirs["recall"])
        assert report.f1 == pytest.approx(theirs["f1-score"])
    assert found.reports[0].precision_interval_95 == found.reports[0].recall_interval_95 == (0.0, 1.0)
    low, high = found.reports[2].recall_interval_95
    assert low < 0.5 < high
    assert found.reports[1].to_dict()["read"] == 2


# Which to look at


def test_the_loss_is_scikit_learns():
    probabilities, labels = readings(1)
    shares = probabilities.astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    assert losses(probabilities, labels).mean() == pytest.approx(log_loss(labels, shares), rel=1e-6)
    assert np.isfinite(losses(np.eye(10, dtype=np.float32), np.arange(10)[::-1])).all()


@pytest.mark.parametrize("order", ORDERS)
def test_the_orders_of_the_gallery_by_a_plain_loop(order):
    probabilities, labels = readings(2, 300)

    def key(place):
        row = sorted(map(float, probabilities[place]), reverse=True)
        return {
            "loss": float(probabilities[place, labels[place]]),
            "doubt": row[0] - row[1],
            "sure and wrong": -row[0],
        }[order]

    places = [
        place
        for place in range(300)
        if order != "sure and wrong" or probabilities[place].argmax() != labels[place]
    ]
    expected = sorted(places, key=key)
    assert ranked(probabilities, labels, order).tolist() == expected
    assert ranked(probabilities, labels, order, 7).tolist() == expected[:7]
    with pytest.raises(ValueError, match="not 'size'"):
        ranked(probabilities, labels, "size")


def test_margins_and_cells():
    probabilities = np.zeros((4, 10))
    probabilities[:, 3], probabilities[:, 5] = [0.6, 0.5, 0.9, 0.2], [0.4, 0.5, 0.1, 0.8]
    np.testing.assert_allclose(margins(probabilities), [0.2, 0, 0.8, 0.6], atol=1e-12)
    labels = np.array([5, 5, 5, 5])
    assert in_cell(probabilities, labels, 5, 3).tolist() == [2, 0, 1]
    assert in_cell(probabilities, labels, 5, 5).tolist() == [3]
    assert in_cell(probabilities, labels, 4, 5).tolist() == []


# Calibration


def test_the_reliability_diagram_is_scikit_learns():
    probabilities, labels = readings(3)
    found = reliability(probabilities, labels)
    right = probabilities.argmax(axis=1) == labels
    confidences = probabilities.max(axis=1).astype(np.float64)
    accuracies, means = calibration_curve(right, np.minimum(confidences, 1), n_bins=BINS)
    there = found.counts > 0
    np.testing.assert_allclose(found.accuracies[there], accuracies, rtol=1e-12)
    np.testing.assert_allclose(found.confidences[there], means, rtol=1e-12)
    expected = 0.0
    for low, high in itertools.pairwise(found.edges):
        inside = (confidences > low) & (confidences <= high)
        if inside.any():
            gap = abs(right[inside].mean() - confidences[inside].mean())
            expected += inside.sum() / DIGITS * gap
    assert found.expected_error == pytest.approx(expected, rel=1e-12)
    for (low, high), share, count in zip(found.intervals_95, found.accuracies, found.counts, strict=True):
        assert (low, high) == (0.0, 1.0) if count == 0 else low <= share <= high


def test_a_calibrated_reader_has_a_small_error_and_an_oversure_one_a_large():
    random = np.random.default_rng(5)
    honest = random.dirichlet(np.full(10, 0.3), 100_000)
    labels = (honest.cumsum(axis=1) > random.random((len(honest), 1))).argmax(axis=1)
    assert reliability(honest, labels).expected_error < 0.01
    oversure = reliability(with_temperature(honest, 0.25), labels)
    assert oversure.expected_error > 0.1
    assert (oversure.gaps[oversure.counts > 500] > 0).all()
    assert fit_temperature(honest, labels) == pytest.approx(1, abs=0.02)
    assert fit_temperature(with_temperature(honest, 0.25), labels) == pytest.approx(4, rel=0.02)


@pytest.mark.parametrize("sureness", [0.3, 1.0, 5.0])
def test_the_temperature_is_where_scipy_finds_it(sureness):
    probabilities, labels = readings(6, sureness=sureness)

    def loss(temperature):
        return log_loss(labels, with_temperature(probabilities, temperature))

    theirs = minimize_scalar(loss, bounds=(COLDEST, HOTTEST), method="bounded", options={"xatol": 1e-7})
    ours = fit_temperature(probabilities, labels)
    assert ours == pytest.approx(theirs.x, rel=1e-3)
    assert loss(ours) <= theirs.fun + 1e-9


def test_a_temperature_changes_confidence_and_no_reading():
    probabilities, _ = readings(7)
    for temperature in (0.5, 1.0, 3.0):
        changed = with_temperature(probabilities, temperature)
        expected = probabilities.astype(np.float64) ** (1 / temperature)
        expected /= expected.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(changed, expected, atol=1e-9)
        assert (changed.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    with pytest.raises(ValueError, match="above 0, not 0"):
        with_temperature(probabilities, 0)


def test_temperatures_have_ends():
    labels = np.arange(10)
    mostly = np.full((10, 10), 0.05) + 0.5 * np.eye(10)
    assert fit_temperature(mostly, labels) == COLDEST
    assert fit_temperature(mostly, (labels + 1) % 10) == HOTTEST
    with pytest.raises(ValueError, match="there are none"):
        fit_temperature(mostly[:0], labels[:0])


def test_bins_need_digits():
    with pytest.raises(ValueError, match="no bins of 0 readings"):
        reliability(np.zeros((0, 10)), np.zeros(0, int))


# Two networks


@pytest.mark.parametrize("pair", [(0, 0), (1, 0), (3, 3), (9, 2), (2, 9), (40, 17), (700, 640), (4990, 5010)])
def test_mcnemars_test_is_scipys_exact_one(pair):
    found = Comparison(9000 - sum(pair), *pair, 12)
    expected = binomtest(pair[0], sum(pair), 0.5).pvalue if sum(pair) else 1.0
    assert found.p_value == pytest.approx(expected, rel=1e-9)
    assert Comparison(0, *pair[::-1], 1).p_value == found.p_value


def test_two_networks_are_counted_digit_by_digit():
    labels = np.array([1, 2, 3, 4, 5, 6])
    first, second = np.array([1, 2, 3, 0, 0, 6]), np.eye(10)[[1, 0, 3, 4, 0, 6]]
    found = compare(first, second, labels)
    assert found == Comparison(3, 1, 1, 1)
    assert (found.count, found.difference, found.p_value) == (6, 0.0, 1.0)
    with pytest.raises(ValueError, match="not 6, 5 and 6"):
        compare(first, second[:5], labels)


def test_the_differences_interval_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(8)
    shares = np.array([0.97, 0.012, 0.008, 0.01])
    truth, held = shares[1] - shares[2], 0
    for counts in random.multinomial(2000, shares, 2000):
        low, high = Comparison(*map(int, counts)).difference_interval_95
        held += low <= truth <= high
    assert held / 2000 == pytest.approx(0.95, abs=0.015)


def test_nothing_between_two_that_agree():
    low, high = Comparison(100, 0, 0, 0).difference_interval_95
    assert low == -high
    assert 0 < high < 0.05


# Over the epochs


def slow_forgotten(read, labels):
    """How often each digit was forgotten, told by looking at its readings one by one."""
    found = []
    for place, label in enumerate(labels):
        wrong = [row[place] != label for row in read]
        found.append(sum(not before and now for before, now in itertools.pairwise(wrong)))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_course_of_every_digit_by_a_plain_loop(seed):
    random = np.random.default_rng(seed)
    epochs = tuple(np.cumsum(random.integers(1, 4, 1 + seed)).tolist())
    read, labels = random.integers(0, 3, (len(epochs), 200)), random.integers(0, 3, 200)
    found = course(epochs, list(read), labels)
    np.testing.assert_array_equal(found.forgotten, slow_forgotten(read, labels))
    assert found.errors.tolist() == [sum(row != labels) for row in read]
    assert set(found.stubborn()) == {i for i in range(200) if all(read[:, i] != labels[i])}
    mended = set(found.healed_between(epochs[0], epochs[-1]))
    broken = set(found.broken_between(epochs[0], epochs[-1]))
    assert found.errors[0] - found.errors[-1] == len(mended) - len(broken)
    assert not mended & broken


def test_a_course_takes_probabilities_and_refuses_what_does_not_fit():
    labels = np.array([0, 1])
    found = course([0, 4], [np.eye(10)[[1, 1]], np.eye(10)[[0, 1]]], labels)
    assert found.healed_between(0, 4).tolist() == [0]
    with pytest.raises(ValueError, match="not after 3"):
        found.healed_between(0, 3)
    with pytest.raises(ValueError, match=r"must be \(1 epochs, 2 digits\), not \(2, 2\)"):
        Course((0,), np.zeros((2, 2), int), labels)
    with pytest.raises(ValueError, match="must rise"):
        Course((2, 1), np.zeros((2, 2), int), labels)


def test_wrong_for_good_is_forgotten_once():
    found = course([1, 2, 3], [np.array([5]), np.array([0]), np.array([5])], np.array([0]))
    assert found.forgotten.tolist() == [1]
    assert math.isclose(found.errors.mean(), 2 / 3)
