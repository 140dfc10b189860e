"""Where the digits lie: a network's descriptions of them brought into two dimensions.

Principal components are a shadow: distances in it are never larger than they are. t-SNE draws each
digit's nearest neighbours near, and says little about what lies far apart. It takes seconds, so it is work
for the workers, and its library is loaded there alone.
"""

from dataclasses import dataclass

import numpy as np

from model.neighbours import nearest

NEIGHBOURS = 15  # among which one more digit is placed
LEAST_DIGITS = 10  # fewer have no neighbourhoods
STAGES = (250, 500, 500)  # iterations: between them one sees how far it is
EXAGGERATION = 12.0  # in the first stage attraction is so much stronger, as scikit-learn has it
PERPLEXITY = 30.0  # scikit-learn's default: about how many neighbours t-SNE tries to keep near
COMPONENTS = 50  # what t-SNE is usually given (van der Maaten and Hinton 2008): quicker, and less noisy
# Directions sought besides those that are wanted, and rounds. Each round divides what is wrong of an axis by
# its variance over that of the first direction that isn't sought.
_SPARE, _ROUNDS = 10, 12


@dataclass(frozen=True, eq=False)
class Projection:
    """A view from one side: a plane through many dimensions.

    Args:
        points: float32 (n, k), where the digits lie in it.
        mean: float32 (d,), what lies at its origin.
        axes: float32 (k, d), its axes, each of length 1, at right angles.
        explained: float32 (k,), the share of all variance along each axis.
    """

    points: np.ndarray
    mean: np.ndarray
    axes: np.ndarray
    explained: np.ndarray

    def place(self, features: np.ndarray) -> np.ndarray:
        """Where other digits lie in it: float32 (n, d) gives float32 (n, k)."""
        return (features - self.mean) @ self.axes.T


def pca(features: np.ndarray, count: int = 2) -> Projection:
    """The view from the side on which digits lie furthest apart: principal components (Pearson 1901).

    By subspace iteration (Halko et al. 2011), which never builds the d × d covariance. Of an axis and its
    mirror image the one is taken whose largest entry is positive.

    Args:
        features: float32 (n, d), such as ``Network.features`` gives; at least two.
        count: how many axes. Where the digits don't spread in so many directions, the rest explain nothing.

    Raises:
        ValueError: fewer than two digits, or fewer dimensions than axes.
    """
    if features.ndim != 2 or len(features) < 2 or not 1 <= count <= features.shape[1]:
        raise ValueError(f"no {count} principal components of features of the shape {features.shape}")
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = features - mean
    width = min(count + _SPARE, features.shape[1])
    start = np.random.default_rng(0).normal(size=(features.shape[1], width))
    basis, _ = np.linalg.qr(start)
    for _ in range(_ROUNDS):
        product = centred.T @ (centred @ basis.astype(np.float32))
        basis, _ = np.linalg.qr(product.astype(np.float64))
    # within the subspace the axes are exact
    inside = (centred @ basis.astype(np.float32)).astype(np.float64)
    variances, turns = np.linalg.eigh(inside.T @ inside)
    axes = (basis @ turns[:, ::-1][:, :count]).T
    largest = np.abs(axes).argmax(axis=1)
    axes *= np.where(axes[np.arange(count), largest] < 0, -1, 1)[:, None]
    total = max(float(np.square(centred, dtype=np.float64).sum()), np.finfo(np.float64).tiny)
    axes = axes.astype(np.float32)
    explained = (variances[::-1][:count].clip(0) / total).astype(np.float32)
    return Projection(centred @ axes.T, mean, axes, explained)


def align(projection: Projection, reference: np.ndarray) -> Projection:
    """The same view, turned and mirrored so that digits lie as near as can be to where they lay before.

    From epoch to epoch axes change sign and order; what should be seen is how the digits move. Nothing is
    stretched.

    Args:
        projection: of some digits.
        reference: float32 (n, k), where the same digits lay, such as the ``points`` of the epoch before.

    Returns:
        The projection, its axes turned within its plane; what it explains in all is the same.

    Raises:
        ValueError: not the same number of points and axes.
    """
    points = projection.points
    if points.shape != reference.shape:
        raise ValueError(f"points {points.shape} can't be aligned to {reference.shape}")
    turn = _turn(points, reference)
    explained = (turn**2).T @ projection.explained
    return Projection(points @ turn, projection.mean, turn.T @ projection.axes, explained)


def summary(features: np.ndarray, count: int = COMPONENTS) -> np.ndarray:
    """Features in fewer dimensions, for ``t_sne``: their principal components, or themselves if no more.

    Args:
        features: float32 (n, d), at least two.
        count: how many dimensions to keep.

    Returns:
        float32 (n, at most ``count``).
    """
    return features if features.shape[1] <= count else pca(features, count).points


def t_sne(
    features: np.ndarray, stage: int = 0, points: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    """One of the ``STAGES`` of a map that keeps neighbours near. Takes seconds; for the workers.

    t-SNE (van der Maaten and Hinton 2008), scikit-learn's. The first stage begins from the principal
    components and exaggerates, so that classes part; each further one goes on from what the one before gave.

    Args:
        features: float32 (n, d), at least 10; ``summary`` makes it quicker.
        stage: which of them, from 0.
        points: float32 (n, 2), what the stage before gave; None for the first stage.
        seed: the same seed gives the same map on the same machine.

    Returns:
        float32 (n, 2), on t-SNE's own scale; see ``to_map``.

    Raises:
        ValueError: too few digits, or no map to go on from.
    """
    if len(features) < LEAST_DIGITS:
        raise ValueError(f"a map needs at least {LEAST_DIGITS} digits, not {len(features)}")
    if (points is None) != (stage == 0):
        raise ValueError(f"stage {stage} of a map goes on from {'nothing' if points is None else 'points'}")
    from sklearn.manifold import TSNE  # here, not above: it takes seconds to load
    from threadpoolctl import threadpool_limits

    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    method = TSNE(
        2,
        perplexity=perplexity,
        init="pca" if points is None else points,
        early_exaggeration=EXAGGERATION if stage == 0 else 1.0,
        max_iter=STAGES[stage],
        random_state=seed,
    )
    # Beside a training its threads would wait for one another at full speed: measured, ten times as long.
    with threadpool_limits(1):
        return np.asarray(method.fit_transform(features), np.float32)


def to_map(points: np.ndarray, like: np.ndarray | None = None) -> np.ndarray:
    """What ``t_sne`` gave as a map: it has no unit, no up and no left, so these are chosen.

    Args:
        points: float32 (n, 2).
        like: float32 (n, 2), another map of the same digits, after which this one is turned or mirrored.

    Returns:
        float32 (n, 2), centred, the larger half-width 1.
    """
    if like is not None:
        points = points @ _turn(points, like)
    points = points - (points.max(axis=0) + points.min(axis=0)) / 2
    return np.asarray(points / max(float(np.abs(points).max()), np.finfo(np.float32).tiny), np.float32)


def _turn(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """What turns or mirrors points so that they lie nearest to others: float32 (k, k), orthogonal.

    Both are seen from their means (the orthogonal Procrustes problem; Schönemann 1966).
    """
    centred = points - points.mean(axis=0, dtype=np.float64)
    left, _, right = np.linalg.svd(centred.T @ (reference - reference.mean(axis=0)))
    return np.asarray(left @ right, np.float32)


def among(features: np.ndarray, points: np.ndarray, feature: np.ndarray) -> np.ndarray:
    """Where one more digit would lie on a map such as ``t_sne`` gives, which has no rule for new digits.

    Args:
        features: float32 (n, d), the map's digits as the network describes them.
        points: float32 (n, 2), where they lie.
        feature: float32 (d,), one more.

    Returns:
        float32 (2,), amid its nearest neighbours, the nearer the weightier. A digit that is on the map lies
        where it lies there.
    """
    found, distances = nearest(features, feature, min(NEIGHBOURS, len(features)))
    if distances[0] == 0:
        return points[found[0]]
    weights = distances[0] / distances
    return np.asarray((weights @ points[found] / weights.sum()).astype(np.float32))
