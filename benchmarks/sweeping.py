"""How long sweeps take, by the bundled pair and by a network: one digit at all its angles, and many digits.

    python -m benchmarks.sweeping --rounds 5

The limits are 500 ms for 73 angles of one digit, and 10 s for 500 digits at 13 strengths with two networks.
Times depend on the machine and on what else it does: the median is printed, with the processor's own seconds
beside it.
"""

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np

from app.charts.sweep import digit_sweep
from model import bundled_pair
from model.augmentation.transformations import TRANSFORMATIONS
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.sweeps import Reader, accuracy_by_strength, evenly, some_strengths, sweep_digit

DIGITS = 500
MOST_SECONDS = {"one digit, 73 angles": 0.5, "500 digits, 13 strengths, two networks": 10.0}


def measured(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds by the clock and by the processor; the first round only warms up."""
    taken = []
    for _ in range(rounds + 1):
        clock, processor = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - clock, time.process_time() - processor))
    seconds, processor_seconds = np.median(taken[1:], axis=0)
    return float(seconds), float(processor_seconds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and say whether the bundled pair keeps within the limits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--network", default="classic", help="read with besides the bundled pair")
    options = parser.parse_args(arguments)
    digits = load_digits("mnist", "validation")
    places = evenly(digits.labels, DIGITS)
    network = load_checkpoint(options.network).network
    pairs = {
        "the bundled pair": [bundled_pair.networks(side)[0] for side in bundled_pair.SIDES],
        f"{options.network}, twice": [network, network],
    }

    def one(reader: Reader) -> None:
        sweep = sweep_digit(reader, digits.images[0], "rotation")
        digit_sweep(sweep, TRANSFORMATIONS["rotation"])

    def many(readers: Sequence[Reader]) -> None:
        strengths = some_strengths("rotation")
        for _ in accuracy_by_strength(
            readers,
            digits.images[places],
            digits.labels[places],
            "rotation",
            strengths,
        ):
            pass

    slow = []
    for name, readers in pairs.items():
        works = {
            "one digit, 73 angles": lambda: one(readers[0]),  # noqa: B023 - called at once
            "500 digits, 13 strengths, two networks": lambda: many(readers),  # noqa: B023
        }
        for what, work in works.items():
            rounds = options.rounds if what.startswith("one") else 1
            seconds, processor_seconds = measured(work, rounds)
            print(f"{name}: {what}: {seconds:.3f} s (processor {processor_seconds:.3f} s)", flush=True)
            if seconds > MOST_SECONDS[what]:
                slow.append(f"{name}, {what}")
    print(f"over the limit: {'; '.join(slow) or 'none'}")
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
