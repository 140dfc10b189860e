"""Watching a run in a real browser: nothing blinks or jumps, the zoom stays, ticks are small, all is read."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import synthetic_runs
from playwright.sync_api import Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.dashboard import Dashboard, run_dashboard
from benchmarks.visitor import Visitor
from model.runs.records import Attempt
from model.runs.store import RunStore

pytestmark = pytest.mark.browser

MOST_TICK_BYTES = 20_000
EPOCHS = 200  # more than a test waits for
LONGEST_EPOCHS, LONGEST_STEPS = 500, 200
CHART = ".lab-chart .main-svg"
NEWEST = """() => {
  const { x0, dx, y } = document.querySelector(".lab-chart")._fullData[0]
  return x0 + dx * y.length
}"""
SPAN = """() => {
  const [low, high] = document.querySelector(".lab-chart")._fullLayout.xaxis.range
  return high - low
}"""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home) -> Iterator[Dashboard]:
    with run_dashboard(home=home) as dashboard:
        yield dashboard


@pytest.fixture
def growing(home) -> Iterator[str]:
    """A run that goes on growing, and is stopped with the test: no worker takes it up later."""
    over = threading.Event()
    store = RunStore(home / "runs")
    recipe = synthetic_runs.plateau_recipe(EPOCHS)
    begun = threading.Event()
    names = []

    def wait(seconds: float) -> None:
        begun.set()
        if over.wait(seconds):
            raise InterruptedError

    def grow() -> None:
        try:
            run = store.create(recipe)
            names.append(run.id)
            synthetic_runs.grow(store, recipe, wait=wait, stage_seconds=0.1, created=run)
        except InterruptedError:
            run = store.get(names[0])
            store.end(Attempt(run, run.attempt, run.worker), "stopped")
        finally:
            begun.set()  # also where it could not begin: nobody waits for it in vain

    worker = threading.Thread(target=grow)
    worker.start()
    try:
        begun.wait()
        yield names[0]
    finally:
        over.set()
        worker.join()
        store.close()


def watch(visitor: Visitor, run_id: str) -> Page:
    """Opens the page at a run and waits until its curves are drawn."""
    visitor.page.goto(f"{visitor.home}Training?run={run_id}")
    visitor.page.wait_for_selector(CHART, timeout=60_000)
    return visitor.page


def newest_batch(page: Page) -> str:
    return page.locator(".lab-run-head").inner_text()


def wait_for_ticks(page: Page, count: int) -> None:
    for _ in range(count):
        expect(page.locator(".lab-run-head")).not_to_have_text(newest_batch(page), timeout=30_000)


def test_while_a_run_grows_the_chart_stays_and_so_does_its_zoom(welcome, growing):
    page = watch(welcome(), growing)
    chart = page.locator(".lab-chart").first
    wait_for_ticks(page, 1)
    page.evaluate(
        """() => {
          window.kept = [...document.querySelectorAll(".lab-chart .main-svg, .lab-run")]
          window.heights = new Set()
          window.blanks = 0
          const look = () => {
            heights.add(document.querySelector("[data-testid=stMain]").scrollHeight)
            if (document.querySelector(".lab-chart .main-svg .scatterlayer .js-line") === null) blanks += 1
            requestAnimationFrame(look)
          }
          look()
        }"""
    )
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 350, box["y"] + 90, steps=5)
    page.mouse.up()
    whole = page.get_by_role("button", name="Show the whole run").first
    expect(whole).to_be_visible()
    zoomed = page.evaluate("() => document.querySelector('.lab-chart')._fullLayout.xaxis.range.slice()")
    before = page.evaluate(NEWEST)
    wait_for_ticks(page, 4)
    assert page.evaluate(NEWEST) > before
    now = page.evaluate("() => document.querySelector('.lab-chart')._fullLayout.xaxis.range")
    assert now == pytest.approx(zoomed)
    assert zoomed[1] - zoomed[0] < EPOCHS / 2
    assert page.evaluate(
        "() => kept.filter(element => element.matches('.main-svg')).every(e => e.isConnected)"
    )
    assert page.evaluate("() => blanks") == 0
    assert len(page.evaluate("() => [...heights]")) == 1
    whole.click()
    expect(whole).to_be_hidden()
    end = page.evaluate("() => document.querySelector('.lab-chart')._fullLayout.xaxis.range[1]")
    assert end == pytest.approx(EPOCHS * 1.012)


def test_the_chart_is_read_and_zoomed_from_the_keyboard(welcome, growing):
    page = watch(welcome(), growing)
    wait_for_ticks(page, 2)
    chart = page.locator(".lab-chart").first
    chart.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator(".lab-spoken").first).to_contain_text(re.compile("validation"))
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="Show the whole run").first).to_be_visible()
    wait_for_ticks(page, 2)
    assert page.evaluate(SPAN) < EPOCHS * 0.7
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Show the whole run").first).to_be_hidden()
    assert page.evaluate(SPAN) > EPOCHS


def bytes_by_tick(visitor: Visitor, run_id: str, count: int) -> list[int]:
    """What comes over the websocket in each of some ticks, from one end of a script to the next."""
    frames: list[bytes] = []

    def listen(socket: WebSocket) -> None:
        socket.on(
            "framereceived",
            lambda frame: frames.append(frame if isinstance(frame, bytes) else frame.encode()),
        )

    visitor.page.on("websocket", listen)
    page = watch(visitor, run_id)
    wait_for_ticks(page, 2)
    start = len(frames)
    while len(ticks := whole_ticks(frames[start:])) < count:
        wait_for_ticks(page, 1)
    return ticks


def whole_ticks(frames: list[bytes]) -> list[int]:
    """The bytes of each tick, but for the first, of which a part may have come before."""
    ticks, size, kinds = [], 0, set()
    for frame in frames:
        message = ForwardMsg()
        message.ParseFromString(frame)
        size += len(frame)
        kinds.add(message.WhichOneof("type"))
        if message.WhichOneof("type") == "script_finished":
            if "navigation" not in kinds:  # a whole page, when the run's status has changed
                ticks.append(size)
            size, kinds = 0, set()
    return ticks[1:]


@pytest.mark.slow
def test_a_tick_of_the_longest_run_is_small(welcome, home):
    store = RunStore(home / "runs")
    recipe = synthetic_runs.plateau_recipe(LONGEST_EPOCHS)
    run = store.create(recipe)
    until = LONGEST_EPOCHS - 6
    worker = threading.Thread(
        target=synthetic_runs.grow,
        args=(store, recipe),
        kwargs={
            "steps": LONGEST_STEPS,
            "created": run,
            "wait": time.sleep,
            "wait_from": until,
            "stage_seconds": 0,
        },
    )
    worker.start()
    while worker.is_alive() and store.get(run.id).epoch < until:
        time.sleep(1)
    ticks = bytes_by_tick(welcome(), run.id, 5)
    worker.join()
    store.close()
    assert max(ticks) < MOST_TICK_BYTES, ticks


def test_a_tick_is_small(welcome, growing):
    ticks = bytes_by_tick(welcome(), growing, 4)
    assert max(ticks) < MOST_TICK_BYTES, ticks


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("window", [(1280, 800), (390, 844)], ids=["laptop", "phone"])
def test_a_watched_run_fits_its_window_and_can_be_read(welcome, growing, theme, window):
    visitor = welcome(color_scheme=theme, viewport={"width": window[0], "height": window[1]})
    page = watch(visitor, growing)
    wait_for_ticks(page, 2)
    assert visitor.overflow_pixels() == 0
    for chart in page.locator(".lab-chart").all():
        assert len(chart.get_attribute("aria-label")) > 40
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('.lab-chart text')].filter(text => text.textContent.trim())"
        ".map(text => parseFloat(getComputedStyle(text).fontSize))"
    )
    assert sizes
    assert min(sizes) >= 14
    if window[0] == 1280:
        box = page.locator(".lab-chart").first.bounding_box()
        assert box["y"] + box["height"] <= 810


def test_a_run_that_ends_is_polled_no_more(welcome, home):
    store = RunStore(home / "runs")
    run = synthetic_runs.grow(store, synthetic_runs.plateau_recipe(4))
    store.close()
    visitor = welcome()
    sent = []
    visitor.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(len(frame))))
    page = watch(visitor, run.id)
    visitor.settle()
    before = len(sent)
    page.wait_for_timeout(4000)
    assert len(sent) == before
    expect(page.locator(".lab-run-head")).to_contain_text("4 of 4 epochs")
