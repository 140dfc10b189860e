"""Picture files that are too large: refused from their headers, before a pixel is decoded."""

import struct
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from test_pictures import PAGE, png, save

from model.pictures import OversizedPictureError, PictureError, open_picture


def huge(form, width, height):
    """A small picture whose header speaks of a large one."""
    if form == "PNG":
        return png(width, height, bytes(100_000))
    data = bytearray(save(Image.fromarray(PAGE).convert("RGB"), form, lossless=True))
    if form == "JPEG":
        start = data.index(b"\xff\xc0")
        data[start + 5 : start + 9] = struct.pack(">HH", height, width)
    elif form == "BMP":
        data[18:26] = struct.pack("<ii", width, height)
    elif form == "GIF":
        data[6:10] = struct.pack("<HH", width, height)
        start = data.index(b"\x2c\0\0\0\0") + 5
        data[start : start + 4] = struct.pack("<HH", width, height)
    else:
        bits = int.from_bytes(data[21:25], "little") >> 28
        data[21:25] = ((width - 1) | (height - 1) << 14 | bits << 28).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize("size", [(4097, 4097), (10_000, 10_000), (16_383, 16_383)], ids=str)
@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "WEBP", "GIF"])
def test_a_decompression_bomb_is_refused_from_its_header(form, size):
    data = huge(form, *size)
    tracemalloc.start()
    try:
        with pytest.raises(OversizedPictureError, match="16 megapixels"):
            open_picture(data, "bomb")
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_png_of_two_thousand_million_pixels_a_side():
    with pytest.raises(PictureError):
        open_picture(png(2**31 - 1, 2**31 - 1, b""), "bomb")


def test_too_many_bytes(tmp_path):
    path = tmp_path / "large.bmp"
    with path.open("wb") as file:
        file.truncate(200_000_000)  # a hole: it takes no room
    with pytest.raises(OversizedPictureError, match=r"large\.bmp has 200 MB; a picture may have up to 80"):
        open_picture(path)


def test_a_webp_that_would_take_too_much_memory():
    quiet = Image.fromarray(np.full((4000, 4000), 255, np.uint8)).convert("RGB")
    data = save(quiet, "WEBP", lossless=True, method=0)
    with pytest.raises(OversizedPictureError, match="too large for a WebP"):
        open_picture(data + bytes(30_000_000))


def test_a_side_that_is_too_long():
    with pytest.raises(OversizedPictureError, match=r"30,000 × 2 pixels; a side may have up to 20,000"):
        open_picture(save(Image.new("L", (30_000, 2)), "PNG"), "thread")
