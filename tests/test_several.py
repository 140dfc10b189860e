"""Several digits in a picture: found, kept together, cut apart, put in order; marks are none."""

import itertools

import numpy as np
import pytest
import scipy.ndimage as nd

from benchmarks.handwriting import STROKES
from benchmarks.pen_digits import parse_pen_digits
from benchmarks.rendered_paper import photograph
from benchmarks.several import draw_mark, enlarge, write_line
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.pictures import open_picture
from model.preprocessing import STEPS, to_digit
from model.several import find_digits, find_page, follow, looks_like_several
from model.several.cuts import find_cuts
from model.several.parts import MOST_STACKED, sort_out, typical_height
from model.several.pieces import STROKE, Box, cut_out, take_apart
from model.strokes import Stroke, draw_strokes


@pytest.fixture(scope="module")
def network():
    return load_checkpoint("classic").network


@pytest.fixture(scope="module")
def digits():
    return load_digits("mnist", "validation")


def drawn(digit, scale=0.6, width=14.0):
    """One of the benchmarks' digits as ink on the canvas: uint8 (280, 280), bright on black."""
    strokes = [
        tuple((140 + (x - 140) * scale, 140 + (y - 140) * scale) for x, y in s) for s in STROKES[digit]
    ]
    return draw_strokes([Stroke(points, width) for points in strokes])


def cropped(ink):
    rows, columns = np.nonzero(ink > 50)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def page(parts, size=(280, 900)):
    """Ink of several parts on one sheet: each given with its top and left; dark on light."""
    sheet = np.zeros(size, np.uint8)
    for part, top, left in parts:
        spot = sheet[top : top + part.shape[0], left : left + part.shape[1]]
        np.maximum(spot, part[: spot.shape[0], : spot.shape[1]], out=spot)
    return 255 - sheet


def number(text, gap=30, top=60):
    """A number as one writes it, its digits side by side."""
    parts, left = [], 30
    for character in text:
        part = cropped(drawn(int(character)))
        parts.append((part, top, left))
        left += part.shape[1] + gap
    return page(parts, (top + 220, left + 30))


def blobs(random, shape=(60, 90), count=14):
    ink = np.zeros(shape, np.uint8)
    for _ in range(count):
        row, column = random.integers(0, shape[0] - 8), random.integers(0, shape[1] - 8)
        ink[row : row + random.integers(1, 8), column : column + random.integers(1, 8)] = random.integers(
            30, 256
        )
    return ink


@pytest.mark.parametrize("seed", range(8))
def test_pieces_are_those_that_scipy_finds(seed):
    ink = blobs(np.random.default_rng(seed))
    labels, pieces = take_apart(ink)
    expected, count = nd.label(ink > STROKE, np.ones((3, 3)))
    assert len(pieces) == count
    boxes = {Box(r.start, r.stop, c.start, c.stop) for r, c in nd.find_objects(expected)}
    assert {piece.box for piece in pieces} == boxes
    strong = ink > STROKE
    pairs = set(zip(labels[strong].tolist(), expected[strong].tolist(), strict=True))
    assert len(pairs) == count  # one of ours for each of theirs
    assert not labels[ink == 0].any()


@pytest.mark.parametrize("seed", range(4))
def test_the_distance_between_pieces_is_that_of_their_nearest_pixels(seed):
    ink = np.where(blobs(np.random.default_rng(seed)) > STROKE, 255, 0).astype(np.uint8)
    labels, pieces = take_apart(ink)
    for one, other in itertools.pairwise(pieces):
        away = nd.distance_transform_edt(labels != one.labels[0])
        assert one.distance(other) == pytest.approx(away[labels == other.labels[0]].min(), abs=1e-4)


def test_a_piece_is_cut_out_without_its_neighbours():
    ink = np.zeros((20, 30), np.uint8)
    ink[4:16, 5:7] = ink[14:16, 5:20] = 200  # an L around ...
    ink[6:9, 12:15] = 255  # ... a block in its box
    labels, pieces = take_apart(ink)
    corner = max(pieces, key=lambda piece: piece.box.height)
    own = cut_out(ink, labels, corner, margin=0.25)
    assert own.max() == 200
    assert (own > 0).sum() == 12 * 2 + 2 * 13
    assert not own[0].any()
    assert not own[:, 0].any()


def test_the_lean_of_a_stroke_is_told():
    for degrees in (-40, 0, 25, 50):
        x, y = 60 * np.sin(np.radians(degrees)), 60 * np.cos(np.radians(degrees))
        _, (piece,) = take_apart(draw_strokes([Stroke(((140 - x, 140 + y), (140 + x, 140 - y)), 8.0)]))
        along, across, lean = piece.spread
        assert lean == pytest.approx(degrees, abs=2)
        assert across < 0.15 * along


def test_a_cut_goes_where_the_ink_is_thin():
    ink = np.zeros((100, 140), np.uint8)
    ink[:, :50] = ink[:, 90:] = 255
    ink[48:52, 50:90] = 255  # a bridge
    cuts = find_cuts(ink)
    best = min(cuts, key=lambda cut: cut.ink)
    assert ((best.columns > 45) & (best.columns < 95)).all()
    assert best.ink == pytest.approx(0.04, abs=0.02)


def test_a_number_is_read_in_order(network):
    found = find_digits(number("31470256"), network)
    assert found.texts == ("31470256",)
    assert found.problem is None
    lefts = [digit.box.left for digit in found.digits]
    assert lefts == sorted(lefts)
    for digit in found.digits:
        assert digit.digit.shape == (28, 28)
        assert not digit.at_edge


def test_each_box_holds_its_digit_to_the_pixel(network):
    parts = [(cropped(drawn(3)), 50, 40), (cropped(drawn(8)), 90, 300)]
    sheet = page(parts)
    found = find_digits(sheet, network)
    for digit, (part, top, left) in zip(found.digits, parts, strict=True):
        box = digit.box
        expected = (top, top + part.shape[0], left, left + part.shape[1])
        assert np.abs(np.subtract((box.top, box.bottom, box.left, box.right), expected)).max() <= 2
        share = found.share(box)
        assert share[0] == pytest.approx(left / 900, abs=0.004)
        assert share[3] == pytest.approx(part.shape[0] / 280, abs=0.01)


def test_lines_are_read_from_the_top_also_where_they_rise(network):
    parts = []
    for line, text in enumerate(("123", "45", "678")):
        for place, character in enumerate(text):
            parts.append(
                (cropped(drawn(int(character), 0.4, 10.0)), 140 * line + 60 - 15 * place, 40 + 130 * place)
            )
    found = find_digits(page(parts, (500, 500)), network)
    assert [text.replace(" ", "") for text in found.texts] == ["123", "45", "678"]


@pytest.mark.parametrize("gap", [4, 9])
def test_a_fives_flag_stays_with_its_five(network, gap):
    body = draw_strokes([Stroke(tuple(STROKES[5][1]), 16.0), Stroke(tuple(STROKES[5][0][9:]), 16.0)])
    flag = draw_strokes([Stroke(((116.0 + gap, 58.0), (192.0, 58.0)), 14.0)])
    ink = np.maximum(body, flag)
    _, pieces = take_apart(ink)
    assert len(pieces) == 2
    assert len(sort_out(pieces)[0]) == 1
    sheet = np.hstack([255 - cropped(drawn(1, 1.0, 16.0))[:170], np.full((170, 90), 255, np.uint8)])
    sheet = np.hstack([np.pad(sheet, ((60, 50), (60, 0)), constant_values=255), 255 - ink])
    assert [digit.verdict.digit for digit in find_digits(sheet, network).digits] == [1, 5]


@pytest.mark.parametrize("mark", [".", "-", "/"])
def test_marks_between_digits_are_no_digits(network, digits, mark):
    random = np.random.default_rng(5)
    parts = [enlarge(digits.images[np.flatnonzero(digits.labels == d)[3]], 80) for d in (2, 4, 1, 2, 1, 9)]
    for place in (4, 2):
        parts.insert(place, draw_mark(mark, 80, random))
    found = find_digits(write_line(parts, 0.2, random), network)
    assert found.texts == ("24 12 19",)
    assert len(found.marks) == 2


def test_touching_digits_are_cut_apart(network):
    left, right = cropped(drawn(3)), cropped(drawn(6))
    sheet = page([(left, 60, 60), (right, 60, 60 + left.shape[1] - 6)], (260, 360))
    assert len(take_apart(255 - sheet)[1]) == 1
    found = find_digits(sheet, network)
    assert found.texts == ("36",)
    one, other = (digit.box for digit in found.digits)
    border = 60 + left.shape[1] - 3
    assert max(abs(one.right - border), abs(other.left - border)) < 20


def test_a_wide_digit_is_not_cut(network):
    wide = draw_strokes([Stroke(((50.0, 80.0), (230.0, 80.0), (130.0, 230.0)), 18.0)])
    assert find_digits(255 - wide, network).texts == ("7",)


@pytest.mark.parametrize("name", ["flagship", "classic"])
def test_digits_that_stand_apart_are_not_cut(digits, name):
    random, network, odd = np.random.default_rng(7), load_checkpoint(name).network, 0
    for _ in range(25):
        places = random.integers(0, len(digits), 10)
        parts = [enlarge(digits.images[place], int(random.integers(60, 100))) for place in places]
        odd += len(find_digits(write_line(parts, 0.5, random), network).digits) != 10
    assert odd <= 4


def test_slashes_are_told_from_ones_that_lean(network, digits):
    random, dates, leaning = np.random.default_rng(8), 0, 0
    ones = np.flatnonzero(digits.labels == 1)
    for _ in range(20):
        height, places = int(random.integers(60, 100)), random.integers(0, len(digits), 6)
        parts = [enlarge(digits.images[p], round(height * random.uniform(0.95, 1.05))) for p in places]
        for place in (4, 2):
            parts.insert(place, draw_mark("/", height, random))
        dates += len(find_digits(write_line(parts, 0.2, random), network).marks) == 2
        parts = [
            enlarge(digits.images[p], round(height * random.uniform(0.9, 1.1)))
            for p in random.choice(ones, 6)
        ]
        leaning += len(find_digits(write_line(parts, 0.3, random), network).marks) > 0
    assert dates >= 19
    assert leaning <= 2


def test_a_page_of_forty_digits(network, digits):
    random = np.random.default_rng(1)
    places = random.integers(0, len(digits), (8, 5))
    sheet = np.full((1000, 700), 255, np.uint8)
    for (row, column), place in np.ndenumerate(places):
        part = enlarge(digits.images[place], 70)
        top, left = 20 + row * 120, 30 + column * 130
        spot = sheet[top : top + 70, left : left + part.shape[1]]
        np.minimum(spot, 255 - part, out=spot)
    found = find_digits(sheet, network)
    assert len(found.lines) == 8
    read = [[digit.verdict.digit for digit in line] for line in found.lines]
    right = [line == row.tolist() for line, row in zip(read, digits.labels[places], strict=True)]
    assert sum(right) >= 6  # one of these 2s has a tail that is no part of a 2, one 0 a gap
    assert len(found.digits) in (40, 41, 42)


def test_a_digit_cut_by_the_edge_is_said_to_be(network):
    sheet = number("38")
    cut = sheet[:, 70:]  # within the 3
    found = find_digits(cut, network)
    assert found.digits[0].at_edge
    assert "touches the picture's edge" in found.digits[0].warnings[-1]
    assert not found.digits[-1].at_edge


def test_white_on_a_blackboard_is_read_as_black_on_paper(network):
    sheet = number("4711")
    assert find_digits(255 - sheet, network).texts == find_digits(sheet, network).texts


def test_blank_paper_and_noise_have_no_digits(network):
    blank = find_digits(np.full((200, 300), 240, np.uint8), network.probabilities)
    assert blank.lines == ()
    assert "nothing to read" in blank.problem
    noise = np.random.default_rng(0).integers(0, 256, (200, 300), dtype=np.uint8)
    assert find_digits(noise, network).problem is not None
    dash = np.full((100, 300), 255, np.uint8)
    dash[48:56, 80:220] = 0
    assert find_digits(dash, network).lines == ()


def test_a_table_drawn_with_lines_is_read_without_them(network):
    sheet = page(
        [
            (cropped(drawn(d, 0.4, 10.0)), 40 + 130 * (p // 2), 60 + 200 * (p % 2))
            for p, d in enumerate((1, 2, 3, 4))
        ],
        (300, 440),
    )
    sheet[148:152, 10:430] = 0
    found = find_digits(sheet, network)
    assert [text.replace(" ", "") for text in found.texts] == ["12", "34"]


def test_a_tables_rules_stay_where_wiping_them_is_switched_off(network):
    sheet = number("12")
    sheet[10::40] = sheet[:, 15::40] = 90
    assert [step.name for step in find_page(sheet, is_drawing=True).steps] == ["picture", "rules", "ink"]
    assert find_digits(sheet, network, is_drawing=True).texts == ("12",)
    kept = find_page(sheet, is_drawing=True, off={"rules"})
    np.testing.assert_array_equal(kept.steps[1].image, sheet)
    assert find_digits(sheet, network, is_drawing=True, off={"rules"}).texts == ()


@pytest.mark.parametrize("off", [(), ("breadth",), ("crop",), ("contrast",), ("centre",), ("ink",)])
def test_each_digit_goes_the_way_that_it_goes_alone(network, off):
    """Each was drawn on a sheet of its own too: what a step does there, it does among others."""
    found = find_digits(number("3625", gap=60), network, off=off)
    whole = find_digits(number("3625", gap=60), network)
    assert [digit.box for digit in found.digits] == [digit.box for digit in whole.digits]
    for digit, character in zip(found.digits, "3625", strict=True):
        part = cropped(drawn(int(character)))
        around = round(0.25 * max(part.shape))
        alone = to_digit(255 - np.pad(part, around), off, is_drawing=True).digit
        # a soft rim more or less on the sheet moves a whole sheet's shrinking by a fraction of a pixel
        assert np.abs(digit.digit.astype(int) - alone).mean() < 8
        assert digit.verdict.digit == network.probabilities(digit.digit[None]).argmax()


@pytest.mark.parametrize("off", [(), ("strokes",), ("light", "rules"), ("centre",), ("ink",)])
def test_a_digits_steps_lead_from_the_page_to_what_is_read(network, digits, off):
    pair = [digits.images[np.flatnonzero(digits.labels == d)[1]] for d in (4, 7)]
    sheet = open_picture(photograph(pair, "squared", (3,)).data)
    page = find_page(sheet, off=off)
    found = find_digits(sheet, network, off=off)
    assert found.is_photograph
    for digit in found.digits:
        steps = follow(page, digit, off).steps
        assert [step.name for step in steps] == ["picture", *(step.name for step in STEPS)]
        assert {step.name for step in steps if not step.on} == set(off)
        np.testing.assert_array_equal(steps[-1].image, digit.digit)
        for step in steps[1:4]:
            assert step.image.shape == found.ink.shape  # of the whole page ...
        assert steps[4].image.shape == digit.ink.shape  # ... and of the digit cut out


def test_a_step_that_there_is_not_is_said(network):
    with pytest.raises(ValueError, match=r"no step is called \['sharpen'\]"):
        find_digits(number("12"), network, off={"sharpen"})


def test_a_reader_without_knowledge_finds_the_same_separate_digits():
    class Ignorant:
        def probabilities(self, digits):
            return np.full((len(digits), 10), 0.1, np.float32)

    found = find_digits(number("123", gap=60), Ignorant())
    assert len(found.digits) == 3


@pytest.mark.parametrize("side", [1, 2, 3, 5, 28])
def test_a_speck_is_no_digit_and_breaks_nothing(network, side):
    paper = np.full((side, side), 255, np.uint8)
    paper[side // 2, side // 2] = 0
    assert find_digits(paper, network).digits == ()
    assert find_cuts(np.full((side, 1), 255, np.uint8)) == []


def test_the_specks_that_wiped_rules_leave_are_no_writing():
    ink = 255 - number("4712", gap=60)
    random = np.random.default_rng(2)
    free = np.argwhere(nd.binary_dilation(ink > 0, iterations=40) == 0)
    for row, column in free[random.choice(len(free), 60, replace=False)]:
        ink[row : row + 3, column : column + 3] = 200
    pieces = take_apart(ink)[1]
    assert len(pieces) > 40
    bodies, _ = sort_out(pieces)
    assert len(bodies) == 4
    assert typical_height(pieces) == pytest.approx(
        np.median([piece.box.height for piece in bodies]), rel=0.05
    )


def test_a_scribble_of_thousands_is_left_as_it_is():
    many = np.zeros((900, 900), np.uint8)
    many[::20, ::20] = many[1::20, ::20] = 255
    pieces = take_apart(many)[1]
    assert len(pieces) > MOST_STACKED
    assert sum(map(len, sort_out(pieces))) == len(pieces)


@pytest.mark.parametrize("text", ["12", "405", "7"])
def test_several_digits_are_noticed_where_one_is_read(network, text):
    prepared = to_digit(number(text, gap=60))
    assert looks_like_several(prepared) == (len(text) > 1)


def test_pen_digits_are_one_each(shared_data):
    digits = parse_pen_digits((shared_data / "pen" / "pendigits-orig.tra").read_text("ascii"))[::150]
    for digit in digits:
        drawn = draw_strokes([Stroke(points, 20.0) for points in digit.strokes])
        assert not looks_like_several(to_digit(255 - drawn, is_drawing=True))
