"""Where a changed digit takes its ink from, all that moves it in one resampling: blurring adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from model.augmentation.changes import Changes

SIDE = 28  # cells
CENTRE = (SIDE - 1) / 2  # about which digits are turned, enlarged, slanted and mirrored
SMOOTHNESS = 4.0  # cells: the width of the Gaussian in Simard et al. 2003
MOST_DIGITS = 1000  # in one resampling: OpenCV takes pictures of up to 32,767 rows


def even_maps(changes: Changes) -> np.ndarray:
    """All the even changes together, as one affine map about the digit's centre.

    A digit is first mirrored, then enlarged and stretched, slanted, turned, and moved. The map is this turned
    round: from a place in the changed digit to the place in the original.

    Args:
        changes: of n digits.

    Returns:
        float32 (2, n, 3): of the place across, then of the place down, the factors on across and down in the
        changed digit, and the constant.
    """
    turn, slant = np.radians(changes.turned_degrees), np.tan(np.radians(changes.slanted_degrees))
    cos, sin = np.cos(turn), np.sin(turn)
    wider = np.sqrt(changes.stretched)
    back = np.array([[cos + slant * sin, sin - slant * cos], [-sin, cos]])  # (2, 2, n)
    back[0] /= changes.enlarged * wider * np.where(changes.mirrored, -1, 1)
    back[1] /= changes.enlarged / wider * np.where(changes.upside_down, -1, 1)
    moved = CENTRE + np.stack([changes.moved_x, changes.moved_y])  # (2, n)
    start = CENTRE - (back * moved).sum(axis=1, keepdims=True)
    return np.concatenate([back, start], axis=1, dtype=np.float32).transpose(0, 2, 1)


class Resampler:
    """Moves the ink of digits, a few at a time, in memory that is used again.

    To ask the system for new pages for every few takes a third as long as the work itself.

    Args:
        most: digits at a time, up to 1,000.

    Raises:
        ValueError: too many.
    """

    def __init__(self, most: int) -> None:
        if most > MOST_DIGITS:
            raise ValueError(f"up to {MOST_DIGITS} digits are resampled at once, not {most}")
        # All stand in one tall picture, so that one call serves them; blank rows part the neighbours.
        self._tall = np.zeros((1 + most, SIDE + 1, SIDE), np.uint8)
        self._tops = np.arange(1, 1 + most, dtype=np.float32)[:, None] * (SIDE + 1)
        self._down = np.empty((most, SIDE * SIDE), np.float32)
        self._places = np.empty((2, most, SIDE * SIDE), np.float32)
        self._rows = np.empty((2, most, _SPREAD.shape[1], SIDE), np.float32)

    def source_places(self, maps: np.ndarray, knots: np.ndarray | None) -> np.ndarray:
        """As the function of this name; what it gives holds until the next call."""
        count = maps.shape[1]
        places = self._places[:, :count].reshape(2, count, SIDE, SIDE)
        if knots is None:
            np.matmul(maps, _CELLS, out=places.reshape(2, count, -1))
        else:
            # To be pulled about is a product of three matrices, S·knots·Sᵀ. An even map is two rows more in
            # the middle one: what is the same in all rows of the digit, and what grows from row to row.
            rows = self._rows[:, :count]
            np.matmul(knots.swapaxes(0, 1), _ACROSS, out=rows[:, :, :-2])
            rows[:, :, -2] = maps[..., :1] * _CELLS[0, :SIDE] + maps[..., 2:]
            rows[:, :, -1] = maps[..., 1:2]
            np.matmul(_SPREAD, rows, out=places)
        return places.swapaxes(0, 1)

    def resample(self, digits: np.ndarray, places: np.ndarray, changed: np.ndarray) -> None:
        """As the function of this name, into ``changed``: uint8 (n, 28, 28), one block of memory."""
        import cv2  # takes a tenth of a second; the dashboard's first page is to come without it

        count = len(digits)
        self._tall[1 : 1 + count, :SIDE] = digits
        down = np.clip(places[:, 1].reshape(count, -1), -1, SIDE, out=self._down[:count])
        down += self._tops[:count]
        # A row of the result is a whole digit: OpenCV takes a third longer for rows of 28.
        cv2.remap(
            self._tall.reshape(-1, SIDE),
            places[:, 0].reshape(count, -1),
            down,
            cv2.INTER_LINEAR,
            dst=changed.reshape(count, -1),
            borderMode=cv2.BORDER_CONSTANT,
        )


def source_places(maps: np.ndarray, knots: np.ndarray | None = None) -> np.ndarray:
    """Where each cell of a changed digit takes its ink from.

    Args:
        maps: float32 (2, n, 3), see ``even_maps``.
        knots: float32 (n, 2, 11, 11), see ``Changes``; None for an even change.

    Returns:
        float32 (n, 2, 28, 28): across (0 to 27 within the digit), then down. In memory all that is across
        comes first, as the resampling takes it.
    """
    return Resampler(maps.shape[1]).source_places(maps, knots)


def draw_knots(count: int, random: np.random.Generator) -> np.ndarray:
    """Knots of strength 1: float32 (count, 2, 11, 11), see ``Changes``."""
    side = _SPREAD.shape[1] - 2
    return random.standard_normal((count, 2, side, side), dtype=np.float32)


def resample(digits: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The ink at places between the cells, by bilinear interpolation; outside a digit there is none.

    Args:
        digits: uint8 (n, 28, 28), up to 1,000.
        places: float32 (n, 2, 28, 28), across and down, see ``source_places``.

    Returns:
        uint8 (n, 28, 28), to within a grey level.

    Raises:
        ValueError: another shape or kind of numbers, or too many.
    """
    check_digits(digits)
    resampler = Resampler(len(digits))
    if places.shape != (len(digits), 2, SIDE, SIDE):
        raise ValueError(f"places must be ({len(digits)}, 2, {SIDE}, {SIDE}), not {places.shape}")
    changed = np.empty_like(digits, order="C")
    resampler.resample(digits, places, changed)
    return changed


def check_digits(digits: np.ndarray) -> None:
    """Refuse what are no digits.

    Raises:
        ValueError: another shape or kind of numbers than uint8 (n, 28, 28).
    """
    if digits.dtype != np.uint8 or digits.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"digits must be uint8 (n, {SIDE}, {SIDE}), not {digits.dtype} {digits.shape}")


def _spread() -> np.ndarray:
    """What each knot of a grid adds to each cell along an axis, then 1 and the cell: float32 (28, knots + 2).

    White noise on the knots, spread by a Gaussian, is Simard's blurred noise; knots as far apart as the
    Gaussian is wide give its covariance to three digits, at a fraction of the work. Rows of length 1 keep the
    variance at 1 everywhere.
    """
    knots = np.arange(-2.0, (SIDE - 1) / SMOOTHNESS + 2.01) * SMOOTHNESS
    weights = np.exp(-((np.arange(SIDE)[:, None] - knots) ** 2) / (2 * SMOOTHNESS**2))
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return np.column_stack([weights, np.ones(SIDE), np.arange(SIDE)]).astype(np.float32)


_SPREAD = _spread()
_ACROSS = np.ascontiguousarray(_SPREAD[:, :-2].T)  # a product with a transposed view takes half as long again
_CELLS = np.stack([*np.indices((SIDE, SIDE))[::-1], np.ones((SIDE, SIDE))]).reshape(3, -1).astype(np.float32)
