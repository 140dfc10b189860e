"""What a run left that claims are judged by, kept as one JSON line a run in ``assets/claims``."""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from model.claims.catalogue import CLAIMS, SEEDS, SHIFTS, Arm, Measure
from model.history import Epoch
from model.recipe import Recipe
from model.sweeps import evenly
from model.verdict import Reader

RUNS = Path(__file__).resolve().parents[2] / "assets" / "claims" / "runs.jsonl"

ALL_EPOCHS = "all epochs"
NO_NUMBER = "no number"  # the loss grew beyond every number: the rate was too high by far
LEAST_PROBABILITY = 1e-7  # Keras's own: keeps the logarithm of a probability of 0 finite
SHIFTED = 1000  # validation digits read at every shift, of every class as many
DIGITS = 5  # kept of every share and loss; one of 10,000 digits is the fourth


@dataclass(frozen=True)
class Outcome:
    """What one run left.

    Args:
        seed: its recipe's.
        loss: training loss by epoch, from epoch 0 on, as it stood while the epoch was learned from, in nats;
            None for epoch 0.
        validation_loss: after each epoch.
        validation_accuracy: after each epoch, 0 to 1.
        read_loss: the loss of some training digits as they are read after each epoch, nothing dropped; empty
            where nobody asked.
        test: how many test digits were read right after the last epoch, and of how many; None before.
        shifted: share of validation digits read right when shifted by each of ``SHIFTS`` cells, up, down,
            left and right together; empty where nobody asked.
        seconds: of training.
        ending: ``ALL_EPOCHS`` or ``NO_NUMBER``.
    """

    seed: int
    loss: tuple[float | None, ...]
    validation_loss: tuple[float | None, ...]
    validation_accuracy: tuple[float | None, ...]
    read_loss: tuple[float | None, ...] = ()
    test: tuple[int, int] | None = None
    shifted: tuple[float, ...] = ()
    seconds: float = 0.0
    ending: str = ALL_EPOCHS


def outcome_of(recipe: Recipe, epochs: Sequence[Epoch], **more: Any) -> Outcome:  # noqa: ANN401 - its fields
    """The outcome of a run, by the record of its epochs.

    Args:
        recipe: what was trained.
        epochs: from epoch 0 on.
        more: what else is known, by the names of `Outcome`.
    """
    return Outcome(
        seed=recipe.seed,
        loss=tuple(epoch.loss for epoch in epochs),
        validation_loss=tuple(epoch.validation_loss for epoch in epochs),
        validation_accuracy=tuple(epoch.validation_accuracy for epoch in epochs),
        **more,
    )


def to_line(recipe: Recipe, outcome: Outcome) -> str:
    """A run as one line of JSON."""
    kept = {"recipe": recipe.to_dict()} | {
        name: _rounded(value) for name, value in vars(outcome).items() if name != "seed"
    }
    return json.dumps(kept, separators=(",", ":"), allow_nan=False)


def from_line(line: str) -> tuple[Recipe, Outcome]:
    """The run of such a line.

    Raises:
        ValueError: it is no such line.
    """
    kept = json.loads(line)
    recipe = Recipe.from_dict(kept.pop("recipe"))
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
    }
    return recipe, Outcome(seed=recipe.seed, **fields)


def read_runs(file: Path = RUNS) -> dict[Recipe, Outcome]:
    """All runs of a file, by what they trained; none where there is no file."""
    if not file.exists():
        return {}
    return dict(from_line(line) for line in file.read_text("utf-8").splitlines() if line.strip())


@functools.lru_cache(maxsize=1)
def _bundled() -> Mapping[Recipe, Outcome]:
    return {replace(recipe, name="-"): outcome for recipe, outcome in read_runs().items()}


def outcomes(arm: Arm) -> tuple[Outcome, ...]:
    """The bundled runs of an arm, by seed; those that are not there are left out."""
    found = (_bundled().get(replace(arm.with_seed(seed), name="-")) for seed in SEEDS)
    return tuple(outcome for outcome in found if outcome is not None)


def is_asked(measure: Measure, recipe: Recipe) -> bool:
    """Whether some claim that is decided by a measure compares this recipe, at whatever seed."""
    return any(
        arm.with_seed(recipe.seed) == recipe
        for claim in CLAIMS.values()
        if claim.measure == measure
        for arm in claim.arms
    )


def read_loss(network: Reader, images: np.ndarray, labels: np.ndarray) -> float:
    """The mean loss of digits as they are read, not as they are learned from: nothing is dropped.

    Args:
        network: who reads.
        images: uint8 (n, 28, 28).
        labels: integers (n,).

    Returns:
        Categorical cross-entropy in nats.
    """
    right = network.probabilities(images)[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(right, LEAST_PROBABILITY, 1.0), dtype=np.float64).mean())


def shifted_by(images: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Digits moved by whole cells; what leaves the picture is gone, what comes in is blank.

    Args:
        images: uint8 (n, 28, 28).
        rows: down, or up where negative; less than 28.
        columns: right, or left where negative; less than 28.
    """
    moved = np.zeros_like(images)
    height, width = images.shape[1:]
    moved[:, max(0, rows) : height + min(0, rows), max(0, columns) : width + min(0, columns)] = images[
        :, max(0, -rows) : height - max(0, rows), max(0, -columns) : width - max(0, columns)
    ]
    return moved


def accuracy_by_shift(network: Reader, images: np.ndarray, labels: np.ndarray) -> tuple[float, ...]:
    """Share read right at each of ``SHIFTS``: of digits moved up, down, left and right by so many cells.

    Args:
        network: who reads.
        images: uint8 (n, 28, 28).
        labels: integers (n,).
    """
    found = []
    for cells in SHIFTS:
        ways = {(cells, 0), (-cells, 0), (0, cells), (0, -cells)}
        right = [
            np.mean(network.probabilities(shifted_by(images, *way)).argmax(axis=1) == labels)
            for way in sorted(ways)
        ]
        found.append(float(np.mean(right)))
    return tuple(found)


def shifted_places(labels: np.ndarray, count: int = SHIFTED) -> np.ndarray:
    """Which digits are read shifted: of every class as many; int64 (count,)."""
    return evenly(labels, count)


def _rounded(value: Any) -> Any:  # noqa: ANN401 - a field of Outcome
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, tuple):
        return [_rounded(each) for each in value]
    return value
