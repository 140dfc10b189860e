"""An honest score: how many digits a network reads right, with its interval and its confusions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.forward import Network
from model.intervals import wilson
from model.recipe import CLASSES

CHUNK = 500  # digits between two reports of progress


@dataclass(frozen=True)
class ClassReport:
    """How one class fares.

    Args:
        digit: which, 0 to 9.
        count: how many there were of it.
        read: how many digits were read as it.
        right: how many were both.
    """

    digit: int
    count: int
    read: int
    right: int

    @property
    def precision(self) -> float:
        """Of what was read as this digit, the share that is it; 0 where nothing was read so."""
        return self.right / self.read if self.read else 0.0

    @property
    def recall(self) -> float:
        """Of this digit, the share that was read as it; 0 where there was none."""
        return self.right / self.count if self.count else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall (van Rijsbergen 1979); 0 where both are."""
        both = self.count + self.read
        return 2 * self.right / both if both else 0.0

    @property
    def precision_interval_95(self) -> tuple[float, float]:
        """Wilson's 95% interval of the precision; all from 0 to 1 where nothing was read so."""
        return wilson(self.right, self.read) if self.read else (0.0, 1.0)

    @property
    def recall_interval_95(self) -> tuple[float, float]:
        """Wilson's 95% interval of the recall; all from 0 to 1 where there was none."""
        return wilson(self.right, self.count) if self.count else (0.0, 1.0)

    def to_dict(self) -> dict[str, float | int]:
        """The JSON form."""
        shares = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {"digit": self.digit, "count": self.count, "read": self.read, "right": self.right} | shares


@dataclass(frozen=True)
class Score:
    """What came of reading labelled digits.

    Args:
        confusion: int64 (10, 10): row the label, column the reading.
        learned: how many of the digits the network had learned from; a score with any is no headline.
    """

    confusion: np.ndarray
    learned: int = 0

    @property
    def count(self) -> int:
        """How many digits were read."""
        return int(self.confusion.sum())

    @property
    def errors(self) -> int:
        """How many were read wrong."""
        return self.count - int(self.confusion.trace())

    @property
    def accuracy(self) -> float:
        """Share read right, 0 to 1."""
        return (self.count - self.errors) / self.count  # rounded once, as everybody's is

    @property
    def confidence_interval_95(self) -> tuple[float, float]:
        """Wilson's 95% interval of the accuracy."""
        return wilson(self.count - self.errors, self.count)

    @property
    def per_class(self) -> list[dict[str, float | int]]:
        """For each digit 0 to 9 its count, errors and accuracy (the share of its own that is read right)."""
        rows = []
        for digit, row in enumerate(self.confusion):
            count, right = int(row.sum()), int(row[digit])
            accuracy = right / count if count else float("nan")
            rows.append({"digit": digit, "count": count, "errors": count - right, "accuracy": accuracy})
        return rows

    @property
    def reports(self) -> tuple["ClassReport", ...]:
        """Precision, recall and F1 of each digit 0 to 9, with the counts behind them."""
        rows = self.confusion.sum(axis=1), self.confusion.sum(axis=0), self.confusion.diagonal()
        return tuple(
            ClassReport(digit, *map(int, counts)) for digit, counts in enumerate(zip(*rows, strict=True))
        )

    @property
    def macro_f1(self) -> float:
        """The mean of the classes' F1: every class counts alike, however rare. A missing class counts 0."""
        return sum(report.f1 for report in self.reports) / CLASSES

    def most_confused(self, most: int = 5) -> list[tuple[int, int, int]]:
        """The commonest mistakes: (label, reading, how often), commonest first."""
        wrong = self.confusion.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(-wrong, axis=None, kind="stable")[:most]
        pairs = [divmod(int(place), CLASSES) for place in order]
        return [(label, read, int(wrong[label, read])) for label, read in pairs if wrong[label, read]]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "accuracy": self.accuracy,
            "count": self.count,
            "errors": self.errors,
            "confidence_interval_95": list(self.confidence_interval_95),
            "learned": self.learned,
            "confusion": self.confusion.tolist(),
        }


def read_all(
    network: Network, images: np.ndarray, on_progress: Callable[[int], None] = lambda _: None
) -> np.ndarray:
    """The probabilities of many digits, in chunks.

    Args:
        network: what reads.
        images: uint8 (n, 28, 28), ink bright on black.
        on_progress: called with the number of digits that were read since the last call.

    Returns:
        float32 (n, 10).
    """
    done = []
    for start in range(0, len(images), CHUNK):
        done.append(network.probabilities(images[start : start + CHUNK]))
        on_progress(len(done[-1]))
    return np.concatenate(done) if done else np.zeros((0, CLASSES), np.float32)


def score(probabilities: np.ndarray, labels: np.ndarray, learned: int = 0) -> Score:
    """Count readings against labels.

    Args:
        probabilities: float (n, 10).
        labels: integers (n,), 0 to 9.
        learned: how many of these digits the network had learned from.

    Returns:
        The score.

    Raises:
        ValueError: there are none, or the two do not match.
    """
    if len(probabilities) != len(labels) or not len(labels):
        raise ValueError(
            f"a score needs as many readings as labels, not {len(probabilities)} and {len(labels)}"
        )
    confusion = np.zeros((CLASSES, CLASSES), np.int64)
    np.add.at(confusion, (labels, probabilities.argmax(axis=1)), 1)
    return Score(confusion, learned)
