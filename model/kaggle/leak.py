"""The leak: what the same recipe scores on Kaggle's 28,000 with and without having seen most of them.

One network learned from train.csv alone, the other from MNIST's 60,000 training digits, among which are most
of those that Kaggle asks about. What the second scores on the few that it has not seen is what it can read;
the rest it remembers. The figures lie in ``assets/kaggle/leak.json`` and are made by ``benchmarks.leak``.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model.intervals import wilson
from model.recipe import Recipe

FILE = Path(__file__).resolve().parents[2] / "assets" / "kaggle" / "leak.json"
ARMS = ("kaggle-42000", "mnist-60000")  # the data sets that were learned from: without and with the leak
SEEN, UNSEEN = "seen", "unseen"  # by the second arm


@dataclass(frozen=True)
class Part:
    """How one network read some of Kaggle's digits.

    Args:
        count: how many.
        errors: how many of them wrong.
    """

    count: int
    errors: int

    @property
    def accuracy(self) -> float:
        """Share read right, 0 to 1."""
        return (self.count - self.errors) / self.count

    @property
    def confidence_interval_95(self) -> tuple[float, float]:
        """Wilson's 95% interval of the accuracy."""
        return wilson(self.count - self.errors, self.count)


@dataclass(frozen=True)
class Sitting:
    """One training, and what came of it.

    Args:
        seed: of the recipe.
        parts: of Kaggle's digits: those that MNIST's training set holds (``SEEN``) and the others.
    """

    seed: int
    parts: Mapping[str, Part]

    @property
    def all(self) -> Part:
        """On all of them: what Kaggle's board would say."""
        return Part(
            sum(part.count for part in self.parts.values()), sum(part.errors for part in self.parts.values())
        )


@dataclass(frozen=True)
class Leak:
    """What was measured.

    Args:
        recipe: that both arms learned by, but for the data set and the seed.
        learned: of each arm, from how many digits.
        sittings: of each arm, by seed.
    """

    recipe: Recipe
    learned: Mapping[str, int]
    sittings: Mapping[str, tuple[Sitting, ...]]


@functools.cache
def leak() -> Leak:
    """What was measured beforehand.

    Raises:
        OSError: the file isn't there.
    """
    kept = json.loads(FILE.read_text("utf-8"))
    return Leak(
        Recipe.from_dict(kept["recipe"]),
        dict(kept["learned"]),
        {
            arm: tuple(
                Sitting(each["seed"], {name: Part(**part) for name, part in each["parts"].items()})
                for each in kept["sittings"][arm]
            )
            for arm in ARMS
        },
    )
