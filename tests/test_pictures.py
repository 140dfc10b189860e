"""Picture files: every kind that is read and every kind that is refused, each by name."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from benchmarks.rendered_paper import HELD
from model.pictures import (
    KEPT_PIXELS,
    EmptyPictureError,
    PictureError,
    TruncatedPictureError,
    UnreadablePictureError,
    UnsupportedPictureError,
    open_picture,
)
from model.preprocessing import to_digit
from model.strokes import Stroke, draw_strokes

INK = draw_strokes(
    [Stroke(((70.0, 60.0), (140.0, 55.0), (210.0, 60.0), (205.0, 75.0), (160.0, 150.0), (120.0, 230.0)))]
)
PAGE = 255 - INK  # dark on light
DIGIT = to_digit(PAGE).digit


def save(image, form, **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, rows, depth=8, colour=0):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def in_mode(mode):
    """The page as a PNG in one of Pillow's modes."""
    page = Image.fromarray(PAGE)
    if mode == "I;16":
        return save(Image.fromarray(PAGE.astype(np.uint16) * 257), "PNG")
    if mode == "P":
        return save(page.convert("RGB").quantize(32), "PNG")
    return save(page.convert(mode), "PNG")


def same_digit(pixels, at_most=1.0):
    """Whether a picture is read as the very digit, but for what compression does to it.

    The centre of mass may come to lie beyond a pixel's border: then the digit is one pixel aside.
    """
    digit = to_digit(pixels).digit.astype(int)
    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return min(np.abs(np.roll(digit, shift, axis=(0, 1)) - DIGIT).mean() for shift in shifts) <= at_most


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("PNG", {"optimize": True}),
        ("BMP", {}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
    ],
)
def test_formats_without_loss_give_the_page_exactly(form, options):
    np.testing.assert_array_equal(open_picture(save(Image.fromarray(PAGE), form, **options)), PAGE)


@pytest.mark.parametrize("options", [{"quality": 90}, {"quality": 40}, {"quality": 90, "progressive": True}])
@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_formats_with_loss_give_nearly_the_page(form, options):
    pixels = open_picture(save(Image.fromarray(PAGE).convert("RGB"), form, **options))
    assert np.abs(pixels.astype(int) - PAGE).mean() < 3
    assert same_digit(pixels, at_most=8)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "I;16"])
def test_every_mode_of_a_png_gives_the_page(mode):
    np.testing.assert_array_equal(open_picture(in_mode(mode)), PAGE)


def test_one_bit():
    pixels = open_picture(in_mode("1"))
    assert set(np.unique(pixels)) == {0, 255}
    assert same_digit(pixels, at_most=6)


def test_a_palette():
    assert np.abs(open_picture(in_mode("P")).astype(int) - PAGE).max() <= 12


def test_a_palette_with_transparency():
    drawing = Image.fromarray(INK).point(lambda level: level // 128).convert("P")
    drawing.putpalette([255, 255, 255, 20, 20, 20])
    pixels = open_picture(save(drawing, "PNG", transparency=0))
    assert pixels.shape == (280, 280, 4)
    np.testing.assert_array_equal(pixels[..., 3] > 0, INK >= 128)
    np.testing.assert_array_equal(open_picture(save(drawing, "GIF", transparency=0)), pixels)
    assert same_digit(pixels, at_most=6)


def test_a_palette_with_partly_transparent_colours():
    drawing = Image.fromarray(INK // 16).convert("P")
    drawing.putpalette([0, 0, 0] * 16)
    pixels = open_picture(save(drawing, "PNG", transparency=bytes(17 * level for level in range(16))))
    np.testing.assert_array_equal(pixels[..., 3], INK // 16 * 17)
    assert same_digit(pixels, at_most=4)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_colour_that_stands_for_transparent(mode):
    white = 255 if mode == "L" else (255, 255, 255)
    pixels = open_picture(save(Image.fromarray(PAGE).convert(mode), "PNG", transparency=white))
    np.testing.assert_array_equal(pixels[..., 3] == 0, PAGE == 255)
    assert to_digit(pixels).problem is None


@pytest.mark.parametrize("levels", [256, 1024, 4096, 65536], ids=["8 bits", "10 bits", "12 bits", "16 bits"])
def test_sixteen_bits_however_many_are_used(levels):
    deep = (PAGE.astype(np.uint32) * (levels // 256) + levels // 256 - 1).astype(np.uint16)
    np.testing.assert_array_equal(open_picture(save(Image.fromarray(deep), "PNG")), PAGE)


def test_sixteen_bits_and_colour():
    rows = b"".join(b"\0" + np.repeat(row.astype(">u2") * 257, 3).tobytes() for row in PAGE)
    np.testing.assert_array_equal(open_picture(png(280, 280, rows, depth=16, colour=2)), PAGE)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "WEBP"])
def test_colours_stay_and_a_grey_picture_is_grey(form):
    tinted = np.repeat(PAGE[..., None], 3, axis=2)
    tinted[INK > 0] = (30, 40, 160)
    assert open_picture(save(Image.fromarray(tinted), form)).shape == (280, 280, 3)
    grey = np.repeat(PAGE[..., None], 3, axis=2)
    assert open_picture(save(Image.fromarray(grey), form)).shape == (280, 280)


def test_cmyk():
    pixels = open_picture(save(Image.fromarray(PAGE).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(pixels.astype(int) - PAGE).mean() < 2
    assert same_digit(pixels, at_most=6)


@pytest.mark.parametrize("colour", [0, 255, 90], ids=["black", "white", "grey"])
@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_ink_in_the_alpha_channel_alone(colour, form):
    pixels = np.full((280, 280, 4), colour, np.uint8)
    pixels[..., 3] = INK
    # exact: WebP keeps the colour of what is wholly transparent
    opened = open_picture(save(Image.fromarray(pixels), form, lossless=True, exact=True))
    np.testing.assert_array_equal(opened, pixels)
    assert same_digit(opened)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_exif_rotation_is_undone(form, orientation):
    upright = Image.fromarray(np.repeat(PAGE[:200, :, None], 3, axis=2))
    stored = upright.transpose(HELD[orientation]) if orientation in HELD else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = open_picture(save(stored, form, quality=95, exif=exif.tobytes()))
    assert pixels.shape == (200, 280)
    assert np.abs(pixels.astype(int) - PAGE[:200]).mean() < 3


@pytest.mark.parametrize(
    "exif",
    [b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\x09\0" + b"\x12\x01" * 30],
)
def test_damaged_exif_data_are_no_obstacle(exif):
    pixels = open_picture(save(Image.fromarray(PAGE), "JPEG", quality=95, exif=exif))
    assert np.abs(pixels.astype(int) - PAGE).mean() < 2


def test_the_first_frame_of_a_moving_gif():
    other = Image.fromarray(np.flipud(PAGE))
    moving = save(Image.fromarray(PAGE), "GIF", save_all=True, append_images=[other, other])
    np.testing.assert_array_equal(open_picture(moving), PAGE)


def test_the_first_frame_of_a_moving_webp():
    other = Image.fromarray(np.flipud(PAGE)).convert("RGB")
    moving = save(
        Image.fromarray(PAGE).convert("RGB"), "WEBP", save_all=True, append_images=[other], lossless=True
    )
    np.testing.assert_array_equal(open_picture(moving), PAGE)


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (4000, 1), (3, 2), (2000, 17)])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "WEBP", "GIF"])
def test_any_size_and_aspect(form, size):
    width, height = size
    image = Image.fromarray(np.full((height, width), 200, np.uint8)).convert("RGB")
    pixels = open_picture(save(image, form))
    assert pixels.shape == (height, width)
    assert np.abs(pixels.astype(int) - 200).max() <= 3


@pytest.mark.parametrize(
    ("form", "mode"),
    [("PNG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("JPEG", "RGB"), ("GIF", "L"), ("BMP", "RGB")],
)
def test_a_large_picture_is_shrunk_and_still_the_digit(form, mode):
    large = Image.fromarray(PAGE).resize((4000, 4000), Image.Resampling.BICUBIC)
    if mode == "RGBA":
        large.putalpha(Image.linear_gradient("L").resize(large.size).point(lambda level: 255 - level // 9))
    pixels = open_picture(save(large.convert(mode), form, compress_level=1))
    assert pixels.shape[:2] == (1000, 1000)
    assert pixels.shape[0] * pixels.shape[1] >= KEPT_PIXELS
    assert same_digit(pixels, at_most=4)


def test_shrinking_averages_what_is_transparent_rightly():
    """A transparent pixel's own colour must not bleed into its neighbours."""
    pixels = np.zeros((2048, 2048, 4), np.uint8)
    pixels[..., :3] = 255
    pixels[::2, :, :] = (40, 40, 40, 255)
    opened = open_picture(save(Image.fromarray(pixels), "PNG", compress_level=1))
    assert opened.shape == (1024, 1024, 4)
    assert np.abs(opened.astype(int) - (40, 40, 40, 128)).max() <= 1


def test_a_path_is_opened_like_its_content(tmp_path):
    path = tmp_path / "seven.png"
    path.write_bytes(in_mode("L"))
    np.testing.assert_array_equal(open_picture(path), open_picture(path.read_bytes()))
    assert open_picture(path).flags.writeable


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.png").touch()
    with pytest.raises(EmptyPictureError, match=r"empty\.png is empty"):
        open_picture(tmp_path / "empty.png")
    with pytest.raises(EmptyPictureError, match="upload is empty"):
        open_picture(b"", "upload")


def test_a_text_renamed_to_png():
    with pytest.raises(UnsupportedPictureError, match=r"list\.png is no picture, whatever its name says"):
        open_picture(b"milk, eggs, bread\n" * 40, "list.png")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC or AVIF picture"),
        (b"PK\x03\x04" + bytes(60), "an archive or an office document"),
        (b"\x93NUMPY\x01\0", "a NumPy array"),
        (bytes(1000), "no picture"),
    ],
    ids=["PDF", "SVG", "SVG with a declaration", "HEIC", "DOCX", "NPY", "zeros"],
)
def test_a_file_of_another_kind_is_named(data, kind):
    with pytest.raises(UnsupportedPictureError, match=f"{kind}.*Give a PNG, JPEG, BMP, WebP or GIF"):
        open_picture(data, "upload")


@pytest.mark.parametrize("form", ["TIFF", "ICO", "PPM", "TGA", "PCX", "EPS", "DDS"])
def test_formats_that_pillow_knows_but_nobody_needs_are_refused(form):
    with pytest.raises(UnsupportedPictureError):
        open_picture(save(Image.fromarray(PAGE).resize((64, 64)).convert("RGB"), form))


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.97])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "WEBP", "GIF"])
def test_a_truncated_picture(form, share):
    data = save(Image.fromarray(np.random.default_rng(1).integers(0, 256, (90, 90, 3), np.uint8)), form)
    with pytest.raises(TruncatedPictureError, match="upload ends too early"):
        open_picture(data[: int(len(data) * share)], "upload")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF"])
def test_a_damaged_picture(form):
    data = bytearray(save(Image.fromarray(PAGE), form))
    start = len(data) // 2  # headers and palette stay whole
    data[start:-20] = bytes(byte ^ 0x5A for byte in data[start:-20])
    with pytest.raises(UnreadablePictureError, match="upload is damaged"):
        open_picture(bytes(data), "upload")


def test_a_missing_file_and_a_folder(tmp_path):
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(UnreadablePictureError, match="can't be opened"):
            open_picture(path)


SMALL = [
    save(Image.fromarray(PAGE).resize((20, 20)).convert(mode), form)
    for form, mode in [
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("JPEG", "RGB"),
        ("BMP", "L"),
        ("GIF", "P"),
        ("WEBP", "RGBA"),
    ]
]


@given(
    st.sampled_from(SMALL),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    st.floats(0.1, 1),
)
@settings(max_examples=400, deadline=None)
def test_whatever_is_damaged_it_is_a_picture_or_a_picture_error(data, damages, share):
    data = bytearray(data[: int(len(data) * share)])
    for place, byte in damages:
        data[int(place * (len(data) - 1))] = byte
    try:
        pixels = open_picture(bytes(data), "upload")
    except PictureError:
        return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 2 or pixels.shape[2] in (3, 4)


def test_pillows_settings_are_left_alone():
    from PIL import ImageFile

    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    open_picture(in_mode("L"))
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES) == (89_478_485, False)
