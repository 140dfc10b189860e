"""The pulse of an attempt: a thread that keeps the store and a training in touch while it computes."""

import threading
import time
from contextlib import suppress
from types import TracebackType

from model.history import Batch
from model.runs.records import Attempt, Fenced, StoreError
from model.runs.store import RunStore

PULSE_SECONDS = 0.25
PATIENCE_SECONDS = 8.0  # for a store that doesn't answer: after 12 s of silence the run is given to another


class Pulse:
    """Four times a second: says that the worker lives, brings batch points, and hears what is wished.

    Used as a context, within which the thread runs. What the thread meets (the attempt is fenced off, the
    disk is full) is raised in the training, by ``check``.

    Args:
        store: where the run is.
        attempt: the right to write it.

    Attributes:
        wish: what was wished of the run when the store was last asked.
        until_epoch: the epoch after which it is to pause; None for none.
    """

    def __init__(self, store: RunStore, attempt: Attempt) -> None:
        self.wish = attempt.run.wish
        self.until_epoch = attempt.run.until_epoch
        self._store, self._attempt = store, attempt
        self._batches: list[Batch] = []
        self._stage: str | None = None
        self._error: Exception | None = None
        self._heard = time.monotonic()
        self._beating = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pulse of {attempt.run.id}", daemon=True)

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._batches and self._error is None:
            with suppress(Fenced, StoreError):  # the last points; what matters was recorded before
                self.beat()

    def add(self, batch: Batch) -> None:
        """Bring a batch's point with the next beat."""
        self._batches.append(batch)

    def stage(self, text: str) -> None:
        """Say with the next beat what the training is at."""
        self._stage = text

    def check(self) -> None:
        """Raise what the thread has met."""
        if self._error is not None:
            raise self._error

    def beat(self) -> None:
        """One beat, now.

        Raises:
            Fenced: the attempt no longer owns the run.
            StoreError: the store doesn't answer, or its disk is full.
        """
        with self._beating:
            batches, stage = self._batches[:], self._stage
            self.wish, self.until_epoch = self._store.pulse(self._attempt, batches, stage)
            del self._batches[: len(batches)]
            if stage == self._stage:
                self._stage = None
            self._heard = time.monotonic()

    def _run(self) -> None:
        while not self._over.wait(PULSE_SECONDS):
            try:
                self.beat()
            except StoreError as error:
                if error.errno is not None or time.monotonic() - self._heard > PATIENCE_SECONDS:
                    self._error = error
                    return
            except Exception as error:  # whatever it is, the training raises it
                self._error = error
                return
