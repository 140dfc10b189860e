"""The committee: the same recipe from several seeds, read together, and what that gains.

Networks that differ by their seed alone make different mistakes, and the mean of what they say makes fewer
than each of them (Hansen and Salamon 1990, "Neural Network Ensembles"). The bundled one lies in
``assets/committee``: ``recipe.json``, the members' weights in half precision as ``seed-1.npz`` and so on, and
``card.json`` with what was measured; ``benchmarks.flagship`` writes it.
"""

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.checkpoint import CheckpointError, load_checkpoint
from model.forward import Network
from model.intervals import Z_95
from model.recipe import Recipe, RecipeError
from model.runs.arrays import Arrays, read_arrays, to_half, to_single, write_arrays
from model.sweeps import Together
from model.verdict import Reader

NAME = "committee"  # what --model calls it
FOLDER = Path(__file__).resolve().parents[1] / "assets" / "committee"


@dataclass(frozen=True, eq=False)
class Committee:
    """Several networks that are read as one.

    Args:
        recipe: of all of them, but for the seed.
        members: by their seeds, ascending.
        card: what was measured of them, JSON-ready.
    """

    recipe: Recipe
    members: Mapping[int, Network]
    card: Mapping[str, Any]

    def probabilities(self, digits: np.ndarray) -> np.ndarray:
        """The mean of what the members say: as ``Network.probabilities``, float32 (n, 10)."""
        return Together(tuple(self.members.values())).probabilities(digits)


@dataclass(frozen=True)
class Gain:
    """What reading together gains over one member, as it is on the average.

    Args:
        members: float, the accuracy of each.
        together: the accuracy of their mean.
        count: of digits.
        interval_95: of the gain, paired digit by digit.
    """

    members: tuple[float, ...]
    together: float
    count: int
    interval_95: tuple[float, float]

    @property
    def difference(self) -> float:
        """The gain: together minus the members' mean, −1 to 1."""
        return self.together - math.fsum(self.members) / len(self.members)


def gain(probabilities: Sequence[np.ndarray], labels: np.ndarray) -> Gain:
    """What a committee gains on labelled digits.

    Of each digit counts whether it is read right together, less the share of the members that do. These are
    as many independent numbers as there are digits, so their mean has the usual interval.

    Args:
        probabilities: of each member float (n, 10), of the same digits.
        labels: integers (n,).
    """
    members = np.array([read.argmax(axis=1) == labels for read in probabilities])  # (members, n)
    together = np.mean(probabilities, axis=0).argmax(axis=1) == labels
    gains = together - members.mean(axis=0)
    middle, reach = float(gains.mean()), Z_95 * float(gains.std(ddof=1)) / math.sqrt(len(labels))
    return Gain(
        tuple(map(float, members.mean(axis=1))),
        float(together.mean()),
        len(labels),
        (middle - reach, middle + reach),
    )


def has_committee(folder: Path = FOLDER) -> bool:
    """Whether one is there."""
    return (folder / "card.json").exists()


def load_committee(folder: Path = FOLDER) -> Committee:
    """The committee in a folder; read once and then shared, so not to be changed.

    Raises:
        CheckpointError: there is none, or its files are broken.
    """
    if not has_committee(folder):
        raise CheckpointError(f"no committee is bundled in {folder}: name a network or a run instead")
    return _load(folder)


@functools.lru_cache(maxsize=2)
def _load(folder: Path) -> Committee:
    try:
        recipe = Recipe.from_json((folder / "recipe.json").read_text("utf-8"))
        card = json.loads((folder / "card.json").read_text("utf-8"))
        members = {
            seed: Network(recipe.layers, to_single(read_arrays(folder / f"seed-{seed}.npz")))
            for seed in sorted(card["seeds"])
        }
    except (OSError, RecipeError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"the committee in {folder} cannot be read: {error}") from error
    return Committee(recipe, members, card)


def write_committee(
    folder: Path, recipe: Recipe, members: Mapping[int, Arrays], card: Mapping[str, Any]
) -> None:
    """Keep a committee in a folder; its card comes last: a folder with a card is whole.

    Args:
        folder: made if need be; members that it held before are left out of the card.
        recipe: of all members.
        members: weights by seed.
        card: JSON-ready; the seeds are added.

    Raises:
        ValueError: no members.
        OSError: the disk refuses.
    """
    if not members:
        raise ValueError("a committee needs members")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").unlink(missing_ok=True)
    (folder / "recipe.json").write_text(recipe.to_json() + "\n", "utf-8")
    for seed, weights in members.items():
        write_arrays(folder / f"seed-{seed}.npz", to_half(weights))
    (folder / "card.json").write_text(
        json.dumps(dict(card) | {"seeds": sorted(members)}, indent=1) + "\n", "utf-8"
    )
    _load.cache_clear()


def load_reader(address: str | None, runs: Path | None = None) -> Reader:
    """Whatever reads digits under a name: the committee, a bundled network, or a run.

    Args:
        address: ``committee``, or as ``load_checkpoint`` takes it.
        runs: the folder of runs.

    Raises:
        CheckpointError: there is none of that name, or its files are broken.
    """
    return load_committee() if address == NAME else load_checkpoint(address, runs).network
