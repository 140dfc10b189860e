"""Opening picture files: what a person gives as an array, within a second and 300 MB, or a plain refusal.

Pillow decodes; what is decided here is what is let in. The size in a file's header is checked before a pixel
is decoded, no format but those in `FORMATS` is tried, and large pictures are shrunk as early as their format
allows.
"""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from model.grey import is_coloured

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF")
MOST_PIXELS = 4096 * 4096  # 16 megapixels
LONGEST_SIDE = 20_000  # px: whoever shrinks a thread of pixels holds many times as many
MOST_BYTES = 80_000_000  # 16 megapixels of four bytes each, uncompressed, and room for a header
MOST_WEBP_BYTES = 280_000_000  # its decoder holds four copies of the picture and three of the file
KEPT_PIXELS = 1_000_000  # a larger picture is shrunk by the whole factor that leaves at least so many
BAND_ROWS = 128  # rows of the shrunk picture that are made at a time

_ORIENTATION = 0x0112  # EXIF's tag for how the camera was held
_TURNS = {  # https://exiftool.org/TagNames/EXIF.html: what undoes each orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_PILLOW = re.compile(r"PIL\.")
_BEGINNINGS = {  # https://en.wikipedia.org/wiki/List_of_file_signatures
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"BM": "BMP",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"<svg": "an SVG drawing",
    b"<?xml": "an SVG drawing or another XML document",
    b"<!DOCTYPE svg": "an SVG drawing",
    b"%PDF": "a PDF document",
    b"%!PS": "a PostScript document",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"8BPS": "a Photoshop picture",
    b"\0\0\1\0": "an icon",
    b"PK\x03\x04": "an archive or an office document",
    b"\x93NUMPY": "a NumPy array",
}

# What Pillow's decoders raise over damaged bytes, as fuzzing found them.
_FAULTS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    struct.error,
    zlib.error,
)


class PictureError(ValueError):
    """A file that can't be taken as a picture; the message says why and what to do, in plain words."""


class EmptyPictureError(PictureError):
    """A file without a single byte."""


class UnsupportedPictureError(PictureError):
    """A file of a kind that isn't read here, whatever its name says."""


class UnreadablePictureError(PictureError):
    """A file that can't be opened, or a picture whose content is damaged."""


class TruncatedPictureError(UnreadablePictureError):
    """A picture that ends too early."""


class OversizedPictureError(PictureError):
    """A file of too many bytes or pixels."""


def open_picture(source: bytes | Path, name: str = "") -> np.ndarray:
    """Opens a picture file: PNG, JPEG, BMP, WebP or GIF (its first frame), of any colour mode.

    It is turned upright as its EXIF data say. 16 bits become 8 (a scanner's 10 or 12 bits are stretched to
    the full range), a picture without colour becomes grey, and pictures of several megapixels are shrunk.

    Args:
        source: the file's content, or where it lies.
        name: what to call it in an error; the file's own name if it is a path.

    Returns:
        uint8 (height, width), grey, 0 black to 255 white; (height, width, 3), RGB, if it has colours; or
        (height, width, 4), RGBA, if part of it is transparent.

    Raises:
        PictureError: the file can't be taken as a picture; which kind of error says why.
    """
    name = name or (source.name if isinstance(source, Path) else "The picture")
    data = _read(source, name)
    _mute_pillow()
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if max(width, height) > LONGEST_SIDE:
                raise OversizedPictureError(
                    f"{name} has {width:,} × {height:,} pixels; a side may have up to {LONGEST_SIDE:,}. "
                    "Cut out what is written."
                )
            if width * height > MOST_PIXELS:
                raise _too_many_pixels(name, f"{width:,} × {height:,}")
            if image.format == "WEBP" and 16 * width * height + 3 * len(data) > MOST_WEBP_BYTES:
                raise OversizedPictureError(
                    f"{name} is too large for a WebP picture. Save it as PNG or JPEG."
                )
            return _to_array(image)
    except Image.DecompressionBombError as error:  # Pillow's own limit, eleven times ours
        raise _too_many_pixels(name, "far too many") from error
    except PictureError:
        raise
    except _FAULTS as error:
        raise _refusal(data, name) from error


def _read(source: bytes | Path, name: str) -> bytes:
    """The file's bytes, if there are any and not too many."""
    try:
        size = source.stat().st_size if isinstance(source, Path) else len(source)
        if size > MOST_BYTES:
            raise OversizedPictureError(
                f"{name} has {size / 1e6:,.0f} MB; a picture may have up to {MOST_BYTES / 1e6:.0f}. "
                "Make it smaller."
            )
        data = source.read_bytes() if isinstance(source, Path) else source
    except OSError as error:
        raise UnreadablePictureError(f"{name} can't be opened: {error.strerror or error}.") from error
    if not data:
        raise EmptyPictureError(f"{name} is empty: there is nothing in the file.")
    return data


def _mute_pillow() -> None:
    """Keeps Pillow's remarks on odd metadata out of the log; what matters in them is checked here.

    The filter stays: `warnings.catch_warnings` would put back what another thread has changed in the
    meantime.
    """
    if ("ignore", None, Warning, _PILLOW, 0) not in warnings.filters:
        warnings.filterwarnings("ignore", module=_PILLOW.pattern)


def _to_array(image: Image.Image) -> np.ndarray:
    """Decodes a picture; grey, RGB if it has colours, or RGBA if part of it is transparent."""
    # A JPEG alone can be decoded at a half, a quarter or an eighth of its size: others take no notice.
    image.draft(None, (image.width // _factor(image), image.height // _factor(image)))
    image.load()
    factor = _factor(image)
    deepest = int(np.asarray(image).max()) if _is_deep(image) else 255
    bands = []  # converted one by one: a large picture is never held twice
    for top in range(0, image.height, factor * BAND_ROWS):
        band = image.crop((0, top, image.width, min(image.height, top + factor * BAND_ROWS)))
        bands.append(np.asarray(_to_eight_bits(band, deepest).reduce(factor)))
    pixels = Image.fromarray(np.concatenate(bands))
    orientation = _read_orientation(image)
    if orientation in _TURNS:
        pixels = pixels.transpose(_TURNS[orientation])
    array = np.array(pixels)
    if array.ndim == 2 or (array.shape[2] == 4 and array[..., 3].min() < 255):
        return array
    return array[..., :3].copy() if is_coloured(array[..., :3]) else np.array(pixels.convert("L"))


def _factor(image: Image.Image) -> int:
    return max(1, math.isqrt(image.width * image.height // KEPT_PIXELS))


def _read_orientation(image: Image.Image) -> int:
    """How the camera was held, 1 to 8; 1, upright, where that can't be read."""
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except _FAULTS:
        return 1  # a picture whose metadata are damaged is still a picture


def _is_deep(image: Image.Image) -> bool:
    """Whether levels are whole numbers of more than eight bits."""
    return image.mode.startswith("I")


def _to_eight_bits(image: Image.Image, deepest: int) -> Image.Image:
    """A picture of any mode as one of mode L, RGB, or RGBA if it has transparency.

    Args:
        image: decoded.
        deepest: the highest level in a picture of more than eight bits: the bits that it takes are the depth.
    """
    if _is_deep(image):
        excess = max(0, deepest.bit_length() - 8)
        return Image.fromarray((np.maximum(np.asarray(image), 0) >> excess).astype(np.uint8))
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _too_many_pixels(name: str, size: str) -> OversizedPictureError:
    return OversizedPictureError(
        f"{name} has {size} pixels; a picture may have up to {MOST_PIXELS:,}, 16 megapixels. Make it smaller."
    )


def _refusal(data: bytes, name: str) -> PictureError:
    """Why bytes that Pillow couldn't decode are no picture."""
    kind = _kind(data)
    if kind in FORMATS:
        if _ends_early(data, kind):
            return TruncatedPictureError(
                f"{name} ends too early: part of the file is missing. Copy or save it again."
            )
        return UnreadablePictureError(f"{name} is damaged: its {kind} data can't be decoded. Save it again.")
    kind = kind or "no picture, whatever its name says"
    return UnsupportedPictureError(f"{name} is {kind}. Give a PNG, JPEG, BMP, WebP or GIF picture.")


def _kind(data: bytes) -> str:
    """What a file is by its first bytes: one of `FORMATS`, or a few words for a person, or "" if unknown."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return "a HEIC or AVIF picture, or a film"
    text = data[:256].removeprefix(b"\xef\xbb\xbf").lstrip()
    for beginning, kind in _BEGINNINGS.items():
        if (text if beginning.startswith(b"<") else data).startswith(beginning):
            return kind
    return ""


def _ends_early(data: bytes, kind: str) -> bool:
    """Whether a file lacks the end that its format prescribes."""
    if kind == "PNG":
        return b"IEND" not in data[-64:]
    if kind == "JPEG":
        return b"\xff\xd9" not in data[-64:]
    if kind == "GIF":
        return not data.rstrip(b"\0").endswith(b";")
    if kind == "BMP":
        return len(data) < int.from_bytes(data[2:6], "little")
    return len(data) < 8 + int.from_bytes(data[4:8], "little")  # WebP
