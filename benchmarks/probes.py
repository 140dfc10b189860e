"""Asking a network why: what each saliency map, a backward pass and a climb take, beside a plain reading.

    python -m benchmarks.probes [--rounds 10] [--name classic] [--json]

Everything is asked about one validation digit, with one thread for NumPy, as in the dashboard's server. In
every round each has one turn, in an order drawn anew. Of each: milliseconds, and how many plain readings of
one digit it takes as long as, a ratio within each round.
"""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.figures import parser, report, summary
from model.backward import backward
from model.checkpoint import bundled_names, load_checkpoint
from model.datasets import load_digits
from model.forward import Network
from model.probes.maximisation import maximise
from model.probes.saliency import methods_for

THREADS = "OPENBLAS_NUM_THREADS"
READING = "one reading, every value kept"


def build_questions(network: Network, digit: np.ndarray, target: int) -> dict[str, Callable[[], object]]:
    """What is asked, by name."""
    values = network.values(digit[None])
    towards = np.eye(10, dtype=np.float32)[[target]]
    answer = len(network.layers) - 2
    return {
        READING: lambda: network.values(digit[None]),
        "backward pass": lambda: backward(network, values, towards, answer),
        "backward pass, weights too": lambda: backward(network, values, towards, answer, weights=True),
        **{
            method.title: lambda method=method: method.function(network, digit, target)
            for method in methods_for(network).values()
        },
        "Activation maximisation": lambda: list(maximise(network, answer, target)),
    }


def main() -> int:
    """Reads the command line and measures."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=10)
    arguments.add_argument("--name", choices=bundled_names(), default="classic")
    chosen = arguments.parse_args()
    if THREADS not in os.environ:
        # NumPy reads it once, when it is imported, and that was above: begin anew with it.
        command = [sys.executable, "-m", "benchmarks.probes", *sys.argv[1:]]
        return subprocess.run(command, env={**os.environ, THREADS: "1"}).returncode
    digits = load_digits("mini", "validation")
    questions = build_questions(load_checkpoint(chosen.name).network, digits.images[0], int(digits.labels[0]))
    seconds: dict[str, list[float]] = {name: [] for name in questions}
    order = random.Random(0)
    for turn in range(chosen.rounds + 1):
        for name in order.sample(list(questions), len(questions)):
            begun = time.perf_counter()
            questions[name]()
            if turn:  # the first is for warming up
                seconds[name].append(time.perf_counter() - begun)
    reading = np.array(seconds[READING])
    figures = {
        name: {**summary(times), "readings": round(float(np.median(np.array(times) / reading)), 1)}
        for name, times in seconds.items()
    }
    report(figures, chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
