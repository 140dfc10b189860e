"""The Mistakes page in a real browser: a guess, a cell, a mistake taken to Draw, an answer counted."""

import re

import pytest
from playwright.sync_api import Locator, expect
from test_look import SMALL_TEXT, WINDOWS

from benchmarks.visitor import Visitor
from model.checkpoint import load_checkpoint

pytestmark = pytest.mark.browser

PLATEAU = "Mistakes?model=plateau"  # its digits are built in: its pictures are there without MNIST
CONFUSION = load_checkpoint("plateau").card["accuracy"]["validation"]["confusion"]


def cell(visitor: Visitor, label: int, read: int) -> Locator:
    return visitor.page.locator(f'.lab-confusions button[data-choice="{label}-{read}"]')


def commonest() -> tuple[int, int]:
    cells = [(label, read) for label in range(10) for read in range(10) if label != read]
    return max(cells, key=lambda pair: CONFUSION[pair[0]][pair[1]])


def test_a_guess_is_made_by_its_cell_and_the_counts_appear(visitor):
    visitor.open(PLATEAU)
    expect(cell(visitor, 4, 9)).to_have_text("")
    cell(visitor, 4, 9).click()
    expect(visitor.page.locator(".lab-note")).to_contain_text("You guessed 4 read as 9")
    label, read = commonest()
    expect(cell(visitor, label, read)).to_have_text(str(CONFUSION[label][read]))
    expect(visitor.page.locator(".lab-reports")).to_be_visible()


def test_a_cell_opens_and_a_mistake_is_taken_to_draw(visitor):
    label, read = commonest()
    visitor.open(f"{PLATEAU}&confused=0-0")
    cell(visitor, label, read).click()
    visitor.page.wait_for_url(re.compile(f"confused={label}-{read}"))
    digits = visitor.page.locator(".lab-picks button")
    expect(digits).to_have_count(CONFUSION[label][read])
    place = digits.first.get_attribute("data-choice")
    digits.first.click()
    expect(visitor.page.locator(".lab-hand")).to_contain_text(f"number {int(place):,}")
    expect(visitor.page.locator(".lab-mistake")).to_contain_text(f"labelled {label}, read as {read}")
    visitor.page.get_by_role("button", name="Draw", exact=True).click()
    expect(visitor.page.get_by_role("heading", name="Draw", level=1)).to_be_visible()
    expect(visitor.verdict()).to_contain_text(str(read))
    expect(visitor.page.locator(".lab-remark")).to_contain_text(f"Wrong: it is labelled {label}.")


def test_the_matrix_is_walked_with_the_keyboard(visitor):
    visitor.open(f"{PLATEAU}&confused=4-9")
    cell(visitor, 4, 9).focus()
    for key, expected in (("ArrowLeft", "4-8"), ("ArrowDown", "5-8"), ("ArrowUp", "4-8"), ("Home", "0-0")):
        visitor.page.keyboard.press(key)
        focused = visitor.page.locator("button[data-choice]:focus")
        expect(focused).to_have_attribute("data-choice", expected)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(re.compile("confused=0-0"))
    expect(cell(visitor, 0, 0)).to_be_focused()


def test_what_one_reads_is_asked_first_and_then_counted(visitor):
    visitor.open(f"{PLATEAU}&sight=gallery&judged=test")  # nobody else here answers about these
    expect(visitor.page.locator(".lab-asked-about img")).to_be_visible()
    expect(visitor.page.locator(".lab-mistake .lab-bars")).to_have_count(0)
    visitor.page.get_by_role("radio", name="Nobody can tell").click()
    expect(visitor.page.locator(".lab-counted")).to_contain_text("say that nobody can tell")
    expect(visitor.page.locator(".lab-mistake .lab-bars")).to_be_visible()
    expect(visitor.page.locator(".lab-near img")).to_have_count(6)


VIEWS = {"matrix": "confused=4-9", "classes": "", "gallery": "sight=gallery"}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_the_page_fits_its_window_and_can_be_read(welcome, view, theme, window):
    visitor = welcome(color_scheme=theme, viewport=WINDOWS[window])
    visitor.open(f"{PLATEAU}&{VIEWS[view]}")
    visitor.page.locator(".lab-choices button").first.wait_for()
    visitor.settle()
    assert visitor.overflow_pixels() == 0
    assert visitor.page.evaluate(SMALL_TEXT, 14) == []
    nameless = visitor.page.locator(
        "img:not([alt]), [role=img]:not([aria-label]), button[data-choice]:not([aria-label])"
    )
    assert [each.evaluate("element => element.outerHTML.slice(0, 200)") for each in nameless.all()] == []


@pytest.mark.parametrize("view", ["matrix", "gallery"])
def test_on_a_laptop_the_picture_stands_above_the_fold(visitor, view):
    visitor.open(f"{PLATEAU}&{VIEWS[view]}")
    shown = visitor.page.locator(".lab-confusions tbody" if view == "matrix" else ".lab-asked-about img")
    shown.wait_for()
    box = shown.bounding_box()
    assert box["y"] + box["height"] <= WINDOWS["laptop"]["height"]
