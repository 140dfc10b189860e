"""Labelled digits that a network has read, for everybody who asks what it got wrong."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app import bulk, cache
from app.bulk import Reading
from model.datasets import DataError, Digits, parts_of
from model.evaluation import Score, score
from model.evaluation.calibration import fit_temperature

MOST_JUDGED = 16

_lock = threading.Lock()
_judged: "OrderedDict[tuple[str | None, str, bool], Judged]" = OrderedDict()


@dataclass(frozen=True, eq=False)
class Judged:
    """Labelled digits that a network has read.

    Attributes:
        name: the network's address.
        dataset: the data set's name.
        part: "validation" or "test".
        probabilities: float32 (n, 10); read-only.
        labels: uint8 (n,).
        digits: the digits themselves; None where the data set's files aren't here.
        learned: how many of them the network has learned from.
    """

    name: str | None
    dataset: str
    part: str
    probabilities: np.ndarray
    labels: np.ndarray
    digits: Digits | None
    learned: int

    @property
    def where(self) -> tuple[str, str, int]:
        """Whose digits they are: the data set's name, the part, and how many it has."""
        return self.dataset, self.part, len(self.labels)

    @cached_property
    def score(self) -> Score:
        """How many are right, and what was read instead."""
        return score(self.probabilities, self.labels, self.learned)

    @cached_property
    def temperature(self) -> float:
        """The temperature at which the loss on these digits is least."""
        return fit_temperature(self.probabilities, self.labels)


def judged(name: str | None, part: str) -> Judged | Reading:
    """The labelled digits of a network's own data set, and what it reads in them.

    Args:
        name: the network's address; None for the default one.
        part: "validation" or "test". Of a data set that hasn't such a part they are MNIST's.

    Returns:
        The digits once all are read; until then how far it has come.

    Raises:
        CheckpointError: there is no such network.
        DataError: the digits aren't on this machine, and their readings don't come with the network.
    """
    address = bulk.to_address(name)
    own = cache.checkpoint(address).recipe.dataset
    dataset = own if part in parts_of(own) else "mnist"
    digits = None
    try:
        digits = cache.digits(dataset, part)
    except DataError:
        if bulk.bundled(address, dataset, part) is None:
            raise
    with _lock:
        known = _judged.get((address, part, digits is None))
    if known is not None:
        return known
    kept = bulk.bundled(address, dataset, part)
    if kept is None:
        assert digits is not None
        reading = bulk.read_part(address, dataset, part)
        if not reading.finished:
            return reading
        read, labels = reading.values, digits.labels
    else:
        read, labels = kept.probabilities, kept.labels
    found = Judged(address, dataset, part, read, labels, digits, _learned(address, dataset, part, digits))
    with _lock:
        _judged[address, part, digits is None] = found
        while len(_judged) > MOST_JUDGED:
            _judged.popitem(last=False)
    return found


def _learned(address: str | None, dataset: str, part: str, digits: Digits | None) -> int:
    if digits is not None:
        return int(cache.was_learned(address, dataset, part).sum())
    return int(cache.checkpoint(address).card["accuracy"][part]["learned"])
