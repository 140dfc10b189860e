"""What turning pictures into digits takes, beside a plain resize and in bulk, and how near known digits come.

    python -m benchmarks.preprocessing [--rounds 200] [--large] [--json]

A picture's way through `to_digit` is timed beside the least that anybody could do, Pillow's resize of the
same array to 28×28, in turns. With `--large`, a picture of 16 megapixels in each format is opened in a
process of its own: its seconds and the most memory that it held.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.figures import parser, report, summary
from benchmarks.handwriting import STROKES
from model.datasets import load_digits
from model.pictures import open_picture
from model.preprocessing import to_digit
from model.strokes import Stroke, decode_strokes, draw_strokes, encode_strokes

BULK = 1000  # files
LARGE_SIDE = 4096  # px


def drawn(digit: int) -> tuple[Stroke, ...]:
    """A digit as one draws it, 20 px wide."""
    return tuple(Stroke(tuple(points)) for points in STROKES[digit])


def pictures() -> dict[str, np.ndarray]:
    """What people give, by name."""
    ink = draw_strokes(drawn(8))
    canvas = np.zeros((*ink.shape, 4), np.uint8)
    canvas[..., 3] = ink
    random = np.random.default_rng(0)
    shade = np.linspace(0, 40, ink.shape[1])
    scan = (235 - shade) * (1 - ink / 255) + 60 * (ink / 255) + random.normal(0, 5, ink.shape)
    scan = np.clip(scan, 0, 255).astype(np.uint8)
    return {
        "a drawing, 280×280": ink,
        "a canvas, RGBA 280×280": canvas,
        "a grainy, shaded scan, 280×280": scan,
        "the same scan, 1000×1000": np.asarray(Image.fromarray(scan).resize((1000, 1000))),
        "a digit, 28×28": to_digit(ink).digit,
    }


def side_by_side(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> dict:
    """Times two calls in turns; the ratio is the median of the rounds' own."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + 10):
        for call, times in zip((ours, theirs), seconds, strict=True):
            begun = time.perf_counter()
            call()
            times.append(time.perf_counter() - begun)
    mine, other = (np.array(times[10:]) for times in seconds)  # the first rounds warm up
    return {
        **summary(mine.tolist()),
        "plain_resize_median_ms": round(float(np.median(other)) * 1000, 3),
        "times_plain_resize": round(float(np.median(mine / other)), 1),
    }


def how_near(digits: np.ndarray) -> dict[str, dict]:
    """How near digits come back, as they are and enlarged ten times: the mean change, of 255 levels."""
    resampling = Image.Resampling
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "as they are": lambda digit: digit,
        "dark on light": lambda digit: 255 - digit,
        "enlarged, nearest": lambda digit: np.asarray(
            Image.fromarray(digit).resize((280, 280), resampling.NEAREST)
        ),
        "enlarged, bicubic": lambda digit: np.asarray(
            Image.fromarray(digit).resize((280, 280), resampling.BICUBIC)
        ),
    }
    figures = {}
    for name, way in ways.items():
        changes = np.stack([np.abs(to_digit(way(digit)).digit.astype(int) - digit) for digit in digits])
        means = changes.mean(axis=(1, 2))
        figures[f"mini comes back, {name}"] = {
            "within_1_level": round(float((changes.max(axis=(1, 2)) <= 1).mean()), 4),
            "median_change": round(float(np.median(means)), 2),
            "p99_change": round(float(np.percentile(means, 99)), 2),
        }
    return figures


def in_bulk(digits: np.ndarray) -> float:
    """Seconds from `BULK` PNG files of 280×280 px to their digits."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{place}.png" for place in range(BULK)]
        for path, digit in zip(paths, digits, strict=False):
            Image.fromarray(255 - digit).resize((280, 280)).save(path, compress_level=1)
        begun = time.perf_counter()
        for path in paths:
            to_digit(open_picture(path))
        return time.perf_counter() - begun


def large_files(folder: Path) -> list[Path]:
    """Writes a 16-megapixel scan in every format and mode that costs something of its own."""
    page = Image.fromarray(255 - draw_strokes(drawn(8))).resize((LARGE_SIDE, LARGE_SIDE))
    grain = Image.effect_noise(page.size, 20)
    grey = Image.blend(page, grain, 0.1)
    colour = Image.merge("RGB", [grey] * 3)
    veiled = Image.merge("RGBA", [grey, grey, grey, grain])
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    for name, image, options in (
        ("grey.png", grey, {"compress_level": 1}),
        ("rgba.png", veiled, {"compress_level": 1}),
        ("palette.png", colour.quantize(64), {"compress_level": 1, "transparency": bytes(range(64))}),
        ("16-bit.png", deep, {"compress_level": 1}),
        ("colour.jpg", colour, {"quality": 90}),
        ("progressive.jpg", colour, {"quality": 90, "progressive": True}),
        ("cmyk.jpg", colour.convert("CMYK"), {"quality": 90}),
        ("colour.webp", colour, {"quality": 80, "method": 0}),
        ("grey.gif", grey, {}),
        ("rgba.bmp", veiled, {}),
    ):
        image.save(folder / name, **options)
    return sorted(folder.iterdir())


OPEN_ALONE = """
import sys, time
from pathlib import Path
from benchmarks.preprocessing import peak_megabytes
from model.pictures import PictureError, open_picture
begun = time.perf_counter()
try:
    shape = open_picture(Path(sys.argv[1])).shape
except PictureError as error:
    shape = error
print(f"{time.perf_counter() - begun:.2f} s, {peak_megabytes():.0f} MB, {shape}")
"""


def peak_megabytes() -> float:
    """The most memory that this process has held since it began; NaN where the system doesn't say.

    Not `getrusage`, which counts what the process held before it began to run its own program.
    """
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), float("nan"))


def main() -> int:
    """Reads the command line and prints the figures."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=200)
    arguments.add_argument("--large", action="store_true", help="open pictures of 16 megapixels, too")
    chosen = arguments.parse_args()

    figures: dict = {}
    for name, picture in pictures().items():
        figures[name] = side_by_side(
            lambda picture=picture: to_digit(picture),
            lambda picture=picture: Image.fromarray(picture).resize((28, 28)),
            chosen.rounds,
        )
    strokes, text = drawn(8), encode_strokes(drawn(8))
    empty = Image.new("L", (280, 280))
    figures["drawing the strokes of an 8"] = side_by_side(
        lambda: draw_strokes(strokes), lambda: empty.resize((28, 28)), chosen.rounds
    )
    figures["a link's characters"] = {str(digit): len(encode_strokes(drawn(digit))) for digit in STROKES}
    redrawn = draw_strokes(decode_strokes(text)).astype(int)
    figures["an 8 from its link differs by"] = round(float(np.abs(redrawn - draw_strokes(strokes)).mean()), 2)
    digits = load_digits("mnist", "validation").images
    figures |= how_near(digits)
    figures[f"{BULK} PNG files, seconds"] = round(in_bulk(digits), 2)
    if chosen.large:
        with tempfile.TemporaryDirectory() as folder:
            for path in large_files(Path(folder)):
                command = [sys.executable, "-c", OPEN_ALONE, str(path)]
                figures[f"16 megapixels, {path.name}"] = subprocess.check_output(command, text=True).strip()
    report(figures, chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
