"""What a training is given can be known beforehand: the previewed batches are those that `fit` receives."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from model.annealing import Annealer
from model.augmentation import Augmentation
from model.augmentation.serving import places_of_batch, training_batch
from model.datasets import load_digits
from model.layers import Activation, Dense, Flatten
from model.recipe import Recipe

ALL = Augmentation(
    15, 0.2, 2, 10, 1, 0.2, 1, 0.1, 0.5, 0.3, 6, True, True, {"zoom": 0.5, "noise": 0.3, "flip": 0.2}
)
RECIPE = Recipe(
    "linear",
    (Flatten(), Dense(10), Activation("softmax")),
    dataset="mini",
    epochs=2,
    batch_size=100,
    seed=11,
    annealer=Annealer("none"),
    augmentation=ALL,
)


@pytest.fixture(scope="module")
def digits():
    whole = load_digits("mini", "train")
    return replace(whole, **{name: getattr(whole, name)[:250] for name in ("images", "labels", "indices")})


def previewed(recipe, digits, epochs):
    return [training_batch(recipe, digits, epoch, batch) for epoch in range(epochs) for batch in range(3)]


def test_every_digit_comes_once_an_epoch_with_its_own_label(digits):
    for epoch in range(2):
        places = np.concatenate([training_batch(RECIPE, digits, epoch, batch)[2] for batch in range(3)])
        assert sorted(places) == list(range(250))
    plain = replace(RECIPE, augmentation=None)
    for images, labels, places in previewed(plain, digits, 1):
        np.testing.assert_array_equal(images, digits.images[places])
        np.testing.assert_array_equal(labels, digits.labels[places])


def test_a_preview_is_the_same_whenever_it_is_asked_for(digits):
    last, first = training_batch(RECIPE, digits, 1, 2)[0], training_batch(RECIPE, digits, 0, 0)[0]
    np.testing.assert_array_equal(training_batch(RECIPE, digits, 1, 2)[0], last)
    assert (last[:50] != first[:50]).any(axis=(1, 2)).all()
    other = training_batch(replace(RECIPE, seed=12), digits, 0, 0)[0]
    assert (other != first).any(axis=(1, 2)).mean() > 0.9


@pytest.mark.parametrize("batch", [-1, 3])
def test_a_batch_that_is_not_there_is_refused(batch):
    with pytest.raises(ValueError, match=f"the batches 0 to 2, not {batch}"):
        places_of_batch(250, 100, 0, 0, batch)


def test_a_preview_needs_no_tensorflow():
    code = "import sys, model.augmentation.serving; sys.exit(len({'tensorflow', 'cv2'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize("augmentation", [ALL, pytest.param(None, marks=pytest.mark.slow)])
def test_the_previewed_batches_are_those_that_fit_receives(augmentation, digits, monkeypatch):
    training = pytest.importorskip("model.learning.training")
    import tensorflow as tf
    from keras.src.backend.tensorflow.trainer import TensorFlowTrainer

    received = []

    def record(images, labels):
        received.append((images.numpy(), labels.numpy()))

    learn = TensorFlowTrainer.train_step

    def watched(self, data):
        tf.py_function(record, data, [])
        return learn(self, data)

    monkeypatch.setattr(TensorFlowTrainer, "train_step", watched)
    recipe = replace(RECIPE, augmentation=augmentation)
    training.train(recipe, (digits.images, digits.labels), None)
    expected = previewed(recipe, digits, recipe.epochs)
    assert len(received) == len(expected)
    for (images, labels), (ours, ours_labels, _) in zip(received, expected, strict=True):
        np.testing.assert_array_equal(np.rint(images[..., 0] * 255), ours)
        np.testing.assert_array_equal(labels.argmax(axis=1), ours_labels)
