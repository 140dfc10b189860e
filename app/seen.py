"""A run as it stands: what charts draw. The batches of a long run are means over ever wider stretches."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.history import Batch, Epoch
from model.recipe import Recipe
from model.runs.records import Run

MOST_STRETCHES = 256  # on a projector four pixels each
UNFINISHED = ("queued", "running")


@dataclass(frozen=True, eq=False)
class Stretches:
    """The batches of a run as means over stretches of equally many.

    Args:
        length: batches in each stretch but the last, a power of two.
        loss: float32 (n,), nats.
        accuracy: float32 (n,), 0 to 1.
        learning_rate: float32 (n,).
        last: the newest batch; None before the first.
    """

    length: int
    loss: np.ndarray
    accuracy: np.ndarray
    learning_rate: np.ndarray
    last: Batch | None = None


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run, or a bundled network's training, as it stands.

    Args:
        name: the run's id or the network's name.
        recipe: what is trained.
        epochs: the finished ones, epoch 0 first.
        batches: what happened within them; empty for a bundled network.
        run: the store's record; None for a bundled network.
        steps_per_epoch: batches in an epoch; None before that is known.
        images_per_second: how fast it learns now; None while it doesn't.
        seconds_left: until its last epoch (or the one it is to pause after); None before that is known.
    """

    name: str
    recipe: Recipe
    epochs: tuple[Epoch, ...]
    batches: Stretches
    run: Run | None = None
    steps_per_epoch: int | None = None
    images_per_second: float | None = None
    seconds_left: float | None = None

    @property
    def unfinished(self) -> bool:
        """Whether more is to come by itself: it waits for a worker, or is being trained."""
        return self.run is not None and self.run.status in UNFINISHED

    @property
    def drops(self) -> tuple[Epoch, ...]:
        """The epochs after which the annealer lowered the rate because validation didn't improve."""
        return tuple(epoch for epoch in self.epochs if epoch.watch and epoch.watch.reason == "dropped")


class Means:
    """Batches gathered into stretches; when there are too many, two become one."""

    def __init__(self) -> None:
        self.length = 1
        self._sums = np.zeros((2 * MOST_STRETCHES, 3))
        self._counts = np.zeros(2 * MOST_STRETCHES, int)
        self._used = 0
        self._last: Batch | None = None

    def add(self, batches: Sequence[Batch]) -> None:
        """Takes further batches; one that was learned again after a fault counts twice in its mean."""
        for batch in batches:
            while batch.step // self.length >= MOST_STRETCHES:
                self._halve()
            place = batch.step // self.length
            self._sums[place] += batch.loss, batch.accuracy, batch.learning_rate
            self._counts[place] += 1
            self._used = max(self._used, place + 1)
        if batches:
            self._last = batches[-1]

    def _halve(self) -> None:
        self._sums = np.concatenate([self._sums.reshape(-1, 2, 3).sum(axis=1), np.zeros((MOST_STRETCHES, 3))])
        self._counts = np.concatenate(
            [self._counts.reshape(-1, 2).sum(axis=1), np.zeros(MOST_STRETCHES, int)]
        )
        self._used = -(-self._used // 2)
        self.length *= 2

    def stretches(self) -> Stretches:
        """What was gathered so far."""
        counts = self._counts[: self._used, None]
        means = np.divide(
            self._sums[: self._used], counts, out=np.full((self._used, 3), np.nan), where=counts > 0
        )
        loss, accuracy, rate = means.astype(np.float32).T
        return Stretches(self.length, loss, accuracy, rate, self._last)
