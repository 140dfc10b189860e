"""One training: a recipe, its digits, one Keras ``fit``, and what came of it."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from model.annealing import one_cycle_rate
from model.forward import to_input
from model.learning.network import build_network, get_weights
from model.recipe import CLASSES, Recipe

# A class of its own in Keras, so that a person's machine with another backend still trains.
_OPTIMIZERS = {
    "adam": lambda o: keras.optimizers.Adam(o.learning_rate, o.beta_1, o.beta_2),
    "sgd": lambda o: keras.optimizers.SGD(o.learning_rate, momentum=o.beta_1),
}


@dataclass(frozen=True)
class Epoch:
    """What one finished epoch left in the record.

    Args:
        epoch: counted from 1.
        loss: mean categorical cross-entropy over the epoch's batches, in nats.
        accuracy: share of the training digits read right while they were learned from, 0 to 1.
        validation_loss: the same loss over the validation digits, after the epoch; None without them.
        validation_accuracy: share of the validation digits read right, 0 to 1; None without them.
        learning_rate: the rate of the epoch's last batch.
        seconds: since the training began.
    """

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Training:
    """A finished training.

    Args:
        weights: float32 arrays by ``model.forward.weight_name``.
        history: the epochs in order.
        seconds: the whole ``fit``.
    """

    weights: dict[str, np.ndarray]
    history: tuple[Epoch, ...]
    seconds: float


class Batches(keras.utils.PyDataset):
    """The training digits, shuffled anew for each epoch and handed over in batches.

    Args:
        images: uint8 (n, 28, 28), ink bright on black.
        labels: uint8 (n,), 0 to 9.
        batch_size: digits a batch; the last one of an epoch may hold fewer.
        seed: of the order.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, batch_size: int, seed: int) -> None:
        super().__init__()
        self._images, self._labels, self._batch_size = images, labels, batch_size
        self._random = np.random.default_rng(seed)
        self._order = self._random.permutation(len(images))

    def __len__(self) -> int:
        return math.ceil(len(self._images) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return to_input(self._images[chosen]), to_categorical(self._labels[chosen])

    def on_epoch_end(self) -> None:
        """Shuffle anew."""
        self._order = self._random.permutation(len(self._images))


def to_categorical(labels: np.ndarray) -> np.ndarray:
    """Labels as categorical cross-entropy takes them.

    Args:
        labels: uint8 (n,), 0 to 9.

    Returns:
        float32 (n, 10): 1 in the label's column, 0 elsewhere.
    """
    return np.eye(CLASSES, dtype=np.float32)[labels]


class OneCycle(keras.callbacks.Callback):
    """Sets the one-cycle rate before every batch.

    Args:
        steps: batches in the whole training.
        highest: the highest rate.
    """

    def __init__(self, steps: int, highest: float) -> None:
        super().__init__()
        self._steps, self._highest, self._step = steps, highest, 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """The rate for the batch that is about to be learned from."""
        self.model.optimizer.learning_rate = one_cycle_rate(self._step, self._steps, self._highest)
        self._step += 1


class _Record(keras.callbacks.Callback):
    def __init__(self, on_epoch: Callable[[Epoch], None], on_batch: Callable[[int], None]) -> None:
        super().__init__()
        self.history: list[Epoch] = []
        self._on_epoch, self._on_batch = on_epoch, on_batch
        self._start = time.perf_counter()
        self._rate = 0.0

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._start

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._on_batch(batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        values = {key: float(value) for key, value in (logs or {}).items()}
        done = Epoch(
            epoch + 1,
            values["loss"],
            values["accuracy"],
            values.get("val_loss"),
            values.get("val_accuracy"),
            # plateau has already set the next epoch's rate by now
            values.get("learning_rate", float(self.model.optimizer.learning_rate)),
            self.seconds,
        )
        self.history.append(done)
        self._on_epoch(done)


def train(
    recipe: Recipe,
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray] | None,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
    on_batch: Callable[[int], None] = lambda _: None,
) -> Training:
    """Train the recipe's network with a single ``fit``.

    Args:
        recipe: what to build and how to train it.
        training: images uint8 (n, 28, 28) and labels uint8 (n,) to learn from.
        validation: the same of digits to watch, never learned from; None where the dataset has none.
        on_epoch: called after every epoch with its record.
        on_batch: called after every batch with its number in the epoch, from 0.

    Returns:
        The weights after the last epoch, and the record.

    Raises:
        ValueError: plateau is asked for without validation digits, which it watches.
        FloatingPointError: the loss became no number; a lower learning rate is the remedy.
    """
    if validation is None and recipe.annealer.name == "plateau":
        raise ValueError(
            "the plateau annealer watches validation accuracy, but this dataset has no validation part: "
            "choose one-cycle or none"
        )
    network = build_network(recipe)
    network.compile(
        optimizer=_OPTIMIZERS[recipe.optimizer.name](recipe.optimizer),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    batches = Batches(*training, recipe.batch_size, recipe.seed)
    record = _Record(on_epoch, on_batch)
    network.fit(
        batches,
        epochs=recipe.epochs,
        shuffle=False,  # Batches shuffles, so that the order depends on the recipe's seed alone
        validation_data=None if validation is None else _in_one(validation),
        validation_batch_size=500,
        callbacks=[*_annealing(recipe, len(batches)), keras.callbacks.TerminateOnNaN(), record],
        verbose=0,
    )
    if len(record.history) < recipe.epochs or not math.isfinite(record.history[-1].loss):
        raise FloatingPointError(
            f"the loss became no number in epoch {len(record.history)}: "
            f"try a learning rate below {recipe.optimizer.learning_rate:g}"
        )
    return Training(get_weights(recipe, network), tuple(record.history), record.seconds)


def _in_one(digits: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return to_input(digits[0]), to_categorical(digits[1])


def _annealing(recipe: Recipe, batches: int) -> list[keras.callbacks.Callback]:
    annealer = recipe.annealer
    if annealer.name == "one-cycle":
        return [OneCycle(recipe.epochs * batches, recipe.optimizer.learning_rate)]
    if annealer.name == "plateau":
        return [
            keras.callbacks.ReduceLROnPlateau(
                monitor="val_accuracy",
                mode="max",
                factor=annealer.factor,
                patience=annealer.patience,
                min_lr=annealer.min_lr,
                min_delta=0.0,
            )
        ]
    return []
