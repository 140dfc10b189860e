"""Ablation: what a network does without some of its units."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model.evaluation import read_all
from model.forward import BATCH, Network, convolve, to_input, weight_name
from model.layers import Activation, BatchNormalization, Conv2D, Layer
from model.probes.units import block_end, channels_in_block, check_unit, units_of
from model.recipe import CLASSES, Recipe

# Values read together when units are tried: few enough to stay in the processor's cache, as in a reading.
TOGETHER = 50_000


def without(network: Network, out: Iterable[tuple[int, int]]) -> Network:
    """The network with some units taken out: nothing of theirs reaches the next convolution or dense layer.

    Their weights are set to zero, in their own layer and where the next one takes them up. So it reads like a
    network that was built without them, and their own maps are empty (behind a sigmoid, which makes a half of
    nothing, they are grey). Where a softmax stands between, which weighs channels against one another, theirs
    stays what it was until there, and so do the others'.

    Args:
        network: stays as it is.
        out: (place of a layer with units, unit), any number of them.

    Returns:
        A network of the same layers; the same one when nothing is taken out.

    Raises:
        ValueError: there is no such unit.
    """
    taken = sorted(set(out))
    if not taken:
        return network
    weights = dict(network.weights)
    for place, unit in taken:
        check_unit(network.layers, place, unit)
        end = block_end(network.layers, place)
        channels = channels_in_block(network.layers, place, unit)
        _clear(weights, end, "kernel", channels[end], axis=-2)
        block = network.layers[place:end]
        if Activation("softmax") in block:
            continue
        for later, layer in enumerate(block, start=place):
            names = ("gamma", "beta") if isinstance(layer, BatchNormalization) else ("kernel", "bias")
            for name in names:
                _clear(weights, later, name, channels[later], axis=-1)
    return Network(network.layers, weights)


def _clear(weights: dict[str, np.ndarray], place: int, name: str, channels: np.ndarray, axis: int) -> None:
    array = weights.get(weight_name(place, name))
    if array is None:  # such as the bias of a layer without one
        return
    array = array.copy()
    np.moveaxis(array, axis, 0)[channels] = 0
    weights[weight_name(place, name)] = array


class Accuracy(NamedTuple):
    """How many digits are read right.

    Args:
        accuracy: the share of all, 0 to 1.
        per_class: float32 (10,), the share of the digits of each class; not a number where there are none.
        digits: how many were read.
    """

    accuracy: float
    per_class: np.ndarray
    digits: int


def accuracy(network: Network, images: np.ndarray, labels: np.ndarray) -> Accuracy:
    """How many digits a network reads right, also class by class.

    Args:
        network: what reads.
        images: uint8 (n, 28, 28), at least one.
        labels: integers (n,), 0 to 9.

    Raises:
        ValueError: there are no digits, or not as many labels.
    """
    _check_digits(images, labels)
    right = read_all(network, images).argmax(axis=1) == labels
    return Accuracy(float(right.mean()), _per_class(right[None], labels)[0], len(labels))


@dataclass(frozen=True, eq=False)
class Effects:
    """What it costs to take out each unit of a layer by itself, over the digits that were read so far.

    Args:
        count: how many digits were read so far.
        total: how many there are.
        falls: float32 (units,), by how much accuracy falls, −1 to 1; above zero where the unit is missed.
        per_class: float32 (units, 10), the same class by class; not a number where there are no digits.
    """

    count: int
    total: int
    falls: np.ndarray
    per_class: np.ndarray


def effects(network: Network, place: int, images: np.ndarray, labels: np.ndarray) -> Iterator[Effects]:
    """What accuracy loses without each unit of a layer, one at a time.

    All units are tried on a few digits at a time, so that what comes first is already an estimate for all of
    them. What comes before the layer is computed once; and as the layer after it only adds up, each unit's
    share is taken off its sums.

    Args:
        network: what reads.
        place: a layer with units.
        images: uint8 (n, 28, 28), at least one.
        labels: integers (n,), 0 to 9.

    Yields:
        The effects as known so far, after every few digits; the last are those over all.

    Raises:
        ValueError: there are no such units, no digits, or not as many labels.
    """
    check_unit(network.layers, place)
    _check_digits(images, labels)
    layers = network.layers
    end = block_end(layers, place)
    units = units_of(layers[place])
    channels = [channels_in_block(layers, place, unit)[end] for unit in range(units)]
    # 1 where a digit is read right with the unit only, −1 where without it only
    fewer = np.zeros((units, len(images)), np.float32)
    kernel = network.weights[weight_name(end, "kernel")]
    for start in range(0, len(images), BATCH):
        chunk = slice(start, start + BATCH)
        known = labels[chunk]
        taken = network.through(to_input(images[chunk]), 0, end)
        given = network.through(taken, end, end + 1)
        whole = _is_right(network, given, end + 1, known)
        together = max(1, TOGETHER // given.size)
        for first in range(0, units, together):
            some = channels[first : first + together]
            tried = np.stack([given - _share(layers[end], taken[..., c], kernel[..., c, :]) for c in some])
            tried = tried.reshape(-1, *given.shape[1:])
            right = _is_right(network, tried, end + 1, np.tile(known, len(some)))
            fewer[first : first + together, chunk] = whole - right.reshape(len(some), -1)
        done = min(start + BATCH, len(images))
        read = fewer[:, :done]
        yield Effects(done, len(images), read.mean(axis=1), _per_class(read, labels[:done]))


def effects_of(
    recipe_json: str, weights: Mapping[str, np.ndarray], place: int, images: np.ndarray, labels: np.ndarray
) -> Effects:
    """The effects over all digits, for the workers: as ``effects``, for a network given by its parts.

    Args:
        recipe_json: the recipe, as ``Recipe.to_json`` writes it.
        weights: arrays by ``model.forward.weight_name``.
        place: a layer with units.
        images: uint8 (n, 28, 28), at least one.
        labels: integers (n,), 0 to 9.
    """
    network = Network(Recipe.from_json(recipe_json).layers, weights)
    *_, last = effects(network, place, images, labels)
    return last


def _share(layer: Layer, x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """What some channels add to the sums of the convolution or dense layer that takes them."""
    if isinstance(layer, Conv2D):
        return convolve(x, kernel, None, layer.stride, layer.padding)
    return x @ kernel


def _is_right(network: Network, x: np.ndarray, start: int, labels: np.ndarray) -> np.ndarray:
    read = network.through(x, start, len(network.layers)).argmax(axis=1)
    return (read == labels).astype(np.float32)


def _per_class(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean of each row's values over the digits of each class: (rows, n) gives (rows, 10)."""
    means = np.full((len(values), CLASSES), np.nan, np.float32)
    for label in np.unique(labels):
        means[:, label] = values[:, labels == label].mean(axis=1)
    return means


def _check_digits(images: np.ndarray, labels: np.ndarray) -> None:
    if not len(images) or len(images) != len(labels):
        raise ValueError(f"as many labels as digits are needed, not {len(labels)} for {len(images)}")
