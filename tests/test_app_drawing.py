"""What the canvas sends becomes strokes, and strokes become what it can begin with."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.drawing import INK, MOST_POINTS, PAPER, to_drawing, to_strokes
from model.strokes import Stroke

coordinates = some.floats(-20, 300).map(lambda x: round(x, 2))
strokes = some.builds(
    Stroke,
    points=some.lists(some.tuples(coordinates, coordinates), min_size=2, max_size=30, unique=True).map(tuple),
    width=some.floats(8, 40),
    ink=some.booleans(),
)

# As Fabric.js wrote it in a browser: a pen of 20 px from (60, 60) by (100, 60) and (100, 120) to (60, 160).
WRITTEN = {
    "type": "Path",
    "version": "7.0.0",
    "originX": "center",
    "originY": "center",
    "left": 79.99,
    "top": 110,
    "width": 40.02,
    "height": 100.04,
    "stroke": INK,
    "strokeWidth": 20,
    "angle": 0,
    "scaleX": 1,
    "scaleY": 1,
    "flipX": False,
    "flipY": False,
    "skewX": 0,
    "skewY": 0,
    "path": [
        ["M", 60, 59.98],
        ["Q", 60, 60, 80, 60],
        ["Q", 100, 60, 100, 90],
        ["Q", 100, 120, 80, 140],
        ["L", 59.98, 160.02],
    ],
}


def points_of(stroke):
    return np.array(stroke.points)


@given(some.lists(strokes, max_size=5).map(tuple))
def test_what_the_canvas_begins_with_reads_back_as_it_was(drawn):
    objects = json.loads(json.dumps(to_drawing(drawn)))["objects"]
    back = to_strokes(objects)
    assert [stroke.ink for stroke in back] == [stroke.ink for stroke in drawn]
    for one, other in zip(back, drawn, strict=True):
        assert one.width == pytest.approx(other.width)
        assert points_of(one) == pytest.approx(points_of(other))


def test_a_dot_reads_back_as_a_dot_in_its_place():
    (dot,) = to_strokes(to_drawing([Stroke(((50.0, 70.0),), 30.0)])["objects"])
    assert points_of(dot) == pytest.approx(np.array([[50, 70]]), abs=0.02)


def test_a_path_gives_the_points_of_the_pen():
    (stroke,) = to_strokes([WRITTEN])
    assert stroke.ink
    assert stroke.width == 20
    assert points_of(stroke) == pytest.approx(
        np.array([[60, 60], [100, 60], [100, 120], [60, 160]]), abs=0.03
    )


def test_the_papers_colour_erases():
    (stroke,) = to_strokes([WRITTEN | {"stroke": PAPER.lower()}])
    assert not stroke.ink


@pytest.mark.parametrize(
    ("placed", "expected", "width"),
    [
        ({"left": 89.99, "top": 90}, lambda x, y: (x + 10, y - 20), 20),
        ({"scaleX": 0.5, "scaleY": 0.5}, lambda x, y: (80 + (x - 80) / 2, 110 + (y - 110) / 2), 10),
        ({"scaleX": 2, "scaleY": 0.5}, lambda x, y: (80 + (x - 80) * 2, 110 + (y - 110) / 2), 20),
        ({"angle": 90}, lambda x, y: (80 - (y - 110), 110 + (x - 80)), 20),
        ({"flipX": True}, lambda x, y: (160 - x, y), 20),
        ({"skewX": 45}, lambda x, y: (x + (y - 110), y), 20),
    ],
    ids=["moved", "shrunk", "stretched", "turned", "mirrored", "slanted"],
)
def test_a_path_stands_where_the_edit_mode_left_it(placed, expected, width):
    before = points_of(to_strokes([WRITTEN])[0])
    (stroke,) = to_strokes([WRITTEN | placed])
    assert stroke.width == pytest.approx(width)
    assert points_of(stroke) == pytest.approx(np.array([expected(x, y) for x, y in before]), abs=0.05)


def test_a_box_reaches_as_far_as_fabrics_curves():
    # One arch from (0, 0) by (50, 100) to (100, 0). Fabric measures the cubic that has this point twice:
    # its top is at t = 1/2, 3/4 of the way to that point. Put where its middle is, it must not move.
    arch = {
        **WRITTEN,
        "path": [["M", 0, 0], ["Q", 0, 0, 0, 0], ["Q", 50, 100, 100, 0], ["L", 100, 0]],
        "left": 50,
        "top": 37.5,
    }
    (stroke,) = to_strokes([arch])
    assert points_of(stroke) == pytest.approx(np.array([[0, 0], [50, 100], [100, 0]]))


def test_what_is_no_freehand_path_is_no_stroke():
    assert to_strokes([{"type": "Rect", "left": 3}, {}]) == ()


@pytest.mark.parametrize(
    "broken",
    [
        {"path": []},
        {"path": [["M", 0, 0]], "stroke": INK},
        {"path": [["M"], ["L", 1, 1]]},
        {"path": [["M", 0, 0], ["L", "x", 1]]},
        {"path": "M 0 0"},
        {"path": [["M", 0, 0], ["L", math.inf, 1]]},
        {"path": [["M", 0, 0], ["L", 1, 1]], "strokeWidth": None},
        {"path": [["M", 0, 0], ["L", 1, 1]], "angle": "upright"},
    ],
)
def test_a_broken_path_is_refused_in_plain_words(broken):
    path = {
        name: value for name, value in WRITTEN.items() if name != "strokeWidth" or "strokeWidth" in broken
    }
    with pytest.raises(ValueError, match=r"canvas sent what is no stroke .* Clear it"):
        to_strokes([path | {"type": "Path"} | broken])


def test_a_drawing_without_end_is_refused():
    endless = [["M", 0, 0], *[["Q", 1, 1, 2, 2]] * MOST_POINTS, ["L", 3, 3]]
    with pytest.raises(ValueError, match="more than 20,000 points"):
        to_strokes([WRITTEN | {"path": endless}])
