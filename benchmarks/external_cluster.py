"""A Dask cluster as its users start one: a scheduler and two workers, reached over TCP."""

import os
import subprocess
import sys
import time

from benchmarks.dashboard import ROOT, free_port
from model.workers.cluster import SCHEDULER_VARIABLE


class External:
    """A Dask cluster as its users start one, on this machine: a scheduler, and two workers of one thread.

    While it is entered, DIGIT_LAB_SCHEDULER names it.
    """

    def __init__(self) -> None:
        self._port = free_port()
        self.address = f"tcp://127.0.0.1:{self._port}"
        self._scheduler: subprocess.Popen[bytes] | None = None
        self._workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "External":
        os.environ[SCHEDULER_VARIABLE] = self.address
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        del os.environ[SCHEDULER_VARIABLE]
        for process in (*self._workers, self._scheduler):
            if process is not None:
                process.kill()
                process.wait()

    @property
    def pids(self) -> set[int]:
        """The process ids of the workers."""
        return {worker.pid for worker in self._workers}

    def start(self) -> None:
        """Starts what isn't there (any more)."""
        if self._scheduler is None or self._scheduler.poll() is not None:
            options = ("--host", "127.0.0.1", "--port", str(self._port), "--no-dashboard", "--no-show")
            self._scheduler = self._start("scheduler", *options)
        self._workers = [worker for worker in self._workers if worker.poll() is None]
        while len(self._workers) < 2:
            # Without a nanny, so that nobody but Digit Lab brings a lost run back to life.
            options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "4GB")
            self._workers.append(self._start("worker", self.address, *options))

    def kill_scheduler(self) -> float:
        """Kills the scheduler; returns that moment."""
        assert self._scheduler is not None
        self._scheduler.kill()
        self._scheduler.wait()
        return time.monotonic()

    def _start(self, kind: str, *options: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "distributed.cli.dask_" + kind, *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet)
