"""Photographs of handwriting that never was on paper: digits as ink on rendered sheets, under rendered light.

The recipe, all of it drawn from one seed:

- **Ink.** A digit of MNIST enlarged, its outline as a felt pen's ink, or the middle line of its strokes gone
  over with a fine pen (0.3 to 0.5 mm), a ballpoint (0.5 to 0.9 mm) or a felt pen (1.5 to 2.5 mm); or the
  strokes of somebody's stylus, written with the same pens. Black, blue, red or green ink or pencil, not
  everywhere of the same strength. The digit is 12 to 40 mm high and fills 20 to 70% of the picture's height;
  several side by side are 8 to 16 mm high, stand 0.1 to 0.4 of that apart, up to 0.06 above or below the
  line, and are as tall as fit into 50 to 90% of the picture's width, but no more than half its height.
- **Paper.** White; squared, 4 or 5 mm; ruled, 7 to 9 mm, with a red margin; coloured (yellow, pink, green,
  blue, brown); or a blackboard with chalk. Fibres, and rules 0.15 to 0.35 mm broad in blue, grey or violet.
- **Light.** Even; a lamp on one side, which loses up to half its strength over the sheet; or besides that the
  shadow of a hand or a telephone, soft or hard at its edge, which takes 30 to 60%. Some of it warm or cool.
- **Camera.** Turned by up to 8° and not quite above the sheet; out of focus by up to 1.6 px; grain of 1.5 to
  6 levels; a JPEG of quality 50 to 92, held in any of EXIF's eight orientations.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from model.ink import find_box
from model.strokes import CANVAS_SIDE, Stroke, draw_strokes

PAPERS = ("white", "squared", "ruled", "coloured", "blackboard")
LIGHTS = ("even", "lamp", "shadow")
PENS = {"fine": (0.3, 0.5), "ballpoint": (0.5, 0.9), "felt": (1.5, 2.5)}  # mm
OUTLINE = "outline"  # the digit's own breadth
SIZES = ((768, 1024), (1024, 768), (800, 800))  # px: height, width
MARGIN = 0.2  # of the picture's size on every side, so that no turned sheet ends within the picture

SHEETS = {"yellow": (245, 226, 120), "pink": (244, 178, 196), "green": (176, 222, 170)} | {
    "blue": (160, 200, 236),
    "brown": (196, 160, 118),
}
INKS = {"black": (28, 27, 30), "blue": (32, 48, 130), "red": (176, 30, 36), "green": (20, 100, 60)} | {
    "pencil": (92, 92, 96)
}
RULES = ((150, 178, 222), (168, 170, 178), (176, 160, 214), (120, 160, 205))
HELD = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True)
class Photograph:
    """A rendered photograph and what is on it.

    Attributes:
        data: a JPEG file.
        paper, light, pen, ink: what was drawn for it; names from the tables above.
    """

    data: bytes
    paper: str
    light: str
    pen: str
    ink: str


def photograph(
    digit: np.ndarray | Sequence[np.ndarray] | Sequence[Sequence[tuple[float, float]]],
    paper: str,
    seed: Sequence[int],
    size: tuple[int, int] | None = None,
) -> Photograph:
    """Renders a digit, or several side by side, on paper.

    Args:
        digit: uint8 (28, 28), ink bright on black; several of them; or strokes, points in canvas px.
        paper: one of `PAPERS`.
        seed: whole numbers; the same ones give the same file.
        size: height and width in px; one of `SIZES` by default.
    """
    random = np.random.default_rng([*seed, PAPERS.index(paper)])
    height, width = size or SIZES[random.integers(len(SIZES))]
    light = LIGHTS[random.integers(len(LIGHTS))]
    drawn = isinstance(digit[0], np.ndarray)  # a digit's first row, or the first of several
    pens = [*PENS, OUTLINE] if drawn else [*PENS]
    pen = pens[random.integers(len(pens))]
    ink = [*INKS][random.integers(len(INKS))]
    if isinstance(digit, np.ndarray) or not drawn:
        tall = random.uniform(0.2, 0.7) * min(height, width)  # px
        per_mm = tall / random.uniform(12, 40)  # px
    else:
        tall = min(0.5 * height, random.uniform(0.5, 0.9) * width / (1.1 * len(digit)))
        per_mm = tall / random.uniform(8, 16)
    breadth = random.uniform(*PENS[pen]) * per_mm if pen in PENS else 0.0
    if isinstance(digit, np.ndarray):
        cover = _written(digit, round(tall), breadth)
    elif drawn:
        cover = _side_by_side([_written(each, round(tall), breadth) for each in digit], random)
    else:
        cover = _stroked(digit, round(tall), breadth)
    page = _sheet(paper, (height, width), per_mm, random)  # (rows, columns, 3), 0 to 255
    colour = np.array(INKS[ink] if paper != "blackboard" else (228, 230, 224), np.float32)
    _write(page, cover, colour, random)
    seen = _seen(page, (height, width), random)
    seen *= _light(light, (height, width), random)[..., None] * (1 + random.uniform(-0.06, 0.06, 3))
    return Photograph(_taken(seen, random), paper, light, pen, ink if paper != "blackboard" else "chalk")


def _written(digit: np.ndarray, tall: int, breadth: float) -> np.ndarray:
    """An MNIST digit as ink: float32, 0 to 1, its longest side `tall` px; with a breadth, gone over."""
    top, bottom, left, right = find_box(digit)
    scale = tall / max(bottom - top, right - left)
    digit = np.pad(digit, 2)[top : bottom + 4, left : right + 4]  # with two px around it
    large = cv2.resize(digit, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large.astype(np.float32), (0, 0), 0.35 * scale)
    if not breadth:
        return np.clip((large - 110) / 12 / max(scale / 10, 1) + 0.5, 0, 1)
    return _gone_over(_thinned(large > 110), breadth)


def _side_by_side(covers: list[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """Digits as ink on one line: float32 (height, width), 0 to 1."""
    tall = max(len(cover) for cover in covers)
    line = np.zeros((round(1.12 * tall), 0), np.float32)
    for cover in covers:
        rows, columns = np.nonzero(cover > 0)  # without the paper that each has around it
        ink = cover[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        foot = len(line) - int(random.uniform(0, 0.12) * tall)
        gap = round(random.uniform(0.1, 0.4) * tall) if line.size else 0
        place = np.zeros((len(line), gap + ink.shape[1]), np.float32)
        top = max(0, foot - len(ink))
        place[top : top + len(ink), gap:] = ink
        line = np.hstack([line, place])
    return line


def _thinned(mask: np.ndarray) -> np.ndarray:
    """The middle line of a mask, bool: as Zhang and Suen (1984) thin, on a small copy, for speed."""
    factor = max(1, mask.shape[0] // 160)
    small = np.pad(cv2.resize(mask.astype(np.uint8), None, fx=1 / factor, fy=1 / factor), 2)
    while True:
        before = int(small.sum())
        for half in (0, 1):
            p = [np.roll(small, s, (0, 1)) for s in ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))]
            p += [np.roll(small, s, (0, 1)) for s in ((0, 1), (1, 1))]  # clockwise from the one above
            around = sum(neighbour.astype(int) for neighbour in p)
            rises = sum((p[k] < p[(k + 1) % 8]).astype(int) for k in range(8))
            if half == 0:
                free = (p[0] * p[2] * p[4] == 0) & (p[2] * p[4] * p[6] == 0)
            else:
                free = (p[0] * p[2] * p[6] == 0) & (p[0] * p[4] * p[6] == 0)
            small[(small == 1) & (around >= 2) & (around <= 6) & (rises == 1) & free] = 0
        if int(small.sum()) == before:
            break
    points = np.argwhere(small[2:-2, 2:-2]) * factor + factor // 2
    line = np.zeros(mask.shape, bool)
    rows, columns = np.minimum(points.T, np.array(mask.shape)[:, None] - 1)
    line[rows, columns] = True
    if factor > 1:  # the points of the small copy lie `factor` px apart
        line = cv2.morphologyEx(line.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((factor + 2,) * 2)) > 0
    return line


def _gone_over(line: np.ndarray, breadth: float) -> np.ndarray:
    """A line as a round pen of a breadth in px leaves it: float32, 0 to 1."""
    border = int(breadth) + 2
    away = cv2.distanceTransform((~np.pad(line, border)).astype(np.uint8), cv2.DIST_L2, 5)
    return np.clip(breadth / 2 + 0.5 - away, 0, 1)


def _stroked(strokes: Sequence[Sequence[tuple[float, float]]], tall: int, breadth: float) -> np.ndarray:
    """A stylus's strokes written with a pen, the higher side `tall` px: float32, 0 to 1."""
    points = np.concatenate([np.array(stroke, float) for stroke in strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    side = round(tall + 2 * breadth + 4)
    scale = CANVAS_SIDE / side  # canvas px for each px of the picture
    times = tall * scale / max(float((high - low).max()), 1)
    pen = max(breadth * scale, 0.5)
    written = [
        Stroke(tuple(map(tuple, ((np.array(stroke) - (low + high) / 2) * times + CANVAS_SIDE / 2))), pen)
        for stroke in strokes
    ]
    return draw_strokes(written, side).astype(np.float32) / 255


def _sheet(paper: str, size: tuple[int, int], per_mm: float, random: np.random.Generator) -> np.ndarray:
    """A bare sheet larger than the picture: float32 (rows, columns, 3), 0 to 255."""
    rows, columns = (round(length * (1 + 2 * MARGIN)) for length in size)
    if paper == "coloured":
        base = np.array([*SHEETS.values()][random.integers(len(SHEETS))], np.float32)
    elif paper == "blackboard":
        base = np.array(((38, 62, 50), (44, 46, 48), (30, 50, 46))[random.integers(3)], np.float32)
    else:
        base = np.float32(random.uniform(232, 252)) - np.array([0, 1, random.uniform(0, 14)], np.float32)
    page = np.broadcast_to(base, (rows, columns, 3)).copy()
    fibres = sum(
        cv2.GaussianBlur(random.standard_normal((rows, columns), np.float32), (0, 0), soft) * soft
        for soft in (1.2, 6)
    )
    page *= (1 + random.uniform(0.005, 0.015) * fibres)[..., None]
    if paper in ("squared", "ruled"):
        pitch = per_mm * (random.choice([4, 5]) if paper == "squared" else random.uniform(7, 9))
        broad = per_mm * random.uniform(0.15, 0.35)
        colour, strength = np.array(RULES[random.integers(len(RULES))]), random.uniform(0.5, 1)
        _rule(page, (np.arange(rows) + random.uniform(0, pitch)) % pitch, 0, broad, colour, strength)
        if paper == "squared":
            _rule(page, (np.arange(columns) + random.uniform(0, pitch)) % pitch, 1, broad, colour, strength)
        elif random.random() < 0.5:
            away = np.abs(np.arange(columns) - random.uniform(0.25, 0.4) * columns)
            _rule(page, away, 1, broad, np.array((214, 110, 110)), strength)
    return page


def _rule(
    page: np.ndarray, away: np.ndarray, axis: int, broad: float, colour: np.ndarray, strength: float
) -> None:
    """Draws rules into a page where `away`, px along an axis, is within their breadth."""
    cover = np.clip(broad + 0.5 - away, 0, min(1, broad)) * strength
    cover = cover[:, None, None] if axis == 0 else cover[None, :, None]
    page *= 1 - cover * (1 - colour.astype(np.float32) / 255)


def _write(page: np.ndarray, cover: np.ndarray, colour: np.ndarray, random: np.random.Generator) -> None:
    """Lays ink into the page's middle, give or take an eighth of what is free; stronger here, paler there."""
    height, width = cover.shape
    free = np.array(page.shape[:2]) / (1 + 2 * MARGIN) - cover.shape
    top, left = (
        np.array(page.shape[:2]) / 2 - np.array(cover.shape) / 2 + random.uniform(-0.25, 0.25, 2) * free
    ).astype(int)
    press = cv2.GaussianBlur(random.standard_normal(cover.shape, np.float32), (0, 0), height / 8 + 1)
    press = 1 - random.uniform(0, 0.3) * (press - press.min()) / (np.ptp(press) + 1e-6)
    place = page[top : top + height, left : left + width]
    place += (cover * press)[..., None] * (colour - place)


def _seen(page: np.ndarray, size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """The sheet's middle as a camera sees it that is a little turned and not quite above it."""
    height, width = size
    angle = np.radians(random.uniform(-8, 8))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    corners = corners * (1 + random.uniform(-0.04, 0.04, (4, 2))) @ turn.T
    source = (corners + np.array(page.shape[1::-1]) / 2).astype(np.float32)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, target)
    return cv2.warpPerspective(page, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)


def _light(light: str, size: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """How strong the light is at each pixel: float32 (height, width), at most 1."""
    height, width = size
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    strength = np.full(size, random.uniform(0.85, 1), np.float32)
    strength *= 1 - random.uniform(0, 0.1) * (x**2 + y**2)  # every lens loses some in its corners
    if light == "even":
        return strength
    angle = random.uniform(0, 2 * np.pi)
    strength *= 1 - random.uniform(0.2, 0.5) * (1 + (np.cos(angle) * x + np.sin(angle) * y) / 1.5) / 2
    if light == "lamp":
        return strength
    angle = random.uniform(0, 2 * np.pi)
    across = np.cos(angle) * x + np.sin(angle) * y
    along = np.sin(angle) * x - np.cos(angle) * y
    edge = random.uniform(-0.5, 0.6) + random.uniform(0, 0.25) * np.sin(along * random.uniform(1, 5))
    shade = cv2.GaussianBlur((across > edge).astype(np.float32), (0, 0), random.uniform(3, 40))
    return strength * (1 - random.uniform(0.3, 0.6) * shade)


def _taken(seen: np.ndarray, random: np.random.Generator) -> bytes:
    """The picture as the camera's file: out of focus, grainy, compressed, held in any way."""
    seen = cv2.GaussianBlur(seen, (0, 0), random.uniform(0.3, 1.6))
    seen += random.uniform(1.5, 6) * random.standard_normal(seen.shape, np.float32)
    image = Image.fromarray(np.clip(seen + 0.5, 0, 255).astype(np.uint8))
    orientation = int(random.integers(1, 9))
    if orientation in HELD:
        image = image.transpose(HELD[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(random.integers(50, 93)), exif=exif.tobytes())
    return file.getvalue()
