"""Trainings on the terminal: carried out with a progress bar, and told in lines."""

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from model.history import Batch, Epoch
from model.runs.life import STANDING
from model.runs.records import Run
from model.workers.identity import has_died, worker_name

if TYPE_CHECKING:
    from model.runs.store import RunStore
    from model.workers.foreman import Foreman

SCHEDULER_VARIABLE = "DIGIT_LAB_SCHEDULER"
FOLLOW_SECONDS = 0.3  # between two looks at a run that is trained elsewhere


def carry_out(store: "RunStore", queue: Callable[[], str], data: Path | None) -> tuple[Run, bool]:
    """See a run through to where it stands still, with a progress bar on standard error.

    It is trained in this process; with DIGIT_LAB_SCHEDULER set by the workers of that scheduler, and followed
    here. Ctrl-C pauses it; a second one breaks off at once.

    Args:
        store: where the run is.
        queue: puts the run into the queue and returns its id. Called when all is ready, so that no worker of
            a dashboard takes it up first; if one does, the run is followed.
        data: a folder with the data's files; None for where they are usually found.

    Returns:
        The run as it stands then, and whether Ctrl-C was pressed.

    Raises:
        ValueError: a data folder of this machine is given for workers that may be elsewhere.
        KeyboardInterrupt: Ctrl-C was pressed before the run was in the queue, or twice.
    """
    with _interruption() as asked:
        if os.environ.get(SCHEDULER_VARIABLE):
            if data is not None:
                raise ValueError(
                    f"--data {data} is a folder of this machine, but {SCHEDULER_VARIABLE} names workers that "
                    "may be elsewhere: set DIGIT_LAB_DATA where they run"
                )
            from model.workers.foreman import Foreman

            foreman = Foreman(store)
            try:
                run = _follow(store, queue(), asked, foreman)
            finally:
                foreman.close()
        else:
            run = _train_here(store, queue, data, asked)
    return run, asked.is_set()


def _train_here(
    store: "RunStore", queue: Callable[[], str], data: Path | None, asked: threading.Event
) -> Run:
    from model.learning.events import EpochEnd, Event  # not above: Keras takes seconds to import
    from model.learning.work import work_on

    if asked.is_set():
        raise KeyboardInterrupt
    run_id = queue()
    while True:
        with Bar(store, run_id) as bar:

            def report(event: Event, bar: Bar = bar) -> bool:
                if isinstance(event, Batch):
                    bar.batch(event)
                elif isinstance(event, EpochEnd):
                    bar.epoch(event.epoch)
                return asked.is_set()

            work_on(store, run_id, worker_name(), data, report)
        run = _follow(store, run_id, asked, None)
        if run.status != "queued":
            return run


def resume(store: "RunStore", run_id: str) -> str:
    """Put a run that stands still back into the queue, also one whose process ended without a word.

    Returns:
        Its id.

    Raises:
        RunError: there is no such run, or it is done.
    """
    run = store.get(run_id)
    if run.status == "running" and has_died(run.worker):
        store.lose(run_id, run.attempt, "its process has ended")
    return store.wish(run_id, "run").id


def _follow(store: "RunStore", run_id: str, asked: threading.Event, foreman: "Foreman | None") -> Run:
    """Tell what others do with a run, until it stands still; without a foreman also until it is queued."""
    run, row, problem = store.get(run_id), 0, ""
    if run.status in STANDING or (foreman is None and run.status == "queued"):
        return run
    epoch = run.epoch
    with Bar(store, run_id) as bar:
        while True:
            run = store.get(run_id)  # first, so that nothing comes after what is read below
            batches, row = store.batches(run_id, row)
            for batch in batches:
                bar.batch(batch)
            for record in store.epochs(run_id, epoch):
                bar.epoch(record)
                epoch = record.epoch
            if run.status in STANDING or (foreman is None and run.status == "queued"):
                return run
            if foreman is None:
                store.lost()
            if asked.is_set() and run.wish == "run":
                store.wish(run_id, "pause")
            if foreman is not None and foreman.problem != problem:
                problem = foreman.problem
                bar.say(problem or "the workers are there again")
            time.sleep(FOLLOW_SECONDS)


class Bar:
    """A training's progress: a line for every epoch, and under them a bar that counts batches.

    Args:
        store: where the run is.
        run_id: which.
    """

    def __init__(self, store: "RunStore", run_id: str) -> None:
        self._store, self._run_id = store, run_id
        self._bar: tqdm | None = None

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def say(self, sentence: str) -> None:
        """A line above the bar."""
        tqdm.write(sentence, file=sys.stderr)

    def epoch(self, record: Epoch) -> None:
        """An epoch is finished."""
        self.say(epoch_line(record))

    def batch(self, batch: Batch) -> None:
        """A batch is through. The first one is when it is known how many there will be."""
        if self._bar is None:
            run = self._store.get(self._run_id)
            learned = run.learned_from or {}
            self.say(f"Learning from {learned['count']:,} digits. {learned['source']}")
            steps = run.recipe.epochs * math.ceil(learned["count"] / run.recipe.batch_size)
            self._bar = tqdm(
                total=steps, initial=batch.step, unit="batch", disable=None, file=sys.stderr, leave=False
            )
        self._bar.update(batch.step + 1 - self._bar.n)


@contextmanager
def _interruption() -> Iterator[threading.Event]:
    """Within it, the first Ctrl-C only sets the event; the second acts as usual."""
    asked = threading.Event()

    def on_interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        asked.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def epoch_line(record: Epoch) -> str:
    """An epoch's record in a line."""
    parts = []
    if record.loss is not None:
        parts += [f"loss {record.loss:.4f}", f"accuracy {record.accuracy:.2%}"]
    if record.validation_accuracy is not None:
        parts += [
            f"validation loss {record.validation_loss:.4f}",
            f"validation accuracy {record.validation_accuracy:.2%}",
        ]
    parts += [f"rate {record.learning_rate:.2g}", f"{record.seconds:.0f} s"]
    watch = record.watch
    if watch is not None and watch.reason == "dropped":
        parts.append(f"rate lowered to {watch.rate_after:.2g}: no better validation {watch.monitor}")
    return f"epoch {record.epoch}: {', '.join(parts)}"


def run_line(run: Run, last: Epoch | None) -> str:
    """A run in a line: its id, where it stands, and the validation accuracy of its last epoch."""
    reached = f"epoch {max(run.epoch, 0)} of {run.recipe.epochs}"
    read = "" if last is None or last.validation_accuracy is None else f"{last.validation_accuracy:.2%}"
    line = f"{run.id:<42} {run.status:<8} {reached:<18} {read:>7}  {run.recipe.name}"
    return f"{line} ({run.reason})" if run.reason else line


def run_record(run: Run) -> dict[str, Any]:
    """A run in JSON, without its owner's token, recipe and notes."""
    return {
        "run": run.id,
        "name": run.recipe.name,
        "dataset": run.recipe.dataset,
        "status": run.status,
        "reason": run.reason,
        "epoch": run.epoch,
        "epochs": run.recipe.epochs,
        "attempt": run.attempt,
        "created": run.created,
        "parent": None if run.parent is None else f"{run.parent[0]}:{run.parent[1]}",
        "learned_from": None if run.learned_from is None else dict(run.learned_from),
    }
