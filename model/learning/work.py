"""A worker's part: take up a queued run, train it, and leave it in a state that somebody can go on from.

The same function serves the command line, in its own process, and Dask's workers.
"""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from model.checkpoint import bundled_names, load_checkpoint
from model.cost import measured_seconds, speed_key
from model.datasets import DataError, Digits, load_digits, parts_of
from model.forward import weight_shapes
from model.history import Batch
from model.learning.events import EpochEnd, Event, GoingOn, Report, Stage
from model.learning.pulse import Pulse
from model.learning.training import ASKED, EARLY, check_is_watched, train
from model.runs.records import Attempt, Fenced, Run, StoreError
from model.runs.store import RunStore


def work_on(
    store: RunStore,
    run_id: str,
    worker: str,
    data: Path | None = None,
    report: Report = lambda _: None,
) -> None:
    """The whole life of one attempt at a run.

    Claims it, reads the digits, trains from the last finished epoch on, leaves a checkpoint after every
    epoch, and ends it: done, paused, stopped, failed or (where the store failed for a while) queued again,
    with the reason in plain words. Returns quietly if the run isn't queued (any more) or has been given to
    another worker meanwhile.

    Args:
        store: where the run is.
        run_id: which.
        worker: who works on it, for people to read.
        data: a folder with the data's files; None for where they are usually found.
        report: called with every event after it was recorded; true pauses the run.

    Raises:
        Exception: what nobody foresaw, after the run was recorded as failed; and what ends a process.
    """
    attempt = store.claim(run_id, worker)
    if attempt is None:
        return
    try:
        status, reason = _attempt(store, attempt, data, report)
    except Fenced:
        return
    except OSError as error:
        if error.errno == errno.ENOSPC:
            status, reason = "paused", "the disk is full: make room, then resume it"
        elif isinstance(error, StoreError):
            status, reason = "queued", f"the store of runs failed: {error}"  # it may answer again by now
        else:
            status, reason = "failed", str(error)
    except (FloatingPointError, ValueError) as error:  # the recipe, the digits or the parent won't do
        status, reason = "failed", str(error)
    except (MemoryError, tf.errors.ResourceExhaustedError):
        status = "failed"
        reason = "memory ran out: try smaller batches, fewer filters or fewer units"
    except BaseException as error:
        interrupted = not isinstance(error, Exception)
        status = "paused" if interrupted else "failed"
        _end(store, attempt, status, "interrupted" if interrupted else f"{type(error).__name__}: {error}")
        raise
    _end(store, attempt, status, reason)


def _end(store: RunStore, attempt: Attempt, status: str, reason: str) -> None:
    try:
        store.end(attempt, status, reason)
    except Fenced:
        return  # it is another worker's by now


def _attempt(store: RunStore, attempt: Attempt, data: Path | None, report: Report) -> tuple[str, str]:
    """Train, and say how it ended: status and reason."""
    run = attempt.run
    with Pulse(store, attempt) as pulse:

        def record(event: Event) -> bool:
            pulse.check()
            match event:
                case Stage():
                    pulse.stage(event.text)
                case Batch():
                    pulse.add(event)
                case EpochEnd():
                    pulse.beat()  # its last batches first
                    store.finish_epoch(attempt, event.epoch, event.weights, event.state)
            asked = bool(report(event)) or pulse.wish != "run"
            return asked or (isinstance(event, EpochEnd) and event.epoch.epoch == pulse.until_epoch)

        if record(Stage("reading the digits")):
            return _as_asked(pulse)
        watched = "validation" in parts_of(run.recipe.dataset)
        check_is_watched(run.recipe, watched)
        training = load_digits(run.recipe.dataset, "train", data)
        validation = load_digits(run.recipe.dataset, "validation", data) if watched else None
        learned_from = {
            "dataset": training.dataset,
            "part": training.part,
            "count": len(training),
            "source": training.source,
            "before": _learned_before(store, run),
        }
        _check_same_digits(run, learned_from)
        store.learn_from(attempt, learned_from)
        result = train(
            run.recipe,
            _arrays(training),
            None if validation is None else _arrays(validation),
            record,
            _going_on(store, run),
            _parent_weights(store, run),
        )
        if result.ending == ASKED:
            return _as_asked(pulse)
        if (seconds := measured_seconds(result.history)) is not None:
            store.measure(speed_key(run.recipe), seconds)
    if result.ending == EARLY and run.recipe.early_stopping is not None:
        rule = run.recipe.early_stopping
        waited = "1 epoch" if rule.patience == 1 else f"{rule.patience} epochs"
        return "done", f"early stopping: validation {rule.monitor} wasn't better for {waited}"
    return "done", ""


def _as_asked(pulse: Pulse) -> tuple[str, str]:
    return ("stopped" if pulse.wish == "stop" else "paused"), ""


def _arrays(digits: Digits) -> tuple[np.ndarray, np.ndarray]:
    return digits.images, digits.labels


def _check_same_digits(run: Run, learned_from: Mapping[str, Any]) -> None:
    """Refuse to go on with other digits: the run's record would say what isn't so."""
    before = run.learned_from
    if run.epoch < 1 or before is None:
        return
    if any(before.get(key) != learned_from[key] for key in ("dataset", "part", "count")):
        raise DataError(
            str(learned_from["source"]),
            f"the run began with {before['count']:,} digits of {before['dataset']}, but here are "
            f"{learned_from['count']:,} of {learned_from['dataset']}: give it the data that it began with",
        )


def _going_on(store: RunStore, run: Run) -> GoingOn | None:
    kept = store.state(run.id)
    if kept is None:
        return None
    epoch, state = kept
    return GoingOn(tuple(store.epochs(run.id)), store.weights(run.id, epoch), state)


def _learned_before(store: RunStore, run: Run) -> list[str]:
    """The datasets that a fork's parents learned from, the nearest first."""
    if run.learned_from is not None:
        return list(run.learned_from.get("before", ()))  # as found at first: a parent may be gone by now
    if run.parent is None:
        return []
    name, epoch = run.parent
    if name in bundled_names():
        return list(load_checkpoint(f"{name}:{epoch}").learned_datasets)
    parent = store.get(name)
    learned = parent.learned_from or {}
    own = [learned["dataset"]] if epoch and learned else []
    return list(dict.fromkeys([*own, *learned.get("before", ())]))


def _parent_weights(store: RunStore, run: Run) -> Mapping[str, np.ndarray] | None:
    """The weights that a fork starts from."""
    if run.parent is None or run.epoch >= 0:
        return None
    name, epoch = run.parent
    if name in bundled_names():
        weights: Mapping[str, np.ndarray] = load_checkpoint(f"{name}:{epoch}").weights
    else:
        weights = store.weights(name, epoch)
    if {name: array.shape for name, array in weights.items()} != weight_shapes(run.recipe.layers):
        raise ValueError(f"the layers of {name} are others than this run's: its weights don't fit")
    return weights
