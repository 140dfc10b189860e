"""What happens in a worker: it gets ready, and takes up runs of the store."""

import asyncio
import logging
import os
from pathlib import Path

from distributed import Worker, WorkerPlugin, secede

from model.runs.store import RunStore
from model.workers.calls import WORK_ON, call, load
from model.workers.identity import worker_name

# What Dask counts in a worker: its places for trainings and for looks, and whether TensorFlow is loaded.
TRAINING, LOOK, WARM = "training", "look", "warm"
SPARE = "spare"  # the name of a worker that is there in case another is lost
SPARE_SECONDS = 10.0  # it warms up when the others have: whoever waits, waits for them

log = logging.getLogger(__name__)


class Readiness(WorkerPlugin):
    """Gets every worker of a cluster ready, also those that join later.

    Each gets a place for one training, and one for each of its threads for looks, unless it was started with
    places of its own; and it imports TensorFlow, which takes seconds, before anybody waits for that.

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
        self._warming_up = asyncio.create_task(_warm_up(worker))


async def _warm_up(worker: Worker) -> None:
    if worker.name == SPARE:
        await asyncio.sleep(SPARE_SECONDS)
    try:
        await asyncio.to_thread(load, WORK_ON)
    except Exception:
        # Whoever has work for this worker will hear the same, and can be told.
        log.exception("the worker could not warm up")
    else:
        await worker.set_resources(**{WARM: 1})


def train(folder: Path, url: str, run_id: str, attempt: int) -> bool:
    """Takes up a run, and works on it until it stands still or another attempt has taken it over.

    Args:
        folder: of the store.
        url: of the store.
        run_id: which run; nothing happens if it isn't queued any more.
        attempt: which attempt this is to be; nothing happens if there has been one of that number. So it is
            no matter that Dask does the work of a worker that died once more, elsewhere.

    Returns:
        Whether it was this attempt's to work on.
    """
    # Of the worker's threads this needs none: while it goes on, looks can use them.
    secede()
    store = RunStore(folder, url)
    try:
        if store.get(run_id).attempt + 1 != attempt:
            return False
        call(WORK_ON, store, run_id, worker_name())
        return True
    finally:
        store.close()
