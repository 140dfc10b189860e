"""The foreman hands runs out in turn, hears of every way in which an attempt can be lost, and gives back."""

import platform
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from distributed import KilledWorker

from model.presets import PRESETS
from model.runs.records import StoreError
from model.runs.store import RunStore
from model.workers import cluster as clusters
from model.workers import foreman as foremen
from model.workers.cluster import ClusterError
from model.workers.foreman import MEMORY_RAN_OUT, Foreman
from model.workers.identity import worker_name

RECIPE = PRESETS["tiny"]
DEATH = KilledWorker("train", SimpleNamespace(address="tcp://nowhere"), 0)


class FakeFuture:
    """Work in Dask's hands, as its client sees it."""

    def __init__(self):
        self.status, self._value, self._callbacks, self.was_released = "pending", None, [], False

    def end(self, status, value=None):
        self._value, self.status = value, status
        for callback in self._callbacks:
            callback(self)

    def done(self):
        return self.status != "pending"

    def exception(self):
        return self._value if self.status == "error" else None

    def result(self):
        return self._value

    def release(self):
        self.was_released = True

    def add_done_callback(self, callback):
        self._callbacks.append(callback)


class FakeCluster:
    """A cluster whose work is done by the test."""

    is_own, awake = True, False

    def __init__(self):
        self.most, self.work, self.looks, self.victims = 1, {}, [], set()
        self.lost, self.unplaced, self.well, self.was_closed = set(), set(), True, False

    def is_well(self):
        return self.well

    def slots(self):
        return self.most

    def is_awake(self):
        return self.awake

    def free_workers(self):
        return ["tcp://one", "tcp://two", "tcp://three"]

    def train(self, key, worker, *arguments):
        self.work[key] = (worker, arguments, FakeFuture())
        return self.work[key][2]

    def look(self, path, *arguments):
        self.looks.append((path, arguments, FakeFuture()))
        return self.looks[-1][2]

    def is_placed(self, key):
        return key not in self.unplaced

    def was_lost(self, key):
        return key in self.lost

    def memory_victims(self):
        return self.victims

    def close(self):
        self.was_closed = True

    def future(self, key):
        wait_for(lambda: key in self.work)
        return self.work[key][2]


def wait_for(holds, seconds=8.0):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path / "runs")
    yield store
    store.close()


@pytest.fixture
def cluster(monkeypatch):
    fake = FakeCluster()
    monkeypatch.setattr(clusters, "open_cluster", lambda *_: fake)
    return fake


@pytest.fixture
def foreman(store, cluster, monkeypatch):
    monkeypatch.setattr(foremen, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(foremen, "BUSY_SECONDS", 0.02)
    foreman = Foreman(store)
    yield foreman
    foreman.close()


def take_up(store, cluster, run, worker="", attempt=1):
    """A worker claims a run that was handed out."""
    future = cluster.future(f"{run.id}-{attempt}")
    return store.claim(run.id, worker or worker_name()), future


def test_without_work_no_worker_is_started(store, cluster, foreman, monkeypatch):
    opened = threading.Event()
    monkeypatch.setattr(clusters, "open_cluster", lambda *_: opened.set())
    assert not opened.wait(0.3)


def test_workers_are_opened_before_there_is_work_and_tell_when_they_are_awake(cluster, foreman):
    foreman.open()
    wait_for(lambda: foreman._cluster is cluster and not foreman.is_awake)
    cluster.awake = True
    wait_for(lambda: foreman.is_awake)
    cluster.well = False  # they are lost, and nobody asked for others
    wait_for(lambda: cluster.was_closed and not foreman.is_awake)


def test_a_look_that_is_done_is_heard_of_at_once(cluster, foreman, monkeypatch):
    monkeypatch.setattr(foremen, "BUSY_SECONDS", 60.0)  # it wouldn't look by itself
    result = foreman.look("module:function", 1)
    wait_for(lambda: cluster.looks)
    cluster.looks[0][2].end("finished", 7)
    assert result.result(timeout=8.0) == 7


def test_a_wish_is_handed_to_a_worker_with_the_store(store, cluster, foreman):
    run = store.create(RECIPE)
    foreman.wake()
    cluster.future(f"{run.id}-1")
    worker, arguments, _ = cluster.work[f"{run.id}-1"]
    assert worker == "tcp://one"
    assert arguments == (store.folder, store.url, run.id, 1)


def test_no_more_are_handed_out_than_there_are_places_and_owners_take_turns(store, cluster, foreman):
    first = store.create(RECIPE, owner="ada")
    foreman.wake()
    attempt, future = take_up(store, cluster, first)
    store.create(RECIPE, owner="ada")
    other = store.create(RECIPE, owner="bob")
    time.sleep(0.3)
    assert len(cluster.work) == 1
    store.end(attempt, "done")
    future.end("finished")
    wait_for(lambda: len(cluster.work) == 2)
    # neither runs now, and ada's waited longer; but of two places both get one
    cluster.most = 2
    cluster.future(f"{other.id}-1")


@pytest.mark.parametrize("how", ["told", "found"])
def test_the_run_of_a_lost_worker_goes_on(how, store, cluster, foreman):
    run = store.create(RECIPE)
    foreman.wake()
    _, future = take_up(store, cluster, run)
    # Dask says so, or has done the work once more elsewhere, where nothing was left to do
    if how == "told":
        future.end("error", DEATH)
    else:
        cluster.lost.add(f"{run.id}-1")
        future.end("finished", False)
    cluster.future(f"{run.id}-2")
    assert store.get(run.id).losses == 1


def test_a_loss_for_want_of_memory_is_said_to_be_one(store, cluster, foreman):
    run = store.create(RECIPE)
    foreman.wake()
    attempt, future = take_up(store, cluster, run)
    cluster.victims.add(int(attempt.worker.rpartition(":")[2]))
    future.end("error", DEATH)
    wait_for(lambda: store.get(run.id).status == "failed")
    assert store.get(run.id).reason == MEMORY_RAN_OUT


@pytest.mark.parametrize("status", ["cancelled", "finished"])
def test_what_a_scheduler_forgot_or_did_twice_may_still_be_worked_on(status, store, cluster, foreman):
    run = store.create(RECIPE)
    foreman.wake()
    _, future = take_up(store, cluster, run)
    future.end(status, False)
    time.sleep(0.3)
    assert store.get(run.id).status == "running"
    assert len(cluster.work) == 1


def test_a_silent_worker_loses_its_run_and_its_place(store, cluster, foreman, monkeypatch):
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    run = store.create(RECIPE)
    foreman.wake()
    _, future = take_up(store, cluster, run, f"{platform.node()}:{sleeper.pid}")
    lost = store.lost
    monkeypatch.setattr(store, "lost", lambda: lost(0.5))
    cluster.future(f"{run.id}-2")
    assert future.was_released
    assert sleeper.wait(5) == -9


def test_who_wakes_from_a_sleep_waits_for_the_others_to_wake(store, cluster, foreman, monkeypatch):
    run = store.create(RECIPE)
    foreman.wake()
    attempt, _ = take_up(store, cluster, run)
    lost = store.lost
    asked = []
    jump = [0.0]
    real = time.time
    monkeypatch.setattr(foremen.time, "time", lambda: real() + jump[0])
    jump[0] = 100.0
    time.sleep(0.3)
    monkeypatch.setattr(store, "lost", lambda: asked.append(1) or lost())
    time.sleep(0.3)
    assert not asked
    for _ in range(13):  # too little at a time to have slept
        jump[0] += 1.0
        now = foremen.time.time()
        wait_for(lambda now=now: foreman._looked >= now)
    wait_for(lambda: asked)
    assert store.get(run.id).attempt == attempt.number


def test_a_run_that_no_worker_can_begin_fails_with_the_reason(store, cluster, foreman):
    run = store.create(RECIPE)
    foreman.wake()
    cluster.future(f"{run.id}-1").end("error", ModuleNotFoundError("No module named 'keras'"))
    wait_for(lambda: store.get(run.id).status == "failed")
    assert "No module named 'keras'" in store.get(run.id).reason


def test_a_run_before_which_three_workers_die_fails(store, cluster, foreman):
    run = store.create(RECIPE)
    foreman.wake()
    key = f"{run.id}-1"
    for _ in range(3):
        cluster.future(key)
        cluster.work.pop(key)[2].end("error", DEATH)
    wait_for(lambda: store.get(run.id).status == "failed")
    assert "no worker could begin it" in store.get(run.id).reason


def test_what_no_worker_has_is_handed_out_again(store, cluster, foreman, monkeypatch):
    monkeypatch.setattr(foremen, "PLACED_SECONDS", 0.1)
    run = store.create(RECIPE)
    foreman.wake()
    first = cluster.future(f"{run.id}-1")
    cluster.unplaced.add(f"{run.id}-1")
    wait_for(lambda: first.was_released)
    wait_for(lambda: cluster.work[f"{run.id}-1"][2] is not first)


@pytest.fixture
def left_behind(store):
    """A run that a server before this one left, whose worker has ended with it."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    run = store.create(RECIPE)
    store.claim(run.id, f"{platform.node()}:{dead.pid}")
    return run


def test_a_run_left_by_a_server_that_was_killed_is_taken_up_at_once(store, cluster, left_behind, foreman):
    cluster.future(f"{left_behind.id}-2")


def test_a_look_brings_its_result_or_its_error(cluster, foreman):
    looks = [foreman.look("module:function", number) for number in range(3)]
    wait_for(lambda: len(cluster.looks) == 3)
    (path, arguments, first), (_, _, second), (_, _, third) = cluster.looks
    assert (path, arguments) == ("module:function", (0,))
    first.end("finished", 42)
    second.end("error", ValueError("no"))
    third.end("cancelled")
    assert looks[0].result(5) == 42
    with pytest.raises(ValueError, match="no"):
        looks[1].result(5)
    with pytest.raises(RuntimeError, match="lost"):
        looks[2].result(5)


def test_a_look_that_cannot_be_handed_out_is_told(cluster, foreman, monkeypatch):
    def broken(*_):
        raise OSError("the scheduler is gone")

    monkeypatch.setattr(cluster, "look", broken)
    with pytest.raises(OSError, match="the scheduler is gone"):
        foreman.look("module:function").result(5)


def test_a_look_in_hand_is_told_when_the_workers_end(cluster, foreman):
    look = foreman.look("module:function")
    wait_for(lambda: cluster.looks)
    cluster.well = False
    with pytest.raises(RuntimeError, match="closed"):
        look.result(5)


def test_workers_out_of_reach_are_a_problem_until_they_answer(store, cluster, foreman, monkeypatch):
    answers = []

    def open_cluster(*_):
        if not answers:
            raise ClusterError("the scheduler doesn't answer")
        return cluster

    monkeypatch.setattr(clusters, "open_cluster", open_cluster)
    run = store.create(RECIPE)
    foreman.wake()
    wait_for(lambda: foreman.problem == "the scheduler doesn't answer")
    assert store.get(run.id).status == "queued"
    answers.append(True)
    cluster.future(f"{run.id}-1")
    wait_for(lambda: foreman.problem == "")


def test_a_store_that_fails_for_a_while_ends_no_training(store, cluster, foreman, monkeypatch):
    run = store.create(RECIPE)
    foreman.wake()
    take_up(store, cluster, run)
    find = store.find
    answers = []

    def fail_at_first(**asked):
        if not answers:
            raise StoreError("the database doesn't answer")
        return find(**asked)

    monkeypatch.setattr(store, "find", fail_at_first)
    wait_for(lambda: foreman.problem == "the database doesn't answer")
    answers.append(True)
    wait_for(lambda: foreman.problem == "")
    assert not cluster.was_closed
    assert store.get(run.id).status == "running"


@pytest.mark.parametrize("is_own", [True, False])
def test_who_closes_gives_back_what_ends_with_it(is_own, store, cluster, monkeypatch):
    foreman = Foreman(store)
    run = store.create(RECIPE)
    foreman.wake()
    take_up(store, cluster, run)
    cluster.is_own = is_own
    foreman.close()
    after = store.get(run.id)
    assert (after.status, after.losses) == ("queued" if is_own else "running", 0)
    assert cluster.was_closed


def test_who_closes_answers_all_who_wait_for_a_look(store, cluster):
    foreman = Foreman(store)
    begun = foreman.look("module:function")
    wait_for(lambda: cluster.looks)
    foreman.close()
    for result in (begun, foreman.look("module:function")):
        with pytest.raises(RuntimeError, match="workers were closed"):
            result.result(timeout=8.0)


def test_who_closes_answers_also_where_no_worker_could_be_opened(store, monkeypatch):
    def broken(*_):
        raise ClusterError("no workers today")

    monkeypatch.setattr(clusters, "open_cluster", broken)
    foreman = Foreman(store)
    called_off, waiting = (foreman.look("module:function") for _ in range(2))
    called_off.cancel()
    wait_for(lambda: foreman.problem)
    foreman.close()
    with pytest.raises(RuntimeError, match="workers were closed"):
        waiting.result(timeout=8.0)
