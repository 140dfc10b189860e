"""Worse digits and no digits in a real browser: guess, see, open a row, move a threshold, fit the window."""

import re

import pytest
from playwright.sync_api import expect
from test_look import SMALL_TEXT

from benchmarks.visitor import Visitor

pytestmark = pytest.mark.browser

DIGIT = "model=plateau&from=data&digit=mini-validation-7"
WORSE, STRANGERS = f"Mistakes?sight=worse+digits&{DIGIT}", f"Mistakes?sight=no+digit&{DIGIT}"
FIGURES = ".lab-sheet td b"
CURVES = ".lab-chart .main-svg"
PATIENCE = 60_000  # ms: a busy machine reads for a while


@pytest.fixture
def visitor(welcome) -> Visitor:
    return welcome()


def rows(visitor: Visitor):
    return visitor.page.locator(".lab-sheet [data-choice]")


def reveal(visitor: Visitor) -> None:
    visitor.page.get_by_text("Show it without a guess").click()
    visitor.settle()


def test_a_guess_brings_the_figures_and_a_row_opens_its_curve(visitor):
    visitor.open(WORSE)
    expect(rows(visitor)).to_have_count(15)
    expect(visitor.page.locator(FIGURES)).to_have_count(0)
    visitor.page.get_by_role("radio", name="Noise").click()
    expect(visitor.page.locator(FIGURES)).to_have_count(75)
    expect(visitor.page.locator(".lab-note")).to_contain_text("You guessed Noise")
    visitor.page.locator("[data-choice=fog]").click()
    expect(visitor.page.locator(".lab-series td")).to_have_count(6)
    visitor.page.locator(CURVES).first.wait_for()
    expect(visitor.page.get_by_role("img", name=re.compile("^Accuracy under fog"))).to_be_visible()


def test_the_keyboard_walks_through_the_rows_and_opens_one(visitor):
    visitor.open(WORSE)
    expect(rows(visitor)).to_have_count(15)
    visitor.page.locator("[data-choice='shot noise']").press("ArrowDown")
    below = visitor.page.locator("[data-choice='impulse noise']")
    expect(below).to_be_focused()
    below.press("Enter")
    expect(visitor.page.locator(".lab-series i")).to_have_count(6)


def test_an_epoch_is_tried_row_by_row(visitor):
    visitor.open(WORSE.replace("plateau", "plateau:2"))
    visitor.page.get_by_text("Show it without a guess").click()
    expect(visitor.page.get_by_text(re.compile("Reading worse digits: [0-9,]+ of 37,500"))).to_be_visible(
        timeout=PATIENCE
    )
    for known in (5, 10):
        expect(visitor.page.locator(FIGURES).nth(known - 1)).to_be_visible(timeout=PATIENCE)


def test_a_threshold_lets_fewer_pass(visitor):
    visitor.open(STRANGERS)
    expect(visitor.page.locator(".lab-strangers i")).to_have_count(40)
    reveal(visitor)
    visitor.page.locator(CURVES).first.wait_for()
    visitor.page.get_by_role("radio", name="My own").click()
    slider = visitor.page.get_by_role("slider", name="How sure it must be")
    expect(visitor.page.locator(".lab-costs")).to_contain_text("At least 90.0% sure")
    slider.press("Home")
    expect(visitor.page.locator(".lab-costs")).to_contain_text("750 of 750 (100.0%)")
    slider.press("End")
    expect(visitor.page.locator(".lab-costs")).to_contain_text("At least 99.99")
    expect(visitor.page.locator(".lab-costs")).not_to_contain_text("750 of 750")


STATES = {"worse": (WORSE, ".lab-sheet i"), "strangers": (STRANGERS, ".lab-strangers i")}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_nothing_sticks_out_and_everything_can_be_read(welcome, state, theme, width):
    address, picture = STATES[state]
    visitor = welcome(color_scheme=theme, viewport={"width": width, "height": 800})
    visitor.open(address)
    visitor.page.locator(picture).first.wait_for()
    reveal(visitor)
    visitor.page.locator(f"{FIGURES}, .lab-costs").first.wait_for()
    visitor.settle()
    assert visitor.overflow_pixels() == 0
    assert visitor.page.evaluate(SMALL_TEXT, 14) == []


def test_all_figures_stand_above_the_fold(welcome):
    visitor = welcome(viewport={"width": 1280, "height": 800})
    visitor.open(WORSE)
    expect(rows(visitor)).to_have_count(15)
    reveal(visitor)
    expect(visitor.page.locator(FIGURES)).to_have_count(75)
    for place in (0, 74):
        box = visitor.page.locator(FIGURES).nth(place).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
