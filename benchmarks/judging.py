"""Digits read as a page lets the workers read them, beside a bare ``model.predict``; interleaved.

    python -m benchmarks.judging [--model classic] [--digits 10000] [--rounds 5] [--json]

Each ratio is of our seconds over theirs in the same round; given is their median. Ours are those of the page:
it asks every half second how far the reading is, and nothing is known beforehand. Both sides are warm.
"""

import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

import numpy as np

from benchmarks.figures import parser, report
from model.checkpoint import load_checkpoint
from model.datasets import load_digits


def digits(count: int) -> np.ndarray:
    """Validation digits, some of them twice: uint8 (count, 28, 28)."""
    images = load_digits("mnist", "validation").images
    return images[np.arange(count) % len(images)]


def predict(pipe: Connection, model: str, count: int) -> None:
    """Lets Keras read the digits whenever it is asked to, and answers with the seconds that it took."""
    from model.forward import to_input
    from model.learning.network import build_network, set_weights

    checkpoint = load_checkpoint(model)
    network, images = build_network(checkpoint.recipe), to_input(digits(count))
    set_weights(checkpoint.recipe, network, checkpoint.weights)
    while pipe.recv():
        start = time.perf_counter()
        network.predict(images, verbose=0)
        pipe.send(time.perf_counter() - start)


def judge(model: str, key: int, images: np.ndarray) -> float:
    """Seconds until the workers have read all digits, as a page would ask for them."""
    from app import bulk

    start = time.perf_counter()
    while not (reading := bulk.read_images(model, ("judging", key), lambda: images, len(images))).finished:
        if reading.problem:
            raise RuntimeError(reading.problem)
        time.sleep(bulk.TICK_SECONDS)
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    asked = parser(__doc__)
    asked.add_argument("--model", default="classic", help="a bundled network")
    asked.add_argument("--digits", type=int, default=10_000)
    asked.add_argument("--rounds", type=int, default=5)
    options = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="digit-lab-") as home:
        os.environ["DIGIT_LAB_HOME"] = home
        from app import workroom

        here, there = multiprocessing.get_context("spawn").Pipe()
        keras = multiprocessing.get_context("spawn").Process(
            target=predict, args=(there, options.model, options.digits), daemon=True
        )
        keras.start()
        images, rounds = digits(options.digits), []
        try:
            for turn in range(options.rounds + 1):
                ours = judge(options.model, turn, images)
                here.send(True)
                rounds.append((ours, here.recv()))
            here.send(False)
        finally:
            workroom.close()
    rounds = rounds[1:]  # in the first one everybody wakes up
    found = {
        "model": options.model,
        "digits": options.digits,
        "page over predict": round(statistics.median(ours / theirs for ours, theirs in rounds), 2),
        "page, seconds": round(statistics.median(ours for ours, _ in rounds), 2),
        "predict, seconds": round(statistics.median(theirs for _, theirs in rounds), 2),
    }
    report(found, options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
