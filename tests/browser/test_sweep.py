"""The sweep and the warning in a real browser: guess, reveal, exact values by hand and by keyboard."""

import pytest
from playwright.sync_api import expect

from benchmarks.visitor import Visitor

pytestmark = pytest.mark.browser

CURVES = ".lab-chart .main-svg"
PHONE = {"width": 390, "height": 844}


def reveal(visitor: Visitor) -> None:
    visitor.page.get_by_test_id("stCheckbox").filter(has_text="Show").click()
    visitor.page.locator(CURVES).first.wait_for()
    visitor.settle()


@pytest.fixture
def turned(visitor) -> Visitor:
    """A 6 of the data, and its rotation swept."""
    visitor.open("Augmentation?show=sweep&change=rotation&from=data&digit=mnist-validation-18")
    visitor.page.get_by_text("Guess: at which angle is this 6 first read as a 9?").wait_for()
    return visitor


def test_the_curves_come_after_the_guess_and_tell_exact_values(turned):
    page = turned.page
    assert page.locator(CURVES).count() == 0
    slider = page.get_by_role("slider", name="Guess: at which angle")
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    turned.settle()
    reveal(turned)
    expect(page.get_by_text("your guess was 10°")).to_be_visible()
    expect(page.locator(".annotation").filter(has_text="your guess")).to_be_visible()
    chart = page.locator(".lab-chart")
    chart.focus()
    chart.press("Home")
    expect(page.locator(".hoverlayer")).to_contain_text("−180°: reads")
    for _ in range(36):
        chart.press("ArrowRight")
    expect(page.locator(".hoverlayer")).to_contain_text("0°: reads 6")


def test_the_pictures_stand_over_their_places_on_the_axis(turned):
    reveal(turned)
    strip = turned.page.locator(".lab-strip img:visible").bounding_box()
    field = turned.page.locator(".lab-chart .bglayer rect, .lab-chart .plot").first.bounding_box()
    assert strip is not None
    assert field is not None
    assert strip["x"] == pytest.approx(field["x"], abs=2)
    assert strip["width"] == pytest.approx(field["width"], abs=3)


def test_the_sweep_fits_a_phone(welcome):
    visitor = welcome(viewport=PHONE)
    visitor.open("Augmentation?show=sweep&change=rotation&from=data&digit=mnist-validation-18")
    visitor.page.get_by_text("Guess: at which angle").wait_for()
    reveal(visitor)
    assert visitor.overflow_pixels() == 0


def test_a_dangerous_range_is_warned_of_with_its_pictures(visitor):
    visitor.open("Augmentation?show=label&change=flip")
    page = visitor.page
    page.get_by_text("Not in the recipe so far").wait_for()
    page.get_by_label("left–right").check()
    expect(page.get_by_text("Unsafe:", exact=True)).to_be_visible()
    expect(page.locator(".lab-warning")).to_contain_text("Flip turns 2s")
    expect(page.locator(".lab-broken").first).to_contain_text("this 5 now reads 2")
    box = page.locator(".lab-broken i").first.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (56, 56)
