"""How many numbers are read whole: two to eight digits side by side, from far apart to touching, and dates.

    python -m benchmarks.several [--model classic] [--part validation|test] [--count 200] [--seed 0] [--json]

Each number is made of digits that the network hasn't learned from, every one enlarged to a height of its own
(60 to 100 px) and set a little above or below the line. `gap` is the paper between neighbours, by the
height; touching digits are moved together until their ink meets. Dates have dots, dashes or slashes between
the digits, which are no digits. Photographs show 2 to 5 digits on paper of `benchmarks/rendered_paper.py`.
Beside each figure stands how many numbers would be read whole if the digits were given one by one: what is
missing beyond that is the finding's. Choose on validation; the test digits are for the report.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.figures import parser, report, share
from benchmarks.rendered_paper import PAPERS, photograph
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.forward import Network
from model.ink import find_box
from model.pictures import open_picture
from model.preprocessing import to_digit
from model.several import find_digits

HEIGHTS = (60, 100)  # px
LENGTHS = (2, 8)  # digits
GAPS = {"wide": 0.5, "usual": 0.2, "narrow": 0.06, "touching": None}
MARKS = ".-/"
MARGIN = 40  # px of paper around
OFF_THE_LINE = 0.06  # of the height, up or down
COLUMNS, ROWS = 5, 8  # of a page with forty digits
ON_PAPER = (2, 5)  # digits of a photograph: they fill its width


def enlarge(image: np.ndarray, height: int) -> np.ndarray:
    """A digit of the data, cropped to its ink and enlarged to a height: uint8, bright on black."""
    top, bottom, left, right = find_box(image)
    crop = Image.fromarray(image[top:bottom, left:right])
    width = max(6, round(crop.width * height / crop.height))
    return np.asarray(crop.resize((width, height), Image.Resampling.BICUBIC))


def draw_mark(kind: str, height: int, random: np.random.Generator) -> np.ndarray:
    """A dot, a dash or a slash beside digits of a height: uint8, bright on black."""
    pen = max(4, round(0.1 * height))
    size = {
        ".": (pen, height),
        "-": (round(height * random.uniform(0.3, 0.45)), height),
        "/": (round(height * random.uniform(0.45, 0.65)), round(1.3 * height)),
    }[kind]
    picture = Image.new("L", (size[0] + 2 * pen, size[1]))
    draw, (width, tall) = ImageDraw.Draw(picture), picture.size
    if kind == ".":
        draw.ellipse((pen, tall - 1.3 * pen, 2 * pen, tall - 0.3 * pen), fill=255)
    elif kind == "-":
        level = tall * random.uniform(0.45, 0.6)
        draw.line((pen, level, width - pen, level), fill=255, width=pen)
    else:
        draw.line((pen, tall - pen, width - pen, pen), fill=255, width=pen)
    return np.asarray(picture)


def write_line(parts: list[np.ndarray], gap: float | None, random: np.random.Generator) -> np.ndarray:
    """Sets parts side by side on a line.

    Args:
        parts: uint8 (height, width) each, bright on black.
        gap: between neighbours, by their height; None for touching.
        random: of the places above and below the line.

    Returns:
        uint8 (height, width), dark on light, with paper around.
    """
    tallest = max(len(part) for part in parts)
    line = np.zeros((round(1.3 * tallest) + 2 * MARGIN, 0), np.uint8)
    end = MARGIN
    for place, part in enumerate(parts):
        height, width = part.shape
        foot = MARGIN + tallest + round(tallest * random.uniform(0, 2 * OFF_THE_LINE))
        top = foot - height
        left = end + (0 if not place else round((0.06 if gap is None else gap) * height))
        line = np.pad(line, ((0, 0), (0, max(0, left + width + MARGIN - line.shape[1]))))
        while gap is None and place and not _meet(line[top:foot, left : left + width], part):
            left -= 1
            if left <= end - width:  # they pass one another: as near as they come
                break
        spot = line[top:foot, left : left + width]
        np.maximum(spot, part, out=spot)
        end = left + width
    return 255 - line[:, : end + MARGIN]


def _meet(under: np.ndarray, part: np.ndarray) -> bool:
    """Whether two strokes share at least a few pixels."""
    return int(((under > 127) & (part > 127)).sum()) >= 3


def read_singly(network: Network, parts: list[np.ndarray]) -> list[int]:
    """What the network reads in each digit by itself."""
    digits = [to_digit(255 - np.pad(part, len(part) // 3)).digit for part in parts]
    known = np.stack([np.zeros((28, 28), np.uint8) if digit is None else digit for digit in digits])
    return network.probabilities(known).argmax(axis=1).tolist()


def main() -> int:
    """Reads the command line and prints a share of numbers read whole, with its interval, for each kind."""
    arguments = parser(__doc__)
    arguments.add_argument("--model", help="a bundled network or a run")
    arguments.add_argument("--part", choices=("validation", "test"), default="validation")
    arguments.add_argument("--data", type=Path, metavar="DIR", help="a folder with the data's files")
    arguments.add_argument("--count", type=int, default=200, metavar="N", help="numbers of each kind")
    arguments.add_argument("--seed", type=int, default=0, metavar="N")
    chosen = arguments.parse_args()

    network = load_checkpoint(chosen.model).network
    data = load_digits("mnist", chosen.part, chosen.data)
    figures: dict = {"model": chosen.model or "the default", "digits": f"{data.dataset} {data.part}"}
    kinds = [*((f"gap {name}", gap, "") for name, gap in GAPS.items())]
    kinds += [(f"dates with {mark}", GAPS["usual"], mark) for mark in MARKS]
    for number, (name, gap, mark) in enumerate(kinds):
        random = np.random.default_rng((chosen.seed, number))
        whole = singly = 0
        for _ in range(chosen.count):
            length = 8 if mark else int(random.integers(LENGTHS[0], LENGTHS[1] + 1))
            places = random.integers(0, len(data), length)
            height = int(random.integers(*HEIGHTS)) if mark else 0
            parts = [
                enlarge(
                    data.images[p], round((height or random.integers(*HEIGHTS)) * random.uniform(0.95, 1.05))
                )
                for p in places
            ]
            label = "".join(map(str, data.labels[places]))
            singly += read_singly(network, parts) == list(map(int, label))
            if mark:
                for place in (4, 2):
                    parts.insert(place, draw_mark(mark, height, random))
            found = find_digits(write_line(parts, gap, random), network)
            whole += "".join(found.texts).replace(" ", "") == label and len(found.lines) == 1
        figures[name] = share(whole, chosen.count) | {"digits_given_singly": round(singly / chosen.count, 4)}
        print(f"{name}: {figures[name]}", file=sys.stderr, flush=True)
    figures |= _photographs(network, data.images, data.labels, chosen.count, chosen.seed)
    figures["pages of forty digits"] = _pages(network, data.images, data.labels, max(1, chosen.count // 20))
    report(figures, chosen.json)
    return 0


def _photographs(
    network: Network, images: np.ndarray, labels: np.ndarray, count: int, seed: int
) -> dict[str, object]:
    """Photographs of numbers: how many on each paper are read whole."""
    figures: dict[str, object] = {}
    for paper in PAPERS:
        random = np.random.default_rng((seed, 100, PAPERS.index(paper)))
        whole = singly = 0
        for number in range(count):
            places = random.integers(0, len(images), int(random.integers(ON_PAPER[0], ON_PAPER[1] + 1)))
            label = "".join(map(str, labels[places]))
            singly += network.probabilities(images[places]).argmax(axis=1).tolist() == labels[places].tolist()
            taken = photograph([*images[places]], paper, (seed, number))
            found = find_digits(open_picture(taken.data), network)
            whole += "".join(found.texts).replace(" ", "") == label and len(found.lines) == 1
        name = f"photographs of {paper} paper"
        figures[name] = share(whole, count) | {"digits_given_singly": round(singly / count, 4)}
        print(f"{name}: {figures[name]}", file=sys.stderr, flush=True)
    return figures


def _pages(network: Network, images: np.ndarray, labels: np.ndarray, count: int) -> dict[str, object]:
    """Pages of five columns and eight lines: how many of their digits are read right and in their place."""
    random = np.random.default_rng(count)
    right = 0
    for _ in range(count):
        places = random.integers(0, len(images), (ROWS, COLUMNS))
        page = np.full((1000, 700), 255, np.uint8)
        for (row, column), place in np.ndenumerate(places):
            part = enlarge(images[place], int(random.integers(*HEIGHTS)))
            top = 20 + row * 120 + int(random.integers(0, 15))
            left = 30 + column * 130 + int(random.integers(0, 20))
            spot = page[top : top + part.shape[0], left : left + part.shape[1]]
            np.minimum(spot, 255 - part[:, : spot.shape[1]], out=spot)
        found = find_digits(page, network)
        for line, row in zip(found.lines, places, strict=False):
            read = [digit.verdict.digit for digit in line]
            if len(read) == COLUMNS:
                right += int((np.array(read) == labels[row]).sum())
    return share(right, count * ROWS * COLUMNS)


if __name__ == "__main__":
    sys.exit(main())
