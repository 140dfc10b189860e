"""A training that was broken off goes on as if it had never been."""

import dataclasses

import numpy as np
import pytest
from bars import RECIPE, bars

from model.annealing import Annealer
from model.augmentation import Augmentation
from model.early_stopping import EarlyStopping
from model.history import Batch
from model.optimizers import Optimizer

training = pytest.importorskip("model.learning.training")

IMAGES, LABELS = bars()
LEARNED = (IMAGES[:400], LABELS[:400])
# What cannot be learned: so that the rate drops and drops.
LOST = (IMAGES[400:], np.random.default_rng(5).permutation(LABELS[400:]))
PLATEAU = dataclasses.replace(
    RECIPE, annealer=Annealer("plateau", factor=0.5, patience=2, min_delta=0.02, cooldown=1), epochs=6
)


def whole(recipe):
    """An uninterrupted training: its epochs' events and its batches."""
    events = []
    training.train(recipe, LEARNED, LOST, events.append)
    epochs = [event for event in events if isinstance(event, training.EpochEnd)]
    return epochs, [event for event in events if isinstance(event, Batch)]


def gone_on(recipe, epochs, last):
    """The same from a finished epoch on, through what a store keeps of it, with a new network."""
    end = epochs[last]
    kept = {name: array.copy() for name, array in end.state.items()}
    going_on = training.GoingOn(tuple(e.epoch for e in epochs[: last + 1]), dict(end.weights), kept)
    events = []
    training.train(recipe, LEARNED, LOST, events.append, going_on)
    later = [event for event in events if isinstance(event, training.EpochEnd)]
    return later, [event for event in events if isinstance(event, Batch)]


def check_same(uninterrupted, later, last):
    epochs, batches = uninterrupted
    new_epochs, new_batches = later
    assert [event.epoch.epoch for event in new_epochs] == list(range(last + 1, len(epochs)))
    expected = batches[last * 13 :]
    assert [batch.step for batch in new_batches] == [batch.step for batch in expected]
    assert [batch.learning_rate for batch in new_batches] == [batch.learning_rate for batch in expected]
    # each batch's own loss: another order of the digits, or another dropout, would show at once
    np.testing.assert_allclose(
        [batch.loss for batch in new_batches], [batch.loss for batch in expected], rtol=1e-3, atol=1e-4
    )
    for old, new in zip(epochs[last + 1 :], new_epochs, strict=True):
        watches = [dataclasses.asdict(event.epoch.watch) for event in (old, new)]
        assert watches[0] == pytest.approx(watches[1], nan_ok=True)
        assert new.epoch.seconds > epochs[last].epoch.seconds
        for name, array in old.weights.items():
            np.testing.assert_allclose(new.weights[name], array, rtol=1e-3, atol=1e-5)
        assert old.state.keys() == new.state.keys()


def test_what_goes_on_with_dropout_adam_and_plateau_is_what_was_never_broken_off():
    uninterrupted = whole(PLATEAU)
    reasons = [event.epoch.watch.reason for event in uninterrupted[0][1:]]
    assert "dropped" in reasons[:4]
    check_same(uninterrupted, gone_on(PLATEAU, uninterrupted[0], 3), 3)


@pytest.mark.slow
def test_the_same_after_any_epoch():
    uninterrupted = whole(PLATEAU)
    for last in range(6):
        check_same(uninterrupted, gone_on(PLATEAU, uninterrupted[0], last), last)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changed",
    [
        {"optimizer": Optimizer("sgd", 0.05, nesterov=True)},
        {"optimizer": Optimizer("rmsprop", 0.005, momentum=0.5), "annealer": Annealer("cosine", warm_up=0.3)},
        {"optimizer": Optimizer("adamw", 0.01, clip_norm=1.0), "annealer": Annealer("step", every=2)},
        {"augmentation": Augmentation(rotation_degrees=10, shift_cells=1, elastic_cells=0.5)},
        {"annealer": Annealer("exponential", every=2), "label_smoothing": 0.1, "l2": 1e-3},
    ],
)
def test_the_same_with_every_optimizer_and_annealer(changed):
    recipe = dataclasses.replace(PLATEAU, **changed)
    uninterrupted = whole(recipe)
    check_same(uninterrupted, gone_on(recipe, uninterrupted[0], 2), 2)


@pytest.mark.slow
def test_an_epoch_that_was_cut_short_is_done_again_from_its_start():
    recipe = dataclasses.replace(PLATEAU, epochs=2)
    epochs, batches = whole(recipe)
    seen = []
    cut = training.train(
        recipe,
        LEARNED,
        LOST,
        lambda e: seen.append(e) or (isinstance(e, Batch) and e.step == 20),
    )
    assert cut.history[-1].epoch == 1
    ends = [event for event in seen if isinstance(event, training.EpochEnd)]
    check_same((epochs, batches), gone_on(recipe, ends, 1), 1)


@pytest.mark.slow
def test_early_stopping_remembers_what_it_waited_for():
    recipe = dataclasses.replace(PLATEAU, early_stopping=EarlyStopping(patience=2, min_delta=0.5), epochs=9)
    epochs, _ = whole(recipe)
    assert epochs[-1].epoch.epoch == 3
    later, _ = gone_on(recipe, epochs, 2)
    assert [event.epoch.epoch for event in later] == [3]
    assert gone_on(recipe, epochs, 3) == ([], [])  # it was over, only nobody had said so yet


@pytest.mark.slow
def test_a_state_of_another_network_is_refused():
    epochs, _ = whole(dataclasses.replace(PLATEAU, epochs=1))
    other = dataclasses.replace(PLATEAU, optimizer=Optimizer("sgd", 0.1))
    with pytest.raises(ValueError, match="the kept state is of another network"):
        gone_on(other, epochs, 1)
