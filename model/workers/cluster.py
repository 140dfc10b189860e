"""The way to the workers: a cluster of this machine's own, or the one that DIGIT_LAB_SCHEDULER names."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dask.system import CPU_COUNT
from distributed import Client, Future
from distributed.system import MEMORY_LIMIT

from model.workers.calls import call
from model.workers.duty import LOOK, TRAINING, WARM, Readiness, train

SCHEDULER_VARIABLE = "DIGIT_LAB_SCHEDULER"
ROOT = Path(__file__).resolve().parents[2]

NICENESS = 5  # of 19: a page comes first, and another program that is busy leaves a training its third
CORES_PER_TRAINING = 2  # a second core nearly halves a training's time, a third one helps little
MEMORY_PER_TRAINING = 2_500_000_000  # bytes: TensorFlow takes 700 MB, MNIST 400 MB, a large network the rest
MEMORY_SHARE = 0.8  # of this machine's, for all workers together
SECONDS_TO_ANSWER = 10
PREFIX = "train-"  # of the names that trainings have in the cluster
UNMANNED_SECONDS = 60.0  # without a single worker of our own: on a slow machine one takes its time to start
SILENT_SECONDS = 6.0  # behind the others: workers are heard of twice a second, a busy one less often
OUT_OF_MEMORY = "worker-restart-memory"  # what a nanny says that ends a worker for its memory

# Of a connection that is lost it prints all the errors on the way; the foreman says it in a sentence.
logging.getLogger("distributed.client").setLevel(logging.CRITICAL)


class ClusterError(RuntimeError):
    """There is no way to the workers, in plain words."""


class Cluster:
    """A connection to a scheduler and its workers, all of them ready for our work.

    Args:
        address: of a scheduler, as `tcp://host:8786` or `tls://host:8786` (its certificates are named in
            Dask's own configuration); None for a scheduler and workers in processes of this machine, which
            end with this one.
        log: the file for what those processes say.
        memory: bytes that each of those workers may use; None for a fair share of this machine's.

    Attributes:
        is_own: whether its processes are this one's.

    Raises:
        ClusterError: nobody answers, or the processes could not start.
    """

    def __init__(self, address: str | None, log: Path, memory: int | None = None) -> None:
        self.is_own = address is None
        self._most_trainings = most_trainings() if self.is_own else sys.maxsize
        self._host = _start_host(log, memory) if self.is_own else None
        try:
            address = address or self._said_address(log)
            # A client of ours and nobody's default: a page's own use of Dask would be none of our business.
            self._client = Client(address, set_as_default=False, timeout=SECONDS_TO_ANSWER)
        except (OSError, TypeError, ValueError) as error:
            self._end_host()
            raise ClusterError(f"the scheduler {address} doesn't answer ({error})") from error
        self._manned = time.monotonic()
        self._client.register_plugin(Readiness(NICENESS if self.is_own else 0))

    def is_well(self) -> bool:
        """Whether the connection stands and, where the workers are ours, there are any (or soon will be)."""
        if self._client.status != "running":
            return False
        if self._host is None:
            return True
        if self._workers():
            self._manned = time.monotonic()
        return self._host.poll() is None and time.monotonic() < self._manned + UNMANNED_SECONDS

    def slots(self) -> int:
        """How many trainings the workers can do at a time, as of now."""
        places = sum(worker["resources"].get(TRAINING, 0) for worker in self._workers().values())
        return int(min(places, self._most_trainings))

    def is_awake(self) -> bool:
        """Whether a worker that answers has TensorFlow loaded."""
        return any(WARM in worker["resources"] for worker in self._answering_workers().values())

    def free_workers(self) -> list[str]:
        """The addresses of the workers with a place for a training, the warm ones first.

        Dask itself counts a worker's places only when it begins: it would let work wait behind a training.
        """
        doing = self._client.processing()
        free = {
            address: WARM in worker["resources"]
            for address, worker in self._answering_workers().items()
            if worker["resources"].get(TRAINING, 0) > sum(map(_is_training, doing.get(address, ())))
        }
        return sorted(free, key=lambda address: not free[address])

    def train(self, key: str, worker: str, *arguments: object) -> Future:
        """Hands a run to a worker.

        Args:
            key: the attempt's name; an attempt that is being made isn't made twice.
            worker: the address of one that is free; another will do if it is lost just now.
            arguments: as for ``model.workers.duty.train``.
        """
        return self._submit(TRAINING, [worker], train, *arguments, key=PREFIX + key)

    def look(self, path: str, *arguments: object) -> Future:
        """Hands out work that is no training, to a worker that isn't training if there is one."""
        doing = self._client.processing()
        idle = [
            address
            for address in self._answering_workers()
            if not any(map(_is_training, doing.get(address, ())))
        ]
        return self._submit(LOOK, idle or None, call, path, *arguments)

    def is_placed(self, key: str) -> bool:
        """Whether some worker that answers has an attempt in hand."""
        doing = self._client.processing()
        return any(PREFIX + key in doing.get(address, ()) for address in self._answering_workers())

    def was_lost(self, key: str) -> bool:
        """Whether a worker with an attempt in hand has left the cluster."""
        return any(
            event.get("action") == "remove-worker" and PREFIX + key in event["processing-tasks"]
            for _, event in self._client.get_events("all")
        )

    def memory_victims(self) -> set[int]:
        """Process ids of the workers that have been ended because they used too much memory."""
        events = self._client.get_events(OUT_OF_MEMORY)
        return {event["pid"] for _, event in events}

    def close(self) -> None:
        """Ends the connection, and the processes if they are this one's."""
        self._client.close(timeout=2)
        self._end_host()

    def _workers(self) -> dict[str, Any]:
        workers: dict[str, Any] = self._client.scheduler_info()["workers"]
        return workers

    def _answering_workers(self) -> dict[str, Any]:
        """Without those that have fallen silent: Dask itself waits for minutes before it gives one up."""
        workers = self._workers()
        newest = max((worker["last_seen"] for worker in workers.values()), default=0.0)
        return {
            address: worker
            for address, worker in workers.items()
            if worker["last_seen"] > newest - SILENT_SECONDS
        }

    def _submit(
        self,
        place: str,
        workers: list[str] | None,
        function: Callable[..., object],
        *arguments: object,
        key: str | None = None,
    ) -> Future:
        return self._client.submit(
            function,
            *arguments,
            key=key,
            pure=False,
            retries=0,
            resources={place: 1},
            workers=workers,
            allow_other_workers=workers is not None,
        )

    def _said_address(self, log: Path) -> str:
        assert self._host is not None
        assert self._host.stdout is not None
        address = self._host.stdout.readline().strip()
        if not address:
            raise ClusterError(f"the workers could not start; {log} says why")
        return address

    def _end_host(self) -> None:
        if self._host is None:
            return
        assert self._host.stdin is not None
        assert self._host.stdout is not None
        self._host.stdin.close()
        try:
            self._host.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._host.kill()
            self._host.wait()
        self._host.stdout.close()


def open_cluster(log: Path, memory: int | None = None) -> Cluster:
    """The cluster that DIGIT_LAB_SCHEDULER names, or one of this machine's own; see ``Cluster``."""
    return Cluster(os.environ.get(SCHEDULER_VARIABLE) or None, log, memory)


def most_trainings() -> int:
    """How many trainings this machine can do at a time."""
    return int(max(1, min(CPU_COUNT // CORES_PER_TRAINING, MEMORY_LIMIT // MEMORY_PER_TRAINING)))


def _is_training(key: object) -> bool:
    return str(key).startswith(PREFIX)


def _start_host(log: Path, memory: int | None) -> subprocess.Popen[str]:
    trainings = most_trainings()
    spares = 0 if MEMORY_PER_TRAINING * (trainings + 1) > MEMORY_LIMIT else 1
    memory = memory or int(MEMORY_SHARE * MEMORY_LIMIT / (trainings + spares))
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-P", "-m", "model.workers.host", str(trainings), str(spares), str(memory)]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as said:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
            # Ctrl-C is the server's: it has things to do before its workers end. No session of its own, or
            # Linux would share the processor between sessions, whatever the workers' priority.
            process_group=0,
        )
