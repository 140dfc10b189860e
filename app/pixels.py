"""Arrays as pictures in a page: PNG data URIs, sheets of many small maps, and the two colour scales.

Ink and amounts are grey, bright on black, as in MNIST. Signed values go from orange (negative) over white to
blue (positive), which every kind of colour vision tells apart; zero is always white.
"""

import base64
import html
import io

import numpy as np
from PIL import Image

# Vermillion and blue of Okabe and Ito (2008), "Color Universal Design", each with a paler step towards white.
NEGATIVE, PALE_NEGATIVE, ZERO, PALE_POSITIVE, POSITIVE = (
    (213, 94, 0),
    (240, 178, 122),
    (255, 255, 255),
    (120, 179, 214),
    (0, 114, 178),
)


def to_uri(pixels: np.ndarray, longest: int = 280) -> str:
    """A picture as the source of an `<img>`.

    Args:
        pixels: uint8 (height, width) grey, or (height, width, 3 or 4).
        longest: px; a picture with a longer side is shrunk to it.
    """
    picture = Image.fromarray(pixels)
    if max(picture.size) > longest:
        picture.thumbnail((longest, longest), Image.Resampling.BOX)
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def to_html(pixels: np.ndarray, alt: str, kind: str = "") -> str:
    """A picture as an `<img>`, shown in the same moment as the text around it.

    Args:
        pixels: as in `to_uri`.
        alt: what it shows, in words; plain text.
        kind: its classes in the style sheet.
    """
    return f'<img class="{kind}" decoding="sync" src="{to_uri(pixels)}" alt="{html.escape(alt)}">'


def sheet(maps: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Many small maps side by side in one picture, each from its own least to its own greatest value.

    Args:
        maps: float (height, width, n), n ≥ 1.
        columns: maps in a row.
        gap: transparent px between them.

    Returns:
        uint8 (rows, columns, 4): grey with transparency.
    """
    height, width, count = maps.shape
    low, high = maps.min(axis=(0, 1)), maps.max(axis=(0, 1))
    grey = np.rint((maps - low) / np.where(high > low, high - low, 1) * 255).astype(np.uint8)
    rows = -(-count // columns)
    picture = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4), np.uint8)
    for place in range(count):
        top, left = (place // columns) * (height + gap), (place % columns) * (width + gap)
        tile = picture[top : top + height, left : left + width]
        tile[..., :3], tile[..., 3] = grey[..., place, None], 255
    return picture


def signed_colours(values: np.ndarray, most: float) -> np.ndarray:
    """Signed values as colours: orange below zero, white at it, blue above.

    Args:
        values: float, any shape.
        most: the value that gets the fullest colour, positive.

    Returns:
        uint8, the same shape with a last axis of 3.
    """
    stops = np.array([NEGATIVE, PALE_NEGATIVE, ZERO, PALE_POSITIVE, POSITIVE], float)
    at = np.clip(np.asarray(values, float) / most, -1, 1)
    channels = [np.interp(at, np.linspace(-1, 1, len(stops)), channel) for channel in stops.T]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def heat_over_ink(falls: np.ndarray, digit: np.ndarray, most: float, scale: int = 10) -> np.ndarray:
    """A signed map with the digit's ink over it, dark, so that both can be seen.

    Args:
        falls: float (28, 28).
        digit: uint8 (28, 28), ink bright on black.
        most: as in `signed_colours`.
        scale: px for each cell.

    Returns:
        uint8 (28 · scale, 28 · scale, 3).
    """
    colours = signed_colours(falls, most).astype(float)
    ink = digit[..., None] / 255 * 0.62  # the colour must still show through full ink
    cells = np.rint(colours * (1 - ink)).astype(np.uint8)
    return cells.repeat(scale, axis=0).repeat(scale, axis=1)
