"""Averaged weights: the running mean that Keras keeps, batch statistics of its own, and resuming exactly."""

import dataclasses

import numpy as np
import pytest
from bars import RECIPE, bars
from test_learning_resuming import LEARNED, LOST, check_same, gone_on, whole

from model.annealing import Annealer
from model.augmentation import Augmentation
from model.forward import Network, to_input
from model.history import Batch
from model.layers import Activation, Dense, Flatten
from model.optimizers import Optimizer
from model.recipe import Recipe, RecipeError

training = pytest.importorskip("model.learning.training")
averaging = pytest.importorskip("model.learning.averaging")
network_room = pytest.importorskip("model.learning.network")

DECAY = 0.9
SHARE = 10 / (3 * 13)  # of three epochs of 13 steps: a mean that remembers ten, so that nine tenths are kept
AVERAGED = dataclasses.replace(RECIPE, averaging=SHARE, epochs=3, annealer=Annealer("none"))
PLAIN = dataclasses.replace(
    AVERAGED,
    layers=(Flatten(), Dense(10), Activation("softmax")),
    optimizer=Optimizer("sgd", 0.1, momentum=0.0),
    batch_size=100,
)


def epochs_of(recipe, learned=LEARNED, watched=LOST):
    events = []
    training.train(recipe, learned, watched, events.append)
    return [event for event in events if isinstance(event, training.EpochEnd)]


def test_the_mean_is_that_of_the_weights_after_every_step():
    """An epoch of one step each: the weights themselves stand in the state, and are averaged here by hand."""
    recipe = dataclasses.replace(PLAIN, batch_size=400, epochs=20, averaging=0.5)  # remembers ten steps
    epochs = epochs_of(recipe)
    mean = None
    for event in epochs[1:]:
        live = event.state["live.0"]
        mean = live if mean is None else DECAY * mean + (1 - DECAY) * live
        np.testing.assert_allclose(event.weights["01.kernel"], mean, rtol=1e-5, atol=1e-7)
    assert np.abs(event.weights["01.kernel"] - live).max() > 0.001


@pytest.mark.slow
def test_learning_itself_is_not_disturbed():
    """The losses of all batches are those of a training that looks at the weights as they are."""
    seen = {}
    for share in (0.0, SHARE):
        events = seen[share] = []
        training.train(dataclasses.replace(AVERAGED, averaging=share), LEARNED, LOST, events.append)
    losses = [[event.loss for event in events if isinstance(event, Batch)] for events in seen.values()]
    np.testing.assert_allclose(*losses, rtol=1e-3, atol=1e-4)
    states = [[event.state for event in events if hasattr(event, "state")][-1] for events in seen.values()]
    assert ["live.0" in state for state in states] == [False, True]


def test_what_is_kept_is_what_was_tested():
    images, labels = bars()
    watched = (images[400:], labels[400:])
    for event in epochs_of(AVERAGED, watched=watched):
        probabilities = Network(AVERAGED.layers, event.weights).probabilities(watched[0])
        assert (probabilities.argmax(axis=1) == watched[1]).mean() == event.epoch.validation_accuracy
        loss = -np.log(probabilities[np.arange(100), watched[1]]).mean()
        assert loss == pytest.approx(event.epoch.validation_loss, rel=1e-3)


@pytest.mark.slow
def test_without_validation_digits_the_averaged_weights_are_kept_as_well():
    for watched, unwatched in zip(epochs_of(AVERAGED), epochs_of(AVERAGED, watched=None), strict=True):
        for name, array in watched.weights.items():
            np.testing.assert_allclose(unwatched.weights[name], array, rtol=1e-3, atol=1e-5)


def test_batch_statistics_are_those_of_the_digits_through_the_averaged_weights():
    """Against our own forward pass over all 400 digits: fewer than are asked for, so all of them count."""
    last = epochs_of(AVERAGED)[-1]
    convolved = Network(AVERAGED.layers, last.weights).values(LEARNED[0])[1]  # before normalisation
    np.testing.assert_allclose(last.weights["01.moving_mean"], convolved.mean(axis=(0, 1, 2)), atol=1e-4)
    np.testing.assert_allclose(last.weights["01.moving_variance"], convolved.var(axis=(0, 1, 2)), rtol=1e-3)


def test_settling_goes_from_layer_to_layer():
    """A second normalisation meets what the first one, already settled, lets through; dropout hides none."""
    from model.layers import BatchNormalization, Dropout

    layers = (
        Flatten(),
        Dense(8),
        BatchNormalization(),
        Dropout(0.5),
        Dense(6),
        BatchNormalization(),
        Dense(10),
        Activation("softmax"),
    )
    recipe = Recipe("two", layers)
    network = network_room.build_network(recipe)
    digits = bars()[0]
    averaging.settle(network, to_input(digits))
    values = Network(layers, network_room.get_weights(recipe, network)).values(digits)
    for place in (2, 5):
        layer = network.layers[place]
        np.testing.assert_allclose(np.array(layer.moving_mean), values[place].mean(axis=0), atol=1e-4)
        np.testing.assert_allclose(np.array(layer.moving_variance), values[place].var(axis=0), rtol=1e-3)
        assert np.abs(values[place + 1].mean(axis=0)).max() < 1e-3


@pytest.mark.parametrize(
    "changed",
    [
        {},
        pytest.param(
            {
                "optimizer": Optimizer("adamw", 0.01),
                "annealer": Annealer("plateau", patience=1),
                "augmentation": Augmentation(rotation_degrees=10),
            },
            marks=pytest.mark.slow,
        ),
    ],
    ids=["adam", "adamw, plateau, augmented"],
)
def test_what_goes_on_is_what_was_never_broken_off(changed):
    recipe = dataclasses.replace(AVERAGED, **changed)
    uninterrupted = whole(recipe)
    for last in (2,) if not changed else (0, 2):
        check_same(uninterrupted, gone_on(recipe, uninterrupted[0], last), last)


@pytest.mark.parametrize(
    ("averaging_share", "steps", "kept"),
    [(0.06, 17_200, 1 - 1 / 1032), (0.5, 20, 0.9), (0.06, 10, 0.0), (0.0, 99, 0.0)],
)
def test_the_mean_remembers_a_share_of_the_training(averaging_share, steps, kept):
    assert averaging.kept_share(averaging_share, steps) == pytest.approx(kept)


@pytest.mark.parametrize("decay", [-0.1, 1, 1.0, True, "0.9", float("nan")])
def test_a_share_is_from_0_to_below_1(decay):
    with pytest.raises(RecipeError, match="averaging must be from 0 to below 1, not"):
        dataclasses.replace(RECIPE, averaging=decay)
