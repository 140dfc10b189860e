"""A class at work while one network trains: thirty draw, ten watch the curves. Who has to wait, and for what?

    python -m benchmarks.classroom [--drawing 30] [--watching 10] [--seconds 10] [--rounds 15]
        [--preset classic] [--json]

One training goes on in the dashboard's own workers. Short periods in which nobody does anything and ones in
which the class works take turns, so that both meet the same machine: its speed changes within a minute.
Students draw as in `benchmarks.students`; each watcher has the Training page open and runs its fragment again
as often as the page asks for. The training's speed in a period is read from the record of its batches.
"""

import asyncio
import dataclasses
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.dashboard import Dashboard, log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.session import Session
from benchmarks.students import Student
from model.presets import PRESETS
from model.recipe import Recipe
from model.runs.store import RunStore
from model.workers.duty import SPARE_SECONDS

START_SECONDS = 90.0  # a worker's first start on a busy machine
WARMING_SECONDS = 10.0  # in which the spare worker gets ready: no part of an hour's work


class Watcher(Session):
    """Somebody who watches a run.

    Args:
        url: The dashboard's address.
        run: The run's id.

    Attributes:
        ticks: Seconds from each asking to its answer's end.
        sizes: Bytes of each answer.
    """

    def __init__(self, url: str, run: str) -> None:
        super().__init__(url, "Training", f"run={run}")
        self.ticks: list[float] = []
        self.sizes: list[int] = []

    async def watch(self, until: float) -> None:
        """Asks anew as often as the page wants, until `until` on the clock.

        Raises:
            RuntimeError: The page doesn't ask to be asked.
        """
        if not self.ticking:
            raise RuntimeError(f"The Training page shows nothing that moves; it said: {self.errors}")
        while time.perf_counter() < until and self.ticking:
            for fragment, every in tuple(self.ticking.items()):
                begun = time.perf_counter()
                await self.rerun(fragment)
                self.ticks.append(time.perf_counter() - begun)
                self.sizes.append(self.received)
                await asyncio.sleep(max(0.0, every - self.ticks[-1]))


def speed(store: RunStore, run: str, row: int) -> tuple[float, int]:
    """Batches a second since a row of the record (epochs' ends included), and the last row."""
    batches, last = store.batches(run, row)
    if len(batches) < 2:
        raise RuntimeError(f"the training stands still: {store.get(run)}")
    return (len(batches) - 1) / (batches[-1].seconds - batches[0].seconds), last


async def until_training(store: RunStore, run: str) -> None:
    """Waits until the run has learned from its first batches.

    Raises:
        TimeoutError: It didn't begin.
    """
    async with asyncio.timeout(START_SECONDS):
        while not store.batches(run)[0]:
            await asyncio.sleep(0.2)


async def work(everyone: list[Student | Watcher], seconds: float, every: float) -> list[BaseException | None]:
    """Lets everybody draw or watch for so long; what went wrong is returned."""
    until = time.perf_counter() + seconds
    starts = random.Random(0)

    async def attend(person: Student | Watcher) -> None:
        await asyncio.sleep(starts.uniform(0, every))
        if isinstance(person, Student):
            await person.draw(rounds=None, every=every, until=until)
        else:
            await person.watch(until)

    return await asyncio.gather(*map(attend, everyone), return_exceptions=True)


async def measure(
    dashboard: Dashboard, store: RunStore, run: str, chosen: dict[str, int], seconds: float, rounds: int
) -> dict:
    """Lets the class come in, then takes turns between rest and work; returns the figures."""
    await until_training(store, run)
    await asyncio.sleep(SPARE_SECONDS + WARMING_SECONDS)
    students = [Student(dashboard.url, seed) for seed in range(chosen["drawing"])]
    watchers = [Watcher(dashboard.url, run) for _ in range(chosen["watching"])]
    for person in (*students, *watchers):
        await person.open()
    alone, together, outcomes = [], [], []
    for _ in range(rounds):
        _, row = store.batches(run)
        await asyncio.sleep(seconds)
        rate, row = speed(store, run, row)
        alone.append(rate)
        outcomes += await work([*students, *watchers], seconds, 3.0)
        together.append(speed(store, run, row)[0])
    errors = [error for person in (*students, *watchers) for error in person.errors]
    errors += [repr(outcome) for outcome in outcomes if outcome is not None]
    for person in (*students, *watchers):
        await person.close()
    return {
        **chosen,
        "drawings": summary([rerun for student in students for rerun in student.reruns]),
        "ticks": summary([tick for watcher in watchers for tick in watcher.ticks]),
        "largest_tick_kb": round(max((max(w.sizes) for w in watchers if w.sizes), default=0) / 1000, 1),
        "batches_a_second_alone": [round(rate, 1) for rate in alone],
        "batches_a_second_with_the_class": [round(rate, 1) for rate in together],
        "speed_kept": round(float(np.median(np.divide(together, alone))), 3),
        "errors": len(errors),
        "first_errors": sorted(set(errors))[:5],
    }


def long_recipe(preset: str) -> Recipe:
    """A preset on mini with as many epochs as there may be: half an hour of `classic`."""
    return dataclasses.replace(PRESETS[preset], dataset="mini", epochs=500)


def main() -> int:
    """Reads the command line; the status is 1 if anybody met an error."""
    arguments = parser(__doc__)
    arguments.add_argument("--drawing", type=int, default=30)
    arguments.add_argument("--watching", type=int, default=10)
    arguments.add_argument("--seconds", type=float, default=10.0, help="of rest, and of work, in each round")
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--preset", choices=PRESETS, default="classic", help="what is trained, on mini")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="digit-lab-") as home:
        store = RunStore(Path(home) / "runs")
        run = store.create(long_recipe(chosen.preset)).id
        with run_dashboard(home=Path(home)) as dashboard:
            who = {"drawing": chosen.drawing, "watching": chosen.watching}
            figures = asyncio.run(measure(dashboard, store, run, who, chosen.seconds, chosen.rounds))
            log = log_faults(dashboard.read_log())
            figures["errors"] += len(log)
            figures["first_errors"] = [*figures["first_errors"], *log][:5]
        store.close()
    report(figures, chosen.json)
    return 1 if figures["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
