"""Looks at a running dashboard as its first visitor, `python .ci/look.py URL LOG`; fails if aught is amiss.

Amiss is: a page that doesn't come to its end, a digit misread, an error in the console, a request to
anywhere but the dashboard, or a line in the server's log LOG beyond Streamlit's greeting.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.chromium import launch_chromium
from benchmarks.dashboard import log_faults
from benchmarks.handwriting import STROKES
from benchmarks.visitor import visit


def look(url: str, log: Path) -> list[str]:
    """Opens the landing page, draws a digit on the Draw page, and returns what was amiss."""
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        with visit(browser, url) as visitor:
            visitor.open()
            visitor.go_to("Draw")
            visitor.draw(STROKES[3])
            visitor.expect_verdict(3)
        browser.close()
    return [*visitor.faults, *log_faults(log.read_text(encoding="utf-8"))]


if __name__ == "__main__":
    faults = look(sys.argv[1], Path(sys.argv[2]))
    if faults:
        sys.exit("\n".join(["Something is amiss:", *faults]))
    sys.stdout.write("The first page stands, a drawn 3 is read as a 3, and the log is clean.\n")
