"""Photographs of paper: each step against what was rendered, whole photographs, and bad pictures by name."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from benchmarks.dashboard import ROOT
from benchmarks.handwriting import STROKES
from benchmarks.paper import from_mnist, measure, right
from benchmarks.rendered_paper import HELD, PAPERS, photograph
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.grey import to_grey
from model.ink import BLANK, NOISE, find_ink
from model.paper import (
    PAPER_LEVEL,
    clearest_light,
    even_light,
    is_photograph,
)
from model.pictures import open_picture
from model.preprocessing import STEPS, find_writing, to_digit
from model.rules import wipe_rules
from model.strokes import Stroke, draw_strokes

FOR_PHOTOGRAPHS = [step.name for step in STEPS if step.for_photographs]
SIDE = 400  # px
SMALL = (360, 480)  # px: rendered soon


def drawn(digit, width=14.0, side=SIDE):
    """A digit as pen strokes: float (side, side), how much of each pixel is ink."""
    return draw_strokes([Stroke(tuple(points), width) for points in STROKES[digit]], side) / 255


def page(cover, paper=230.0, pen=50.0, grain=2.0, light=1.0, seed=0):
    """Ink on paper under a light: uint8."""
    sheet = (paper + (pen - paper) * cover) * light
    sheet = sheet + np.random.default_rng(seed).normal(0, grain, np.shape(sheet))
    return np.clip(sheet + 0.5, 0, 255).astype(np.uint8)


def shadow(side=SIDE, hard=6.0, strength=0.5):
    """A shadow over a slanting half: float (side, side)."""
    rows, columns = np.indices((side, side))
    shade = ndimage.gaussian_filter((rows + 0.6 * columns > 0.75 * side).astype(float), hard)
    return 1 - strength * shade


def squares(side=SIDE, pitch=40, broad=2, degrees=0.0):
    """Squared paper's lines: float (side, side), 0 or 1 but for their soft edges."""
    rows, columns = np.indices((side, side)) - side / 2
    slope = np.radians(degrees)
    y = rows * np.cos(slope) - columns * np.sin(slope)
    x = columns * np.cos(slope) + rows * np.sin(slope)
    away = np.minimum((y + 1e4 * pitch) % pitch, (x + 1e4 * pitch) % pitch)
    return np.clip(broad + 0.5 - away, 0, 1)


@pytest.fixture(scope="module")
def network():
    return load_checkpoint("classic").network


def test_drawings_and_digits_of_the_data_are_no_photographs():
    for digit in range(10):
        for width in (2, 20, 40):
            assert not is_photograph((255 * (1 - drawn(digit, width, 280))).astype(np.uint8))
    for image in load_digits("mini", "validation").images[::200]:
        for resampling in (Image.Resampling.NEAREST, Image.Resampling.BICUBIC):
            large = np.asarray(Image.fromarray(image).resize((280, 280), resampling))
            assert not is_photograph(image)
            assert not is_photograph(255 - large)


@pytest.mark.parametrize("paper", PAPERS)
def test_rendered_photographs_are_photographs(paper):
    image = load_digits("mini", "validation").images[7]
    for seed in range(2):
        assert is_photograph(to_grey(open_picture(photograph(image, paper, (seed,), SMALL).data)))


def test_a_clean_scan_of_squared_paper_is_a_photograph():
    """A scanner's program makes paper one white, but its squares run off every edge."""
    scan = np.where(squares() > 0.5, 190, 255).astype(np.uint8)
    assert is_photograph(np.minimum(scan, (255 * (1 - drawn(5))).astype(np.uint8)))


@pytest.mark.parametrize("light", [1.0, shadow(), shadow(hard=25), np.linspace(0.4, 1, SIDE)[None, :]])
def test_even_light_brings_all_paper_to_one_level_and_keeps_how_dark_the_ink_is(light):
    cover = drawn(3)
    even = even_light(page(cover, light=light)).astype(float)
    bare = ndimage.binary_erosion(cover == 0, iterations=4)
    assert abs(np.median(even[bare]) - PAPER_LEVEL) <= 3
    low, high = np.percentile(even[bare], [2, 98])
    assert high - low < 40  # before: 100 levels and more
    assert np.median(even[cover == 1]) / PAPER_LEVEL == pytest.approx(50 / 230, abs=0.08)


def test_even_light_turns_a_blackboard_round():
    board = page(drawn(2), paper=50, pen=225, light=np.linspace(0.6, 1, SIDE)[None, :])
    even = even_light(board)
    assert np.median(even) == pytest.approx(PAPER_LEVEL, abs=3)
    assert even[drawn(2) == 1].mean() < 0.5 * PAPER_LEVEL


@pytest.mark.parametrize("degrees", [0.0, 3.0, -7.5])
@pytest.mark.parametrize(
    ("pen", "gone", "kept"), [(30, 0.97, 0.9), (120, 0.8, 0.6)], ids=["dark ink", "ink as pale as the rules"]
)
def test_squares_go_and_strokes_stay(degrees, pen, gone, kept):
    cover, lines = drawn(3), squares(degrees=degrees)
    clean = page(cover, pen=pen)
    ruled = np.minimum(clean, page(lines, pen=150, seed=1))
    wiped = wipe_rules(ruled).astype(float)
    away = ndimage.binary_dilation(cover > 0, iterations=3)
    of_rules = (lines == 1) & ~away
    assert np.median(ruled[of_rules]) < 160
    assert np.mean(wiped[of_rules] > 200) > gone
    assert np.mean(wiped[cover == 1] < 170) > kept  # joined again where a rule crossed


def test_a_page_without_rules_is_not_touched():
    for digit in (0, 3, 8):
        bare = page(drawn(digit, 8))
        assert wipe_rules(bare) is bare


@pytest.mark.parametrize("width", [4, 12, 30])
def test_a_tall_1_is_no_rule(width):
    one = draw_strokes([Stroke(((140.0, 30.0), (140.0, 250.0)), width)], SIDE) / 255
    wiped = wipe_rules(page(one))
    assert np.median(wiped[one == 1]) < 80


def test_a_tall_1_on_ruled_paper_stays():
    one = draw_strokes([Stroke(((140.0, 60.0), (140.0, 220.0)), 6)], SIDE) / 255
    ruled = np.minimum(page(one, pen=40), page(squares(pitch=50), pen=160, seed=1))
    assert np.mean(wipe_rules(ruled)[one == 1] < 100) > 0.95


def test_what_comes_in_over_the_rim_is_wiped_and_a_digit_is_not():
    cover = drawn(5)
    edge = np.zeros_like(cover)
    edge[:, :9] = 1
    wiped = wipe_rules(page(np.maximum(cover, edge)))
    assert wiped[:, :9].min() > 200
    assert np.median(wiped[cover == 1]) < 60


def test_the_light_is_chosen_in_which_the_ink_stands_out():
    """Black ink on blue squares: in blue light the squares all but vanish."""
    colours = np.array((130, 160, 250.0))
    sheet = 240 - squares()[..., None] * (240 - colours) * 0.9
    sheet = sheet + drawn(4)[..., None] * (30 - sheet) + np.random.default_rng(0).normal(0, 2, sheet.shape)
    picture = np.clip(sheet, 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(clearest_light(picture), picture[..., 2])


def test_steps_for_photographs_are_shown_and_can_be_switched_off():
    picture = open_picture(
        photograph(load_digits("mini", "validation").images[3], "squared", (4,), SMALL).data
    )
    names = [step.name for step in STEPS]
    whole = to_digit(picture)
    assert [step.name for step in whole.steps] == ["picture", *names]
    for name in FOR_PHOTOGRAPHS:
        prepared = to_digit(picture, [name])
        assert [step.on for step in prepared.steps] == [True, *(other != name for other in names)][
            : len(prepared.steps)
        ]
        before, skipped = (step.image for step in prepared.steps[names.index(name) : names.index(name) + 2])
        np.testing.assert_array_equal(before, skipped)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_however_the_camera_was_held(orientation):
    upright = Image.fromarray(page(drawn(7), light=shadow()))
    stored = upright.transpose(HELD[orientation]) if orientation in HELD else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    stored.save(file, "JPEG", quality=95, exif=exif.tobytes())
    seen = to_digit(open_picture(file.getvalue())).digit.astype(int)
    assert np.abs(seen - to_digit(np.asarray(upright)).digit).mean() < 6


def test_photographs_are_read(network):
    """A sample of what `python -m benchmarks.paper` measures."""
    cases = from_mnist(3, seed=3)
    digits = [to_digit(open_picture(taken.data)).digit for _, _, taken in cases]
    assert right(network, np.array([label for label, _, _ in cases]), digits).sum() >= 13  # of 15


@pytest.mark.slow
def test_95_of_100_photographs_are_read_on_every_paper(network):
    figures = measure(network, from_mnist(60, seed=5), None)
    for paper in PAPERS:
        assert float(figures[f"{paper} paper, 60"]["after"].split("%")[0]) >= 92
    assert float(figures["all, 300"]["after"].split("%")[0]) >= 95


@pytest.mark.slow
def test_12_megapixels_stay_below_300_megabytes(tmp_path):
    path = tmp_path / "large.jpg"
    image = load_digits("mini", "validation").images[3]
    path.write_bytes(photograph(image, "squared", (1,), (3000, 4000)).data)
    program = (
        "import sys; from model.pictures import open_picture; from model.preprocessing import to_digit;"
        "from benchmarks.preprocessing import peak_megabytes; from pathlib import Path;"
        "assert to_digit(open_picture(Path(sys.argv[1]))).digit is not None; print(peak_megabytes())"
    )
    said = subprocess.check_output([sys.executable, "-c", program, str(path)], text=True, cwd=ROOT)
    assert float(said) < 300


@pytest.mark.parametrize(
    "light", [shadow(), shadow(hard=2, strength=0.7), np.linspace(0.3, 1, SIDE)[:, None]]
)
def test_a_blank_page_with_a_shadow_is_blank(light):
    assert to_digit(page(np.zeros((SIDE, SIDE)), light=light)).problem in (BLANK, NOISE)


def test_a_blank_squared_page_is_no_digit():
    assert to_digit(page(squares(), pen=150, light=shadow())).digit is None


def test_a_digit_cut_by_the_edge_is_read_as_far_as_it_goes_and_said():
    cut = page(drawn(3), light=shadow())[:, : round(0.55 * SIDE)]
    prepared = to_digit(cut)
    assert prepared.digit is not None
    assert "edge" in " ".join(prepared.remarks)
    assert to_digit(page(drawn(3), light=shadow())).remarks == ()


@pytest.mark.parametrize("digit", [0, 6, 8])
@pytest.mark.parametrize("width", [4, 20, 34])
def test_a_shadows_edge_is_no_rule(digit, width):
    cover = drawn(digit, width)
    assert np.mean(wipe_rules(even_light(page(cover, light=shadow())))[cover == 1] < 0.5 * PAPER_LEVEL) > 0.97


def test_upside_down_cannot_be_known(network):
    """A 6 turned by half is a 9: no picture says which is meant."""
    six = page(drawn(6, 20), light=shadow())
    digits = [to_digit(six).digit, to_digit(six[::-1, ::-1].copy()).digit]
    assert network.probabilities(np.stack(digits)).argmax(axis=1).tolist() == [6, 9]


def test_white_ink_on_a_blackboard_is_read_like_ink_on_paper(network):
    light = shadow(hard=25, strength=0.4)
    boards = [page(drawn(digit, 20), paper=48, pen=220, light=light) for digit in range(10)]
    digits = np.stack([to_digit(board).digit for board in boards])
    assert network.probabilities(digits).argmax(axis=1).tolist() == list(range(10))


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_screenshot_with_anti_aliased_type_goes_the_plain_way(digit, dark):
    ground, ink = ((24, 26, 30), (220, 222, 230)) if dark else ((255, 255, 255), (40, 42, 48))
    screen = Image.new("RGB", (120, 120), ground)
    ImageDraw.Draw(screen).text((40, 20), str(digit), ink, ImageFont.load_default(70))
    writing = find_writing(np.asarray(screen))
    assert not writing.is_photograph
    assert writing.found.problem is None
    np.testing.assert_array_equal(writing.found.image, find_ink(to_grey(np.asarray(screen))).image)


def test_no_drawing_waits_for_opencv():
    program = (
        "import sys, numpy as np; from model.preprocessing import to_digit;"
        "from model.strokes import Stroke, draw_strokes;"
        "to_digit(255 - draw_strokes([Stroke(((60.0, 60.0), (200.0, 200.0)))])); print('cv2' in sys.modules)"
    )
    said = subprocess.check_output([sys.executable, "-c", program], text=True, cwd=ROOT)
    assert said.strip() == "False"


def test_a_drawing_is_no_photograph_whatever_it_looks_like():
    page = np.full((280, 280), 255, np.uint8)
    page[:, [20, 21, 90, 91, 160, 161, 240, 241]] = 0  # ink that meets the rim in many places
    assert is_photograph(page)
    drawn = to_digit(page, is_drawing=True)
    assert [step.name for step in drawn.steps] == ["picture", "ink", "breadth", "crop", "contrast", "centre"]
