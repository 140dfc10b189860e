"""How sure, and over the epochs, in a real browser: guesses, a temperature, two networks, a drop's digits."""

import re

import pytest
from playwright.sync_api import Locator, expect
from test_look import SMALL_TEXT, WINDOWS

from benchmarks.visitor import WORK_MILLISECONDS, Visitor
from model.evaluation.kept_course import bundled_course

pytestmark = pytest.mark.browser

# Its digits and its readings are built in: all of this stands without MNIST.
PLATEAU = "Mistakes?model=plateau"
ACCURACY, CONFIDENCE = f"{PLATEAU}&sight=how+sure", f"{PLATEAU}&sight=how+sure&facet=confidence"
TWO = f"{PLATEAU}&sight=how+sure&facet=two&beside=plateau%3A5"
EPOCHS = "Mistakes?model=plateau%3A6&sight=epochs"
CHART = ".lab-chart .main-svg"
SOON = {"timeout": WORK_MILLISECONDS}  # of a busy machine: a guess may wait for digits that are read


def guess(visitor: Visitor, option: str) -> None:
    visitor.page.get_by_role("radio", name=option, exact=True).click(**SOON)


def chart(visitor: Visitor, said: str) -> Locator:
    """The chart whose words say something: of two with one key the one that is brought up to date."""
    return visitor.page.locator(f'.lab-chart[aria-label*="{said}"]')


def test_other_counts_are_drawn_after_the_guess(visitor):
    visitor.open(ACCURACY)
    expect(chart(visitor, "1,000 digits")).to_have_count(1, **SOON)
    expect(chart(visitor, "60,000 digits")).to_have_count(0, **SOON)
    guess(visitor, "4 times")
    expect(chart(visitor, "60,000 digits")).to_have_count(1, **SOON)
    expect(visitor.page.get_by_text(re.compile("It takes"))).to_be_visible(**SOON)
    expect(chart(visitor, "60,000 digits").locator(".main-svg").first).to_be_visible(**SOON)


def test_a_temperature_of_ones_own_is_drawn_and_told(visitor):
    visitor.open(CONFIDENCE)
    guess(visitor, "as sure as right")
    slider = visitor.page.get_by_role("slider", name="Temperature")
    slider.wait_for(**SOON)
    expect(visitor.page.locator(".lab-figures tbody tr")).to_have_count(2, **SOON)
    slider.focus()
    visitor.page.keyboard.press("End")
    rows = visitor.page.locator(".lab-figures tbody tr")
    expect(rows).to_have_count(3, **SOON)
    expect(rows.last).to_contain_text("yours", **SOON)
    expect(chart(visitor, "temperature 4.00:")).to_have_count(1, **SOON)


def test_two_epochs_are_compared_and_a_digit_that_one_alone_reads_is_taken_in_hand(visitor):
    visitor.open(TWO)
    expect(visitor.page.get_by_text("Guess first:").last).to_be_visible(**SOON)
    expect(visitor.page.locator(".lab-two")).to_have_count(0, **SOON)
    guess(visitor, "the one in hand")
    expect(visitor.page.locator(".lab-two td b")).to_have_count(2, **SOON)
    expect(visitor.page.get_by_text(re.compile("McNemar"))).to_be_visible(**SOON)
    digit = visitor.page.locator("button[data-choice]").first
    place = int(digit.get_attribute("data-choice") or "")
    digit.click()
    expect(visitor.page.locator(".lab-hand")).to_contain_text(f"number {place:,}", **SOON)


def test_a_drop_of_the_rate_shows_what_it_healed(visitor):
    found = bundled_course("plateau")
    assert found is not None
    healed = found.healed_between(5, 6)
    visitor.open(EPOCHS)
    expect(chart(visitor, f", {found.errors[5]} after epoch 5. The rate")).to_have_count(1, **SOON)
    guess(visitor, "half")
    expect(chart(visitor, f", {found.errors[20]} after epoch 20. The rate")).to_have_count(1, **SOON)
    expect(visitor.page.get_by_text(f"{len(healed)} healed")).to_be_visible(**SOON)
    first = visitor.page.locator("button[data-choice]").first
    expect(first).to_have_attribute("data-choice", str(healed[0]), **SOON)
    first.click()
    expect(visitor.page.locator(".lab-hand")).to_contain_text(f"number {healed[0]:,}", **SOON)


def test_a_press_takes_the_epoch_after_another_drop_in_hand(visitor):
    visitor.open(EPOCHS)
    visitor.page.get_by_text("Show it without a guess").click()
    visitor.page.get_by_role("button", name="Epoch 11", exact=True).click()
    visitor.page.wait_for_url(re.compile("model=plateau%3A11"))
    expect(visitor.page.get_by_text("stands at epoch 11")).to_be_visible(**SOON)
    expect(visitor.page.locator(".st-key-model-bar")).to_contain_text("epoch 11", **SOON)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("path", [ACCURACY, CONFIDENCE, TWO, EPOCHS])
def test_it_fits_its_window_and_can_be_read(welcome, path, window):
    visitor = welcome(viewport=WINDOWS[window])
    visitor.open(path)
    visitor.page.get_by_text("Show it without a guess").click()
    if path == TWO:
        visitor.page.locator(".lab-two").wait_for(**SOON)
    else:
        visitor.page.locator(CHART).first.wait_for(**SOON)
    visitor.settle()
    assert visitor.overflow_pixels() == 0
    assert visitor.page.evaluate(SMALL_TEXT, 14) == []
