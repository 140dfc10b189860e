"""How fast we train: beside a plain Keras script, watched, beside PyTorch, beside the machine itself.

    python -m benchmarks.training --data FOLDER [--rounds 7] [--only overhead engines augmentation] [--json]

- overhead: `quick` on MNIST, `classic` on mini, an epoch and its validation at a time: a plain script, our
  engine, and our engine into a store that another process reads like the dashboard.
- engines: `quick` and `classic` without validation: our engine, the same network in PyTorch (channels last;
  `pip install torch --index-url https://download.pytorch.org/whl/cpu`, left out where it isn't), and the
  share of the machine's own speed in multiplying matrices.
- augmentation: `quick` with none, with even changes, with an elastic one in addition.

Everyone has a process and all cores; they take turns (`benchmarks.turns`). `ratio` is of times by the clock,
with its middle half; `processor_ratio` counts what the processors did, which other programs disturb less.
How long it takes to reach 99.0% is measured by `benchmarks.race`.
"""

import dataclasses
import importlib.util
import sys
from pathlib import Path

from benchmarks.figures import parser, report
from benchmarks.trainers import (
    PRODUCT_OPERATIONS,
    Course,
    Headless,
    PlainKeras,
    Torch,
    Watched,
    multiply_matrices,
    training_operations,
)
from benchmarks.turns import median_seconds, ratio, take_turns
from model.augmentation import Augmentation
from model.presets import PRESETS

ENGINE_DIGITS = {"quick": 12_800, "classic": 1_280}  # a turn of one to two seconds
EVEN = Augmentation(rotation_degrees=15, zoom=0.15, shift_cells=2, shear_degrees=10)
ELASTIC = dataclasses.replace(EVEN, elastic_cells=1.2)


def compare_overhead(data: Path | None, rounds: int) -> dict:
    """What our engine adds to `fit`, and what being watched adds to it."""
    figures = {}
    for preset, dataset in (("quick", "mnist"), ("classic", "mini")):
        course = Course(dataclasses.replace(PRESETS[preset], dataset=dataset), data, rounds)
        turns = take_turns(
            {"plain Keras": PlainKeras(course), "ours": Headless(course), "watched": Watched(course)}, rounds
        )
        name = f"{preset} on {dataset}"
        figures[f"{name}, ours over plain Keras"] = ratio(turns, "ours", "plain Keras")
        figures[f"{name}, watched over ours"] = ratio(turns, "watched", "ours")
        figures[f"{name}, seconds an epoch"] = {who: round(median_seconds(turns, who), 2) for who in turns}
    return figures


def compare_engines(data: Path | None, rounds: int) -> dict:
    """Digits a second beside PyTorch, and operations a second beside a product of matrices."""
    figures: dict = {}
    for preset, digits in ENGINE_DIGITS.items():
        course = Course(PRESETS[preset], data, rounds, digits, is_watched=False)
        contestants = {"ours": Headless(course), "product": multiply_matrices}
        if importlib.util.find_spec("torch"):
            contestants["PyTorch"] = Torch(course)
        turns = take_turns(contestants, rounds)
        pace = {who: digits / median_seconds(turns, who) for who in turns if who != "product"}
        figures[f"{preset}, digits a second"] = {who: round(value) for who, value in pace.items()}
        if "PyTorch" in turns:
            figures[f"{preset}, times as fast as PyTorch"] = ratio(turns, "PyTorch", "ours")
        else:
            figures[f"{preset}, PyTorch"] = "not installed"
        operations = training_operations(course.recipe) * digits
        per_second = operations / median_seconds(turns, "ours")
        machine = PRODUCT_OPERATIONS / median_seconds(turns, "product")
        shares = ratio(turns, "product", "ours")["ratio"] * operations / PRODUCT_OPERATIONS
        figures[f"{preset}, share of the machine's product"] = {
            "share": round(shares, 3),
            "gflops": round(per_second / 1e9, 1),
            "product_gflops": round(machine / 1e9, 1),
        }
    return figures


def compare_augmentation(data: Path | None, rounds: int) -> dict:
    """What changing the digits costs."""
    course = Course(PRESETS["quick"], data, rounds, ENGINE_DIGITS["quick"], is_watched=False)
    contestants = {
        name: Headless(
            dataclasses.replace(course, recipe=dataclasses.replace(course.recipe, augmentation=kind))
        )
        for name, kind in {"none": None, "even": EVEN, "elastic": ELASTIC}.items()
    }
    turns = take_turns(contestants, rounds)
    return {f"quick, {name} over none": ratio(turns, name, "none") for name in ("even", "elastic")}


COMPARISONS = {
    "overhead": compare_overhead,
    "engines": compare_engines,
    "augmentation": compare_augmentation,
}


def main() -> int:
    """Reads the command line and compares."""
    arguments = parser(__doc__)
    arguments.add_argument("--data", type=Path, help="a folder with MNIST's files")
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--only", nargs="+", choices=COMPARISONS, default=list(COMPARISONS))
    chosen = arguments.parse_args()
    figures: dict = {}
    for name in chosen.only:
        print(f"comparing: {name}", file=sys.stderr, flush=True)  # it takes minutes
        figures |= COMPARISONS[name](chosen.data, chosen.rounds)
    report(figures, chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
