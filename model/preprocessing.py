"""From any picture to a digit in MNIST's form, in named steps that can be shown one by one and switched off.

MNIST's makers never published their program. QMNIST's authors reconstructed it to within 3 grey levels of 255
(Yadav & Bottou 2019, "Cold Case: The Lost MNIST Digits", https://arxiv.org/abs/1905.10498,
`making_qmnist/xnist.lsh` in https://github.com/facebookresearch/qmnist), and this follows them: a square
around the ink is shrunk to 20×20 by the area that each pixel covers, the greys are stretched until the
strongest ink is 255, and the result is placed in 28×28 so that its centre of mass falls on the middle.

A photograph is brought to plain paper first (`model.paper`): steps that a drawing, a clean scan or a digit of
the data doesn't need and doesn't go through.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from PIL import Image

from model.breadth import narrow, strengthen
from model.grey import to_grey
from model.ink import BLANK, FoundInk, find_box, find_ink
from model.paper import drop_faint, even_light, is_bare, is_photograph
from model.rules import wipe_rules

DIGIT_SIDE = 28  # px, MNIST's frame
INK_SIDE = 20  # px, the longest side of the ink in MNIST's frame
MOST_PIXELS = 700 * 700  # larger pictures are shrunk first: a pen's line on a photographed page is still seen

CUT = "The writing runs over the picture's edge: part of the digit may be missing."


@dataclass(frozen=True)
class StepName:
    """A step that can be switched off.

    Attributes:
        name: what `off` calls it.
        title: a few words for its picture.
        explanation: one sentence for a student.
        for_photographs: whether only a photograph goes through it.
    """

    name: str
    title: str
    explanation: str
    for_photographs: bool = False


@dataclass(frozen=True)
class Step:
    """What one step made of the picture.

    Attributes:
        name, title, explanation: as in `StepName`.
        image: uint8 (height, width). Ink is bright on black, but for the picture as given.
        on: False where the step was switched off.
    """

    name: str
    title: str
    explanation: str
    image: np.ndarray
    on: bool


@dataclass(frozen=True, eq=False)
class Preprocessed:
    """A picture on its way to a digit.

    Attributes:
        steps: the picture as given, then one entry for each step taken, in the order of `STEPS`; the last
            image is the digit.
        digit: uint8 (28, 28), ink bright on black; None where there is nothing to read.
        problem: why there is nothing to read, in plain words; else None.
        remarks: what may be amiss with a photograph although it can be read, in whole sentences.
    """

    steps: tuple[Step, ...]
    digit: np.ndarray | None
    problem: str | None
    remarks: tuple[str, ...] = ()


PICTURE = StepName(
    "picture", "Your picture", "This is what you gave: every dot is a number from 0, black, to 255, white."
)
STEPS = (
    StepName(
        "light",
        "Even the light",
        "The paper's brightness beside the strokes is worked out and taken off: the lamp, shadows and the "
        "paper's own colour go, the strokes stay.",
        for_photographs=True,
    ),
    StepName(
        "rules",
        "Wipe the rules",
        "Printed rules and squares run straight from edge to edge, as no digit does: they are wiped away, "
        "and strokes that cross them are joined again.",
        for_photographs=True,
    ),
    StepName(
        "ink",
        "Find the ink",
        "The network learned from bright ink on black paper, so the paper is made black and the ink bright, "
        "whichever way round they were.",
    ),
    StepName(
        "strokes",
        "Thicken the strokes",
        "A fine or pale pen line would fade when it is shrunk, so it is made solid, and as broad as in the "
        "digits that the network learned from.",
        for_photographs=True,
    ),
    StepName(
        "breadth",
        "Narrow the strokes",
        "A broad pen's strokes would fill the loops of a small digit, so they are made narrower, as in the "
        "digits that the network learned from; strokes that are narrow enough stay as they are.",
    ),
    StepName(
        "crop",
        "Crop and shrink",
        "The empty paper is cut away and what is left is shrunk until its longest side is 20 pixels, "
        "so that large and small writing look the same.",
    ),
    StepName(
        "contrast",
        "Stretch the contrast",
        "Shrinking turns a thin line grey, so all greys are stretched until the brightest is white again.",
    ),
    StepName(
        "centre",
        "Centre it",
        "The digit is moved until its centre of mass, the point where it would balance, "
        "lies in the middle of 28×28 pixels.",
    ),
)


def to_digit(picture: np.ndarray, off: Collection[str] = (), is_drawing: bool = False) -> Preprocessed:
    """Turns a picture of one digit into MNIST's form.

    Args:
        picture: uint8 (height, width), grey; (height, width, 3), RGB; or (height, width, 4), RGBA. Dark ink
            on light paper or the reverse.
        off: names of the steps (see `STEPS`) to leave out. With "ink" off the greys stay as the eye sees
            them; with "crop" off the whole picture is shrunk to 28×28; with "centre" off the digit keeps its
            place in the frame.
        is_drawing: whether it was drawn on a screen: then it is no photograph, whatever it looks like.

    Returns:
        The steps with their images, and the digit, unless there is nothing to read.

    Raises:
        ValueError: the array isn't a picture, or `off` names no step.

    Example:
        >>> to_digit(np.zeros((280, 280), np.uint8)).problem
        'There is nothing to read: the picture is blank; no mark stands out from the paper.'
    """
    written = find_writing(picture, off, is_drawing)
    ink, found = written.steps[-1].image, written.found
    if found.problem is not None:
        return Preprocessed(written.steps, None, found.problem)
    ink = ink if {"ink", "breadth"} & set(off) else narrow(ink)
    window = _frame_window(ink) if "crop" in off else _ink_window(ink)
    small = _resample(ink, window)
    shrunk = _rounded(small)
    if "contrast" not in off:
        small *= 255 / small.max()
    clear = _rounded(small)
    digit = _place(clear, _keep_place(window, ink) if "centre" in off else _balance(clear))
    made = {"breadth": ink, "crop": shrunk, "contrast": clear, "centre": digit}
    cut = written.is_photograph and _touches_edge(found.image)
    return Preprocessed((*written.steps, *_steps(made, off)), digit, None, (CUT,) if cut else ())


@dataclass(frozen=True)
class Writing:
    """What is written on a sheet, one digit or many, before anything is cut out.

    Attributes:
        steps: the picture as given, then the steps taken so far; the last image is the ink, bright on black,
            (with the step "ink" off, the greys as they are).
        found: the ink, and whether there is any.
        is_photograph: whether the steps for photographs were taken.
    """

    steps: tuple[Step, ...]
    found: FoundInk
    is_photograph: bool


def find_writing(
    picture: np.ndarray, off: Collection[str] = (), is_drawing: bool = False, has_rules: bool = False
) -> Writing:
    """Takes the first steps: from a picture to the ink on it. Large pictures are shrunk.

    Args:
        picture: as for `to_digit`.
        off: as for `to_digit`.
        is_drawing: likewise.
        has_rules: whether there are rules to wipe on what is no photograph: a table's, drawn on a screen.

    Raises:
        ValueError: the array isn't a picture, or `off` names no step.
    """
    unknown = set(off) - {step.name for step in STEPS}
    if unknown:
        raise ValueError(f"no step is called {sorted(unknown)}; there are {[step.name for step in STEPS]}")
    grey = _shrink_large(to_grey(picture))
    photograph = not is_drawing and is_photograph(grey)
    made, page = {}, grey
    if photograph:
        made["light"] = page = page if "light" in off else even_light(page)
    if photograph or has_rules:
        made["rules"] = page = page if "rules" in off else wipe_rules(page)
    bare = photograph and "light" not in off and is_bare(page)
    found = FoundInk(np.zeros_like(page), BLANK) if bare else find_ink(page)
    if photograph and found.image.any():
        found = FoundInk(drop_faint(found.image), found.problem)
    made["ink"] = ink = page if "ink" in off else found.image
    if photograph and found.problem is None:
        made["strokes"] = ink if {"ink", "strokes"} & set(off) else strengthen(ink)
    first = Step(PICTURE.name, PICTURE.title, PICTURE.explanation, grey, True)
    return Writing((first, *_steps(made, off)), found, photograph)


def _touches_edge(ink: np.ndarray) -> bool:
    top, bottom, left, right = find_box(ink)
    return min(top, left) == 0 or bottom == ink.shape[0] or right == ink.shape[1]


def _steps(images: dict[str, np.ndarray], off: Collection[str]) -> list[Step]:
    """The steps that made these images, by the steps' names."""
    return [
        Step(step.name, step.title, step.explanation, images[step.name], step.name not in off)
        for step in STEPS
        if step.name in images
    ]


@dataclass(frozen=True)
class _Window:
    """A square of the picture that is to become `cells` × `cells` pixels; it may reach beyond the picture."""

    top: int  # px of the picture
    left: int
    side: int
    cells: int


def _shrink_large(grey: np.ndarray) -> np.ndarray:
    factor = math.ceil(math.sqrt(grey.size / MOST_PIXELS))
    return np.asarray(Image.fromarray(grey).reduce(factor)) if factor > 1 else grey


def _rounded(image: np.ndarray) -> np.ndarray:
    return (image + 0.5).astype(np.uint8)


def _frame_window(ink: np.ndarray) -> _Window:
    """The whole picture, with paper added on two sides to make it square."""
    height, width = ink.shape
    side = max(height, width)
    return _Window((height - side) // 2, (width - side) // 2, side, DIGIT_SIDE)


def _ink_window(ink: np.ndarray) -> _Window:
    """A square as large as the ink, with the ink in its middle."""
    top, bottom, left, right = find_box(ink)
    side = max(bottom - top, right - left)
    rim_top, rim_bottom, rim_left, rim_right = find_box(ink, faintest=0)
    if rim_bottom - rim_top <= side:
        top, bottom = rim_top, rim_bottom
    if rim_right - rim_left <= side:
        left, right = rim_left, rim_right
    return _Window(top - (side - bottom + top) // 2, left - (side - right + left) // 2, side, INK_SIDE)


def _resample(ink: np.ndarray, window: _Window) -> np.ndarray:
    """Shrinks (or enlarges) a window of the picture: each new pixel is the mean over the area that it covers.

    Returns:
        float32 (cells, cells), 0 to 255.
    """
    top, left = max(window.top, 0), max(window.left, 0)
    inside = ink[top : window.top + window.side, left : window.left + window.side]
    rows = _band_means(inside, window.top - top, window.side, window.cells)
    return _band_means(rows.T, window.left - left, window.side, window.cells).T


def _band_means(image: np.ndarray, start: int, length: int, bands: int) -> np.ndarray:
    """Means over equal bands of the rows from `start` to `start + length`; outside the image lies paper, 0.

    Running sums, read off between two rows where a band's border falls there, are as exact as a product with
    a matrix of weights and keep to one thread.

    Returns:
        float32 (bands, width).
    """
    sums = np.zeros((len(image) + 1, image.shape[1]), np.float32)  # the ink above each row's upper edge
    np.cumsum(image, axis=0, out=sums[1:])
    borders = np.clip(start + np.arange(bands + 1) * (length / bands), 0, len(image))  # rows, (bands + 1,)
    row = np.minimum(borders.astype(int), len(image) - 1)
    above = sums[row] + (borders - row)[:, None] * image[row]  # (bands + 1, width)
    return (np.diff(above, axis=0) * (bands / length)).astype(np.float32)


def _balance(small: np.ndarray) -> tuple[int, int]:
    """Where to put an image in the frame so that its centre of mass falls on the middle.

    MNIST's makers rounded so that the centre of mass, counted from the frame's edge, lies between 14 and 15
    px: this is so for all but 4 of MNIST's 60,000. No ink is pushed out of the frame.

    Returns:
        The row and column of the image's corner.
    """
    offset = []
    for profile in (small.sum(axis=1), small.sum(axis=0)):
        inked = np.flatnonzero(profile)
        if not inked.size:  # without the stretching of contrast, a mark on a large sheet may fade to nothing
            return (DIGIT_SIDE - len(small)) // 2, (DIGIT_SIDE - len(small)) // 2
        middle = (profile * (np.arange(len(profile)) + 0.5)).sum() / profile.sum()
        offset.append(int(np.clip(math.floor(15 - middle), -inked[0], DIGIT_SIDE - 1 - inked[-1])))
    return offset[0], offset[1]


def _keep_place(window: _Window, ink: np.ndarray) -> tuple[int, int]:
    """Where to put an image in the frame so that its ink keeps its place between the edges of the picture.

    Returns:
        The row and column of the image's corner.
    """
    if window.cells == DIGIT_SIDE:
        return 0, 0
    frame = _frame_window(ink)
    top, bottom, left, right = find_box(ink)
    scale = window.cells / window.side
    offset = []
    for start, end, window_start, frame_start in (
        (top, bottom, window.top, frame.top),
        (left, right, window.left, frame.left),
    ):
        free = frame.side - (end - start)  # px of the picture
        share = (start - frame_start) / free if free else 0.5
        place = share * (DIGIT_SIDE - (end - start) * scale)
        offset.append(round(place - (start - window_start) * scale))
    return offset[0], offset[1]


def _place(small: np.ndarray, offset: tuple[int, int]) -> np.ndarray:
    """Lays an image into an empty 28×28 frame; what reaches beyond is cut off."""
    around = DIGIT_SIDE  # px: room for any offset
    wide = np.zeros((DIGIT_SIDE + 2 * around,) * 2, np.uint8)
    row, column = offset[0] + around, offset[1] + around
    wide[row : row + len(small), column : column + len(small)] = small
    return wide[around:-around, around:-around].copy()
