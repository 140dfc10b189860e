"""How well drawn digits are read: 7,494 by 30 writers, drawn as on the canvas, with each step on and off.

    python -m benchmarks.pen_digits --pen pendigits-orig.tra [--model classic] [--widths 10 20 30]
                                    [--half choose|report|both] [--longest 200] [--every 1] [--json]

The file is UCI's "Pen-Based Recognition of Handwritten Digits", original, unnormalised
(https://archive.ics.uci.edu/dataset/81): the strokes of a stylus on a tablet, as UNIPEN text. No network here
has learned from it. What is tuned is tuned on one half of the writers (`--half choose`); the figure to report
is that of the other. The tablet's box of 500 units becomes the canvas of 280 px, on which the digits are
small: half of them are under 96 px. With `--longest`, each fills the canvas as people do. The pen's width is
in canvas px.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.figures import parser, report
from model.checkpoint import load_checkpoint
from model.intervals import wilson
from model.preprocessing import STEPS, to_digit
from model.strokes import CANVAS_SIDE, Stroke, draw_strokes
from model.verdict import Reader

TABLET_UNITS = 500  # a side; y points up
BATCH = 500  # digits read at a time
HALVES = ("choose", "report", "both")


@dataclass(frozen=True)
class PenDigit:
    """A digit as somebody wrote it: its class, for each stroke the pen's points in canvas px, and by whom."""

    label: int
    strokes: tuple[tuple[tuple[float, float], ...], ...]
    writer: int = 0


def parse_pen_digits(text: str) -> list[PenDigit]:
    """Reads UNIPEN text: `.SEGMENT DIGIT … "label"`, then strokes between `.PEN_DOWN` and `.PEN_UP`.

    The second number of the `.COMMENT` after a segment is the writer's.

    Raises:
        ValueError: a line is neither a keyword nor a point within a stroke; the message gives its number.
    """
    scale = CANVAS_SIDE / TABLET_UNITS
    digits: list[tuple[int, list[list[tuple[float, float]]]]] = []
    writers: dict[int, int] = {}  # by the digit's place
    pen_is_down = False
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        if words[:2] == [".SEGMENT", "DIGIT"]:
            digits.append((int(words[-1].strip('"')), []))
        elif words[0] in (".PEN_DOWN", ".PEN_UP"):
            pen_is_down = words[0] == ".PEN_DOWN"
            if pen_is_down and digits:
                digits[-1][1].append([])
        elif words[0] == ".COMMENT" and digits and len(words) > 2:
            writers[len(digits) - 1] = int(words[2])
        elif not words[0].startswith("."):
            if not (pen_is_down and digits and len(words) == 2):
                raise ValueError(f"line {number} is no point of a stroke: {line!r}")
            x, y = map(int, words)
            digits[-1][1][-1].append((x * scale, CANVAS_SIDE - y * scale))
    return [
        PenDigit(label, tuple(tuple(stroke) for stroke in strokes if stroke), writers.get(place, 0))
        for place, (label, strokes) in enumerate(digits)
    ]


def half(digits: Sequence[PenDigit], which: str) -> list[PenDigit]:
    """The digits of every second writer, from the first on to choose by, from the second on to report.

    Args:
        digits: of all writers.
        which: one of `HALVES`.
    """
    if which == "both":
        return list(digits)
    writers = sorted({digit.writer for digit in digits})[HALVES.index(which) :: 2]
    return [digit for digit in digits if digit.writer in writers]


def enlarge(digit: PenDigit, longest: float) -> PenDigit:
    """The digit in the middle of the canvas; its longest side, from line to line, has `longest` px."""
    points = np.array([point for stroke in digit.strokes for point in stroke])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = longest / max(float((high - low).max()), 1.0)
    strokes = [(np.array(stroke) - (low + high) / 2) * scale + CANVAS_SIDE / 2 for stroke in digit.strokes]
    return replace(digit, strokes=tuple(tuple((x, y) for x, y in stroke.tolist()) for stroke in strokes))


def variants() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The settings to compare: a name, and the steps that are off."""
    names = tuple(step.name for step in STEPS if not step.for_photographs)
    yield "all steps", ()
    for name in names[1:]:  # a drawing is ink on black already: finding the ink changes nothing
        yield f"without {name}", (name,)
    yield "none: a plain resize", names


def prepare(
    digits: Sequence[PenDigit], width: float, off: Collection[str] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """The digits as they are drawn and then handed to a network.

    Args:
        digits: any.
        width: of the pen, canvas px.
        off: the steps of the preprocessing that are left out.

    Returns:
        uint8 (n, 28, 28), blank where there is nothing to read, and bool (n,), whether there is something.
    """
    drawings = (draw_strokes([Stroke(points, width) for points in digit.strokes]) for digit in digits)
    prepared = [to_digit(drawing, off).digit for drawing in drawings]
    images = np.stack([np.zeros((28, 28), np.uint8) if image is None else image for image in prepared])
    return images, np.array([image is not None for image in prepared])


def read(digits: Sequence[PenDigit], width: float, off: Collection[str], network: Reader) -> list[int | None]:
    """The digit that the network reads in each drawing; None where there is nothing to read."""
    images, there = prepare(digits, width, off)
    answers = np.concatenate(
        [
            network.probabilities(images[begin : begin + BATCH]).argmax(axis=1)
            for begin in range(0, len(images), BATCH)
        ]
    )
    return [int(answer) if is_there else None for answer, is_there in zip(answers, there, strict=True)]


def main() -> int:
    """Reads the command line and prints an accuracy, with its interval, for each width and setting."""
    arguments = parser(__doc__)
    arguments.add_argument("--pen", type=Path, required=True, metavar="FILE", help="pendigits-orig.tra")
    arguments.add_argument("--model", help="a bundled network or a run")
    arguments.add_argument("--widths", type=float, nargs="+", default=[10, 20, 30], metavar="PX")
    arguments.add_argument(
        "--longest", type=float, metavar="PX", help="enlarge each digit to this longest side"
    )
    arguments.add_argument("--half", choices=HALVES, default="both", help="of the writers (default: both)")
    arguments.add_argument("--every", type=int, default=1, metavar="N", help="take every n-th digit only")
    chosen = arguments.parse_args()

    digits = half(parse_pen_digits(chosen.pen.read_text("ascii")), chosen.half)[:: chosen.every]
    if chosen.longest:
        digits = [enlarge(digit, chosen.longest) for digit in digits]
    checkpoint = load_checkpoint(chosen.model)
    labels = [digit.label for digit in digits]
    figures: dict = {"model": checkpoint.name, "half": chosen.half, "digits": len(digits)}
    for width in chosen.widths:
        for name, off in variants():
            answers = read(digits, width, off, checkpoint.network)
            right = sum(answer == label for answer, label in zip(answers, labels, strict=True))
            low, high = wilson(right, len(digits))
            figures[f"{width:g} px, {name}"] = {
                "accuracy": round(right / len(digits), 4),
                "interval_95": [round(low, 4), round(high, 4)],
                "not_read": answers.count(None),
            }
            print(f"{width:g} px, {name}: {right / len(digits):.2%}", file=sys.stderr, flush=True)
    report(figures, chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
