"""Two networks on the same digits: whether one really reads better, or the digits just fell so.

Both networks fail on the same hard digits, so their two accuracies' intervals overlap long before there is
nothing between them. What counts are the digits that only one of them reads right (McNemar 1947).
"""

import math
from dataclasses import dataclass

import numpy as np

from model.intervals import Z_95


@dataclass(frozen=True)
class Comparison:
    """How often two networks were right on the same digits.

    Args:
        both_right: digits that both read right.
        only_first: that the first alone reads right.
        only_second: that the second alone reads right.
        both_wrong: that neither does.
    """

    both_right: int
    only_first: int
    only_second: int
    both_wrong: int

    @property
    def count(self) -> int:
        """How many digits."""
        return self.both_right + self.only_first + self.only_second + self.both_wrong

    @property
    def difference(self) -> float:
        """The first's accuracy minus the second's, −1 to 1."""
        return (self.only_first - self.only_second) / self.count

    @property
    def difference_interval_95(self) -> tuple[float, float]:
        """The 95% interval of the difference, paired digit by digit.

        Wald's with half a digit added to each of the two counts (Agresti and Min 2005, "Simple improved
        confidence intervals for comparing matched proportions"), which keeps its promise where few digits
        differ.
        """
        first, second, count = self.only_first + 0.5, self.only_second + 0.5, self.count + 2
        middle = (first - second) / count
        reach = Z_95 * math.sqrt((first + second) / count - middle**2) / math.sqrt(count)
        return max(-1.0, middle - reach), min(1.0, middle + reach)

    @property
    def p_value(self) -> float:
        """McNemar's exact test: how likely so uneven a split is, were both networks equally good.

        The digits that only one reads right are then tosses of a fair coin: twice the binomial tail from the
        rarer side, at most 1.
        """
        tosses, rarer = self.only_first + self.only_second, min(self.only_first, self.only_second)
        ways, tail = 1, 0
        for heads in range(rarer + 1):
            tail += ways  # of so many heads among the tosses
            ways = ways * (tosses - heads) // (heads + 1)
        return min(1.0, 2 * tail / 2**tosses)


def compare(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> Comparison:
    """Count on which digits two networks are right.

    Args:
        first: integers (n,), what the first reads; or its probabilities, float (n, 10).
        second: the same of the second, of the same digits.
        labels: integers (n,), 0 to 9.

    Raises:
        ValueError: there are no digits, or they are not as many.
    """
    if not len(labels) == len(first) == len(second) or not len(labels):
        raise ValueError(
            f"two networks are compared on the same digits, not {len(first)}, {len(second)} and {len(labels)}"
        )
    one, other = readings(first) == labels, readings(second) == labels
    table = (one & other, one & ~other, ~one & other, ~one & ~other)
    return Comparison(*(int(np.count_nonzero(cell)) for cell in table))


def readings(probabilities: np.ndarray) -> np.ndarray:
    """The likeliest digit of each row; readings themselves are given back: integers (n,)."""
    return probabilities.argmax(axis=1) if probabilities.ndim == 2 else probabilities
