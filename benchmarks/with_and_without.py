"""The bundled pair: the same small network, trained without and with augmentation, three seeds each.

    python -m benchmarks.with_and_without train --data MNIST    # six trainings into assets/augmentation
    python -m benchmarks.with_and_without measure               # curves.json: accuracy against strength

The seeds were named before the first training, and nothing is chosen among them. The augmentation is what a
hand does to a digit: neither it nor the number of epochs was tuned. Validation digits are MNIST's 5,000 that
mini holds.
"""

import argparse
import dataclasses
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model import bundled_pair
from model.augmentation import Augmentation
from model.augmentation.transformations import TRANSFORMATIONS
from model.bundled_pair import FOLDER, SIDES
from model.datasets import load_digits
from model.layers import Dense
from model.presets import PRESETS
from model.runs.arrays import to_half, write_arrays
from model.sweeps import Together, accuracies, evenly, pictures, some_strengths, unsafe

SEEDS = (1, 2, 3)
# `quick` with half as many dense units, so that six of them are half a megabyte, and twice the epochs: digits
# that are never the same twice take longer to learn.
QUICK = PRESETS["quick"]
WITHOUT = dataclasses.replace(
    QUICK,
    name="without augmentation",
    layers=tuple(Dense(64) if layer == Dense(128) else layer for layer in QUICK.layers),
    epochs=2 * QUICK.epochs,
    seed=SEEDS[0],
)
WITH = dataclasses.replace(
    WITHOUT,
    name="with augmentation",
    augmentation=Augmentation(
        rotation_degrees=20, zoom=0.2, shift_cells=2.5, shear_degrees=20, elastic_cells=1.0
    ),
)
MEASURED = 2000  # validation digits, of every class as many: their standard error is at most 1.1 points
JUDGED = 1000  # of them for the safety of labels: 100 of each class
JUDGED_STRENGTHS = 37  # rotation by 10°
RECIPES = {"without": WITHOUT, "with": WITH}


def train_all(data: Path | None) -> None:
    """Train the six networks; each is written, in half precision, as soon as it is done."""
    from model.learning.training import train  # not above: Keras takes seconds to import

    learned, watched = load_digits("mnist", "train", data), load_digits("mnist", "validation", data)
    for name, recipe in RECIPES.items():
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
        (FOLDER / name / "recipe.json").write_text(recipe.to_json() + "\n", "utf-8")
        for seed in SEEDS:
            start = time.perf_counter()
            training = train(
                dataclasses.replace(recipe, seed=seed),
                (learned.images, learned.labels),
                (watched.images, watched.labels),
            )
            write_arrays(FOLDER / name / f"seed-{seed}.npz", to_half(training.weights))
            last = training.history[-1]
            print(
                f"{name} augmentation, seed {seed}: validation {last.validation_accuracy:.2%}, "
                f"{time.perf_counter() - start:.0f} s",
                flush=True,
            )


def measure(names: Sequence[str]) -> None:
    """Read validation digits at every strength with all six networks, and write what was found.

    Args:
        names: of the transformations; what the files say of others stays.
    """
    digits = load_digits("mnist", "validation")
    chosen = evenly(digits.labels, MEASURED)
    networks = [network for side in SIDES for network in bundled_pair.networks(side)]
    curves = _kept("curves.json", "curves")
    for name in names:
        strengths = some_strengths(name)
        swept = pictures(digits.images[chosen], name, strengths)
        found = np.stack(
            [accuracies(network.probabilities(swept), digits.labels[chosen]) for network in networks]
        )
        rows = np.split(found, len(SIDES))
        curves[name] = {"strengths": [round(float(each), 6) for each in strengths]} | {
            side: [[round(float(share), 5) for share in row] for row in table]
            for side, table in zip(SIDES, rows, strict=True)
        }
        print(f"accuracy against {name}: done", flush=True)
    _write("curves.json", {"dataset": "mnist", "part": "validation", "count": len(chosen), "curves": curves})

    chosen = evenly(digits.labels, JUDGED)
    together = Together(bundled_pair.networks("with"))
    safety = _kept("safety.json", "safety")
    for name in names:
        strengths = some_strengths(name, JUDGED_STRENGTHS)
        images, labels = digits.images[chosen], digits.labels[chosen]
        read = together.probabilities(pictures(images, name, strengths))
        judged = unsafe(name, strengths, together.probabilities(images), read, labels)
        safety[name] = {
            "strengths": [round(each, 6) for each in judged.strengths],
            "changes": [
                [judged.strengths.index(change.strength), *dataclasses.astuple(change)[1:]]
                for change in judged.changes
            ],
        }
        print(f"labels under {name}: done", flush=True)
    kept = {"dataset": "mnist", "part": "validation", "count": len(chosen), "counts": judged.counts}
    _write("safety.json", kept | {"safety": safety})


def _kept(file: str, part: str) -> dict[str, Any]:
    path = FOLDER / file
    return json.loads(path.read_text("utf-8"))[part] if path.exists() else {}


def _write(file: str, content: object) -> None:
    (FOLDER / file).write_text(json.dumps(content, separators=(",", ":")) + "\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, or measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("train", "measure"))
    parser.add_argument("--data", type=Path, help="the folder with MNIST's files")
    parser.add_argument("--only", nargs="+", choices=TRANSFORMATIONS, default=tuple(TRANSFORMATIONS))
    options = parser.parse_args(arguments)
    if options.what == "train":
        train_all(options.data)
    else:
        measure(options.only)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
