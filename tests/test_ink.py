"""Ink on paper: found either way round, cleaned, and refused where there is no digit, each case by name."""

import io
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

from model.datasets import load_digits
from model.ink import BLANK, NOISE, SOLID, TOO_SMALL, find_box, find_ink, find_pieces, grow
from model.strokes import Stroke, draw_strokes

THREE = draw_strokes(
    [
        Stroke(
            (
                (90.0, 70.0),
                (140.0, 45.0),
                (190.0, 90.0),
                (130.0, 130.0),
                (200.0, 180.0),
                (140.0, 240.0),
                (80.0, 210.0),
            )
        )
    ]
)
RANDOM = np.random.default_rng(5)


def on_paper(ink, paper=235.0, pen=60.0, shade=0.0, grain=0.0, seed=0):
    """A scan: ink on paper that darkens to the right and below by `shade`, with normal grain."""
    rows, columns = (np.linspace(0, 1, length) for length in ink.shape)
    sheet = paper - shade * (columns[None, :] + 0.5 * rows[:, None] ** 2)
    scan = sheet + (pen - sheet) * (ink / 255)
    scan += np.random.default_rng(seed).normal(0, 1, ink.shape) * grain
    return np.clip(scan, 0, 255).astype(np.uint8)


masks = npst.arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(masks.filter(np.any))
@settings(max_examples=200)
def test_pieces_are_scipys_labels(mask):
    weights = np.arange(mask.size).reshape(mask.shape) + 1.0
    labels, masses = find_pieces(mask, weights)
    expected, count = ndimage.label(mask, structure=np.ones((3, 3)))
    assert len(masses) == count
    pairs = {
        (ours, theirs)
        for ours, theirs in zip(labels.ravel().tolist(), expected.ravel().tolist(), strict=True)
    }
    assert len(pairs) == count + (not mask.all())  # one name of ours for each of theirs
    assert ((labels > 0) == mask).all()
    for ours, theirs in pairs - {(0, 0)}:
        assert masses[ours - 1] == weights[expected == theirs].sum()


@given(masks)
def test_growing_is_scipys_dilation(mask):
    np.testing.assert_array_equal(grow(mask), ndimage.binary_dilation(mask, structure=np.ones((3, 3))))


@given(masks.filter(np.any))
def test_the_box_of_a_mask_is_the_smallest(mask):
    rows, columns = zip(*np.argwhere(mask).tolist(), strict=True)
    assert find_box(mask) == (min(rows), max(rows) + 1, min(columns), max(columns) + 1)


def test_a_box_leaves_out_what_is_faint():
    ink = np.zeros((9, 9), np.uint8)
    ink[2:5, 3:7] = 250
    ink[7, 8] = 50
    assert find_box(ink) == (2, 5, 3, 7)
    assert find_box(ink, faintest=0.1) == (2, 8, 3, 9)


@pytest.mark.parametrize("picture", [THREE, 255 - THREE], ids=["light on dark", "dark on light"])
def test_a_clean_drawing_keeps_its_levels_either_way_round(picture):
    found = find_ink(picture)
    assert found.problem is None
    np.testing.assert_array_equal(found.image, THREE)


def test_grey_ink_on_grey_paper_becomes_white_on_black():
    found = find_ink(on_paper(THREE, paper=180, pen=120))
    assert np.abs(found.image.astype(int) - THREE).max() <= 5  # 60 levels, rounded, stretched to 255


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("invert", [False, True])
def test_shade_and_grain_of_a_scan_are_taken_away(invert, seed):
    scan = on_paper(THREE, shade=40, grain=6, seed=seed)
    found = find_ink(255 - scan if invert else scan)
    assert found.problem is None
    assert (found.image[:20] > 0).mean() < 0.01  # bare paper is black
    assert (found.image[:, -40:] > 0).mean() < 0.01
    assert np.abs(found.image.astype(int) - THREE).mean() < 6
    assert np.abs(np.subtract(find_box(found.image), find_box(THREE))).max() <= 2


def test_faint_pencil_is_ink():
    found = find_ink(on_paper(THREE, paper=225, pen=190, shade=8, grain=3))
    assert found.problem is None
    assert np.abs(np.subtract(find_box(found.image), find_box(THREE))).max() <= 2


@pytest.mark.parametrize("speck", [0, 60])
def test_dust_is_wiped_away_even_where_it_is_darker_than_the_ink(speck):
    scan = on_paper(THREE, paper=230, pen=100)
    clean = find_ink(scan).image
    for row, column in ((8, 8), (20, 250), (265, 40), (150, 262)):
        scan[row : row + 3, column : column + 3] = speck
    dusty = find_ink(scan)
    assert dusty.problem is None
    assert find_box(dusty.image) == find_box(clean)


def test_strokes_that_do_not_touch_belong_together():
    five = draw_strokes([Stroke(((100.0, 60.0), (95.0, 200.0))), Stroke(((150.0, 60.0), (200.0, 60.0)), 14)])
    np.testing.assert_array_equal(find_ink(five).image, five)


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("slant", [0, 30])
@pytest.mark.parametrize("invert", [False, True])
def test_a_thin_1_is_ink(width, slant, invert):
    one = draw_strokes([Stroke(((140.0, 40.0), (140.0 - slant, 240.0)), width)])
    found = find_ink(255 - one if invert else one)
    assert found.problem is None
    assert find_box(found.image) == find_box(one)


@pytest.mark.parametrize("grain", [0, 2, 5])
def test_a_thin_pencil_line_on_paper_is_ink(grain):
    one = draw_strokes([Stroke(((140.0, 40.0), (140.0, 240.0)), 3)])
    assert find_ink(on_paper(one, pen=90, grain=grain)).problem is None


sides = pytest.mark.parametrize("side", [28, 64, 280, 512])


@sides
@pytest.mark.parametrize("level", [0, 20, 128, 255])
def test_one_even_colour_is_blank(side, level):
    found = find_ink(np.full((side, side), level, np.uint8))
    assert found.problem == BLANK
    assert not found.image.any()


@sides
@pytest.mark.parametrize("direction", [0, 1])
def test_shade_alone_is_blank(side, direction):
    shade = np.broadcast_to(np.linspace(170, 240, side), (side, side))
    assert find_ink(np.moveaxis(shade, direction, 0).astype(np.uint8)).problem == BLANK


@sides
def test_a_vignette_alone_is_blank(side):
    rows, columns = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    assert find_ink((230 - 40 * (rows**2 + columns**2)).astype(np.uint8)).problem == BLANK


@sides
@pytest.mark.parametrize("grain", [1, 3, 8])
def test_bare_grainy_paper_is_not_a_digit(side, grain):
    assert find_ink(on_paper(np.zeros((side, side)), paper=220, grain=grain)).problem in (BLANK, NOISE)


@sides
@pytest.mark.parametrize("seed", range(5))
def test_uniform_noise_is_noise(side, seed):
    assert find_ink(np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)).problem == NOISE


@sides
@pytest.mark.parametrize("deviation", [40, 80])
def test_normal_noise_is_no_digit(side, deviation):
    noise = np.random.default_rng(1).normal(128, deviation, (side, side))
    assert find_ink(np.clip(noise, 0, 255).astype(np.uint8)).problem in (NOISE, BLANK)


@pytest.mark.parametrize("side", [64, 280, 512])
@pytest.mark.parametrize("share", [0.006, 0.02, 0.1, 0.3])
def test_salt_is_noise(side, share):
    assert (
        find_ink((np.random.default_rng(2).random((side, side)) < share).astype(np.uint8) * 255).problem
        == NOISE
    )


@pytest.mark.parametrize("radius", [1, 3, 6])
def test_blurred_noise_is_noise(radius):
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 256, (280, 280), np.uint8))
    assert find_ink(np.asarray(noise.filter(ImageFilter.GaussianBlur(radius)))).problem == NOISE


@pytest.mark.parametrize(("turns", "problem"), [(14, NOISE), (90, SOLID)], ids=["some", "more"])
def test_a_page_of_scribble_is_no_digit(turns, problem):
    angles = np.linspace(0, turns, 20 * turns)
    line = tuple((140 + 130 * math.sin(3.1 * a), 140 + 130 * math.cos(4.7 * a)) for a in angles)
    assert find_ink(draw_strokes([Stroke(line, 4)])).problem == problem


@pytest.mark.parametrize("width", [8, 13, 20, 40])
@pytest.mark.parametrize("place", [(140.0, 140.0), (40.5, 200.25)])
def test_a_single_dot_is_no_digit(width, place):
    assert find_ink(draw_strokes([Stroke((place,), width)])).problem == SOLID


@pytest.mark.parametrize("invert", [False, True])
def test_a_canvas_all_but_full_of_ink_is_no_digit(invert):
    full = np.zeros((280, 280), np.uint8)
    full[9:270, 12:275] = 255
    assert find_ink(255 - full if invert else full).problem == SOLID


def test_a_picture_half_dark_is_no_digit():
    half = np.zeros((280, 280), np.uint8)
    half[:, 140:] = 255
    assert find_ink(half).problem == SOLID


@pytest.mark.parametrize("mark", [(1, 1), (2, 3), (4, 1)])
def test_a_tiny_mark_is_too_small(mark):
    picture = np.zeros((280, 280), np.uint8)
    picture[100 : 100 + mark[0], 90 : 90 + mark[1]] = 255
    assert find_ink(picture).problem in (TOO_SMALL, BLANK)


def test_a_ring_is_not_a_dot():
    ring = Image.new("L", (280, 280))
    ImageDraw.Draw(ring).ellipse((80, 60, 200, 220), outline=255, width=30)
    assert find_ink(np.asarray(ring)).problem is None


@pytest.mark.parametrize("width", [10, 20, 30])
def test_a_bold_1_is_not_a_patch(width):
    assert find_ink(draw_strokes([Stroke(((140.0, 90.0), (140.0, 190.0)), width)])).problem is None


def test_problems_are_said_in_plain_sentences():
    for problem in (BLANK, NOISE, SOLID, TOO_SMALL):
        assert problem.startswith("There is ")
        assert problem.endswith(".")


def test_none_of_minis_digits_is_refused_and_hardly_one_changes():
    digits = load_digits("mini", "validation").images
    found = [find_ink(digit) for digit in digits]
    assert not [ink.problem for ink in found if ink.problem]
    changes = [np.abs(ink.image.astype(int) - digit).max() for ink, digit in zip(found, digits, strict=True)]
    assert np.mean(np.array(changes) <= 1) > 0.99


def jpeg(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("quality", [30, 75])
def test_jpegs_of_minis_digits_are_not_refused(quality):
    for digit in load_digits("mini", "validation").images[::10]:
        assert find_ink(jpeg(255 - digit, quality)).problem is None


@given(npst.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
@settings(max_examples=300, deadline=None)
def test_whatever_the_picture_there_is_ink_or_a_reason(picture):
    found = find_ink(picture)
    assert found.image.shape == picture.shape
    assert found.image.dtype == np.uint8
    assert found.problem is not None or found.image.max() == 255


def test_a_thread_of_pixels_takes_no_more_room_than_its_own():
    thread = np.full((1, 200_000), 255, np.uint8)
    thread[0, 90_000:110_000] = 0
    tracemalloc.start()
    try:
        find_ink(thread)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("pen", [26, 28, 30])
def test_an_eight_whose_loops_are_filled_has_a_waist_and_may_be_read(pen):
    turns = np.linspace(0, 2 * np.pi, 40)
    eight = tuple((140 + 14 * math.sin(2 * t), 140 - 36 * math.cos(t)) for t in turns)
    ink = draw_strokes([Stroke(eight, pen)])
    assert ndimage.binary_fill_holes(ink > 127).sum() == (ink > 127).sum()
    assert find_ink(ink).problem is None
