"""How long sweeps take, by a small network and by a large one: one digit at all its angles, and many digits.

    python -m benchmarks.sweeping [--networks plateau classic] [--rounds 5]

The limits are 500 ms for 73 angles of one digit, and 10 s for 500 digits at 13 strengths with two networks:
here one network twice, nothing of it read before. They are read as the page lets them be read: a small
network here, a large one by the workers, who are awake. Times depend on the machine and on what else it does:
the median is printed, with this process's own seconds of the processor beside it.
"""

import argparse
import itertools
import os
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np

from app import bulk, cache, workroom
from app.charts.sweep import digit_sweep
from app.until_read import TICK_SECONDS
from model.augmentation.transformations import TRANSFORMATIONS
from model.datasets import load_digits
from model.sweeps import accuracies, evenly, pictures, some_strengths, sweep_digit

DIGITS = 500
MOST_SECONDS = {"one digit, 73 angles": 0.5, "500 digits, 13 strengths, two networks": 10.0}

_turns = itertools.count()


def measured(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds by the clock and by the processor; the first round only warms up."""
    taken = []
    for _ in range(rounds + 1):
        clock, processor = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - clock, time.process_time() - processor))
    seconds, processor_seconds = np.median(taken[1:], axis=0)
    return float(seconds), float(processor_seconds)


def one(name: str) -> None:
    """One digit at every angle, read and drawn."""
    digit = load_digits("mnist", "validation").images[0]
    digit_sweep(sweep_digit(cache.checkpoint(name).network, digit, "rotation"), TRANSFORMATIONS["rotation"])


def many(name: str) -> None:
    """Many digits at some angles, read twice.

    Raises:
        RuntimeError: The workers can't do it.
    """
    digits, turn = load_digits("mnist", "validation"), next(_turns)
    places, strengths = evenly(digits.labels, DIGITS), some_strengths("rotation")

    def swept() -> np.ndarray:
        return pictures(digits.images[places], "rotation", strengths)

    def found() -> bulk.Reading:
        total = len(strengths) * len(places)
        # by keys of their own: as two networks of which nothing was read before
        keys = [("benchmark", turn, place) for place in range(2)]
        return bulk.together([bulk.read_images(name, key, swept, total) for key in keys])

    while not (read := found()).finished:
        if read.problem:
            raise RuntimeError(read.problem)
        time.sleep(TICK_SECONDS)
    for each in np.split(read.values, 2):
        accuracies(each, digits.labels[places])


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and say whether all keep within the limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=["plateau", "classic"])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    works = dict(zip(MOST_SECONDS, (one, many), strict=True))
    slow = []
    with tempfile.TemporaryDirectory() as home:
        os.environ["DIGIT_LAB_HOME"] = home
        for name in options.networks:
            for what, work in works.items():
                seconds, processor_seconds = measured(lambda: work(name), options.rounds)  # noqa: B023
                print(f"{name}: {what}: {seconds:.2f} s (processor {processor_seconds:.2f} s)", flush=True)
                if seconds > MOST_SECONDS[what]:
                    slow.append(f"{name}, {what}")
        workroom.close()
    print(f"over the limit: {'; '.join(slow) or 'none'}")
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
