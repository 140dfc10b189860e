"""One snapshot of a run for everybody who watches it, read from the store in steps, small however long the run.

However many watch, the store is asked at most once in `FRESH_SECONDS`, and only for what is new. The batches
of a long run are kept as means over ever wider stretches, never more than `MOST_STRETCHES`.
"""

import itertools
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from model.checkpoint import bundled_names, checkpoint_history, load_checkpoint
from model.history import Batch, Epoch
from model.recipe import Recipe
from model.runs.records import Run
from model.runs.store import RunStore

FRESH_SECONDS = 0.4  # less than the tick of a page, so that each tick finds something new
MOST_STRETCHES = 400  # on a projector two pixels each
MOST_READERS = 64  # runs that are watched or compared at a time
SPEED_BATCHES = 40  # the newest batches, by which the speed is measured
WAITING = ("queued", "running")


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
        return self.run is not None and self.run.status in WAITING

    @property
    def version(self) -> tuple[object, ...]:
        """What changes when there is something new to draw."""
        step = self.batches.last.step if self.batches.last else -1
        return self.name, len(self.epochs), step, self.run.status if self.run else "", self.has_guess

    @property
    def has_guess(self) -> bool:
        """Whether somebody guessed how it would end."""
        return self.run is not None and "guess" in self.run.notes

    @property
    def drops(self) -> tuple[Epoch, ...]:
        """The epochs after which the annealer lowered the rate because validation didn't improve."""
        return tuple(epoch for epoch in self.epochs if epoch.watch and epoch.watch.reason == "dropped")


def snapshot(name: str) -> Snapshot:
    """A run, or a bundled network's training, as it stood at most `FRESH_SECONDS` ago.

    Args:
        name: a run's id or a bundled network's name.

    Raises:
        RunError: there is none of that name.
        CheckpointError: the network of that name can't be read.
    """
    if name in bundled_names():
        return _bundled(name)
    return _reader(name).read()


@cache
def store() -> RunStore:
    """The store of runs, opened once for all who look."""
    return RunStore()


def _reader(run_id: str) -> "_Reader":
    with _readers_lock:
        reader = _readers.setdefault(run_id, _Reader(run_id))
        _readers.move_to_end(run_id)
        while len(_readers) > MOST_READERS:
            _readers.popitem(last=False)
    return reader


@cache
def _bundled(name: str) -> Snapshot:
    return Snapshot(name, load_checkpoint(name).recipe, checkpoint_history(name), _Means().stretches())


class _Means:
    """Batches gathered into stretches; when there are too many, two become one."""

    def __init__(self) -> None:
        self.length = 1
        self._sums = np.zeros((2 * MOST_STRETCHES, 3))
        self._counts = np.zeros(2 * MOST_STRETCHES, int)
        self._used = 0
        self._last: Batch | None = None

    def add(self, batches: Sequence[Batch]) -> None:
        """Takes further batches; one that was learned again after a fault replaces nothing: means stay means."""
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


class _Reader:
    """Reads one run from the store, a step at a time."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._epochs: dict[int, Epoch] = {}
        self._means = _Means()
        self._recent: list[Batch] = []
        self._row = 0
        self._now: Snapshot | None = None

    def read(self) -> Snapshot:
        with self._lock:
            now = self._now
            if now is None or (time.monotonic() - self._read_at > FRESH_SECONDS):
                # What stands still is asked only whether it still does.
                run = store().get(self._run_id)
                if now is None or run != now.run:
                    now = self._now = self._step(run)
                self._read_at = time.monotonic()
            return now

    def _step(self, run: Run) -> Snapshot:
        for epoch in store().epochs(run.id, after=max(self._epochs, default=-1)):
            self._epochs[epoch.epoch] = epoch
        new, self._row = store().batches(run.id, self._row)
        self._means.add(new)
        self._recent = [*self._recent, *new][-SPEED_BATCHES:]
        epochs = tuple(self._epochs[number] for number in sorted(self._epochs))
        seen = Snapshot(run.id, run.recipe, epochs, self._means.stretches(), run, _steps_per_epoch(run))
        return replace(
            seen, images_per_second=self._speed(run), seconds_left=_seconds_left(seen, self._pace())
        )

    def _pace(self) -> float | None:
        """Seconds a batch, by the newest ones; the gap between two epochs, when validation is read, is left out."""
        gaps = [
            (later.seconds - earlier.seconds) / (later.step - earlier.step)
            for earlier, later in itertools.pairwise(self._recent)
            if later.step > earlier.step
        ]
        return float(np.mean(sorted(gaps)[: max(1, len(gaps) * 9 // 10)])) if len(gaps) >= 3 else None

    def _speed(self, run: Run) -> float | None:
        pace = self._pace() if run.status == "running" else None
        return run.recipe.batch_size / pace if pace else None


def _steps_per_epoch(run: Run) -> int | None:
    count = (run.learned_from or {}).get("count")
    return -(-int(count) // run.recipe.batch_size) if count else None


def _seconds_left(seen: Snapshot, pace: float | None) -> float | None:
    run, last = seen.run, seen.batches.last
    if run is None or run.status != "running" or last is None or pace is None or not seen.steps_per_epoch:
        return None
    until = min(run.until_epoch or run.recipe.epochs, run.recipe.epochs)
    done = (last.step + 1) / seen.steps_per_epoch
    finished = [epoch for epoch in seen.epochs if epoch.epoch > 0]
    if len(finished) >= 2:  # with validation and what else an epoch has
        recent = finished[-4:]
        epoch_seconds = (recent[-1].seconds - recent[0].seconds) / (recent[-1].epoch - recent[0].epoch)
    else:
        epoch_seconds = pace * seen.steps_per_epoch * 1.1  # reading the validation digits takes about a tenth
    return max(0.0, (until - done) * epoch_seconds)


_readers: OrderedDict[str, _Reader] = OrderedDict()
_readers_lock = threading.Lock()
