"""What changes the strength of the ink, each against SciPy, Pillow or a sum written out."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy import ndimage

from model.augmentation.inking import blur, cut_out, set_contrast, thicken

CROSS = ndimage.generate_binary_structure(2, 1)


@pytest.fixture(scope="module")
def ink():
    """Digits full of ink up to the edge, float32 (9, 28, 28)."""
    noise = np.random.default_rng(3).uniform(0, 255, (9, 28, 28))
    return np.rint(ndimage.uniform_filter(noise, (0, 2, 2))).astype(np.float32)


def each(value):
    return np.full(9, value, np.float32)


@pytest.mark.parametrize("cells", [2, 4, -2, -6])
def test_whole_cells_of_thickness_are_scipys_grey_morphology(ink, cells):
    disc = ndimage.iterate_structure(CROSS, abs(cells) // 2)
    grey, outside = (ndimage.grey_dilation, 0) if cells > 0 else (ndimage.grey_erosion, 255)
    for ours, digit in zip(thicken(ink, each(cells)), ink, strict=True):
        theirs = grey(digit, footprint=disc, mode="constant", cval=outside)
        np.testing.assert_array_equal(ours, theirs)


def test_between_two_thicknesses_it_is_the_line_between_them(ink):
    cells = np.array([0.5, -0.5, 3, -3, 0, 1, 2.5, -1, -2.5], np.float32)
    ours = thicken(ink, cells)
    for place, amount in enumerate(cells):
        low, high = 2 * np.floor(amount / 2), 2 * np.ceil(amount / 2)
        share = (amount - low) / 2
        ends = [thicken(ink[place : place + 1], np.float32([end]))[0] for end in (low, high)]
        np.testing.assert_allclose(ours[place], ends[0] * (1 - share) + ends[1] * share, atol=1e-3)


def test_a_stroke_becomes_as_much_thicker_as_is_said():
    stroke = np.zeros((1, 28, 28), np.float32)
    stroke[:, 4:24, 12:15] = 255
    for cells in (-1.5, -1, 0.5, 1, 2, 3):
        width = thicken(stroke, np.float32([cells]))[0, 14].sum() / 255
        assert width == pytest.approx(3 + cells)


@pytest.mark.parametrize("cells", [0.4, 1.0, 2.5])
def test_blur_is_scipys_gaussian(ink, cells):
    for ours, digit in zip(blur(ink, each(cells)), ink, strict=True):
        theirs = ndimage.gaussian_filter(digit.astype(float), cells, mode="constant", truncate=10)
        np.testing.assert_allclose(ours, theirs, atol=0.01)


@pytest.mark.parametrize("factor", [0.3, 0.8, 1.5])
def test_contrast_is_pillows_to_a_grey_level(ink, factor):
    ours = np.clip(set_contrast(ink, each(factor)), 0, 255)
    for changed, digit in zip(ours, ink, strict=True):
        picture = Image.fromarray(digit.astype(np.uint8))
        theirs = np.asarray(ImageEnhance.Contrast(picture).enhance(factor))
        np.testing.assert_allclose(changed, theirs, atol=1.5)  # it rounds the mean, and down at the end


def test_a_square_is_cut_out_and_its_edge_by_shares(ink):
    cut = cut_out(ink, each(6), each(9.5), each(19.5))
    expected = ink.copy()
    expected[:, 17:23, 7:13] = 0
    np.testing.assert_array_equal(cut, expected)
    over = cut_out(ink, each(3), each(0), each(27))  # in a corner, most of it outside
    expected = ink.copy()
    expected[:, 26:, :2] = 0
    np.testing.assert_array_equal(over, expected)
    share = 1 - cut_out(np.ones_like(ink), each(2.5), each(10.2), each(4.9))
    assert share.sum(axis=(1, 2)) == pytest.approx(2.5**2)
    rows = (share * np.arange(28)[:, None]).sum(axis=(1, 2)) / 2.5**2
    columns = (share * np.arange(28)).sum(axis=(1, 2)) / 2.5**2
    assert (rows, columns) == (pytest.approx(4.9, abs=0.05), pytest.approx(10.2, abs=0.05))


def test_each_digit_has_its_own_strength_and_none_leaves_it_exactly(ink):
    strengths = np.float32([0, 1, 2, 0, 0.5, 3, 0, 1.5, 0])
    nothing = strengths == 0
    for change in (
        thicken,
        lambda ink, strengths: thicken(ink, -strengths),
        blur,
        lambda ink, strengths: set_contrast(ink, np.exp(strengths)),
        lambda ink, strengths: cut_out(ink, strengths, each(10), each(10)),
    ):
        changed = change(ink, strengths)
        assert changed.dtype == np.float32
        np.testing.assert_array_equal(changed[nothing], ink[nothing])
        for place in np.flatnonzero(~nothing):
            alone = change(np.repeat(ink[place : place + 1], 9, axis=0), each(strengths[place]))[0]
            np.testing.assert_allclose(changed[place], alone, atol=1e-3)
            assert np.abs(changed[place] - ink[place]).max() > 1
