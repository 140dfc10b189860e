"""Photographs of paper: the light evened, printed rules wiped away, thin strokes made as broad as a digit's.

A drawing and a scan lie on plain paper, which `model.ink` understands. A photograph has a lamp on one side,
the shadow of a hand, squares or rules, and a ballpoint's hair-line. The steps here bring such a picture to
plain paper; each takes an array and gives one. The filters are OpenCV's. Sizes are shares of the picture's
longest side, for nobody knows how far the camera was.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from model.ink import find_box

LEAST_SIDE = 64  # px: in a smaller picture there is no telling paper from strokes
PLAIN_SHARE = 0.5  # of the pixels: where so many have the very same level, the paper was made by a program
FEWEST_CROSSINGS = 4  # times that ink meets the rim: two rules from edge to edge

SKETCH_CELLS = 128  # on the longest side: shading and shadows' edges need no more
POLARITY_WINDOW = 0.4  # of the shorter side: strokes are the lesser part of such a window, either way round
BROADEST_STROKE = 0.2  # of the longest side: what is broader is a shadow
PAPER_LEVEL = 224  # of 255: even paper keeps room above for its grain
DARKEST_PAPER = 12  # of 255: below this, dividing by the paper would show nothing but the camera's noise

THIN_SHARE = 0.02  # of the longest side: rules are no broader
RULE_PIECE = 8  # a rule runs straight on for at least one part in so many of the longest side
RULE_VOTES = 0.3  # of the longest side: as many pixels of one straight line make it a rule to begin with
RULE_SPAN = 0.5  # of the picture: a rule is seen over so much of its length; a stroke seldom is
RIM_SHARE = 0.06  # of the picture: a single rule begins and ends so near the picture's edges
RULE_SPREAD = 1.5  # times the rules' usual depth: what is darker is ink
FAINT_RULES = 0.6  # of the ink's depth: rules as faint as this are told from ink by their level alone
FEWEST_RULES = 2
STROKE_LEVEL = 0.25  # of the ink's depth: a pixel above this belongs to a mark
OWN_SHARE = 0.15  # of the marks' mass: with so much that doesn't touch the rim, what touches it is no digit

FAINT_MARK = 0.15  # of the strongest ink: a mark begins here
FAINT_SHARE = 0.5  # of the level of the largest mark: fainter ones are no part of the writing
SOLID_LEVEL = 0.4  # of the strongest ink: a pixel above this is inside a stroke
THINNEST = 2.4 / 20  # stroke's breadth / digit's longest side: of MNIST's digits nine tenths are broader


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
    ink = np.abs(depths[0]) > STROKE_LEVEL * 2 * np.percentile(np.abs(depths[0]), 99.5)
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
    import cv2  # takes a tenth of a second; only photographs need it

    cell = max(1, round(max(grey.shape) / SKETCH_CELLS))  # px
    sketch = np.asarray(Image.fromarray(grey).reduce(cell))
    if not _ink_is_dark(sketch):
        grey, sketch = 255 - grey, 255 - sketch
    smooth = cv2.medianBlur(sketch, 3)  # a closing would follow the brightest grain
    paper = _close(smooth, BROADEST_STROKE * max(sketch.shape))
    # The strokes are known by now: a closing just broad enough for them follows the edges of shadows better.
    depth = 1 - smooth / np.maximum(paper, DARKEST_PAPER)
    strokes = depth > max(0.5 * float(np.percentile(depth, 99.5)), 0.02)
    if strokes.any():
        paper = _close(smooth, min(4 + 2.5 * _breadth(strokes), BROADEST_STROKE * max(sketch.shape)))
    height, width = grey.shape
    rows, columns = sketch.shape
    paper = cv2.resize(cv2.GaussianBlur(paper, (0, 0), 0.7), (columns * cell, rows * cell))[:height, :width]
    even = grey / np.maximum(paper, DARKEST_PAPER)
    sample = even[::3, ::3]
    level = float(
        np.median(sample[sample > np.median(sample) / 2])
    )  # a closing lies a little above the paper
    return np.clip(even * (PAPER_LEVEL / level) + 0.5, 0, 255).astype(np.uint8)


def wipe_rules(page: np.ndarray) -> np.ndarray:
    """Wipes away printed rules and squares, and what comes in over the picture's rim.

    Rules are thin, run straight from edge to edge and are all alike. Where a stroke crosses one, the stroke's
    two sides are joined again. A page's edge, a binder's ring or a neighbour's digit touches the rim; it is
    wiped as well, unless nothing else was written.

    Args:
        page: uint8 (height, width), dark strokes on even paper, light or not, as from `even_light`.

    Returns:
        uint8 (height, width), the same page without them; the very same array if there were none.
    """
    level = int(np.median(page[::3, ::3]))
    depth = np.clip(level - page.astype(np.int16), 0, 255).astype(np.uint8)
    wiped = _wipe_rim(_wipe_lines(_wipe_lines(depth, across=True), across=False))
    if wiped is depth:
        return page
    gone = depth.astype(np.int16) - wiped
    return np.where(gone > 0, page + gone, page).clip(0, 255).astype(np.uint8)


def drop_faint(ink: np.ndarray) -> np.ndarray:
    """Leaves out marks much fainter than the writing: what is left of a rule or of a shadow's edge.

    Args:
        ink: uint8 (height, width), bright on black, not all 0.

    Returns:
        uint8 (height, width).
    """
    import cv2  # as above

    count, labels = cv2.connectedComponents((ink > FAINT_MARK * ink.max()).astype(np.uint8), connectivity=8)
    masses = np.bincount(labels.ravel(), ink.ravel(), count)
    masses[0] = 0  # the paper
    levels = masses / np.bincount(labels.ravel(), minlength=count)
    strong = levels >= FAINT_SHARE * levels[masses.argmax()]
    kept = cv2.dilate(strong[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0  # and their soft edges
    return np.where(kept, ink, 0).astype(np.uint8)


def strengthen(ink: np.ndarray) -> np.ndarray:
    """Makes strokes solid, and thin ones as broad as those that the networks learn from.

    Args:
        ink: uint8 (height, width), bright on black, not all 0.

    Returns:
        uint8 (height, width).
    """
    import cv2  # as above

    inside = ink > SOLID_LEVEL * ink.max()
    top, bottom, left, right = find_box(inside)
    wanted = THINNEST * max(bottom - top, right - left)  # px
    lacking = max(0.0, wanted - _breadth(inside)) / 2  # px on either side
    beyond = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    cover = np.clip(lacking + 1 - beyond, 0, 1) * 255
    return np.maximum(ink, (cover + 0.5).astype(np.uint8))


def _close(sketch: np.ndarray, breadth: float) -> np.ndarray:
    """Fills what is dark and narrower than a breadth in cells: float32, the sketch's shape."""
    import cv2  # as above

    size = max(3, round(breadth))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    return cv2.morphologyEx(sketch, cv2.MORPH_CLOSE, kernel).astype(np.float32)


def _breadth(strokes: np.ndarray) -> float:
    """The usual breadth of strokes, px.

    Across a stroke of half-breadth h the distance to its edge averages h / 2; pixels' centres lie half a
    pixel farther from the nearest centre outside.

    Args:
        strokes: bool (height, width), not all False.
    """
    import cv2  # as above

    reach = cv2.distanceTransform(np.pad(strokes, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    return 4 * (float(reach[strokes].mean()) - 0.5)


def _ink_is_dark(sketch: np.ndarray) -> bool:
    """Whether strokes are darker than the paper about them.

    In a wide window strokes are the lesser part: the window's median is paper, whatever the light.
    """
    import cv2  # as above

    window = max(3, round(POLARITY_WINDOW * min(sketch.shape))) | 1
    away = sketch.astype(np.int16) - cv2.medianBlur(sketch, min(window, 255))
    limit = 4 + 4 * float(np.median(np.abs(away)))
    return bool(np.maximum(-away - limit, 0).sum() >= np.maximum(away - limit, 0).sum())


def _wipe_lines(depth: np.ndarray, across: bool) -> np.ndarray:
    """Wipes the rules that run more across than down, or more down than across.

    Args:
        depth: uint8 (height, width), how far below the paper.
        across: which.

    Returns:
        uint8 (height, width); the very same array if there are none.
    """
    import cv2  # as above

    turned = depth if across else np.ascontiguousarray(depth.T)
    longest = max(turned.shape)
    size = max(3, round(THIN_SHARE * longest))
    thin = cv2.morphologyEx(turned, cv2.MORPH_TOPHAT, np.ones((size, 1), np.uint8))
    faintest = 4 + 2 * float(np.percentile(thin[::3, ::3], 60))  # above the grain
    degrees = _slope(thin, faintest)
    if degrees is None:
        return depth
    height, width = turned.shape
    middle = (width / 2, height / 2)
    there = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    level = cv2.warpAffine(thin, there, (width, height), borderMode=cv2.BORDER_REPLICATE)
    # Three rows are taken together: a rule may bend by a pixel or two over a piece's length. Where it crosses
    # another line it isn't thin: such gaps are bridged first.
    level = cv2.dilate(level, np.ones((3, 1), np.uint8))
    level = cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((1, size), np.uint8))
    level = cv2.morphologyEx(level, cv2.MORPH_OPEN, np.ones((1, longest // RULE_PIECE), np.uint8))
    rules, rule_level = _choose_rules(level, faintest, float(np.percentile(turned[::3, ::3], 99.7)))
    if rules is None:
        return depth
    back = cv2.getRotationMatrix2D(middle, -degrees, 1.0)
    band = cv2.warpAffine(rules.astype(np.uint8), back, (width, height), flags=cv2.INTER_NEAREST)
    band = cv2.dilate(band, np.ones((5, 1), np.uint8)) > 0  # its soft edges, too
    bare = np.where(band, 0, turned).astype(np.uint8)
    joined = cv2.morphologyEx(bare, cv2.MORPH_CLOSE, np.ones((size + 6, 1), np.uint8))
    of_rule = band & (turned < RULE_SPREAD * rule_level)
    wiped = np.where(of_rule, np.minimum(turned, joined), turned).astype(np.uint8)
    return wiped if across else np.ascontiguousarray(wiped.T)


def _slope(thin: np.ndarray, faintest: float) -> float | None:
    """The slope of the rules that run across, in degrees, down to the right; None if there are none."""
    import cv2  # as above

    marked = (thin > faintest).astype(np.uint8) * 255
    votes = round(RULE_VOTES * marked.shape[1])
    quarter = np.pi / 4
    lines = cv2.HoughLines(marked, 1, np.pi / 180, votes, min_theta=quarter, max_theta=3 * quarter)
    if lines is None:
        return None
    return float(np.degrees(np.median(lines.reshape(len(lines), -1)[:40, 1])) - 90)


def _choose_rules(level: np.ndarray, faintest: float, ink_level: float) -> tuple[np.ndarray | None, float]:
    """Tells rules from straight strokes, in a picture turned so that the rules are level.

    Args:
        level: uint8 (height, width), where something thin runs straight on, and how dark it is.
        faintest: what is no more is grain.
        ink_level: the ink's depth.

    Returns:
        The rules, bool (height, width), or None; and how dark they are.
    """
    import cv2  # as above

    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (level > faintest).astype(np.uint8), connectivity=8
    )
    if count < 2:
        return None, 0.0
    sums = np.bincount(labels.ravel(), level.ravel(), count)
    depths = sums / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)  # (count,), its own mean depth
    spans = stats[:, cv2.CC_STAT_WIDTH] / level.shape[1]
    spans[0] = 0  # the paper itself
    begins = stats[:, cv2.CC_STAT_LEFT] / level.shape[1]
    long = spans >= RULE_SPAN
    if not long.any():
        return None, 0.0
    usual = float(np.median(depths[long]))
    alone = long & (begins <= RIM_SHARE) & (begins + spans >= 1 - RIM_SHARE)
    if long.sum() < FEWEST_RULES and not alone.any():
        return None, 0.0
    chosen = long & (depths <= RULE_SPREAD * usual)
    if usual < FAINT_RULES * ink_level:
        chosen |= (spans > 0) & (depths <= RULE_SPREAD * usual)
    rules = chosen[labels]
    for label in np.flatnonzero(chosen & long).tolist():
        _run_on(rules, labels == label)
    return rules, usual


def _run_on(rules: np.ndarray, rule: np.ndarray) -> None:
    """Draws a rule from edge to edge into `rules`: it runs on beneath the strokes that hide it.

    Args:
        rules: bool (height, width), changed.
        rule: bool (height, width), what is seen of it; level, or nearly.
    """
    height, width = rule.shape
    rows, columns = np.nonzero(rule)
    fit = np.polyfit(columns / width, rows, 2 if np.ptp(columns) > 0.7 * width else 1)
    middle = np.polyval(fit, np.arange(width) / width)
    breadth = rule.sum() / max(len(np.unique(columns)), 1)
    for offset in range(-int(breadth / 2), int(breadth / 2) + 1):
        at = np.rint(middle + offset).astype(int)
        inside = (at >= 0) & (at < height)
        rules[at[inside], np.arange(width)[inside]] = True


def _wipe_rim(depth: np.ndarray) -> np.ndarray:
    """Wipes the marks that touch the picture's rim, unless hardly anything else is written."""
    import cv2  # as above

    marks = (depth > STROKE_LEVEL * np.percentile(depth[::3, ::3], 99.7)).astype(np.uint8)
    count, labels = cv2.connectedComponents(marks, connectivity=8)
    masses = np.bincount(labels.ravel(), depth.ravel(), count)
    touches = np.zeros(count, bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        touches[edge] = True
    touches[0] = False
    own = masses[1:][~touches[1:]].sum()
    if not touches.any() or own < OWN_SHARE * masses[1:].sum():
        return depth
    wiped = cv2.dilate(touches[labels].astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return np.where(wiped, 0, depth).astype(np.uint8)
