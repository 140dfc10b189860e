"""The Architecture page in a browser: the page opened, a layer opened, a kernel moved by one step.

    python -m benchmarks.architecture [--rounds 12] [--json]

All with the bundled network `classic` in a headless Chromium, from the event to the frame that shows what
came of it, the script at rest. The page: from the click on its link to the network's picture and the first
layer opened, each time another digit. A layer: from the click on its block until the network's picture and
the layer's own are drawn, first each for the first time, then again; all together, and by their kinds. A
step: from the click on Step to the next patch in numbers, and to its formula, which the server makes.
"""

import os
import sys
from collections import defaultdict

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks import stopwatch
from benchmarks.chromium import launch_chromium
from benchmarks.dashboard import log_faults, run_dashboard
from benchmarks.figures import parser, report, summary
from benchmarks.visitor import Visitor, visit
from model.checkpoint import load_checkpoint
from model.layers import Activation

NETWORK = "classic"
DIGIT = "from=data&digit=mnist-validation-7"
PAUSE_MILLISECONDS = 700  # a person looks before they go on

# The opened layer's title is the server's; the pictures mark what they have drawn. All three must be others
# than at the click, and the script at rest; a layer whose picture is a chart or a table counts by its title.
LOOK_AT_LAYER = """(() => {
  const marks = () => {
    const title = document.querySelector(".lab-layer-title")?.textContent ?? ""
    const picture = document.querySelector(".lab-slide, .lab-grids, .lab-linked")
    const network = document.querySelector(".lab-net")?.dataset.drawn ?? ""
    return [title, network, picture ? picture.dataset.drawn ?? "" : title]
  }
  const before = marks()
  return () => {
    const now = marks()
    const isDrawn = now.every((mark, place) => mark !== "" && mark !== before[place])
    return isDrawn && document.querySelector("[data-test-script-state=notRunning]") ? now.join() : ""
  }
})()"""
LOOK_AT_POSITION = """() => document.querySelector(".lab-slide-where")?.textContent ?? "" """
LOOK_AT_FORMULA = """() => document.querySelector(".st-key-slide-formula annotation")?.textContent ?? "" """


def measure_page(visitor: Visitor, rounds: int) -> list[float]:
    """Returns the seconds from the click on the page's link to its picture of a new digit."""
    seconds = []
    for index in range(rounds):
        visitor.open(f"Draw?model={NETWORK}&from=data&digit=mnist-validation-{index}")
        visitor.page.wait_for_timeout(PAUSE_MILLISECONDS)
        stopwatch.start(visitor.page, "click", LOOK_AT_LAYER)
        visitor.page.get_by_role("link", name="Architecture", exact=True).first.click()
        seconds.append(stopwatch.stop(visitor.page))
        visitor.settle()
    return seconds


def measure_layers(visitor: Visitor) -> dict[str, list[float]]:
    """Returns the seconds from the click on a block to its layer drawn, by kind; each once, from the last."""
    visitor.open(f"Architecture?model={NETWORK}&{DIGIT}")
    visitor.page.locator(".lab-net[data-place]").wait_for()
    blocks = visitor.page.locator(".lab-net-block")
    layers = load_checkpoint(NETWORK).recipe.layers
    seconds = defaultdict(list)
    for place, layer in reversed(list(enumerate(layers))):
        visitor.settle()
        visitor.page.wait_for_timeout(PAUSE_MILLISECONDS)
        stopwatch.start(visitor.page, "click", LOOK_AT_LAYER)
        blocks.nth(place).click()
        kind = layer.function if isinstance(layer, Activation) else type(layer).__name__
        seconds[kind].append(stopwatch.stop(visitor.page))
    return seconds


def by_kind(seconds: dict[str, list[float]]) -> dict:
    """Returns the summary over all layers, and the median of each kind."""
    every = [each for times in seconds.values() for each in times]
    medians = {f"{kind}_ms": round(1000 * float(np.median(times)), 1) for kind, times in seconds.items()}
    return summary(every) | medians


def measure_steps(visitor: Visitor, rounds: int, look: str) -> list[float]:
    """Returns the seconds from the click on Step to what `look` sees, in the second convolution."""
    visitor.open(f"Architecture?model={NETWORK}&{DIGIT}&layer=3&cell=10-8")
    visitor.page.locator(".st-key-slide-formula annotation").first.wait_for(state="attached")
    seconds = []
    for _ in range(rounds):
        visitor.settle()
        visitor.page.wait_for_timeout(PAUSE_MILLISECONDS)
        stopwatch.start(visitor.page, "click", look)
        visitor.page.get_by_role("button", name="Step").click()
        seconds.append(stopwatch.stop(visitor.page))
    return seconds


def main() -> int:
    """Reads the command line; the status is 1 if the browser or the server complained."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=12)
    chosen = arguments.parse_args()
    figures: dict = {}
    with run_dashboard() as dashboard, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        with visit(browser, dashboard.url) as visitor:
            opening = measure_page(visitor, chosen.rounds + 1)
            figures["first_opening_ms"] = round(1000 * opening[0])  # scripts and data are fetched
            figures["page"] = summary(opening[1:])
            figures["layer"] = by_kind(measure_layers(visitor))
            figures["layer_again"] = by_kind(measure_layers(visitor))
            figures["step"] = summary(measure_steps(visitor, chosen.rounds, LOOK_AT_POSITION))
            figures["step_with_formula"] = summary(measure_steps(visitor, chosen.rounds, LOOK_AT_FORMULA))
            faults = [*visitor.faults, *log_faults(dashboard.read_log())]
        browser.close()
    figures["load"] = round(os.getloadavg()[0], 1)  # with more than there are processors, times are noise
    figures["faults"] = faults
    report(figures, chosen.json)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
