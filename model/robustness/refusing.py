"""Refusing to answer: below which confidence a network had better say nothing, and what that costs.

A threshold answers fewer digits and gets more of those right (Chow 1970, "On optimum recognition error and
reject tradeoff"). It is chosen on validation digits, and what it does to others is then measured.
"""

from dataclasses import dataclass

import numpy as np

from model.intervals import wilson


@dataclass(frozen=True)
class Refusal:
    """What a threshold does to labelled digits.

    Args:
        threshold: the least confidence with which it answers; above 1 it never does.
        count: of digits.
        answered: how many of them it answers.
        wrong: how many of its answers are wrong.
    """

    threshold: float
    count: int
    answered: int
    wrong: int

    @property
    def coverage(self) -> float:
        """The share that is answered, 0 to 1."""
        return self.answered / self.count

    @property
    def error(self) -> float:
        """The share of the answers that is wrong, 0 to 1; 0 where there are none."""
        return self.wrong / self.answered if self.answered else 0.0

    @property
    def error_interval_95(self) -> tuple[float, float]:
        """Wilson's 95% interval of the error; 0 to 1 where nothing is answered."""
        return wilson(self.wrong, self.answered) if self.answered else (0.0, 1.0)


def refusal(probabilities: np.ndarray, labels: np.ndarray, threshold: float) -> Refusal:
    """Count what a threshold does.

    Args:
        probabilities: float (n, 10).
        labels: integers (n,), 0 to 9.
        threshold: the least confidence with which it answers.

    Raises:
        ValueError: there are no digits, or not as many labels.
    """
    _check(probabilities, labels)
    answered = probabilities.max(axis=1) >= threshold
    wrong = answered & (probabilities.argmax(axis=1) != labels)
    return Refusal(float(threshold), len(labels), int(answered.sum()), int(wrong.sum()))


def choose_threshold(probabilities: np.ndarray, labels: np.ndarray, most_wrong: float) -> Refusal | None:
    """The lowest threshold at which few enough of the answers are wrong.

    Args:
        probabilities: float (n, 10), of validation digits.
        labels: integers (n,), 0 to 9.
        most_wrong: the largest share of the answers that may be wrong, 0 to 1.

    Returns:
        What it does to these digits; None where even the surest answers are wrong too often.

    Raises:
        ValueError: there are no digits, not as many labels, or the share isn't one.
    """
    if not 0 <= most_wrong <= 1:
        raise ValueError(f"a share is from 0 to 1, not {most_wrong!r}")
    _check(probabilities, labels)
    confidences = probabilities.max(axis=1)
    order = np.argsort(confidences, kind="stable")
    # only a confidence that occurs makes a difference; all from its first place on are answered
    thresholds, first = np.unique(confidences[order], return_index=True)
    answered = len(labels) - first
    is_wrong = (probabilities.argmax(axis=1) != labels)[order]
    wrong = is_wrong[::-1].cumsum()[::-1][first]
    allowed = np.flatnonzero(wrong / answered <= most_wrong)
    if not len(allowed):
        return None
    lowest = allowed[0]
    return Refusal(float(thresholds[lowest]), len(labels), int(answered[lowest]), int(wrong[lowest]))


def slipped_through(probabilities: np.ndarray, threshold: float) -> int:
    """Of pictures of what is no digit, how many are answered all the same.

    Args:
        probabilities: float (n, 10), of such pictures.
        threshold: the least confidence with which it answers.
    """
    return int(np.count_nonzero(probabilities.max(axis=1) >= threshold))


def _check(probabilities: np.ndarray, labels: np.ndarray) -> None:
    if not len(labels) or len(labels) != len(probabilities):
        raise ValueError(f"no threshold for {len(probabilities)} readings and {len(labels)} labels")
