"""Filters: norms, twins and activity against plain loops; what is dead is found, what lives is not."""

import itertools
import math

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.checkpoint import Checkpoint
from model.forward import Network
from model.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
)
from model.presets import PRESETS
from model.probes.filters import activity, dead, kernels, layers_with_units, norms, twins
from model.probes.units import channels_in_block, response_end
from model.recipe import Recipe

ANSWER = (Dense(10), Activation("softmax"))


@pytest.fixture(scope="module")
def digits():
    return np.random.default_rng(3).integers(0, 256, (40, 28, 28)).astype(np.uint8)


def checkpoint_of(recipe, seed=1):
    return Checkpoint("any", recipe, random_weights(recipe, seed), {}, 0)


def test_units_are_those_of_all_kernels_but_the_answers():
    kinds = {name: [type(r.layers[p]).__name__ for p in layers_with_units(r)] for name, r in PRESETS.items()}
    assert kinds["classic"] == ["Conv2D"] * 4 + ["Dense"]
    assert kinds["quick"] == ["Conv2D", "Conv2D", "Dense"]
    assert kinds["dense"] == ["Dense"]
    assert kinds["linear"] == []


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ((), 1),
        ((BatchNormalization(), Activation("relu"), MaxPooling2D(2), Flatten()), 3),
        ((MaxPooling2D(2), Activation("relu"), Dropout(0.1), Flatten()), 3),  # quick has its relu there
        ((BatchNormalization(), Dropout(0.2), MaxPooling2D(2), Flatten()), 3),
        ((MaxPooling2D(2), BatchNormalization(), Flatten()), 1),
        ((GlobalAveragePooling2D(), Activation("tanh")), 3),
        ((Flatten(), Activation("relu")), 1),  # no map any more
    ],
)
def test_a_unit_s_response_is_taken_after_its_activation(block, expected):
    after = block if block else (Flatten(),)
    Recipe("one", (Conv2D(4, 3), *after, *ANSWER))
    assert response_end((Conv2D(4, 3), *after, *ANSWER), 0) == expected


def test_a_dense_unit_s_response_too():
    layers = (Flatten(), Dense(5), BatchNormalization(), Activation("relu"), Dropout(0.5), *ANSWER)
    assert response_end(layers, 1) == 4


@pytest.mark.parametrize("seed", range(20))
def test_a_unit_s_channels_are_those_that_follow_it(seed, digits):
    """Change one unit and see which values of its block change."""
    recipe = random_recipe(seed)
    for place in layers_with_units(recipe):
        weights = random_weights(recipe, seed)
        before = Network(recipe.layers, weights).values(digits[:3])
        unit = recipe.shapes[place + 1][-1] - 1
        changed = weights[f"{place:02d}.kernel"].copy()
        changed[..., unit] += np.random.default_rng(1).normal(size=changed.shape[:-1])
        after = Network(recipe.layers, weights | {f"{place:02d}.kernel": changed}).values(digits[:3])
        for later, channels in channels_in_block(recipe.layers, place, unit).items():
            if Activation("softmax") in recipe.layers[place:later]:
                break  # there all channels change
            index = place + 1 if later == place else later
            differs = (before[index] != after[index]).any(axis=tuple(range(before[index].ndim - 1)))
            assert set(np.flatnonzero(differs)) <= set(channels.tolist())


def test_kernels_of_a_convolution_are_its_weights():
    checkpoint = checkpoint_of(PRESETS["classic"])
    kernel = kernels(checkpoint, 3)
    assert kernel.shape == (3, 3, 32, 32)
    assert (kernel == checkpoint.weights["03.kernel"]).all()
    with pytest.raises(ValueError, match="read-only"):
        kernel[0] = 0


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ((Flatten(),), (28, 28, 1, 10)),
        ((Conv2D(6, 5), MaxPooling2D(2), Activation("relu"), Flatten(), Dropout(0.1)), (12, 12, 6, 10)),
        ((Conv2D(6, 5), GlobalAveragePooling2D(), Flatten()), (1, 1, 6, 10)),
        ((Flatten(), Dense(7)), (1, 1, 7, 10)),
    ],
)
def test_weights_after_a_flattening_lie_as_the_maps_did(layers, shape, digits):
    recipe = Recipe("laid out", (*layers, *ANSWER))
    checkpoint = checkpoint_of(recipe)
    place = len(layers)
    kernel = kernels(checkpoint, place)
    assert kernel.shape == shape
    values = checkpoint.network.values(digits[:1])
    maps = next((v for v in reversed(values[: place + 1]) if v.ndim == 4), values[place])
    if kernel.shape[0] == 1:
        maps = values[place].reshape(1, 1, 1, -1)
    logits = np.tensordot(maps[0], kernel, axes=3) + checkpoint.weights[f"{place:02d}.bias"]
    np.testing.assert_allclose(logits, values[place + 1][0], rtol=1e-3, atol=1e-4)


def test_only_what_has_a_kernel_has_one():
    with pytest.raises(ValueError, match="place 1 has no kernel"):
        kernels(checkpoint_of(PRESETS["classic"]), 1)


def test_norms_and_twins_are_those_of_plain_loops():
    random = np.random.default_rng(5)
    kernel = random.normal(size=(3, 3, 2, 6)).astype(np.float32)
    kernel[..., 4] = 3 * kernel[..., 1] + random.normal(0, 0.05, kernel.shape[:3])
    kernel[..., 5] = -kernel[..., 0]
    flat = [kernel[..., unit].ravel().tolist() for unit in range(6)]
    lengths = [math.sqrt(math.fsum(x * x for x in values)) for values in flat]
    np.testing.assert_allclose(norms(kernel), lengths, rtol=1e-5)

    def cosine(i, j):
        return math.fsum(a * b for a, b in zip(flat[i], flat[j], strict=True)) / lengths[i] / lengths[j]

    assert [(i, j) for i, j, _ in twins(kernel)] == [(1, 4)]
    everyone = twins(kernel, least=-1.1)
    assert {(i, j) for i, j, _ in everyone} == set(itertools.combinations(range(6), 2))
    for i, j, alike in everyone:
        assert alike == pytest.approx(cosine(i, j), abs=1e-5)
    assert [pair[2] for pair in everyone] == sorted((pair[2] for pair in everyone), reverse=True)


def test_who_has_no_weight_is_nobody_s_twin():
    kernel = np.zeros((3, 3, 1, 3), np.float32)
    kernel[1, 1, 0, 0] = 1
    assert twins(kernel) == ()
    assert norms(kernel).tolist() == [1, 0, 0]


@pytest.mark.parametrize("name", ["quick", "lenet5", "dense"])
def test_activity_is_that_of_plain_loops(name, digits):
    network = checkpoint_of(PRESETS[name]).network
    for place in layers_with_units(PRESETS[name]):
        found = activity(network, place, digits)
        values = network.values(digits)[response_end(network.layers, place)]
        for unit in range(0, values.shape[-1], 7):
            own = values[..., unit]
            assert found.mean[unit] == pytest.approx(own.mean(), rel=1e-3, abs=1e-5)
            assert found.share_active[unit] == pytest.approx(np.mean([(one > 0).any() for one in own]))
            spread = max(
                own[(slice(None), *cell)].max() - own[(slice(None), *cell)].min()
                for cell in np.ndindex(own.shape[1:])
            )
            assert found.spread[unit] == pytest.approx(spread, rel=1e-3)
        assert found.count == len(digits)


def test_dead_is_who_says_the_same_whatever_the_digit(digits):
    recipe = Recipe("dead", (Conv2D(5, 3, padding="same"), Activation("relu"), Flatten(), *ANSWER))
    weights = random_weights(recipe, 3)
    weights["00.kernel"][..., :3] = np.abs(weights["00.kernel"][..., :3])
    weights["00.bias"][:] = 0
    weights["00.bias"][1] = -1000  # never fires
    weights["00.kernel"][..., 2] = 0  # always says 2
    weights["00.bias"][2] = 2
    weights["00.kernel"][..., 3] = 1e-3  # says little, but something
    found = activity(Network(recipe.layers, weights), 0, digits)
    assert dead(found).tolist() == [False, True, True, False, False]
    assert found.share_active[:3].tolist() == [1, 0, 1]


def test_a_layer_can_be_dead_altogether(digits):
    recipe = PRESETS["quick"]
    weights = random_weights(recipe, 3)
    weights["00.bias"][:] = -1000
    assert dead(activity(Network(recipe.layers, weights), 0, digits)).all()


def test_one_digit_cannot_tell_who_is_dead(digits):
    network = checkpoint_of(PRESETS["tiny"]).network
    with pytest.raises(ValueError, match="two digits"):
        dead(activity(network, 0, digits[:1]))
    with pytest.raises(ValueError, match="at least one"):
        activity(network, 0, digits[:0])
    with pytest.raises(ValueError, match="those that have are at 0, 2"):
        activity(network, 1, digits)
