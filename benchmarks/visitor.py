"""A visitor of the dashboard: a browser's page with a mouse, and an eye for what goes wrong."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, Request, expect

from benchmarks.handwriting import Point

PATIENCE_MILLISECONDS = 20_000
WORK_MILLISECONDS = 60_000  # the first "Why?" of a server reads all validation digits
VERDICT = "The network reads"
# Opened at a page's address, Streamlit's script first looks for its server below that: no fault.
SEARCH_FOR_SERVER = re.compile(r"/\w+/_stcore/(health|host-config)$")

OVERFLOW = """() => {
  const page = [document.documentElement, document.body, document.querySelector("main")]
  const scrolled = page.map(element => element.scrollWidth - element.clientWidth)
  const cut = [...document.querySelectorAll("main *")]
    .filter(element => element.checkVisibility() && !element.closest("[hidden], .katex-mathml, .hide-tail"))
    .map(element => element.getBoundingClientRect().right - innerWidth)
  return Math.max(0, ...scrolled, ...cut.map(Math.floor))
}"""


class Visitor:
    """One person with one browser tab.

    Args:
        page: The tab.
        home: The dashboard's address, with a slash at its end.

    Attributes:
        page: The tab.
        faults: What went wrong so far, in words: errors in the browser's console, exceptions that nobody
            caught, requests that failed, and requests to anywhere but the dashboard.
    """

    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.home = home
        self.faults: list[str] = []
        page.set_default_timeout(PATIENCE_MILLISECONDS)
        page.on("console", self._note_console)
        page.on("pageerror", self._note_exception)
        page.on("request", self._note_request)
        page.on("requestfailed", self._note_failure)

    def _note_console(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        if message.type == "error" and not SEARCH_FOR_SERVER.search(url):
            self.faults.append(f"console: {message.text} ({url})")

    def _note_exception(self, error: Error) -> None:
        self.faults.append(f"exception: {error.message}")

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.netloc != urlsplit(self.home).netloc:
            self.faults.append(f"outside request: {request.url}")

    def _note_failure(self, request: Request) -> None:
        # What the browser itself breaks off, because the person leaves the page, is nobody's loss.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url} ({request.failure})")

    def open(self, path: str = "") -> None:
        """Opens one of the dashboard's addresses, such as "Draw?pen=30", and waits until it stands."""
        self.page.goto(self.home + path)
        self.settle()

    def settle(self) -> None:
        """Waits until the page's script has come to its end and what it made is on the screen."""
        standing = self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
        standing.wait_for(timeout=WORK_MILLISECONDS)
        self.page.locator("h1").first.wait_for()
        for failure in self.page.get_by_test_id("stException").all():
            self.faults.append(f"the page failed: {failure.inner_text()}")

    def canvas(self) -> Locator:
        """Returns the canvas that takes the pen (the uppermost of the component's layers)."""
        canvas = self.page.locator("canvas.upper-canvas")
        canvas.wait_for()
        return canvas

    def draw(self, strokes: list[list[Point]], side: float = 280.0) -> None:
        """Draws strokes with the mouse, without waiting for what comes of it.

        Args:
            strokes: Points in pixels of a canvas of `side` by `side`.
            side: The canvas's own width, which may be shown larger or smaller.
        """
        canvas = self.canvas()
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        scale = box["width"] / side
        for stroke in strokes:
            points = [(box["x"] + x * scale, box["y"] + y * scale) for x, y in stroke]
            self.page.mouse.move(*points[0])
            self.page.mouse.down()
            for point in points[1:]:
                self.page.mouse.move(*point)
            self.page.mouse.up()

    def verdict(self) -> Locator:
        """Returns where the page says what the network reads; it's there once there is something to read."""
        return self.page.get_by_role("status").filter(has_text=VERDICT)

    def read_verdict(self) -> int:
        """Waits for a verdict and returns its digit, that of a drawing not yet finished perhaps."""
        said = self.verdict().text_content() or ""
        found = re.search(rf"{VERDICT}\s*(\d)", said)
        if found is None:
            raise AssertionError(f"no digit in {said!r}")
        return int(found[1])

    def expect_verdict(self, digit: int) -> None:
        """Waits until the page says that the network reads `digit`.

        Raises:
            AssertionError: It says something else, and goes on doing so.
        """
        expect(self.verdict()).to_contain_text(
            re.compile(rf"{VERDICT}\s*{digit}\b"), timeout=PATIENCE_MILLISECONDS
        )

    def go_to(self, title: str) -> None:
        """Follows the link at the top to another page, and waits until it stands."""
        self.page.get_by_role("link", name=title, exact=True).first.click()
        self.settle()

    def press(self, name: str) -> None:
        """Presses the page's button of that name (the canvas's toolbar has the same, without text)."""
        self.page.get_by_role("button", name=name, exact=True).filter(has_text=name).click()

    def clear(self) -> None:
        """Clears the canvas, and waits until nothing is read any more."""
        self.press("Clear")
        self.verdict().wait_for(state="detached")
        self.settle()

    def overflow_pixels(self) -> float:
        """Returns how far the page reaches beyond the right edge of the window, to scroll to or cut off."""
        return self.page.evaluate(OVERFLOW)


@contextmanager
def browser_profile(browser: Browser, **options: object) -> Iterator[BrowserContext]:
    """Gives a fresh profile, without a cache, and a window of 1280×800 for the length of a `with` block.

    Args:
        browser: A running browser.
        options: Playwright's, such as `color_scheme="dark"`.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    try:
        yield context
    finally:
        context.close()


@contextmanager
def visit(browser: Browser, home: str, **options: object) -> Iterator[Visitor]:
    """Gives a visitor with a fresh profile for the length of a `with` block.

    Args:
        browser: A running browser.
        home: The dashboard's address.
        options: As for `browser_profile`.
    """
    with browser_profile(browser, **options) as context:
        yield Visitor(context.new_page(), home)
