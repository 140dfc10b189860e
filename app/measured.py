"""Sweeps over many digits, read bit by bit (`app.bulk`), and kept there, so that they are read once.

Only digits count that none of the networks compared has learned from.
"""

from functools import lru_cache

import numpy as np

from app import cache
from app.bulk import Reading, read_images, together
from model import sweeps
from model.datasets import Digits
from model.sweeps import DigitSweep, Safety, evenly, some_strengths, sweep_digit, unsafe

COUNT = 500  # digits read at every strength: some 2 points of standard error at most
LEAST = 100

Address = str | None


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


def accuracies(models: tuple[Address, ...], name: str) -> np.ndarray | Reading:
    """Accuracy against strength of some networks, all on the same digits; never waits.

    Args:
        models: their addresses.
        name: the transformation's.

    Returns:
        float64 (networks, s), shares read right at each of `some_strengths`; until all is read, how far that
        has come: asked again, it comes further.

    Raises:
        NoDigitsError: see `unlearned`.
        CheckpointError: one of the networks is gone.
        DataError: the digits aren't here.
    """
    digits, places = unlearned(models)
    readings = [_reading(model, name, digits, places) for model in models]
    whole = together(readings)
    if not whole.finished:
        return whole
    labels = digits.labels[places]
    return np.stack([sweeps.accuracies(reading.values, labels) for reading in readings])


def safety(model: Address, name: str) -> Safety | Reading:
    """Where a transformation breaks labels as one network reads them; else as `accuracies`."""
    digits, places = unlearned((model,))
    key = "as they are", digits.dataset, digits.part, places.tobytes()
    untouched = read_images(model, key, lambda: digits.images[places], len(places))
    changed = _reading(model, name, digits, places)
    whole = together([untouched, changed])
    if not whole.finished:
        return whole
    return unsafe(name, some_strengths(name), untouched.values, changed.values, digits.labels[places])


def _reading(model: Address, name: str, digits: Digits, places: np.ndarray) -> Reading:
    """What a network reads in some digits at every strength."""
    strengths, chosen = some_strengths(name), places.tobytes()
    key = "swept", name, digits.dataset, digits.part, chosen
    return read_images(
        model, key, lambda: _pictures(name, digits.dataset, digits.part, chosen), len(strengths) * len(places)
    )


@lru_cache(maxsize=2)  # 5 MB each, wanted by all the networks that are compared
def _pictures(name: str, dataset: str, part: str, chosen: bytes) -> np.ndarray:
    digits = cache.digits(dataset, part).images[np.frombuffer(chosen, int)]
    return sweeps.pictures(digits, name, some_strengths(name))
