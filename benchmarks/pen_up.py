"""From the pen's lifting to the drawn probabilities, in a headless Chromium.

    python -m benchmarks.pen_up [--strokes 40] [--theme light|dark] [--json]

Digits are drawn with the mouse on the Draw page, one after the other. The clock starts with the time
stamp of the event that the pen has left the canvas, and stops after the frame in which new probabilities
were painted. So the canvas's own 200 ms (it waits for a next stroke), the way to the server and back, the
reading and the drawing of the answer are all in it.
"""

import itertools
import sys

from playwright.sync_api import sync_playwright

from benchmarks import stopwatch
from benchmarks.chromium import launch_chromium
from benchmarks.dashboard import log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.handwriting import STROKES, Point
from benchmarks.visitor import Visitor, visit


def measure_page(visitor: Visitor, strokes: int) -> tuple[list[float], list[tuple[int, int]]]:
    """Draws digits on the Draw page until at least `strokes` pens have lifted.

    Returns:
        The seconds from each pen-up to painted probabilities; and for each digit what was meant and what
        was read.
    """
    visitor.open("Draw")
    seconds: list[float] = []
    read: list[tuple[int, int]] = []
    digits = itertools.cycle(STROKES)
    while len(seconds) < strokes:
        digit = next(digits)
        for stroke in STROKES[digit]:
            seconds.append(measure_stroke(visitor, stroke))
        read.append((digit, visitor.read_verdict()))
        visitor.clear()
    return seconds, read


def measure_stroke(visitor: Visitor, stroke: list[Point]) -> float:
    """Draws one stroke; returns the seconds from pen-up to painted probabilities."""
    stopwatch.start(visitor.page, "pointerup", stopwatch.LOOK_AT_PROBABILITIES)
    visitor.draw([stroke])
    return stopwatch.stop(visitor.page)


def main() -> int:
    """Reads the command line; the status is 1 if the browser or the server complained."""
    arguments = parser(__doc__)
    arguments.add_argument("--strokes", type=int, default=40)
    arguments.add_argument("--theme", choices=("light", "dark"), default="light")
    chosen = arguments.parse_args()
    with run_dashboard() as dashboard, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        with visit(browser, dashboard.url, color_scheme=chosen.theme) as visitor:
            seconds, read = measure_page(visitor, chosen.strokes)
            faults = [*visitor.faults, *log_faults(dashboard.read_log())]
        browser.close()
    figures = {
        "theme": chosen.theme,
        "pen_up_to_probabilities": summary(seconds),
        "digits_drawn": len(read),
        "misread": [f"{meant} as {seen}" for meant, seen in read if meant != seen],
        "faults": faults,
    }
    report(figures, chosen.json)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
