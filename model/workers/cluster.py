"""The way to the workers: a cluster of this machine's own, or the one that DIGIT_LAB_SCHEDULER names."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dask.system import CPU_COUNT
from distributed import Client, Future
from distributed.system import MEMORY_LIMIT

from model.workers.duty import TRAINING, Readiness

SCHEDULER_VARIABLE = "DIGIT_LAB_SCHEDULER"
ROOT = Path(__file__).resolve().parents[2]

NICENESS = 10  # of 19: enough for a page to come first, not so much that another program starves a training
CORES_PER_TRAINING = 2  # a second core nearly halves a training's time, a third one helps little
MEMORY_PER_TRAINING = 2_500_000_000  # bytes: TensorFlow takes 700 MB, MNIST 400 MB, a large network the rest
MEMORY_SHARE = 0.8  # of this machine's, for all workers together
SECONDS_TO_ANSWER = 10
OUT_OF_MEMORY = "worker-restart-memory"  # what a nanny says that ends a worker for its memory


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
        self._host = _start_host(log, memory) if address is None else None
        try:
            address = address or self._said_address(log)
            # A client of ours and nobody's default: a page's own use of Dask would be none of our business.
            self._client = Client(address, set_as_default=False, timeout=SECONDS_TO_ANSWER)
        except (OSError, TypeError, ValueError) as error:
            self._end_host()
            raise ClusterError(f"the scheduler {address} doesn't answer ({error})") from error
        self._client.register_plugin(Readiness(NICENESS if self.is_own else 0))

    def is_well(self) -> bool:
        """Whether the connection stands."""
        return self._client.status == "running" and (self._host is None or self._host.poll() is None)

    def trainings(self) -> int:
        """How many trainings the workers can do at a time, as of now."""
        workers = self._client.scheduler_info()["workers"].values()
        return int(sum(worker["resources"].get(TRAINING, 0) for worker in workers))

    def submit(self, key: str, place: str, function: Callable[..., object], *arguments: object) -> Future:
        """Hands work to a worker with room for it.

        Args:
            key: the work's name; work of a name that is being done already isn't done twice.
            place: what it takes, ``TRAINING`` or ``LOOK``.
            function: of a module that the workers can import.
            arguments: what it gets.
        """
        return self._client.submit(
            function, *arguments, key=key, pure=False, resources={place: 1}, retries=0
        )

    def memory_victims(self) -> set[int]:
        """Process ids of the workers that have been ended because they used too much memory."""
        events = self._client.get_events(OUT_OF_MEMORY)
        return {event["pid"] for _, event in events}

    def close(self) -> None:
        """Ends the connection, and the processes if they are this one's."""
        self._client.close(timeout=2)
        self._end_host()

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


def _start_host(log: Path, memory: int | None) -> subprocess.Popen[str]:
    trainings = max(1, min(CPU_COUNT // CORES_PER_TRAINING, MEMORY_LIMIT // MEMORY_PER_TRAINING))
    looks = max(1, CPU_COUNT // 2)
    memory = memory or int(MEMORY_SHARE * MEMORY_LIMIT / (trainings + 1))
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-P", "-m", "model.workers.host", str(trainings), str(looks), str(memory)]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as said:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is the server's: it has things to do before its workers end
        )
