"""Seeded splits that give every class its share and never change.

NumPy promises the raw stream of a bit generator for good, while `shuffle` and its relatives may change
between versions (NEP 19, https://numpy.org/neps/nep-0019-rng-policy.html). So an order here is a stable sort
of raw draws.
"""

from collections.abc import Mapping

import numpy as np


def shuffled(count: int, seed: int) -> np.ndarray:
    """Shuffle the numbers 0 … count - 1, the same way with every version of NumPy.

    Args:
        count: how many.
        seed: any number from 0.

    Returns:
        int64 (count,).
    """
    return np.argsort(np.random.PCG64(seed).random_raw(count), kind="stable").astype(np.int64)


def stratified(labels: np.ndarray, per_class: Mapping[str, int], seed: int) -> dict[str, np.ndarray]:
    """Deal rows out to named parts, each part with the same number of every class.

    Args:
        labels: (n,), the class of each row.
        per_class: how many of each class a part gets; parts are filled in this order.
        seed: any number from 0.

    Returns:
        For each part int64 (per_class × classes,): row numbers, classes mixed; the parts share none.

    Raises:
        ValueError: a class has too few rows.
    """
    order = shuffled(len(labels), seed)
    by_class = {label: order[labels[order] == label] for label in np.unique(labels)}
    for label, rows in by_class.items():
        if len(rows) < sum(per_class.values()):
            raise ValueError(f"class {label} has {len(rows)} rows, {sum(per_class.values())} are needed")
    parts, start = {}, 0
    for part, share in per_class.items():
        rows = np.concatenate([own[start : start + share] for own in by_class.values()])
        start += share
        parts[part] = rows[shuffled(len(rows), seed + start)]  # another seed, so that no two parts mix alike
    return parts
