"""The foreman: a thread that keeps the store of runs and the workers together.

The store is the truth. Dask forgets what it was asked when its scheduler dies, may do work twice, and can't
stop what it has begun; so it is only told to take up a run, and what becomes of the run is read in the store.
There may be several foremen for a store: a run is claimed once, and each attempt has one name in the cluster.
"""

import logging
import os
import queue
import signal
import threading
import time
from collections import Counter
from concurrent.futures import Future as Result
from concurrent.futures import InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from model.runs.queue import order
from model.runs.records import Attempt, Fenced, NoRunError, Run, RunError, StoreError
from model.runs.store import RunStore
from model.workers.identity import has_died, process_of

if TYPE_CHECKING:
    from distributed import Future

    from model.workers.cluster import Cluster

BUSY_SECONDS = 0.3  # between two looks at the store while there is something to do
IDLE_SECONDS = 2.0  # and while there isn't
SLEPT_SECONDS = 6.0  # a gap between two looks: then this machine slept, and its workers with it
PATIENCE_SECONDS = 12.0  # for their first heartbeat thereafter
PLACED_SECONDS = 3.0  # until what was handed out has surely reached the scheduler
MOST_FALSE_STARTS = 3  # workers that may die before one of them takes up a certain run
MOST_UNFINISHED = 10_000

MEMORY_RAN_OUT = "memory ran out: try smaller batches, fewer filters or fewer units"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Given:
    """An attempt that was handed to a worker, and its name in the cluster."""

    key: str
    attempt: int
    future: "Future"
    since: float  # on the monotonic clock


@dataclass(frozen=True)
class _Look:
    """Work that is not a training, and where its result goes."""

    result: Result
    path: str
    arguments: tuple[object, ...]


class Foreman:
    """Hands queued runs to workers, in fair order, and hears when one of them is lost.

    It begins at once, in a thread of its own. Workers are started only when there is work.

    Args:
        store: the runs.
        memory: bytes that each of this machine's workers may use; None for a fair share.

    Attributes:
        problem: why no work gets done at present, in plain words; "" when all is well.
        slots: how many trainings the workers can do at a time, as far as is known.
        is_awake: whether one of them has TensorFlow loaded, as far as is known.
    """

    def __init__(self, store: RunStore, memory: int | None = None) -> None:
        self.problem, self.slots, self.is_awake = "", 1, False
        self._store, self._memory = store, memory
        self._cluster: Cluster | None = None
        self._given: dict[str, _Given] = {}
        self._false_starts: Counter[str] = Counter()
        self._asked: queue.SimpleQueue[_Look] = queue.SimpleQueue()
        self._asking, self._is_closed = threading.Lock(), False  # whether anybody takes up what is asked
        self._looking: dict[Future, _Look] = {}
        self._looked = time.time()
        self._patient_until = 0.0
        self._woken, self._closing = threading.Event(), threading.Event()
        self._opening = False  # whether workers are wanted before there is work for them
        self._thread = threading.Thread(target=self._run, name="foreman", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Lets it look at the store now."""
        self._woken.set()

    def open(self) -> None:
        """Starts the workers, though there is no work for them yet."""
        self._opening = True
        self.wake()

    def look(self, path: str, *arguments: object) -> "Result[Any]":
        """Lets a worker do what is no training; it waits for no training.

        Args:
            path: "module:function", one of ``model.workers.calls.CALLS``.
            arguments: what it gets.

        Returns:
            The future result; where the workers were closed before it was there, the future RuntimeError.
        """
        look = _Look(Result(), path, arguments)
        with self._asking:
            is_closed = self._is_closed
            if not is_closed:
                self._asked.put(look)
        if is_closed:
            _call_off(look)
        self.wake()
        return look.result

    def close(self) -> None:
        """Gives back what is being worked on, to go on later, and ends the workers if they are ours."""
        self._closing.set()
        self.wake()
        self._thread.join()

    def _run(self) -> None:
        is_busy = True
        while not self._closing.is_set():
            try:
                is_busy = self._tick()
                self.problem = ""
            except StoreError as error:
                self._say_problem(error)  # the workers are well: who trains bears with the store as well
                is_busy = False
            except Exception as error:
                # Whatever it is, runs are waiting: it tries again, with new workers.
                self._say_problem(error)
                self._leave_cluster()
                is_busy = False
            self._woken.wait(BUSY_SECONDS if is_busy else IDLE_SECONDS)
            self._woken.clear()
        self._give_back()
        self._leave_cluster()
        with self._asking:
            self._is_closed = True
        while not self._asked.empty():
            _call_off(self._asked.get())

    def _say_problem(self, error: Exception) -> None:
        if self.problem != str(error):
            log.warning("no work gets done at present: %s", error)
        self.problem = str(error)

    def _tick(self) -> bool:
        """One look at everything; returns whether there is anything going on."""
        unfinished = self._store.find(statuses=("queued", "running"), most=MOST_UNFINISHED)
        self._find_lost([run for run in unfinished if run.status == "running"])
        if self._cluster is not None and not self._cluster.is_well():
            self._leave_cluster()
        if self._cluster is not None:
            self._collect(self._cluster)
        waiting = any(run.status == "queued" for run in unfinished) or not self._asked.empty()
        if (waiting or self._opening) and self._cluster is None:
            from model.workers.cluster import open_cluster

            self._cluster = open_cluster(self._store.folder / "workers.log", self._memory)
        self._opening = False
        self.is_awake = self._cluster is not None and self._cluster.is_awake()
        if waiting and self._cluster is not None:
            self._hand_out(self._cluster)
        return bool(unfinished or self._given or self._looking)

    def _find_lost(self, running: list[Run]) -> None:
        workers = {run.id: run.worker for run in running}
        for run in running:
            if run.id not in self._given and has_died(run.worker):
                self._store.lose(run.id, run.attempt, "its process has ended")
        # Who wakes from a sleep must not take the silence of those that slept as well for death.
        now, gap = time.time(), time.time() - self._looked
        self._looked = now
        if gap > SLEPT_SECONDS:
            self._patient_until = now + PATIENCE_SECONDS
        if now < self._patient_until:
            return
        for run_id in self._store.lost():
            given = self._given.pop(run_id, None)
            if given is not None:
                given.future.release()
                if self._cluster is not None and self._cluster.is_own and run_id in workers:
                    _end_worker(workers[run_id])  # it hangs, and its place is needed

    def _collect(self, cluster: "Cluster") -> None:
        """Takes in what workers have finished, or died of."""
        for run_id, given in list(self._given.items()):
            if given.future.done():
                del self._given[run_id]
                try:
                    self._see_to(cluster, self._store.get(run_id), given)
                except NoRunError:
                    log.info("run %s was deleted meanwhile", run_id)
        for future, look in list(self._looking.items()):
            if future.done():
                del self._looking[future]
                _deliver(future, look.result)

    def _see_to(self, cluster: "Cluster", run: Run, given: _Given) -> None:
        """What becomes of a run whose attempt is over in the cluster; mostly the store says it already."""
        error = given.future.exception() if given.future.status == "error" else None
        if run.status == "running" and run.attempt == given.attempt:
            if process_of(run.worker) in cluster.memory_victims():
                self._end(Attempt(run, run.attempt, run.worker), "failed", MEMORY_RAN_OUT)
            elif error is not None or cluster.was_lost(given.key):
                self._store.lose(run.id, given.attempt, "its process was killed")
            # else the scheduler forgot it, but a worker may be at it: its heartbeat tells
        elif run.status == "queued" and run.attempt < given.attempt and error is not None:
            self._false_starts[run.id] += 1
            if self._false_starts[run.id] >= MOST_FALSE_STARTS or not _is_death(error):
                del self._false_starts[run.id]
                attempt = self._store.claim(run.id, "foreman")
                if attempt is not None:
                    self._end(attempt, "failed", f"no worker could begin it: {error}")

    def _hand_out(self, cluster: "Cluster") -> None:
        while not self._asked.empty():
            look = self._asked.get()
            try:
                future = cluster.look(look.path, *look.arguments)
            except Exception as error:
                look.result.set_exception(error)  # nobody else would ever tell whoever waits
                raise
            future.add_done_callback(lambda _: self.wake())
            self._looking[future] = look
        # Read anew: what was lost just now is queued again.
        unfinished = self._store.find(statuses=("queued", "running"), most=MOST_UNFINISHED)
        self._take_back([run.id for run in unfinished if run.status == "queued"], cluster)
        taken_up = [run for run in unfinished if run.status == "running" or run.id in self._given]
        queued = [run for run in unfinished if run not in taken_up]
        self.slots = cluster.slots()
        runs = order(queued, taken_up)[: max(0, self.slots - len(self._given))]
        for run, worker in zip(runs, cluster.free_workers() if runs else (), strict=False):
            attempt = run.attempt + 1
            key = f"{run.id}-{attempt}"
            future = cluster.train(key, worker, self._store.folder, self._store.url, run.id, attempt)
            future.add_done_callback(lambda _: self.wake())
            self._given[run.id] = _Given(key, attempt, future, time.monotonic())

    def _take_back(self, queued: list[str], cluster: "Cluster") -> None:
        """Takes back what no worker has, one having gone just before it came: Dask would wait for another."""
        late = time.monotonic() - PLACED_SECONDS
        for run_id in self._given.keys() & set(queued):
            given = self._given[run_id]
            if given.since < late and not given.future.done() and not cluster.is_placed(given.key):
                given.future.release()
                del self._given[run_id]

    def _give_back(self) -> None:
        """Puts the runs of workers that will end with this process back into the queue; that is no loss."""
        if self._cluster is None or not self._cluster.is_own:
            return
        for run_id, given in self._given.items():
            try:
                run = self._store.get(run_id)
                if run.status == "running" and run.attempt == given.attempt:
                    self._end(Attempt(run, run.attempt, run.worker), "queued", "")
            except RunError as error:
                log.warning("run %s could not be given back: %s", run_id, error)

    def _end(self, attempt: Attempt, status: str, reason: str) -> None:
        try:
            self._store.end(attempt, status, reason)
        except Fenced:
            log.info("run %s had ended by itself", attempt.run.id)

    def _leave_cluster(self) -> None:
        cluster, self._cluster, self.is_awake = self._cluster, None, False
        self._given.clear()
        for look in self._looking.values():
            _call_off(look)
        self._looking.clear()
        if cluster is not None:
            cluster.close()


def _call_off(look: _Look) -> None:
    with suppress(InvalidStateError):  # whoever asked has cancelled it meanwhile
        look.result.set_exception(RuntimeError("the workers were closed"))


def _deliver(future: "Future", result: Result) -> None:
    try:
        if future.status == "finished":
            result.set_result(future.result())
        else:
            result.set_exception(future.exception() or RuntimeError("the workers were lost"))
    except Exception as error:  # what was found lies with a worker that has gone meanwhile
        result.set_exception(error)
        raise


def _is_death(error: BaseException) -> bool:
    from distributed import KilledWorker

    return isinstance(error, KilledWorker)


def _end_worker(worker: str) -> None:
    pid = process_of(worker)
    if pid is not None and not has_died(worker):
        os.kill(pid, signal.SIGKILL)
