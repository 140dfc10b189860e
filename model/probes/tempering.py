"""Softmax, written out: how logits become probabilities, and what a temperature does to them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Tempered:
    """A softmax step by step, each float64 of the logits' shape (n,).

    Args:
        logits: what the softmax gets.
        temperature: what they are divided by, above 0; 1 for the network's own softmax.
    """

    logits: np.ndarray
    temperature: float

    @property
    def largest(self) -> float:
        """The largest logit, divided by the temperature."""
        return float(self.logits.max() / self.temperature)

    @property
    def shifted(self) -> np.ndarray:
        """The logits divided by the temperature, less the largest of them: zero or below.

        Taking the same number off all of them changes no probability, and no power grows too large to write.
        """
        return (self.logits - self.logits.max()) / self.temperature

    @property
    def powers(self) -> np.ndarray:
        """The number e to each of the shifted ones: 1 for the largest, less for the others."""
        return np.asarray(np.exp(self.shifted))

    @property
    def total(self) -> float:
        """All powers added up: from 1 to n."""
        return float(self.powers.sum())

    @property
    def probabilities(self) -> np.ndarray:
        """Each power's share in all of them; they add up to 1."""
        return np.asarray(self.powers / self.total)


def temper(logits: np.ndarray, temperature: float = 1.0) -> Tempered:
    """The softmax of logits divided by a temperature (Hinton, Vinyals and Dean 2015).

    Below 1 it makes the largest surer, above 1 it evens them out; the order stays.

    Args:
        logits: (n,), n ≥ 1, finite.
        temperature: above 0.

    Raises:
        ValueError: another shape, or a temperature that isn't above 0.
    """
    if logits.ndim != 1 or not len(logits):
        raise ValueError(f"a softmax takes a vector of logits, not an array of the shape {logits.shape}")
    if not temperature > 0:
        raise ValueError(f"the temperature must be above 0, not {temperature}")
    return Tempered(np.asarray(logits, np.float64), float(temperature))
