"""What sweeps over many digits found, kept so that it is read once; the work itself is done step by step.

Only digits count that none of the networks compared has learned from.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from app import cache
from model.datasets import Digits
from model.sweeps import DigitSweep, Safety, accuracy_by_strength, evenly, some_strengths, sweep_digit, unsafe

COUNT = 500  # digits read at every strength: some 2 points of standard error at most
LEAST = 100
MOST_KEPT = 256  # results of a few kilobytes

Address = str | None
_lock = threading.Lock()
_accuracies: "OrderedDict[tuple[tuple[Address, ...], str], np.ndarray]" = OrderedDict()
_safeties: "OrderedDict[tuple[Address, str], Safety]" = OrderedDict()


class NoDigitsError(ValueError):
    """There are no digits that could be read by all of the networks and that none has learned from."""


@lru_cache(maxsize=64)
def digit_sweep(model: Address, digit: bytes, name: str) -> DigitSweep:
    """One digit at every strength of a transformation, as a network reads it.

    Args:
        model: the network's address.
        digit: its 784 bytes.
        name: the transformation's.
    """
    pixels = np.frombuffer(digit, np.uint8).reshape(28, 28)
    return sweep_digit(cache.checkpoint(model).network, pixels, name)


@lru_cache(maxsize=32)
def unlearned(models: tuple[Address, ...]) -> tuple[Digits, np.ndarray]:
    """Digits to compare networks on, and the places among them of up to `COUNT`, of every class as many.

    Raises:
        NoDigitsError: too few are left, or one of the networks reads something else than the others.
    """
    digits = cache.validation_digits(models[0])
    allowed = np.ones(len(digits), bool)
    for model in models:
        check_alike(digits, cache.validation_digits(model))
        allowed &= ~cache.was_learned(model, digits.dataset, digits.part)
    places = np.flatnonzero(allowed)
    if len(places) < LEAST:
        raise NoDigitsError(
            f"Only {len(places)} validation digits are left that none of them has learned from; "
            f"{LEAST} are needed."
        )
    return digits, places[evenly(digits.labels[places], COUNT)]


def check_alike(digits: Digits, others: Digits) -> None:
    """Refuse to compare what reads digits with what reads clothes.

    Raises:
        NoDigitsError: their classes have other names.
    """
    if digits.class_names != others.class_names:
        raise NoDigitsError("One of them reads digits, the other clothes: they can't be compared.")


def known_accuracies(models: tuple[Address, ...], name: str) -> np.ndarray | None:
    """What `measure_accuracies` has found; None while it wasn't asked for."""
    with _lock:
        return _accuracies.get((models, name))


def measure_accuracies(models: tuple[Address, ...], name: str) -> Iterator[np.ndarray]:
    """Accuracy against strength of some networks, on the same digits, as `accuracy_by_strength` yields it.

    Raises:
        NoDigitsError: see `unlearned`.
    """
    digits, places = unlearned(models)
    networks = [cache.checkpoint(model).network for model in models]
    found = None
    for found in accuracy_by_strength(
        networks, digits.images[places], digits.labels[places], name, some_strengths(name)
    ):
        yield found
    assert found is not None
    with _lock:
        _accuracies[models, name] = found
        while len(_accuracies) > MOST_KEPT:
            _accuracies.popitem(last=False)


def known_safety(model: Address, name: str) -> Safety | None:
    """What `measure_safety` has found; None while it wasn't asked for."""
    with _lock:
        return _safeties.get((model, name))


def measure_safety(model: Address, name: str) -> Iterator[float]:
    """Where a transformation breaks labels as one network reads them; yields the share that is done.

    Raises:
        NoDigitsError: see `unlearned`.
    """
    digits, places = unlearned((model,))
    strengths = some_strengths(name)
    found = None
    for found in unsafe(
        cache.checkpoint(model).network, digits.images[places], digits.labels[places], name, strengths
    ):
        yield len(found.strengths) / len(strengths)
    assert found is not None
    with _lock:
        _safeties[model, name] = found
        while len(_safeties) > MOST_KEPT:
            _safeties.popitem(last=False)
