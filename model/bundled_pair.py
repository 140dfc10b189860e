"""The bundled pair: one small network trained without and with augmentation, three seeds each; its figures.

They lie in ``assets/augmentation`` and are made by ``benchmarks.with_and_without``: of each recipe a folder
with ``recipe.json`` and ``seed-1.npz`` and so on (half precision), and beside them ``curves.json`` (accuracy
against strength) and ``safety.json`` (where labels break), both on validation digits that none of them has
learned from.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from model.forward import Network
from model.recipe import Recipe
from model.runs.arrays import read_arrays, to_single
from model.sweeps import Change, Safety

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "augmentation"
Side = Literal["without", "with"]
SIDES: tuple[Side, ...] = ("without", "with")


@dataclass(frozen=True, eq=False)
class Curves:
    """Accuracy against strength.

    Attributes:
        strengths: float64 (s,), ascending.
        accuracies: of each side float64 (seeds, s), shares read right.
        count: of validation digits read.
    """

    strengths: np.ndarray
    accuracies: Mapping[Side, np.ndarray]
    count: int


def recipe(side: Side) -> Recipe:
    """The recipe of one side, at its first seed."""
    return Recipe.from_json((FOLDER / side / "recipe.json").read_text("utf-8"))


def seeds(side: Side) -> tuple[int, ...]:
    """The seeds of one side, ascending."""
    return tuple(sorted(int(path.stem.partition("-")[2]) for path in (FOLDER / side).glob("seed-*.npz")))


@functools.lru_cache(maxsize=2)
def networks(side: Side) -> tuple[Network, ...]:
    """The networks of one side, by seed; ready to read."""
    layers = recipe(side).layers
    return tuple(
        Network(layers, to_single(read_arrays(FOLDER / side / f"seed-{seed}.npz"))) for seed in seeds(side)
    )


def curves(name: str) -> Curves:
    """Accuracy against strength of one transformation, measured beforehand.

    Raises:
        KeyError: no such transformation.
    """
    kept = _read("curves.json")
    curve = kept["curves"][name]
    return Curves(
        np.array(curve["strengths"], float),
        {side: np.array(curve[side], float) for side in SIDES},
        int(kept["count"]),
    )


def safety(name: str) -> Safety:
    """Where one transformation breaks labels, as the networks with augmentation read it together.

    Raises:
        KeyError: no such transformation.
    """
    kept = _read("safety.json")
    found = kept["safety"][name]
    strengths = tuple(map(float, found["strengths"]))
    changes = tuple(Change(strengths[place], *rest) for place, *rest in found["changes"])
    return Safety(name, strengths, tuple(kept["counts"]), changes)


def judged() -> int:
    """How many validation digits the figures of ``safety`` are of: the places that ``evenly`` gives."""
    return int(_read("safety.json")["count"])


@functools.cache
def _read(file: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / file).read_text("utf-8"))
    return content
