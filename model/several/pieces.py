"""The pieces of connected ink in a picture, each with its box and its outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model.ink import find_pieces

STROKE = 64  # of 255: what is fainter is a stroke's soft rim, by which neighbours would seem to touch
RIM_PIXELS = 2  # how far a soft rim reaches
MOST_OUTLINE = 250  # points of an outline between which distances are taken: enough for a stroke's width


@dataclass(frozen=True)
class Box:
    """A part of a picture, in px; `bottom` and `right` are the first row and column outside."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """Its rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Its columns."""
        return self.right - self.left

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle, x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def join(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
        )

    def widen(self, room: int) -> Box:
        """A box that is larger by as many px on every side."""
        return Box(self.top - room, self.bottom + room, self.left - room, self.right + room)

    def meet(self, other: Box) -> Box:
        """The part of it that lies in another."""
        return Box(
            max(self.top, other.top),
            min(self.bottom, other.bottom),
            max(self.left, other.left),
            min(self.right, other.right),
        )

    def overlap_across(self, other: Box) -> int:
        """The columns that both have; negative for as many as lie between them."""
        return min(self.right, other.right) - max(self.left, other.left)

    def overlap_down(self, other: Box) -> int:
        """The rows that both have; negative for as many as lie between them."""
        return min(self.bottom, other.bottom) - max(self.top, other.top)


@dataclass(frozen=True, eq=False)
class Piece:
    """One piece of ink, or several that belong together.

    Attributes:
        labels: its numbers in `Pieces.labels`.
        box: around its strokes, without their soft rim.
        outline: float32 (n, 2), points of its outline, x and y in px.
    """

    labels: tuple[int, ...]
    box: Box
    outline: np.ndarray

    def join(self, other: Piece) -> Piece:
        """Both as one."""
        return Piece(
            (*self.labels, *other.labels),
            self.box.join(other.box),
            np.concatenate([self.outline, other.outline]),
        )

    def distance(self, other: Piece) -> float:
        """The px between the nearest points of the two."""
        apart = _thin(self.outline)[:, None] - _thin(other.outline)[None]  # (n, m, 2)
        return float(np.sqrt((apart**2).sum(axis=-1).min()))

    @cached_property
    def spread(self) -> tuple[float, float, float]:
        """How far its outline lies about its main axis.

        Returns:
            The standard deviations along and across that axis, px, and how far its upper end leans to the
            right of upright, in degrees from -90 to 90.
        """
        about = self.outline - self.outline.mean(axis=0)
        values, axes = np.linalg.eigh(about.T @ about / len(about))
        x, y = axes[:, 1] * (-1 if axes[1, 1] > 0 else 1)  # pointing up: y grows downwards
        return (
            float(np.sqrt(max(values[1], 0))),
            float(np.sqrt(max(values[0], 0))),
            float(np.degrees(np.arctan2(x, -y))),
        )


def _thin(outline: np.ndarray) -> np.ndarray:
    return outline[:: -(-len(outline) // MOST_OUTLINE)]


def take_apart(ink: np.ndarray) -> tuple[np.ndarray, list[Piece]]:
    """Finds the pieces of ink; corners connect.

    Args:
        ink: uint8 (height, width), bright on black.

    Returns:
        Which piece each pixel belongs to, int (height, width), 0 for paper; and the pieces, by their number.
    """
    strokes = ink > STROKE
    labels, masses = find_pieces(strokes, strokes.astype(np.float32))
    pieces = to_pieces(labels, range(1, len(masses) + 1))
    for _ in range(RIM_PIXELS):
        labels = np.where((labels == 0) & (ink > 0), _largest_around(labels), labels)
    return labels, pieces


def to_pieces(labels: np.ndarray, numbers: range) -> list[Piece]:
    """The pieces with these numbers; those without a pixel are left out.

    Args:
        labels: int (height, width), each pixel's number.
        numbers: one after the other.
    """
    wanted = np.where((labels >= numbers.start) & (labels < numbers.stop), labels, 0)
    inner = wanted == labels
    for axis in (0, 1):
        for step in (1, -1):
            inner &= np.roll(labels, step, axis) == labels
    inner[[0, -1]] = inner[:, [0, -1]] = False
    rows, columns = np.nonzero((wanted > 0) & ~inner)
    order = np.argsort(wanted[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    ends = np.searchsorted(wanted[rows, columns], np.array(numbers), side="right")
    pieces = []
    for number, start, end in zip(numbers, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        if end > start:
            y, x = rows[start:end], columns[start:end]
            box = Box(int(y.min()), int(y.max()) + 1, int(x.min()), int(x.max()) + 1)
            pieces.append(Piece((number,), box, np.stack([x, y], axis=1).astype(np.float32)))
    return pieces


def cut_out(ink: np.ndarray, labels: np.ndarray, piece: Piece, margin: float) -> np.ndarray:
    """A piece's own ink on empty paper, without what its neighbours have in its box.

    Args:
        ink: uint8 (height, width).
        labels: int (height, width), whose pixel each is.
        piece: which to cut out.
        margin: of its longest side, the paper that is left around it.

    Returns:
        uint8 (rows, columns), bright on black.
    """
    box = piece.box
    around = max(RIM_PIXELS + 1, round(margin * max(box.height, box.width)))
    top, left = max(0, box.top - around), max(0, box.left - around)
    part = slice(top, box.bottom + around), slice(left, box.right + around)
    own = np.where(np.isin(labels[part], piece.labels), ink[part], np.uint8(0))
    out = np.zeros((box.height + 2 * around, box.width + 2 * around), np.uint8)
    row, column = top - box.top + around, left - box.left + around
    out[row : row + own.shape[0], column : column + own.shape[1]] = own
    return out


def _largest_around(labels: np.ndarray) -> np.ndarray:
    """The largest number among each pixel and its eight neighbours."""
    tall = labels.copy()
    np.maximum(tall[1:], labels[:-1], out=tall[1:])
    np.maximum(tall[:-1], labels[1:], out=tall[:-1])
    wide = tall.copy()
    np.maximum(wide[:, 1:], tall[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], tall[:, 1:], out=wide[:, :-1])
    return wide
