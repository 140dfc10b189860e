"""How soon the dashboard stands: its first page, its first reading, its other pages; and its memory.

    python -m benchmarks.startup [--rounds 5] [--switches 20] [--json]

Every round starts with a browser that has never seen the dashboard, and starts the server twice. Its figures:

- first page: from the command to the landing page drawn and its script finished;
- first page again: the same at the second start, when the browser has kept Streamlit's scripts;
- first reading: from the first pen-up on the Draw page to the probabilities painted;
- page switch: from the click on a page's name to that page drawn and its script finished, to and fro, after
  each page has been seen once;
- memory: the server's resident memory after all that.
"""

import sys
import time

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import stopwatch
from benchmarks.chromium import launch_chromium
from benchmarks.dashboard import free_port, log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.handwriting import STROKES
from benchmarks.pen_up import measure_stroke
from benchmarks.visitor import Visitor, browser_profile

HOME, DRAW = "Digit Lab", "Draw"


def switch(page: Page, name: str) -> float:
    """Goes to another page by its name at the top; returns the seconds until it stands."""
    stopwatch.start(page, "click", stopwatch.LOOK_AT_PAGE)
    page.get_by_role("link", name=name, exact=True).first.click()
    return stopwatch.stop(page)


def measure_round(browser: Browser, switches: int) -> dict:
    """Starts the dashboard twice before one browser; returns its figures, times in seconds."""
    port = free_port()
    with browser_profile(browser) as profile:
        page = profile.new_page()
        with run_dashboard(port=port) as dashboard:
            visitor = Visitor(page, dashboard.url)
            visitor.open()
            first_page = time.perf_counter() - dashboard.started
            switch(page, DRAW)
            first_reading = measure_stroke(visitor, STROKES[3][0])
            switch(page, HOME)
            switched = [switch(page, name) for _ in range(switches // 2) for name in (DRAW, HOME)]
            memory, modules = dashboard.memory_megabytes(), dashboard.modules()
            faults = [*visitor.faults, *log_faults(dashboard.read_log())]
        page.close()
        page = profile.new_page()
        with run_dashboard(port=port) as dashboard:
            Visitor(page, dashboard.url).open()
            first_page_again = time.perf_counter() - dashboard.started
    return {
        "first_page": first_page,
        "first_page_again": first_page_again,
        "first_reading": first_reading,
        "switches": switched,
        "memory": memory,
        "modules": modules,
        "faults": faults,
    }


def main() -> int:
    """Reads the command line; the status is 1 if something complained or the server imported an engine."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--switches", type=int, default=20, help="page switches in each round")
    chosen = arguments.parse_args()
    rounds = []
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for _ in range(chosen.rounds):
            rounds.append(measure_round(browser, chosen.switches))
        browser.close()
    engines = sorted({"tensorflow", "keras"} & set().union(*(each["modules"] for each in rounds)))
    memory = [each["memory"] for each in rounds if each["memory"] is not None]
    figures = {
        "first_page": summary([each["first_page"] for each in rounds]),
        "first_page_again": summary([each["first_page_again"] for each in rounds]),
        "first_reading": summary([each["first_reading"] for each in rounds]),
        "page_switch": summary([seconds for each in rounds for seconds in each["switches"]]),
        "memory_mb": round(float(np.median(memory))) if memory else None,
        "imports": engines,
        "faults": sorted({fault for each in rounds for fault in each["faults"]}),
    }
    report(figures, chosen.json)
    return 1 if figures["faults"] or engines else 0


if __name__ == "__main__":
    sys.exit(main())
