"""Pictures of what is no digit, made by code: letters, scribbles, shapes, textures, blank ones.

In a digit's form: 28×28, ink bright on black, about as much of it as a digit has, in the middle. Letters and
shapes that a person could take for a digit (O, l, S, a circle, a stroke) are left out; of scribbles some few
may look like one by chance.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from model.augmentation.changes import Changes, apply_changes
from model.augmentation.places import CENTRE, SIDE

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

LETTERS = "ACEFHKMNPRUVWXYaefhkmnrvwx"
_FINE = 8  # drawn this many times larger than it will be: its edges are then grey where they cross a cell
_LETTER_SIZE = 21  # cells from the top of the tallest to the foot of the deepest letter
_TURNED_DEGREES, _SLANTED_DEGREES = 15.0, 15.0  # at most, as hands do it
_PEN = 2.5  # cells: the width of a stroke in MNIST, about
_CORNERS = 8  # of a scribble: with fewer, many look like a digit
_SHAPES: Mapping[str, tuple[tuple[tuple[float, float], ...], ...]] = {  # strokes through points, −1 to 1
    "triangle": (((-1, 0.8), (1, 0.8), (0, -1), (-1, 0.8)),),
    "square": (((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9), (-0.9, -0.9)),),
    "star": (((-0.6, 0.9), (0, -1), (0.6, 0.9), (-1, -0.2), (1, -0.2), (-0.6, 0.9)),),
    "plus": (((0, -1), (0, 1)), ((-1, 0), (1, 0))),
    "arrow": (((-1, 0), (1, 0)), ((0.3, -0.6), (1, 0), (0.3, 0.6))),
    "house": (((-0.8, 1), (-0.8, -0.2), (0, -1), (0.8, -0.2), (0.8, 1), (-0.8, 1)),),
    "hourglass": (((-0.8, -1), (0.8, -1), (-0.8, 1), (0.8, 1), (-0.8, -1)),),
    "fence": (((-0.8, -0.9), (-0.8, 0.9)), ((0, -0.9), (0, 0.9)), ((0.8, -0.9), (0.8, 0.9))),
    "lattice": (
        *((((-0.5, -1), (-0.5, 1)), ((0.5, -1), (0.5, 1)))),
        *((((-1, -0.5), (1, -0.5)), ((-1, 0.5), (1, 0.5)))),
    ),
    "smile": (
        *((((-0.6, -0.7), (-0.6, -0.5)), ((0.6, -0.7), (0.6, -0.5)))),
        ((-0.9, 0.2), (-0.5, 0.7), (0, 0.85), (0.5, 0.7), (0.9, 0.2)),
    ),
}
_Draw = Callable[[np.random.Generator], np.ndarray]


def strangers(kind: str, count: int, seed: int = 0) -> np.ndarray:
    """Make pictures of one kind.

    Args:
        kind: one of ``KINDS``.
        count: how many.
        seed: the i-th comes of seed + i.

    Returns:
        uint8 (count, 28, 28).

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"a kind is one of {', '.join(KINDS)}, not {kind!r}")
    draw = KINDS[kind]
    pictures = [draw(np.random.default_rng(number)) for number in range(seed, seed + count)]
    return np.stack(pictures) if pictures else np.zeros((0, SIDE, SIDE), np.uint8)


@functools.cache
def _font() -> "FreeTypeFont | ImageFont":
    from PIL.ImageFont import load_default

    return load_default(_LETTER_SIZE * _FINE)


def _letter(random: np.random.Generator) -> np.ndarray:
    from PIL import Image, ImageDraw  # not needed to start the dashboard

    canvas = Image.new("L", (SIDE * _FINE, SIDE * _FINE))
    letter = LETTERS[random.integers(len(LETTERS))]
    middle = ((SIDE * _FINE) / 2,) * 2
    width = int(random.integers(_FINE // 2))  # built-in letters are thin; pens differ
    ImageDraw.Draw(canvas).text(middle, letter, 255, _font(), "mm", stroke_width=width)
    return _as_by_hand(np.asarray(canvas.resize((SIDE, SIDE), Image.Resampling.BOX)), random)


def _scribble(random: np.random.Generator) -> np.ndarray:
    # a curve through points of chance (Catmull and Rom 1974), with the first and the last told twice
    points = random.uniform(-0.9, 0.9, (_CORNERS, 2))
    points = np.concatenate([points[:1], points, points[-1:]])
    at = np.linspace(0, 1, 12)[:, None]
    pieces = [
        0.5
        * (
            2 * second
            + (third - first) * at
            + (2 * first - 5 * second + 4 * third - fourth) * at**2
            + (3 * second - first - 3 * third + fourth) * at**3
        )
        for first, second, third, fourth in zip(points, points[1:], points[2:], points[3:], strict=False)
    ]
    return _stroked([np.concatenate(pieces)], random)


def _shape(random: np.random.Generator) -> np.ndarray:
    name = list(_SHAPES)[random.integers(len(_SHAPES))]
    return _as_by_hand(_stroked([np.array(stroke) for stroke in _SHAPES[name]], random), random)


def _texture(random: np.random.Generator) -> np.ndarray:
    down, across = np.indices((SIDE, SIDE)) - CENTRE
    angle, period = random.uniform(0, np.pi), random.uniform(3, 10)
    along = down * np.sin(angle) + across * np.cos(angle)
    beside = across * np.sin(angle) - down * np.cos(angle)
    wave, other = np.sin(2 * np.pi * along / period), np.sin(2 * np.pi * beside / period)
    ink = (
        lambda: (wave > 0) * 1.0,  # stripes
        lambda: (wave * other > 0) * 1.0,  # a chessboard
        lambda: (np.minimum(wave, other) > 0.3) * 1.0,  # dots
        lambda: random.random((SIDE, SIDE)),  # noise
        lambda: 0.5 + 0.5 * np.sin(2 * np.pi * np.hypot(along, beside) / period),  # rings
        lambda: np.clip(0.5 + along / SIDE, 0, 1),  # growing brighter
    )[random.integers(6)]()
    return np.rint(255 * ink).astype(np.uint8)


def _blank(random: np.random.Generator) -> np.ndarray:
    """Paper, an even grey, or a speck of dust on paper."""
    picture = np.zeros((SIDE, SIDE), np.uint8)
    kind = random.integers(3)
    if kind == 1:
        picture[:] = random.integers(1, 256)
    elif kind == 2:
        row, column = random.integers(0, SIDE - 1, 2)
        picture[row : row + 2, column : column + 2] = random.integers(64, 256, (2, 2))
    return picture


def _stroked(strokes: Sequence[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """Strokes of a round pen through points from −1 to 1, across and down, in a digit's box."""
    import cv2  # takes a tenth of a second; the dashboard's first page is to come without it

    pen = max(1, round(_FINE * _PEN * random.uniform(0.7, 1.3)))
    canvas = np.zeros((SIDE * _FINE, SIDE * _FINE), np.uint8)
    for stroke in strokes:
        at = (SIDE / 2 + (10 - _PEN / 2) * stroke) * _FINE  # a digit's box is 20 cells wide
        cv2.polylines(canvas, [np.rint(at).astype(np.int32)], False, 255, pen)
    return cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _as_by_hand(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Turned and slanted a little."""
    turned, slanted = random.uniform(-1, 1, (2, 1)).astype(np.float32)
    changes = {"turned_degrees": _TURNED_DEGREES * turned, "slanted_degrees": _SLANTED_DEGREES * slanted}
    return apply_changes(picture[None], replace(Changes.none(1), **changes))[0]


KINDS: Mapping[str, _Draw] = MappingProxyType(
    {"letters": _letter, "scribbles": _scribble, "shapes": _shape, "textures": _texture, "blank": _blank}
)
