"""Averaged weights: what is looked at and tested is a running mean of the weights, not where they just are.

Each step moves the weights a little this way and that; their mean over the last thousand steps or so lies
nearer to the middle of the valley (Polyak and Juditsky 1992), and an exponential one is a single copy more.
Keras's optimizers keep it (``use_ema``). Batch normalisation's mean and variance belong to the weights, so
for the averaged ones they are computed anew (Izmailov et al. 2018, "Averaging Weights Leads to Wider
Optima"), from many digits at once (Wu and Johnson 2021, "Rethinking 'Batch' in BatchNorm").
"""

import itertools
import math
from collections.abc import Sequence

import keras
import numpy as np

from model.learning.batches import Batches
from model.recipe import SETTLED_BY


def kept_share(averaging: float, steps: int) -> float:
    """How much of the mean is kept at each step, for it to remember a share of a training.

    Args:
        averaging: the share, as a recipe says it.
        steps: of the whole training.

    Returns:
        0 to below 1; 0, no mean at all, where it would remember a single step.
    """
    remembered = averaging * steps
    return 1 - 1 / remembered if remembered > 1 else 0.0


class Averages:
    """Puts the averaged weights into a network for as long as it is looked at, and takes them out again.

    Args:
        batches: what is learned from; the first of an epoch say what batch normalisation meets.
    """

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._live: list[np.ndarray] | None = None

    @property
    def live(self) -> Sequence[np.ndarray] | None:
        """The weights that learning goes on from, in Keras's order; None while they are in the network."""
        return self._live

    def put_in(self, network: keras.Sequential, epoch: int) -> None:
        """Put the averaged weights in, with batch statistics of their own; nothing, where they are in.

        Args:
            network: compiled to keep averages, at least one step learned; changed in place.
            epoch: how many epochs came before the one whose digits are taken.
        """
        if self._live is not None:
            return
        self._live = [np.array(keras.ops.convert_to_numpy(variable)) for variable in network.weights]
        network.optimizer.finalize_variable_values(network.trainable_variables)
        if any(isinstance(layer, keras.layers.BatchNormalization) for layer in network.layers):
            count = math.ceil(SETTLED_BY / self._batches.batch_size)
            digits = np.concatenate([x for x, _ in itertools.islice(self._batches.epoch(epoch), count)])
            settle(network, digits[:SETTLED_BY])

    def take_out(self, network: keras.Sequential) -> None:
        """Put back the weights that learning goes on from; nothing, where they are in."""
        if self._live is None:
            return
        for variable, value in zip(network.weights, self._live, strict=True):
            variable.assign(value)
        self._live = None


def settle(network: keras.Sequential, digits: np.ndarray) -> None:
    """Give batch normalisation the mean and variance that the network's weights make of digits.

    Layer by layer, as in a reading: dropout hides nothing, so that these are the values that readings meet.

    Args:
        network: built; changed in place.
        digits: float32 (n, 28, 28, 1), 0 to 1, as it learns from them.
    """
    values = digits
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            around = tuple(range(values.ndim - 1))  # all axes but that of the maps
            mean = values.mean(around, dtype=np.float64).astype(np.float32)
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(np.square(values - mean).mean(around, dtype=np.float64))
        values = keras.ops.convert_to_numpy(layer(values, training=False))
