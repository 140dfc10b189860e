"""Digits that code writes: each in MNIST's form, of its class, in many hands; and their place in a batch."""

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, label

from model.augmentation import Augmentation
from model.augmentation.serving import changed_batch, training_batch
from model.augmentation.written import FORMS, THICKEST, THINNEST, _ink, with_written, write_digits
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.presets import PRESETS

LABELS = np.arange(300) % 10


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def written():
    return write_digits(LABELS, rng())


def test_they_have_mnists_form(written):
    """20 cells at the longest, ink from 0 to 255, its middle near the middle."""
    assert written.shape == (300, 28, 28)
    assert written.dtype == np.uint8
    for digit in written:
        rows, columns = np.nonzero(digit > 127)
        longest = max(np.ptp(rows), np.ptp(columns)) + 1
        assert 18 <= longest <= 21
        assert digit.max() > 200
        middle = np.array(np.nonzero(digit)) @ digit[digit > 0] / digit.sum()
        assert np.abs(middle - 13.5).max() < 2.5


def test_a_network_that_learned_from_people_reads_nearly_all(written):
    """Not more: forms that MNIST hardly has are what they are for."""
    read = load_checkpoint("classic").network.probabilities(written[:150]).argmax(axis=1)
    right = read == LABELS[:150]
    assert right.mean() > 0.85
    for digit in range(10):
        assert right[digit == LABELS[:150]].mean() > 0.5


def test_no_two_are_alike_and_all_forms_come(written):
    assert len({digit.tobytes() for digit in written}) == 300
    ones = write_digits(np.ones(60, int), rng(1))
    foot = (ones[:, 20:, 8:20] > 127).sum(axis=2).max(axis=1)
    assert foot.max() >= 8 > 4 >= foot.min()  # some stand on a line, others don't


def test_thickness_is_the_pens():
    for width in (THINNEST, 3.0, THICKEST):
        line = np.array([[[[13.5, 5.0], [13.5, 22.0]]]])
        ink = _ink(line, np.array([width]))[0] / 255
        assert ink[13].sum() == pytest.approx(width, abs=0.02)
    dot = _ink(np.array([[[[13.5, 13.5], [13.5, 13.5]]]]), np.array([5.0]))[0]
    assert dot.sum() / 255 == pytest.approx(np.pi * 2.5**2, rel=0.03)


def test_ink_is_a_pen_along_the_way():
    """Against SciPy's distance to the points of a slanted line, laid out a tenth of a cell apart."""
    start, end, fine = np.array([6.0, 8.0]), np.array([20.0, 17.0]), 10
    paper = np.ones((28 * fine, 28 * fine), bool)
    for share in np.linspace(0, 1, 400):
        x, y = np.rint((start + share * (end - start) + 0.5) * fine - 0.5).astype(int)
        paper[y, x] = False
    away = distance_transform_edt(paper)[fine // 2 :: fine, fine // 2 :: fine] / fine
    expected = np.clip(3.0 / 2 + 0.5 - away, 0, 1)
    ours = _ink(np.array([[[start, end]]]), np.array([3.0]))[0] / 255
    np.testing.assert_allclose(ours, expected, atol=0.15)  # the points were rounded to a tenth
    assert np.abs(ours - expected).mean() < 0.01


def test_every_form_is_in_one_piece_or_in_strokes_that_meet():
    """Thick enough, nothing floats far away."""
    for digit in FORMS:
        images = write_digits(np.full(40, digit), rng(digit))
        pieces = [label(image > 60, np.ones((3, 3)))[1] for image in images]
        assert np.mean(np.array(pieces) <= 2) > 0.9


def test_the_same_seed_writes_the_same():
    np.testing.assert_array_equal(write_digits(LABELS, rng(4)), write_digits(LABELS, rng(4)))
    assert (write_digits(LABELS, rng(4)) != write_digits(LABELS, rng(5))).any()
    assert write_digits(np.zeros(0, int), rng()).shape == (0, 28, 28)


def test_a_share_of_a_batch_is_written_and_the_rest_stays():
    digits, labels = load_digits("mini", "train").images[:400], load_digits("mini", "train").labels[:400]
    before = digits.copy()
    changed = with_written(digits, labels, 0.25, rng())
    np.testing.assert_array_equal(digits, before)
    new = (changed != digits).any(axis=(1, 2))
    assert 70 < new.sum() < 130
    read = load_checkpoint("classic").network.probabilities(changed[new]).argmax(axis=1)
    assert (read == labels[new]).mean() > 0.8
    np.testing.assert_array_equal(with_written(digits, labels, 0.0, rng()), digits)


def test_a_training_gets_them_and_what_else_is_done_stays_the_same():
    digits = load_digits("mini", "train")
    told = Augmentation(rotation_degrees=10, written=0.2)
    recipe = dataclasses.replace(PRESETS["tiny"], dataset="mini", augmentation=told, batch_size=200)
    images, labels, places = training_batch(recipe, digits, 1, 2)
    without = dataclasses.replace(told, written=0.0)
    plain = changed_batch(digits.images[places], labels, without, recipe.seed, 1, 2)
    kept = (images == plain).all(axis=(1, 2))
    assert 0.7 < kept.mean() < 0.9


@pytest.mark.parametrize("share", [-0.1, 1.1, True, "0.1", float("nan")])
def test_a_share_lies_between_0_and_1(share):
    with pytest.raises(ValueError, match="written must lie between 0 and 1, not"):
        Augmentation(written=share)


def test_clothes_are_not_written():
    told = Augmentation(zoom=0.1, written=0.1)
    recipe = dataclasses.replace(PRESETS["tiny"], dataset="fashion", augmentation=told)
    assert recipe.augmentation == Augmentation(zoom=0.1)
