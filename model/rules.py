"""Printed rules and squares, told from strokes and wiped away; and what comes in over a photograph's rim.

Sizes are shares of the picture's longest side, as in `model.paper`.
"""

from __future__ import annotations

import numpy as np

THIN_SHARE = 0.02  # of the longest side: rules are no broader
RULE_PIECE = 8  # a rule runs straight on for at least one part in so many of the longest side
RULE_VOTES = 0.3  # of the longest side: as many pixels of one straight line make it a rule to begin with
RULE_SPAN = 0.5  # of the picture: a rule is seen over so much of its length; a stroke seldom is
RIM_SHARE = 0.06  # of the picture: a single rule begins and ends so near the picture's edges
RULE_PERCENT = 75  # of a rule's pixels are no deeper than what counts as its depth; ink hides few of them
MOST_ABOVE = 2.5  # times what is seen all along a rule: more is the ink's depth, not the rule's
FAINTEST_RULE = 6  # grey levels of evened paper: the eye doesn't see fainter lines
MOST_DEGREES = 25  # by which a sheet is turned
RULE_SPREAD = 1.5  # times the rules' usual depth: what is darker is ink
SOFT_EDGE = 0.6  # of the rules' depth: what is left beside a wiped rule is no stroke that it crossed
FAINT_RULES = 0.6  # of the ink's depth: rules as faint as this are told from ink by their level alone
FEWEST_RULES = 2
STROKE_LEVEL = 0.25  # of the ink's depth: a pixel above this belongs to a mark
OWN_SHARE = 0.15  # of the marks' mass: with so much that doesn't touch the rim, what touches it is no digit


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
    across, down = _find_rules(depth), _find_rules(np.ascontiguousarray(depth.T))
    wiped = _wipe_lines(depth, *across) if across else depth
    wiped = _wipe_lines(wiped.T, *down).T if down else wiped
    wiped = _wipe_rim(np.ascontiguousarray(wiped))
    if not (across or down) and wiped is depth:
        return page
    gone = depth.astype(np.int16) - wiped
    return np.where(gone > 0, page + gone, page).clip(0, 255).astype(np.uint8)


def _find_rules(depth: np.ndarray) -> tuple[np.ndarray, float] | None:
    """Finds the rules that run more across than down.

    Args:
        depth: uint8 (height, width), how far below the paper.

    Returns:
        Where they are, bool (height, width), and how deep they are; None if there are none.
    """
    import cv2  # takes a tenth of a second; only photographs need it

    longest = max(depth.shape)
    size = max(3, round(THIN_SHARE * longest))
    thin = cv2.morphologyEx(depth, cv2.MORPH_TOPHAT, np.ones((size, 1), np.uint8))
    faintest = FAINTEST_RULE + 2 * float(np.percentile(thin[::3, ::3], 60))  # above the grain
    degrees = _slope(thin, faintest)
    if degrees is None:
        return None
    height, width = depth.shape
    middle = (width / 2, height / 2)
    there = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    level = cv2.warpAffine(thin, there, (width, height), borderMode=cv2.BORDER_REPLICATE)
    # Three rows are taken together: a rule may bend by a pixel or two over a piece's length. Where it crosses
    # another line it isn't thin: such gaps are bridged first.
    level = cv2.dilate(level, np.ones((3, 1), np.uint8))
    level = cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((1, size), np.uint8))
    level = cv2.morphologyEx(level, cv2.MORPH_OPEN, np.ones((1, longest // RULE_PIECE), np.uint8))
    rules = _choose_rules(level, faintest, float(np.percentile(depth[::3, ::3], 99.7)))
    if rules is None:
        return None
    seen = cv2.warpAffine(cv2.dilate(depth, np.ones((3, 1), np.uint8)), there, (width, height))
    rule_level = min(np.percentile(seen[rules], RULE_PERCENT), MOST_ABOVE * level[rules].mean())
    back = cv2.getRotationMatrix2D(middle, -degrees, 1.0)
    band = cv2.warpAffine(rules.astype(np.uint8), back, (width, height), flags=cv2.INTER_NEAREST)
    return cv2.dilate(band, np.ones((5, 1), np.uint8)) > 0, float(rule_level)  # with their soft edges


def _wipe_lines(depth: np.ndarray, rules: np.ndarray, rule_level: float) -> np.ndarray:
    """Wipes rules that run across, and joins the strokes that they crossed.

    Args:
        depth: uint8 (height, width).
        rules: where they are, bool (height, width).
        rule_level: how deep they are.

    Returns:
        uint8 (height, width).
    """
    import cv2  # as above

    size = max(3, round(THIN_SHARE * max(depth.shape))) + 6  # px: a rule, and its soft edges
    bare = np.where(rules, 0, depth).astype(np.uint8)
    joined = cv2.morphologyEx(bare, cv2.MORPH_CLOSE, np.ones((size, 1), np.uint8))
    joined[joined < SOFT_EDGE * rule_level] = 0
    of_rule = rules & (depth < RULE_SPREAD * rule_level)
    return np.where(of_rule, np.minimum(depth, joined), depth).astype(np.uint8)


def _slope(thin: np.ndarray, faintest: float) -> float | None:
    """The slope of the rules that run across, in degrees, down to the right; None if there are none."""
    import cv2  # as above

    marked = (thin > faintest).astype(np.uint8) * 255
    votes = round(RULE_VOTES * marked.shape[1])
    low, high = np.radians((90 - MOST_DEGREES, 90 + MOST_DEGREES))
    lines = cv2.HoughLines(marked, 1, np.pi / 180, votes, min_theta=float(low), max_theta=float(high))
    if lines is None:
        return None
    return float(np.degrees(np.median(lines.reshape(len(lines), -1)[:40, 1])) - 90)


def _choose_rules(level: np.ndarray, faintest: float, ink_level: float) -> np.ndarray | None:
    """Tells rules from straight strokes, in a picture turned so that the rules are level.

    Args:
        level: uint8 (height, width), where something thin runs straight on, and how dark it is.
        faintest: what is no more is grain.
        ink_level: the ink's depth.

    Returns:
        The rules, bool (height, width), or None.
    """
    import cv2  # as above

    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (level > faintest).astype(np.uint8), connectivity=8
    )
    if count < 2:
        return None
    sums = np.bincount(labels.ravel(), level.ravel(), count)
    depths = sums / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)  # (count,), its own mean depth
    spans = stats[:, cv2.CC_STAT_WIDTH] / level.shape[1]
    spans[0] = 0  # the paper itself
    begins = stats[:, cv2.CC_STAT_LEFT] / level.shape[1]
    long = spans >= RULE_SPAN
    if not long.any():
        return None
    usual = float(np.median(depths[long]))
    alone = long & (begins <= RIM_SHARE) & (begins + spans >= 1 - RIM_SHARE)
    if long.sum() < FEWEST_RULES and not alone.any():
        return None
    chosen = long & (depths <= RULE_SPREAD * usual)
    if usual < FAINT_RULES * ink_level:
        chosen |= (spans > 0) & (depths <= RULE_SPREAD * usual)
    rules = chosen[labels]
    for label in np.flatnonzero(chosen & long).tolist():
        _run_on(rules, labels == label)
    return rules


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
