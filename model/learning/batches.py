"""The training digits, handed over in batches."""

import itertools
from collections.abc import Iterator

import cv2
import numpy as np
import tensorflow as tf

from model.augmentation import Augmentation
from model.augmentation.serving import batches_in, changed_batch, order
from model.forward import to_input
from model.recipe import CLASSES, INPUT_SHAPE

# Its threads wait for work at full speed, and the cores are needed for learning.
cv2.setNumThreads(1)

PREPARED = 3  # batches made ready while one is learned from; more would only fill memory


class Batches:
    """The training digits, in another order and changed otherwise in every epoch.

    The order depends on the seed and the epoch's number alone, what is changed on these and the batch's: so a
    training that was broken off goes on as if it had never stopped.

    Args:
        images: uint8 (n, 28, 28), ink bright on black.
        labels: uint8 (n,), 0 to 9.
        batch_size: digits a batch; the last one of an epoch may hold fewer.
        seed: of the order and of the changes.
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
        self._images, self._labels, self._batch_size = images, labels, batch_size
        self._seed, self._augmentation, self._first_epoch = seed, augmentation, first_epoch

    @property
    def batch_size(self) -> int:
        """Digits a batch."""
        return self._batch_size

    def __len__(self) -> int:
        """Batches in an epoch."""
        return batches_in(len(self._images), self._batch_size)

    def epoch(self, number: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The batches of one epoch.

        Args:
            number: how many epochs came before.

        Yields:
            Digits float32 (b, 28, 28, 1), 0 to 1, and their labels float32 (b, 10).
        """
        places = order(len(self._images), self._seed, number)
        for batch in range(len(self)):
            chosen = places[batch * self._batch_size : (batch + 1) * self._batch_size]
            labels = self._labels[chosen]
            images = changed_batch(
                self._images[chosen], labels, self._augmentation, self._seed, number, batch
            )
            yield to_input(images), to_categorical(labels)

    def to_dataset(self) -> tf.data.Dataset:
        """All epochs from the first on without an end, for a ``fit`` that is told ``steps_per_epoch``.

        Batches are prepared in a thread while the one before is learned from, also over the end of an epoch:
        the next one's wait while the validation digits are read.
        """
        shapes = (
            tf.TensorSpec((None, *INPUT_SHAPE), tf.float32),
            tf.TensorSpec((None, CLASSES), tf.float32),
        )
        dataset = tf.data.Dataset.from_generator(self._endlessly, output_signature=shapes)
        options = tf.data.Options()
        # It has nothing to tune here, and shutting it down takes seconds at the end of a dataset.
        options.autotune.enabled = False
        return dataset.prefetch(PREPARED).with_options(options)

    def _endlessly(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for number in itertools.count(self._first_epoch):
            yield from self.epoch(number)


def to_categorical(labels: np.ndarray) -> np.ndarray:
    """Labels as categorical cross-entropy takes them.

    Args:
        labels: uint8 (n,), 0 to 9.

    Returns:
        float32 (n, 10): 1 in the label's column, 0 elsewhere.
    """
    return np.eye(CLASSES, dtype=np.float32)[labels]
