"""Ablation against networks built anew without the unit; its effects against one removal at a time."""

import dataclasses

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights

from model.forward import Network, weight_name
from model.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten
from model.presets import PRESETS
from model.probes.ablation import accuracy, effects, effects_of, without
from model.probes.units import layers_with_units, units_of
from model.recipe import Recipe

ANSWER = (Dense(10), Activation("softmax"))


@pytest.fixture(scope="module")
def digits():
    return np.random.default_rng(3).integers(0, 256, (40, 28, 28)).astype(np.uint8)


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(4).integers(0, 10, 40)


def network_of(recipe, seed=1):
    return Network(recipe.layers, random_weights(recipe, seed))


def undecided(recipe, digits):
    """A network that is drawn to no digit, so that it reads some as one and some as another."""
    network = network_of(recipe)
    last = weight_name(len(recipe.layers) - 2, "bias")
    bias = network.weights[last] - network.values(digits)[-2].mean(axis=0)
    return Network(recipe.layers, {**network.weights, last: bias})


def rebuilt(network, place, units):
    """A network whose layer never had these units: fewer filters, smaller arrays all through the block."""
    layers = list(network.layers)
    field = "filters" if isinstance(layers[place], Conv2D) else "units"
    layers[place] = dataclasses.replace(layers[place], **{field: units_of(layers[place]) - len(units)})
    weights = dict(network.weights)
    gone = np.zeros(units_of(network.layers[place]), bool)
    gone[list(units)] = True
    shapes = Recipe("old", network.layers).shapes

    def cut(later, name, axis):
        key = weight_name(later, name)
        if key in weights:
            weights[key] = np.compress(~gone, weights[key], axis=axis)

    cut(place, "kernel", -1)
    cut(place, "bias", 0)
    for later in range(place + 1, len(layers)):
        layer = layers[later]
        if isinstance(layer, Flatten) and len(shapes[later]) == 3:
            gone = np.broadcast_to(gone, shapes[later]).ravel()
        if isinstance(layer, BatchNormalization):
            for name in ("gamma", "beta", "moving_mean", "moving_variance"):
                cut(later, name, 0)
        if isinstance(layer, (Conv2D, Dense)):
            cut(later, "kernel", -2)
            break
    return Network(layers, weights)


def plain(recipe, place):
    """Whether no softmax weighs the layer's channels against one another, before they are taken up."""
    end = next(
        p for p in range(place + 1, len(recipe.layers)) if isinstance(recipe.layers[p], (Conv2D, Dense))
    )
    return Activation("softmax") not in recipe.layers[place:end]


@pytest.mark.parametrize("recipe", [*PRESETS.values(), *map(random_recipe, range(24))], ids=lambda r: r.name)
def test_without_a_unit_a_network_reads_as_if_built_without_it(recipe, digits):
    network = network_of(recipe)
    random = np.random.default_rng(recipe.seed)
    for place in layers_with_units(recipe):
        count = units_of(recipe.layers[place])
        if count < 2 or not plain(recipe, place):
            continue
        units = random.permutation(count)[: random.integers(1, min(count, 4))].tolist()
        ours = without(network, [(place, unit) for unit in units]).values(digits[:3])
        theirs = rebuilt(network, place, units).values(digits[:3])
        np.testing.assert_allclose(ours[-1], theirs[-1], atol=1e-5)
        # the others' maps stay as they are, and its own are empty
        kept = [unit for unit in range(count) if unit not in units]
        np.testing.assert_allclose(ours[place + 1][..., kept], theirs[place + 1], rtol=1e-4, atol=1e-5)
        assert (ours[place + 1][..., units] == 0).all()


def test_units_of_several_layers_can_be_out_together(digits):
    recipe = PRESETS["classic"]
    network = network_of(recipe)
    ours = without(network, [(0, 5), (3, 0), (17, 100)])
    theirs = rebuilt(rebuilt(rebuilt(network, 0, [5]), 3, [0]), 17, [100])
    np.testing.assert_allclose(ours.probabilities(digits[:3]), theirs.probabilities(digits[:3]), atol=1e-5)
    assert np.abs(ours.probabilities(digits[:3]) - network.probabilities(digits[:3])).max() > 1e-4


def test_behind_a_softmax_nothing_of_a_unit_goes_on_and_the_others_stay(digits):
    recipe = Recipe("shares", (Conv2D(4, 3), Activation("softmax"), Flatten(), *ANSWER))
    network = network_of(recipe)
    before, after = network.values(digits[:4]), without(network, [(0, 2)]).values(digits[:4])
    np.testing.assert_array_equal(before[2], after[2])
    silenced = before[2].copy()
    silenced[..., 2] = 0
    np.testing.assert_allclose(after[4], network.through(silenced, 2, 4), rtol=1e-4, atol=1e-5)


def test_nothing_out_changes_nothing_and_the_network_stays_as_it_is(digits):
    network = network_of(PRESETS["tiny"])
    kept = {name: array.copy() for name, array in network.weights.items()}
    assert without(network, []) is network
    without(network, [(0, 0), (2, 1), (0, 0)])
    assert all((network.weights[name] == kept[name]).all() for name in kept)


@pytest.mark.parametrize("out", [(1, 0), (6, 0), (0, 6), (0, -1), (99, 0)])
def test_only_units_can_be_out(out):
    with pytest.raises(ValueError, match="the layer at place"):
        without(network_of(PRESETS["tiny"]), [out])


def test_accuracy_counts(digits, labels):
    network = network_of(PRESETS["quick"])
    read = network.probabilities(digits).argmax(axis=1)
    labels = np.where(np.arange(40) % 3 == 0, labels, read)
    labels[labels == 7] = 8
    share, per_class, count = accuracy(network, digits, labels)
    assert count == 40
    assert share == pytest.approx(sum(map(int, read == labels)) / 40)
    assert 0 < share < 1
    for label in range(10):
        own = [r == label for r, known in zip(read, labels, strict=True) if known == label]
        assert (
            np.isnan(per_class[label]) if not own else per_class[label] == pytest.approx(sum(own) / len(own))
        )
    assert np.isnan(per_class[7])


@pytest.mark.parametrize("name", ["quick", "tiny", "dense"])
def test_effects_are_those_of_one_removal_at_a_time(name, digits, labels):
    recipe = PRESETS[name]
    network = undecided(recipe, digits)
    labels = np.where(np.arange(40) % 4 == 0, labels, network.probabilities(digits).argmax(axis=1))
    whole = accuracy(network, digits, labels)
    for place in layers_with_units(recipe):
        reports = list(effects(network, place, digits, labels))
        assert [report.count for report in reports] == [16, 32, 40]
        last = reports[-1]
        assert last.total == 40
        for unit in {0, 5, units_of(recipe.layers[place]) - 1}:
            less = accuracy(without(network, [(place, unit)]), digits, labels)
            assert last.falls[unit] == pytest.approx(whole.accuracy - less.accuracy, abs=1e-6)
            np.testing.assert_allclose(last.per_class[unit], whole.per_class - less.per_class, atol=1e-6)
        assert np.abs(last.falls).max() > 0


def test_the_workers_find_the_same(digits, labels):
    recipe = PRESETS["tiny"]
    network = network_of(recipe)
    *_, here = effects(network, 2, digits, labels)
    there = effects_of(recipe.to_json(), network.weights, 2, digits, labels)
    np.testing.assert_array_equal(here.falls, there.falls)


def test_digits_and_labels_must_match(digits, labels):
    network = network_of(PRESETS["tiny"])
    with pytest.raises(ValueError, match="as many labels"):
        accuracy(network, digits, labels[:-1])
    with pytest.raises(ValueError, match="as many labels"):
        next(effects(network, 0, digits[:0], labels[:0]))
