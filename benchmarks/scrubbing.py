"""Looking inside at any epoch: the time to all maps of a digit, and to those of the next epoch, on screen.

    python -m benchmarks.scrubbing [--rounds 12] [--json]

Computed: one forward pass of `classic` with every layer's maps, in this process. On screen, in a headless
Chromium: from the click on the Filters page's link to the frame in which all maps of a digit stand, each time
another digit (the page's own time is in it); and from the key that moves the epoch's slider to the frame with
the next epoch's maps, each epoch for the first time, then again. And from a filter's link to its dossier's
examples among 5,000 digits: on a server whose workers still sleep, of a filter in another layer, of the first
filter again; so of the network that is in hand at first and of `classic`, each on a server of its own.
"""

import os
import sys
import time
from collections.abc import Sequence

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from benchmarks import stopwatch
from benchmarks.chromium import launch_chromium
from benchmarks.dashboard import log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.visitor import Visitor, visit
from model.checkpoint import DEFAULT, checkpoint_epochs, load_checkpoint
from model.datasets import load_digits
from model.layers import Conv2D, Layer
from model.probes.maps import feature_maps

LARGE, ALIVE = "classic", "plateau"  # the bundled network with most maps, and the one with all its epochs
LOOK_AT_ATLAS = """() => document.querySelector(".lab-atlas")?.dataset.shown ?? "" """
PAUSE_MILLISECONDS = 400  # a person looks before they go on


def measure_maps(rounds: int) -> list[float]:
    """Returns the seconds that all maps of a digit take, another digit each time."""
    network = load_checkpoint(LARGE).network
    images = load_digits("mini", "validation").images
    seconds = []
    for digit in images[: rounds + 3]:
        begun = time.perf_counter()
        feature_maps(network, digit)
        seconds.append(time.perf_counter() - begun)
    return seconds[3:]  # the first warm up


def measure_opening(visitor: Visitor, rounds: int) -> list[float]:
    """Returns the seconds from the click on the page's link to the maps of a new digit."""
    seconds = []
    for index in range(rounds):
        visitor.open(f"Draw?model={LARGE}&from=data&digit=mnist-validation-{index}")
        visitor.page.wait_for_timeout(PAUSE_MILLISECONDS)
        stopwatch.start(visitor.page, "click", LOOK_AT_ATLAS)
        visitor.page.get_by_role("link", name="Filters", exact=True).click()
        seconds.append(stopwatch.stop(visitor.page))
        visitor.settle()
    return seconds


def measure_scrubbing(visitor: Visitor, look: str) -> tuple[list[float], list[float]]:
    """Returns the seconds from the slider's key to the next epoch, forward the first time and back again."""
    last = checkpoint_epochs(ALIVE)[-1]
    visitor.open(f"Filters?model={ALIVE}:0&look={look}&from=data&digit=mnist-validation-5")
    visitor.page.locator(".lab-atlas[data-shown]").wait_for()
    there: list[float] = []
    back: list[float] = []
    for key, seconds in (("ArrowRight", there), ("ArrowLeft", back)):
        for _ in range(last):
            visitor.settle()
            visitor.page.get_by_role("slider", name="Epoch").focus()
            visitor.page.wait_for_timeout(PAUSE_MILLISECONDS)
            stopwatch.start(visitor.page, "keydown", LOOK_AT_ATLAS)
            visitor.page.keyboard.press(key)
            seconds.append(stopwatch.stop(visitor.page))
    return there, back


def measure_dossier(browser: Browser, model: str) -> dict[str, float]:
    """Returns the seconds, on a server of its own, from a filter's link to its examples, with the page's."""
    with run_dashboard() as dashboard, visit(browser, dashboard.url) as visitor:
        return _measure_dossier(visitor, model)


def _measure_dossier(visitor: Visitor, model: str) -> dict[str, float]:
    first, other = (convolutions(load_checkpoint(model).recipe.layers)[place] for place in (0, -1))
    seconds = {}
    for what, place in (("first", first), ("another_layer", other), ("again", first)):
        begun = time.perf_counter()
        visitor.open(f"Filters?model={model}&look=one+filter&layer={place}&unit=4")
        visitor.page.locator(".lab-examples").first.wait_for(timeout=60_000)
        seconds[what] = round(time.perf_counter() - begun, 2)
        visitor.settle()
    return seconds


def convolutions(layers: Sequence[Layer]) -> list[int]:
    """The places of the convolutions."""
    return [place for place, layer in enumerate(layers) if isinstance(layer, Conv2D)]


def main() -> int:
    """Reads the command line; the status is 1 if the browser or the server complained."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=12)
    chosen = arguments.parse_args()
    figures: dict = {f"all_maps_of_{LARGE}_computed": summary(measure_maps(10 * chosen.rounds))}
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for model in (DEFAULT[0], LARGE):
            figures[f"dossier_of_{model}_seconds"] = measure_dossier(browser, model)
        with run_dashboard() as dashboard, visit(browser, dashboard.url) as visitor:
            opening = measure_opening(visitor, chosen.rounds + 1)
            figures["first_opening_ms"] = round(1000 * opening[0])  # scripts and data are fetched
            figures[f"page_with_all_maps_of_{LARGE}"] = summary(opening[1:])
            for look in ("maps", "filters"):
                there, back = measure_scrubbing(visitor, look)
                figures[f"next_epoch_{look}"] = summary(there)
                figures[f"next_epoch_{look}_again"] = summary(back)
            faults = [*visitor.faults, *log_faults(dashboard.read_log())]
        browser.close()
    figures["load"] = round(float(np.mean(_load())), 1)
    figures["faults"] = faults
    report(figures, chosen.json)
    return 1 if faults else 0


def _load() -> tuple[float, ...]:
    """How many processes wanted a processor of late: with more than there are, times are noise."""
    return os.getloadavg()


if __name__ == "__main__":
    sys.exit(main())
