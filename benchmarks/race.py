"""To 99.0% of MNIST's test digits: `quick`, from pressing Train, beside keras.io's example until its own end.

    python -m benchmarks.race --data FOLDER [--seeds 10] [--json]

`quick` is what ships: its epochs are fixed, its seeds 1, 2, 3, ..., and each network reads the test digits
once, after its last epoch. The clock runs from the run's entry into the store until it is done there. The
worker is warm, as after anybody's first training; all else (the queue, reading the digits, building,
checkpoints, records) is in the time. The example (`benchmarks.mnist_convnet`) runs halfway, in a process of
its own, and only its `fit` is counted. It takes a quarter of an hour. The status is 1 if a seed stays below
99.0%.
"""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.figures import parser, report
from model.final_test import final_score
from model.presets import PRESETS
from model.recipe import Recipe
from model.runs.store import RunStore
from model.workers.foreman import Foreman

GOAL = 0.99
LOOK_SECONDS = 0.05


def train_through(store: RunStore, foreman: Foreman, recipe: Recipe) -> tuple[str, float]:
    """Presses Train and waits for the end.

    Returns:
        The run's id, and the seconds.

    Raises:
        RuntimeError: It didn't come to its end.
    """
    begun = time.perf_counter()
    run_id = store.create(recipe).id
    foreman.wake()
    while (run := store.get(run_id)).status in ("queued", "running"):
        time.sleep(LOOK_SECONDS)
    if run.status != "done":
        raise RuntimeError(f"{recipe.name}, seed {recipe.seed}: {run.status}, {run.reason} {foreman.problem}")
    return run_id, time.perf_counter() - begun


def run_example(data: Path) -> dict[str, float]:
    """Runs keras.io's example; returns its seconds and its accuracy."""
    command = [sys.executable, "-m", "benchmarks.mnist_convnet", "--data", str(data), "--json"]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(said.splitlines()[-1])


def main() -> int:
    """Reads the command line and lets them run."""
    arguments = parser(__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="a folder with MNIST's files")
    arguments.add_argument("--seeds", type=int, default=10)
    chosen = arguments.parse_args()
    os.environ["DIGIT_LAB_DATA"] = str(chosen.data.resolve())  # the worker finds it there
    times, accuracies, example = [], [], {}
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        foreman = Foreman(store)
        try:
            train_through(store, foreman, dataclasses.replace(PRESETS["tiny"], dataset="mini", epochs=1))
            for seed in range(1, chosen.seeds + 1):
                if not example and 2 * seed > chosen.seeds:
                    print("the example", file=sys.stderr, flush=True)
                    example = run_example(chosen.data)
                recipe = dataclasses.replace(PRESETS["quick"], seed=seed)
                run_id, seconds = train_through(store, foreman, recipe)
                weights = store.weights(run_id, recipe.epochs)
                score = final_score(recipe.to_json(), weights, recipe.dataset)
                print(f"seed {seed}: {seconds:.1f} s, {score['accuracy']:.2%}", file=sys.stderr, flush=True)
                times.append(seconds)
                accuracies.append(score["accuracy"])
        finally:
            foreman.close()
            store.close()
    figures = {
        "quick": {
            "seeds": chosen.seeds,
            "epochs": PRESETS["quick"].epochs,
            "median_seconds": round(float(np.median(times)), 1),
            "longest_seconds": round(max(times), 1),
            "lowest_accuracy": min(accuracies),
            "mean_accuracy": round(float(np.mean(accuracies)), 4),
        },
        "keras.io's example": example,
        "times quicker": round(example["seconds"] / float(np.median(times)), 2),
    }
    report(figures, chosen.json)
    return 1 if min(accuracies) < GOAL else 0


if __name__ == "__main__":
    sys.exit(main())
