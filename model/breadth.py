"""The breadth of strokes: hair-lines made broader, marker's strokes narrower, until they are as a digit's.

Shrinking keeps the shape of a digit but not what a network expects of its strokes: those of a fine pen fade,
those of a broad one fill the loops of an 8. Breadths are told as shares of the writing's longest side, so
that large and small writing are alike. Erosion and distances are OpenCV's.
"""

import math

import numpy as np

from model.ink import find_box

SOLID_LEVEL = 0.4  # of the strongest ink: a pixel above this is inside a stroke
# Stroke's breadth / digit's longest side; of MNIST's digits, enlarged, two thirds are broader than the
# thinnest, and 96 of 100 narrower than the broadest.
THINNEST, BROADEST = 2.4 / 20, 0.2
NARROWED = 0.15  # likewise: what broader strokes become, chosen on drawn digits of the writers to choose by
LEAST_SIDE = 60  # px: smaller writing has too few pixels to take any away


def strengthen(ink: np.ndarray) -> np.ndarray:
    """Makes strokes solid, and thin ones as broad as those that the networks learn from.

    Args:
        ink: uint8 (height, width), bright on black, not all 0.

    Returns:
        uint8 (height, width).
    """
    import cv2  # takes a tenth of a second; only photographs need it

    inside = ink > SOLID_LEVEL * ink.max()
    wanted = THINNEST * _longest_side(inside)  # px
    lacking = max(0.0, wanted - usual_breadth(inside)) / 2  # px on either side
    beyond = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    cover = np.clip(lacking + 1 - beyond, 0, 1) * 255
    return np.maximum(ink, (cover + 0.5).astype(np.uint8))


def narrow(ink: np.ndarray) -> np.ndarray:
    """Makes strokes narrower that are broader than in the digits to learn from, unless they would break.

    Args:
        ink: uint8 (height, width), bright on black, not all 0.

    Returns:
        uint8 (height, width); the very same array where the strokes are narrow enough.
    """
    faintest = SOLID_LEVEL * ink.max()
    inside = ink > faintest
    side = _longest_side(inside)
    breadth = usual_breadth(inside)
    if side < LEAST_SIDE or breadth <= BROADEST * side:
        return ink
    import cv2  # as above: only broad strokes need it

    size = round(breadth - NARROWED * side)
    narrowed = cv2.erode(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    pieces = [cv2.connectedComponents(each.astype(np.uint8))[0] for each in (inside, narrowed > faintest)]
    return narrowed if pieces[0] == pieces[1] else ink


def usual_breadth(strokes: np.ndarray) -> float:
    """The usual breadth of strokes, px, from their area and their outline alone: a tenth of a millisecond.

    A stroke of length l and breadth b has the area l b and an outline of about 2 l. An outline that runs in
    all directions crosses 4 / pi as many borders between pixels as it is pixels long.

    Args:
        strokes: bool (height, width), not all False.
    """
    framed = np.pad(strokes, 1)
    borders = sum(np.count_nonzero(each[1:] != each[:-1]) for each in (framed, framed.T))
    return 2 * np.count_nonzero(strokes) / (borders * math.pi / 4)


def _longest_side(inside: np.ndarray) -> int:
    top, bottom, left, right = find_box(inside)
    return max(bottom - top, right - left)
