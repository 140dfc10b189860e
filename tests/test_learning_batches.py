"""Batches: every digit once an epoch, everything from the seed, handed over by a thread that keeps ahead."""

import threading

import numpy as np
import pytest

from model.augmentation import Augmentation

batches_module = pytest.importorskip("model.learning.batches")
Batches = batches_module.Batches

TURNED = Augmentation(rotation_degrees=20)


@pytest.fixture(scope="module")
def digits():
    """100 pictures, whose first cell is their number."""
    images = np.random.default_rng(0).integers(0, 256, (100, 28, 28), dtype=np.uint8)
    images[:, 0, 0] = np.arange(100)
    return images, (np.arange(100) % 10).astype(np.uint8)


def first_cells(batches):
    return np.rint(np.concatenate([x for x, _ in batches])[:, 0, 0, 0] * 255).astype(int)


def taken(dataset, count):
    return [(x.numpy(), y.numpy()) for x, y in dataset.take(count)]


def assert_same(some, others):
    for (x, y), (other_x, other_y) in zip(some, others, strict=True):
        np.testing.assert_array_equal(x, other_x)
        np.testing.assert_array_equal(y, other_y)


def test_every_digit_comes_once_an_epoch_in_a_new_order(digits):
    batches = Batches(*digits, 32, seed=1)
    assert len(batches) == 4
    orders = []
    for number in range(2):
        seen = list(batches.epoch(number))
        assert [len(x) for x, _ in seen] == [32, 32, 32, 4]
        assert {x.dtype for x, _ in seen} == {y.dtype for _, y in seen} == {np.dtype(np.float32)}
        cells = first_cells(seen)
        np.testing.assert_array_equal(np.concatenate([y for _, y in seen]).argmax(axis=1), cells % 10)
        assert sorted(cells) == list(range(100))
        orders.append(cells)
    assert not np.array_equal(*orders)


def test_the_order_is_the_one_that_the_take_away_script_draws(digits):
    order = np.random.default_rng((7, 3)).permutation(100)
    np.testing.assert_array_equal(first_cells(Batches(*digits, 10, seed=7).epoch(3)), order)


def test_the_dataset_goes_through_one_epoch_after_the_other(digits):
    batches = Batches(*digits, 32, 1, TURNED)
    expected = [*batches.epoch(0), *batches.epoch(1), next(batches.epoch(2))]
    assert_same(taken(batches.to_dataset(), 9), expected)


def test_what_was_broken_off_goes_on_as_if_it_had_not(digits):
    later = Batches(*digits, 32, 1, TURNED, first_epoch=1)
    assert_same(taken(later.to_dataset(), 4), list(Batches(*digits, 32, 1, TURNED).epoch(1)))


def test_a_dataset_that_is_read_twice_begins_anew(digits):
    dataset = Batches(*digits, 32, 1).to_dataset()  # as Keras does when it builds its metrics
    assert_same(taken(dataset, 2), taken(dataset, 2))


def test_changes_differ_between_epochs_batches_and_seeds():
    same = np.broadcast_to(np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8), (8, 28, 28))
    labels = np.zeros(8, np.uint8)
    one = Batches(same, labels, 4, 1, TURNED)
    other = Batches(same, labels, 4, 2, TURNED)
    changed = [x for batch in (one.epoch(0), one.epoch(1), other.epoch(0)) for x, _ in batch]
    each = {digit.tobytes() for digit in np.concatenate(changed)}
    assert len(each) == 3 * 8


def test_without_augmentation_digits_stay_as_they_are(digits):
    images, _ = digits
    x = np.concatenate([x for x, _ in Batches(*digits, 32, 1).epoch(0)])[..., 0]
    order = np.random.default_rng((1, 0)).permutation(100)
    np.testing.assert_array_equal(x, images[order] / np.float32(255))


def test_batches_are_prepared_while_nobody_asks_but_not_without_end(digits, monkeypatch):
    made = threading.Semaphore(0)
    to_input = batches_module.to_input

    def counted(images):
        made.release()
        return to_input(images)

    monkeypatch.setattr(batches_module, "to_input", counted)
    iterator = iter(Batches(*digits, 32, 1).to_dataset())
    next(iterator)
    for _ in range(1 + batches_module.PREPARED):
        assert made.acquire(timeout=10)
    # one more may be in the making; after that it waits
    assert [made.acquire(timeout=0.2) for _ in range(2)].count(True) <= 1
