"""The leak lesson's figures: Kaggle's 28,000 read by who learned from train.csv, and by who had MNIST.

    python -m benchmarks.leak --data MNIST --train train.csv --test test.csv    # into assets/kaggle/leak.json

The same recipe learns from train.csv alone and from MNIST's 60,000, three seeds each, named beforehand.
Kaggle keeps the labels of its 28,000 to itself; MNIST's files have them, for every digit is there, pixel by
pixel, and none of MNIST's 70,000 is there twice. Nothing is chosen by these figures.
"""

import argparse
import dataclasses
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.datasets import load_digits
from model.datasets.pixel_table import read_table
from model.evaluation import read_all
from model.forward import Network
from model.kaggle import TEST_ROWS
from model.kaggle.leak import ARMS, FILE, SEEN, UNSEEN
from model.presets import PRESETS
from model.recipe import Recipe

SEEDS = (1, 2, 3)
# `quick`, but for long enough to remember what it has seen: three epochs leave little time for that.
RECIPE = dataclasses.replace(PRESETS["quick"], name="leak", epochs=12, dataset=ARMS[0])


def test_digits(test: Path, data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kaggle's digits with their labels, and which of them MNIST's training set holds.

    Returns:
        images uint8 (28000, 28, 28), labels uint8 (28000,), seen bool (28000,).
    """
    images, _ = read_table(test, labelled=False, rows=TEST_ROWS)
    known: dict[bytes, tuple[int, bool]] = {}
    for part in ("train", "test"):
        digits = load_digits("mnist-60000", part, data)
        for image, label in zip(digits.images, digits.labels, strict=True):
            known[image.tobytes()] = int(label), part == "train"
    found = [known[image.tobytes()] for image in images]
    return images, np.array([label for label, _ in found], np.uint8), np.array([seen for _, seen in found])


def measure(arm: str, seed: int, source: Path, kaggle: tuple[np.ndarray, ...]) -> dict[str, Any]:
    """Train one network and let it read Kaggle's digits."""
    from model.learning.training import train  # not above: Keras takes seconds to import

    start = time.perf_counter()
    recipe = dataclasses.replace(RECIPE, dataset=arm, seed=seed)
    learned = load_digits(arm, "train", source)
    training = train(recipe, (learned.images, learned.labels), None)
    images, labels, seen = kaggle
    wrong = read_all(Network(recipe.layers, training.weights), images).argmax(axis=1) != labels
    parts = {
        name: {"count": int(chosen.sum()), "errors": int(wrong[chosen].sum())}
        for name, chosen in ((SEEN, seen), (UNSEEN, ~seen))
    }
    shares = {name: f"{1 - part['errors'] / part['count']:.3%}" for name, part in parts.items()}
    seconds = time.perf_counter() - start
    print(f"{arm}, seed {seed}: {1 - wrong.mean():.3%} of all, {shares}, {seconds:.0f} s", flush=True)
    return {"seed": seed, "parts": parts, "learned": len(learned)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what is missing, and write what was found after every training."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with MNIST's files")
    parser.add_argument("--train", type=Path, required=True, help="Kaggle's train.csv")
    parser.add_argument("--test", type=Path, required=True, help="Kaggle's test.csv")
    parser.add_argument("--anew", action="store_true", help="measure again what is measured")
    options = parser.parse_args(arguments)
    kept: dict[str, Any] = {"learned": {}, "sittings": {arm: [] for arm in ARMS}}
    if FILE.exists() and not options.anew:
        kept = json.loads(FILE.read_text("utf-8"))
        if Recipe.from_dict(kept["recipe"]) != RECIPE:
            raise SystemExit(f"{FILE} is of another recipe: ask for --anew")
    kept["recipe"] = RECIPE.to_dict()
    kaggle = test_digits(options.test, options.data)
    for seed in SEEDS:
        for arm, source in zip(ARMS, (options.train, options.data), strict=True):
            if seed in [each["seed"] for each in kept["sittings"][arm]]:
                continue
            found = measure(arm, seed, source, kaggle)
            kept["learned"][arm] = found.pop("learned")
            kept["sittings"][arm].append(found)
            FILE.parent.mkdir(parents=True, exist_ok=True)
            FILE.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
