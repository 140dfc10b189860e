"""From pressing Train to the first point on screen, and how old the newest point is while it trains.

    python -m benchmarks.first_point [--rounds 4] [--seconds 15] [--json]

In a headless Chromium on the Training page, with the recipe that stands there at first. The first press
starts the workers; the others meet a warm one. While a run goes on, the step that the chart ends with is
compared with the store's own record: a point is as old as the time since its successor was recorded, and 0
while there is none.
"""

import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.chromium import launch_chromium
from benchmarks.dashboard import log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.visitor import Visitor, visit
from model.cost import DIGITS
from model.runs.store import RunStore

# In epochs, of the batches' loss; 0 before there is any.
NEWEST = """() => {
  const trace = document.querySelector(".lab-chart")?._fullData?.[0]
  return trace?.dx && trace.y?.length ? trace.x0 + trace.dx * (trace.y.length - 1) : 0
}"""
PATIENCE_SECONDS = 60.0
LOOK_MILLISECONDS = 30


def press(visitor: Visitor, store: RunStore, before: set[str]) -> tuple[float, str]:
    """Presses Train; returns the seconds to the first point of the new run, and the run's id.

    Raises:
        TimeoutError: There is none.
    """
    visitor.page.get_by_role("button", name="Train", exact=True).click()
    begun = time.perf_counter()
    while time.perf_counter() < begun + PATIENCE_SECONDS:
        new = {run.id for run in store.find()} - before
        # the chart of the run before stands there until the page knows of the new one
        if new and f"run={next(iter(new))}" in visitor.page.url and visitor.page.evaluate(NEWEST):
            return time.perf_counter() - begun, next(iter(new))
        visitor.page.wait_for_timeout(LOOK_MILLISECONDS)
    raise TimeoutError(f"no point within {PATIENCE_SECONDS:g} s")


def ages(visitor: Visitor, store: RunStore, run_id: str, seconds: float) -> list[float]:
    """Returns how old the newest point on screen was, in seconds, again and again for a while."""
    recorded: dict[int, float] = {}
    found: list[float] = []
    run, until = store.get(run_id), time.perf_counter() + seconds
    per_epoch = -(-DIGITS[run.recipe.dataset][0] // run.recipe.batch_size)
    while time.perf_counter() < until and run.status == "running":
        batches, run = store.batches(run_id)[0], store.get(run_id)
        now = time.perf_counter()
        for batch in batches[len(recorded) :]:
            recorded[batch.step] = now
        epochs = visitor.page.evaluate(NEWEST)
        shown = round(epochs * per_epoch) - 1
        later = [at for step, at in recorded.items() if step > shown]
        found.append(time.perf_counter() - min(later) if later else 0.0)
        visitor.page.wait_for_timeout(LOOK_MILLISECONDS)
    return found


def main() -> int:
    """Reads the command line; the status is 1 if the browser or the server complained."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=4)
    arguments.add_argument("--seconds", type=float, default=15.0)
    chosen = arguments.parse_args()
    firsts: list[float] = []
    old: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        run_dashboard(home=Path(folder)) as dashboard,
        sync_playwright() as playwright,
        closing(launch_chromium(playwright)) as browser,
        visit(browser, dashboard.url) as visitor,
    ):
        store, seen = RunStore(Path(folder) / "runs"), set[str]()
        visitor.open("Training")
        for _ in range(chosen.rounds + 1):
            seconds, run_id = press(visitor, store, seen)
            seen.add(run_id)
            firsts.append(seconds)
            old += ages(visitor, store, run_id, chosen.seconds)
            while store.get(run_id).status in ("queued", "running"):
                time.sleep(1)
            visitor.settle()
        faults = [*visitor.faults, *log_faults(dashboard.read_log())]
    figures = {"first_press": round(firsts[0], 2), "first_point": summary(firsts[1:]), "age": summary(old)}
    report({**figures, "faults": faults}, chosen.json)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
