"""Photographs of paper: the light evened, and what is no writing left out.

A drawing and a scan lie on plain paper, which `model.ink` understands. A photograph has a lamp on one side,
the shadow of a hand, squares or rules, and a ballpoint's hair-line. The steps here bring such a picture to
plain paper; each takes an array and gives one. The filters are OpenCV's. Sizes are shares of the picture's
longest side, for nobody knows how far the camera was.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from model.breadth import usual_breadth

LEAST_SIDE = 64  # px: in a smaller picture there is no telling paper from strokes
PLAIN_SHARE = 0.5  # of the pixels: where so many have the very same level, the paper was made by a program
FEWEST_CROSSINGS = 4  # times that ink meets the rim: two rules from edge to edge

SKETCH_CELLS = 128  # on the longest side: shading and shadows' edges need no more
POLARITY_WINDOW = 0.4  # of the shorter side: strokes are the lesser part of such a window, either way round
FINE_CELLS = 5  # of a sketch twice as fine: what is narrower is a line
BROADEST_STROKE = 0.2  # of the longest side: what is broader is a shadow
PAPER_LEVEL = 224  # of 255: even paper keeps room above for its grain
FAINTEST_INK = 0.06  # of the paper's level, averaged over a sketch's cell: what is less is grain
SPECK_PERCENT = 0.05  # of the cells: so few may be dust
BOARD_GLARE = 16  # grey levels added to a blackboard
DARKEST_PAPER = 12  # of 255: below this, dividing by the paper would show nothing but the camera's noise

DARK_SHARE = 0.5  # of the ink's depth: a pixel above this is ink, whatever the light

FAINT_MARK = 0.15  # of the strongest ink: a mark begins here
FAINT_SHARE = 0.5  # of the level of the largest mark: fainter ones are no part of the writing


def is_photograph(grey: np.ndarray) -> bool:
    """Whether a picture is of real paper: no level that most pixels share, or lines that run off its edges.

    Takes a tenth of a millisecond: drawings are asked as well.

    Args:
        grey: uint8 (height, width).
    """
    if min(grey.shape) < LEAST_SIDE:
        return False
    sample = grey[::3, ::3]
    counts = np.bincount(sample.ravel(), minlength=256)
    if counts.max() < PLAIN_SHARE * sample.size:
        return True
    rim = np.concatenate([grey[0], grey[1:, -1], grey[-1, -2::-1], grey[-2:0:-1, 0]])
    marked = np.abs(rim.astype(np.int16) - int(counts.argmax())) > 2 * DARKEST_PAPER
    return int(np.count_nonzero(marked & ~np.roll(marked, 1))) >= FEWEST_CROSSINGS


def clearest_light(picture: np.ndarray) -> np.ndarray:
    """Takes the colour out of a photograph so that the ink stands out: blue squares vanish in blue light.

    Of the grey that the eye sees and the picture's red, green and blue, the one is taken in which the darkest
    marks lie farthest from all the rest, measured by how much the rest varies (Fisher's criterion).

    Args:
        picture: uint8 (height, width, 3), RGB.

    Returns:
        uint8 (height, width).
    """
    image = Image.fromarray(picture)
    grey = np.asarray(image.convert("L"))
    small = image.reduce(max(1, round(max(grey.shape) / (4 * SKETCH_CELLS))))
    choices = [np.asarray(small.convert("L")), *np.moveaxis(np.asarray(small), 2, 0)]
    depths = [PAPER_LEVEL - even_light(np.ascontiguousarray(choice)).astype(np.float32) for choice in choices]
    ink = np.abs(depths[0]) > DARK_SHARE * np.percentile(np.abs(depths[0]), 99.5)
    if not ink.any() or ink.all():
        return grey
    apart = [abs(depth[ink].mean() - depth[~ink].mean()) / (depth[~ink].std() + 1) for depth in depths]
    best = int(np.argmax(apart))
    if best == 0 or apart[best] < 1.1 * apart[0]:  # a tenth better: less is no reason to leave the usual grey
        return grey
    return np.ascontiguousarray(picture[..., best - 1])


def even_light(grey: np.ndarray) -> np.ndarray:
    """Takes off the paper's own brightness: its colour, the lamp's falling off, shadows.

    The paper beside the strokes is found by a morphological closing, which fills whatever is dark and
    narrower than `BROADEST_STROKE`; the picture is divided by it, for light is multiplied by what it falls
    on. Chalk on a blackboard is turned round first.

    Args:
        grey: uint8 (height, width), as the eye sees it, strokes dark or light.

    Returns:
        uint8 (height, width): dark strokes on paper of the even level `PAPER_LEVEL`.
    """
    dark = _ink_is_dark(grey)
    paper = 255 - _bare_paper(255 - grey) if not dark else _bare_paper(grey)
    if dark:
        even = grey / np.maximum(paper, DARKEST_PAPER)
    else:  # chalk, as a share of the board's light; the glare keeps the grain of a dark board down
        even = (paper + BOARD_GLARE) / (grey + np.float32(BOARD_GLARE))
    sample = even[::3, ::3]
    lit = sample[sample > np.median(sample) / 2]
    level = float(np.median(lit)) if lit.size else 1.0  # a closing lies above the paper
    return np.clip(even * (PAPER_LEVEL / level) + 0.5, 0, 255).astype(np.uint8)


def is_bare(page: np.ndarray) -> bool:
    """Whether nothing stands out from a page whose light was evened.

    Args:
        page: uint8 (height, width), as from `even_light`.
    """
    sketch = np.asarray(
        Image.fromarray(page).reduce(max(1, round(max(page.shape) / SKETCH_CELLS))), np.float32
    )
    return bool(np.median(sketch) - np.percentile(sketch, SPECK_PERCENT) < FAINTEST_INK * PAPER_LEVEL)


def drop_faint(ink: np.ndarray) -> np.ndarray:
    """Leaves out marks much fainter than the writing: what is left of a rule or of a shadow's edge.

    Args:
        ink: uint8 (height, width), bright on black, not all 0.

    Returns:
        uint8 (height, width).
    """
    import cv2  # takes a tenth of a second; only photographs need it

    count, labels = cv2.connectedComponents((ink > FAINT_MARK * ink.max()).astype(np.uint8), connectivity=8)
    masses = np.bincount(labels.ravel(), ink.ravel(), count)
    masses[0] = 0  # the paper
    levels = masses / np.bincount(labels.ravel(), minlength=count)
    strong = levels >= FAINT_SHARE * levels[masses.argmax()]
    kept = cv2.dilate(strong[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0  # and their soft edges
    return np.where(kept, ink, 0).astype(np.uint8)


def _bare_paper(grey: np.ndarray) -> np.ndarray:
    """The paper's brightness at every pixel, as if nothing were written: float32 (height, width).

    Args:
        grey: uint8 (height, width), ink darker than paper.
    """
    import cv2  # as above

    image, longest = Image.fromarray(grey), max(grey.shape)
    cell = max(1, round(longest / SKETCH_CELLS))  # px
    sketch = cv2.medianBlur(np.asarray(image.reduce(cell)), 3)  # a closing would follow the brightest grain
    paper = _close(sketch, BROADEST_STROKE * longest / cell)
    # The strokes are known by now: a closing just broad enough for them follows the edges of shadows better.
    depth = 1 - sketch / np.maximum(paper, DARKEST_PAPER)
    strokes = depth > max(0.5 * float(np.percentile(depth, 99.5)), 0.02)
    if strokes.any():
        breadth = min((4 + 2.5 * usual_breadth(strokes)) * cell, BROADEST_STROKE * longest)  # px
        cell = max(1, cell // 2)
        paper = _close(cv2.medianBlur(np.asarray(image.reduce(cell)), 3), breadth / cell)
    rows, columns = paper.shape
    paper = cv2.resize(cv2.GaussianBlur(paper, (0, 0), 0.7), (columns * cell, rows * cell))
    return paper[: grey.shape[0], : grey.shape[1]]


def _close(sketch: np.ndarray, breadth: float) -> np.ndarray:
    """Fills what is dark and narrower than a breadth in cells: float32, the sketch's shape."""
    import cv2  # as above

    size = max(3, round(breadth))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    wide = np.pad(sketch, size, mode="edge")  # shading is to go on beyond the rim
    return cv2.morphologyEx(wide, cv2.MORPH_CLOSE, kernel)[size:-size, size:-size].astype(np.float32)


def _ink_is_dark(grey: np.ndarray) -> bool:
    """Whether strokes are darker than the paper about them.

    The marks on either side of the paper's level are weighed, in two sketches. Fine lines, of pens or
    printed, answer to a small closing where they are dark and to an opening where they are light. Broad
    strokes are the lesser part of a wide window, whose median is paper, whatever the light; what is broader
    than any stroke, such as a shadow's side of an edge, doesn't count.
    """
    import cv2  # as above

    image, longest = Image.fromarray(grey), max(grey.shape)
    fine = np.asarray(image.reduce(max(1, round(longest / (2 * SKETCH_CELLS)))))
    small = np.ones((FINE_CELLS, FINE_CELLS), np.uint8)
    coarse = np.asarray(image.reduce(max(1, round(2 * longest / SKETCH_CELLS))))
    window = max(3, round(POLARITY_WINDOW * min(coarse.shape))) | 1
    away = coarse.astype(np.int16) - cv2.medianBlur(coarse, window)
    limit = 4 + 4 * float(np.median(np.abs(away)))
    size = max(3, round(BROADEST_STROKE * max(coarse.shape)))
    broad = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    masses = []
    for way, side in ((cv2.MORPH_BLACKHAT, -away), (cv2.MORPH_TOPHAT, away)):
        lines = cv2.morphologyEx(fine, way, small).astype(np.int16)
        lines -= round(4 + 3 * float(np.percentile(lines, 75)))
        marks = cv2.morphologyEx(np.maximum(side - limit, 0).astype(np.uint8), cv2.MORPH_TOPHAT, broad)
        masses.append(int(np.maximum(lines, 0).sum()) + 16 * int(marks.sum()))  # one coarse cell is 16
    return masses[0] >= masses[1]
