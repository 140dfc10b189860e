"""The ten digits as one draws them: pen strokes on the 280 px canvas, for benchmarks and browser tests."""

import itertools
import math

from model.strokes import Stroke, encode_strokes

Point = tuple[float, float]
"""Canvas pixels, x to the right, y down."""


def arc(centre: Point, radii: Point, start_degrees: float, end_degrees: float) -> list[Point]:
    """Points along an ellipse, one every 10° or so; 0° is to the right, 90° below."""
    steps = max(2, round(abs(end_degrees - start_degrees) / 10))
    angles = [
        math.radians(start_degrees + (end_degrees - start_degrees) * i / steps) for i in range(steps + 1)
    ]
    return [(centre[0] + radii[0] * math.cos(a), centre[1] + radii[1] * math.sin(a)) for a in angles]


def line(*corners: Point) -> list[Point]:
    """Points along the straight line through `corners`, one every 12 px or so, as a mouse gives them."""
    points = [corners[0]]
    for start, end in itertools.pairwise(corners):
        steps = max(1, round(math.dist(start, end) / 12))
        points += [
            (start[0] + (end[0] - start[0]) * i / steps, start[1] + (end[1] - start[1]) * i / steps)
            for i in range(1, steps + 1)
        ]
    return points


STROKES: dict[int, list[list[Point]]] = {
    0: [arc((140, 140), (58, 88), -90, 275)],
    1: [line((110, 82), (146, 52), (146, 228))],
    2: [[*arc((136, 104), (52, 50), -170, 40), *line((176, 136), (88, 222), (198, 222))]],
    3: [[*arc((132, 96), (50, 44), -150, 90), *arc((132, 184), (56, 46), -90, 145)]],
    4: [line((156, 54), (84, 164), (206, 164)), line((166, 120), (166, 230))],
    5: [line((190, 58), (108, 58), (100, 126)), [*arc((136, 172), (56, 54), -130, 150)]],
    6: [[*line((176, 54), (124, 98), (94, 160)), *arc((140, 176), (48, 48), 190, 540)]],
    7: [line((86, 62), (196, 62), (128, 226))],
    8: [[*arc((140, 98), (42, 42), 90, 450), *arc((140, 186), (50, 46), -90, 270)]],
    9: [[*arc((138, 104), (46, 46), 0, -360), *line((184, 104), (180, 160), (164, 228))]],
}
"""digit → its strokes in the order of drawing; each is a list of points."""


def link_to(digit: int) -> str:
    """Returns the dashboard's address at which `digit` stands drawn, relative to its home."""
    return f"Draw?strokes={encode_strokes([Stroke(tuple(points)) for points in STROKES[digit]])}"


def to_canvas(strokes: list[list[Point]], width: float = 20.0) -> dict:
    """Returns what the canvas sends for `strokes`: Fabric.js's JSON, as `json_data` gives it.

    Args:
        strokes: Points in canvas pixels.
        width: The pen's width in pixels.

    Returns:
        The fields that streamlit-drawable-canvas 0.13 sends for free drawing. Paths are smoothed as Fabric.js
        does it: quadratic curves through the midpoints, with the drawn points as their control points.
    """
    return {"version": "7.4.0", "objects": [_to_path(points, width) for points in strokes]}


def _to_path(points: list[Point], width: float) -> dict:
    across = [x for x, _ in points]
    down = [y for _, y in points]
    path: list[list] = [["M", *points[0]]]
    for (x, y), (next_x, next_y) in itertools.pairwise(points):
        path.append(["Q", x, y, (x + next_x) / 2, (y + next_y) / 2])
    path.append(["L", *points[-1]])
    return {
        "type": "Path",
        "version": "7.4.0",
        "originX": "center",
        "originY": "center",
        "left": (min(across) + max(across)) / 2,
        "top": (min(down) + max(down)) / 2,
        "width": max(across) - min(across),
        "height": max(down) - min(down),
        "fill": None,
        "stroke": "black",
        "strokeWidth": width,
        "strokeDashArray": None,
        "strokeLineCap": "round",
        "strokeDashOffset": 0,
        "strokeLineJoin": "round",
        "strokeUniform": False,
        "strokeMiterLimit": 10,
        "scaleX": 1,
        "scaleY": 1,
        "angle": 0,
        "flipX": False,
        "flipY": False,
        "opacity": 1,
        "shadow": None,
        "visible": True,
        "backgroundColor": "",
        "fillRule": "nonzero",
        "paintFirst": "fill",
        "globalCompositeOperation": "source-over",
        "skewX": 0,
        "skewY": 0,
        "path": path,
    }
