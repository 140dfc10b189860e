"""Runs for tests: records of epochs and batches, and attempts that have some."""

import numpy as np
from random_recipes import random_weights

from model.history import Batch, Epoch, Watch
from model.presets import PRESETS

RECIPE = PRESETS["tiny"]
WEIGHTS = random_weights(RECIPE, 1)
STATE = {"iterations": np.array(7), "order": np.arange(5, dtype=np.int64), "slot": np.float32([0.1, 1e30])}


def record(epoch, seconds=None):
    watch = Watch("accuracy", 0.9, None if epoch < 2 else 0.8, 0.01, 2, 0, 0.01, 0.005, "better")
    losses = (None, None) if epoch == 0 else (1 / 3 + epoch, 0.5)
    seconds = 10.0 * epoch if seconds is None else seconds
    return Epoch(epoch, *losses, 0.1, 0.9, 0.01, seconds, watch if epoch else None)


def batch(step, seconds=None):
    return Batch(step, 2.3 / (step + 1), 0.25, 1e-3, step / 7 if seconds is None else seconds)


def begin(store, epochs=0, **asked):
    """A running attempt with so many finished epochs."""
    attempt = store.claim(store.create(RECIPE, **asked).id, "worker 1")
    for epoch in range(epochs):
        store.finish_epoch(attempt, record(epoch), random_weights(RECIPE, epoch), STATE)
    return attempt


def files_of(store, run_id):
    folder = store.folder / run_id
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
