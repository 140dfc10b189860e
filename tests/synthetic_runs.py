"""Runs that look like trainings and cost nothing: for tests, and to look at charts while they grow.

`python tests/synthetic_runs.py FOLDER` fills a folder of runs with one that grows until it ends.
"""

import argparse
import dataclasses
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from model.annealing import Annealer, Plateau, rate_at
from model.forward import weight_shapes
from model.history import Batch, Epoch, Watch
from model.presets import PRESETS
from model.recipe import Recipe
from model.runs.records import Run
from model.runs.store import RunStore

STEPS = 20


def plateau_recipe(epochs: int = 20, seed: int = 1, **changes: object) -> Recipe:
    """A small recipe under reduce-on-plateau."""
    annealer = Annealer("plateau", factor=0.5, patience=2, min_delta=0.002)
    settings = {"annealer": annealer, "epochs": epochs, "seed": seed} | changes
    return dataclasses.replace(PRESETS["tiny"], **settings)


def events(recipe: Recipe, steps: int = STEPS, batch_seconds: float = 0.05) -> list[Batch | Epoch]:
    """What a training of this recipe could have left, epoch 0 first; the same for the same recipe."""
    random = np.random.default_rng(recipe.seed)
    rate = recipe.optimizer.learning_rate
    plateau = Plateau(recipe.annealer, rate)
    told: list[Batch | Epoch] = []
    level, seconds = 2.3, 0.0
    if recipe.annealer.name != "plateau":
        rate = rate_at(recipe.annealer, rate, 0, steps, recipe.epochs)
    told.append(
        Epoch(0, None, None, 2.31 + random.normal(0, 0.01), 0.098 + random.normal(0, 0.01), rate, 0.0)
    )
    for number in range(1, recipe.epochs + 1):
        floor = 0.03 + 0.6 * math.sqrt(rate / 10)
        seen = []
        for step in range((number - 1) * steps, number * steps):
            if recipe.annealer.name != "plateau":
                rate = rate_at(recipe.annealer, recipe.optimizer.learning_rate, step, steps, recipe.epochs)
            level += (floor - level) * min(0.5, 1.2 / steps)
            loss = level * math.exp(random.normal(0, 0.18))
            seconds += batch_seconds
            seen.append(Batch(step, loss, max(0.05, 1 - 0.33 * loss + random.normal(0, 0.01)), rate, seconds))
        told += seen
        loss = float(np.mean([batch.loss for batch in seen]))
        accuracy = float(np.mean([batch.accuracy for batch in seen]))
        validation_loss = level * 1.05 + 0.02 + random.normal(0, 0.01)
        validation = min(0.999, 1 - 0.31 * validation_loss + random.normal(0, 0.002))
        if recipe.annealer.name == "plateau":
            watch = plateau.after(validation if recipe.annealer.monitor == "accuracy" else validation_loss)
        else:
            watch = Watch("", None, None, 0.0, 0, 0, rate, rate, "by schedule")
        seconds += batch_seconds * 2
        told.append(Epoch(number, loss, accuracy, validation_loss, validation, rate, seconds, watch))
        rate = watch.rate_after
    return told


def weights(recipe: Recipe, epoch: int) -> dict[str, np.ndarray]:
    """Weights that change from epoch to epoch, from noise to something smoother."""
    random = np.random.default_rng(recipe.seed)
    share = min(1.0, epoch / max(1, recipe.epochs))
    return {
        name: (1 - share) * np.abs(random.normal(0, 0.3, shape)).astype(np.float32) + np.float32(share * 0.1)
        for name, shape in weight_shapes(recipe.layers).items()
    }


def grow(
    store: RunStore,
    recipe: Recipe,
    *,
    steps: int = STEPS,
    wait: Callable[[float], object] | None = None,
    wait_from: int = 0,
    stage_seconds: float = 0.7,
    end: str = "done",
    stop_after: int | None = None,
    created: Run | None = None,
    **more: object,
) -> Run:
    """Lets a run grow in a store.

    Args:
        wait: called with the seconds between two batches; None for all at once.
        wait_from: the epoch from which on it waits; those before come at once.
        end: the status that it ends with; "" leaves it running.
        stop_after: the last epoch to record; None for all.
        created: the queued run to grow; None for a new one.
        more: for `RunStore.create`.
    """
    run = created or store.create(recipe, **more)
    attempt = store.claim(run.id, "synthetic")
    assert attempt is not None
    for stage in ("starting", "reading the digits", "building the network", "first batch"):
        store.pulse(attempt, stage=stage)
        if wait:
            wait(stage_seconds)
    store.learn_from(
        attempt,
        {
            "dataset": recipe.dataset,
            "part": "train",
            "count": steps * recipe.batch_size,
            "source": "synthetic",
        },
    )
    waiting: list[Batch] = []
    for event in events(recipe, steps):
        if isinstance(event, Batch):
            waiting.append(event)
            if wait and event.step >= wait_from * steps:
                wait(0.05)
                if len(waiting) >= 5:
                    store.pulse(attempt, waiting, stage="training")
                    waiting = []
            continue
        if waiting:
            store.pulse(attempt, waiting, stage="training")
            waiting = []
        if stop_after is not None and event.epoch > stop_after:
            break
        store.finish_epoch(attempt, event, weights(recipe, event.epoch), {})
        if wait and event.epoch >= wait_from:
            wait(0.1)
    if end:
        store.end(attempt, end)
    return store.get(run.id)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--queued-seconds", type=float, default=2.0)
    parser.add_argument("--preset", default="")
    parser.add_argument("--slow-from", type=int, default=0, help="the epochs before come at once")
    asked = parser.parse_args()
    here = RunStore(asked.folder)
    wanted = PRESETS[asked.preset] if asked.preset else plateau_recipe(asked.epochs)
    queued = here.create(wanted)
    print(queued.id, flush=True)  # noqa: T201 - a command
    time.sleep(asked.queued_seconds)
    grow(here, wanted, steps=asked.steps, wait=time.sleep, wait_from=asked.slow_from, created=queued)
