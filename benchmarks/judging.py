"""Digits read as a page lets the workers read them, beside a bare ``model.predict``; interleaved.

    python -m benchmarks.judging [--model classic] [--digits 10000] [--rounds 5] [--epochs 4] [--json]

Each ratio is of our seconds over theirs in the same round; given is their median. Ours are those of the page:
it asks again and again how far the reading is, and nothing is known beforehand. Both sides are warm.

Then somebody opens the Mistakes page of the flagship's epochs, one after the other, whose readings aren't
kept, while a student draws a stroke a second: given are the student's reruns meanwhile, and beside them those
while nobody reads. The digits are MNIST's 10,000 for the test where `DIGIT_LAB_DATA` names them.
"""

import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from benchmarks.dashboard import log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.session import Session
from benchmarks.students import Student
from model.checkpoint import checkpoint_epochs, load_checkpoint
from model.datasets import DataError, load_digits

ALIVE = "flagship"  # a bundled network with several epochs, none of whose readings is kept but the last
STROKE_SECONDS = 1.0
ALONE_SECONDS = 20.0


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
    from app.until_read import TICK_SECONDS

    start = time.perf_counter()
    while not (reading := bulk.read_images(model, ("judging", key), lambda: images, len(images))).finished:
        if reading.problem:
            raise RuntimeError(reading.problem)
        time.sleep(TICK_SECONDS)
    return time.perf_counter() - start


class Judge(Session):
    """Somebody who wants to see all mistakes of a checkpoint."""

    async def wait(self) -> None:
        """Asks as often as the page wants to be asked, until all digits are read."""
        while self.ticking:
            for fragment, every in tuple(self.ticking.items()):
                await self.rerun(fragment)
                await asyncio.sleep(every)


async def draw_meanwhile(url: str, epochs: Sequence[int], part: str) -> dict[str, Any]:
    """Lets a student draw, alone at first, then while the mistakes of some epochs are looked for.

    Args:
        url: the dashboard's address.
        epochs: of the network, one after the other.
        part: of the data, which is read.

    Returns:
        The student's reruns alone and meanwhile, the seconds of each reading, and what went wrong.
    """
    student = Student(url, seed=0)
    await student.open()
    await student.draw(rounds=1, every=0.0, until=float("inf"))  # all is loaded then
    found: dict[str, Any] = {}
    seconds, errors = [], []

    async def judge_all() -> None:
        for epoch in epochs:
            begun = time.perf_counter()
            judge = Judge(url, "Mistakes", f"model={ALIVE}:{epoch}&judged={part}")
            await judge.open()
            await judge.wait()
            seconds.append(round(time.perf_counter() - begun, 1))
            errors.extend(judge.errors)
            await judge.close()

    for name, work in (("alone", asyncio.sleep(ALONE_SECONDS)), ("meanwhile", judge_all())):
        student.reruns.clear()
        drawing = asyncio.create_task(student.draw(rounds=None, every=STROKE_SECONDS, until=float("inf")))
        await work
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)
        found[f"drawing {name}"] = summary(student.reruns)
        student = Student(url, seed=1)  # the one before may have been broken off in the middle of an answer
        await student.open()
    await student.close()
    return found | {f"{part} digits read, seconds": seconds, "errors": [*errors, *student.errors]}


def drawing_figures(epochs: int) -> dict[str, Any]:
    """Measures a drawing student beside so many readings, in a dashboard of its own."""
    try:
        load_digits("mnist", "test")
        part = "test"
    except DataError:
        part = "validation"
    with run_dashboard() as dashboard:
        asked = checkpoint_epochs(ALIVE)[:-1][-epochs:]
        found = asyncio.run(draw_meanwhile(dashboard.url, asked, part))
        return found | {"errors": [*found["errors"], *log_faults(dashboard.read_log())]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    asked = parser(__doc__)
    asked.add_argument("--model", default="classic", help="a bundled network")
    asked.add_argument("--digits", type=int, default=10_000)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--epochs", type=int, default=4, help="to look for mistakes in while a student draws")
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
    if options.epochs:
        found |= drawing_figures(options.epochs)
    report(found, options.json)
    return 1 if found.get("errors") else 0


if __name__ == "__main__":
    raise SystemExit(main())
