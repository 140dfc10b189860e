"""Which cuts count and which pieces belong together: those with which the network is surest of its reading.

What may be a digit is read as a whole first. Where that leaves no doubt, nothing is cut. Else every run of
neighbouring slices is read, and of all ways to divide the ink into digits that one is taken whose readings
are likeliest, less what its cuts cost (dynamic programming, as Viterbi's).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.breadth import strengthen
from model.preprocessing import STEPS, Preprocessed, Step, to_digit
from model.several.cuts import find_cuts
from model.several.parts import are_close
from model.several.pieces import Piece, cut_out, to_pieces
from model.verdict import Reader, Verdict, read_digits

MARGIN = 0.25  # of a digit's longest side: the paper around it when it is read by itself
SURE = 0.99  # a piece of usual width that is read with this probability is one digit
NARROW = 0.55  # width by height: what is narrower is never cut
WIDE = 1.5  # likewise: what is wider may be several digits, however sure the reading
WIDEST = 1.5  # likewise: no digit among several is wider
LITTLE = 2.0  # evidence: a piece in which less speaks for any digit may be several
MOST_READINGS = 800  # of one picture: about a second; a scribble that would take more isn't cut

# What counts for and against a way to divide the ink: the best of some hundred such sets,
# on 750 numbers of validation digits, 150 of them touching (`benchmarks/several.py` makes them).
READING = 2.2  # the logarithm of the reading's probability
UNLIKELIEST = 0.01  # which counts no less than this
NO_DIGIT = 0.7  # evidence below `ENOUGH`
ENOUGH = 4.5
CUT = 0.3  # a cut
CUT_INK = 12.0  # the ink that it crosses, by the row's height
JOIN = 1.0  # a gap within a digit
WHOLE = 1.0  # for a piece that is read as a whole, and surely
TOO_WIDE = 7.0  # width beyond `USUAL_WIDTH`, both by the row's height
USUAL_WIDTH = 0.8
TOO_LOW = 20.0  # height below `USUAL_HEIGHT`, both by the row's height
USUAL_HEIGHT = 0.57


@dataclass(frozen=True, eq=False)
class Candidate:
    """Ink that was read as one digit.

    Attributes:
        piece: the ink.
        ink: uint8 (height, width), the ink by itself, bright on black.
        digit: uint8 (28, 28), bright on black; None where there is nothing to read.
        verdict: what the network reads; None likewise.
    """

    piece: Piece
    ink: np.ndarray
    digit: np.ndarray | None
    verdict: Verdict | None

    @property
    def confidence(self) -> float:
        """The probability of its likeliest reading; 0 where there is none."""
        return self.verdict.confidence if self.verdict else 0.0


def prepare(ink: np.ndarray, is_photograph: bool, off: Collection[str] = ()) -> Preprocessed:
    """Brings the ink of one digit, found and cut out, into MNIST's form.

    Args:
        ink: uint8 (height, width), bright on black.
        is_photograph: whether its strokes have to be strengthened, as those of one digit would be.
        off: names of the steps to leave out; those of the whole page have been taken.

    Returns:
        The steps from the digit's own ink on.
    """
    steps = [step for step in STEPS if step.name == "strokes"] if is_photograph else []
    made = ink if {"ink", "strokes"} & set(off) or not steps else strengthen(ink)
    one = to_digit(255 - made, off, is_drawing=True)  # the paper is off already
    strong = [Step(step.name, step.title, step.explanation, made, step.name not in off) for step in steps]
    first, found, *later = one.steps
    return replace(one, steps=(first, found, *strong, *later))


def choose(
    ink: np.ndarray,
    labels: np.ndarray,
    bodies: Sequence[Piece],
    network: Reader,
    is_photograph: bool = False,
) -> list[Candidate]:
    """Divides ink into digits.

    Args:
        ink: uint8 (height, width), bright on black.
        labels: int (height, width), whose piece each pixel is.
        bodies: what may be a digit, a part of one, or several that touch.
        network: what reads.
        is_photograph: whether each digit's strokes have to be strengthened, as those of one digit would be.

    Returns:
        The digits, in no particular order; among them what was read as a whole and is none.
    """
    whole = dict(zip(bodies, _read(ink, labels, bodies, network, is_photograph), strict=True))
    chosen: list[Candidate] = []
    labels = labels.copy()
    rows = []
    readings = 0
    for cluster in clusters(bodies):
        doubtful = [piece for piece in cluster if _is_doubtful(whole[piece])]
        row = _Row.of(ink, labels, cluster, doubtful) if doubtful and readings < MOST_READINGS else None
        if row is None or len(row.slices) == 1 or readings + len(row.spans) > MOST_READINGS:
            chosen += [whole[piece] for piece in cluster]
        else:
            rows.append(row)
            readings += len(row.spans)
    wanted = [piece for row in rows for piece in row.spans.values()]
    found = iter(_read(ink, labels, wanted, network, is_photograph))
    for row in rows:
        chosen += row.likeliest({span: next(found) for span in row.spans})
    return chosen


def _is_doubtful(candidate: Candidate) -> bool:
    """Whether a piece might be more, or less, than one digit."""
    box = candidate.piece.box
    verdict = candidate.verdict
    if verdict is None or verdict.confidence < SURE or box.width > WIDE * box.height:
        return True
    return verdict.evidence is not None and verdict.evidence < LITTLE


def clusters(bodies: Sequence[Piece]) -> list[list[Piece]]:
    """Pieces that are close enough to be parts of one digit, together, from left to right."""
    found: list[list[Piece]] = []
    for piece in sorted(bodies, key=lambda piece: piece.box.middle):
        near = [cluster for cluster in found if any(are_close(piece, other) for other in cluster)]
        found = [cluster for cluster in found if cluster not in near]
        found.append([*(other for cluster in near for other in cluster), piece])
    return [sorted(cluster, key=lambda piece: piece.box.middle) for cluster in found]


def _read(
    ink: np.ndarray, labels: np.ndarray, pieces: Sequence[Piece], network: Reader, is_photograph: bool
) -> list[Candidate]:
    """Each piece as one digit."""
    own = [cut_out(ink, labels, piece, MARGIN) for piece in pieces]
    digits = [prepare(each, is_photograph).digit for each in own]
    images = [digit for digit in digits if digit is not None]
    verdicts = iter(read_digits(network, np.stack(images)) if images else ())
    return [
        Candidate(piece, each, digit, None if digit is None else next(verdicts))
        for piece, each, digit in zip(pieces, own, digits, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class _Row:
    """Slices of ink from left to right, and which runs of them may be a digit.

    Attributes:
        slices: the ink.
        costs: float (slices,), what it costs to divide before each slice; 0 where there is a gap already.
        height: of the tallest, px.
        spans: the runs, each by its first slice and the one after its last, as one piece.
    """

    slices: tuple[Piece, ...]
    costs: tuple[float, ...]
    height: int
    spans: dict[tuple[int, int], Piece]

    @classmethod
    def of(
        cls, ink: np.ndarray, labels: np.ndarray, cluster: Sequence[Piece], doubtful: Sequence[Piece]
    ) -> _Row:
        """A cluster of pieces, the doubtful ones sliced; `labels` is given their numbers."""
        slices: list[Piece] = []
        costs: list[float] = []
        for piece in cluster:
            parts: list[Piece] = [piece]
            between: list[float] = []
            if piece in doubtful and piece.box.width > NARROW * piece.box.height:
                parts, between = _slice(ink, labels, piece)
            slices += parts
            costs += [0.0, *between]
        height = max(piece.box.height for piece in slices)
        spans: dict[tuple[int, int], Piece] = {}
        for first in range(len(slices)):
            piece = slices[first]
            spans[first, first + 1] = piece
            for last in range(first + 1, len(slices)):
                piece = piece.join(slices[last])
                is_whole = not first and last + 1 == len(slices)
                if piece.box.width > WIDEST * height and not is_whole:
                    break
                spans[first, last + 1] = piece
        return cls(tuple(slices), tuple(costs), height, spans)

    def likeliest(self, read: dict[tuple[int, int], Candidate]) -> list[Candidate]:
        """The likeliest way to divide the row into digits.

        Args:
            read: every run of `spans` as one digit.
        """
        best: list[tuple[float, list[Candidate]]] = [(0.0, [])]
        for end in range(1, len(self.slices) + 1):
            ways = [
                (best[first][0] + self._worth(first, end, candidate), [*best[first][1], candidate])
                for (first, last), candidate in read.items()
                if last == end
            ]
            best.append(max(ways, key=lambda way: way[0]))
        return best[-1][1]

    def _worth(self, first: int, end: int, candidate: Candidate) -> float:
        """How well a run of slices passes for a digit, with the cut before it."""
        box = candidate.piece.box
        worth = READING * float(np.log(max(candidate.confidence, UNLIKELIEST)))
        if candidate.verdict is not None and candidate.verdict.evidence is not None:
            worth -= NO_DIGIT * max(0.0, ENOUGH - candidate.verdict.evidence)
        worth -= TOO_WIDE * max(0.0, box.width / self.height - USUAL_WIDTH)
        worth -= TOO_LOW * max(0.0, USUAL_HEIGHT - box.height / self.height)
        gaps = sum(cost == 0 for cost in self.costs[first + 1 : end])
        if end - first == len(self.slices) and not gaps and candidate.confidence >= SURE:
            worth += WHOLE
        worth -= JOIN * gaps
        return worth - self.costs[first]


def _slice(ink: np.ndarray, labels: np.ndarray, piece: Piece) -> tuple[list[Piece], list[float]]:
    """Cuts a piece wherever it may be cut.

    Returns:
        Its slices, which have new numbers in `labels`; and what each cut between them costs.
    """
    box = piece.box
    part = slice(box.top, box.bottom), slice(box.left, box.right)
    own = np.isin(labels[part], piece.labels)
    cuts = find_cuts(np.where(own, ink[part], np.uint8(0)))
    side = np.zeros(own.shape, int)
    for cut in cuts:
        side += np.arange(box.width) >= cut.columns[:, None]
    first = int(labels.max()) + 1
    # beyond the box lies nothing but soft rim: it goes with the nearest slice
    everywhere = np.pad(
        side, ((box.top, labels.shape[0] - box.bottom), (box.left, labels.shape[1] - box.right)), "edge"
    )
    whose = np.isin(labels, piece.labels)
    labels[whose] = first + everywhere[whose]
    slices, costs = [], []
    for number in range(len(cuts) + 1):
        found = to_pieces(labels, range(first + number, first + number + 1))
        if found:
            slices += found
            costs.append(CUT + CUT_INK * cuts[number - 1].ink if number else 0.0)
    return slices, costs[1:]
