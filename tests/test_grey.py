"""Colour and transparency taken out of a picture, whatever its strokes and its sheet are like."""

import numpy as np
import pytest
from PIL import Image

from model.grey import to_grey
from model.preprocessing import to_digit
from model.strokes import Stroke, draw_strokes

INK = draw_strokes([Stroke(((80.0, 60.0), (200.0, 60.0), (120.0, 230.0)))])
DIGIT = to_digit(INK).digit


def drawing(colour, opacity=INK):
    """Strokes of one colour on a transparent sheet, whose own colour is black, as a canvas gives it."""
    pixels = np.zeros((*opacity.shape, 4), np.uint8)
    pixels[opacity > 0, :3] = colour
    pixels[..., 3] = opacity
    return pixels


def test_grey_stays_as_it_is():
    assert to_grey(INK) is INK


def test_colour_is_weighed_as_the_eye_does():
    red, green, blue = np.eye(3, dtype=np.uint8) * 255
    grey = to_grey(np.stack([red, green, blue])[None])
    np.testing.assert_allclose(grey[0], [76, 150, 29], atol=1)  # 255 × 0.299, 0.587, 0.114


@pytest.mark.parametrize("colour", [(0, 0, 0), (29, 28, 26), (200, 30, 30), (128, 128, 128), (20, 20, 200)])
def test_dark_strokes_on_a_transparent_sheet_lie_on_white(colour):
    if sum(colour) <= 381:
        np.testing.assert_array_equal(to_grey(drawing(colour)), 255 - INK)
    np.testing.assert_array_equal(to_digit(drawing(colour)).digit, DIGIT)


@pytest.mark.parametrize("colour", [(255, 255, 255), (250, 240, 90), (200, 200, 200)])
def test_light_strokes_on_a_transparent_sheet_lie_on_black(colour):
    np.testing.assert_array_equal(to_grey(drawing(colour)), INK)
    np.testing.assert_array_equal(to_digit(drawing(colour)).digit, DIGIT)


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("channels", [3, 4])
def test_an_opaque_canvas_either_way_round(ink, channels):
    page = np.abs(ink - (255 - INK.astype(int))).astype(np.uint8)
    picture = np.full((280, 280, channels), 255, np.uint8)
    picture[..., :3] = page[..., None]
    np.testing.assert_array_equal(to_grey(picture), page)
    np.testing.assert_array_equal(to_digit(picture).digit, DIGIT)


@pytest.mark.parametrize("ink", [0, 255])
def test_a_white_eraser_leaves_no_ink(ink):
    """Strokes of two colours on a transparent sheet: the paper is the colour that they are not."""
    picture = drawing((ink, ink, ink))
    picture[100:140, 60:100] = (255 - ink, 255 - ink, 255 - ink, 255)
    np.testing.assert_array_equal(to_digit(picture).digit, DIGIT)


@pytest.mark.parametrize("invert", [False, True])
def test_a_card_with_cut_corners_goes_on_in_its_own_colour(invert):
    rows, columns = np.indices(INK.shape)
    card = np.abs(rows - 140) + np.abs(columns - 140) < 235
    page = np.where(card, INK if invert else 255 - INK, 77)
    picture = np.dstack([page, page, page, card * 255]).astype(np.uint8)
    np.testing.assert_array_equal(to_grey(picture), INK if invert else 255 - INK)


def test_a_veil_over_the_whole_sheet_is_white_behind():
    picture = np.dstack([255 - INK] * 3 + [np.full_like(INK, 200)])
    expected = (255 - INK) * (200 / 255) + 255 * (55 / 255)
    assert np.abs(to_grey(picture) - expected).max() <= 1


def test_a_wholly_transparent_picture_is_blank():
    assert to_digit(drawing((0, 0, 0), np.zeros_like(INK))).problem is not None
    assert to_digit(drawing((255, 255, 255), np.zeros_like(INK))).problem is not None


def test_pillow_composes_a_pencils_shades_the_same():
    """Strokes of many shades lie on white."""
    picture = drawing((0, 0, 0))
    picture[:, :, :3] = np.linspace(0, 120, 280).astype(np.uint8)[:, None, None]
    white = Image.new("RGBA", (280, 280), "white")
    expected = Image.alpha_composite(white, Image.fromarray(picture)).convert("L")
    assert np.abs(to_grey(picture).astype(int) - np.asarray(expected)).max() <= 1


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((5, 5), float),
        np.zeros((5, 5), bool),
        np.zeros(5, np.uint8),
        np.zeros((5, 5, 2), np.uint8),
        np.zeros((0, 5), np.uint8),
        np.zeros((1, 5, 5, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused_with_its_shape(picture):
    with pytest.raises(ValueError, match=rf"not {picture.dtype} of shape"):
        to_grey(picture)
