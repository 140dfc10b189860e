"""Accuracy under the corruptions: the same changed digits before every network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from model.intervals import wilson
from model.robustness.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from model.sweeps import Reader


@dataclass(frozen=True)
class Measured:
    """How networks read the same digits, all corrupted alike.

    Args:
        name: of the corruption.
        strength: 0 (as they are) to 5.
        count: of digits.
        right: of each network, how many it read right.
    """

    name: str
    strength: int
    count: int
    right: tuple[int, ...]

    @property
    def accuracies(self) -> tuple[float, ...]:
        """Of each network the share read right, 0 to 1."""
        return tuple(right / self.count for right in self.right)

    @property
    def intervals_95(self) -> tuple[tuple[float, float], ...]:
        """Of each network Wilson's 95% interval of its accuracy."""
        return tuple(wilson(right, self.count) for right in self.right)


def accuracy_under(
    networks: Sequence[Reader],
    digits: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str] = tuple(CORRUPTIONS),
    strengths: Sequence[int] = STRENGTHS,
    seed: int = 0,
) -> Iterator[Measured]:
    """Read corrupted digits; the work goes on as it is asked for.

    Args:
        networks: who reads.
        digits: uint8 (n, 28, 28), none of which they have learned from.
        labels: (n,), what they are.
        names: of corruptions.
        strengths: 0 to 5.
        seed: of what is random; the i-th digit gets seed + i.

    Yields:
        For each corruption, and in it each strength, what was found.

    Raises:
        ValueError: no such corruption or strength, no digits, or not as many labels.
    """
    if not len(labels) or len(labels) != len(digits):
        raise ValueError(f"as many labels as digits are needed, not {len(labels)} and {len(digits)}")
    for name in names:
        for strength in strengths:
            changed = corrupt(digits, name, strength, seed)
            read = [network.probabilities(changed).argmax(axis=1) for network in networks]
            right = tuple(int(np.count_nonzero(each == labels)) for each in read)
            yield Measured(name, strength, len(labels), right)


def mean_accuracies(measured: Sequence[Measured]) -> tuple[float, ...]:
    """Of each network its mean accuracy, every corruption and strength counting alike.

    Args:
        measured: at least one, all of the same networks.
    """
    table = np.array([each.accuracies for each in measured])
    return tuple(float(share) for share in table.mean(axis=0))
