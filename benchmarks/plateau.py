"""The preset `plateau` at several seeds: when the rate drops, what that does, and how long a run takes.

    python -m benchmarks.plateau --seeds 1 2 3

Each seed is trained as the command line does it, in this process, into a store of its own. A drop's effect is
the mean validation loss of the three epochs before it (its own among them) and of the three after.
"""

import argparse
import dataclasses
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.history import Epoch
from model.presets import PRESETS
from model.runs.store import RunStore

SEEDS = tuple(range(1, 11))
LEAST_DROPS = 2
MOST_SECONDS = 90.0


def drops(epochs: Sequence[Epoch]) -> list[int]:
    """The epochs after which the rate was lowered."""
    return [epoch.epoch for epoch in epochs if epoch.watch is not None and epoch.watch.reason == "dropped"]


def effect(epochs: Sequence[Epoch], drop: int) -> tuple[float, float]:
    """Mean validation loss before and after a drop; the second is not a number at the very end."""
    losses = np.array([epoch.validation_loss for epoch in epochs])
    before, after = losses[max(1, drop - 2) : drop + 1], losses[drop + 1 : drop + 4]
    return float(before.mean()), float(after.mean()) if len(after) else float("nan")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print a line for each seed and what was found; 1 if a seed falls short."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="N")
    options = parser.parse_args(arguments)

    from model.learning.work import work_on  # not above: Keras takes seconds to import

    short = []
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        for seed in options.seeds:
            run = store.create(dataclasses.replace(PRESETS["plateau"], seed=seed))
            start, processor = time.perf_counter(), time.process_time()
            work_on(store, run.id, "benchmark")
            seconds, processor = time.perf_counter() - start, time.process_time() - processor
            epochs = store.epochs(run.id)
            found = drops(epochs)
            told = "; ".join("{}: {:.3f} to {:.3f}".format(drop, *effect(epochs, drop)) for drop in found)
            print(
                f"seed {seed:>2}: {seconds:5.1f} s ({processor:5.1f} s of processor), {len(found)} drops "
                f"({told}), validation accuracy {epochs[-1].validation_accuracy:.1%}",
                flush=True,
            )
            if len(found) < LEAST_DROPS or seconds > MOST_SECONDS:
                short.append(seed)
        store.close()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    verdict = f"seeds {short} fall short" if short else "all seeds reach it"
    print(f"at least {LEAST_DROPS} drops within {MOST_SECONDS:.0f} s: {verdict} (load {load:.1f})")
    return 1 if short else 0


if __name__ == "__main__":
    raise SystemExit(main())
