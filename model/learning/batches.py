"""The training digits, handed over in batches."""

import math

import keras
import numpy as np

from model.augmentation import Augmentation
from model.forward import to_input
from model.recipe import CLASSES


class Batches(keras.utils.PyDataset):
    """The training digits, shuffled anew for each epoch and handed over in batches.

    The order depends on the seed and the epoch's number alone, so that a training that was broken off goes on
    as if it had never stopped.

    Args:
        images: uint8 (n, 28, 28), ink bright on black.
        labels: uint8 (n,), 0 to 9.
        batch_size: digits a batch; the last one of an epoch may hold fewer.
        seed: of the order.
        augmentation: how each digit is changed before it is handed over; None for not at all.
        first_epoch: how many epochs are already done.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        batch_size: int,
        seed: int,
        augmentation: Augmentation | None = None,
        first_epoch: int = 0,
    ) -> None:
        super().__init__()
        self._images, self._labels, self._batch_size = images, labels, batch_size
        self._seed, self._augmentation, self._epoch = seed, augmentation, first_epoch
        self._order = self._shuffled()

    def __len__(self) -> int:
        return math.ceil(len(self._images) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return to_input(self._images[chosen]), to_categorical(self._labels[chosen])

    def on_epoch_end(self) -> None:
        """Shuffle anew."""
        self._epoch += 1
        self._order = self._shuffled()

    def _shuffled(self) -> np.ndarray:
        return np.random.default_rng((self._seed, self._epoch)).permutation(len(self._images))


def to_categorical(labels: np.ndarray) -> np.ndarray:
    """Labels as categorical cross-entropy takes them.

    Args:
        labels: uint8 (n,), 0 to 9.

    Returns:
        float32 (n, 10): 1 in the label's column, 0 elsewhere.
    """
    return np.eye(CLASSES, dtype=np.float32)[labels]
