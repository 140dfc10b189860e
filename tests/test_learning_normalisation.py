"""The one-operation batch normalisation against Keras's own, forwards, backwards and over time."""

import numpy as np
import pytest

keras = pytest.importorskip("model.learning").keras
import tensorflow as tf  # noqa: E402 - after model.learning, which keeps its notes back

from model.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten  # noqa: E402
from model.learning.network import build_network, get_weights, set_weights  # noqa: E402
from model.learning.normalisation import FusedBatchNormalization  # noqa: E402
from model.recipe import Recipe  # noqa: E402

RECIPE = Recipe(
    "normalised",
    (
        Conv2D(6, 5, stride=3, bias=False),
        BatchNormalization(),
        Activation("relu"),
        Flatten(),
        Dense(10, bias=False),
        BatchNormalization(),
        Activation("softmax"),
    ),
    seed=3,
)


@pytest.fixture
def pair():
    """Both layers for maps of 5 channels, with the same odd weights."""
    random = np.random.default_rng(0)
    weights = [random.uniform(0.5, 2, 5).astype(np.float32) for _ in range(4)]
    layers = []
    for kind in (FusedBatchNormalization, keras.layers.BatchNormalization):
        layer = kind(momentum=0.9, epsilon=1e-3)
        layer.build((None, 4, 3, 5))
        layer.set_weights(weights)
        layers.append(layer)
    return layers


def maps(seed, count=7):
    return np.random.default_rng(seed).normal(2, 3, (count, 4, 3, 5)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 7])
def test_forwards_backwards_and_what_is_remembered_are_kerass(pair, count):
    x, pull = tf.constant(maps(1, count)), maps(2, count)
    found = []
    for layer in pair:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            loss = tf.reduce_sum(y * pull)
        variables = [x, *(variable.value for variable in layer.trainable_variables)]
        found.append([y, *tape.gradient(loss, variables), *layer.get_weights()])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_a_reading_is_kerass(pair):
    ours, theirs = (layer(maps(3), training=False) for layer in pair)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_what_is_frozen_is_left_alone(pair):
    for layer in pair:
        layer.trainable = False
    ours, theirs = (layer(maps(4), training=True) for layer in pair)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_vectors_and_other_backends_are_left_to_keras(monkeypatch):
    vectors = maps(5).reshape(-1, 5)
    layer = FusedBatchNormalization()
    expected = keras.layers.BatchNormalization()(vectors, training=True)
    np.testing.assert_allclose(layer(vectors, training=True), expected, rtol=1e-5, atol=1e-5)
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    monkeypatch.setattr(tf.raw_ops, "FusedBatchNormV3", None)
    expected = keras.layers.BatchNormalization()(maps(5), training=True)
    np.testing.assert_allclose(FusedBatchNormalization()(maps(5), training=True), expected, atol=1e-5)


def test_a_few_steps_of_a_whole_network_are_the_same():
    random = np.random.default_rng(6)
    x = random.uniform(0, 1, (64, 28, 28, 1)).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[random.integers(0, 10, 64)]
    ended = []
    for fused in (True, False):
        network = build_network(RECIPE, fused)
        network.compile(optimizer=keras.optimizers.SGD(0.1), loss="categorical_crossentropy")
        network.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0)
        ended.append(get_weights(RECIPE, network))
    for name, weight in ended[0].items():
        np.testing.assert_allclose(weight, ended[1][name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_weights_go_into_a_network_of_plain_keras_which_is_what_is_built_by_default():
    fused, plain = build_network(RECIPE, fused=True), build_network(RECIPE)
    own = {type(layer).__module__.partition(".")[0] for layer in plain.layers}
    assert own == {"keras"}
    assert any(isinstance(layer, FusedBatchNormalization) for layer in fused.layers)
    x = np.random.default_rng(7).uniform(0, 1, (8, 28, 28, 1)).astype(np.float32)
    fused(x, training=True)
    set_weights(RECIPE, plain, get_weights(RECIPE, fused))
    np.testing.assert_allclose(plain(x), fused(x), atol=1e-6)
