"""Finding the ink on the paper: what was written in a grey picture, and whether there is anything to read.

Plain paper is assumed: one sheet, light or dark, that may shade gently from one side to the other and carry
the grain of a scanner. Strokes are looked for on a *sketch*, the picture shrunk to some seventy cells a side,
where grain has averaged away and a pen line has not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

SKETCH_CELLS = 70  # on the longest side: a 1 px line of a 280 px canvas still keeps a quarter of its contrast
FAINTEST_CONTRAST = 16  # grey levels of 255: below this the eye sees one even colour
FAINTEST_SKETCH = 4  # grey levels: a 1 px line of that contrast, averaged over a cell of 4 px
CLEAR_OF_PAPER = 7.0  # times what nine tenths of the paper keep below: scans of digits reach 12, noise 6
PLAIN_SHADE = 4  # grey levels by which paper may shade before its shading is taken away
SHADE_PASSES = 4  # each finds more of the paper: after the first, strokes stand out from the shading
SHADE_CELLS = 18  # on the longest side: as many as a surface of second degree needs, ten times over
LEAST_PAPER = 0.1  # of the cells: where less is left, what was fitted already leaves only noise
FEWEST_CELLS = 100  # in a smaller sketch a surface would bend to the strokes
INK_LEVEL = 0.3  # of the strongest ink: a cell above this belongs to a stroke
RIM_LEVEL = 0.1  # of the strongest ink: fainter cells don't join a stroke with what lies beyond
SPECK_SHARE = 0.02  # of the largest piece: less is dust; the flag of a 5 is at least 0.05
SMALLEST_MARK = 5  # px on the longest side: a digit can't be written in fewer
# What is solid is no digit, unless it is narrow: MNIST's bold 1s are up to half as wide as high and fill up
# to 0.78 of their box, and so do its fullest 8s, but none of these is ink all through its core. A round dot
# fills 0.79.
DOT_ASPECT, DOT_SHARE = 0.5, 0.6  # shorter / longer side; ink's share of the box, and all of the core is ink
PATCH_ASPECT, PATCH_SHARE = 0.4, 0.85
# An 8 whose loops a broad pen filled still has a waist: of its convex hull it fills 0.91 to 0.95.
UNDENTED = 0.955
MOST_CROSSINGS = 8.0  # outline length / 2 box sides: MNIST's digits stay under 5, noise starts near 12
MOST_PIECES = 12  # none of MNIST's 70,000 digits has more than 5

BLANK = "There is nothing to read: the picture is blank; no mark stands out from the paper."
TOO_SMALL = "There is too little to read: only a tiny mark. Write the digit larger."
SOLID = "There is no digit to read: the ink is one solid patch or dot. Draw the digit in lines."
NOISE = "There is no digit to read: the picture is covered in specks or scribble, without clear lines."


@dataclass(frozen=True)
class FoundInk:
    """What was written on the paper.

    Attributes:
        image: uint8 (height, width), 0 = paper, 255 = the strongest ink.
        problem: why there is no digit to read, in plain words; None where there may be one.
    """

    image: np.ndarray
    problem: str | None


def find_ink(grey: np.ndarray) -> FoundInk:
    """Separates ink from plain paper, dark on light or light on dark.

    On paper without grain or shading, such as a drawing's or an MNIST digit's, grey levels keep their
    proportions exactly.

    Args:
        grey: uint8 (height, width), as the eye sees it: 0 black, 255 white.

    Returns:
        The ink, bright on black, and what is wrong with it, if anything.
    """
    if int(grey.max()) - int(grey.min()) < FAINTEST_CONTRAST:
        return FoundInk(np.zeros_like(grey), BLANK)
    cell = max(1, round(max(grey.shape) / SKETCH_CELLS))  # px
    sketch = np.asarray(Image.fromarray(grey).reduce(cell), np.float32)  # (rows, columns), means over cells
    if _paper_is_light(sketch):
        grey, sketch = 255 - grey, 255 - sketch  # from here on ink is the brighter of the two

    shade = _fit_paper(sketch)
    depth = grey - _paper_surface(shade, grey.shape, cell)  # float32: how far above the paper
    sketch = sketch - _paper_surface(shade, sketch.shape, 1)
    strokes = sketch > INK_LEVEL * sketch.max()
    paper = ~grow(strokes)
    unrest = float(np.percentile(np.abs(sketch[paper]), 90)) if paper.any() else 0.0
    if sketch.max() < max(FAINTEST_SKETCH, CLEAR_OF_PAPER * unrest):
        return FoundInk(np.zeros_like(grey), BLANK if sketch.max() < FAINTEST_CONTRAST else NOISE)
    # One pixel of each cell is sample enough; three quarters of |normal| lie below 1.15 standard deviations.
    grain = float(np.percentile(np.abs(depth[::cell, ::cell][paper]), 75)) / 1.15 if paper.any() else 0.0

    labels, masses = find_pieces(sketch > max(RIM_LEVEL * sketch.max(), 4 * grain / cell), sketch)
    pieces = masses >= SPECK_SHARE * masses.max()
    written = np.append(False, pieces)[labels]
    if cell > 1:  # in a picture of MNIST's size a lone pixel may be a stroke's faint end
        sketch = np.where(written, sketch, 0)
        strokes = sketch > INK_LEVEL * sketch.max()
        beyond = np.where(_to_pixels(grow(written), cell, depth.shape), 0, depth)
        if beyond.max() > INK_LEVEL * depth.max():
            depth -= beyond
    depth -= 3 * grain  # all but a pixel in a thousand
    if depth.max() <= 0:
        return FoundInk(np.zeros_like(grey), NOISE)
    np.maximum(depth, 0, out=depth)
    depth *= 255 / depth.max()
    depth += 0.5
    image = depth.astype(np.uint8)
    return FoundInk(image, _problem(image, strokes, int(pieces.sum())))


def find_pieces(mask: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Finds the connected pieces of a mask; corners connect.

    Args:
        mask: bool (height, width).
        weights: float (height, width), what each position adds to its piece's mass.

    Returns:
        labels, int (height, width), 0 outside the mask and 1, 2, ... in its pieces; and masses, float
        (pieces,).
    """
    height, width = mask.shape
    edges = np.diff(mask, axis=1, prepend=False, append=False)
    rows, columns = np.nonzero(edges)  # each row's edges come in pairs: a run's start and its end
    rows, starts, ends = rows[::2], columns[::2], columns[1::2]
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    above = 0  # the first run that may still touch the present one from the row above
    spans = list(zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True))
    for run, (row, start, end) in enumerate(spans):
        while spans[above][0] < row - 1 or (spans[above][0] == row - 1 and spans[above][2] < start):
            above += 1
        other = above
        while spans[other][0] == row - 1 and spans[other][1] <= end:
            parent[root(run)] = root(other)
            other += 1
    _, piece = np.unique([root(run) for run in range(len(spans))], return_inverse=True)
    labels = np.zeros((height, width + 1), int)  # a spare column: a run may end beyond the last one
    np.add.at(labels, (rows, starts), piece + 1)
    np.add.at(labels, (rows, ends), -(piece + 1))
    labels = np.cumsum(labels, axis=1)[:, :-1]
    return labels, np.bincount(labels.ravel(), weights.ravel())[1:]


def _paper_is_light(sketch: np.ndarray) -> bool:
    """Paper is what most of the picture and most of its border show; each has one vote."""
    light = sketch > (sketch.min() + sketch.max()) / 2
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return bool(light.mean() + border.mean() > 1)


def _fit_paper(sketch: np.ndarray) -> np.ndarray:
    """Fits the paper's brightness: one level where it is plain, else a surface of second degree.

    Args:
        sketch: float32 (rows, columns), ink brighter than paper.

    Returns:
        float (6,): the coefficients of 1, y, x, y², yx, x², with y and x in cells.
    """
    paper = _lower_half(sketch)
    plain = np.zeros(6)
    plain[0] = np.median(sketch[paper])
    spread = _spread(sketch[paper])
    if spread <= PLAIN_SHADE or sketch.size < FEWEST_CELLS:
        return plain
    step = math.ceil(max(sketch.shape) / SHADE_CELLS)
    y, x = np.indices(sketch.shape)[:, ::step, ::step] + 0.5
    terms = np.stack([np.ones_like(y), y, x, y**2, y * x, x**2], axis=-1)  # (rows, columns, 6)
    shade, raised = plain, sketch
    for _ in range(SHADE_PASSES):
        known = paper[::step, ::step]
        if known.mean() < LEAST_PAPER:
            break
        shade = np.linalg.lstsq(terms[known], sketch[::step, ::step][known], rcond=None)[0]
        raised = sketch - _paper_surface(shade, sketch.shape, 1)
        paper = _lower_half(raised)
    return shade if _spread(raised[paper]) < spread / 2 else plain


def _spread(levels: np.ndarray) -> float:
    return float(np.ptp(np.percentile(levels, [10, 90])))


def _lower_half(sketch: np.ndarray) -> np.ndarray:
    """The paper: the cells below the middle and away from those above it; all of them if there are none."""
    lower = ~grow(sketch > (sketch.min() + sketch.max()) / 2)
    return lower if lower.any() else np.ones_like(lower)


def _paper_surface(shade: np.ndarray, shape: tuple[int, int], cell: int) -> np.ndarray:
    """The paper's brightness at every pixel, float32, (height, width) or (1, 1) where the paper is plain."""
    if not shade[1:].any():
        return shade[:1, None].astype(np.float32)
    y = ((np.arange(shape[0]) + 0.5) / cell)[:, None]  # in cells
    x = ((np.arange(shape[1]) + 0.5) / cell)[None, :]
    one, in_y, in_x, in_yy, in_yx, in_xx = shade
    return ((one + in_y * y + in_yy * y**2) + (in_x * x + in_xx * x**2) + in_yx * y * x).astype(np.float32)


def grow(mask: np.ndarray) -> np.ndarray:
    """Adds the eight neighbours of every position of a bool mask."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    wide = grown.copy()
    wide[:, 1:] |= grown[:, :-1]
    wide[:, :-1] |= grown[:, 1:]
    return wide


def _to_pixels(cells: np.ndarray, cell: int, shape: tuple[int, int]) -> np.ndarray:
    """Spreads a map of the sketch's cells over the picture's pixels."""
    return cells[np.arange(shape[0]) // cell][:, np.arange(shape[1]) // cell]


def _has_dents(image: np.ndarray) -> bool:
    """Whether the ink's outline is dented, as no dot's and no patch's is."""
    import cv2  # takes a tenth of a second, and few drawings need it

    outlines, _ = cv2.findContours((image > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = sum(map(cv2.contourArea, outlines))  # holes are no dents
    return bool(filled < UNDENTED * cv2.contourArea(cv2.convexHull(np.concatenate(outlines))))


def _problem(image: np.ndarray, strokes: np.ndarray, pieces: int) -> str | None:
    """Says why the ink can't be a digit, or None."""
    top, bottom, left, right = find_box(image)
    height, width = bottom - top, right - left
    if max(height, width) < SMALLEST_MARK:
        return TOO_SMALL
    core = image[top + height // 4 : bottom - height // 4, left + width // 4 : right - width // 4]
    share = image[top:bottom, left:right].mean() / 255
    aspect = min(height, width) / max(height, width)
    is_dot = aspect > DOT_ASPECT and share > DOT_SHARE and core.min() > 127
    if (is_dot or (aspect > PATCH_ASPECT and share > PATCH_SHARE)) and not _has_dents(image):
        return SOLID
    cells_top, cells_bottom, cells_left, cells_right = find_box(strokes)
    side = max(cells_bottom - cells_top, cells_right - cells_left)
    outline = np.count_nonzero(np.diff(strokes, axis=0)) + np.count_nonzero(np.diff(strokes, axis=1))
    if pieces > MOST_PIECES or outline > 2 * MOST_CROSSINGS * side:
        return NOISE
    return None


def find_box(ink: np.ndarray, faintest: float = 0.2) -> tuple[int, int, int, int]:
    """The smallest box around the ink.

    Args:
        ink: uint8 (height, width), bright on black, or bool. Not all 0.
        faintest: of the strongest ink; what is no stronger stays outside. The default leaves out soft rims
            and what a JPEG scatters around a stroke; the longest side of MNIST's digits comes out the same
            without their faintest pixels in all but 5 of 10,000.

    Returns:
        top, bottom, left, right in px; bottom and right are the first row and column outside.
    """
    inside = ink > faintest * ink.max()
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
