"""A drawing as Fabric.js, the canvas's library, writes it, as strokes; and strokes as such a drawing.

Fabric's freehand brush turns the pen's points into a path of quadratic curves whose control points *are* the
pen's points (`getSmoothPathFromPoints`), so they can be read back exactly.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.strokes import WIDEST_PEN, Stroke

# The paper is paper in the light theme and in the dark: what one draws looks as it will be read.
PAPER = "#FAF8F3"
INK = "#1D1C1A"

MOST_POINTS = 20_000  # a patient scribbler's hour; more would only keep the server busy


def to_drawing(strokes: Sequence[Stroke]) -> dict[str, Any]:
    """Strokes as the Fabric.js drawing that the canvas can begin with."""
    return {"objects": [_to_path(stroke) for stroke in strokes]}


def _to_path(stroke: Stroke) -> dict[str, Any]:
    first, last = stroke.points[0], stroke.points[-1]
    path: list[list[str | float]] = [["M", *first]]
    for point, following in itertools.pairwise(stroke.points):
        path.append(["Q", *point, (point[0] + following[0]) / 2, (point[1] + following[1]) / 2])
    # a dot is a line of no length; browsers draw its round cap only if it has some
    end = (last[0] + 0.01, last[1]) if len(stroke.points) == 1 else last
    return {
        "type": "Path",
        "path": [*path, ["L", *end]],
        "fill": None,
        "stroke": INK if stroke.ink else PAPER,
        "strokeWidth": stroke.width,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
    }


def to_strokes(objects: Sequence[Mapping[str, Any]]) -> tuple[Stroke, ...]:
    """The strokes among a drawing's Fabric.js objects, moved and turned as its edit mode left them.

    Args:
        objects: as in the canvas's `json_data["objects"]`. What isn't a freehand path isn't a stroke.

    Returns:
        The strokes, bottom one first.

    Raises:
        ValueError: an object isn't as Fabric.js writes it, or there are more than `MOST_POINTS` points.
    """
    if sum(len(thing.get("path") or ()) for thing in objects) > MOST_POINTS:
        raise ValueError(
            f"This drawing has more than {MOST_POINTS:,} points. Clear the canvas and draw again."
        )
    try:
        return tuple(_to_stroke(thing) for thing in objects if thing.get("type") == "Path")
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise ValueError(f"The canvas sent what is no stroke ({error}). Clear it and draw again.") from error


def _to_stroke(path: Mapping[str, Any]) -> Stroke:
    commands = path["path"]
    start = np.array(commands[0][1:3], float)
    curves = np.array([command[1:] for command in commands if command[0] == "Q"], float).reshape(-1, 4)
    end = np.array(commands[-1][1:3], float)
    points = np.vstack([curves[:, :2], end])  # (points, 2)
    if not np.isfinite(np.vstack([start, points, curves[:, 2:]])).all():
        raise ValueError("a point is nowhere")
    matrix, pen_scale = _placement(path, *_box(start, curves, end))
    if matrix is not None:
        points = points @ matrix[:, :2].T + matrix[:, 2]
    return Stroke(
        points=tuple((x, y) for x, y in points.tolist()),
        width=min(float(path["strokeWidth"]) * pen_scale, WIDEST_PEN),
        ink=str(path["stroke"]).upper() != PAPER,
    )


def _box(start: np.ndarray, curves: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The box of a path as Fabric.js measures it: the lowest and the highest x and y, float (2,) each.

    Fabric takes a quadratic curve for the cubic one that has its control point twice, which bulges further.
    That one turns, in x or in y, where (1 − t)² (control − before) + t² (after − control) is 0.

    Args:
        start: where the path begins, float (2,).
        curves: control point and end of each curve, float (n, 4).
        end: where the last straight line ends, float (2,).
    """
    control, after = curves[:, :2], curves[:, 2:]
    before = np.vstack([start, after[:-1]])[: len(curves)]
    leaving, arriving = control - before, after - control
    turns = leaving * arriving < 0
    ratio = np.divide(-arriving, leaving, out=np.zeros_like(control), where=turns)
    t = np.where(turns, 1 / (1 + np.sqrt(ratio)), 1.0)
    turning = (1 - t) ** 3 * before + 3 * (1 - t) * t * control + t**3 * after
    reached = np.vstack([start, turning, after, end])
    return reached.min(axis=0), reached.max(axis=0)


def _placement(path: Mapping[str, Any], low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray | None, float]:
    """Where Fabric.js puts a path, float (2, 3) or None for where it was drawn, and its pen's scale.

    As in Fabric's `calcTransformMatrix`: about the middle of its box skewed, scaled, flipped and turned, then
    moved. A pen that was stretched unevenly is given its mean width.
    """
    middle = (low + high) / 2
    place = np.array([path.get("left", middle[0]), path.get("top", middle[1])], float)
    turn = math.radians(path.get("angle", 0))
    scale_x = path.get("scaleX", 1) * (-1 if path.get("flipX") else 1)
    scale_y = path.get("scaleY", 1) * (-1 if path.get("flipY") else 1)
    skew_x, skew_y = (math.tan(math.radians(path.get(name, 0))) for name in ("skewX", "skewY"))
    linear = (
        np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        @ np.array([[scale_x, 0], [0, scale_y]])
        @ np.array([[1, skew_x], [0, 1]])
        @ np.array([[1, 0], [skew_y, 1]])
    )
    if not (np.isfinite(linear).all() and np.isfinite(place).all()):
        raise ValueError("it is put nowhere")
    # Fabric rounds to four decimals: nearer than that is where it was drawn.
    if np.array_equal(linear, np.eye(2)) and np.abs(place - middle).max() < 1e-3:
        return None, 1.0
    return np.column_stack([linear, place - linear @ middle]), math.sqrt(abs(np.linalg.det(linear)))
