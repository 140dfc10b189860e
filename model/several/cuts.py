"""Where digits that touch may be cut apart: paths from top to bottom that cross little ink."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

ROWS = 40  # to which a piece is shrunk first: a stroke still takes some four of them
STEP = 0.06  # of the height: between the middles of the bands in which paths are looked for
REACH = 0.2  # of the height: how far a path strays to either side of its band's middle
EDGE = 0.15  # of the height: no digit is narrower, but a 1
SIDEWAYS = 0.02  # what a step aside costs, in px of full ink
MOST_INK = 0.45  # of the height, that a path may cross: two strokes of a bold pen


@dataclass(frozen=True, eq=False)
class Cut:
    """A path that cuts a piece in two.

    Attributes:
        columns: int (rows,), for each row the first column that belongs to the right side.
        ink: what it crosses, by the piece's height.
    """

    columns: np.ndarray
    ink: float


NARROWEST = 3  # px: a path has a side to its left and to its right


def find_cuts(ink: np.ndarray) -> list[Cut]:
    """The places where a piece of ink may be cut in two.

    Args:
        ink: uint8 (height, width), one piece, bright on black, cropped to its box.

    Returns:
        Paths from left to right, each of which crosses less ink than those beside it.
    """
    factor = max(1, round(ink.shape[0] / ROWS))
    small = np.asarray(Image.fromarray(ink).reduce(factor), np.float32) / 255
    height, width = small.shape
    if width < NARROWEST:
        return []
    middles = np.arange(EDGE * height, width - EDGE * height + 1e-6, STEP * height)
    paths = [_cheapest_path(small, middle) for middle in middles]
    cuts: list[Cut] = []
    for place, (columns, crossed) in enumerate(paths):
        beside = [paths[near][1] for near in (place - 1, place + 1) if 0 <= near < len(paths)]
        if crossed > min(beside, default=crossed) or crossed > MOST_INK * height:
            continue
        wide = (columns * factor).repeat(factor)[: ink.shape[0]]
        wide = np.append(wide, np.full(ink.shape[0] - len(wide), wide[-1]))
        if not cuts or np.abs(wide - cuts[-1].columns).mean() > STEP * ink.shape[0]:
            cuts.append(Cut(wide, crossed / height))
        elif crossed / height < cuts[-1].ink:
            cuts[-1] = Cut(wide, crossed / height)
    return cuts


def _cheapest_path(ink: np.ndarray, middle: float) -> tuple[np.ndarray, float]:
    """The path from top to bottom, about a column, that crosses least ink; it goes aside a column a row.

    Args:
        ink: float32 (height, width), 0 to 1.
        middle: the column that it stays near to.

    Returns:
        Its column in each row, int (height,), and the ink that it crosses.
    """
    height, width = ink.shape
    reach = max(1, round(REACH * height))
    left = max(1, round(middle) - reach)
    band = ink[:, left : min(width - 1, round(middle) + reach) + 1]  # (height, columns)
    costs = np.zeros_like(band)
    costs[0] = band[0]
    wall = np.full(1, np.inf, np.float32)
    for row in range(1, height):
        before = costs[row - 1]
        aside = np.minimum(np.append(wall, before[:-1]), np.append(before[1:], wall)) + SIDEWAYS
        costs[row] = band[row] + np.minimum(before, aside)
    column = int(costs[-1].argmin())
    columns = np.zeros(height, int)
    for row in range(height - 1, -1, -1):
        columns[row] = column
        if row:
            near = costs[row - 1]
            ways = [
                (near[c] + SIDEWAYS * (c != column), c)
                for c in (column, column - 1, column + 1)
                if 0 <= c < len(near)
            ]
            column = min(ways, key=lambda way: way[0])[1]
    return columns + left, float(band[np.arange(height), columns].sum())
