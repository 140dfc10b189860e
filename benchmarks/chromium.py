"""The browser that looks at the dashboard: one home for the benchmarks and the tests."""

import os
import shutil

from playwright.sync_api import Browser, Error, Playwright

CHROMIUM_VARIABLE = "DIGIT_LAB_CHROMIUM"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM_FLAGS = (
    "--disable-quic",
    "--disable-gpu",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
)


class NoChromiumError(RuntimeError):
    """No Chromium can be started here; the message says where it was looked for."""


def find_chromium() -> str | None:
    """Returns an installed Chromium: what DIGIT_LAB_CHROMIUM names, else the first on the path."""
    named = os.environ.get(CHROMIUM_VARIABLE)
    if named:
        return named
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def launch_chromium(playwright: Playwright) -> Browser:
    """Starts a headless Chromium: the installed one, else the one that Playwright itself has downloaded.

    Raises:
        NoChromiumError: There is neither.
    """
    path = find_chromium()
    try:
        return playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
    except Error as error:
        if path is not None:
            raise NoChromiumError(f"Chromium at {path} doesn't start: {error.message}") from error
        raise NoChromiumError(
            f"no Chromium: the variable {CHROMIUM_VARIABLE} names none, none of {', '.join(CHROMIUM_NAMES)} "
            "is on the path, and Playwright has none of its own (`playwright install chromium` fetches it)"
        ) from error
