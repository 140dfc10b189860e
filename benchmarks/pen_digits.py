"""How well drawn digits are read: 7,494 by 30 writers, drawn as on the canvas, with each step on and off.

    python -m benchmarks.pen_digits --pen pendigits-orig.tra [--model classic] [--widths 10 20 30]
                                    [--longest 200] [--every 1] [--json]

The file is UCI's "Pen-Based Recognition of Handwritten Digits", original, unnormalised
(https://archive.ics.uci.edu/dataset/81): the strokes of a stylus on a tablet, as UNIPEN text. No network here
has learned from it. The tablet's box of 500 units becomes the canvas of 280 px, on which the digits are
small: half of them are under 96 px. With `--longest`, each fills the canvas as people do. The pen's width is
in canvas px.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.figures import parser, report
from model.checkpoint import load_checkpoint
from model.forward import Network
from model.intervals import wilson
from model.preprocessing import STEPS, to_digit
from model.strokes import CANVAS_SIDE, Stroke, draw_strokes

TABLET_UNITS = 500  # a side; y points up
BATCH = 500  # digits read at a time


@dataclass(frozen=True)
class PenDigit:
    """A digit as somebody wrote it: its class, and for each stroke the pen's points in canvas px."""

    label: int
    strokes: tuple[tuple[tuple[float, float], ...], ...]


def parse_pen_digits(text: str) -> list[PenDigit]:
    """Reads UNIPEN text: `.SEGMENT DIGIT … "label"`, then strokes between `.PEN_DOWN` and `.PEN_UP`.

    Raises:
        ValueError: a line is neither a keyword nor a point within a stroke; the message gives its number.
    """
    scale = CANVAS_SIDE / TABLET_UNITS
    digits: list[tuple[int, list[list[tuple[float, float]]]]] = []
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
        elif not words[0].startswith("."):
            if not (pen_is_down and digits and len(words) == 2):
                raise ValueError(f"line {number} is no point of a stroke: {line!r}")
            x, y = map(int, words)
            digits[-1][1][-1].append((x * scale, CANVAS_SIDE - y * scale))
    return [
        PenDigit(label, tuple(tuple(stroke) for stroke in strokes if stroke)) for label, strokes in digits
    ]


def enlarge(digit: PenDigit, longest: float) -> PenDigit:
    """The digit in the middle of the canvas; its longest side, from line to line, has `longest` px."""
    points = np.array([point for stroke in digit.strokes for point in stroke])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = longest / max(float((high - low).max()), 1.0)
    strokes = [(np.array(stroke) - (low + high) / 2) * scale + CANVAS_SIDE / 2 for stroke in digit.strokes]
    return PenDigit(digit.label, tuple(tuple((x, y) for x, y in stroke.tolist()) for stroke in strokes))


def variants() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The settings to compare: a name, and the steps that are off."""
    names = tuple(step.name for step in STEPS)
    yield "all steps", ()
    for name in names[1:]:  # a drawing is ink on black already: finding the ink changes nothing
        yield f"without {name}", (name,)
    yield "none: a plain resize", names


def read(digits: list[PenDigit], width: float, off: Collection[str], network: Network) -> list[int | None]:
    """The digit that the network reads in each drawing; None where there is nothing to read."""
    drawings = (draw_strokes([Stroke(points, width) for points in digit.strokes]) for digit in digits)
    prepared = [to_digit(drawing, off).digit for drawing in drawings]
    images = np.stack([np.zeros((28, 28), np.uint8) if image is None else image for image in prepared])
    answers = np.concatenate(
        [
            network.probabilities(images[begin : begin + BATCH]).argmax(axis=1)
            for begin in range(0, len(images), BATCH)
        ]
    )
    return [None if image is None else int(answer) for image, answer in zip(prepared, answers, strict=True)]


def main() -> int:
    """Reads the command line and prints an accuracy, with its interval, for each width and setting."""
    arguments = parser(__doc__)
    arguments.add_argument("--pen", type=Path, required=True, metavar="FILE", help="pendigits-orig.tra")
    arguments.add_argument("--model", help="a bundled network or a run")
    arguments.add_argument("--widths", type=float, nargs="+", default=[10, 20, 30], metavar="PX")
    arguments.add_argument(
        "--longest", type=float, metavar="PX", help="enlarge each digit to this longest side"
    )
    arguments.add_argument("--every", type=int, default=1, metavar="N", help="take every n-th digit only")
    chosen = arguments.parse_args()

    digits = parse_pen_digits(chosen.pen.read_text("ascii"))[:: chosen.every]
    if chosen.longest:
        digits = [enlarge(digit, chosen.longest) for digit in digits]
    checkpoint = load_checkpoint(chosen.model)
    labels = [digit.label for digit in digits]
    figures: dict = {"model": checkpoint.name, "digits": len(digits)}
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
