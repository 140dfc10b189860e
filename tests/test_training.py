"""One small training: what it tells, and that it does what the recipe says."""

import dataclasses
import itertools

import numpy as np
import pytest
from bars import RECIPE, bars

from model.annealing import Annealer, rate_at
from model.early_stopping import EarlyStopping
from model.forward import Network
from model.history import Batch
from model.layers import Activation, Dense, Flatten
from model.optimizers import OPTIMIZERS, Optimizer

training = pytest.importorskip("model.learning.training")
build_optimizer = pytest.importorskip("model.learning.optimizers").build_optimizer
network_room = pytest.importorskip("model.learning.network")

IMAGES, LABELS = bars()
LEARNED, WATCHED = (IMAGES[:400], LABELS[:400]), (IMAGES[400:], LABELS[400:])
STEPS = 13  # batches of 32 in 400


@pytest.fixture(scope="module")
def trained():
    events = []
    result = training.train(RECIPE, LEARNED, WATCHED, events.append)
    return result, events


def only(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_the_stages_come_before_the_first_batch(trained):
    _, events = trained
    kinds = [type(event).__name__ for event in events[:4]]
    assert kinds == ["Stage", "EpochEnd", "Stage", "Stage"]
    assert [stage.text for stage in only(training.Stage, events)] == [
        "building the network",
        "first batch",
        "training",
    ]


def test_the_loss_falls_and_every_epoch_is_recorded(trained):
    result, events = trained
    epochs = [event.epoch for event in only(training.EpochEnd, events)]
    assert tuple(epochs) == result.history
    assert [epoch.epoch for epoch in epochs] == [0, 1, 2, 3, 4]
    assert epochs[-1].loss < epochs[1].loss / 2
    assert 0 == epochs[0].seconds < epochs[1].seconds < epochs[-1].seconds <= result.seconds
    assert result.ending == training.ALL_EPOCHS


def test_epoch_0_is_the_network_before_its_first_batch(trained):
    _, events = trained
    start = only(training.EpochEnd, events)[0]
    fresh = network_room.get_weights(RECIPE, network_room.build_network(RECIPE))
    for name, array in fresh.items():
        np.testing.assert_array_equal(start.weights[name], array)
    assert (start.epoch.loss, start.epoch.accuracy, start.epoch.watch) == (None, None, None)
    assert start.epoch.learning_rate == pytest.approx(0.02 / 25)


def test_every_epochs_weights_read_in_numpy_what_keras_counted(trained):
    result, events = trained
    images, labels = WATCHED
    for event in only(training.EpochEnd, events):
        probabilities = Network(RECIPE.layers, event.weights).probabilities(images)
        assert (probabilities.argmax(axis=1) == labels).mean() == event.epoch.validation_accuracy
        loss = -np.log(probabilities[np.arange(100), labels]).mean()
        assert loss == pytest.approx(event.epoch.validation_loss, rel=1e-3)
    for name, array in result.weights.items():
        np.testing.assert_array_equal(array, event.weights[name])


def test_every_batch_leaves_its_own_loss_not_the_epochs_running_mean(trained):
    _, events = trained
    batches = only(Batch, events)
    assert [batch.step for batch in batches] == list(range(4 * STEPS))
    sizes = np.array([32] * 12 + [16])
    for event in only(training.EpochEnd, events)[1:]:
        own = batches[(event.epoch.epoch - 1) * STEPS : event.epoch.epoch * STEPS]
        for field in ("loss", "accuracy"):
            mean = np.average([getattr(batch, field) for batch in own], weights=sizes)
            assert mean == pytest.approx(getattr(event.epoch, field), rel=1e-4)
        for batch, size in zip(own, sizes, strict=True):
            assert batch.accuracy * size == pytest.approx(round(batch.accuracy * size))
    assert all(one.seconds < other.seconds for one, other in itertools.pairwise(batches))


def test_the_first_batchs_loss_is_that_of_the_fresh_network():
    """Without dropout and normalisation our forward pass gives what the first batch must have lost."""
    recipe = dataclasses.replace(RECIPE, layers=(Flatten(), Dense(10), Activation("softmax")), epochs=1)
    seen = []
    images, labels = IMAGES[:32], LABELS[:32]  # a single batch, in whatever order
    training.train(recipe, (images, labels), None, seen.append)
    start = only(training.EpochEnd, seen)[0]
    probabilities = Network(recipe.layers, start.weights).probabilities(images)
    (batch,) = only(Batch, seen)
    assert batch.loss == pytest.approx(-np.log(probabilities[np.arange(32), labels]).mean(), rel=1e-4)
    assert batch.accuracy == (probabilities.argmax(axis=1) == labels).mean()


def test_the_rate_follows_the_one_cycle(trained):
    _, events = trained
    for batch in only(Batch, events):
        assert batch.learning_rate == rate_at(RECIPE.annealer, 0.02, batch.step, STEPS, 4)
    for event in only(training.EpochEnd, events)[1:]:
        step = STEPS * event.epoch.epoch
        assert event.epoch.learning_rate == rate_at(RECIPE.annealer, 0.02, step - 1, STEPS, 4)
        assert event.epoch.watch.rate_after == rate_at(RECIPE.annealer, 0.02, step, STEPS, 4)


def test_the_rate_is_what_the_optimizer_steps_with():
    """A step of plain SGD is the rate times the gradient: a tenth of the rate moves a tenth as far."""
    moved = []
    for rate in (0.1, 0.01):
        optimizer = Optimizer("sgd", rate, momentum=0.0)
        recipe = dataclasses.replace(
            RECIPE,
            layers=(Flatten(), Dense(10), Activation("softmax")),
            optimizer=optimizer,
            annealer=Annealer("none"),
            epochs=1,
            batch_size=400,
        )
        events = []
        training.train(recipe, LEARNED, None, events.append)
        before, after = (event.weights["01.kernel"] for event in only(training.EpochEnd, events))
        moved.append(after - before)
    np.testing.assert_allclose(moved[0], 10 * moved[1], atol=2e-6)


def test_the_report_ends_it_after_a_batch_at_once_or_after_an_epoch():
    def after_batch(event):
        return isinstance(event, Batch) and event.step == STEPS + 4

    events = []
    result = training.train(RECIPE, LEARNED, WATCHED, lambda e: events.append(e) or after_batch(e))
    assert only(Batch, events)[-1].step == STEPS + 4
    assert result.ending == training.ASKED
    assert [epoch.epoch for epoch in result.history] == [0, 1]

    result = training.train(RECIPE, LEARNED, WATCHED, lambda e: isinstance(e, training.EpochEnd))
    assert result.ending == training.ASKED
    assert [epoch.epoch for epoch in result.history] == [0]


def test_who_asks_for_the_end_after_the_last_epoch_has_it_all():
    once = dataclasses.replace(RECIPE, epochs=1)
    result = training.train(
        once, LEARNED, None, lambda e: isinstance(e, training.EpochEnd) and e.epoch.epoch == 1
    )
    assert result.ending == training.ALL_EPOCHS


def test_a_training_can_start_from_given_weights(trained):
    result, _ = trained
    events = []
    again = dataclasses.replace(RECIPE, epochs=1, annealer=Annealer("none"), seed=9)
    training.train(again, LEARNED, WATCHED, lambda e: events.append(e) or True, start_weights=result.weights)
    events = []
    training.train(
        again,
        LEARNED,
        WATCHED,
        lambda e: events.append(e) or isinstance(e, training.EpochEnd),
        start_weights=result.weights,
    )
    (start,) = only(training.EpochEnd, events)
    for name, array in result.weights.items():
        np.testing.assert_array_equal(start.weights[name], array)
    assert start.epoch.validation_accuracy == result.history[-1].validation_accuracy


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    short = dataclasses.replace(RECIPE, epochs=1)
    first, second = (training.train(short, LEARNED, None).weights for _ in range(2))
    other = training.train(dataclasses.replace(short, seed=4), LEARNED, None).weights
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4, atol=1e-6)
    assert not np.allclose(first["00.kernel"], other["00.kernel"])


@pytest.mark.slow
def test_plateau_lowers_the_rate_when_validation_stops_rising():
    # a validation that cannot be learned: the labels are shuffled
    lost = np.random.default_rng(5).permutation(LABELS)
    annealer = Annealer("plateau", factor=0.1, patience=1)
    plateau = dataclasses.replace(RECIPE, annealer=annealer, epochs=6)
    events = []
    result = training.train(plateau, (IMAGES, LABELS), (IMAGES, lost), events.append)
    rates = [epoch.learning_rate for epoch in result.history]
    assert rates[-1] <= 0.02 * 0.1 * 1.0001
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates))
    for epoch, following in itertools.pairwise(result.history[1:]):
        assert epoch.watch.rate_after == following.learning_rate
        assert epoch.watch.value == epoch.validation_accuracy
    by_step = {batch.step: batch.learning_rate for batch in only(Batch, events)}
    assert [by_step[16 * epoch.epoch - 1] for epoch in result.history[1:]] == rates[1:]


@pytest.mark.slow
def test_early_stopping_ends_it():
    lost = np.random.default_rng(5).permutation(LABELS)
    rule = EarlyStopping(patience=2, min_delta=0.5)
    stopping = dataclasses.replace(RECIPE, early_stopping=rule, epochs=30)
    result = training.train(stopping, (IMAGES, LABELS), (IMAGES, lost))
    assert result.ending == training.EARLY
    assert [epoch.epoch for epoch in result.history] == [0, 1, 2, 3]


@pytest.mark.parametrize("part", ["annealer", "early_stopping"])
def test_what_watches_needs_something_to_watch(part):
    watching = {"annealer": Annealer("plateau"), "early_stopping": EarlyStopping(monitor="loss")}[part]
    with pytest.raises(ValueError, match=r"watches validation (accuracy|loss), but this dataset has no"):
        training.train(dataclasses.replace(RECIPE, **{part: watching}), LEARNED, None)


def test_a_loss_that_is_no_number_is_said_so():
    wild = dataclasses.replace(
        RECIPE,
        layers=(Flatten(), Dense(50), Dense(50), Dense(10), Activation("softmax")),
        optimizer=Optimizer("sgd", 1.0, momentum=0.99),
        annealer=Annealer("none"),
        epochs=20,
    )
    huge = (np.full_like(IMAGES, 255), LABELS)
    events = []
    with pytest.raises(FloatingPointError, match="try a learning rate below 1"):
        training.train(wild, huge, None, events.append)
    assert all(np.isfinite(batch.loss) for batch in only(Batch, events))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_what_the_recipe_says(name):
    described = Optimizer(
        name,
        0.05,
        beta_1=0.8,
        beta_2=0.95,
        momentum=0.7,
        nesterov=True,
        rho=0.85,
        weight_decay=0.01,
        clip_norm=2.0,
    )
    config = build_optimizer(described).get_config()
    assert config["learning_rate"] == pytest.approx(0.05)
    assert config["global_clipnorm"] == 2.0
    own = {
        "adam": {"beta_1": 0.8, "beta_2": 0.95},
        "adamw": {"beta_1": 0.8, "beta_2": 0.95, "weight_decay": 0.01},
        "sgd": {"momentum": 0.7, "nesterov": True},
        "rmsprop": {"rho": 0.85, "momentum": 0.7},
    }[name]
    assert {key: config[key] for key in own} == pytest.approx(own)
    if name != "adamw":
        assert config["weight_decay"] is None


def test_smoothing_and_l2_are_in_the_loss_and_not_in_the_reading():
    """Checked on epoch 0 against the sums written out."""
    recipe = dataclasses.replace(RECIPE, label_smoothing=0.2, l2=0.03)
    events = []
    training.train(recipe, LEARNED, WATCHED, lambda e: events.append(e) or isinstance(e, training.EpochEnd))
    (start,) = only(training.EpochEnd, events)
    probabilities = Network(recipe.layers, start.weights).probabilities(WATCHED[0])
    targets = np.full((100, 10), 0.02)
    targets[np.arange(100), WATCHED[1]] += 0.8
    cost = 0.03 * sum((start.weights[name] ** 2).sum() for name in ("00.kernel", "06.kernel"))
    loss = -(targets * np.log(probabilities)).sum(axis=1).mean() + cost
    assert start.epoch.validation_loss == pytest.approx(loss, rel=1e-4)
    assert start.epoch.validation_accuracy == (probabilities.argmax(axis=1) == WATCHED[1]).mean()
