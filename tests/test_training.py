"""One small training: what it records, and that it does what the recipe says."""

import dataclasses
import itertools

import numpy as np
import pytest

from model.annealing import Annealer
from model.forward import Network
from model.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from model.optimizers import Optimizer
from model.recipe import Recipe

training = pytest.importorskip("model.learning.training")

RECIPE = Recipe(
    "bars",
    (
        Conv2D(4, 5, stride=3, bias=False),
        BatchNormalization(),
        Activation("relu"),
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.1),
        Dense(10),
        Activation("softmax"),
    ),
    optimizer=Optimizer("adam", 0.02),
    annealer=Annealer("one-cycle"),
    epochs=4,
    batch_size=32,
    seed=3,
)


@pytest.fixture(scope="module")
def bars():
    """500 easy pictures: the label says in which of ten columns a bar stands."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 500).astype(np.uint8)
    images = random.integers(0, 60, (500, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        column = 2 + 2 * label + random.integers(2)
        image[4:24, column : column + 3] = 255
    return images, labels


@pytest.fixture(scope="module")
def trained(bars):
    epochs, batches = [], []
    images, labels = bars
    result = training.train(
        RECIPE, (images[:400], labels[:400]), (images[400:], labels[400:]), epochs.append, batches.append
    )
    return result, epochs, batches


def test_the_loss_falls_and_every_epoch_is_recorded(trained):
    result, epochs, batches = trained
    assert tuple(epochs) == result.history
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4]
    assert epochs[-1].loss < epochs[0].loss / 2
    assert batches == list(range(13)) * 4
    assert 0 < epochs[0].seconds < epochs[-1].seconds <= result.seconds


def test_the_weights_read_in_numpy_what_keras_counted(trained, bars):
    result, epochs, _ = trained
    images, labels = bars[0][400:], bars[1][400:]
    probabilities = Network(RECIPE.layers, result.weights).probabilities(images)
    assert (probabilities.argmax(axis=1) == labels).mean() == pytest.approx(epochs[-1].validation_accuracy)
    loss = -np.log(probabilities[np.arange(100), labels]).mean()
    assert loss == pytest.approx(epochs[-1].validation_loss, rel=1e-3)


def test_the_rate_follows_the_one_cycle(trained):
    from model.annealing import one_cycle_rate

    _, epochs, _ = trained
    for epoch in epochs:
        expected = one_cycle_rate(13 * epoch.epoch - 1, 13 * 4, 0.02)
        assert epoch.learning_rate == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_and_another_does_not(bars):
    short = dataclasses.replace(RECIPE, epochs=1)
    first, second = (training.train(short, bars, None).weights for _ in range(2))
    other = training.train(dataclasses.replace(short, seed=4), bars, None).weights
    for name in first:
        np.testing.assert_allclose(first[name], second[name], rtol=1e-4, atol=1e-6)
    assert not np.allclose(first["00.kernel"], other["00.kernel"])


def test_every_digit_comes_once_an_epoch_in_a_new_order():
    images = np.zeros((100, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(100)
    labels = (np.arange(100) % 10).astype(np.uint8)
    batches = training.Batches(images, labels, 32, seed=1)
    orders = []
    for _ in range(2):
        seen = [batches[i] for i in range(len(batches))]
        assert [len(x) for x, _ in seen] == [32, 32, 32, 4]
        pixels = np.rint(np.concatenate([x for x, _ in seen])[:, 0, 0, 0] * 255).astype(int)
        targets = np.concatenate([y for _, y in seen])
        np.testing.assert_array_equal(targets.argmax(axis=1), pixels % 10)
        assert sorted(pixels) == list(range(100))
        orders.append(pixels)
        batches.on_epoch_end()
    assert not np.array_equal(*orders)


@pytest.mark.slow
def test_plateau_lowers_the_rate_when_validation_stops_rising(bars):
    # a validation that cannot be learned: the labels are shuffled
    images, labels = bars
    lost = np.random.default_rng(5).permutation(labels)
    plateau = dataclasses.replace(RECIPE, annealer=Annealer("plateau", factor=0.1, patience=1), epochs=6)
    rates = [e.learning_rate for e in training.train(plateau, (images, labels), (images, lost)).history]
    assert rates[-1] <= 0.02 * 0.1 * 1.0001
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates))


def test_plateau_needs_something_to_watch(bars):
    plateau = dataclasses.replace(RECIPE, annealer=Annealer("plateau"))
    with pytest.raises(ValueError, match="watches validation accuracy"):
        training.train(plateau, bars, None)


def test_a_loss_that_is_no_number_is_said_so(bars):
    wild = dataclasses.replace(
        RECIPE,
        layers=(Flatten(), Dense(50), Dense(50), Dense(10), Activation("softmax")),
        optimizer=Optimizer("sgd", 1.0, beta_1=0.99),
        annealer=Annealer("none"),
        epochs=20,
    )
    huge = (np.full_like(bars[0], 255), bars[1])
    with pytest.raises(FloatingPointError, match="try a learning rate below 1"):
        training.train(wild, huge, None)


def test_every_optimizer_of_a_recipe_can_be_built(bars):
    sgd = dataclasses.replace(RECIPE, optimizer=Optimizer("sgd", 0.05), annealer=Annealer("none"), epochs=1)
    (epoch,) = training.train(sgd, bars, None).history
    assert epoch.learning_rate == pytest.approx(0.05)
    assert epoch.validation_accuracy is None
