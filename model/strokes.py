"""Pen strokes: drawing them as a browser's canvas does, and writing them into a link.

The browser's canvas (Fabric.js, `PencilBrush`) doesn't join the pen's points by straight lines: it smooths
them into quadratic curves that run from the middle between two points to the middle between the next two,
with the point itself as control point. Caps and joins are round. `draw_strokes` does the same.
"""

from __future__ import annotations

import base64
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

CANVAS_SIDE = 280  # px
WIDEST_PEN = 100  # px: a third of the canvas
FARTHEST = 4096  # px from the canvas's corner: a pen that leaves the canvas goes on sending points

VERSION = "1"  # the first character of a coded drawing; another coding gets another
MOST_CHARACTERS = 4000  # of a coded drawing: half of what browsers and servers agree on for an address
CORNER = 1.5  # px by which straight pieces between the corners may miss a coded point
SPACINGS = (4, 6, 9, 13, 20)  # px between coded points: the first that keeps a drawing below the limit

_FLATNESS = 0.1  # px by which a straight piece may miss the curve: less than the eye sees of a soft edge
_CHUNK = 32  # pieces computed at a time: they stay in the cache


@dataclass(frozen=True)
class Stroke:
    """One stroke of a round pen.

    Attributes:
        points: where the pen was, in canvas px, x to the right and y down; a single point is a dot.
        width: of the pen, px.
        ink: False for the eraser, which draws in the paper's colour.

    Raises:
        ValueError: no points, a point more than `FARTHEST` px away, or a pen that isn't between 0 and
        `WIDEST_PEN`.
    """

    points: tuple[tuple[float, float], ...]
    width: float = 20.0
    ink: bool = True

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError("a stroke needs at least one point")
        for x, y in self.points:
            if not (abs(x) <= FARTHEST and abs(y) <= FARTHEST):  # so written, NaN fails too
                raise ValueError(
                    f"a stroke's point lies within {FARTHEST} px of the canvas's corner, not at ({x}, {y})"
                )
        if not 0 < self.width <= WIDEST_PEN:
            raise ValueError(f"a pen is up to {WIDEST_PEN} px wide, not {self.width}")


def draw_strokes(strokes: Iterable[Stroke], side: int = CANVAS_SIDE) -> np.ndarray:
    """Draws strokes one over the other, with soft edges.

    Every pixel is covered by as much of the pen as its centre lies inside it, in px: the distance to the
    nearest point of the curve says it all.

    Args:
        strokes: in the order they were drawn.
        side: px of the square picture; the canvas is scaled to it.

    Returns:
        uint8 (side, side), ink bright on black.
    """
    scale = side / CANVAS_SIDE
    picture = np.zeros((side, side), np.float32)
    for stroke in strokes:
        radius = stroke.width * scale / 2
        rows, columns, distance = _distance(_flatten(stroke.points) * scale, side, reach=radius + 1)
        cover = np.clip(radius + 0.5 - distance, 0, 1)
        under = picture[rows, columns]
        under += cover * ((255 if stroke.ink else 0) - under)
    return (picture + 0.5).astype(np.uint8)


def _flatten(points: Sequence[tuple[float, float]]) -> np.ndarray:
    """The smoothed curve through a stroke's points as straight pieces.

    Returns:
        float64 (corners, 2), at least two corners; a dot's are the same.
    """
    # Fabric skips a point that repeats.
    pen = np.array([point for point, _ in itertools.groupby(points)], float)
    if len(pen) < 3:
        return pen[[0, -1]]
    middles = (pen[:-1] + pen[1:]) / 2
    start, control, end = middles[:-1], pen[1:-1], middles[1:]
    # Cut into n equal parts, a quadratic curve strays from its chords by |start − 2 control + end| / (4 n²).
    bend = np.hypot(*(start - 2 * control + end).T)
    parts = np.maximum(1, np.ceil(np.sqrt(bend / (4 * _FLATNESS)))).astype(int)
    curve = np.repeat(np.arange(len(parts)), parts)
    first = np.repeat(np.cumsum(parts) - parts, parts)
    t = ((np.arange(len(curve)) - first + 1) / parts[curve])[:, None]
    corners = (1 - t) ** 2 * start[curve] + 2 * t * (1 - t) * control[curve] + t**2 * end[curve]
    return np.vstack([pen[:1], middles[:1], corners, pen[-1:]])


def _distance(corners: np.ndarray, side: int, reach: float) -> tuple[slice, slice, np.ndarray]:
    """The distance from the centre of each pixel to a line of straight pieces, as far as `reach`.

    Args:
        corners: float (corners, 2), x and y in px, at least two.
        side: of the picture, px.
        reach: px; farther away, the distance is given as something larger.

    Returns:
        The rows and the columns of the picture's part that the line comes near to, and the distances there,
        float32 (rows, columns).
    """
    start, step = corners[:-1], np.diff(corners, axis=0)
    # Every piece gets a window of the same size, so that many are computed at once: long pieces are cut up.
    cuts = np.maximum(1, np.ceil(np.hypot(*step.T) / max(reach, 8))).astype(int)
    piece = np.repeat(np.arange(len(cuts)), cuts)
    place = np.arange(len(piece)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    step = (step / cuts[:, None])[piece]
    start = start[piece] + place[:, None] * step
    window = math.ceil(2 * reach + np.hypot(*step.T).max()) + 2  # px
    # Each window's first column and row:
    corner = np.floor(np.minimum(start, start + step) - reach).astype(int)
    near = ((corner > -window) & (corner < side)).all(axis=1)
    start, step, corner = start[near], step[near], corner[near]
    if not len(corner):
        return slice(0), slice(0), np.zeros((0, 0), np.float32)

    first, last = corner.min(axis=0), corner.max(axis=0) + window
    squared = np.full((last - first)[::-1], (2 * reach) ** 2, np.float32)
    for begin in range(0, len(corner), _CHUNK):
        chunk = slice(begin, begin + _CHUNK)
        patches = _squared_distances(corner[chunk], start[chunk], step[chunk], window)
        for (column, row), patch in zip((corner[chunk] - first).tolist(), patches, strict=True):
            view = squared[row : row + window, column : column + window]
            np.minimum(view, patch, out=view)
    low, high = np.clip(first, 0, side), np.clip(last, 0, side)
    inside = squared[low[1] - first[1] : high[1] - first[1], low[0] - first[0] : high[0] - first[0]]
    return slice(low[1], high[1]), slice(low[0], high[0]), np.sqrt(inside)


def _squared_distances(corner: np.ndarray, start: np.ndarray, step: np.ndarray, window: int) -> np.ndarray:
    """The squared distance from each pixel of each window to the window's own straight piece.

    With s the distance along the piece's direction and t its part on the piece, Pythagoras gives
    |pixel − start|² − s² for the distance across and (s − t)² for what lies beyond an end: together
    |pixel − start|² − t (2 s − t).

    Returns:
        float32 (pieces, window, window).
    """
    centres = corner[:, :, None] + np.arange(window) + 0.5 - start[:, :, None]  # (pieces, 2, window): x, y
    length = np.hypot(*step.T)[:, None, None]
    along = centres * (step[:, :, None] / np.maximum(length, 1e-9))
    centres, along, length = (array.astype(np.float32) for array in (centres**2, along, length))
    away = centres[:, 1, :, None] + centres[:, 0, None, :]
    s = along[:, 1, :, None] + along[:, 0, None, :]
    t = np.minimum(np.maximum(s, 0), length)
    s += s
    s -= t
    s *= t
    away -= s
    return np.maximum(away, 0, out=away)


def encode_strokes(strokes: Iterable[Stroke]) -> str:
    """Writes strokes as text that a link can carry.

    Points are rounded to whole pixels and thinned to one in 4 px, tips and corners apart; of a drawing
    that would still be longer than `MOST_CHARACTERS`, to fewer. What was decoded is encoded to the same text
    again.

    Args:
        strokes: in the order they were drawn.

    Returns:
        Letters, digits, "-" and "_"; a usual digit takes 60 to 200. A drawing of a great many strokes may
        come out longer than `decode_strokes` accepts.
    """
    strokes = tuple(strokes)
    text = ""
    for spacing in SPACINGS:
        body = b"".join(_encode_stroke(stroke, spacing) for stroke in strokes)
        text = VERSION + base64.urlsafe_b64encode(body).decode().rstrip("=")
        if len(text) <= MOST_CHARACTERS:
            break
    return text


def decode_strokes(text: str) -> tuple[Stroke, ...]:
    """Reads what `encode_strokes` wrote; anybody may have changed it since.

    Args:
        text: from a link.

    Returns:
        The strokes.

    Raises:
        ValueError: too long, of another version, or damaged; the message says which.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"a drawing in a link has at most {MOST_CHARACTERS:,} characters, not {len(text):,}")
    if text[:1] != VERSION:
        raise ValueError(f"a drawing in a link begins with {VERSION!r}, not {text[:1]!r}")
    body = text[1:]
    if not re.fullmatch("[A-Za-z0-9_-]*", body) or len(body) % 4 == 1:
        raise ValueError("the drawing in the link is damaged: it is no base64 text")
    data = iter(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    strokes = []
    while (width := next(data, None)) is not None:
        try:
            strokes.append(_decode_stroke(width, data))
        except StopIteration:
            raise ValueError("the drawing in the link is damaged: it ends within a stroke") from None
    return tuple(strokes)


# A stroke is: the pen's width, one byte; the number of points, doubled, and one more for the eraser; the
# first point; and the steps from point to point, short ones in one byte, middling ones in two.
_SHORT = 7  # px: (2 · 7 + 1)² = 225 steps, the bytes 0 to 224
_MIDDLING = 43  # px: (2 · 43 + 1)² = 7,569 steps, the pairs of bytes that begin with 225 to 254
_LONG = 255  # the byte before any other step, which follows as two whole numbers


@lru_cache(maxsize=1024)  # of a drawing, all strokes but the last have been encoded before
def _encode_stroke(stroke: Stroke, spacing: int) -> bytes:
    points = _thin([(round(x), round(y)) for x, y in stroke.points], spacing)
    code = bytearray([max(1, round(stroke.width))])
    _put_whole(code, 2 * len(points) + (not stroke.ink))
    _put_signed(code, *points[0])
    for (x, y), (next_x, next_y) in itertools.pairwise(points):
        right, down = next_x - x, next_y - y
        farthest = max(abs(right), abs(down))
        if farthest <= _SHORT:
            code.append((right + _SHORT) * (2 * _SHORT + 1) + down + _SHORT)
        elif farthest <= _MIDDLING:
            high, low = divmod((right + _MIDDLING) * (2 * _MIDDLING + 1) + down + _MIDDLING, 256)
            code += bytes([(2 * _SHORT + 1) ** 2 + high, low])
        else:
            code.append(_LONG)
            _put_signed(code, right, down)
    return bytes(code)


def _decode_stroke(width: int, data: Iterator[int]) -> Stroke:
    count, eraser = divmod(_take_whole(data), 2)
    x, y = _take_signed(data), _take_signed(data)
    points = [(float(x), float(y))]
    for _ in range(count - 1):
        step = next(data)
        if step == _LONG:
            right, down = _take_signed(data), _take_signed(data)
        elif step < (2 * _SHORT + 1) ** 2:
            right, down = (part - _SHORT for part in divmod(step, 2 * _SHORT + 1))
        else:
            code = (step - (2 * _SHORT + 1) ** 2) * 256 + next(data)
            right, down = (part - _MIDDLING for part in divmod(code, 2 * _MIDDLING + 1))
        x, y = x + right, y + down
        points.append((float(x), float(y)))
    return Stroke(tuple(points[:count]), float(width), ink=not eraser)


def _put_whole(code: bytearray, number: int) -> None:
    """Seven bits to a byte, the lowest first; the eighth says that more follow."""
    while number > 127:
        code.append(128 + number % 128)
        number //= 128
    code.append(number)


def _take_whole(data: Iterator[int]) -> int:
    number = 0
    for place in range(3):  # 2 million are more than any number here
        byte = next(data)
        number += byte % 128 * 128**place
        if byte < 128:
            return number
    raise ValueError("the drawing in the link is damaged: a number in it is too large")


def _put_signed(code: bytearray, *numbers: int) -> None:
    for number in numbers:
        _put_whole(code, 2 * number if number >= 0 else -2 * number - 1)


def _take_signed(data: Iterator[int]) -> int:
    half, negative = divmod(_take_whole(data), 2)
    return -half - 1 if negative else half


def _thin(points: list[tuple[int, int]], spacing: int) -> list[tuple[int, int]]:
    """Leaves out points until all that are left are corners or lie `spacing` px apart."""
    while True:
        corners = _corners(points)
        kept = points[:1]
        for place, point in enumerate(points):
            apart = math.dist(kept[-1], point)
            if apart >= spacing or (apart > 0 and place in corners):
                kept.append(point)
        if len(kept) == len(points):
            return points
        points = kept


def _corners(points: list[tuple[int, int]]) -> set[int]:
    """The places of the points that a line of straight pieces needs to miss none by more than `CORNER`.

    Ramer (1972), Douglas and Peucker (1973): keep the point farthest from the straight line, and look on
    either side.
    """
    line = np.array(points, float)
    corners = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        from_start = line[first : last + 1] - line[first]
        step = from_start[-1]
        # The nearest place on the straight line, from 0 to 1:
        t = np.clip(from_start @ step / max(step @ step, 1e-9), 0, 1)
        away = np.hypot(*(from_start - t[:, None] * step).T)
        farthest = first + int(np.argmax(away))
        if away.max() > CORNER:
            corners.add(farthest)
            spans += [(first, farthest), (farthest, last)]
    return corners
