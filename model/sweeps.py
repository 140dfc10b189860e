"""Sweeps: one transformation from end to end of its range, and what a network makes of it at every strength.

Three questions: what becomes of one digit (``sweep_digit``), how many of many are still read right
(``accuracies``), and which are read, confidently, as another digit (``unsafe``). Only looking: the
digits are transformed by exactly a strength, by the same code that changes them at random in a training.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.augmentation.transformations import strengths as all_strengths
from model.augmentation.transformations import transform
from model.datasets.digits import CLASSES
from model.verdict import Reader

MEASURED = (
    13  # strengths at which many digits are read: with 73, a curve would look the same and take a minute
)
CONFIDENT = 0.9  # the least probability that counts as "sure"
# The share of a class that may confidently be read as another digit before a strength is called unsafe for
# it: every class has a few digits that are hardly themselves, and those fall first.
UNSAFE_SHARE = 0.05


class Together:
    """Several networks as one: the mean of their probabilities, so that one's whim counts little.

    Args:
        networks: at least one.
    """

    def __init__(self, networks: Sequence[Reader]) -> None:
        self._networks = tuple(networks)

    def probabilities(self, digits: np.ndarray) -> np.ndarray:
        """As ``Network.probabilities``: float32 (n, 10)."""
        read = np.stack([network.probabilities(digits) for network in self._networks])
        return np.asarray(read.mean(axis=0), np.float32)


@dataclass(frozen=True, eq=False)
class DigitSweep:
    """What becomes of one digit.

    Attributes:
        name: the transformation's.
        strengths: float64 (s,), ascending, 0 among them where the range holds it.
        pictures: uint8 (s, 28, 28).
        probabilities: float32 (s, 10).
        changes: the places, from 1, at which another digit is read than one place before.
    """

    name: str
    strengths: np.ndarray
    pictures: np.ndarray
    probabilities: np.ndarray
    changes: tuple[int, ...]

    @property
    def verdicts(self) -> np.ndarray:
        """What is read at every strength: int (s,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def unchanged(self) -> int:
        """The place of the digit as it is: where the strength is nearest to 0."""
        return int(np.abs(self.strengths).argmin())

    def span(self) -> tuple[int, int]:
        """The first and the last place of those around the digit as it is that are read as it is."""
        middle = self.unchanged
        first = max((place for place in self.changes if place <= middle), default=0)
        last = min((place for place in self.changes if place > middle), default=len(self.strengths)) - 1
        return first, last


def sweep_digit(network: Reader, digit: np.ndarray, name: str, seed: int = 0) -> DigitSweep:
    """Read one digit at every strength of a transformation.

    Args:
        network: who reads.
        digit: uint8 (28, 28), ink bright on black.
        name: the transformation's, see ``model.augmentation.transformations``.
        seed: of what is random in it, the same at every strength.
    """
    strengths = all_strengths(name)
    pictures = transform(np.repeat(digit[None], len(strengths), axis=0), name, strengths, seed)
    probabilities = network.probabilities(pictures)
    verdicts = probabilities.argmax(axis=1)
    changes = tuple(int(place) for place in np.flatnonzero(np.diff(verdicts)) + 1)
    return DigitSweep(name, strengths, pictures, probabilities, changes)


def some_strengths(name: str, most: int = MEASURED) -> np.ndarray:
    """Some of a transformation's strengths, evenly spread, both ends and the one nearest to 0 among them.

    Args:
        name: the transformation's.
        most: how many at most.

    Returns:
        float64 (up to ``most``,), ascending.
    """
    strengths = all_strengths(name)
    if len(strengths) <= most:
        return strengths
    places = np.rint(np.linspace(0, len(strengths) - 1, most)).astype(int)
    zero = int(np.abs(strengths).argmin())
    places[np.abs(places - zero).argmin()] = zero
    return strengths[places]


def evenly(labels: np.ndarray, count: int) -> np.ndarray:
    """The places of the first digits of every class, as many of each: the same ones every time.

    Args:
        labels: (n,), 0 to 9.
        count: of places, a multiple of ten; fewer come where a class has fewer.

    Returns:
        int (up to ``count``,), ascending.
    """
    each = count // CLASSES
    return np.sort(np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(CLASSES)]))


def pictures(digits: np.ndarray, name: str, strengths: np.ndarray, seed: int = 0) -> np.ndarray:
    """Many digits at every strength of a transformation.

    Args:
        digits: uint8 (n, 28, 28).
        name: the transformation's.
        strengths: (s,).
        seed: of what is random in it; every digit gets its own, which stays the same at every strength.

    Returns:
        uint8 (s·n, 28, 28), strength by strength.
    """
    seeds = range(seed, seed + len(digits))
    return np.concatenate([transform(digits, name, float(strength), seeds) for strength in strengths])


def accuracies(read: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How many of many digits are read right at every strength.

    Args:
        read: float (s·n, 10), what a network says of `pictures`.
        labels: (n,), what the digits are.

    Returns:
        float64 (s,), shares.
    """
    right: np.ndarray = (read.argmax(axis=1).reshape(-1, len(labels)) == labels).mean(axis=1)
    return right


@dataclass(frozen=True)
class Change:
    """Digits of one class that, at one strength, are confidently read as one other digit.

    Attributes:
        strength: at which.
        digit: what they are, and are read as while untouched.
        read: what they are read as then.
        count: how many do so.
        example: the place of the surest among the digits given.
        confidence: how sure that one is read, ``CONFIDENT`` to 1.
    """

    strength: float
    digit: int
    read: int
    count: int
    example: int
    confidence: float


@dataclass(frozen=True)
class Safety:
    """Where a transformation makes another digit of a digit, as a network reads it.

    Attributes:
        name: the transformation's.
        strengths: at which they were read, ascending.
        counts: of each of the ten classes, how many digits were read (right, while untouched).
        changes: those that there are, by strength; the most frequent first.
    """

    name: str
    strengths: tuple[float, ...]
    counts: tuple[int, ...]
    changes: tuple[Change, ...]

    def shares(self) -> np.ndarray:
        """Of each class at each strength, the share that is confidently read as another: float64 (10, s)."""
        found = np.zeros((CLASSES, len(self.strengths)))
        for change in self.changes:
            found[change.digit, self.strengths.index(change.strength)] += change.count
        return found / np.maximum(self.counts, 1)[:, None]

    def first_unsafe(self, share: float = UNSAFE_SHARE) -> dict[int, tuple[float | None, float | None]]:
        """Of each class, the strengths nearest to 0, below and above it, from which the label is unsafe.

        Args:
            share: of a class, more of which is unsafe.

        Returns:
            Digit to the two strengths; None on the side where it is safe to the end. Digits that are safe on
            both sides are left out.
        """
        strengths, is_unsafe = np.array(self.strengths), self.shares() > share
        found: dict[int, tuple[float | None, float | None]] = {}
        for digit in range(CLASSES):
            below = strengths[is_unsafe[digit] & (strengths < 0)]
            above = strengths[is_unsafe[digit] & (strengths > 0)]
            if len(below) or len(above):
                found[digit] = (
                    float(below.max()) if len(below) else None,
                    float(above.min()) if len(above) else None,
                )
        return found

    def unsafe_digits(self, low: float, high: float, share: float = UNSAFE_SHARE) -> tuple[int, ...]:
        """The digits whose label a range of strengths doesn't keep.

        Args:
            low: the range's lower end, at most 0.
            high: its upper end, at least 0.
            share: as in ``first_unsafe``.
        """
        return tuple(
            digit
            for digit, (below, above) in self.first_unsafe(share).items()
            if (below is not None and below >= low) or (above is not None and above <= high)
        )

    def at(self, strength: float) -> tuple[Change, ...]:
        """The changes at the measured strength that is nearest, the most frequent first."""
        nearest = min(self.strengths, key=lambda measured: abs(measured - strength))
        return tuple(change for change in self.changes if change.strength == nearest)


def unsafe(
    name: str,
    strengths: np.ndarray,
    untouched: np.ndarray,
    read: np.ndarray,
    labels: np.ndarray,
    confident: float = CONFIDENT,
) -> Safety:
    """The digits whose reading changes to another confident digit.

    Only digits count that are read right while untouched: what a network can't read anyhow says nothing about
    a transformation.

    Args:
        name: the transformation's.
        strengths: (s,), ascending.
        untouched: float (n, 10), what the network says of the digits as they are.
        read: float (s·n, 10), what it says of `pictures`.
        labels: (n,), what they are.
        confident: the least probability that counts.
    """
    right = np.flatnonzero(untouched.argmax(axis=1) == labels)
    counts = tuple(int(count) for count in np.bincount(labels[right], minlength=CLASSES))
    changes: list[Change] = []
    for strength, each in zip(strengths, read.reshape(len(strengths), -1, CLASSES), strict=True):
        changes += _changes(float(strength), each[right], labels[right], right, confident)
    return Safety(name, tuple(float(each) for each in strengths), counts, tuple(changes))


def _changes(
    strength: float, read: np.ndarray, labels: np.ndarray, places: np.ndarray, confident: float
) -> list[Change]:
    verdicts, sure = read.argmax(axis=1), read.max(axis=1)
    found = []
    for digit in range(CLASSES):
        for other in range(CLASSES):
            rows = np.flatnonzero((labels == digit) & (verdicts == other) & (sure >= confident))
            if other != digit and len(rows):
                best = int(rows[sure[rows].argmax()])
                found.append(
                    Change(strength, digit, other, len(rows), int(places[best]), round(float(sure[best]), 4))
                )
    return sorted(found, key=lambda change: (-change.count, change.digit, change.read))
