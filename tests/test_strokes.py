"""Strokes: drawn as a slow painter and a browser draw them, and links that survive anybody's edits."""

import base64
import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from model.strokes import (
    CANVAS_SIDE,
    FARTHEST,
    MOST_CHARACTERS,
    Stroke,
    decode_strokes,
    draw_strokes,
    encode_strokes,
)

EIGHT = Stroke(
    tuple((140 + 55 * math.sin(2 * a), 140 - 100 * math.cos(a)) for a in np.linspace(0, 2 * math.pi, 90))
)
FOUR = (
    Stroke(((170.0, 40.0), (120.0, 110.0), (70.0, 180.0), (210.0, 180.0)), 14),
    Stroke(((165.0, 120.0), (160.0, 250.0)), 14),
)

coordinates = st.floats(-400, 700)
strokes = st.builds(
    Stroke,
    points=st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=30).map(tuple),
    width=st.floats(1, 100),
    ink=st.booleans(),
)


def smooth_slowly(points, parts=64):
    """Fabric.js's path (`getSmoothPathFromPoints`), command by command, as a dense line."""
    line, at = [points[0]], points[0]
    for before, after in itertools.pairwise(points):
        if before == after:
            continue
        middle = ((before[0] + after[0]) / 2, (before[1] + after[1]) / 2)
        for part in range(1, parts + 1):
            t = part / parts
            line.append(
                tuple((1 - t) ** 2 * at[i] + 2 * t * (1 - t) * before[i] + t**2 * middle[i] for i in (0, 1))
            )
        at = middle
    return [*line, points[-1]]


def draw_slowly(points, width, finer=8):
    """Pillow's discs along the dense line, drawn eight times as large and shrunk."""
    image = Image.new("L", (CANVAS_SIDE * finer,) * 2)
    pen = ImageDraw.Draw(image)
    dense = np.array(smooth_slowly(points))
    for start, end in itertools.pairwise(dense):
        for t in np.linspace(0, 1, max(2, math.ceil(np.hypot(*(end - start)) * 2))):
            x, y = (start + t * (end - start)) * finer
            r = width / 2 * finer
            pen.ellipse((x - r, y - r, x + r - 1, y + r - 1), fill=255)
    return np.asarray(image.reduce(finer)).astype(int)


@pytest.mark.parametrize("width", [3, 10, 20, 37.5])
def test_a_dot_is_a_disc_of_the_pens_area(width):
    drawn = draw_strokes([Stroke(((100.3, 150.7),), width)]) / 255
    rows, columns = np.indices(drawn.shape) + 0.5
    assert drawn.sum() == pytest.approx(math.pi * width**2 / 4, rel=0.04)
    assert (drawn * columns).sum() / drawn.sum() == pytest.approx(100.3, abs=0.1)
    assert (drawn * rows).sum() / drawn.sum() == pytest.approx(150.7, abs=0.1)


@pytest.mark.parametrize("end", [(200.0, 60.0), (60.0, 200.0), (190.0, 211.0)])
def test_a_straight_stroke_has_round_caps(end):
    drawn = draw_strokes([Stroke(((60.0, 60.0), end), 20)]) / 255
    length = math.dist((60, 60), end)
    assert drawn.sum() == pytest.approx(20 * length + math.pi * 100, rel=0.005)


@pytest.mark.parametrize("width", [2, 12, 20])
@pytest.mark.parametrize("stroke", [EIGHT, FOUR[0], Stroke(((10.0, 10.0), (250.0, 60.0), (20.0, 250.0)))])
def test_a_stroke_is_smoothed_and_drawn_as_a_slow_painter_does(stroke, width):
    drawn = draw_strokes([Stroke(stroke.points, width)]).astype(int)
    difference = np.abs(drawn - draw_slowly(stroke.points, width))
    assert difference.max() <= 60  # a soft edge, a tenth of a pixel aside
    assert difference.mean() < 0.35


def test_an_eraser_takes_ink_away_and_ink_comes_back_over_it():
    line = Stroke(((50.0, 140.0), (230.0, 140.0)))
    across = ((140.0, 50.0), (140.0, 230.0))
    erased = draw_strokes([line, Stroke(across, ink=False)])
    assert erased[140, 140] == 0
    assert erased[140, 60] == 255
    assert erased[60, 140] == 0
    again = draw_strokes([line, Stroke(across, ink=False), line])
    assert again[140, 140] == 255
    np.testing.assert_array_equal(draw_strokes([Stroke(across, ink=False), line]), draw_strokes([line]))


def test_nothing_drawn_is_black_and_strokes_outside_leave_no_trace():
    assert draw_strokes([]).shape == (CANVAS_SIDE, CANVAS_SIDE)
    assert not draw_strokes([]).any()
    assert not draw_strokes([Stroke(((-300.0, 40.0), (-200.0, 90.0)))]).any()


def test_a_stroke_may_leave_the_canvas_and_come_back():
    drawn = draw_strokes([Stroke(((140.0, 140.0), (140.0, -900.0), (200.0, 140.0)), 10)])
    assert drawn[:100, 140].all()
    assert drawn.shape == (CANVAS_SIDE, CANVAS_SIDE)


def test_a_repeated_point_changes_nothing():
    doubled = tuple(point for point in EIGHT.points for _ in range(2))
    np.testing.assert_array_equal(draw_strokes([Stroke(doubled)]), draw_strokes([EIGHT]))


def test_a_smaller_picture_is_the_same_drawing():
    large = draw_strokes([EIGHT]).reshape(140, 2, 140, 2).mean(axis=(1, 3))
    small = draw_strokes([EIGHT], side=140)
    assert small.shape == (140, 140)
    assert np.abs(small - large).max() < 50
    assert np.abs(small - large).mean() < 0.5


@given(st.lists(strokes, max_size=4))
@settings(max_examples=25, deadline=None)
def test_any_strokes_can_be_drawn(drawing):
    drawn = draw_strokes(drawing)
    assert drawn.shape == (CANVAS_SIDE, CANVAS_SIDE)
    assert drawn.dtype == np.uint8


@pytest.mark.browser
@pytest.mark.parametrize("width", [8, 20])
def test_a_browser_shows_the_same(chromium, width):
    drawing = [EIGHT, *FOUR, Stroke(((30.0, 30.0), (31.0, 30.0)))]
    drawing = [Stroke(stroke.points, width, stroke.ink) for stroke in drawing]
    page = chromium.new_page()
    shown = page.evaluate(
        """([strokes, width]) => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 280;
            const context = canvas.getContext("2d");
            Object.assign(context, {lineCap: "round", lineJoin: "round", lineWidth: width});
            for (const points of strokes) {
                context.beginPath();
                context.moveTo(...points[0]);
                for (let i = 1; i < points.length; i++) {
                    const [x, y] = points[i - 1], [nextX, nextY] = points[i];
                    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
                }
                context.lineTo(...points[points.length - 1]);
                context.stroke();
            }
            return Array.from(context.getImageData(0, 0, 280, 280).data.filter((_, i) => i % 4 == 3));
        }""",
        [[list(map(list, stroke.points)) for stroke in drawing], width],
    )
    page.close()
    difference = np.abs(np.array(shown).reshape(280, 280) - draw_strokes(drawing))
    # Chromium's own soft edges are coarse: a fine painting lies nearer to ours than to them.
    assert difference.max() <= 90
    assert (difference > 40).mean() < 0.001
    assert difference.mean() < 0.3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"points": ()}, "at least one point"),
        ({"points": ((math.nan, 0.0),)}, "within"),
        ({"points": ((math.inf, 0.0),)}, "within"),
        ({"points": ((0.0, FARTHEST + 1.0),)}, "within"),
        ({"points": ((0.0, 0.0),), "width": 0}, "px wide, not 0"),
        ({"points": ((0.0, 0.0),), "width": math.nan}, "px wide, not nan"),
        ({"points": ((0.0, 0.0),), "width": 1000}, "px wide, not 1000"),
    ],
)
def test_an_impossible_stroke_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Stroke(**fields)


@given(st.lists(strokes, max_size=5))
@settings(max_examples=150, deadline=None)
def test_what_was_decoded_is_encoded_to_the_same_text(drawing):
    text = encode_strokes(drawing)
    decoded = decode_strokes(text)
    assert encode_strokes(decoded) == text
    assert [stroke.ink for stroke in decoded] == [stroke.ink for stroke in drawing]
    for stroke, original in zip(decoded, drawing, strict=True):
        assert abs(stroke.width - original.width) <= 0.5
        for place in (0, -1):
            assert math.dist(stroke.points[place], original.points[place]) < 1


@given(
    st.lists(
        st.tuples(st.integers(-FARTHEST, FARTHEST), st.integers(-FARTHEST, FARTHEST)), min_size=1, max_size=9
    )
)
@example([(0, 0), (3, 0), (-1, 0), (100, 0)])  # the third is far from the second, which isn't kept
def test_points_far_apart_come_back_exactly(points):
    kept = points[:1]
    for point in points[1:]:
        if math.dist(point, kept[-1]) >= 4:
            kept.append(point)
    (decoded,) = decode_strokes(encode_strokes([Stroke(tuple((float(x), float(y)) for x, y in kept))]))
    assert list(decoded.points) == kept


@pytest.mark.parametrize("drawing", [(EIGHT,), FOUR, (Stroke(((7.0, 9.0),)), EIGHT)])
def test_a_link_draws_nearly_the_same_digit(drawing):
    original, decoded = draw_strokes(drawing), draw_strokes(decode_strokes(encode_strokes(drawing)))
    assert np.abs(original.astype(int) - decoded).sum() < 0.06 * original.sum()


def test_a_usual_digit_fits_into_400_characters_of_a_link():
    quick_pen = Stroke(
        tuple((140 + 70 * math.sin(2 * a), 140 - 120 * math.cos(a)) for a in np.linspace(0, 6.3, 600))
    )
    for drawing in ([quick_pen], [EIGHT], FOUR):
        text = encode_strokes(drawing)
        assert len(text) <= 400
        assert text.replace("-", "").replace("_", "").isalnum()
        assert text.isascii()


def test_a_long_scribble_is_thinned_until_it_fits():
    angles = np.linspace(0, 40, 2000)
    scribble = Stroke(
        tuple((140 + 130 * math.sin(3.1 * a), 140 + 130 * math.cos(1.7 * a)) for a in angles), 10
    )
    text = encode_strokes([scribble, scribble])
    assert len(text) <= MOST_CHARACTERS
    assert encode_strokes(decode_strokes(text)) == text


def test_no_strokes_are_a_text_too():
    assert decode_strokes(encode_strokes([])) == ()


GOOD = encode_strokes(FOUR)


def to_link(data):
    return "1" + base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with"),
        ("2" + GOOD[1:], "begins with '1', not '2'"),
        (GOOD[:1] + "%" + GOOD[2:], "no base64"),
        (GOOD + "é", "no base64"),
        (GOOD + "\n", "no base64"),
        (GOOD[:1] + "A", "no base64"),
        (GOOD[:9], "ends within a stroke"),
        (GOOD[:-4], "ends within a stroke"),
        ("1" + "A" * 5000, "at most 4,000 characters, not 5,001"),
        (to_link(bytes([0, 2, 0, 0])), "px wide, not 0"),
        (to_link(bytes([20, 0, 0, 0])), "at least one point"),
        (to_link(bytes([20, 255, 255, 255, 1, 0, 0])), "too large"),
        (to_link(bytes([20, 2, 254, 255, 127, 0])), "within 4096 px"),
    ],
    ids=lambda value: value[:20],
)
def test_a_damaged_link_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        decode_strokes(text)


@given(st.one_of(st.text(max_size=60), st.binary(max_size=60).map(to_link)))
@settings(max_examples=150)
def test_whatever_a_link_says_it_is_strokes_or_a_value_error(text):
    try:
        decoded = decode_strokes(text)
    except ValueError:
        return
    assert all(isinstance(stroke, Stroke) for stroke in decoded)
