"""One snapshot of a run for everybody who watches it, read from the store step by step.

However many watch, the store is asked at most once in `FRESH_SECONDS`, and only for what is new.
"""

import itertools
import threading
import time
from collections import OrderedDict
from dataclasses import replace
from functools import cache

import numpy as np

from app.seen import Means, Snapshot
from app.workroom import store
from model.checkpoint import bundled_names, checkpoint_history, load_checkpoint
from model.history import Batch, Epoch
from model.runs.records import Run

FRESH_SECONDS = 0.4  # less than the tick of a page, so that each tick finds something new
MOST_READERS = 64  # runs that are watched or compared at a time
AT_ONCE = 2000  # batches read in one go: a long run has a hundred thousand, and this memory is everybody's
SPEED_BATCHES = 40  # the newest batches, by which the speed is measured


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


def _reader(run_id: str) -> "_Reader":
    with _readers_lock:
        reader = _readers.setdefault(run_id, _Reader(run_id))
        _readers.move_to_end(run_id)
        while len(_readers) > MOST_READERS:
            _readers.popitem(last=False)
    return reader


@cache
def _bundled(name: str) -> Snapshot:
    return Snapshot(name, load_checkpoint(name).recipe, checkpoint_history(name), Means().stretches())


class _Reader:
    """Reads one run from the store, a step at a time."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._epochs: dict[int, Epoch] = {}
        self._means = Means()
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
        while True:
            new, self._row = store().batches(run.id, self._row, AT_ONCE)
            self._means.add(new)
            self._recent = [*self._recent, *new][-SPEED_BATCHES:]
            if len(new) < AT_ONCE:
                break
        epochs = tuple(self._epochs[number] for number in sorted(self._epochs))
        seen = Snapshot(run.id, run.recipe, epochs, self._means.stretches(), run, _steps_per_epoch(run))
        return replace(
            seen, images_per_second=self._speed(run), seconds_left=_seconds_left(seen, self._pace())
        )

    def _pace(self) -> float | None:
        """Seconds a batch, by the newest ones; without the gap between epochs, when validation is read."""
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
