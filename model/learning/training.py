"""One training: a recipe, its digits, one Keras ``fit``, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.forward import to_input
from model.history import Epoch
from model.learning.averaging import Averages, kept_share
from model.learning.batches import Batches, to_categorical
from model.learning.events import EpochEnd, Event, GoingOn, Report, Stage
from model.learning.network import build_network, compile_network, get_weights, set_weights
from model.learning.recording import ALL_EPOCHS, ASKED, EARLY, NO_NUMBER, Recorder
from model.learning.state import set_state
from model.recipe import Recipe

__all__ = [
    "ALL_EPOCHS",
    "ASKED",
    "EARLY",
    "EpochEnd",
    "Event",
    "GoingOn",
    "Report",
    "Stage",
    "Training",
    "train",
]

VALIDATION_BATCH = 500  # digits; more would not be quicker, only hungrier


@dataclass(frozen=True)
class Training:
    """A training that has ended.

    Args:
        weights: float32 arrays by ``model.forward.weight_name``, as they are now; after a finished epoch the
            averaged ones, where the recipe asks for them.
        history: the records of all its epochs, epoch 0 first, those of earlier sittings included.
        seconds: of training, those of earlier sittings included.
        ending: ALL_EPOCHS; EARLY (early stopping); or ASKED (the report asked for it; an epoch that was not
            finished then counts for nothing, though its steps are in the weights).
    """

    weights: dict[str, np.ndarray]
    history: tuple[Epoch, ...]
    seconds: float
    ending: str


def train(
    recipe: Recipe,
    training: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray] | None,
    report: Report = lambda _: None,
    going_on: GoingOn | None = None,
    start_weights: Mapping[str, np.ndarray] | None = None,
) -> Training:
    """Train the recipe's network with a single ``fit``.

    Args:
        recipe: what to build and how to train it.
        training: images uint8 (n, 28, 28) and labels uint8 (n,) to learn from.
        validation: the same of digits to watch, never learned from; None where the dataset has none.
        report: called with every event: the stages before the first batch, then every batch and, from epoch 0
            on (the network before its first batch), every epoch with its checkpoint. If it returns true the
            training ends: after a batch at once, after an epoch before the next.
        going_on: where an earlier sitting of the same recipe and digits ended; what follows is as if it had
            never been broken off.
        start_weights: by ``model.forward.weight_name``, to start from instead of fresh ones.

    Returns:
        What came of it.

    Raises:
        ValueError: plateau or early stopping is asked for without validation digits, which they watch.
        FloatingPointError: the loss became no number; a lower learning rate is the remedy.
    """
    check_is_watched(recipe, validation is not None)
    done = () if going_on is None else going_on.epochs
    watched_digits = 0 if validation is None else len(validation[0])
    first = done[-1].epoch if done else 0
    batches = Batches(*training, recipe.batch_size, recipe.seed, recipe.augmentation, first)
    kept = kept_share(recipe.averaging, recipe.epochs * len(batches))
    averages = Averages(batches) if kept else None
    recorder = Recorder(recipe, len(training[0]), watched_digits, report, done, averages)
    recorder.tell(Stage("building the network"))
    network = build_network(recipe, fused=True)
    compile_network(recipe, network, kept)
    start = start_weights if going_on is None else going_on.weights
    if start is not None:
        set_weights(recipe, network, start)
    if going_on is not None:
        set_state(network, going_on.state)
    watched = None if validation is None else (to_input(validation[0]), to_categorical(validation[1]))
    if going_on is None and not recorder.ending:
        seen = (
            {}
            if watched is None
            else network.evaluate(*watched, batch_size=VALIDATION_BATCH, verbose=0, return_dict=True)
        )
        recorder.tell_start(network, seen)
    if not recorder.ending:
        recorder.tell(Stage("first batch"))
    if not recorder.ending:
        network.fit(
            batches.to_dataset(),
            steps_per_epoch=len(batches),
            epochs=recipe.epochs,
            initial_epoch=first,
            shuffle=False,  # Batches does that, from the recipe's seed alone
            validation_data=watched,
            validation_batch_size=VALIDATION_BATCH,
            callbacks=[recorder],
            verbose=0,
        )
    if recorder.ending == NO_NUMBER:
        raise FloatingPointError(
            f"the loss became no number in epoch {recorder.epochs[-1].epoch + 1}: "
            f"try a learning rate below {recipe.optimizer.learning_rate:g}"
        )
    return Training(get_weights(recipe, network), tuple(recorder.epochs), recorder.seconds, recorder.ending)


def check_is_watched(recipe: Recipe, has_validation: bool) -> None:
    """Refuse a recipe that watches validation digits where there are none.

    Raises:
        ValueError: with what to choose instead.
    """
    if has_validation:
        return
    if recipe.annealer.name == "plateau":
        raise ValueError(
            f"the plateau annealer watches validation {recipe.annealer.monitor}, but this dataset has no "
            "validation part: choose another annealer, or another dataset"
        )
    if recipe.early_stopping is not None:
        raise ValueError(
            f"early stopping watches validation {recipe.early_stopping.monitor}, but this dataset has no "
            "validation part: leave it out, or choose another dataset"
        )
