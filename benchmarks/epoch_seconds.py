"""How well the seconds of an epoch are estimated: networks of every kind timed, the estimate fitted to them.

    python -m benchmarks.epoch_seconds time --out FILE [--only NAME ...] [--seconds 50]
    python -m benchmarks.epoch_seconds fit FILE [--json]

`time` trains a few batches of each network on the built-in digits, as the dashboard's workers do, and adds a
line for each to FILE. It ends after so many seconds; called again it goes on with those that have the fewest
lines. `fit`, on the same machine, takes the fastest line of each (other programs only make it slower). It
finds the constants of `model.cost.estimated_seconds` by least squares (none below zero) of the errors, and
says how large these are: for all networks, and for each by constants that were fitted without it.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from dataclasses import astuple, replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the server; set before NumPy is imported

import numpy as np

from benchmarks.figures import report
from model.cost import DIGITS, READING_SHARE, Machine, measure_machine, shares, work
from model.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from model.presets import PRESETS
from model.recipe import Recipe

MEASURED = 15  # times that the machine's speed is measured, for the middle one
ANSWER = (Dense(10), Activation("softmax"))
RELU = Activation("relu")


def _with(name: str, *layers: object, **fields: object) -> Recipe:
    return Recipe(name, (*layers, *ANSWER), dataset="mini", **fields)


def recipes() -> list[Recipe]:
    """The presets, and what they leave out: wide and narrow, deep and flat, small and large batches."""
    quick = PRESETS["quick"]
    own = [
        _with("one convolution", Conv2D(16, 3), RELU, Flatten()),
        _with("wide", Conv2D(64, 3), MaxPooling2D(2), RELU, Conv2D(64, 3), RELU, MaxPooling2D(2), Flatten()),
        _with("large kernels", Conv2D(12, 9), RELU, MaxPooling2D(2), Conv2D(24, 7), RELU, Flatten()),
        _with("strides", Conv2D(24, 5, stride=2), RELU, Conv2D(48, 3, stride=2), RELU, Flatten()),
        _with("points", Conv2D(32, 3, stride=2), RELU, Conv2D(64, 1), RELU, Conv2D(64, 1), RELU, Flatten()),
        _with("normalised", *(Conv2D(16, 3), BatchNormalization(), RELU) * 2, MaxPooling2D(4), Flatten()),
        _with("normalised dense", Flatten(), Dense(256), BatchNormalization(), RELU, Dropout(0.5)),
        _with("large dense", Flatten(), Dense(1024), RELU, Dense(512), RELU),
        _with("dense after maps", Conv2D(16, 3), RELU, Flatten(), Dense(128), RELU),
        _with("deep", *(Conv2D(12, 3, padding="same"), RELU) * 6, MaxPooling2D(4), Flatten()),
        _with("deep, pooled first", MaxPooling2D(2), *(Conv2D(32, 3, padding="same"), RELU) * 4, Flatten()),
    ]  # fmt: skip
    sizes = [replace(quick, name=f"quick, batches of {size}", batch_size=size) for size in (32, 1024)]
    return [replace(recipe, dataset="mini") for recipe in (*PRESETS.values(), *own, *sizes)]


def time_them(out: Path, only: list[str], seconds: float) -> None:
    """Adds lines to the file, those networks first that have the fewest."""
    from model.learning.timing import seconds_an_epoch

    end = time.monotonic() + seconds
    lines = _lines(out)
    chosen = [recipe for recipe in recipes() if not only or recipe.name in only]
    for recipe in sorted(chosen, key=lambda recipe: len(lines[recipe.name])):
        if time.monotonic() > end:
            return
        line = {"name": recipe.name, "seconds": seconds_an_epoch(recipe.to_json())}
        with out.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(line, file=sys.stderr, flush=True)


def _lines(path: Path) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = defaultdict(list)
    for text in path.read_text().splitlines() if path.exists() else ():
        line = json.loads(text)
        found[line["name"]].append(line)
    return found


def fit(path: Path) -> dict:
    """The constants, and how far the estimate is from what was measured."""
    from scipy.optimize import nnls

    lines = _lines(path)
    machine = Machine(*np.median([astuple(measure_machine()) for _ in range(MEASURED)], axis=0))
    kept = [recipe for recipe in recipes() if recipe.name in lines]
    learned, read = DIGITS["mini"]
    digits = learned + READING_SHARE * read
    measured = np.array([min(each["seconds"] for each in lines[recipe.name]) for recipe in kept]) / digits
    parts = np.array([shares(work(recipe), machine) for recipe in kept])
    relative = parts / measured[:, None]

    def constants(chosen: np.ndarray) -> np.ndarray:
        return nnls(relative[chosen], np.ones(chosen.sum()))[0]

    everything = np.ones(len(kept), bool)
    found = constants(everything)
    left_out = [relative[place] @ constants(np.arange(len(kept)) != place) for place in range(len(kept))]
    return {
        "machine": {"products": f"{machine.products:.3g}", "bytes": f"{machine.bytes:.3g}"},
        "constants": [float(f"{value:.3g}") for value in found],
        "networks": len(kept),
        "estimated over measured": {
            recipe.name: [round(float(ratio), 2), round(float(alone), 2), round(float(time * digits), 2)]
            for recipe, ratio, alone, time in zip(kept, relative @ found, left_out, measured, strict=True)
        },
        "middle half, left out": [round(float(q), 2) for q in np.quantile(left_out, (0.25, 0.75))],
        "all but a tenth, left out": [round(float(q), 2) for q in np.quantile(left_out, (0.05, 0.95))],
    }


def main() -> int:
    """Reads the command line."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = arguments.add_subparsers(dest="command", required=True)
    timing = commands.add_parser("time")
    timing.add_argument("--out", type=Path, required=True)
    timing.add_argument("--only", nargs="*", default=[])
    timing.add_argument("--seconds", type=float, default=50)
    fitting = commands.add_parser("fit")
    fitting.add_argument("file", type=Path)
    fitting.add_argument("--json", action="store_true")
    chosen = arguments.parse_args()
    if chosen.command == "time":
        time_them(chosen.out, chosen.only, chosen.seconds)
    else:
        report(fit(chosen.file), chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
