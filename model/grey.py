"""What the eye sees of a picture once colour and transparency are gone."""

from __future__ import annotations

import numpy as np
from PIL import Image

from model.ink import find_box, grow
from model.paper import clearest_light, is_photograph

ONE_COLOUR = (
    48  # grey levels: strokes whose brightness varies less are of one colour, give or take a JPEG's noise
)
COLOURED = 24  # grey levels between a pixel's channels: less is a lamp's tint or a JPEG's noise
SHEET_SHARE = 0.8  # of its box: what fills so much is a sheet of paper, not strokes


def to_grey(picture: np.ndarray) -> np.ndarray:
    """Takes colour and transparency out of a picture.

    Where a picture is transparent, its paper has to be guessed. Strokes of one colour: their opacity is the
    picture, dark on white, or bright on black if their colour is light. Several colours that fill a sheet,
    such as a scan with cut corners: the sheet's rim goes on. Any other strokes lie on white, or on black if
    most of them are light. In a coloured photograph the light is chosen in which the ink stands out.

    Args:
        picture: uint8 (height, width), grey; (height, width, 3), RGB; or (height, width, 4), RGBA.

    Returns:
        uint8 (height, width), 0 black, 255 white.

    Raises:
        ValueError: the array isn't a picture.
    """
    channels = picture.shape[2:]
    if picture.dtype != np.uint8 or channels not in ((), (3,), (4,)) or picture.ndim < 2 or not picture.size:
        raise ValueError(
            "a picture is uint8 of shape (height, width), (height, width, 3) or (height, width, 4), "
            f"not {picture.dtype} of shape {picture.shape}"
        )
    if not channels:
        return picture
    grey = np.asarray(Image.fromarray(picture).convert("L"))  # ITU-R 601: 0.299 R + 0.587 G + 0.114 B
    opacity = picture[..., 3] if channels == (4,) else np.full_like(grey, 255)
    if opacity.min() == 255:
        photograph = channels == (3,) and is_photograph(grey) and is_coloured(picture)
        return clearest_light(picture) if photograph else grey
    if not opacity.any():
        return np.full_like(grey, 255)
    visible = opacity > opacity.max() / 2
    levels = grey[visible]
    light = np.median(levels) > 127
    if np.ptp(np.percentile(levels, [2, 98])) < ONE_COLOUR:
        return opacity if light else 255 - opacity
    paper = 0 if light else 255
    top, bottom, left, right = find_box(visible)
    rim = visible & grow(~visible)
    if visible[top:bottom, left:right].mean() > SHEET_SHARE:
        paper = np.median(grey[rim]) if rim.any() else 255
    share = opacity / np.float32(255)
    return (grey * share + paper * (1 - share) + 0.5).astype(np.uint8)


def is_coloured(picture: np.ndarray) -> bool:
    """Whether anything in a picture is of a colour.

    Args:
        picture: uint8 (height, width, 3), RGB.
    """
    step = max(1, max(picture.shape) // 500)  # a sample is enough: a pen's line is broader
    sample = picture[::step, ::step].astype(np.int16)
    return bool((sample.max(axis=2) - sample.min(axis=2)).max() > COLOURED)
