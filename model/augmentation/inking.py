"""What changes how strong the ink is, and leaves it where it is: each for a whole batch at once.

All take and give float32 (n, 28, 28), 0 the paper and 255 full ink, and an array of n strengths; where the
strength is zero, a digit comes back exactly as it was.
"""

import numpy as np

from model.augmentation.places import SIDE

_FAINT = 1e-7  # of the middle's weight: no grey level comes of it
_NOTHING = 1e-3  # cells: a Gaussian so narrow reaches no neighbour
_CELLS = np.arange(SIDE, dtype=np.float32)
_APART = np.abs(_CELLS[:, None] - _CELLS).astype(np.intp)  # (28, 28)


def thicken(ink: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Make strokes thicker, or thinner, by growing the ink, or the paper, on both sides.

    Grey dilation and erosion (Serra 1982) by the cross of a cell and its four neighbours, once for every
    whole cell of growth on a side; between two of them linearly.

    Args:
        ink: as above.
        cells: by how much a stroke becomes thicker; below 0 thinner.
    """
    done = ink.copy()
    for sign, extreme in ((1, np.maximum), (-1, np.minimum)):
        which = np.flatnonzero(cells * sign > 0)
        growth, grown = np.abs(cells[which]) / 2, ink[which]  # on each side
        for step in range(int(np.ceil(growth.max(initial=0)))):
            further = _grow(grown, extreme)
            done[which] += np.clip(growth - step, 0, 1)[:, None, None] * (further - grown)
            grown = further
    return done


def blur(ink: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Blur by a Gaussian; outside a digit there is no ink.

    Args:
        ink: as above.
        cells: its standard deviation.
    """
    width = np.maximum(cells, _NOTHING)[:, None]  # (n, 1)
    falling = np.exp(-((_CELLS / width) ** 2) / 2)  # (n, 28): by how many cells away
    falling = np.where(falling < _FAINT, 0, falling)  # the tiniest numbers take processors ten times as long
    falling /= 2 * falling.sum(axis=1, keepdims=True) - 1
    spread = falling[:, _APART].astype(np.float32)  # (n, 28, 28), the same both ways
    return spread @ ink @ spread


def set_contrast(ink: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Multiply every cell's distance from its digit's mean grey (as Keras's RandomContrast does).

    Args:
        ink: as above.
        factors: 1 for no change.
    """
    middle = ink.mean(axis=(1, 2), keepdims=True)
    return ink + (factors.astype(np.float32)[:, None, None] - 1) * (ink - middle)


def cut_out(ink: np.ndarray, cells: np.ndarray, across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Blank a square; the cells on its edge by the share of them that it covers.

    Args:
        ink: as above.
        cells: its side.
        across: of its middle, 0 to 27 within the digit.
        down: likewise.
    """
    kept = [_covered(middle, cells) for middle in (down, across)]
    return ink * (1 - kept[0][:, :, None] * kept[1][:, None, :])


def _covered(middle: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """The share of each cell along one axis that a square covers: float32 (n, 28)."""
    low, high = middle - cells / 2, middle + cells / 2
    covered = np.minimum(high[:, None], _CELLS + 0.5) - np.maximum(low[:, None], _CELLS - 0.5)
    return np.clip(covered, 0, 1).astype(np.float32)


def _grow(ink: np.ndarray, extreme: np.ufunc) -> np.ndarray:
    """The largest, or smallest, of each cell and its four neighbours."""
    grown = ink.copy()
    for here, there in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :, 1:], np.s_[:, :, :-1])):
        extreme(grown[here], ink[there], out=grown[here])
        extreme(grown[there], ink[here], out=grown[there])
    return grown
