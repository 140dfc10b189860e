"""How well photographs are read: digits rendered on paper by code, with and without the steps for paper.

    python -m benchmarks.paper [--model classic] [--count 100] [--seed 1] [--pen pendigits-orig.tra]
                               [--data DIR] [--save FOLDER] [--large] [--json]

Every photograph comes from a seed (`benchmarks/rendered_paper.py` says how). Three figures for each kind of
paper: "before", without the steps for photographs; "after", with all steps; and "on a clean sheet", the same
digits with no paper at all, which no preprocessing can better. The digits are MNIST's validation digits, of
which no bundled network has learned; with `--pen`, as many of UCI's pen digits are read as well, told apart,
for a network reads those worse on any paper. With `--large`, photographs of 12 megapixels are read, each in a
process of its own: seconds, and the most memory that it held.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.figures import parser, report, share_of
from benchmarks.pen_digits import PenDigit, enlarge, parse_pen_digits
from benchmarks.preprocessing import peak_megabytes
from benchmarks.rendered_paper import OUTLINE, PAPERS, Photograph, photograph
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.forward import Network
from model.pictures import open_picture
from model.preprocessing import STEPS, to_digit
from model.strokes import Stroke, draw_strokes

FOR_PHOTOGRAPHS = frozenset(step.name for step in STEPS if step.for_photographs)
LARGE = (3000, 4000)  # px: 12 megapixels
CLEAN_PEN = 20  # px of the canvas's 280: how a pen digit is drawn on a clean sheet

Cases = list[tuple[int, np.ndarray, Photograph]]
"""For each photograph its label, the digit on a clean sheet, uint8 (28, 28), and the file."""


def from_mnist(count: int, seed: int) -> Cases:
    """Photographs of MNIST's validation digits, `count` on each paper."""
    digits = load_digits("mnist", "validation")
    cases: Cases = []
    for paper in PAPERS:
        places = np.random.default_rng([seed, PAPERS.index(paper)]).permutation(len(digits))[:count]
        for place in places.tolist():
            image = digits.images[place]
            cases.append((int(digits.labels[place]), image, photograph(image, paper, (seed, place))))
    return cases


def from_pens(digits: list[PenDigit], count: int, seed: int) -> Cases:
    """Photographs of pen digits, `count` on each paper."""
    cases: Cases = []
    for paper in PAPERS:
        places = np.random.default_rng([seed, PAPERS.index(paper)]).permutation(len(digits))[:count]
        for place in places.tolist():
            pen = enlarge(digits[place], 200)
            drawn = to_digit(draw_strokes([Stroke(points, CLEAN_PEN) for points in pen.strokes])).digit
            if drawn is not None:
                cases.append((pen.label, drawn, photograph(pen.strokes, paper, (seed, place))))
    return cases


def right(network: Network, labels: np.ndarray, digits: list[np.ndarray | None]) -> np.ndarray:
    """Whether each digit is read as its label, bool; what wasn't found at all isn't."""
    empty = np.zeros((28, 28), np.uint8)
    images = np.stack([empty if digit is None else digit for digit in digits])
    answers = network.probabilities(images).argmax(axis=1)
    return (answers == labels) & np.array([digit is not None for digit in digits])


def share(hits: np.ndarray) -> str:
    """A share of right readings with its 95% interval."""
    found = share_of(hits)
    low, high = found["interval_95"]
    return f"{found['accuracy']:.1%} ({low:.1%} to {high:.1%})"


def measure(network: Network, cases: Cases, save: Path | None) -> dict:
    """Reads all photographs; figures for all, for each paper, each light and each pen."""
    labels = np.array([label for label, _, _ in cases])
    pictures = [open_picture(taken.data) for _, _, taken in cases]
    began = time.perf_counter()
    after = [to_digit(picture) for picture in pictures]
    seconds = time.perf_counter() - began
    plain = [
        to_digit(np.asarray(Image.fromarray(picture).convert("L")), FOR_PHOTOGRAPHS) for picture in pictures
    ]
    ways = {
        "before": right(network, labels, [prepared.digit for prepared in plain]),
        "after": right(network, labels, [prepared.digit for prepared in after]),
        "on a clean sheet": right(network, labels, [clean for _, clean, _ in cases]),
    }
    groups: dict[str, list[int]] = defaultdict(list)
    for place, (_, _, taken) in enumerate(cases):
        pen = "its own breadth" if taken.pen == OUTLINE else f"{taken.pen} pen"
        for group in ("all", f"{taken.paper} paper", f"{taken.light} light", pen, f"{taken.ink} ink"):
            groups[group].append(place)
    if save:
        show_misread(save, cases, after, ways["after"])
    figures = {
        f"{group}, {len(places)}": {way: share(hits[places]) for way, hits in ways.items()}
        for group, places in groups.items()
    }
    return figures | {"ms for each photograph": round(1000 * seconds / len(cases), 1)}


def show_misread(folder: Path, cases: Cases, prepared: list, hits: np.ndarray, most: int = 60) -> None:
    """Writes what was misread as pictures, every step beside the next."""
    folder.mkdir(parents=True, exist_ok=True)
    for place in np.flatnonzero(~hits)[:most].tolist():
        label, _, taken = cases[place]
        steps = [Image.fromarray(step.image).resize((220, 220)) for step in prepared[place].steps]
        row = np.concatenate([np.asarray(step.convert("L")) for step in steps], axis=1)
        name = f"{place} {label} {taken.paper} {taken.light} {taken.pen} {taken.ink}.png".replace(" ", "-")
        Image.fromarray(row).save(folder / name)


READ_ALONE = """
import sys, time
from pathlib import Path
from benchmarks.preprocessing import peak_megabytes
from model.checkpoint import load_checkpoint
from model.pictures import open_picture
from model.preprocessing import to_digit
from model.verdict import read_digit
network = load_checkpoint(sys.argv[2] or None).network
before = peak_megabytes()
begun = time.perf_counter()
import cv2
loaded = time.perf_counter()
held = peak_megabytes()
digit = to_digit(open_picture(Path(sys.argv[1]))).digit
seen = read_digit(network, digit).digit if digit is not None else "nothing"
ended = time.perf_counter()
print(f"read as {seen} in {ended - begun:.2f} s (OpenCV {loaded - begun:.2f} s, {held - before:.0f} MB), "
      f"{peak_megabytes():.0f} MB at most")
"""


def read_large(model: str | None, seed: int) -> dict[str, str]:
    """Seconds and memory for photographs of 12 megapixels, each in a process of its own."""
    digits = load_digits("mnist", "validation")
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for paper in PAPERS:
            path = Path(folder) / f"{paper}.jpg"
            path.write_bytes(photograph(digits.images[seed], paper, (seed, 0), LARGE).data)
            command = [sys.executable, "-c", READ_ALONE, str(path), model or ""]
            said = subprocess.check_output(command, text=True).strip()
            figures[f"12 megapixels, {paper}, a {digits.labels[seed]}"] = said
    return figures


def main() -> int:
    """Reads the command line and prints the figures."""
    arguments = parser(__doc__)
    arguments.add_argument("--model", help="a bundled network or a run")
    arguments.add_argument("--count", type=int, default=100, help="photographs on each paper")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--pen", type=Path, metavar="FILE", help="pendigits-orig.tra, as well")
    arguments.add_argument("--save", type=Path, metavar="FOLDER", help="write what was misread as pictures")
    arguments.add_argument("--large", action="store_true", help="read 12 megapixels")
    chosen = arguments.parse_args()
    checkpoint = load_checkpoint(chosen.model)
    figures: dict = {"model": checkpoint.name, "seed": chosen.seed}
    measured = measure(checkpoint.network, from_mnist(chosen.count, chosen.seed), chosen.save)
    figures |= {f"MNIST digits, {name}": figure for name, figure in measured.items()}
    if chosen.pen:
        pens = parse_pen_digits(chosen.pen.read_text("ascii"))
        measured = measure(checkpoint.network, from_pens(pens, chosen.count, chosen.seed), None)
        figures |= {f"pen digits, {name}": figure for name, figure in measured.items()}
    if chosen.large:
        figures |= read_large(chosen.model, chosen.seed)
    figures["most memory, MB"] = round(peak_megabytes())
    report(figures, chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
