"""A checkpoint: the weights after one epoch of a training, with its recipe and its card.

Its address is ``NAME`` or ``NAME:EPOCH``: a bundled network's name or a run's id, and an epoch, 0 being the
untrained network; without one it is the last. A bundled network is a folder of ``assets/networks``:
``recipe.json``, ``card.json``, ``weights.npz`` (the last epoch) and, for some, ``epochs/0000.npz`` and so on,
in half precision. Runs lie in the store. No file is ever unpickled.
"""

import functools
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from model.cards import training_card
from model.datasets import KAGGLE_42000, Digits, learned_mask, load_digits
from model.forward import Network, weight_shapes
from model.history import Epoch
from model.intervals import wilson
from model.recipe import Recipe, RecipeError
from model.runs.arrays import Arrays, read_arrays, to_half, to_single, write_arrays
from model.runs.place import has_store, new_run_id, runs_folder, store_url
from model.runs.records import NoRunError, Run, RunError

if TYPE_CHECKING:
    from model.runs.store import RunStore

__all__ = [
    "BUNDLED",
    "DEFAULT",
    "Checkpoint",
    "CheckpointError",
    "bundled_names",
    "checkpoint_epochs",
    "checkpoint_history",
    "default_name",
    "load_checkpoint",
    "new_run_id",
    "parse_address",
    "read_checkpoint",
    "run_ids",
    "runs_folder",
    "write_checkpoint",
]

BUNDLED = Path(__file__).resolve().parents[1] / "assets" / "networks"
OF_THE_LAST = ("calibration", "drawn", "picture", "refusal", "seeds")  # what a card tells of the last epoch
DEFAULT = ("flagship", "classic")  # the network in hand on the first day: the first of these that is bundled
ADDRESS = re.compile(r"(?P<name>[A-Za-z0-9_-]{1,80})(:(?P<epoch>[0-9]{1,4}))?")
# How many digits each data set watches; "mnist-60000" has none to watch.
VALIDATION_COUNTS = {"mnist": 5000, "mini": 1000, "fashion": 5000, KAGGLE_42000: 4200}
NAMED = 10  # networks that a message lists


class CheckpointError(ValueError):
    """No such checkpoint, or one that cannot be read; the message says which and what to do."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network in hand.

    Args:
        name: a bundled network's name or a run's id.
        recipe: what it is trained by.
        weights: float32 arrays by ``model.forward.weight_name``.
        card: what was measured about it, see ``model.cards``; its history ends with this epoch. Of a fork,
            ``learned_from["before"]`` names the datasets that its parents learned from.
        epoch: how many epochs it has learned; 0 is the untrained network.
    """

    name: str
    recipe: Recipe
    weights: Mapping[str, np.ndarray]
    card: Mapping[str, Any]
    epoch: int

    @property
    def address(self) -> str:
        """What ``load_checkpoint`` finds it by, whatever comes later."""
        return f"{self.name}:{self.epoch}"

    @property
    def learned_from(self) -> str:
        """The dataset whose train part it learned from, as its training found it.

        That can differ from what the recipe asked for: MNIST taken from Kaggle's file counts as "kaggle".
        """
        return str(self.card.get("learned_from", {}).get("dataset", self.recipe.dataset))

    @property
    def learned_datasets(self) -> tuple[str, ...]:
        """All datasets whose train parts it learned from: a fork's own, and those of what it grew from."""
        before = self.card.get("learned_from", {}).get("before", ())
        return tuple(dict.fromkeys((*((self.learned_from,) if self.epoch else ()), *before)))

    def has_learned(self, digits: Digits) -> np.ndarray:
        """Which digits it has learned from, as ``learned_mask`` tells it: bool (n,)."""
        mask = np.zeros(len(digits), bool)
        for dataset in self.learned_datasets:
            mask |= learned_mask(dataset, digits)
        return mask

    @functools.cached_property
    def network(self) -> Network:
        """The network, ready to read digits."""
        return Network(self.recipe.layers, self.weights, self.card.get("refusal", {}).get("least_evidence"))


def bundled_names() -> tuple[str, ...]:
    """The names of the networks that ship with the project, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in BUNDLED.glob("*/weights.npz")))


def run_ids(runs: Path | None = None) -> tuple[str, ...]:
    """The ids of the runs that have at least epoch 0, oldest first.

    Raises:
        CheckpointError: the store of runs doesn't answer.
    """
    try:
        store = _find_store(runs)
        return () if store is None else store.ids()
    except RunError as error:
        raise CheckpointError(str(error)) from error


def default_name() -> str:
    """The bundled network that is in hand at first.

    Raises:
        CheckpointError: none is bundled.
    """
    for name in DEFAULT:
        if name in bundled_names():
            return name
    raise CheckpointError(f"no network is bundled in {BUNDLED}; train one with: python -m model train")


def parse_address(address: str) -> tuple[str, int | None]:
    """The name and the epoch (None for the last) of an address.

    Raises:
        CheckpointError: it is none.
    """
    match = ADDRESS.fullmatch(address)
    if match is None:
        raise CheckpointError(
            f"there is no network or run {address[:100]!r}: an address is NAME or NAME:EPOCH"
        )
    return match["name"], None if match["epoch"] is None else int(match["epoch"])


def load_checkpoint(address: str | None = None, runs: Path | None = None) -> Checkpoint:
    """Take a checkpoint in hand.

    Args:
        address: ``NAME`` or ``NAME:EPOCH``, of a bundled network or a run; None for the default. Only looked
            up among what is there, never used as a path.
        runs: the folder of runs, see ``runs_folder``.

    Returns:
        The checkpoint; of a run's newest two epochs the full weights, of the others through half precision.

    Raises:
        CheckpointError: there is none of that name or epoch, or its files are broken.
    """
    name, epoch = parse_address(default_name() if address is None else address)
    if name in bundled_names():
        return read_checkpoint(BUNDLED / name, epoch)
    store, run = _find_run(name, runs)
    if run.epoch < 0:
        raise CheckpointError(f"run {name} has no epoch yet: not even its first weights are made")
    epoch = run.epoch if epoch is None else epoch
    try:
        weights = store.weights(name, epoch)
        checkpoint = Checkpoint(name, run.recipe, weights, _run_card(run, store.epochs(name), epoch), epoch)
        _ = checkpoint.network  # refuses weights that do not fit
    except ValueError as error:
        raise CheckpointError(str(error)) from error
    return checkpoint


def checkpoint_history(address: str, runs: Path | None = None) -> tuple[Epoch, ...]:
    """The record of all epochs of a bundled network or a run, in order; the address's own epoch is no matter.

    Raises:
        CheckpointError: there is none of that name.
    """
    name, _ = parse_address(address)
    if name in bundled_names():
        return _history(_read_card(BUNDLED / name))
    store, _ = _find_run(name, runs)
    return tuple(store.epochs(name))


def checkpoint_epochs(address: str, runs: Path | None = None) -> tuple[int, ...]:
    """The epochs of a bundled network or a run whose weights are kept, in order.

    Raises:
        CheckpointError: there is none of that name.
    """
    name, _ = parse_address(address)
    if name in bundled_names():
        return _kept_epochs(BUNDLED / name)
    return tuple(range(_find_run(name, runs)[1].epoch + 1))


def read_checkpoint(folder: Path, epoch: int | None = None) -> Checkpoint:
    """The checkpoint in a folder such as those of ``BUNDLED``.

    Args:
        folder: what ``write_checkpoint`` wrote.
        epoch: which; None for the last.

    Raises:
        CheckpointError: a file is missing, damaged or does not fit the others, or the epoch isn't kept.
    """
    try:
        recipe = Recipe.from_json((folder / "recipe.json").read_text("utf-8"))
        kept = _kept_epochs(folder)
        epoch = kept[-1] if epoch is None else epoch
        if epoch not in kept:
            there = f"its last is {kept[-1]}" if len(kept) > 1 else f"only {kept[-1]} is kept"
            raise CheckpointError(f"the network {folder.name} has no epoch {epoch}: {there}")
        last = epoch == kept[-1]
        weights = read_arrays(folder / "weights.npz" if last else _epoch_file(folder, epoch))
        card = _read_card(folder)
        checkpoint = Checkpoint(
            folder.name, recipe, to_single(weights), card if last else _earlier(recipe, card, epoch), epoch
        )
        _ = checkpoint.network  # refuses weights that do not fit
    except CheckpointError:
        raise
    except (OSError, RecipeError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"the network in {folder} cannot be read: {error}") from error
    return checkpoint


def write_checkpoint(
    folder: Path,
    recipe: Recipe,
    weights: Arrays,
    card: Mapping[str, Any],
    epochs: Mapping[int, Arrays] | None = None,
) -> None:
    """Keep a network in a folder. Its weights come last and in one step: a folder with weights is whole.

    Args:
        folder: made if need be; what it holds is replaced.
        recipe: what it was trained by.
        weights: float32 arrays by ``model.forward.weight_name``, all that the recipe needs.
        card: JSON-ready; its history says which epoch is the last.
        epochs: the weights after each epoch before the last, to be kept as well, in half precision.

    Raises:
        ValueError: the weights do not fit the recipe.
    """
    epochs = epochs or {}
    needed = weight_shapes(recipe.layers)
    for arrays in (weights, *epochs.values()):
        if {name: array.shape for name, array in arrays.items()} != needed:
            raise ValueError("the weights do not fit the recipe")
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "epochs").exists():
        shutil.rmtree(folder / "epochs")
    (folder / "recipe.json").write_text(recipe.to_json() + "\n", "utf-8")
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")
    for epoch, arrays in epochs.items():
        write_arrays(_epoch_file(folder, epoch), to_half(arrays))
    write_arrays(folder / "weights.npz", to_single(weights))


def _find_store(runs: Path | None) -> "RunStore | None":
    folder = runs_folder(runs)
    return _open_store(folder, store_url(folder)) if has_store(folder) else None


@functools.lru_cache(maxsize=4)
def _open_store(folder: Path, url: str) -> "RunStore":
    from model.runs.store import RunStore  # here, not above: a first page without runs needn't wait for it

    return RunStore(folder, url)


def _find_run(name: str, runs: Path | None) -> tuple["RunStore", Run]:
    try:
        store = _find_store(runs)
        if store is not None:
            with suppress(NoRunError):
                return store, store.get(name)
    except RunError as error:
        raise CheckpointError(str(error)) from error
    names = (*bundled_names(), *reversed(run_ids(runs)))
    there = ", ".join(names[:NAMED]) or "none"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    raise CheckpointError(f"there is no network or run {name!r}; there are: {there}{more}")


def _run_card(run: Run, history: Sequence[Epoch], epoch: int) -> dict[str, Any]:
    """The card of a run's checkpoint, made from the store's records."""
    until = [record for record in history if record.epoch <= epoch]
    learned_from = run.learned_from or {}
    card = training_card(run.recipe, learned_from, until, until[-1].seconds, None)
    made = f"{datetime.fromtimestamp(run.created, UTC):%Y-%m-%d}"
    return card | {"created": made, "accuracy": _validation(run.recipe.dataset, learned_from, until[-1])}


def _validation(dataset: str, learned_from: Mapping[str, Any], record: Epoch) -> dict[str, Any]:
    """What a card says of an epoch's validation digits: nothing, where there were none."""
    count = VALIDATION_COUNTS.get(dataset)
    if record.validation_accuracy is None or count is None:
        return {}
    # What a fork's parents learned from another dataset may be among them. Clothes never are digits.
    others = {other for other in learned_from.get("before", ()) if "fashion" not in (other, dataset)} - {
        dataset
    }
    # Which of Kaggle's digits those are can't be told without its file: any may be.
    learned = np.full(count, bool(others) and dataset == KAGGLE_42000)
    for other in others if dataset != KAGGLE_42000 else ():
        learned |= learned_mask(other, load_digits(dataset, "validation"))
    right = round(record.validation_accuracy * count)
    return {
        "validation": {
            "accuracy": right / count,
            "count": count,
            "errors": count - right,
            "confidence_interval_95": list(wilson(right, count)),
            "learned": int(learned.sum()),
        }
    }


def _earlier(recipe: Recipe, card: Mapping[str, Any], epoch: int) -> dict[str, Any]:
    """A bundled network's card as it stood after an earlier epoch: its tests were of the last."""
    until = [record for record in _history(card) if record.epoch <= epoch]
    return {
        **{name: told for name, told in card.items() if name not in OF_THE_LAST},
        "seconds": until[-1].seconds,
        "history": [record.to_dict() for record in until],
        "accuracy": _validation(recipe.dataset, card["learned_from"], until[-1]),
    }


def _history(card: Mapping[str, Any]) -> tuple[Epoch, ...]:
    return tuple(Epoch.from_dict(record) for record in card.get("history", ()))


def _read_card(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "card.json").read_text("utf-8"))


def _kept_epochs(folder: Path) -> tuple[int, ...]:
    history = _history(_read_card(folder))
    last = (
        history[-1].epoch if history else Recipe.from_json((folder / "recipe.json").read_text("utf-8")).epochs
    )
    return (
        *sorted(int(path.stem) for path in (folder / "epochs").glob("*.npz") if int(path.stem) < last),
        last,
    )


def _epoch_file(folder: Path, epoch: int) -> Path:
    return folder / "epochs" / f"{epoch:04d}.npz"
