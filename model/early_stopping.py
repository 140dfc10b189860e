"""Early stopping: ending a training when validation has stopped improving."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.annealing import MONITORS, is_better, is_number, monitored
from model.history import Epoch


@dataclass(frozen=True)
class EarlyStopping:
    """When a training ends before its last epoch.

    Args:
        patience: epochs without anything better that are waited for, 1 to 500.
        min_delta: how much better counts as better, from 0.
        monitor: "accuracy" or "loss", of the validation digits.

    Raises:
        ValueError: a field is out of its range; the message quotes it.
    """

    patience: int = 10
    min_delta: float = 0.0
    monitor: str = "accuracy"

    def __post_init__(self) -> None:
        whole = isinstance(self.patience, int) and not isinstance(self.patience, bool)
        if not whole or not 1 <= self.patience <= 500:
            raise ValueError(
                f"early_stopping: patience must be a whole number from 1 to 500, not {self.patience!r}"
            )
        if not is_number(self.min_delta) or not 0 <= self.min_delta <= 10:
            raise ValueError(f"early_stopping: min_delta must lie between 0 and 10, not {self.min_delta!r}")
        if self.monitor not in MONITORS:
            raise ValueError(
                f"early_stopping: monitor must be one of {', '.join(MONITORS)}, not {self.monitor!r}"
            )


class Patience:
    """Counts the epochs in which nothing became better, as ``keras.callbacks.EarlyStopping`` does.

    Args:
        stopping: patience, min_delta and monitor.
        done: the records of the epochs that are already done, in order; epoch 0 counts for nothing.

    Attributes:
        is_over: whether the training is to end now.
    """

    def __init__(self, stopping: EarlyStopping, done: Sequence[Epoch] = ()) -> None:
        self.is_over = False
        self._stopping = stopping
        self._best: float | None = None
        self._waited = 0
        for epoch in done:
            if epoch.epoch > 0:
                self.after(epoch)

    def after(self, epoch: Epoch) -> bool:
        """Take the record of the epoch that has just ended.

        Returns:
            Whether the training is to end now.

        Raises:
            ValueError: there are no validation digits to watch.
        """
        value = monitored(self._stopping.monitor, epoch)
        if is_better(self._stopping.monitor, value, self._best, self._stopping.min_delta):
            self._best, self._waited = value, 0
        else:
            self._waited += 1
            self.is_over = self._waited >= self._stopping.patience
        return self.is_over
