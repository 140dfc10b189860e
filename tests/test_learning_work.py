"""The life of an attempt: how it goes, how it ends, and what it leaves in the store."""

import dataclasses
import errno
import threading
import time

import numpy as np
import pytest
from bars import RECIPE, bars

from model.annealing import Annealer
from model.cost import speed_key
from model.datasets import DataError, Digits
from model.early_stopping import EarlyStopping
from model.history import Batch
from model.layers import Activation, Dense, Flatten
from model.optimizers import Optimizer
from model.runs.records import Fenced, StoreError
from model.runs.store import RunStore

work = pytest.importorskip("model.learning.work")
training = pytest.importorskip("model.learning.training")
pulse_room = pytest.importorskip("model.learning.pulse")

IMAGES, LABELS = bars()
LINEAR = dataclasses.replace(RECIPE, layers=(Flatten(), Dense(10), Activation("softmax")), epochs=3)
PARTS = {"train": slice(0, 400), "validation": slice(400, 500)}


def digits(dataset, part, data=None, dataset_found=None):
    chosen = PARTS[part]
    indices = np.arange(500)[chosen]
    return Digits(
        IMAGES[chosen],
        LABELS[chosen],
        dataset_found or dataset,
        part,
        "Bars.",
        tuple("0123456789"),
        indices,
    )


@pytest.fixture(autouse=True)
def bars_for_digits(monkeypatch):
    monkeypatch.setattr(work, "load_digits", digits)


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path / "runs")
    yield store
    store.close()


def at(kind, number, then):
    """A report that does something when a batch or an epoch comes."""

    def report(event):
        if kind == "batch" and isinstance(event, Batch) and event.step == number:
            return then()
        if kind == "epoch" and isinstance(event, training.EpochEnd) and event.epoch.epoch == number:
            return then()
        return False

    return report


def test_a_whole_life_is_in_the_store(store):
    run = store.create(LINEAR)
    work.work_on(store, run.id, "me")
    done = store.get(run.id)
    assert (done.status, done.reason, done.epoch, done.stage) == ("done", "", 3, "")
    assert (done.worker, done.attempt) == ("me", 1)
    expected = {"dataset": "mini", "part": "train", "count": 400, "source": "Bars."}
    assert {key: done.learned_from[key] for key in expected} == expected
    assert [epoch.epoch for epoch in store.epochs(run.id)] == [0, 1, 2, 3]
    batches, _ = store.batches(run.id)
    assert [batch.step for batch in batches] == list(range(39))
    epochs = store.epochs(run.id)
    seconds = (epochs[3].seconds - epochs[1].seconds) / 2
    assert store.measurement(speed_key(LINEAR)) == pytest.approx(seconds)


def test_what_is_kept_is_what_was_trained(store):
    run = store.create(LINEAR)
    ends = []
    work.work_on(
        store, run.id, "me", report=lambda e: isinstance(e, training.EpochEnd) and ends.append(e) and False
    )
    assert store.epochs(run.id) == [end.epoch for end in ends]
    for end in ends:
        for name, array in store.weights(run.id, end.epoch.epoch).items():
            np.testing.assert_allclose(array, end.weights[name], rtol=1e-3, atol=1e-6)


def test_the_stages_are_there_for_all_to_see(store, monkeypatch):
    seen = []
    real = RunStore.pulse

    def pulse(self, attempt, batches=(), stage=None):
        seen.append(stage)
        return real(self, attempt, batches, stage)

    monkeypatch.setattr(RunStore, "pulse", pulse)
    monkeypatch.setattr(pulse_room, "PULSE_SECONDS", 0.001)
    run = store.create(LINEAR)
    work.work_on(store, run.id, "me")
    told = [stage for stage in seen if stage is not None]
    assert told[-1] == "training"
    order = ["reading the digits", "building the network", "first batch", "training"]
    assert told == [stage for stage in order if stage in told]
    assert {"building the network", "first batch"} <= set(told)


def test_a_run_that_is_not_queued_is_left_alone(store):
    run = store.create(LINEAR)
    store.wish(run.id, "pause")
    before = store.get(run.id)
    work.work_on(store, run.id, "me")
    assert store.get(run.id) == before


@pytest.mark.parametrize(("wish", "status"), [("pause", "paused"), ("stop", "stopped")])
def test_a_wish_is_heard_at_the_next_batches(store, wish, status):
    run = store.create(dataclasses.replace(LINEAR, epochs=500))
    work.work_on(store, run.id, "me", report=at("batch", 20, lambda: store.wish(run.id, wish) and False))
    stood = store.get(run.id)
    assert (stood.status, stood.reason) == (status, "")
    assert 1 <= stood.epoch < 500


@pytest.mark.slow
def test_what_was_paused_goes_on_as_if_it_never_had_been(store):
    recipe = dataclasses.replace(RECIPE, annealer=Annealer("plateau", patience=1, min_delta=0.05))
    whole, parted = store.create(recipe), store.create(recipe)
    work.work_on(store, whole.id, "me")
    work.work_on(store, parted.id, "me", report=at("batch", 30, lambda: True))
    assert (store.get(parted.id).status, store.get(parted.id).epoch) == ("paused", 2)
    store.wish(parted.id, "run")
    work.work_on(store, parted.id, "another")
    assert store.get(parted.id).status == "done"
    for one, other in zip(store.epochs(whole.id), store.epochs(parted.id), strict=True):
        assert one.learning_rate == other.learning_rate
        assert one.validation_accuracy == other.validation_accuracy
        assert (one.loss or 0) == pytest.approx(other.loss or 0, rel=1e-3)
    for name, array in store.weights(whole.id, 4).items():
        np.testing.assert_allclose(store.weights(parted.id, 4)[name], array, rtol=1e-3, atol=1e-5)
    steps = [batch.step for batch in store.batches(parted.id)[0]]
    assert steps == list(range(52))


@pytest.mark.slow
def test_a_step_is_one_epoch(store):
    run = store.create(LINEAR, until_epoch=0)
    work.work_on(store, run.id, "me")
    assert (store.get(run.id).status, store.get(run.id).epoch) == ("paused", 0)
    for epoch in (1, 2):
        store.wish(run.id, "run", until_epoch=epoch)
        work.work_on(store, run.id, "me")
        assert (store.get(run.id).status, store.get(run.id).epoch) == ("paused", epoch)
    store.wish(run.id, "run", until_epoch=3)
    work.work_on(store, run.id, "me")
    assert store.get(run.id).status == "done"


@pytest.mark.slow
def test_early_stopping_is_an_end_with_its_reason(store):
    rule = EarlyStopping(patience=1, min_delta=5, monitor="loss")
    run = store.create(dataclasses.replace(LINEAR, early_stopping=rule))
    work.work_on(store, run.id, "me")
    done = store.get(run.id)
    assert (done.status, done.epoch) == ("done", 2)
    assert done.reason == "early stopping: validation loss wasn't better for 1 epoch"


def test_a_fork_starts_from_its_parents_weights(store):
    parent = store.create(LINEAR)
    work.work_on(store, parent.id, "me")
    changed = dataclasses.replace(LINEAR, optimizer=Optimizer("sgd", 0.01), epochs=1)
    fork = store.create(changed, parent=(parent.id, 2))
    work.work_on(store, fork.id, "me")
    for name, array in store.weights(fork.id, 0).items():
        np.testing.assert_allclose(array, store.weights(parent.id, 2)[name], rtol=1e-3, atol=1e-6)
    start, before = store.epochs(fork.id)[0], store.epochs(parent.id)[2]
    assert start.validation_loss == pytest.approx(before.validation_loss, rel=1e-3)
    assert store.get(fork.id).status == "done"


@pytest.mark.slow
def test_a_fork_of_a_bundled_network_starts_from_its_weights(store):
    from model.checkpoint import load_checkpoint

    parent = load_checkpoint("classic")
    recipe = dataclasses.replace(parent.recipe, dataset="mini", epochs=1)
    fork = store.create(recipe, parent=("classic", parent.epoch), until_epoch=0)
    work.work_on(store, fork.id, "me")
    assert store.get(fork.id).status == "paused"
    for name, array in store.weights(fork.id, 0).items():
        np.testing.assert_array_equal(array, parent.weights[name])


def failing(error):
    def fail(*arguments, **more):
        raise error

    return fail


def test_a_fork_with_other_layers_fails_and_says_so(store):
    parent = store.create(LINEAR, until_epoch=0)
    work.work_on(store, parent.id, "me")
    fork = store.create(RECIPE, parent=(parent.id, 0))
    work.work_on(store, fork.id, "me")
    assert store.get(fork.id).status == "failed"
    assert "weights don't fit" in store.get(fork.id).reason


def test_a_loss_that_is_no_number_is_a_failure_with_its_reason(store):
    wild = dataclasses.replace(
        LINEAR,
        layers=(Flatten(), Dense(50), Dense(50), Dense(10), Activation("softmax")),
        optimizer=Optimizer("sgd", 1.0, momentum=0.99),
    )
    run = store.create(wild)
    work.work_on(store, run.id, "me")
    failed = store.get(run.id)
    assert failed.status == "failed"
    assert failed.reason.startswith("the loss became no number")
    assert store.epochs(run.id)[0].epoch == 0


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (DataError("mnist.npz", "it is damaged"), "failed", "mnist.npz: it is damaged"),
        (MemoryError(), "failed", "memory ran out"),
        (OSError(errno.ENOSPC, "No space left on device"), "paused", "the disk is full"),
        (StoreError(errno.ENOSPC, "database or disk is full"), "paused", "the disk is full"),
        (StoreError("it doesn't answer"), "queued", "the store of runs failed: it doesn't answer"),
        (OSError(errno.EIO, "Input/output error"), "failed", "Input/output error"),
    ],
)
def test_what_can_go_wrong_is_said_in_plain_words(store, monkeypatch, error, status, reason):
    run = store.create(LINEAR)
    monkeypatch.setattr(work, "load_digits", failing(error))
    work.work_on(store, run.id, "me")
    assert store.get(run.id).status == status
    assert reason in store.get(run.id).reason


def test_tensorflow_without_memory_is_told_as_such(store, monkeypatch):
    import tensorflow as tf

    run = store.create(LINEAR)
    monkeypatch.setattr(work, "train", failing(tf.errors.ResourceExhaustedError(None, None, "OOM")))
    work.work_on(store, run.id, "me")
    assert store.get(run.id).reason.startswith("memory ran out")


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (RuntimeError("odd"), "failed", "RuntimeError: odd"),
        (KeyboardInterrupt(), "paused", "interrupted"),
    ],
)
def test_what_nobody_foresaw_is_recorded_and_raised(store, monkeypatch, error, status, reason):
    run = store.create(LINEAR)
    monkeypatch.setattr(work, "train", failing(error))
    with pytest.raises(type(error)):
        work.work_on(store, run.id, "me")
    assert (store.get(run.id).status, store.get(run.id).reason) == (status, reason)


@pytest.mark.slow
def test_a_full_disk_pauses_with_the_earlier_epochs_whole(store, monkeypatch):
    real = RunStore.finish_epoch

    def finish(self, attempt, epoch, weights, state):
        if epoch.epoch == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, attempt, epoch, weights, state)

    monkeypatch.setattr(RunStore, "finish_epoch", finish)
    run = store.create(LINEAR)
    work.work_on(store, run.id, "me")
    assert (store.get(run.id).status, store.get(run.id).epoch) == ("paused", 1)
    monkeypatch.undo()
    monkeypatch.setattr(work, "load_digits", digits)
    store.wish(run.id, "run")
    work.work_on(store, run.id, "me")
    assert store.get(run.id).status == "done"


def test_who_lost_the_run_leaves_quietly_and_changes_nothing(store):
    run = store.create(dataclasses.replace(LINEAR, epochs=500))
    kept = []

    def lose():
        store.lose(run.id, 1, "a test")
        store.claim(run.id, "another")
        kept.append(store.get(run.id))

    work.work_on(store, run.id, "me", report=at("epoch", 3, lose))
    now = store.get(run.id)
    assert (now.status, now.worker, now.epoch, now.attempt) == ("running", "another", 3, 2)
    assert now == kept[0]


@pytest.mark.slow
def test_it_never_goes_on_with_other_digits(store, monkeypatch):
    run = store.create(LINEAR, until_epoch=1)
    work.work_on(store, run.id, "me")
    store.wish(run.id, "run")
    monkeypatch.setattr(work, "load_digits", lambda *a: digits(*a, dataset_found="kaggle"))
    work.work_on(store, run.id, "me")
    failed = store.get(run.id)
    assert failed.status == "failed"
    assert "began with 400 digits of mini, but here are 400 of kaggle" in failed.reason
    assert failed.learned_from["dataset"] == "mini"


class Answering:
    """A store that fails for a while."""

    def __init__(self, failures):
        self.failures, self.batches, self.stages = list(failures), [], []

    def pulse(self, attempt, batches=(), stage=None):
        if self.failures:
            raise self.failures.pop(0)
        self.batches += batches
        self.stages.append(stage)
        return "run", None


@pytest.fixture
def attempt(store):
    return store.claim(store.create(LINEAR).id, "me")


def beats(store, attempt, done):
    """Three batches told; then the heart beats until all is done, or fails."""
    batches = [Batch(step, 1.0, 0.5, 0.1, step / 10) for step in range(3)]
    with pulse_room.Pulse(store, attempt) as pulse:
        pulse.stage("training")
        for batch in batches:
            pulse.add(batch)
        patience = time.monotonic() + 10
        while not done() and time.monotonic() < patience:
            time.sleep(0.01)
            pulse.check()
    return batches


def test_a_store_that_doesnt_answer_for_a_moment_gets_the_points_later(attempt, monkeypatch):
    monkeypatch.setattr(pulse_room, "PULSE_SECONDS", 0.01)
    answering = Answering([StoreError("busy"), StoreError("busy")])
    batches = beats(answering, attempt, lambda: answering.batches)
    assert answering.batches == batches
    assert [stage for stage in answering.stages if stage] == ["training"]


@pytest.mark.parametrize(
    "failures",
    [[StoreError(errno.ENOSPC, "full")], [StoreError("busy")] * 999, [Fenced("gone")], [TypeError("a bug")]],
)
def test_what_a_pulse_meets_is_raised_in_the_training(attempt, monkeypatch, failures):
    monkeypatch.setattr(pulse_room, "PULSE_SECONDS", 0.01)
    monkeypatch.setattr(pulse_room, "PATIENCE_SECONDS", 0.1)
    with pytest.raises(type(failures[0])):
        beats(Answering(failures), attempt, lambda: False)
    assert not any(thread.name.startswith("pulse") for thread in threading.enumerate())


def test_the_heart_beats_while_the_training_is_busy(store, attempt, monkeypatch):
    monkeypatch.setattr(pulse_room, "PULSE_SECONDS", 0.02)
    before = store.get(attempt.run.id).heartbeat
    beats(store, attempt, lambda: store.get(attempt.run.id).heartbeat > before)
    assert store.get(attempt.run.id).heartbeat > before
