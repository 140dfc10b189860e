"""Which digits a training is given when, and how changed: fixed by seed, epoch and batch alone.

Training reads its batches from here, and so can anybody who wants to see beforehand what it will be given.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from model.augmentation.amounts import Augmentation
from model.augmentation.changes import augment
from model.augmentation.written import with_written

if TYPE_CHECKING:
    from model.datasets import Digits
    from model.recipe import Recipe


def training_batch(
    recipe: Recipe, digits: Digits, epoch: int, batch: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What one batch of a recipe's training is given.

    Args:
        recipe: with its seed, batch size and augmentation.
        digits: the training digits, in their order.
        epoch: how many came before.
        batch: how many came before in this epoch.

    Returns:
        Digits uint8 (b, 28, 28), changed as training gets them, their labels uint8 (b,), and their places
        among the training digits int64 (b,).

    Raises:
        ValueError: an epoch has no such batch.
    """
    places = places_of_batch(len(digits.labels), recipe.batch_size, recipe.seed, epoch, batch)
    labels = digits.labels[places]
    changed = changed_batch(digits.images[places], labels, recipe.augmentation, recipe.seed, epoch, batch)
    return changed, labels, places


def batches_in(count: int, batch_size: int) -> int:
    """How many batches make an epoch of so many digits; the last may be smaller."""
    return math.ceil(count / batch_size)


def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of so many digits in an epoch, another in every one: int64 (count,)."""
    return np.random.default_rng((seed, epoch)).permutation(count)


def places_of_batch(count: int, batch_size: int, seed: int, epoch: int, batch: int) -> np.ndarray:
    """Which digits are in a batch: int64 (b,).

    Raises:
        ValueError: an epoch has no such batch.
    """
    if not 0 <= batch < batches_in(count, batch_size):
        raise ValueError(f"an epoch has the batches 0 to {batches_in(count, batch_size) - 1}, not {batch}")
    return order(count, seed, epoch)[batch * batch_size : (batch + 1) * batch_size]


def changed_batch(
    digits: np.ndarray,
    labels: np.ndarray,
    augmentation: Augmentation | None,
    seed: int,
    epoch: int,
    batch: int,
) -> np.ndarray:
    """The digits of a batch as training gets them.

    Args:
        digits: uint8 (b, 28, 28), those of the batch in its order.
        labels: uint8 (b,), what they are.
        augmentation: None for no change.
        seed: the recipe's.
        epoch: how many came before.
        batch: how many came before in this epoch.

    Returns:
        uint8 (b, 28, 28).
    """
    if augmentation is None:
        return digits
    # from 1, for a seed of (seed, epoch, 0) is one of (seed, epoch)
    stream = (seed, epoch, batch + 1)
    if augmentation.written:  # from a stream of its own: the others' changes stay what they are without it
        digits = with_written(digits, labels, augmentation.written, np.random.default_rng((*stream, 1)))
    return augment(digits, augmentation, np.random.default_rng(stream))
