"""From a picture to the digits in it, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from model.ink import NOISE
from model.preprocessing import PICTURE, Preprocessed, Writing, find_writing
from model.several.choosing import Candidate, choose, clusters, prepare
from model.several.parts import sort_out
from model.several.pieces import Box, take_apart
from model.upright import UPSIDE_DOWN, is_upside_down
from model.verdict import Reader, Verdict, read_digits

MOST_DIGITS = 200  # of one picture: a page that is full of them
MOST_PIECES = 1000  # of ink: more are noise
SAME_LINE = 0.35  # of the lower one's height: what two neighbours on a line share at least
ROOM = 0.4  # of the tallest digit's height: the paper around all that is written
WORD_GAP = 0.9  # of the digits' height: a wider gap parts two numbers

NO_DIGIT = "There is no digit to read: what stands out from the paper are dots, dashes or patches."
TOO_MANY = f"There are more than {MOST_DIGITS} digits. Give a picture of a part of them."
SEVERAL = "There seem to be several digits, and they are read as one."
AT_THE_EDGE = "It touches the picture's edge: part of it may be missing."


@dataclass(frozen=True, eq=False)
class FoundDigit:
    """One of several digits.

    Attributes:
        box: where it is, px of `Several.ink`.
        ink: uint8 (height, width), its own ink and nothing of its neighbours', bright on black.
        digit: uint8 (28, 28), ink bright on black.
        verdict: what the network reads in it.
        at_edge: whether its ink reaches the picture's edge.
    """

    box: Box
    ink: np.ndarray
    digit: np.ndarray
    verdict: Verdict
    at_edge: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to tell a person about it, in whole sentences."""
        return (*self.verdict.warnings, *([AT_THE_EDGE] if self.at_edge else []))


@dataclass(frozen=True, eq=False)
class Several:
    """The digits of a picture.

    Attributes:
        ink: uint8 (height, width), what was written, bright on black. A large picture was shrunk.
        lines: the digits, line by line from the top, each from left to right.
        marks: what was written besides and is no digit: dots, dashes, slashes, lines of a table.
        problem: why there is no digit, in plain words; None where there is one.
        is_photograph: whether the steps for photographs were taken.
        remarks: what may be amiss with the whole picture, in whole sentences.
    """

    ink: np.ndarray
    lines: tuple[tuple[FoundDigit, ...], ...]
    marks: tuple[Box, ...]
    problem: str | None
    is_photograph: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def digits(self) -> tuple[FoundDigit, ...]:
        """All digits, in reading order."""
        return tuple(digit for line in self.lines for digit in line)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is read in each line: digits, and a space where a mark or a wide gap parts two numbers."""
        return tuple(
            "".join(
                (" " if place and self._part(line[place - 1].box, digit.box) else "")
                + str(digit.verdict.digit)
                for place, digit in enumerate(line)
            )
            for line in self.lines
        )

    @property
    def page(self) -> Box:
        """The whole picture."""
        return Box(0, self.ink.shape[0], 0, self.ink.shape[1])

    @property
    def writing(self) -> Box:
        """All that is written, with some paper around it; the whole picture where there is no digit."""
        if not self.digits:
            return self.page
        boxes = [*(digit.box for digit in self.digits), *self.marks]
        room = round(ROOM * max(digit.box.height for digit in self.digits))
        return reduce(Box.join, boxes).widen(room).meet(self.page)

    def share(self, box: Box, within: Box | None = None) -> tuple[float, float, float, float]:
        """A box as shares of the picture: left and width of its width, top and height of its height.

        Args:
            box: within the picture.
            within: a part of the picture that counts as the whole.

        Returns:
            left, top, width, height; each 0 to 1.
        """
        whole = within or self.page
        left, top = box.left - whole.left, box.top - whole.top
        return left / whole.width, top / whole.height, box.width / whole.width, box.height / whole.height

    def _part(self, before: Box, after: Box) -> bool:
        """Whether two neighbours on a line belong to two numbers."""
        if -before.overlap_across(after) > WORD_GAP * max(before.height, after.height):
            return True
        both = before.join(after)
        return any(
            before.middle[0] < mark.middle[0] < after.middle[0] and mark.overlap_down(both) > 0
            for mark in self.marks
        )


def find_digits(
    picture: np.ndarray, network: Reader, is_drawing: bool = False, off: Collection[str] = ()
) -> Several:
    """Finds and reads the digits of a picture.

    Args:
        picture: as for `model.preprocessing.to_digit`.
        network: what reads. It also decides where digits that touch are cut apart.
        is_drawing: as for `to_digit`.
        off: names of the steps to leave out (`model.preprocessing.STEPS`). Those that bring each digit into
            MNIST's form are left out once the digits are found: they stay where they are, and each is read
            without.

    Returns:
        The digits, line by line.

    Raises:
        ValueError: the array isn't a picture, or `off` names no step.
    """
    writing = find_page(picture, is_drawing, off)
    ink = writing.found.image
    if not ink.any():
        return Several(ink, (), (), writing.found.problem)
    labels, pieces = take_apart(ink)
    if len(pieces) > MOST_PIECES:
        return Several(ink, (), (), NOISE)
    bodies, marks = sort_out(pieces)
    if len(bodies) > MOST_DIGITS:
        return Several(ink, (), (), TOO_MANY)
    candidates = choose(ink, labels, bodies, network, writing.is_photograph)
    digits = _found(
        [candidate for candidate in candidates if candidate.digit is not None], writing, network, off
    )
    boxes = tuple(piece.box for piece in [*marks, *(c.piece for c in candidates if c.digit is None)])
    problem = None
    if not digits:
        problem = writing.found.problem or NO_DIGIT
    turned = not is_drawing and is_upside_down(
        network, [digit.digit for digit in digits], [digit.verdict for digit in digits]
    )
    remarks = (UPSIDE_DOWN,) if turned else ()
    return Several(ink, _lines(digits), boxes, problem, writing.is_photograph, remarks)


def find_page(picture: np.ndarray, is_drawing: bool = False, off: Collection[str] = ()) -> Writing:
    """Takes the steps of the whole page, up to its ink.

    Args:
        picture: as for `find_digits`.
        is_drawing: likewise.
        off: likewise.

    Raises:
        ValueError: the array isn't a picture, or `off` names no step.
    """
    writing = find_writing(picture, off, is_drawing)
    if writing.found.problem == NOISE and not writing.is_photograph:
        # the lines of a table, which one digit hasn't: off a photograph they have been wiped already
        writing = find_writing(writing.steps[0].image, off, is_drawing, has_rules=True)
    return writing


def follow(page: Writing, digit: FoundDigit, off: Collection[str] = ()) -> Preprocessed:
    """How one of several digits came into MNIST's form: the steps of the whole page, then its own.

    Args:
        page: from `find_page`.
        digit: found on it.
        off: as for `find_digits`.
    """
    one = prepare(digit.ink, page.is_photograph, off)
    of_page = [step for step in page.steps if step.name != "strokes"]  # each digit has its own
    own = [step for step in one.steps if step.name not in (PICTURE.name, "ink")]
    return replace(one, steps=(*of_page, *own))


def looks_like_several(prepared: Preprocessed) -> bool:
    """Whether what was brought into one digit's form seems to be several digits.

    Args:
        prepared: what `model.preprocessing.to_digit` made.

    Returns:
        False too where its ink is in too many pieces to say.
    """
    ink = next((step.image for step in prepared.steps if step.name == "ink"), None)
    if ink is None or not ink.any():
        return False
    _, pieces = take_apart(ink)
    return 1 < len(pieces) <= MOST_PIECES and len(clusters(sort_out(pieces)[0])) > 1


def _found(
    candidates: list[Candidate], writing: Writing, network: Reader, off: Collection[str]
) -> list[FoundDigit]:
    height, width = writing.found.image.shape
    read = [(c.digit, c.verdict) for c in candidates if c.digit is not None and c.verdict is not None]
    if off and read:
        again = [prepare(candidate.ink, writing.is_photograph, off).digit for candidate in candidates]
        digits = [digit for digit in again if digit is not None]  # what was read once can be read
        read = list(zip(digits, read_digits(network, np.stack(digits)), strict=True))
    found = []
    for candidate, (digit, verdict) in zip(candidates, read, strict=True):
        box = candidate.piece.box
        at_edge = box.top == 0 or box.left == 0 or box.bottom == height or box.right == width
        found.append(FoundDigit(box, candidate.ink, digit, verdict, at_edge))
    return found


def _lines(digits: list[FoundDigit]) -> tuple[tuple[FoundDigit, ...], ...]:
    """Digits line by line: from left to right each goes on with the line whose end lies beside it.

    So a line may rise or fall across the page.
    """
    lines: list[list[FoundDigit]] = []
    for digit in sorted(digits, key=lambda digit: digit.box.middle):
        shares = [_shared(line[-1].box, digit.box) for line in lines]
        if shares and max(shares) >= SAME_LINE:
            lines[shares.index(max(shares))].append(digit)
        else:
            lines.append([digit])
    lines.sort(key=lambda line: float(np.mean([digit.box.middle[1] for digit in line])))
    return tuple(map(tuple, lines))


def _shared(one: Box, other: Box) -> float:
    return one.overlap_down(other) / min(one.height, other.height)
