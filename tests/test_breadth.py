"""The breadth of strokes: measured against what was drawn, broadened, narrowed, left alone."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from benchmarks.handwriting import STROKES
from model.breadth import (
    BROADEST,
    LEAST_SIDE,
    NARROWED,
    SOLID_LEVEL,
    THINNEST,
    narrow,
    strengthen,
    usual_breadth,
)
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.preprocessing import to_digit
from model.strokes import Stroke, draw_strokes

SIDE = 400  # px


def drawn(digit, width, side=SIDE):
    """A digit as pen strokes: uint8 (side, side), ink bright on black."""
    return draw_strokes([Stroke(tuple(points), width) for points in STROKES[digit]], side)


def longest(ink):
    rows, columns = np.nonzero(ink > 127)
    return max(np.ptp(rows), np.ptp(columns)) + 1


def breadth(mask):
    """A stroke's breadth, independent of the module's own measures: area over half the rim's pixels."""
    rim = mask & ~ndimage.binary_erosion(mask)
    return 2 * mask.sum() / rim.sum()


def bar(length, broad, degrees):
    """A straight bar: bool (SIDE, SIDE)."""
    rows, columns = np.indices((SIDE, SIDE)) - SIDE / 2
    along = np.cos(np.radians(degrees)) * columns + np.sin(np.radians(degrees)) * rows
    across = np.cos(np.radians(degrees)) * rows - np.sin(np.radians(degrees)) * columns
    return (np.abs(along) < length / 2) & (np.abs(across) < broad / 2)


@pytest.mark.parametrize("broad", [6, 12, 24, 40])
def test_the_breadth_of_a_bar_is_known(broad):
    found = [usual_breadth(bar(300, broad, degrees)) for degrees in range(0, 180, 15)]
    assert np.mean(found) == pytest.approx(broad, rel=0.12)
    assert max(found) < 1.45 * min(found)  # borders between pixels run up and across: up to √2 too long


@pytest.mark.parametrize("width", [3, 6, 10])
def test_thin_strokes_become_as_broad_as_mnists(width):
    ink = drawn(2, width)
    assert breadth(ink > 127) < THINNEST * longest(ink)
    assert breadth(strengthen(ink) > 127) == pytest.approx(THINNEST * longest(ink), rel=0.2)


def test_broad_strokes_are_not_made_broader():
    ink = drawn(2, 30)
    assert np.abs(strengthen(ink).astype(int) - ink).mean() < 3


def test_pale_strokes_become_solid():
    ink = (drawn(2, 20) * np.linspace(0.6, 1, SIDE)[:, None]).astype(np.uint8)
    assert (strengthen(ink)[drawn(2, 20) == 255] == 255).all()


@pytest.mark.parametrize("digit", range(10))
def test_too_broad_strokes_become_narrower_and_stay_in_one_piece(digit):
    ink = drawn(digit, 70)
    assert breadth(ink > 127) > BROADEST * longest(ink)
    narrowed = narrow(ink)
    assert breadth(narrowed > 127) < 0.8 * breadth(ink > 127)
    assert breadth(narrowed > 127) > 0.6 * NARROWED * longest(ink)
    assert ndimage.label(narrowed > 127, np.ones((3, 3)))[1] == ndimage.label(ink > 127, np.ones((3, 3)))[1]
    assert (narrowed <= ink).all()  # nothing is written that was not there


@pytest.mark.parametrize("width", [4, 14, 30])
def test_strokes_that_are_narrow_enough_stay_as_they_are(width):
    ink = drawn(3, width)
    assert narrow(ink) is ink


def enlarged(image):
    return np.asarray(Image.fromarray(image).resize((280, 280), Image.Resampling.BICUBIC))


def test_most_of_mnists_digits_keep_their_strokes():
    """A picture of 28 pixels has none to give away; enlarged, few are broader than they should be."""
    images = load_digits("mini", "validation").images
    assert all(narrow(image) is image for image in images[::10])
    shares = [
        usual_breadth(each > SOLID_LEVEL * each.max()) / longest(each) for each in map(enlarged, images)
    ]
    assert np.mean(np.array(shares) > THINNEST) == pytest.approx(2 / 3, abs=0.05)
    assert np.mean(np.array(shares) < BROADEST) == pytest.approx(0.96, abs=0.02)
    assert sum(narrow(each) is not each for each in map(enlarged, images)) <= 0.05 * len(images)


def test_strokes_that_would_break_keep_their_breadth():
    """Two broad bars that a hair-line joins are one piece, and would be two."""
    ink = bar(160, 70, 90) * np.uint8(255)
    joined = np.maximum(np.roll(ink, -80, axis=1), np.roll(ink, 80, axis=1))
    joined[SIDE // 2 - 3 : SIDE // 2 + 3, 120:280] = 255
    assert usual_breadth(joined > 127) > BROADEST * longest(joined) > BROADEST * LEAST_SIDE
    assert narrow(joined) is joined


def test_a_broad_pen_is_read_as_a_fine_one():
    """The very same strokes, drawn ever broader: what `classic` reads stays the digit."""
    network = load_checkpoint("classic").network
    pictures = [255 - drawn(digit, 70) for digit in range(10)]

    def right(off):
        digits = np.stack([to_digit(picture, off, is_drawing=True).digit for picture in pictures])
        return int((network.probabilities(digits).argmax(axis=1) == np.arange(10)).sum())

    assert right(()) >= right(("breadth",)) + 1
