"""How fast digits are changed: beside what `quick` learns from in that time, and beside Keras's own layers.

    python -m benchmarks.augmenting --data FOLDER [--rounds 7] [--json]

- even: turned, zoomed, moved and slanted, in one resampling; elastic: pulled about in addition. Batches as
  training takes them: by one thread, as beside a training, and by one on each core.
- quick: its training alone, on all cores, without augmentation or validation.
- Keras: RandomRotation, RandomZoom, RandomTranslation and RandomShear one after another, each with a
  resampling of its own, as one compiled function on all cores. It does what `even` does.

Everyone has a process; they take turns (`benchmarks.turns`). A figure is how many times as many digits a
second, the median of the rounds with its middle half; `processor_ratio` counts what the processors did.
"""

import dataclasses
import itertools
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import parser, report
from benchmarks.trainers import Course, Headless
from benchmarks.training import ELASTIC, ENGINE_DIGITS, EVEN
from benchmarks.turns import Turn, median_seconds, ratio, take_turns
from model.augmentation import Augmentation
from model.augmentation.serving import batches_in, changed_batch, order
from model.datasets import load_digits
from model.presets import PRESETS
from model.recipe import Recipe

DIGITS = ENGINE_DIGITS["quick"]  # a turn


def read(recipe: Recipe, data: Path | None) -> np.ndarray:
    """Returns the digits of a turn."""
    return load_digits(recipe.dataset, "train", data).images[:DIGITS]


@dataclass(frozen=True)
class Ours:
    """The batches of an epoch, as training is given them.

    Args:
        recipe: With an augmentation.
        data: Where the digits are.
        threads: How many batches are made at a time.
    """

    recipe: Recipe
    data: Path | None
    threads: int = 1

    def __call__(self, turn: Turn) -> None:
        """Changes digits."""
        import cv2

        cv2.setNumThreads(1)  # as model.learning.batches does
        images, size, seed = read(self.recipe, self.data), self.recipe.batch_size, self.recipe.seed

        def change(epoch: int, places: np.ndarray, batch: int) -> None:
            few = images[places[batch * size : (batch + 1) * size]]
            labels = np.zeros(len(few), np.uint8)  # which only digits that code writes are asked for
            changed_batch(few, labels, self.recipe.augmentation, seed, epoch, batch)

        with ThreadPoolExecutor(self.threads) as pool:
            for epoch in itertools.count():
                if epoch and turn.over():  # the first warms up
                    break
                changing = partial(change, epoch, order(len(images), seed, epoch))
                list(pool.map(changing, range(batches_in(len(images), size))))


@dataclass(frozen=True)
class KerasLayers:
    """The same changes by Keras's layers, chained.

    Args:
        recipe: With an augmentation.
        data: Where the digits are.
    """

    recipe: Recipe
    data: Path | None

    def __call__(self, turn: Turn) -> None:
        """Changes digits."""
        import model.learning.network  # noqa: F401, I001 - first, it quiets TensorFlow
        import keras
        import tensorflow as tf

        said = self.recipe.augmentation or Augmentation()
        blank = {"fill_mode": "constant", "fill_value": 0.0}
        slant = float(np.tan(np.radians(said.shear_degrees)))
        layers = [
            keras.layers.RandomRotation(said.rotation_degrees / 360, **blank),
            keras.layers.RandomZoom(float(np.expm1(said.zoom)), **blank),
            keras.layers.RandomTranslation(said.shift_cells / 28, said.shift_cells / 28, **blank),
            keras.layers.RandomShear((0.0, slant), 0.0, **blank),
        ]

        @tf.function(autograph=False)
        def changed(images: Any) -> Any:  # noqa: ANN401 - a tensor
            for layer in layers:
                images = layer(images, training=True)
            return images

        digits = read(self.recipe, self.data)[..., None].astype(np.float32)
        batches = [
            tf.constant(digits[start : start + self.recipe.batch_size])
            for start in range(0, len(digits), self.recipe.batch_size)
        ]
        for batch in {len(batch): batch for batch in batches}.values():
            changed(batch)
        while not turn.over():
            for batch in batches:
                changed(batch).numpy()


def compare(data: Path | None, rounds: int) -> dict:
    """How many times as many digits a second."""
    plain = PRESETS["quick"]
    course = Course(plain, data, rounds, DIGITS, is_watched=False)
    contestants: dict = {"quick": Headless(course)}
    for name, augmentation in (("even", EVEN), ("elastic", ELASTIC)):
        recipe = dataclasses.replace(plain, augmentation=augmentation)
        contestants |= {
            f"{name}, one thread": Ours(recipe, data),
            f"{name}, all cores": Ours(recipe, data, os.cpu_count() or 1),
        }
    contestants["Keras"] = KerasLayers(dataclasses.replace(plain, augmentation=EVEN), data)
    turns = take_turns(contestants, rounds)
    figures: dict = {"digits a second": {who: round(DIGITS / median_seconds(turns, who)) for who in turns}}
    for name in [who for who in turns if who not in ("quick", "Keras")]:
        figures[f"{name}, times as fast as quick trains"] = ratio(turns, "quick", name)
    for name in ("even, one thread", "even, all cores"):
        figures[f"{name}, times as fast as Keras's layers"] = ratio(turns, "Keras", name)
    return figures


def main() -> int:
    """Reads the command line and compares."""
    arguments = parser(__doc__)
    arguments.add_argument("--data", type=Path, help="a folder with MNIST's files")
    arguments.add_argument("--rounds", type=int, default=7)
    chosen = arguments.parse_args()
    report(compare(chosen.data, chosen.rounds), chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
