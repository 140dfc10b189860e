"""The store keeps what people ask of it and tells it again, on SQLite and on PostgreSQL."""

import dataclasses
import os
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from random_recipes import random_recipe
from run_records import RECIPE, STATE, WEIGHTS, batch, begin, record

from model.runs import tables
from model.runs.records import Fenced, RunError, StoreError
from model.runs.store import RunStore

NPY = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }".ljust(127) + b"\n"


def test_a_new_run_waits_with_all_that_was_asked(store):
    asked = {"owner": "ada", "experiment": "seeds", "parent": ("classic", 8), "until_epoch": 1}
    run = store.create(RECIPE, **asked, notes={"guess": 0.97})
    assert dataclasses.asdict(run) | asked | {"notes": {"guess": 0.97}} == dataclasses.asdict(run)
    assert run.recipe == RECIPE
    assert (run.status, run.wish, run.attempt, run.losses, run.epoch) == ("queued", "run", 0, 0, -1)
    assert run.started is run.ended is run.heartbeat is run.learned_from is None
    assert store.get(run.id) == run
    alone = store.create(RECIPE)
    assert (alone.experiment, alone.owner, alone.parent, alone.notes) == (alone.id, "", None, {})


@pytest.mark.parametrize("seed", range(5))
def test_any_recipe_comes_back(store, seed):
    assert store.get(store.create(random_recipe(seed)).id).recipe == random_recipe(seed)


def test_another_process_opens_the_same_store(store):
    run = store.create(RECIPE)
    again = pickle.loads(pickle.dumps(store))
    assert (again.folder, again.url) == (store.folder, store.url)
    assert again.get(run.id) == run
    again.close()


def test_time_is_told_by_the_database(store, monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    run = begin(store).run
    assert abs(run.created - now) < 5
    assert run.created <= run.started <= run.heartbeat < now + 5


def test_runs_are_found_newest_first(store):
    made = [store.create(RECIPE, owner=owner).id for owner in ("ada", "bob", "ada", "")]
    store.claim(made[2], "worker")
    assert [run.id for run in store.find()] == made[::-1]
    assert [run.id for run in store.find(owner="ada")] == [made[2], made[0]]
    assert [run.id for run in store.find(owner="")] == [made[3]]
    assert [run.id for run in store.find(statuses=("running",))] == [made[2]]
    assert [run.id for run in store.find(owner="ada", statuses=("queued", "failed"))] == [made[0]]
    assert [run.id for run in store.find(most=2)] == [made[3], made[2]]
    assert store.find(statuses=()) == []


@pytest.mark.parametrize("name", ["nobody", "", "../runs", "a\0b", "x" * 300, "' or 1=1 --"])
def test_an_unknown_run_is_refused_in_words(store, name):
    store.create(RECIPE)
    asks = [
        lambda: store.get(name),
        lambda: store.wish(name, "pause"),
        lambda: store.note(name, a=1),
        lambda: store.delete(name),
        lambda: store.claim(name, "worker"),
        lambda: store.lose(name, 1),
    ]
    for ask in asks:
        with pytest.raises(RunError, match="there is no run"):
            ask()


def test_epochs_come_back_in_order_and_from_any(store):
    run_id = begin(store, 4).run.id
    assert store.epochs(run_id) == [record(epoch) for epoch in range(4)]
    assert store.epochs(run_id, after=1) == [record(2), record(3)]
    assert store.epochs(run_id, after=3) == []
    assert store.get(run_id).epoch == 3


def test_notes_are_added_to_notes(store):
    run = store.create(RECIPE, notes={"guess": 0.9})
    assert store.note(run.id, test={"accuracy": 0.99}, guess=0.95).notes == {
        "guess": 0.95,
        "test": {"accuracy": 0.99},
    }
    with pytest.raises(RunError, match="must be JSON"):
        store.note(run.id, odd={1, 2})
    with pytest.raises(RunError, match="at most 10,000"):
        store.note(run.id, long="x" * 10_000)


def test_a_deleted_run_leaves_nothing(store):
    attempt, other = begin(store, 2), begin(store, 1)
    store.pulse(attempt, [batch(0)])
    with pytest.raises(RunError, match="is running: stop it"):
        store.delete(attempt.run.id)
    store.end(attempt, "done")
    store.delete(attempt.run.id)
    assert [run.id for run in store.find()] == [other.run.id]
    assert store.epochs(attempt.run.id) == []
    assert store.batches(attempt.run.id) == ([], 0)
    assert not (store.folder / attempt.run.id).exists()
    assert len(store.epochs(other.run.id)) == 1
    with pytest.raises(Fenced):
        store.finish_epoch(attempt, record(2), WEIGHTS, STATE)
    assert not (store.folder / attempt.run.id).exists()


@pytest.mark.parametrize("name", ["unlink", "rmdir"])
def test_a_late_worker_beside_a_deletion_is_no_fault(store, monkeypatch, name):
    attempt = begin(store, 2)
    store.end(attempt, "done")

    def too_late(*_, **__):
        raise OSError(f"{name}: somebody was here before, or came after")

    monkeypatch.setattr(os, name, too_late)
    store.delete(attempt.run.id)
    assert store.find() == []


def test_measurements_are_replaced(store):
    assert store.measurement("speed") is None
    for value in (1.5, 2.5):
        store.measure("speed", value)
    assert store.measurement("speed") == 2.5


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 cut off", b"no archive", NPY])
def test_a_damaged_or_missing_file_is_named(store, damage):
    run_id = begin(store, 3).run.id
    path = store.folder / run_id / "epochs" / "0000-1.npz"
    path.write_bytes(damage)
    with pytest.raises(RunError, match=f"{run_id} cannot be read"):
        store.weights(run_id, 0)
    path.unlink()
    with pytest.raises(RunError, match="has lost its file"):
        store.weights(run_id, 0)
    (store.folder / run_id / "states" / "0002-1.npz").unlink()
    with pytest.raises(RunError, match="has lost its file"):
        store.state(run_id)


def test_many_threads_share_a_store(store):
    def work(number):
        attempt = begin(store, owner=str(number))
        for step in range(20):
            store.pulse(attempt, [batch(step)])
        return store.batches(attempt.run.id)[0]

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(work, range(8)):
            assert found == [batch(step) for step in range(20)]
    assert len(store.find()) == 8


def test_a_store_of_another_layout_is_refused(store):
    with store._writing() as connection:
        connection.execute(tables.layouts.update().values(version=99))
    with pytest.raises(RunError, match="another version of Digit Lab"):
        RunStore(store.folder, store.url)


@pytest.mark.parametrize("url", ["mysql://me:secret@host/runs", "what?secret", "sqlite://"])
def test_other_databases_are_refused_without_telling_the_password(tmp_path, url):
    with pytest.raises(RunError) as caught:
        RunStore(tmp_path, url)
    assert "secret" not in str(caught.value)


def test_a_database_that_does_not_answer_is_a_store_error(tmp_path):
    with pytest.raises(StoreError, match="doesn't answer") as caught:
        RunStore(tmp_path, "postgresql://nobody@localhost:1/runs")
    assert caught.value.errno is not None


def test_a_full_database_is_told_as_a_full_disk(tmp_path):
    store = RunStore(tmp_path)
    attempt = begin(store)
    with (
        store._engine.connect() as connection
    ):  # of the only thread: the pool gives the same one to the store
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(OSError, match="no space") as caught:
        store.pulse(attempt, [batch(step) for step in range(5000)])
    assert caught.value.errno == 28
    assert store.batches(attempt.run.id)[0] == []
