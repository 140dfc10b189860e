"""Mistakes over the epochs: which were there from the first, when each healed, and which came back.

A digit that is read right after one epoch and wrong after the next has been forgotten (Toneva et al. 2019,
"An Empirical Study of Example Forgetting").
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Steps:
    """What became of the digits from each epoch to the next.

    Args:
        stubborn: int64 (epochs,), digits that were read wrong after every epoch so far.
        returned: int64 (epochs,), that were right at some time, and wrong again before this epoch already.
        broken: int64 (epochs,), that were right after the epoch before and are wrong now.
        healed: int64 (epochs,), that were wrong after the epoch before and are right now.
    """

    stubborn: np.ndarray
    returned: np.ndarray
    broken: np.ndarray
    healed: np.ndarray


@dataclass(frozen=True, eq=False)
class Course:
    """How the readings of the same digits went from epoch to epoch.

    Args:
        epochs: their numbers, rising; they may have gaps, where weights weren't kept.
        read: integers (epochs, n), what was read after each.
        labels: integers (n,).

    Raises:
        ValueError: the three don't fit, or the epochs don't rise.
    """

    epochs: tuple[int, ...]
    read: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        if self.read.shape != (len(self.epochs), len(self.labels)) or not self.epochs:
            wanted = f"({len(self.epochs)} epochs, {len(self.labels)} digits)"
            raise ValueError(f"readings must be {wanted}, not {self.read.shape}")
        if any(late <= early for early, late in itertools.pairwise(self.epochs)):
            raise ValueError(f"epochs must rise, not be {self.epochs}")

    @property
    def wrong(self) -> np.ndarray:
        """Whether each digit was read wrong after each epoch: bool (epochs, n)."""
        return np.asarray(self.read != self.labels)

    @property
    def errors(self) -> np.ndarray:
        """Mistakes after each epoch: int64 (epochs,)."""
        return np.count_nonzero(self.wrong, axis=1)

    @property
    def forgotten(self) -> np.ndarray:
        """How often each digit went from right to wrong: int64 (n,)."""
        return np.count_nonzero(~self.wrong[:-1] & self.wrong[1:], axis=0)

    @property
    def steps(self) -> Steps:
        """What became of the digits from each epoch to the next; before the first nothing was known."""
        wrong = self.wrong
        before = np.concatenate([wrong[:1], wrong[:-1]])
        stubborn = np.count_nonzero(np.logical_and.accumulate(wrong, axis=0), axis=1)
        broken = np.count_nonzero(~before & wrong, axis=1)
        healed = np.count_nonzero(before & ~wrong, axis=1)
        return Steps(stubborn, self.errors - stubborn - broken, broken, healed)

    def healed_between(self, early: int, late: int) -> np.ndarray:
        """The digits that were wrong after one epoch and right after another: int64 places, ascending.

        Args:
            early: an epoch's number.
            late: another's.

        Raises:
            ValueError: one of them isn't among the epochs.
        """
        return np.flatnonzero(self._wrong_after(early) & ~self._wrong_after(late))

    def broken_between(self, early: int, late: int) -> np.ndarray:
        """The digits that were right after one epoch and wrong after another; as ``healed_between``."""
        return np.flatnonzero(~self._wrong_after(early) & self._wrong_after(late))

    def stubborn(self) -> np.ndarray:
        """The digits that were wrong after every epoch: int64 places, ascending."""
        return np.flatnonzero(self.wrong.all(axis=0))

    def _wrong_after(self, epoch: int) -> np.ndarray:
        if epoch not in self.epochs:
            raise ValueError(f"there are readings after the epochs {self.epochs}, not after {epoch}")
        return self.wrong[self.epochs.index(epoch)]


def course(epochs: Sequence[int], read: Sequence[np.ndarray], labels: np.ndarray) -> Course:
    """Put together what was read after each epoch.

    Args:
        epochs: their numbers, rising.
        read: of each epoch integers (n,), or probabilities (n, 10), always of the same digits.
        labels: integers (n,).
    """
    rows = [each.argmax(axis=1) if each.ndim == 2 else each for each in read]
    return Course(tuple(int(epoch) for epoch in epochs), np.array(rows), labels)
