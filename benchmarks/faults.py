"""What becomes of trainings when something dies: workers, servers, schedulers, a disk without room, memory.

    python -m benchmarks.faults [--workers 100] [--servers 20] [--stops 3] [--schedulers 10] [--disks 3]
                                [--memory 3] [--seed 1] [--json]

Each number says how often that is done to small runs on mini, at random moments; 0 leaves it out:

- workers: the worker is killed with SIGKILL, at most twice in a run (which goes on
  elsewhere three times, then it is given up);
- servers: the dashboard is killed with SIGKILL, its workers have to end by themselves, and the next server on
  the same store has to find the run and go on (its seconds count from its first answer);
- stops: a worker of two behind an external scheduler is stopped with SIGSTOP for 30 s and then goes on: its
  run has to go on elsewhere meanwhile, and what the stopped one still writes must not count;
- schedulers: the external scheduler is killed and started anew, its workers too where they end with it;
- disks: the store lies on a small tmpfs that is full before the run is through: it has to pause, with its
  reason and all earlier epochs, and to go on when there is room again (takes the right to mount);
- memory: a training that takes more memory than a worker may use: it has to fail with that reason.

After each fault and at each end the store is examined: every run has to be done, each of its epochs recorded
once and readable, no finished epoch lost, none redone but the one in hand, and no run left "running" by a
dead worker for more than 30 s. Linux only. The status is 1 if any of it doesn't hold.
"""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from sqlalchemy import make_url

from benchmarks.dashboard import Dashboard
from benchmarks.external_cluster import External
from benchmarks.figures import parser, report
from model.layers import Activation, Conv2D, Dense, Flatten
from model.presets import PRESETS
from model.runs.records import Run
from model.runs.store import RunStore
from model.workers.foreman import MEMORY_RAN_OUT, Foreman
from model.workers.identity import has_died, process_of

EPOCHS = 12
RECIPE = replace(PRESETS["tiny"], dataset="mini", epochs=EPOCHS)
KILLS_A_RUN = 2
SPAN_SECONDS = 5.0  # from a worker's claim to the kill, at most: about what a whole run takes
LEFT_RUNNING_SECONDS = 30.0
STOP_SECONDS = 30.0
PATIENCE_SECONDS = 180.0


class Findings:
    """What was counted, and what went wrong.

    Attributes:
        faults: Faults that were done.
        orphaned: Seconds from each until no dead worker was said to be at the run.
        resumed: Seconds from each until another attempt was at it.
        wrong: What must not be, a sentence each.
    """

    def __init__(self) -> None:
        self.faults = 0
        self.orphaned: list[float] = []
        self.resumed: list[float] = []
        self.wrong: list[str] = []

    def examine(self, store: RunStore, run: Run) -> None:
        """Looks at a run that should be done, each of its epochs once and readable."""
        if run.status != "done":
            self.wrong.append(f"{run.id} is {run.status} at epoch {run.epoch} ({run.reason})")
        numbers = [epoch.epoch for epoch in store.epochs(run.id)]
        if numbers != list(range(run.recipe.epochs + 1)):
            self.wrong.append(f"{run.id} has the epochs {numbers}")
        for number in numbers:
            if not all(np.isfinite(array).all() for array in store.weights(run.id, number).values()):
                self.wrong.append(f"{run.id}: the weights of epoch {number} are none")
        steps = [batch.step for batch in store.batches(run.id)[0]]
        if len(set(steps)) != len(steps):
            self.wrong.append(f"{run.id} has batches twice")

    def follow(self, store: RunStore, run: Run, since: float) -> None:
        """Waits after a fault done to a run until another attempt is at it, or it stands."""
        before = [epoch.to_dict() for epoch in store.epochs(run.id)]
        gone = wait_for(lambda: is_past(store.get(run.id), run.attempt))
        self.orphaned.append(gone - since)
        if self.orphaned[-1] > LEFT_RUNNING_SECONDS:
            self.wrong.append(f"{run.id} was left running for {self.orphaned[-1]:.0f} s")
        wait_for(lambda: store.get(run.id).status != "queued")
        self.resumed.append(time.monotonic() - since)
        now = [epoch.to_dict() for epoch in store.epochs(run.id)]
        if now[: len(before)] != before:
            self.wrong.append(f"{run.id} has lost finished epochs")

    def figures(self) -> dict[str, object]:
        """The figures of a scene."""
        found: dict[str, object] = {"faults": self.faults, "wrong": len(self.wrong)}
        for name in ("orphaned", "resumed"):
            seconds = getattr(self, name)
            if seconds:
                found[f"{name}_median_s"] = round(float(np.median(seconds)), 1)
                found[f"{name}_most_s"] = round(max(seconds), 1)
        return found


def is_past(run: Run, attempt: int) -> bool:
    """Whether an attempt is over by what the store says."""
    return run.status != "running" or run.attempt > attempt


def wait_for(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> float:
    """Waits until something holds; returns that moment on the monotonic clock.

    Raises:
        TimeoutError: It doesn't.
    """
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"waited in vain for {seconds:g} s")
        time.sleep(0.02)
    return time.monotonic()


def kill(run: Run, how: int = signal.SIGKILL) -> float:
    """Sends a signal to the worker of a run; returns that moment."""
    pid = process_of(run.worker)
    assert pid is not None
    os.kill(pid, how)
    return time.monotonic()


def running(store: RunStore, run_id: str) -> bool:
    """Whether a worker is at a run."""
    return store.get(run_id).status == "running"


def stands(store: RunStore, run_id: str) -> bool:
    """Whether nobody is at a run, nor will be."""
    return store.get(run_id).status not in ("queued", "running")


@contextlib.contextmanager
def foreman(store: RunStore, memory: int | None = None) -> Iterator[Foreman]:
    """A foreman for the length of a `with` block."""
    at_work = Foreman(store, memory)
    try:
        yield at_work
    finally:
        at_work.close()


@contextlib.contextmanager
def new_store() -> Iterator[RunStore]:
    """A store in a folder that goes with it; the folder is a home's (DIGIT_LAB_HOME) folder of runs."""
    with tempfile.TemporaryDirectory(prefix="digit-lab-faults-", ignore_cleanup_errors=True) as home:
        store = RunStore(Path(home) / "runs")
        try:
            yield store
        finally:
            store.close()


def kill_workers(count: int, chance: random.Random) -> Findings:
    """Kills the worker of this machine's own cluster."""
    found = Findings()
    with new_store() as store, foreman(store) as at_work:
        while found.faults < count:
            run = store.create(RECIPE)
            at_work.wake()
            for _ in range(min(KILLS_A_RUN, count - found.faults)):
                wait_for(lambda run=run: store.get(run.id).status != "queued")
                time.sleep(chance.uniform(0, SPAN_SECONDS))
                run = store.get(run.id)
                if run.status != "running":
                    break  # it was quicker
                found.faults += 1
                found.follow(store, run, kill(run))
            wait_for(lambda run=run: stands(store, run.id))
            found.examine(store, store.get(run.id))
    return found


def kill_servers(count: int, chance: random.Random) -> Findings:
    """Kills the dashboard; the next one finds the run."""
    found = Findings()
    with new_store() as store:
        run = store.create(RECIPE)
        kills = 0
        dashboard = Dashboard(home=store.folder.parent)
        try:
            while found.faults < count:
                wait_for(lambda run=run: store.get(run.id).status != "queued")
                time.sleep(chance.uniform(0, SPAN_SECONDS))
                run = store.get(run.id)
                if run.status == "running" and kills < KILLS_A_RUN:
                    found.faults += 1
                    kills += 1
                    os.kill(dashboard.pid, signal.SIGKILL)
                    with contextlib.suppress(TimeoutError):
                        wait_for(lambda run=run: has_died(run.worker), 10)
                    if not has_died(run.worker):
                        found.wrong.append(f"worker {run.worker} has outlived its server by 10 s")
                    dashboard.stop()
                    dashboard = Dashboard(home=store.folder.parent)
                    found.follow(store, run, time.monotonic())
                    continue
                wait_for(lambda run=run: stands(store, run.id))
                found.examine(store, store.get(run.id))
                run, kills = store.create(RECIPE), 0
            wait_for(lambda run=run: stands(store, run.id))
            found.examine(store, store.get(run.id))
        finally:
            dashboard.stop()
    return found


def is_locked(store: RunStore) -> bool:
    """Whether a process is in the middle of writing into the store's SQLite file, and stays there."""
    with contextlib.closing(
        sqlite3.connect(make_url(store.url).database, 0.5, isolation_level=None)
    ) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False


def stop_workers(count: int, chance: random.Random) -> Findings:
    """Stops a worker of two for 30 s: the other takes its run over, and afterwards it is fenced off."""
    found = Findings()
    with new_store() as store, External(), foreman(store) as at_work:
        while found.faults < count:
            run = store.create(RECIPE)
            at_work.wake()
            wait_for(lambda run=run: store.get(run.id).status != "queued")
            time.sleep(chance.uniform(0, SPAN_SECONDS / 2))
            run = store.get(run.id)
            if run.status == "running":
                since = kill(run, signal.SIGSTOP)
                while is_locked(store):  # by the one that is stopped: then SQLite lets nobody write
                    kill(run, signal.SIGCONT)
                    time.sleep(0.1)
                    since = kill(run, signal.SIGSTOP)
                found.faults += 1
                try:
                    found.follow(store, run, since)
                    wait_for(lambda since=since: time.monotonic() > since + STOP_SECONDS)
                finally:
                    kill(run, signal.SIGCONT)
                time.sleep(2)  # for what it may still want to write
            wait_for(lambda run=run: stands(store, run.id))
            found.examine(store, store.get(run.id))
    return found


def kill_schedulers(count: int, chance: random.Random) -> Findings:
    """Kills the external scheduler and starts it anew."""
    found = Findings()
    with new_store() as store, External() as cluster, foreman(store) as at_work:
        while found.faults < count:
            run = store.create(RECIPE)
            at_work.wake()
            wait_for(lambda run=run: store.get(run.id).status != "queued")
            time.sleep(chance.uniform(0, SPAN_SECONDS))
            found.faults += 1
            cluster.kill_scheduler()
            until = time.monotonic() + PATIENCE_SECONDS
            while not stands(store, run.id):
                time.sleep(0.5)
                cluster.start()
                now = store.get(run.id)
                if now.status == "running" and has_died(now.worker):
                    begun = time.monotonic()
                    wait_for(lambda now=now: is_past(store.get(now.id), now.attempt), LEFT_RUNNING_SECONDS)
                    found.orphaned.append(time.monotonic() - begun)
                if time.monotonic() > until:
                    found.wrong.append(f"{run.id} doesn't go on after the scheduler's death")
                    break
            found.examine(store, store.get(run.id))
    return found


def fill_disks(count: int, _: random.Random) -> Findings:
    """Lets the disk be full before a run is through."""
    found = Findings()
    for _ in range(count):
        with tempfile.TemporaryDirectory(prefix="digit-lab-faults-") as folder:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "digit-lab", folder], check=True)
            try:
                fill_disk(Path(folder), found)
            finally:
                subprocess.run(["umount", "--lazy", folder], check=True)
    return found


def fill_disk(folder: Path, found: Findings) -> None:
    """One run on a small disk: paused when it is full, done when there is room again."""
    ballast = folder / "ballast"
    store = RunStore(folder / "runs")
    try:
        with foreman(store) as at_work:
            run = store.create(RECIPE)
            at_work.wake()
            wait_for(lambda: store.get(run.id).epoch >= 2)
            with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
            found.faults += 1
            wait_for(lambda: stands(store, run.id))
            paused = store.get(run.id)
            if paused.status != "paused" or "disk" not in paused.reason:
                found.wrong.append(f"{run.id} is {paused.status} on a full disk ({paused.reason})")
            numbers = [epoch.epoch for epoch in store.epochs(run.id)]
            if numbers != list(range(paused.epoch + 1)):
                found.wrong.append(f"{run.id} has the epochs {numbers} on a full disk")
            ballast.unlink()
            store.wish(run.id, "run")
            at_work.wake()
            wait_for(lambda: stands(store, run.id))
            found.examine(store, store.get(run.id))
    finally:
        store.close()


def exhaust_memory(count: int, _: random.Random) -> Findings:
    """Trains what takes more memory than a worker may use."""
    layers = (Conv2D(64, 3), Activation("relu"), Flatten(), Dense(10), Activation("softmax"))
    recipe = replace(RECIPE, layers=layers, batch_size=3000)
    found = Findings()
    with new_store() as store, foreman(store, memory=1_300_000_000) as at_work:
        for _ in range(count):
            run = store.create(recipe)
            at_work.wake()
            found.faults += 1
            wait_for(lambda run=run: stands(store, run.id))
            failed = store.get(run.id)
            if (failed.status, failed.reason) != ("failed", MEMORY_RAN_OUT):
                found.wrong.append(f"{run.id} is {failed.status} for want of memory ({failed.reason})")
    return found


SCENES = {
    "workers": (100, kill_workers),
    "servers": (20, kill_servers),
    "stops": (3, stop_workers),
    "schedulers": (10, kill_schedulers),
    "disks": (3, fill_disks),
    "memory": (3, exhaust_memory),
}


def main() -> int:
    """Reads the command line; the status is 1 if anything went wrong."""
    arguments = parser(__doc__)
    for name, (count, _) in SCENES.items():
        arguments.add_argument(f"--{name}", type=int, default=count)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    wrong: list[str] = []
    figures: dict[str, object] = {}
    for name, (_, scene) in SCENES.items():
        if getattr(chosen, name):
            found = scene(getattr(chosen, name), random.Random(chosen.seed))
            figures[name] = found.figures()
            wrong += found.wrong
            print(f"{name}: {figures[name]}", file=sys.stderr)
    report({**figures, "wrong": wrong}, chosen.json)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
