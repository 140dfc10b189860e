"""Digits that code writes: strokes of a round pen, in the ways in which people form each digit.

MNIST was written by American clerks and pupils. Elsewhere a 1 has a flag, a 7 a bar, and a 9 a tail that
curls: of some forms MNIST has few, of others none. Here each form is a few points, which no two digits have
in quite the same place; the curve between them, how it leans, how wide it is and how thick the pen, are drawn
at random too. Then it is brought into MNIST's form: 20 cells at its longest, its ink's middle in the middle.

The take-away script carries this file along as it stands, so it imports nothing but NumPy.
"""

import numpy as np

# Each form of a digit: its strokes, parted by a bar; their points, across and down in hundredths of a box.
# A point told twice is a corner; between the others the pen goes round in a curve.
FORMS = {
    0: (
        "50,0 10,10 0,50 15,95 60,100 100,70 95,20 50,0",
        "75,10 40,0 0,35 10,90 60,102 100,55 80,5 45,8",
    ),
    1: (
        "50,0 50,50 50,100",
        "20,30 55,0 55,0 55,100",
        "0,50 60,0 60,0 60,100",
        "20,25 55,0 55,0 55,100 | 15,100 90,100",
    ),
    2: (
        "10,25 30,0 85,0 90,40 45,70 0,100 0,100 95,100",
        "10,20 50,-8 95,20 60,70 10,100 0,80 30,80 95,100",
    ),
    3: (
        "5,15 40,-5 95,10 80,42 40,46 40,46 95,52 95,95 40,106 0,85",
        "10,0 90,0 90,0 45,40 45,40 95,50 95,95 40,105 0,88",
    ),
    4: (
        "25,0 5,55 5,55 100,55 | 72,25 65,100",
        "10,5 10,50 10,50 90,50 | 80,0 80,100",
        "65,100 70,0 70,0 0,65 0,65 100,65",
        "70,0 0,65 0,65 100,65 | 70,5 68,100",
    ),
    5: (
        "90,0 20,0 20,0 10,45 10,45 60,32 98,65 75,100 30,105 0,85",
        "20,3 12,45 12,45 60,35 95,65 70,100 30,103 0,88 | 20,2 95,0",
    ),
    6: (
        "75,0 25,25 0,75 25,103 75,104 95,70 60,48 8,75",
        "55,0 15,40 0,85 35,105 90,95 80,60 30,60 8,90",
    ),
    7: (
        "0,0 95,0 95,0 35,100",
        "0,0 95,0 95,0 35,100 | 20,50 90,50",
        "0,20 3,0 3,0 95,0 95,0 40,100",
        "0,5 95,0 95,0 55,45 45,100",
    ),
    8: (
        "80,12 50,-3 10,10 15,40 85,62 90,98 40,106 5,85 25,58 85,30 75,5",
        "50,0 15,10 20,42 75,45 85,10 50,0 | 50,46 5,60 10,100 85,103 95,60 50,46",
    ),
    9: (
        "90,15 50,-5 5,15 15,50 60,50 88,15 88,15 80,100",
        "90,15 50,-5 5,15 15,50 60,50 90,12 90,12 90,80 60,105 10,92",
        "90,15 50,-5 5,15 15,50 60,50 90,12 95,60 75,102 25,108 10,80",
        "85,10 30,0 10,35 60,50 95,10 85,60 40,100",
    ),
}
WOBBLE = 0.045  # of the box: how far a point strays, as a standard deviation
APART = 0.03  # the same of a whole stroke: a hat that floats, a bar that misses
NARROWNESS, ASPECT = 0.65, 0.35  # width over height, and by how much, to the power of e, it varies
LEAN_DEGREES, TURN_DEGREES = 20.0, 8.0  # at most
THINNEST, THICKEST = 1.3, 5.5  # cells of the pen, in a digit of 20
LONGEST = 20.0  # cells of the longest side, the pen's width with it: MNIST's
SIDE = 28
FULL_INK = 255
AT_ONCE = 64  # digits drawn at a time: their distances stay in the processor's own memory


def with_written(
    digits: np.ndarray, labels: np.ndarray, share: float, random: np.random.Generator
) -> np.ndarray:
    """Digits, some of which code has written in the place of others of the same class.

    Args:
        digits: uint8 (n, 28, 28); not changed.
        labels: uint8 (n,), 0 to 9.
        share: how likely each is to be replaced, 0 to 1.
        random: what all of it is drawn from.

    Returns:
        uint8 (n, 28, 28), new.
    """
    chosen = np.flatnonzero(random.random(len(digits)) < share)
    changed = digits.copy()
    changed[chosen] = write_digits(labels[chosen], random)
    return changed


def write_digits(labels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Digits of these classes, each in another hand.

    Args:
        labels: integers (n,), 0 to 9.
        random: what form, shape and pen are drawn from.

    Returns:
        uint8 (n, 28, 28), ink bright on black.
    """
    labels = np.asarray(labels)
    written = np.zeros((len(labels), SIDE, SIDE), np.uint8)
    for first in range(0, len(labels), AT_ONCE):
        few = slice(first, first + AT_ONCE)
        pieces, widths = _form(labels[few], random)
        written[few] = _ink(pieces, widths)
    return written


def _form(labels: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Straight pieces of the pen's way, in cells, (n, pieces, 2 ends, 2), and the pen's widths, (n,)."""
    count = len(labels)
    which = random.random(count)
    strays = random.standard_normal((count, _POINTS, 2)) * WOBBLE
    moves = random.standard_normal((count, _STROKES, 2)) * APART
    narrow, lean, turn, thick = random.uniform(-1, 1, (4, count))
    pieces = np.empty((count, _PIECES, 2, 2))
    for number, label in enumerate(labels.tolist()):
        forms = _SMOOTHED[label]
        points, owners, same, ends = forms[int(which[number] * len(forms))]
        placed = points + strays[number][same] + moves[number][owners]
        pieces[number] = ends @ placed
    # stretched, slanted and turned about the middle
    pieces -= 0.5
    wide = NARROWNESS * np.exp(ASPECT * narrow)
    slant, angle = np.tan(np.radians(LEAN_DEGREES * lean)), np.radians(TURN_DEGREES * turn)
    cos, sin = np.cos(angle), np.sin(angle)
    turning = np.array([[cos * wide, -cos * slant - sin], [sin * wide, cos - sin * slant]])  # (2, 2, n)
    pieces = np.einsum("ijn,npej->npei", turning, pieces)
    widths = np.exp(np.log(THINNEST) + (thick + 1) / 2 * np.log(THICKEST / THINNEST))
    longest = (pieces.max(axis=(1, 2)) - pieces.min(axis=(1, 2))).max(axis=1)
    pieces *= ((LONGEST - widths) / longest)[:, None, None, None]
    # the ink's middle, as if the pen never crossed its way
    lengths = np.hypot(*np.moveaxis(pieces[:, :, 1] - pieces[:, :, 0], -1, 0)) + 1e-9
    middles = (pieces.mean(axis=2) * lengths[..., None]).sum(axis=1) / lengths.sum(axis=1)[:, None]
    return pieces - middles[:, None, None] + (SIDE - 1) / 2, widths


def _ink(pieces: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """A round pen along the pieces: a cell is covered by as much as its centre lies inside, in cells."""
    nearest = np.full((len(pieces), SIDE, SIDE), np.inf, np.float32)
    down, across = np.indices((SIDE, SIDE), np.float32)
    pieces = pieces.astype(np.float32)
    for place in range(pieces.shape[1]):
        (x, y), (end_x, end_y) = (pieces[:, place, end].T[..., None, None] for end in (0, 1))
        step_x, step_y = end_x - x, end_y - y
        from_x, from_y = across - x, down - y
        along = (from_x * step_x + from_y * step_y) / (step_x**2 + step_y**2 + np.float32(1e-9))
        along = np.clip(along, 0, 1)
        away = (from_x - along * step_x) ** 2 + (from_y - along * step_y) ** 2
        np.minimum(nearest, away, out=nearest)
    covered = np.clip(widths[:, None, None] / 2 + 0.5 - np.sqrt(nearest), 0, 1)
    return np.rint(FULL_INK * covered).astype(np.uint8)


def _smooth(points: int) -> np.ndarray:
    """What each corner of a stroke's smooth curve takes of its points: (corners, points).

    Twice every corner is cut off (Chaikin 1974); the ends stay.
    """
    weights = np.eye(points)
    for _ in range(2):
        cut = np.stack([0.75 * weights[:-1] + 0.25 * weights[1:], 0.25 * weights[:-1] + 0.75 * weights[1:]])
        weights = np.concatenate([weights[:1], cut.swapaxes(0, 1).reshape(-1, points), weights[-1:]])
    return weights


def _smoothed(form: str) -> tuple[np.ndarray, ...]:
    """A form, ready to be drawn.

    Returns:
        Its points (p, 2); the stroke of each (p,); the first of those that are the same corner (p,); and
        what the two ends of each piece take of the points, (pieces, 2, p).
    """
    strokes = [[tuple(map(int, point.split(","))) for point in told.split()] for told in form.split("|")]
    points = np.array([point for stroke in strokes for point in stroke]) / 100
    owners = np.repeat(np.arange(len(strokes)), [len(stroke) for stroke in strokes])
    same, ends, first = np.arange(len(points)), [], 0
    for place in range(1, len(points)):
        if owners[place] == owners[place - 1] and (points[place] == points[place - 1]).all():
            same[place] = same[place - 1]
    for stroke in strokes:
        weights = np.zeros((4 * len(stroke), len(points)))
        weights[:, first : first + len(stroke)] = _smooth(len(stroke))
        ends.append(np.stack([weights[:-1], weights[1:]], axis=1))
        first += len(stroke)
    return points, owners, same, np.concatenate(ends)


def _prepared() -> dict[int, list[tuple[np.ndarray, ...]]]:
    """All forms as ``_smoothed`` gives them, with as many pieces each: those of some end in mere points."""
    forms = {digit: [_smoothed(form) for form in told] for digit, told in FORMS.items()}
    most = max(len(ends) for told in forms.values() for *_, ends in told)
    return {
        digit: [
            (points, owners, same, np.concatenate([ends, np.tile(ends[-1, 1], (most - len(ends), 2, 1))]))
            for points, owners, same, ends in told
        ]
        for digit, told in forms.items()
    }


_SMOOTHED = _prepared()
_PIECES = len(_SMOOTHED[0][0][3])
_POINTS = max(len(points) for told in _SMOOTHED.values() for points, *_ in told)
_STROKES = max(form.count("|") + 1 for told in FORMS.values() for form in told)
