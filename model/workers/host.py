"""The process that holds this machine's scheduler and workers: `python -m model.workers.host ...`.

It says its address on standard output and then waits for the end of its standard input. The server that
started it holds the other end: when the server ends, however it ends, the input ends with it, and so do the
workers. Dask can't start them from the server itself, because each would run the server's main script anew.
"""

import argparse
import asyncio
import multiprocessing
import os
import sys
import tempfile

import dask.config
from distributed import Nanny, Scheduler, SpecCluster

from model.workers.duty import LOOK, SPARE, TRAINING

CONFIGURATION = {
    # A run that takes its worker with it is the store's to count.
    "distributed.scheduler.allowed-failures": 0,
    # A nanny starts a lost worker anew. Dask would end the nanny too if its worker, long after one loss,
    # happened to be lost a second time just then.
    "distributed.deploy.lost-worker-timeout": "8760 h",
    # Dask's own are for many small tables: they let every freed array go back to the system (a step of
    # training takes up and frees hundreds), and keep each computation on one thread.
    "distributed.nanny.pre-spawn-environ": {},
    # Its profiler looks at each thread a hundred times a second, its clock ticks fifty times.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    # Nothing here is spilled to a disk. A worker that needs nearly all it may have is ended by its nanny,
    # which says so.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
}

# Nobody outside this machine reaches it; and its dashboard stays closed.
SCHEDULER = {"host": "127.0.0.1", "port": 0, "dashboard": False, "dashboard_address": "127.0.0.1:0"}


async def hold(trainings: int, spares: int, memory: int, folder: str, address_file: int) -> None:
    """Holds the workers until the standard input ends.

    Args:
        trainings: how many workers there are to be for as many trainings at a time.
        spares: and how many more, which take over from one that is lost, and do looks meanwhile.
        memory: bytes that each of them may use.
        folder: for Dask's own files.
        address_file: the descriptor on which the address is said.
    """
    options = {"nthreads": 1, "memory_limit": memory, "local_directory": folder}
    worker = {"cls": Nanny, "options": {**options, "resources": {TRAINING: 1, LOOK: 1}}}
    names = [f"trainer-{number}" for number in range(trainings)] + [SPARE] * spares
    async with SpecCluster(
        scheduler={"cls": Scheduler, "options": SCHEDULER},
        workers=dict.fromkeys(names, worker),
        asynchronous=True,
    ) as cluster:
        os.write(address_file, f"{cluster.scheduler_address}\n".encode())
        os.close(address_file)
        await asyncio.to_thread(sys.stdin.read)
        # A training would take its time to end; what it has finished is in the store.
        for child in multiprocessing.active_children():
            child.kill()


def main() -> None:
    """Reads the command line, holds the workers, and takes care that nothing outlives them."""
    arguments = argparse.ArgumentParser()
    for name in ("trainings", "spares", "memory"):
        arguments.add_argument(name, type=int)
    chosen = arguments.parse_args()
    # What workers print must go elsewhere than into the address.
    address_file = os.dup(1)
    os.dup2(2, 1)
    own_folder = tempfile.TemporaryDirectory(prefix="digit-lab-", ignore_cleanup_errors=True)
    with own_folder as folder, dask.config.set(CONFIGURATION):
        asyncio.run(hold(chosen.trainings, chosen.spares, chosen.memory, folder, address_file))


if __name__ == "__main__":
    main()
