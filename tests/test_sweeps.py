"""Sweeps: readers that we wrote ourselves, so that it is known what must come out; and the bundled pair."""

import json

import numpy as np
import pytest

from model import bundled_pair
from model.augmentation.transformations import TRANSFORMATIONS, transform
from model.datasets import load_digits
from model.sweeps import (
    MEASURED,
    Change,
    Safety,
    Together,
    accuracies,
    evenly,
    pictures,
    some_strengths,
    sweep_digit,
    unsafe,
)


class HeightReader:
    """Reads a 6 where the ink lies low, a 9 where it lies high, and a 1 where there is none."""

    def __init__(self, sure=0.97):
        self.sure = sure

    def probabilities(self, digits):
        read = np.full((len(digits), 10), (1 - self.sure) / 9, np.float32)
        for row, digit in enumerate(digits):
            low, high = int(digit[14:].sum()), int(digit[:14].sum())
            read[row, 1 if low == high else 6 if low > high else 9] = self.sure
        return read


@pytest.fixture
def six():
    """Ink in the lower half: turned upside down, the reader's 9."""
    digit = np.zeros((28, 28), np.uint8)
    digit[17:24, 10:18] = 255
    return digit


def test_a_sweep_reads_exactly_the_transformed_pictures(six):
    sweep = sweep_digit(HeightReader(), six, "rotation")
    assert sweep.pictures.shape == (73, 28, 28)
    assert sweep.strengths[sweep.unchanged] == 0
    assert (sweep.pictures[sweep.unchanged] == six).all()
    for place in (3, 40, 72):
        expected = transform(six[None], "rotation", float(sweep.strengths[place]))
        assert (sweep.pictures[place] == expected[0]).all()
    assert sweep.probabilities == pytest.approx(HeightReader().probabilities(sweep.pictures))


def test_the_verdict_changes_where_the_ink_goes_over_the_middle(six):
    sweep = sweep_digit(HeightReader(), six, "rotation")
    verdicts = sweep.verdicts.tolist()
    assert sweep.changes == tuple(n for n in range(1, 73) if verdicts[n] != verdicts[n - 1])
    first, last = sweep.span()
    # turned by 90° the ink lies beside the middle
    assert sweep.strengths[first] == pytest.approx(-90, abs=10)
    assert sweep.strengths[last] == pytest.approx(90, abs=10)
    assert verdicts[0] == verdicts[-1] == 9
    assert sweep.probabilities.argmax(axis=1)[[first, last]].tolist() == [6, 6]


def test_a_verdict_that_never_changes_holds_from_end_to_end(six):
    sweep = sweep_digit(HeightReader(), six, "contrast")
    assert sweep.changes == ()
    assert sweep.span() == (0, len(sweep.strengths) - 1)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_the_strengths_measured_hold_both_ends_and_nothing_at_all(name):
    shown, strengths = TRANSFORMATIONS[name], some_strengths(name)
    assert len(strengths) == min(MEASURED, shown.steps)
    assert (np.diff(strengths) > 0).all()
    assert strengths[[0, -1]] == pytest.approx([shown.low, shown.high])
    assert 0 in strengths


def test_evenly_takes_the_first_of_each_class():
    labels = np.array([*range(10)] * 3 + [7] * 5)
    places = evenly(labels, 20)
    assert places.tolist() == list(range(20))
    assert np.bincount(labels[evenly(labels, 1000)]).tolist() == [3] * 7 + [8, 3, 3]


def test_accuracies_are_what_a_loop_counts(six):
    digits = np.stack([six, np.roll(six, 2, axis=0), np.flipud(six), np.zeros_like(six)])
    labels, strengths = np.array([6, 6, 9, 4]), np.array([0.0, 180.0, -90.0])
    found = accuracies(HeightReader().probabilities(pictures(digits, "rotation", strengths)), labels)
    for share, strength in zip(found, strengths, strict=True):
        right = 0
        for digit, label in zip(digits, labels, strict=True):
            picture = transform(digit[None], "rotation", strength)
            right += int(HeightReader().probabilities(picture)[0].argmax() == label)
        assert share == right / 4
    assert found[:2].tolist() == [0.75, 0.0]


def test_noise_is_another_for_every_digit_and_the_same_at_every_call(six):
    first, second = (pictures(np.stack([six, six]), "noise", np.array([0.5]), seed=3) for _ in range(2))
    assert (first == second).all()
    assert (first[0] != first[1]).any()
    assert (first[1] == transform(six[None], "noise", 0.5, [4])[0]).all()


def judged(sure=0.97, confident=0.9):
    low = np.zeros((28, 28), np.uint8)
    low[17:24, 10:18] = 255
    digits = np.stack([low, low, np.flipud(low), low])
    labels = np.array([6, 6, 9, 3])  # the last one is read wrong from the beginning
    strengths = np.array([-180.0, -45.0, 0.0, 45.0, 180.0])
    reader = HeightReader(sure)
    read = reader.probabilities(pictures(digits, "rotation", strengths))
    return unsafe("rotation", strengths, reader.probabilities(digits), read, labels, confident)


def test_a_six_that_confidently_reads_nine_is_unsafe_from_there_on():
    safety = judged()
    assert safety.strengths == (-180, -45, 0, 45, 180)
    assert safety.counts == (0, 0, 0, 0, 0, 0, 2, 0, 0, 1)
    assert {(c.strength, c.digit, c.read, c.count) for c in safety.changes} == {
        (-180, 6, 9, 2),
        (-180, 9, 6, 1),
        (180, 6, 9, 2),
        (180, 9, 6, 1),
    }
    assert all(change.confidence == pytest.approx(0.97, abs=1e-3) for change in safety.changes)
    assert safety.at(170)[0].digit == 6  # the most frequent first
    assert safety.at(170)[0].example in (0, 1)
    assert safety.first_unsafe() == {6: (-180, 180), 9: (-180, 180)}
    assert safety.unsafe_digits(-90, 90) == ()
    assert safety.unsafe_digits(-180, 0) == safety.unsafe_digits(0, 180) == (6, 9)


def test_a_reading_that_is_not_confident_breaks_no_label():
    assert judged(sure=0.85).changes == ()
    assert judged(sure=0.85, confident=0.8).changes != ()


def test_a_few_digits_of_a_class_do_not_make_a_strength_unsafe():
    changes = (Change(30.0, 6, 9, 4, 0, 0.99), Change(60.0, 6, 9, 5, 0, 0.99), Change(60.0, 6, 8, 1, 1, 0.95))
    safety = Safety("rotation", (0.0, 30.0, 60.0), (100,) * 10, changes)
    assert safety.shares()[6].tolist() == [0, 0.04, 0.06]
    assert safety.first_unsafe() == {6: (None, 60.0)}
    assert safety.first_unsafe(share=0.03) == {6: (None, 30.0)}


def test_networks_together_give_the_mean_of_their_probabilities(six):
    both = Together([HeightReader(0.9), HeightReader(0.5)]).probabilities(six[None])
    assert both[0, 6] == pytest.approx(0.7)
    assert both.sum() == pytest.approx(1)


def test_the_bundled_pair_differs_in_its_augmentation_alone():
    without, with_it = (bundled_pair.recipe(side) for side in bundled_pair.SIDES)
    assert without.augmentation is None
    assert with_it.augmentation is not None
    assert bundled_pair.seeds("without") == bundled_pair.seeds("with") == (1, 2, 3)
    differ = {key for key, value in without.to_dict().items() if value != with_it.to_dict()[key]}
    assert differ == {"name", "augmentation"}
    files = [*bundled_pair.FOLDER.rglob("*.npz"), *bundled_pair.FOLDER.glob("*.json")]
    assert all(path.stat().st_size < 150_000 for path in files)


@pytest.mark.parametrize("side", bundled_pair.SIDES)
def test_the_bundled_curves_are_what_the_bundled_networks_read(side):
    digits = load_digits("mnist", "validation")
    curves = bundled_pair.curves("flip")
    places = evenly(digits.labels, curves.count)
    assert len(places) == curves.count
    network = bundled_pair.networks(side)[0]
    swept = pictures(digits.images[places], "flip", curves.strengths)
    found = accuracies(network.probabilities(swept), digits.labels[places])
    # one or two digits may stand on the edge, where another processor rounds otherwise
    assert found == pytest.approx(curves.accuracies[side][0], abs=2.1 / curves.count)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_every_transformation_has_its_curves_and_its_safety(name):
    curves, safety = bundled_pair.curves(name), bundled_pair.safety(name)
    assert curves.strengths == pytest.approx(some_strengths(name), abs=1e-5)
    for side in bundled_pair.SIDES:
        assert curves.accuracies[side].shape == (3, len(curves.strengths))
        untouched = curves.accuracies[side][:, np.abs(curves.strengths).argmin()]
        assert (untouched > 0.98).all()
    assert sum(safety.counts) > 0.98 * bundled_pair.judged()
    assert all(change.confidence >= 0.9 and change.digit != change.read for change in safety.changes)
    assert not [change for change in safety.changes if change.strength == 0]
    assert json.loads((bundled_pair.FOLDER / "safety.json").read_text())["count"] == bundled_pair.judged()


def test_the_bundled_networks_know_the_six_that_is_a_nine_and_the_flipped_two():
    upside_down = bundled_pair.safety("rotation").at(180)
    assert {(change.digit, change.read) for change in upside_down} >= {(6, 9), (9, 6)}
    assert 6 in bundled_pair.safety("rotation").unsafe_digits(-180, 180)
    assert 2 in bundled_pair.safety("flip").unsafe_digits(0, 1)
    assert {0, 8}.isdisjoint(bundled_pair.safety("upside-down").unsafe_digits(0, 1))
    assert bundled_pair.safety("upside-down").unsafe_digits(0, 1)
    assert bundled_pair.safety("rotation").unsafe_digits(-10, 10) == ()
