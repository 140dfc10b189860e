"""Batch normalisation, looked into: a batch's own statistics, the record, and what each makes of a digit.

A reading uses the record that was kept while learning; a step of learning uses the batch's own mean and
variance (Ioffe and Szegedy 2015). So while learning a digit's values depend on the digits beside it.
"""

from dataclasses import dataclass

import numpy as np

from model.forward import BATCH, Network, Weights, apply_layer, to_input, weight_name
from model.layers import EPSILON, MOMENTUM, BatchNormalization

FEWEST_BINS, MOST_BINS = 8, 48  # of a histogram


@dataclass(frozen=True, eq=False)
class Statistics:
    """A number for each channel.

    Args:
        mean: float32 (channels,).
        variance: float32 (channels,), the mean square distance from it.
    """

    mean: np.ndarray
    variance: np.ndarray

    @property
    def deviation(self) -> np.ndarray:
        """What the values are divided by: float32 (channels,), above zero."""
        return np.sqrt(self.variance + np.float32(EPSILON))


def batch_statistics(x: np.ndarray) -> Statistics:
    """A batch's own statistics: over its digits and, of maps, over all cells.

    Args:
        x: float32 (n, ..., channels), n ≥ 1.
    """
    axes = tuple(range(x.ndim - 1))
    # in double precision: a sum of 100,000 single ones would lose digits
    mean = x.mean(axis=axes, dtype=np.float64)
    variance = x.var(axis=axes, dtype=np.float64)
    return Statistics(mean.astype(np.float32), variance.astype(np.float32))


def recorded(weights: Weights) -> Statistics:
    """The record that a reading uses.

    Args:
        weights: a batch normalisation's own arrays.
    """
    return Statistics(weights["moving_mean"], weights["moving_variance"])


def next_record(record: Statistics, batch: Statistics) -> Statistics:
    """The record after one more step of learning: it follows the batch's statistics slowly.

    Args:
        record: as it stands.
        batch: of the step's batch.
    """
    keep, take = np.float32(MOMENTUM), np.float32(1 - MOMENTUM)
    return Statistics(record.mean * keep + batch.mean * take, record.variance * keep + batch.variance * take)


def normalise(x: np.ndarray, statistics: Statistics, gamma: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """γ · (x − mean) / √(variance + ε) + β, channel by channel.

    Args:
        x: float32 (..., channels).
        statistics: the batch's or the recorded ones.
        gamma: float32 (channels,).
        beta: float32 (channels,).
    """
    return np.asarray(gamma * ((x - statistics.mean) / statistics.deviation) + beta)


def learning_values(network: Network, digits: np.ndarray, stop: int | None = None) -> np.ndarray:
    """What a batch becomes while learning: every batch normalisation uses the batch's own statistics.

    Dropout, which would hide a part at random, hides nothing here, so that the one thing can be seen.

    Args:
        network: what looks.
        digits: uint8 (n, 28, 28), one batch, n ≥ 1.
        stop: the place of the layer before which to stop; None for the end, the probabilities.

    Returns:
        float32 (n, ...).
    """
    x = to_input(digits)
    for place, layer in enumerate(network.layers[:stop]):
        own = network.own_weights(place)
        if isinstance(layer, BatchNormalization):
            x = normalise(x, batch_statistics(x), own["gamma"], own["beta"])
        else:  # a few digits at a time: their patches would fill the memory
            x = np.concatenate(
                [apply_layer(layer, x[start : start + BATCH], own) for start in range(0, len(x), BATCH)]
            )
    return x


def rescaled(network: Network, place: int, channel: int | None, gamma: float, beta: float) -> Network:
    """The network with another γ and β in one channel of one batch normalisation, or in all.

    Args:
        network: stays as it is.
        place: a batch normalisation's place in it.
        channel: which of its channels; None for every one.
        gamma: the new factor.
        beta: the new offset.

    Raises:
        ValueError: there is no batch normalisation there, or no such channel.
    """
    layer = network.layers[place]
    if not isinstance(layer, BatchNormalization):
        raise ValueError(f"the layer at place {place} normalises nothing: it is {layer}")
    changed = dict(network.weights)
    for name, value in (("gamma", gamma), ("beta", beta)):
        array = changed[weight_name(place, name)].copy()
        if channel is not None and not 0 <= channel < len(array):
            raise ValueError(f"there is no channel {channel}: the last is {len(array) - 1}")
        array[slice(None) if channel is None else channel] = value
        changed[weight_name(place, name)] = array
    return Network(network.layers, changed)


@dataclass(frozen=True, eq=False)
class Spread:
    """How the values of each channel are distributed.

    Args:
        edges: float32 (channels, bins + 1), from each channel's least value to its greatest.
        counts: int32 (channels, bins).
    """

    edges: np.ndarray
    counts: np.ndarray

    def moved(self, factor: np.ndarray, offset: np.ndarray) -> "Spread":
        """The spread of factor · x + offset: the same counts between moved edges.

        Args:
            factor: (channels,); with a negative one the bins run downwards.
            offset: (channels,).
        """
        return Spread(self.edges * factor[:, None] + offset[:, None], self.counts)


def spread(x: np.ndarray, bins: int | None = None) -> Spread:
    """How the values of each channel are distributed.

    Args:
        x: float32 (n, ..., channels).
        bins: how many, of equal width; None for as many as the values can fill. A channel whose values are
            all the same has them in its first.
    """
    channels = x.shape[-1]
    if bins is None:
        bins = int(np.clip(np.sqrt(x.size / channels), FEWEST_BINS, MOST_BINS))
    rows = np.ascontiguousarray(np.moveaxis(x, -1, 0)).reshape(channels, -1)
    low, high = rows.min(axis=1), rows.max(axis=1)
    width = np.where(high > low, high - low, np.float32(1))
    counts = np.empty((channels, bins), np.int32)
    for channel, row in enumerate(rows):
        at = np.minimum(((row - low[channel]) / width[channel] * bins).astype(np.int32), bins - 1)
        counts[channel] = np.bincount(at, minlength=bins)
    edges = low[:, None] + width[:, None] * np.linspace(0, 1, bins + 1, dtype=np.float32)
    return Spread(edges.astype(np.float32), counts)
