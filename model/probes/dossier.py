"""A unit's dossier: which digits excite it most and least, and how it answers to each class.

Real digits tell people more about a unit than synthetic pictures do (Borowski et al. 2021).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.forward import BATCH, Network, to_input
from model.probes.units import check_unit, response_end, units_of
from model.recipe import CLASSES

EXAMPLES = 9  # of the most and of the least exciting digits: three rows of three


@dataclass(frozen=True, eq=False)
class Dossier:
    """What is known of one unit.

    Args:
        most: int64 (9,), the digits that excite it most, the most exciting first; fewer if there are fewer.
        least: int64 (9,), those that excite it least, the least exciting first. Where more than nine leave it
            as silent, they are nine of those at random, always the same.
        values: float32 (n,), its response to every digit.
        mean_per_class: float32 (10,), their mean for each class; not a number where there are no digits.
    """

    most: np.ndarray
    least: np.ndarray
    values: np.ndarray
    mean_per_class: np.ndarray


def responses(
    network: Network, place: int, images: np.ndarray, on_progress: Callable[[int], None] = lambda _: None
) -> np.ndarray:
    """How strongly each unit of a layer answers to each digit: the largest value in its map.

    Args:
        network: what looks.
        place: a layer with units.
        images: uint8 (n, 28, 28).
        on_progress: called with the number of digits that were shown since the last call.

    Returns:
        float32 (n, units): the largest value of the unit's map after its activation, see
        ``model.probes.units.response_end``.

    Raises:
        ValueError: there are no such units.
    """
    check_unit(network.layers, place)
    end = response_end(network.layers, place)
    found = np.empty((len(images), units_of(network.layers[place])), np.float32)
    for start in range(0, len(images), BATCH):
        y = network.through(to_input(images[start : start + BATCH]), 0, end)
        found[start : start + BATCH] = y.reshape(len(y), -1, y.shape[-1]).max(axis=1)
        on_progress(len(y))
    return found


def from_responses(values: np.ndarray, labels: np.ndarray) -> Dossier:
    """The dossier of a unit whose responses are known.

    Args:
        values: float32 (n,), its response to every digit, such as a column of ``responses``.
        labels: integers (n,), 0 to 9.

    Raises:
        ValueError: not as many labels as responses.
    """
    if values.shape != labels.shape or values.ndim != 1:
        raise ValueError(f"as many labels as responses are needed, not {labels.shape} for {values.shape}")
    # In the order of the data equal ones would all be of one class.
    shuffled = np.random.default_rng(0).permutation(len(values))
    rising = shuffled[np.argsort(values[shuffled], kind="stable")]
    means = np.full(CLASSES, np.nan, np.float32)
    for label in np.unique(labels):
        means[label] = values[labels == label].mean()
    return Dossier(rising[::-1][:EXAMPLES], rising[:EXAMPLES], values, means)


def dossier(
    network: Network,
    place: int,
    unit: int,
    images: np.ndarray,
    labels: np.ndarray,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Dossier:
    """The dossier of a unit. Of several of a layer: ``responses`` once, then ``from_responses`` of each.

    Args:
        network: what looks.
        place: a layer with units.
        unit: which of them.
        images: uint8 (n, 28, 28).
        labels: integers (n,), 0 to 9.
        on_progress: as in ``responses``.

    Raises:
        ValueError: there is no such unit, or not as many labels as digits.
    """
    check_unit(network.layers, place, unit)
    return from_responses(responses(network, place, images, on_progress)[:, unit], labels)
