"""A process that works on a store of runs and says what it does: `store_worker.py ROLE FOLDER URL RUN...`."""

import sys
import time
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from random_recipes import random_weights

from model.history import Epoch
from model.presets import PRESETS
from model.runs import attempts
from model.runs.store import RunStore

RECIPE = PRESETS["quick"]
SIZE = 200_000  # numbers in the state: it takes long enough to be killed while they are written


def record(epoch):
    return Epoch(epoch, 1.0, 0.5, None, None, 0.01, float(epoch))


def weights(epoch):
    return random_weights(RECIPE, epoch)


def state(epoch):
    return {"slots": np.random.default_rng(epoch).random(SIZE)}


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def open_new(folder, url):
    """Waits for a line, then opens the store."""
    say("ready")
    sys.stdin.readline()
    RunStore(folder, url).close()


def claim(folder, url, *run_ids):
    """Waits for a line before it claims each run, and says whether it got it."""
    store = RunStore(folder, url)
    for run_id in run_ids:
        say("ready")
        sys.stdin.readline()
        say(store.claim(run_id, "racer") is not None)


def train(folder, url, run_id):
    """Finishes epochs as quickly as it can, and says the number of each that is recorded."""
    store = RunStore(folder, url)
    attempt = store.claim(run_id, "victim")
    epoch = attempt.run.epoch
    while True:
        epoch += 1
        store.finish_epoch(attempt, record(epoch), weights(epoch), state(epoch))
        say(epoch)


def dawdle(folder, url, run_id):
    """As `train`, but says so between an epoch's files and its row, and waits for a line."""

    def write(path, arrays, really=attempts.write_arrays):
        really(path, arrays)
        if path.parent.name == "states":
            say("writing")
            sys.stdin.readline()

    attempts.write_arrays = write
    train(folder, url, run_id)


def hold(folder, url, run_id):
    """Lingers in the middle of a transaction that writes a run, and says so."""
    store = RunStore(folder, url)
    with store._writing() as connection:
        store._run(connection, run_id, lock=True)
        say("holding")
        time.sleep(0.2)


if __name__ == "__main__":
    role, folder, *rest = sys.argv[1:]
    {"open": open_new, "claim": claim, "train": train, "dawdle": dawdle, "hold": hold}[role](
        Path(folder), *rest
    )
