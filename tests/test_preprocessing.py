"""From a picture to a digit: as QMNIST's reconstruction of MNIST's program, and with every step off."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from PIL import Image
from scipy import ndimage

from model.datasets import load_digits
from model.preprocessing import DIGIT_SIDE, PICTURE, STEPS, to_digit
from model.strokes import Stroke, draw_strokes

NAMES = [step.name for step in STEPS if not step.for_photographs]  # a drawing's way
SEVEN = draw_strokes([Stroke(((60.0, 60.0), (135.0, 58.0), (140.0, 66.0), (90.0, 180.0)), 14)])
Resampling = Image.Resampling


NEIGHBOURS = [(0, 0), *set(itertools.product((-1, 0, 1), repeat=2)) - {(0, 0)}]


def random_strokes(seed):
    random = np.random.default_rng(seed)
    return [
        Stroke(
            tuple(map(tuple, random.uniform(60, 220, (random.integers(3, 7), 2)))),
            float(random.uniform(12, 30)),
        )
        for _ in range(random.integers(1, 3))
    ]


def qmnist(page):
    """QMNIST's reconstruction of MNIST's program, pixel by pixel (`fim-mnist-prepro` in its `xnist.lsh`).

    Args:
        page: float (128, 128), 0 or 1.
    """
    rows, columns = np.flatnonzero(page.any(axis=1)), np.flatnonzero(page.any(axis=0))
    top, left, height, width = rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1
    side = max(height, width, 10)
    top, left = max(0, top - (side - height) // 2), max(0, left - (side - width) // 2)
    cut = page[top : top + side, left : left + side]
    while cut.shape[0] < 20:
        cut = cut.repeat(2, axis=0)
    while cut.shape[1] < 20:
        cut = cut.repeat(2, axis=1)
    small = np.zeros((20, 20))
    scale_i, scale_j = 20 / cut.shape[0], 20 / cut.shape[1]
    for i, j in np.argwhere(cut).tolist():
        for a, down in shares(i * scale_i, scale_i):
            for b, across in shares(j * scale_j, scale_j):
                small[a, b] += cut[i, j] * down * across
    small = np.floor(np.clip(small * 255 / min(1, small.max()), 0, 255) + 0.5)
    middle = (np.arange(20) + 0.5) / small.sum()
    offset_i, offset_j = int(15 - small.sum(axis=1) @ middle), int(15 - small.sum(axis=0) @ middle)
    frame = np.zeros((48, 48))
    frame[10 + offset_i : 30 + offset_i, 10 + offset_j : 30 + offset_j] = small
    return frame[10:38, 10:38]


def shares(start, length, fudge=0.99):
    """The new pixels that an old one falls on, and how much of each it covers; 0.99 as in the original."""
    end = start + fudge * length
    first, last = math.floor(start + 1e-11), math.ceil(end - 1e-11) - 1
    if first == last:
        return [(first, length)]
    return [(first, min(1, first + 1 - start)), (last, min(1, end - last))]


def test_it_is_qmnists_reconstruction_to_within_a_few_levels():
    """As near as QMNIST comes to MNIST (Yadav & Bottou 2019): 3 levels, and 0.2% of digits a pixel aside."""
    nearest, aside = [], 0
    for seed in range(60):
        page = draw_strokes(random_strokes(seed), side=128) > 127
        ours, theirs = to_digit(page * np.uint8(255), ["breadth"]).digit, qmnist(page.astype(float))
        shifts = {s: np.abs(np.roll(ours, s, axis=(0, 1)) - theirs).max() for s in NEIGHBOURS}
        nearest.append(min(shifts.values()))
        aside += min(shifts, key=shifts.get) != (0, 0)
    assert aside <= 1  # a centre of mass within a thousandth of a pixel's border
    assert np.mean(np.array(nearest) <= 3) > 0.97
    assert max(nearest) <= 5


def test_minis_digits_come_back_nearly_unchanged():
    images = load_digits("mini", "validation").images
    again = np.stack([to_digit(image).digit for image in images])
    changes = np.abs(again.astype(int) - images).reshape(len(images), -1)
    assert (changes.max(axis=1) <= 1).mean() > 0.99
    assert changes.mean() < 0.05


@pytest.mark.parametrize("resampling", [Resampling.NEAREST, Resampling.BILINEAR, Resampling.BICUBIC])
@pytest.mark.parametrize("times", [3, 10])
@pytest.mark.parametrize("invert", [False, True])
def test_enlarged_digits_come_back_softer_and_no_more(resampling, times, invert):
    changes = []
    for image in load_digits("mini", "validation").images[::20]:
        large = np.asarray(Image.fromarray(image).resize((28 * times,) * 2, resampling))
        digit = to_digit(255 - large if invert else large).digit.astype(int)
        changes.append(np.abs(digit - image).mean())
    assert np.median(changes) < 8  # of a mean level of 33; half of that is the softening itself
    assert np.max(changes) < 26


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("thickness", [2, 6, 20, 35])
def test_the_longest_side_is_20_px_and_the_centre_of_mass_in_the_middle(seed, thickness):
    drawing = [Stroke(stroke.points, thickness) for stroke in random_strokes(seed)]
    digit = to_digit(draw_strokes(drawing)).digit
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (20, 19)  # 19 where an end covers less than half a level
    for place, inked in zip(ndimage.center_of_mass(digit), (rows, columns), strict=True):
        at_the_edge = inked[0] == 0 or inked[-1] == DIGIT_SIDE - 1
        assert at_the_edge or 13.5 < place <= 14.5
    assert digit.max() == 255


def overlap(start, length, cells, pixels):
    """How much of each cell each pixel covers, from the four ends of two intervals."""
    weights = np.zeros((cells, pixels))
    for cell, pixel in itertools.product(range(cells), range(pixels)):
        low, high = start + cell * length / cells, start + (cell + 1) * length / cells
        weights[cell, pixel] = max(0, min(high, pixel + 1) - max(low, pixel)) * cells / length
    return weights


@given(npst.arrays(np.uint8, st.tuples(st.integers(1, 50), st.integers(1, 50))))
@settings(max_examples=60, deadline=None)
def test_shrinking_without_cropping_is_the_mean_over_the_area(picture):
    prepared = to_digit(picture, off=NAMES)
    if prepared.digit is None:
        return
    height, width = picture.shape
    side = max(height, width)
    rows = overlap((height - side) // 2, side, 28, height)
    columns = overlap((width - side) // 2, side, 28, width)
    assert np.abs(prepared.digit - rows @ picture @ columns.T).max() <= 0.51


def test_the_steps_have_titles_and_one_sentence_each():
    assert NAMES == ["ink", "breadth", "crop", "contrast", "centre"]
    assert [step.name for step in STEPS if step.for_photographs] == ["light", "rules", "strokes"]
    for step in (PICTURE, *STEPS):
        assert step.title[0].isupper()
        assert step.explanation.endswith(".")
        assert step.explanation.count(". ") == 0
        assert len(step.explanation) < 200


def test_the_steps_show_the_way_from_the_picture_to_the_digit():
    page = 255 - SEVEN
    prepared = to_digit(page)
    assert [step.name for step in prepared.steps] == ["picture", *NAMES]
    assert [step.image.shape for step in prepared.steps] == [
        (280, 280),
        (280, 280),
        (280, 280),
        (20, 20),
        (20, 20),
        (28, 28),
    ]
    assert all(step.image.dtype == np.uint8 for step in prepared.steps)
    np.testing.assert_array_equal(prepared.steps[0].image, page)
    np.testing.assert_array_equal(prepared.steps[1].image, SEVEN)
    np.testing.assert_array_equal(prepared.steps[-1].image, prepared.digit)
    assert prepared.problem is None


PICTURES = {
    "a drawing": SEVEN,
    "a page": 255 - SEVEN,
    "a digit of MNIST's size": to_digit(SEVEN).digit,
    "its ink alone": to_digit(SEVEN).digit[5:20, 6:20],
    "a wide sheet": np.pad(SEVEN, ((0, 0), (900, 300))),
    "one row": np.repeat([0, 255, 0], [100, 9, 3891]).astype(np.uint8)[None],
    "one column": np.repeat([255, 30, 255], [2000, 40, 1960]).astype(np.uint8)[:, None],
}


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize(
    "off", [names for n in range(5) for names in itertools.combinations(NAMES, n)], ids="-".join
)
def test_with_any_steps_off_there_is_a_digit(picture, off):
    prepared = to_digit(picture, off)
    assert prepared.digit.shape == (28, 28)
    assert prepared.digit.dtype == np.uint8
    assert [step.on for step in prepared.steps] == [True, *(name not in off for name in NAMES)]


def test_without_ink_the_paper_of_a_page_stays_bright():
    assert to_digit(255 - SEVEN, ["ink"]).digit.mean() > 100
    np.testing.assert_array_equal(to_digit(SEVEN, ["ink"]).digit, to_digit(SEVEN).digit)


def test_without_cropping_a_small_digit_stays_small():
    rows, columns = np.nonzero(to_digit(SEVEN, ["crop"]).digit)
    assert np.ptp(rows) + 1 in (14, 15)  # 136 of 280 px
    assert np.ptp(columns) + 1 in (9, 10, 11)


def test_without_contrast_a_thin_line_stays_pale():
    thin = draw_strokes([Stroke(((140.0, 40.0), (100.0, 240.0)), 2)])
    assert to_digit(thin, ["contrast"]).digit.max() < 80
    assert to_digit(thin).digit.max() == 255


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_without_centring_a_digit_in_a_corner_stays_there(row, column):
    corner = np.zeros((400, 400), np.uint8)
    top, left = (210 if row else 10), (250 if column else 10)
    corner[top : top + 180, left : left + 140] = SEVEN[30:210, 30:170]
    digit = to_digit(corner, ["centre"]).digit
    for axis, far in enumerate((row, column)):
        inked = np.flatnonzero(digit.any(axis=1 - axis))
        assert (28 - inked[-1] if far else inked[0]) <= 3
    assert digit.sum() == to_digit(corner).digit.sum()  # moved, not cut


def test_without_centring_a_digit_in_mnists_place_keeps_it():
    for image in load_digits("mini", "validation").images[::50]:
        digit = to_digit(image, ["centre", "contrast"]).digit
        assert np.abs(digit.astype(int) - image).max() <= 1


def test_a_place_on_the_canvas_does_not_matter():
    digit = to_digit(SEVEN).digit
    for shift in ((-40, 0), (60, 90), (0, 33)):
        np.testing.assert_array_equal(to_digit(np.roll(SEVEN, shift, axis=(0, 1))).digit, digit)


def test_size_hardly_matters():
    digit = to_digit(SEVEN).digit.astype(int)
    for side in (140, 400, 1000):
        other = to_digit(np.asarray(Image.fromarray(SEVEN).resize((side, side), Resampling.BOX)))
        shifted = [np.roll(digit, shift, axis=(0, 1)) for shift in NEIGHBOURS]
        assert min(np.abs(other.digit - near).mean() for near in shifted) < 6


def test_nothing_to_read_gives_the_reason_and_the_steps_so_far():
    prepared = to_digit(np.full((280, 280, 4), 255, np.uint8))
    assert prepared.digit is None
    assert "nothing to read" in prepared.problem
    assert [step.name for step in prepared.steps] == ["picture", "ink"]
    assert to_digit(np.zeros((1, 1), np.uint8), NAMES).digit is None


def test_an_unknown_step_is_named():
    with pytest.raises(ValueError, match=r"no step is called \['center'\]; there are"):
        to_digit(SEVEN, ["center"])


@given(
    npst.arrays(np.uint8, npst.array_shapes(min_dims=2, max_dims=2, max_side=30)),
    st.sets(st.sampled_from(NAMES)),
)
@settings(max_examples=200, deadline=None)
def test_whatever_the_picture_there_is_a_digit_or_a_reason(picture, off):
    prepared = to_digit(picture, off)
    assert (prepared.digit is None) == (prepared.problem is not None)
    if prepared.digit is not None:
        assert prepared.digit.shape == (28, 28)
