"""Reading many digits at once with Keras: twice as quick as our own forward pass, which keeps every value.

A page never waits for it: it asks a worker, a few thousand digits at a time, so that there is progress and a
training's neighbour isn't kept waiting long. What is read is the same to within rounding.
"""

import functools
import threading
from collections.abc import Callable, Mapping

import keras
import numpy as np
import tensorflow as tf

from model.datasets import Digits, load_digits
from model.forward import to_input
from model.learning.network import build_network, set_weights
from model.probes.units import check_unit, mixing_places, response_end
from model.recipe import INPUT_SHAPE, Recipe, stack_shapes

BATCH = 500  # digits; more would not be quicker, only hungrier
NETWORKS = 4  # built ones that are kept: building one takes as long as reading a thousand digits
PARTS = 2  # of data sets that are kept

_using = threading.Lock()  # a built network is shared, and its weights are put in before it reads


def read_in_bulk(recipe_json: str, weights: Mapping[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """What a checkpoint says of many digits.

    Args:
        recipe_json: the recipe, as ``Recipe.to_json`` writes it.
        weights: arrays by ``model.forward.weight_name``.
        images: uint8 (n, 28, 28), ink bright on black.

    Returns:
        Probabilities, float32 (n, 10), as ``Network.probabilities`` to within rounding.

    Raises:
        RecipeError: it is none.
        ValueError: these are no digits, or the weights don't fit.
    """
    recipe = Recipe.from_json(recipe_json)
    return _through(recipe, weights, images, len(recipe.layers))


def read_part(
    recipe_json: str, weights: Mapping[str, np.ndarray], dataset: str, part: str, start: int, stop: int
) -> np.ndarray:
    """What a checkpoint says of some digits of a data set, which the worker reads itself.

    Args:
        recipe_json: as in ``read_in_bulk``.
        weights: likewise.
        dataset: the data set's name.
        part: one of its parts.
        start: the first digit's place in it.
        stop: the place after the last one; beyond the end is taken as the end.

    Returns:
        Probabilities, float32 (up to stop - start, 10).

    Raises:
        DataError: the digits are not on this machine.
        ValueError: no such data set or part, or as ``read_in_bulk``.
    """
    return read_in_bulk(recipe_json, weights, _digits(dataset, part).images[start:stop])


def features_of_part(
    recipe_json: str, weights: Mapping[str, np.ndarray], dataset: str, part: str, start: int, stop: int
) -> np.ndarray:
    """How the last hidden layer describes such digits; asked for as ``read_part`` is.

    Returns:
        float32 (up to stop - start, d), as ``Network.features`` to within rounding.

    Raises:
        DataError, ValueError: as in ``read_part``.
    """
    recipe = Recipe.from_json(recipe_json)
    last = mixing_places(recipe.layers)[-1]
    found = _through(recipe, weights, _digits(dataset, part).images[start:stop], last)
    return found.reshape(len(found), -1)


def responses_of_part(
    recipe_json: str,
    weights: Mapping[str, np.ndarray],
    dataset: str,
    part: str,
    start: int,
    stop: int,
    place: int,
) -> np.ndarray:
    """How strongly each unit of a layer, by its place, answers to such digits; else as ``read_part``.

    Returns:
        float32 (up to stop - start, units), as ``model.probes.dossier.responses`` to within rounding.

    Raises:
        DataError, ValueError: as in ``read_part``, or there are no such units.
    """
    recipe = Recipe.from_json(recipe_json)
    check_unit(recipe.layers, place)
    images = _digits(dataset, part).images[start:stop]
    return _through(recipe, weights, images, response_end(recipe.layers, place), largest=True)


def _through(
    recipe: Recipe, weights: Mapping[str, np.ndarray], images: np.ndarray, end: int, largest: bool = False
) -> np.ndarray:
    """What the layers before `end` give; if only the largest is wanted, of each channel one value."""
    shape = stack_shapes(recipe.layers)[end]
    found = np.empty((len(images), *(shape[-1:] if largest else shape)), np.float32)
    with _using:
        network, through = _built(recipe.to_json(), end)
        set_weights(recipe, network, weights)
        for start in range(0, len(images), BATCH):
            few = slice(start, start + BATCH)
            y = through(to_input(images[few])).numpy()
            found[few] = y.max(axis=tuple(range(1, y.ndim - 1))) if largest else y
    return found


@functools.lru_cache(maxsize=PARTS)
def _digits(dataset: str, part: str) -> Digits:
    return load_digits(dataset, part)


@functools.lru_cache(maxsize=NETWORKS)
def _built(recipe_json: str, end: int) -> tuple[keras.Sequential, Callable[[np.ndarray], tf.Tensor]]:
    network = build_network(Recipe.from_json(recipe_json))
    signature = [tf.TensorSpec((None, *INPUT_SHAPE), tf.float32)]  # of any number of digits: built once

    @tf.function(input_signature=signature, autograph=False)
    def through(digits: tf.Tensor) -> tf.Tensor:
        for layer in network.layers[:end]:
            digits = layer(digits, training=False)
        return digits

    return network, through
