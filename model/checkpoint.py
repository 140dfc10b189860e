"""A checkpoint: a recipe with its weights and its card, as it lies in a folder.

Bundled networks (``assets/networks``) and finished runs have the same three files: ``recipe.json``,
``weights.npz`` and ``card.json``. No file is ever unpickled.
"""

import functools
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from model.forward import Network, weight_shapes
from model.recipe import Recipe, RecipeError

BUNDLED = Path(__file__).resolve().parents[1] / "assets" / "networks"
DEFAULT = ("flagship", "classic")  # the network in hand on the first day: the first of these that is bundled


class CheckpointError(ValueError):
    """No such checkpoint, or one that cannot be read; the message says which and what to do."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network in hand.

    Args:
        name: a bundled network's name or a run's id.
        recipe: what it was trained by.
        weights: float32 arrays by ``model.forward.weight_name``.
        card: what was measured about it, see ``model.cards``.
    """

    name: str
    recipe: Recipe
    weights: Mapping[str, np.ndarray]
    card: Mapping[str, Any]

    @property
    def learned_from(self) -> str:
        """The dataset whose train part it learned from, as its training found it.

        That can differ from what the recipe asked for: MNIST taken from Kaggle's file counts as "kaggle".
        """
        return str(self.card.get("learned_from", {}).get("dataset", self.recipe.dataset))

    @functools.cached_property
    def network(self) -> Network:
        """The network, ready to read digits."""
        return Network(self.recipe.layers, self.weights)


def runs_folder(runs: Path | None = None) -> Path:
    """Where runs are kept: as given, else DIGIT_LAB_HOME, else a folder of the user's own."""
    if runs is not None:
        return runs
    home = os.environ.get("DIGIT_LAB_HOME")
    return Path(home) / "runs" if home else platformdirs.user_data_path("digit-lab") / "runs"


def bundled_names() -> tuple[str, ...]:
    """The names of the networks that ship with the project, in alphabetical order."""
    return _names(BUNDLED)


def run_ids(runs: Path | None = None) -> tuple[str, ...]:
    """The ids of the finished runs, oldest first."""
    return _names(runs_folder(runs))


def _names(folder: Path) -> tuple[str, ...]:
    # a folder without weights is a training that goes on or was broken off
    return tuple(sorted(path.parent.name for path in folder.glob("*/weights.npz")))


def default_name() -> str:
    """The bundled network that is in hand at first.

    Raises:
        CheckpointError: none is bundled.
    """
    for name in DEFAULT:
        if name in bundled_names():
            return name
    raise CheckpointError(f"no network is bundled in {BUNDLED}; train one with: python -m model train")


def load_checkpoint(name: str | None = None, runs: Path | None = None) -> Checkpoint:
    """Take a checkpoint in hand.

    Args:
        name: a bundled network's name, or a run's id; None for the default. Only looked up among what is
            there, never used as a path.
        runs: the folder of runs, see ``runs_folder``.

    Returns:
        The checkpoint.

    Raises:
        CheckpointError: there is none of that name, or its files are broken.
    """
    name = default_name() if name is None else name
    if name in bundled_names():
        return read_checkpoint(BUNDLED / name)
    if name in run_ids(runs):
        return read_checkpoint(runs_folder(runs) / name)
    there = ", ".join((*bundled_names(), *run_ids(runs))) or "none"
    raise CheckpointError(f"there is no network or run {name!r}; there are: {there}")


def read_checkpoint(folder: Path) -> Checkpoint:
    """The checkpoint in a folder.

    Raises:
        CheckpointError: a file is missing, damaged or does not fit the others.
    """
    try:
        recipe = Recipe.from_json((folder / "recipe.json").read_text("utf-8"))
        card = json.loads((folder / "card.json").read_text("utf-8"))
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            weights = {key: arrays[key] for key in arrays.files}
        checkpoint = Checkpoint(folder.name, recipe, weights, card)
        _ = checkpoint.network  # refuses weights that do not fit
    except (OSError, RecipeError, ValueError, KeyError) as error:
        raise CheckpointError(f"the network in {folder} cannot be read: {error}") from error
    return checkpoint


def write_checkpoint(
    folder: Path, recipe: Recipe, weights: Mapping[str, np.ndarray], card: Mapping[str, Any]
) -> None:
    """Keep a checkpoint. Its weights come last and in one step, so that a folder with weights is whole.

    Args:
        folder: made if need be; what it holds is replaced.
        recipe: what it was trained by.
        weights: float32 arrays by ``model.forward.weight_name``, all that the recipe needs.
        card: JSON-ready.

    Raises:
        ValueError: the weights do not fit the recipe.
    """
    if {name: array.shape for name, array in weights.items()} != weight_shapes(recipe.layers):
        raise ValueError("the weights do not fit the recipe")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe.json").write_text(recipe.to_json() + "\n", "utf-8")
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    aside = folder / "weights.part"
    with aside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **weights)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / "weights.npz")


def new_run_id(recipe: Recipe) -> str:
    """An id for a new run: when, a word of the recipe's name, and four random hexadecimal digits."""
    word = "".join(c if c.isalnum() and c.isascii() else "-" for c in recipe.name.lower())[:24].strip("-")
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{word or 'run'}-{secrets.token_hex(2)}"
