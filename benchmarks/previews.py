"""From a slider's move to 64 new variants on the screen, in a headless Chromium.

    python -m benchmarks.previews [--moves 40] [--mixture gentle|strong] [--json]

On the Augmentation page one slider after the other is moved by a key. The clock starts with the time stamp of
the slider's event, and stops after the frame in which the new grid was painted: the way to the server and
back, the changing of 64 digits, their pictures and the drawing are all in it. The reading of the 64 variants
comes a moment later, and isn't.
"""

import sys

from playwright.sync_api import sync_playwright

from benchmarks import stopwatch
from benchmarks.chromium import launch_chromium
from benchmarks.dashboard import log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.visitor import Visitor, visit

# All 64 variants are in one picture: two grids are told apart by its source.
LOOK_AT_VARIANTS = (
    """() => document.querySelector(".lab-variants")?.style.getPropertyValue("--after") ?? "" """
)
SLIDERS = ("Rotation", "Zoom", "Shift", "Shear", "Elastic", "Thickness")
CALM_MILLISECONDS = 400  # between two moves, as a person looks at what came


def measure_page(visitor: Visitor, moves: int, mixture: str) -> list[float]:
    """Moves sliders by a key, one after the other.

    Args:
        visitor: who looks.
        moves: how many.
        mixture: the ready mixture to begin with.

    Returns:
        The seconds from each move to painted variants.
    """
    visitor.open("Augmentation?show=all")
    visitor.page.get_by_role("radio", name=mixture.capitalize()).click()
    visitor.settle()
    return [measure_move(visitor, SLIDERS[move % len(SLIDERS)]) for move in range(moves)]


def measure_move(visitor: Visitor, title: str) -> float:
    """Moves one slider by one step; returns the seconds until the variants are painted."""
    visitor.page.get_by_role("slider", name=f"{title}, by up to").focus()
    visitor.page.wait_for_timeout(CALM_MILLISECONDS)
    visitor.settle()
    stopwatch.start(visitor.page, "input", LOOK_AT_VARIANTS)
    visitor.page.keyboard.press("ArrowRight")
    return stopwatch.stop(visitor.page)


def main() -> int:
    """Reads the command line; the status is 1 if the browser or the server complained."""
    arguments = parser(__doc__)
    arguments.add_argument("--moves", type=int, default=40)
    arguments.add_argument("--mixture", choices=("gentle", "strong"), default="gentle")
    chosen = arguments.parse_args()
    with run_dashboard() as dashboard, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        with visit(browser, dashboard.url) as visitor:
            measure_page(visitor, len(SLIDERS), chosen.mixture)  # what is loaded but once isn't measured
            before = dashboard.processor_seconds()
            seconds = measure_page(visitor, chosen.moves, chosen.mixture)
            after = dashboard.processor_seconds()
            faults = [*visitor.faults, *log_faults(dashboard.read_log())]
        browser.close()
    figures = {"mixture": chosen.mixture, "slider_to_variants": summary(seconds), "faults": faults}
    if before is not None and after is not None:
        figures["server_ms_a_move_with_its_reading"] = round(1000 * (after - before) / chosen.moves, 1)
    report(figures, chosen.json)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
