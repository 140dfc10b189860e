"""Calibration: whether what is said with 90% confidence is right nine times in ten, and what mends it.

After Guo, Pleiss, Sun and Weinberger 2017, "On Calibration of Modern Neural Networks": the reliability
diagram, the expected calibration error (Naeini et al. 2015), and temperature scaling. The temperature is
fitted on validation digits, never on those that it is measured on.
"""

from dataclasses import dataclass

import numpy as np

from model.evaluation.mistakes import FAINTEST
from model.intervals import wilson

BINS = 15  # as in the paper
COLDEST, HOTTEST = 0.05, 20.0  # temperatures that are looked at
_HALVINGS = 60  # of the range of 1 / temperature: to the last bit of it


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence against accuracy, bin by bin.

    Args:
        edges: float64 (b + 1,), rising from 0 to 1; a bin holds what lies above its lower edge, up to and
            with its upper one.
        counts: int64 (b,), readings in each bin.
        right: int64 (b,), how many of them were right.
        confidences: float64 (b,), the mean confidence in each; nan where there is none.
    """

    edges: np.ndarray
    counts: np.ndarray
    right: np.ndarray
    confidences: np.ndarray

    @property
    def accuracies(self) -> np.ndarray:
        """The share right in each bin: float64 (b,), nan where there is none."""
        return np.where(self.counts > 0, self.right / np.maximum(self.counts, 1), np.nan)

    @property
    def gaps(self) -> np.ndarray:
        """Confidence minus accuracy: float64 (b,), above 0 where it was too sure, nan in empty bins."""
        return self.confidences - self.accuracies

    @property
    def intervals_95(self) -> tuple[tuple[float, float], ...]:
        """Wilson's 95% interval of each bin's accuracy; 0 to 1 where there is nothing."""
        pairs = zip(self.right.tolist(), self.counts.tolist(), strict=True)
        return tuple(wilson(right, count) if count else (0.0, 1.0) for right, count in pairs)

    @property
    def expected_error(self) -> float:
        """The expected calibration error: the mean gap, its sign left out, over all readings; 0 to 1."""
        there = self.counts > 0
        return float((self.counts * np.abs(self.gaps))[there].sum() / self.counts.sum())


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> Reliability:
    """Sort readings into ``BINS`` equally wide bins by their confidence.

    Args:
        probabilities: float (n, 10).
        labels: integers (n,), 0 to 9.

    Returns:
        The bins.

    Raises:
        ValueError: there is nothing to sort, or there are not as many labels.
    """
    count = len(labels)
    if len(probabilities) != count or not count:
        raise ValueError(f"no bins of {len(probabilities)} readings and {count} labels")
    confidences = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, BINS + 1)
    # a confidence rounded above 1 is in the last bin, whose edge is 1 all the same
    places = np.searchsorted(edges[1:-1], confidences, side="left")
    counts = np.bincount(places, minlength=BINS)
    sums = np.bincount(places, confidences, BINS)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return Reliability(edges, counts, np.bincount(places[right], minlength=BINS), means)


def with_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """What a network would have said had its logits been divided by a temperature.

    A softmax forgets only what is added to all its logits, so they can be had back from its probabilities.

    Args:
        probabilities: float (n, 10).
        temperature: above 0; above 1 less sure, below 1 surer. The reading stays the same.

    Returns:
        float64 (n, 10); each row adds up to 1.

    Raises:
        ValueError: the temperature isn't above 0.
    """
    if not temperature > 0:
        raise ValueError(f"a temperature must be above 0, not {temperature!r}")
    powers = np.exp(_logits(probabilities) / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature at which the loss on these digits is least.

    The loss is convex in 1 / temperature: its slope rises throughout, and where it crosses 0 is found by
    halving. Where it doesn't, as on digits that are all read right, it is the end of the range.

    Args:
        probabilities: float (n, 10), readings of validation digits.
        labels: integers (n,), 0 to 9.

    Returns:
        From ``COLDEST`` to ``HOTTEST``.

    Raises:
        ValueError: there are no digits.
    """
    if not len(labels):
        raise ValueError("a temperature is fitted on digits, and there are none")
    logits = _logits(probabilities)
    own = logits[np.arange(len(labels)), labels].mean()

    def slope(inverse: float) -> float:
        powers = np.exp(logits * inverse)
        return float(((powers * logits).sum(axis=1) / powers.sum(axis=1)).mean() - own)

    low, high = 1 / HOTTEST, 1 / COLDEST
    if slope(low) >= 0:
        return HOTTEST
    if slope(high) <= 0:
        return COLDEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return 2 / (low + high)


def _logits(probabilities: np.ndarray) -> np.ndarray:
    """Logits, the largest of each digit's being 0: float64 (n, 10)."""
    logits = np.log(np.maximum(probabilities.astype(np.float64), FAINTEST))
    return logits - logits.max(axis=1, keepdims=True)
