"""The nearest digits: which known digits a network finds most like one in hand."""

import numpy as np


def nearest(features: np.ndarray, feature: np.ndarray, count: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """The digits whose description lies nearest, by Euclidean distance.

    Args:
        features: float32 (n, d), the known digits as ``Network.features`` describes them.
        feature: float32 (d,), the digit in hand.
        count: how many to find, 1 to n.

    Returns:
        Places in ``features`` (int64) and distances (float32), nearest first; equal ones in order of place.

    Raises:
        ValueError: the shapes do not match or there are fewer than ``count``.
    """
    if features.ndim != 2 or feature.shape != features.shape[1:] or not 1 <= count <= len(features):
        raise ValueError(f"no {count} neighbours of {feature.shape} among {features.shape}")
    distances = np.linalg.norm(features - feature, axis=1)
    order = np.argsort(distances, kind="stable")[:count]
    return order, distances[order]
