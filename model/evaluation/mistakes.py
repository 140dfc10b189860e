"""Which digits to look at first: the mistakes that cost most, the doubtful ones, and the sure mistakes."""

from collections.abc import Mapping

import numpy as np

# Below it a probability counts as this: float32 rounds smaller ones to zero, whose logarithm says nothing.
FAINTEST = float(np.finfo(np.float32).tiny)
# How the gallery may be ordered, and what that means.
ORDERS: Mapping[str, str] = {
    "loss": "the least probability for the label first",
    "doubt": "the closest first and second guess first, right or wrong",
    "sure and wrong": "mistakes only, the surest first",
}


def losses(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What each digit adds to the loss: −log of the probability that its label got.

    Args:
        probabilities: float (n, 10).
        labels: integers (n,), 0 to 9.

    Returns:
        float64 (n,), in nats, 0 or more.
    """
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return -np.log(np.clip(own, FAINTEST, 1))


def margins(probabilities: np.ndarray) -> np.ndarray:
    """By how much the first guess leads the second: float64 (n,), 0 (can't tell them apart) to 1 (sure)."""
    second, first = np.partition(probabilities.astype(np.float64), -2, axis=1)[:, -2:].T
    return first - second


def ranked(
    probabilities: np.ndarray, labels: np.ndarray, order: str = "loss", most: int | None = None
) -> np.ndarray:
    """Places of digits, those that are most worth a look first.

    Args:
        probabilities: float (n, 10).
        labels: integers (n,), 0 to 9.
        order: one of ``ORDERS``.
        most: how many at most; None for all.

    Returns:
        int64, up to ``most`` places among the n; equal ones in order of place.

    Raises:
        ValueError: there is no such order.
    """
    if order == "loss":
        keys = -losses(probabilities, labels)
    elif order == "doubt":
        keys = margins(probabilities)
    elif order == "sure and wrong":
        keys = -probabilities.max(axis=1).astype(np.float64)
        wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
        return wrong[np.argsort(keys[wrong], kind="stable")][:most]
    else:
        raise ValueError(f"an order is one of {', '.join(ORDERS)}, not {order!r}")
    return np.argsort(keys, kind="stable")[:most]


def in_cell(probabilities: np.ndarray, labels: np.ndarray, label: int, read: int) -> np.ndarray:
    """The digits of one cell of the confusion matrix, the surest first: int64 places."""
    there = np.flatnonzero((labels == label) & (probabilities.argmax(axis=1) == read))
    return there[np.argsort(-probabilities[there, read].astype(np.float64), kind="stable")]
