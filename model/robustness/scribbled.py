"""Lines over the digit, and the digit as lines: a dotted line, a zigzag, its edges alone.

All take float32 (n, 28, 28), 0 the paper and 1 full ink, how strong, and n seeds, and give the same form.
"""

from collections.abc import Callable, Sequence

import numpy as np

from model.augmentation.places import CENTRE

_FINE = 8  # OpenCV's fractions of a cell, by which a line's ends are told: 2 to this power
_MARGIN = 3.0  # cells from the middle at most that a line passes
_DOT, _GAP = 1.5, 3.5  # cells: a dot's length, and from one to the next
_TEETH, _TOOTH = 7, 2.5  # a zigzag's corners, and how far they stand out, in cells
_LOW, _HIGH = 100, 200  # Canny's thresholds on the change of grey: OpenCV's usual pair


def dotted_line(ink: np.ndarray, lines: int, seeds: Sequence[int]) -> np.ndarray:
    """So many dotted lines straight across, each in a direction of chance.

    Args:
        ink: as above.
        lines: how many.
        seeds: as above.
    """

    def draw(random: np.random.Generator) -> np.ndarray:
        starts, ends = _across(random, lines)
        far = np.linalg.norm(ends - starts, axis=1)[:, None, None, None]
        way = (ends - starts)[:, None, None] / far  # (lines, 1, 1, 2)
        dots = np.arange(0, far.max() - _DOT, _GAP)[:, None, None] + np.array([[0.0], [_DOT]])
        parts = (
            starts[:, None, None] + dots * way
        )  # (lines, dots, 2 ends, 2); those beyond the border are not seen
        return parts.reshape(-1, 2, 2)

    return _with_lines(ink, seeds, draw)


def zigzag(ink: np.ndarray, lines: int, seeds: Sequence[int]) -> np.ndarray:
    """So many zigzags straight across, each in a direction of chance.

    Args:
        ink: as above.
        lines: how many.
        seeds: as above.
    """

    def draw(random: np.random.Generator) -> np.ndarray:
        starts, ends = (each[:, None] for each in _across(random, lines))  # (lines, 1, 2)
        way = (ends - starts) / np.linalg.norm(ends - starts, axis=2, keepdims=True)
        beside = np.stack([-way[..., 1], way[..., 0]], axis=-1) * _TOOTH
        sides = (-1.0) ** np.arange(_TEETH)[:, None]
        return starts + np.linspace(0, 1, _TEETH)[:, None] * (ends - starts) + sides * beside

    return _with_lines(ink, seeds, draw)


def canny_edges(ink: np.ndarray, share: float, seeds: Sequence[int]) -> np.ndarray:  # noqa: ARG001 - no chance
    """The digit fades into its edges, as Canny's detector finds them (Canny 1986).

    Args:
        ink: as above.
        share: of the edges in the mixture; 1 for the edges alone.
        seeds: they change nothing.
    """
    import cv2  # takes a tenth of a second; the dashboard's first page is to come without it

    grey = np.rint(ink * 255).astype(np.uint8)
    edges = np.stack([cv2.Canny(digit, _LOW, _HIGH) for digit in grey]) if len(ink) else grey
    return (1 - np.float32(share)) * ink + np.float32(share) * (edges > 0)


def _across(random: np.random.Generator, lines: int) -> tuple[np.ndarray, np.ndarray]:
    """Lines from border to border, past the middle: starts and ends, float64 (lines, 2), across and down."""
    angles = random.uniform(0, np.pi, lines)
    aside = random.uniform(-_MARGIN, _MARGIN, lines)
    way = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    middle = CENTRE + aside[:, None] * np.stack([-way[:, 1], way[:, 0]], axis=1)
    reach = CENTRE / np.abs(way).max(axis=1, keepdims=True)
    return middle - reach * way, middle + reach * way


def _with_lines(
    ink: np.ndarray, seeds: Sequence[int], draw: Callable[[np.random.Generator], np.ndarray]
) -> np.ndarray:
    """Lines over the ink; what is drawn are their points, (lines, points, 2), across and down in cells."""
    import cv2  # as above

    covered = np.zeros(ink.shape, np.uint8)
    for canvas, seed in zip(covered, seeds, strict=True):
        at = np.rint(draw(np.random.default_rng(seed)) * 2**_FINE).astype(np.int32)
        cv2.polylines(canvas, list(at), False, 255, 1, cv2.LINE_AA, _FINE)
    return np.maximum(ink, covered.astype(np.float32) / 255)
