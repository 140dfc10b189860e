"""The same recipe over several seeds: its mean and spread, and whether two recipes really differ."""

import math
from collections.abc import Sequence

STEPS = 400  # of Simpson's rule under Student's curve: eight correct digits
SHARE = 0.95


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation (with n − 1; 0 for a single value).

    Args:
        values: one for each seed, at least one.
    """
    mean = math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return mean, math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else 0.0


def difference_interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """The 95% interval of the difference of two means, first minus second (Welch 1947).

    It allows for the two spreads being different, and for there being few seeds.

    Args:
        first: what each seed of one recipe gave, at least two values.
        second: the same of another recipe.

    Returns:
        Low and high end. Where zero lies between them, seeds alone could make such a difference.

    Raises:
        ValueError: one of them has fewer than two values, which says nothing about chance.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError(f"two seeds of each are needed, not {len(first)} and {len(second)}")
    (mean, deviation), (other_mean, other_deviation) = spread(first), spread(second)
    parts = deviation**2 / len(first), other_deviation**2 / len(second)
    difference, variance = mean - other_mean, sum(parts)
    if variance == 0:
        return difference, difference
    freedom = variance**2 / (parts[0] ** 2 / (len(first) - 1) + parts[1] ** 2 / (len(second) - 1))
    reach = student_quantile((1 + SHARE) / 2, freedom) * math.sqrt(variance)
    return difference - reach, difference + reach


def student_quantile(share: float, freedom: float) -> float:
    """The value that Student's t stays below with a given probability.

    Args:
        share: the probability, from 0.5 to below 1.
        freedom: degrees of freedom, at least 1; need not be whole.
    """
    low, high = 0.0, 1.0
    while _below(high, freedom) < share:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _below(t: float, freedom: float) -> float:
    """The probability that Student's t is below t ≥ 0: a half, and Simpson's rule from 0.

    With t = √freedom · tan(u) the curve becomes a power of a cosine, smooth however far t is.
    """
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)
    end = math.atan(t / math.sqrt(freedom))
    heights = [math.cos(end * step / STEPS) ** (freedom - 1) for step in range(STEPS + 1)]
    area = heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2])
    return 0.5 + scale * area * end / STEPS / 3
