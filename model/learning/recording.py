"""What happens during a ``fit``: the rate is set, every batch and epoch is told, and the end is called."""

import dataclasses
import math
import time
from collections.abc import Sequence
from typing import Any

import keras

from model.annealing import Annealing
from model.early_stopping import Patience
from model.history import Batch, Epoch
from model.learning.averaging import Averages
from model.learning.events import EpochEnd, Event, Report, Stage
from model.learning.network import get_weights
from model.learning.state import get_state
from model.recipe import Recipe

# How a training ends.
ALL_EPOCHS, EARLY, ASKED, NO_NUMBER = "all epochs", "early stopping", "asked", "no number"


class Recorder(keras.callbacks.Callback):
    """Sets the learning rate, tells what happens, and ends the training when it is time.

    Args:
        recipe: what is trained.
        digits: how many are learned from in an epoch.
        watched: how many validation digits there are.
        report: called with every event; true ends the training.
        done: the records of the epochs that are already done, epoch 0 first.
        averages: what puts the averaged weights in while they are tested and kept; None where none are.

    Attributes:
        epochs: the records of all epochs that are done.
        ending: "" while it goes on; then how it ended, one of this module's constants.
    """

    def __init__(
        self,
        recipe: Recipe,
        digits: int,
        watched: int,
        report: Report,
        done: Sequence[Epoch] = (),
        averages: Averages | None = None,
    ) -> None:
        super().__init__()
        self.epochs = list(done)
        self.ending = ""
        self._averages = averages
        self._recipe, self._digits, self._watched, self._report = recipe, digits, watched, report
        steps = math.ceil(digits / recipe.batch_size)
        self._annealing = Annealing(
            recipe.annealer, recipe.optimizer.learning_rate, steps, recipe.epochs, done
        )
        self._patience = None if recipe.early_stopping is None else Patience(recipe.early_stopping, done)
        self._step = done[-1].epoch * steps if done else 0  # of the next batch
        self._rate: float | None = None  # as the optimizer has it
        self._seconds_before = done[-1].seconds if done else 0.0
        self._began = time.perf_counter()
        self._learning = False  # whether the first batch is through
        self._seen, self._loss, self._right = 0, 0.0, 0.0  # in this epoch so far: digits, and sums over them
        if done:
            self._end_if_over(done[-1])

    @property
    def seconds(self) -> float:
        """Of training so far, in this sitting and in those before."""
        return self._seconds_before + time.perf_counter() - self._began

    def tell(self, event: Event) -> None:
        """Report an event; if the answer asks for the end, note it."""
        if self._report(event):
            self._end(ASKED)

    def tell_start(self, network: keras.Sequential, validation: dict[str, float]) -> None:
        """Report epoch 0.

        Args:
            network: compiled, before its first batch.
            validation: loss and accuracy on the validation digits, by these names; empty without them.
        """
        loss, accuracy = validation.get("loss"), _exact(validation.get("accuracy"), self._watched)
        start = Epoch(0, None, None, loss, accuracy, self._annealing.rate(0), 0.0)
        self._finish(start, network)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Start the clock."""
        self._began = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Forget the sums of the epoch before, and go on from the weights themselves."""
        self._seen, self._loss, self._right = 0, 0.0, 0.0
        if self._averages is not None:
            self._averages.take_out(self.model)

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Set the rate for the batch that is about to be learned from."""
        rate = self._annealing.rate(self._step)
        if rate != self._rate:
            self.model.optimizer.learning_rate = self._rate = rate

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Tell what the batch left. Keras's logs are means over the epoch so far; its own are wanted."""
        values = logs or {}
        seen = min((batch + 1) * self._recipe.batch_size, self._digits)
        loss, right = seen * float(values["loss"]), seen * float(values["accuracy"])
        if not math.isfinite(loss):
            self._end(NO_NUMBER)
            return
        digits = seen - self._seen
        done = Batch(
            self._step,
            max(0.0, loss - self._loss) / digits,
            round(right - self._right) / digits,
            self._rate or 0.0,
            self.seconds,
        )
        self._seen, self._loss, self._right = seen, loss, right
        self._step += 1
        if not self._learning:
            self._learning = True
            self.tell(Stage("training"))
        self.tell(done)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Let the averaged weights be tested, where there are any."""
        self._put_in_averages()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Don't let anybody wait for the validation of an epoch that was cut short."""
        self.model.stop_evaluating = bool(self.ending)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the epoch, unless it was cut short."""
        if self.ending:
            return
        self._put_in_averages()
        values = {key: float(value) for key, value in (logs or {}).items()}
        record = Epoch(
            epoch + 1,
            values["loss"],
            _exact(values["accuracy"], self._digits),
            values.get("val_loss"),
            _exact(values.get("val_accuracy"), self._watched),
            self._rate or 0.0,
            self.seconds,
        )
        if not math.isfinite(record.validation_loss or 0.0):
            self._end(NO_NUMBER)
            return
        self._finish(dataclasses.replace(record, watch=self._annealing.after(record)), self.model)

    def _put_in_averages(self) -> None:
        if self._averages is not None and not self.ending:
            self._averages.put_in(self.model, self.epochs[-1].epoch)

    def _finish(self, record: Epoch, network: keras.Sequential) -> None:
        self.epochs.append(record)
        if self._patience is not None and record.epoch > 0:
            self._patience.after(record)
        live = None if self._averages is None else self._averages.live
        self.tell(EpochEnd(record, get_weights(self._recipe, network), get_state(network, live)))
        self._end_if_over(record)

    def _end_if_over(self, last: Epoch) -> None:
        if last.epoch >= self._recipe.epochs:
            self._end(ALL_EPOCHS)
        elif self._patience is not None and self._patience.is_over:
            self._end(EARLY)

    def _end(self, ending: str) -> None:
        # who is asked to end after what was the last epoch anyway has gone through all of them
        if not self.ending or ending in (ALL_EPOCHS, EARLY):
            self.ending = ending
        if self.model is not None:
            self.model.stop_training = True


def _exact(share: float | None, count: int) -> float | None:
    """A share of so many digits as the fraction that it is; Keras gives it in single precision."""
    return None if share is None else round(share * count) / count
