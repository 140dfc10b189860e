"""What each part of the flagship's recipe gives: its network trained with one part more each time.

    python -m benchmarks.ablation --data MNIST --pen pendigits-orig.tra [--digits 10000] [--epochs 6]
                                  [--seeds 1] [--rows 0 3 7] [--every 3] [--out ablation.json] [--json]

Each row is a training of its own, on the same digits, and is measured on MNIST's 5,000 validation digits and
on drawn digits (`benchmarks.pen_digits`, by the writers to choose by, at pen widths of 10, 20 and 30 px).
Test digits are not touched. With `--out`, what is already there is not trained again.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import parser, report, share_of
from benchmarks.pen_digits import half, parse_pen_digits, prepare
from model.augmentation import Augmentation
from model.datasets import load_digits
from model.evaluation import read_all
from model.forward import Network
from model.presets import PRESETS
from model.recipe import Recipe

WIDTHS = (10.0, 20.0, 30.0)  # px
# What is added, row by row: the fields of the augmentation.
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("turned, zoomed, moved, slanted", ("rotation_degrees", "zoom", "shift_cells", "shear_degrees")),
    ("wider and narrower", ("aspect",)),
    ("pulled about", ("elastic_cells",)),
    ("thicker and thinner", ("thickness_cells",)),
    ("written by code", ("written",)),
)
AVERAGING = 0.06  # tried where the recipe averages no weights


def ladder(recipe: Recipe) -> list[tuple[str, Recipe]]:
    """The recipe's own parts, one after the other, from the bare network to the whole.

    Args:
        recipe: with an augmentation.

    Returns:
        What each row adds, and its recipe. The last averages the weights, which says what that gives also
        where the recipe doesn't: then the last but one is the recipe itself.
    """
    whole = recipe.augmentation or Augmentation()
    current = replace(recipe, augmentation=None, averaging=0.0)
    rows = [("the network alone", current)]
    for title, names in PARTS:
        told = current.augmentation or Augmentation()
        fields = {name: getattr(whole, name) for name in names}
        current = replace(current, augmentation=replace(told, **fields))
        rows.append((f"+ {title}", current))
    kept = "" if recipe.averaging else " (not kept)"
    rows.append((f"+ averaged weights{kept}", replace(current, averaging=recipe.averaging or AVERAGING)))
    return rows


class Drawn:
    """Drawn digits, prepared once for all networks.

    Args:
        pen: pendigits-orig.tra.
        which: of the writers, see `benchmarks.pen_digits.HALVES`.
        every: every so many digits only.
    """

    def __init__(self, pen: Path, which: str, every: int = 1) -> None:
        digits = half(parse_pen_digits(pen.read_text("ascii")), which)[::every]
        self.labels = np.array([digit.label for digit in digits])
        self._prepared = {width: prepare(digits, width) for width in WIDTHS}

    def right(self, network: Any) -> dict[float, np.ndarray]:  # noqa: ANN401 - whatever reads digits
        """Which digits are read right, bool (n,), for each width of the pen."""
        return {
            width: (network.probabilities(images).argmax(axis=1) == self.labels) & there
            for width, (images, there) in self._prepared.items()
        }


def measure(recipe: Recipe, digits: int, data: Path | None, drawn: Drawn | None) -> dict[str, Any]:
    """Train a recipe on so many digits and say how it reads."""
    from model.learning.training import train  # not above: Keras takes seconds to import

    learned, watched = load_digits("mnist", "train", data), load_digits("mnist", "validation", data)
    some = np.random.default_rng(0).permutation(len(learned))[:digits]  # the same for every row
    start = time.perf_counter()
    trained = train(recipe, (learned.images[some], learned.labels[some]), (watched.images, watched.labels))
    seconds = time.perf_counter() - start
    network = Network(recipe.layers, trained.weights)
    right = read_all(network, watched.images).argmax(axis=1) == watched.labels
    found = {"validation": share_of(right), "seconds": round(seconds, 1)}
    if drawn is not None:
        found["pen"] = share_of(np.concatenate(list(drawn.right(network).values())))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the rows and print a table."""
    options = parser(__doc__)
    options.add_argument("--data", type=Path, metavar="DIR", help="a folder with MNIST's files")
    options.add_argument("--pen", type=Path, metavar="FILE", help="pendigits-orig.tra")
    options.add_argument("--recipe", type=Path, metavar="FILE", help="instead of the preset flagship")
    options.add_argument("--digits", type=int, default=10_000, metavar="N", help="to learn from")
    options.add_argument("--epochs", type=int, default=6, metavar="N")
    options.add_argument("--seeds", type=int, nargs="+", default=[1], metavar="N")
    options.add_argument("--rows", type=int, nargs="+", metavar="N", help="some of them, from 0")
    options.add_argument("--every", type=int, default=3, metavar="N", help="take every n-th drawn digit")
    options.add_argument("--out", type=Path, metavar="FILE", help="what is kept, and gone on with")
    chosen = options.parse_args(arguments)

    recipe = PRESETS["flagship"]
    if chosen.recipe is not None:
        recipe = Recipe.from_json(chosen.recipe.read_text("utf-8"))
    drawn = None if chosen.pen is None else Drawn(chosen.pen, "choose", chosen.every)
    kept = json.loads(chosen.out.read_text("utf-8")) if chosen.out and chosen.out.exists() else []
    figures: dict[str, Any] = {"digits learned from": chosen.digits, "epochs": chosen.epochs}
    for number, (title, row) in enumerate(ladder(recipe)):
        if chosen.rows is not None and number not in chosen.rows:
            continue
        for seed in chosen.seeds:
            told = replace(row, epochs=chosen.epochs, seed=seed)
            key = f"{title}, seed {seed}"
            asked = {"title": title, "recipe": told.to_dict(), "digits": chosen.digits}
            known = next((row for row in kept if {name: row[name] for name in asked} == asked), None)
            if known is None:
                known = asked | measure(told, chosen.digits, chosen.data, drawn)
                kept.append(known)
                if chosen.out is not None:
                    chosen.out.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
            figures[key] = {name: known[name] for name in ("validation", "pen", "seconds") if name in known}
            print(f"{key}: {_line(known)}", file=sys.stderr, flush=True)
    report(figures, chosen.json)
    return 0


def _line(found: dict[str, Any]) -> str:
    pen = f", drawn {found['pen']['accuracy']:.2%}" if "pen" in found else ""
    return f"validation {found['validation']['accuracy']:.2%}{pen}, {found['seconds']:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
