"""Augmentation: every digit a little different each time it is learned from.

Whatever is done to a digit is done in one resampling: blurring adds up, so the digit is moved once.
"""

from dataclasses import dataclass

import numpy as np

from model.annealing import is_number

SIDE = 28  # cells
CENTRE = (SIDE - 1) / 2  # about which digits are turned, enlarged, slanted and mirrored
SMOOTHNESS = 4.0  # cells: the width of the Gaussian in Simard et al. 2003
# Digits that are changed at a time: their places then stay in the processor's own memory.
_AT_ONCE = 64
MOST_DIGITS = 1000  # in one resampling: OpenCV takes pictures of up to 32,767 rows

# Field to the most it may be: beyond, nothing of a digit is left.
LIMITS = {
    "rotation_degrees": 180.0,
    "zoom": 0.7,
    "shift_cells": 10.0,
    "shear_degrees": 45.0,
    "elastic_cells": 4.0,
}


@dataclass(frozen=True)
class Augmentation:
    """By how much digits are changed at random before each time they are learned from; 0 for not at all.

    Args:
        rotation_degrees: turned by up to so much either way, 0 to 180.
        zoom: enlarged or shrunk by up to the factor e^zoom, 0 to 0.7.
        shift_cells: moved by up to so many cells along each axis, 0 to 10.
        shear_degrees: slanted by up to so much either way, 0 to 45.
        elastic_cells: how far neighbouring places are pulled about: the standard deviation of a smooth random
            field of displacements (Simard et al. 2003, whose own setting comes to 1.4), in cells, 0 to 4.
        flip: whether half of the digits are mirrored left to right: a trap, for most digits are none then.

    Raises:
        ValueError: a field is out of its range; the message quotes it.
    """

    rotation_degrees: float = 0.0
    zoom: float = 0.0
    shift_cells: float = 0.0
    shear_degrees: float = 0.0
    elastic_cells: float = 0.0
    flip: bool = False

    def __post_init__(self) -> None:
        for name, most in LIMITS.items():
            value = getattr(self, name)
            if not is_number(value) or not 0 <= value <= most:
                raise ValueError(f"augmentation: {name} must lie between 0 and {most:g}, not {value!r}")
        if not isinstance(self.flip, bool):
            raise ValueError(f"augmentation: flip must be true or false, not {self.flip!r}")


@dataclass(frozen=True, eq=False)
class Changes:
    """What is done to each of n digits, in this order; lengths in cells, all arrays of n numbers.

    Args:
        mirrored: bool, whether left and right change places.
        enlarged: the factor by which it grows; below 1 it shrinks.
        slanted_degrees: by how much it leans; above 0 the foot goes to the right.
        turned_degrees: above 0 clockwise.
        moved_x: to the right.
        moved_y: down.
        knots: float32 (n, 2, 11, 11), the strengths across and down of the knots by which it is pulled about,
            see ``pull``; None for an even change.
    """

    mirrored: np.ndarray
    enlarged: np.ndarray
    slanted_degrees: np.ndarray
    turned_degrees: np.ndarray
    moved_x: np.ndarray
    moved_y: np.ndarray
    knots: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.mirrored)

    def __getitem__(self, few: slice) -> "Changes":
        kept = {name: values for name, values in vars(self).items() if values is not None}
        return Changes(**{name: values[few] for name, values in kept.items()})


def augment(digits: np.ndarray, augmentation: Augmentation, random: np.random.Generator) -> np.ndarray:
    """Change every digit at random, each with a single resampling.

    Args:
        digits: uint8 (n, 28, 28), ink bright on black.
        augmentation: by how much.
        random: what the changes are drawn from; the same state gives the same changes.

    Returns:
        uint8 (n, 28, 28), new.
    """
    changes = draw_changes(len(digits), augmentation, random)
    changed = np.empty_like(digits)
    for start in range(0, len(digits), _AT_ONCE):
        few = slice(start, start + _AT_ONCE)
        changed[few] = resample(digits[few], source_places(changes[few]))
    return changed


def draw_changes(count: int, augmentation: Augmentation, random: np.random.Generator) -> Changes:
    """Draw what is done to each digit.

    The even changes are uniform within their limits. They don't depend on whether there is an elastic one, so
    that the two can be compared.

    Args:
        count: of digits.
        augmentation: by how much.
        random: what they are drawn from.
    """
    mirror, *shares = random.uniform(-1, 1, (6, count)).astype(np.float32)
    zoom, slant, turn, across, down = shares
    return Changes(
        mirrored=(mirror < 0) & augmentation.flip,
        enlarged=np.exp(zoom * augmentation.zoom),
        slanted_degrees=slant * augmentation.shear_degrees,
        turned_degrees=turn * augmentation.rotation_degrees,
        moved_x=across * augmentation.shift_cells,
        moved_y=down * augmentation.shift_cells,
        knots=_draw_knots(count, augmentation.elastic_cells, random) if augmentation.elastic_cells else None,
    )


def source_places(changes: Changes) -> np.ndarray:
    """Where each cell of a changed digit takes its ink from.

    All the even changes together are one affine map about the digit's centre, turned round: from the place
    in the changed digit to the place in the original.

    Args:
        changes: of n digits.

    Returns:
        float32 (n, 2, 28, 28): across (0 to 27 within the digit), then down.
    """
    turn, slant = np.radians(changes.turned_degrees), np.tan(np.radians(changes.slanted_degrees))
    cos, sin = np.cos(turn), np.sin(turn)
    back = np.array([[cos + slant * sin, sin - slant * cos], [-sin, cos]]) / changes.enlarged  # (2, 2, n)
    back[0] *= np.where(changes.mirrored, -1, 1)
    back = back.transpose(2, 0, 1)
    moved = CENTRE + np.stack([changes.moved_x, changes.moved_y], axis=-1)[..., None]  # (n, 2, 1)
    maps = np.concatenate([back, CENTRE - back @ moved], axis=-1, dtype=np.float32)  # (n, 2, 3)
    places = (maps @ _CELLS).reshape(-1, 2, SIDE, SIDE)
    if changes.knots is not None:
        places += pull(changes.knots)
    return places


def pull(knots: np.ndarray) -> np.ndarray:
    """How far from its place each cell of a changed digit takes its ink: a smooth field over the digit.

    Args:
        knots: float32 (n, 2, 11, 11), see ``Changes``; the field has their standard deviation everywhere.

    Returns:
        float32 (n, 2, 28, 28), across and down, in cells of the original.
    """
    return _SPREAD @ knots @ _SPREAD.T


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
    import cv2  # takes a tenth of a second; the dashboard's first page is to come without it

    if digits.dtype != np.uint8 or digits.shape[1:] != (SIDE, SIDE):
        raise ValueError(f"digits must be uint8 (n, {SIDE}, {SIDE}), not {digits.dtype} {digits.shape}")
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"up to {MOST_DIGITS} digits are resampled at once, not {len(digits)}")
    if places.shape != (len(digits), 2, SIDE, SIDE):
        raise ValueError(f"places must be ({len(digits)}, 2, {SIDE}, {SIDE}), not {places.shape}")
    # All stand in one tall picture, so that one call serves them; blank rows part the neighbours.
    tall = np.zeros((1 + len(digits), SIDE + 1, SIDE), np.uint8)
    tall[1:, :SIDE] = digits
    down = np.clip(places[:, 1], -1, SIDE)
    down += np.arange(1, len(digits) + 1, dtype=np.float32)[:, None, None] * (SIDE + 1)
    return cv2.remap(
        tall.reshape(-1, SIDE),
        places[:, 0].reshape(-1, SIDE),
        down.reshape(-1, SIDE),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    ).reshape(-1, SIDE, SIDE)


def _draw_knots(count: int, cells: float, random: np.random.Generator) -> np.ndarray:
    side = _SPREAD.shape[1]
    return np.float32(cells) * random.standard_normal((count, 2, side, side), dtype=np.float32)


def _spread() -> np.ndarray:
    """What each knot of a grid adds to each cell along one axis: float32 (28, knots).

    White noise on the knots, spread by a Gaussian, is Simard's blurred noise; knots as far apart as the
    Gaussian is wide give its covariance to three digits, at a fraction of the work. Rows of length 1 keep the
    variance at 1 everywhere.
    """
    knots = np.arange(-2.0, (SIDE - 1) / SMOOTHNESS + 2.01) * SMOOTHNESS
    weights = np.exp(-((np.arange(SIDE)[:, None] - knots) ** 2) / (2 * SMOOTHNESS**2))
    return (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)


_SPREAD = _spread()
_CELLS = np.stack([*np.indices((SIDE, SIDE))[::-1], np.ones((SIDE, SIDE))]).reshape(3, -1).astype(np.float32)
