"""What happens in a worker: it gets ready, and takes up runs of the store."""

import logging
import os
import threading
from pathlib import Path

from distributed import Worker, WorkerPlugin, secede

from model.runs.store import RunStore
from model.workers.calls import WORK_ON, call, load
from model.workers.identity import worker_name

TRAINING, LOOK = "training", "look"  # what Dask counts: a worker has so many places for each

log = logging.getLogger(__name__)


class Readiness(WorkerPlugin):
    """Gets every worker of a cluster ready, also those that join later.

    A worker that was started without places for our work gets one for a training and one for each of its
    threads for looks. One that may train imports TensorFlow at once: that takes seconds which then nobody
    waits for.

    Args:
        niceness: by how much its priority is lowered, so that the pages on the same machine stay quick.
    """

    name = "digit-lab"

    def __init__(self, niceness: int) -> None:
        self._niceness = niceness

    async def setup(self, worker: Worker) -> None:
        """Gets one worker ready, when it joins."""
        if self._niceness and hasattr(os, "nice"):
            os.nice(self._niceness)
        places = worker.state.total_resources
        if TRAINING not in places and LOOK not in places:
            await worker.set_resources(**{TRAINING: 1, LOOK: worker.state.nthreads})
        if TRAINING in worker.state.total_resources:
            threading.Thread(target=_warm_up, name="warm up", daemon=True).start()


def train(folder: Path, url: str, run_id: str, attempt: int) -> None:
    """Takes up a run, and works on it until it stands still or another attempt has taken it over.

    Args:
        folder: of the store.
        url: of the store.
        run_id: which run; nothing happens if it isn't queued any more.
        attempt: which attempt this is to be; nothing happens if there has been one of that number. So it is
            no matter that Dask does the work of a worker that died once more, elsewhere.
    """
    # Of the worker's threads this needs none: while it goes on, looks can use them.
    secede()
    store = RunStore(folder, url)
    try:
        if store.get(run_id).attempt + 1 == attempt:
            call(WORK_ON, store, run_id, worker_name())
    finally:
        store.close()


def _warm_up() -> None:
    try:
        load(WORK_ON)
    except Exception:
        # Whoever has work for this worker will hear the same, and can be told.
        log.exception("the worker could not warm up")
