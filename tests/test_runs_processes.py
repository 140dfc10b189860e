"""The store holds when processes race for it, hang, or are killed in the middle of a write."""

import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Barrier, Timer

import numpy as np
import pytest
from store_worker import RECIPE, record, state, weights

from model.runs.records import Attempt, Fenced
from model.runs.store import RunStore

WORKER = Path(__file__).with_name("store_worker.py")


class Process:
    """A worker in a process of its own, in one of the roles of `store_worker`."""

    def __init__(self, role, folder, url, *arguments):
        self._process = subprocess.Popen(
            [sys.executable, WORKER, role, folder, url, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def line(self):
        said = self._process.stdout.readline().strip()
        return said or self._process.stderr.read()

    def go(self):
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def send(self, number):
        self._process.send_signal(number)

    def end(self):
        """Waits for its end; returns the words that it has still said, and its complaint."""
        said, complaint = self._process.communicate(timeout=60)
        return said.split(), complaint

    def kill(self):
        self._process.kill()
        return self.end()[0]

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


@pytest.fixture
def start():
    """Starts processes, and ends what is left of them."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(closing(Process(*arguments)))


def test_processes_open_a_new_store_at_the_same_time(database, tmp_path, start):
    processes = [start("open", tmp_path, database) for _ in range(2)]
    assert [process.line() for process in processes] == ["ready"] * 2
    for process in processes:
        process.go()
    assert [process.end() for process in processes] == [([], "")] * 2


def test_new_stores_are_opened_at_the_very_same_moment(tmp_path):
    moment = Barrier(4)

    def open_new():
        for number in range(50):
            moment.wait(60)
            RunStore(tmp_path / str(number)).close()

    with ThreadPoolExecutor(4) as threads:
        for opened in [threads.submit(open_new) for _ in range(4)]:
            opened.result()


def test_of_processes_that_claim_a_run_one_gets_it(store, start):
    runs = [store.create(RECIPE).id for _ in range(10)]
    processes = [start("claim", store.folder, store.url, *runs) for _ in range(3)]
    for run_id in runs:
        assert [process.line() for process in processes] == ["ready"] * 3
        for process in processes:
            process.go()
        assert sorted(process.line() for process in processes) == ["False", "False", "True"]
        assert store.get(run_id).attempt == 1


def test_a_process_that_sleeps_in_a_transaction_is_waited_for(store, start):
    run_id, other = store.create(RECIPE).id, store.create(RECIPE).id
    sleeper = start("hold", store.folder, store.url, run_id)
    assert sleeper.line() == "holding"
    sleeper.send(signal.SIGSTOP)
    Timer(0.5, sleeper.send, (signal.SIGCONT,)).start()
    assert store.claim(other, "worker").number == 1  # SQLite's one lock: not before the sleeper wakes
    assert store.claim(run_id, "worker").number == 1
    assert sleeper.end() == ([], "")


def check_whole(store, run_id, said):
    """What was said to be recorded is there, all that is there is whole, and nothing is there twice."""
    run = store.get(run_id)
    epochs = store.epochs(run_id)
    assert [epoch.epoch for epoch in epochs] == list(range(run.epoch + 1))
    assert run.epoch >= max(said, default=-1)
    assert run.epoch <= max(said, default=run.epoch) + 1
    for epoch in range(max(0, run.epoch - 3), run.epoch + 1):
        found, given = store.weights(run_id, epoch), weights(epoch)
        for name in given:
            assert np.allclose(found[name], given[name], rtol=0 if epoch > run.epoch - 2 else 1e-3, atol=1e-6)
    if run.epoch >= 0:
        last, found = store.state(run_id)
        assert last == run.epoch
        assert np.array_equal(found["slots"], state(last)["slots"])


def kill_at_random(store, start, times):
    moment = random.Random(times)
    run_id = store.create(RECIPE).id
    said = []
    for _ in range(times):
        victim = start("train", store.folder, store.url, run_id)
        said.append(int(victim.line()))
        time.sleep(moment.uniform(0, 0.08))
        said += map(int, victim.kill())
        check_whole(store, run_id, said)
        store.lose(run_id, store.get(run_id).attempt, "killed")
        if store.get(run_id).status == "failed":
            store.wish(run_id, "run")
    assert len(said) == len(set(said))
    store.claim(run_id, "survivor")
    folder = store.folder / run_id
    kept = store.get(run_id).epoch + 1
    assert len(list((folder / "epochs").iterdir())) == kept
    assert len(list((folder / "states").iterdir())) == min(2, kept)


def test_a_killed_worker_leaves_a_whole_store(tmp_path, start):
    kill_at_random(RunStore(tmp_path / "runs"), start, 2)


@pytest.mark.slow
def test_a_worker_killed_many_times_leaves_a_whole_store(store, start):
    kill_at_random(store, start, 25)


def test_a_worker_that_wakes_up_late_writes_nothing(store, start):
    run_id = store.create(RECIPE).id
    sleeper = start("dawdle", store.folder, store.url, run_id)
    assert sleeper.line() == "writing"
    sleeper.go()
    assert [sleeper.line() for _ in range(2)] == ["0", "writing"]
    sleeper.send(signal.SIGSTOP)
    sleeper.go()  # once it is awake again
    time.sleep(0.2)
    assert store.lost(0.1) == [run_id]
    attempt = store.claim(run_id, "successor")
    assert attempt.run.epoch == 0
    sleeper.send(signal.SIGCONT)
    store.finish_epoch(attempt, record(1), weights(1), state(1))
    said, complaint = sleeper.end()
    assert said == []
    assert "Fenced: attempt 1 no longer owns run" in complaint
    check_whole(store, run_id, [0, 1])
    kept = [f"{folder}/{file}" for folder in ("epochs", "states") for file in ("0000-1.npz", "0001-2.npz")]
    found = [path.relative_to(store.folder / run_id).as_posix() for path in store.folder.glob("*/*/*")]
    assert sorted(found) == kept


def test_readers_see_whole_epochs_while_a_worker_writes(store, start):
    run_id = store.create(RECIPE).id
    writer = start("train", store.folder, store.url, run_id)
    writer.line()
    reader = RunStore(store.folder, store.url)
    end = time.monotonic() + 30
    seen = set()
    while len(seen) < 5:
        assert time.monotonic() < end
        epoch = reader.get(run_id).epoch
        seen.add(epoch)
        assert np.allclose(reader.weights(run_id, epoch)["00.kernel"], weights(epoch)["00.kernel"], atol=1e-3)
    writer.kill()
    reader.close()
    store.lose(run_id, 1)
    late = store.claim(run_id, "next")
    assert late.run.epoch >= max(seen)
    with pytest.raises(Fenced):
        store.pulse(Attempt(late.run, 1, "victim"))
