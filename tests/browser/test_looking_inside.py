"""Looking inside in a real browser: one filter, why, where the digits lie, two networks side by side."""

import re

import pytest
from playwright.sync_api import expect
from test_look import SMALL_TEXT, WINDOWS

pytestmark = pytest.mark.browser

DIGIT = "model=plateau&from=data&digit=mnist-validation-7"
LOOKS = {
    "one filter": "These excite it most",
    "why": "Occlusion",
    "where digits lie": "of their spread",
    "compare": "plateau, untrained",
}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("look", LOOKS)
def test_a_view_fits_its_window_and_can_be_read(welcome, look, theme, window):
    visitor = welcome(color_scheme=theme, viewport=WINDOWS[window])
    visitor.open(f"Filters?look={look}&layer=3&unit=4&{DIGIT}")
    visitor.page.get_by_text(LOOKS[look]).first.wait_for()
    visitor.settle()
    assert visitor.page.evaluate(SMALL_TEXT, 14) == []
    main = visitor.page.locator("main, [data-testid=stMain]").first
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
    nameless = visitor.page.locator("img:not([alt]), [role=img]:not([aria-label]):not([aria-labelledby])")
    assert [each.evaluate("element => element.outerHTML.slice(0, 200)") for each in nameless.all()] == []


@pytest.mark.parametrize(
    ("look", "seen"),
    [
        ("one filter", ".lab-classes"),
        ("why", "[class*=st-key-why-maps]"),
        ("where digits lie", ".lab-scatter"),
        ("compare", ".lab-beside"),
    ],
)
def test_what_matters_stands_above_the_fold(welcome, look, seen):
    visitor = welcome(viewport=WINDOWS["laptop"])
    visitor.open(f"Filters?look={look}&layer=3&unit=4&{DIGIT}")
    visitor.page.get_by_text(LOOKS[look]).first.wait_for()
    visitor.settle()
    box = visitor.page.locator(seen).bounding_box()
    assert box["y"] + box["height"] <= WINDOWS["laptop"]["height"]


def test_the_sanity_checks_words_stand_above_the_fold(welcome):
    visitor = welcome(viewport=WINDOWS["laptop"])
    visitor.open(f"Filters?look=why&{DIGIT}")
    visitor.page.get_by_text("Sanity check").click()
    expect(visitor.page.get_by_text("random: alike")).to_have_count(5, timeout=30_000)  # five methods, twice
    for words in (*visitor.page.locator(".lab-method .lab-small").all(), visitor.page.locator(".lab-above")):
        box = words.bounding_box()
        assert box["y"] + box["height"] <= WINDOWS["laptop"]["height"]
    expect(visitor.page.locator(".lab-above")).to_contain_text("random weights")


def test_a_digit_is_met_by_the_pointer_and_taken_with_a_click(visitor):
    visitor.open(f"Filters?look=where+digits+lie&{DIGIT}")
    scatter = visitor.page.locator(".lab-scatter")
    expect(scatter).to_have_attribute("aria-label", re.compile("validation digits as points, by PCA"))
    scatter.focus()
    visitor.page.keyboard.press("ArrowRight")
    tip = visitor.page.locator(".lab-tip")
    expect(tip).to_contain_text(re.compile(r"labelled \d.* sure"))
    # the pointer meets the same digit where the keyboard has found it
    said = tip.text_content()
    box = scatter.bounding_box()
    spot = scatter.evaluate("element => element.dataset.at").split()
    visitor.page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    visitor.page.mouse.move(box["x"] + float(spot[0]), box["y"] + float(spot[1]))
    expect(tip).to_have_text(said)
    visitor.page.mouse.down()
    visitor.page.mouse.up()
    expect(visitor.page.locator(".lab-hand")).not_to_contain_text("number 7")
    expect(visitor.page).to_have_url(re.compile(r"digit=m\w+-validation-\d+"))


def test_enter_takes_a_digit_too(visitor):
    visitor.open(f"Filters?look=where+digits+lie&{DIGIT}")
    visitor.page.locator(".lab-scatter[aria-label]").focus()
    visitor.page.keyboard.press("ArrowUp")
    expect(visitor.page.locator(".lab-scatter + .lab-spoken")).to_contain_text("labelled")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(".lab-hand")).not_to_contain_text("number 7")


def test_a_filter_is_switched_off_and_the_verdict_follows(visitor):
    visitor.open(f"Filters?look=one+filter&layer=0&unit=3&{DIGIT}")
    visitor.page.get_by_text("These excite it most").wait_for()
    visitor.page.get_by_text("Switched on").click()
    expect(visitor.page).to_have_url(re.compile("out=0-3"))
    visitor.open(f"Filters?look=filters&layer=0&out=0-3&{DIGIT}")
    expect(visitor.page.locator(".lab-consequences")).to_contain_text(re.compile(r"of 500 validation digits"))
    visitor.press("All on")
    expect(visitor.page.locator(".lab-consequences")).to_have_count(0)


def test_why_not_another_digit(visitor):
    visitor.open(f"Filters?look=why&{DIGIT}")
    visitor.page.get_by_role("radio", name="4", exact=True).click()
    expect(visitor.page.locator(".lab-asked")).to_have_text(re.compile("Why not 4"))
    expect(visitor.page).to_have_url(re.compile("target=4"))
    visitor.page.get_by_text("Sanity check").click()
    expect(
        visitor.page.locator(".lab-method").filter(has_text=re.compile(r"alike −?[01]\.\d\d"))
    ).to_have_count(5)


def test_the_points_glide_when_the_epoch_changes(visitor):
    visitor.open(f"Filters?look=where+digits+lie&{DIGIT}")
    canvas = visitor.page.locator(".lab-scatter canvas")
    visitor.page.locator(".lab-scatter[aria-label]").wait_for()
    visitor.settle()
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    visitor.page.get_by_role("slider", name="Epoch").focus()
    visitor.page.keyboard.press("ArrowLeft")
    expect(visitor.page).to_have_url(re.compile("model=plateau%3A19"))
    visitor.page.wait_for_function(
        "before => (document.querySelector('.lab-scatter canvas')?.toDataURL() ?? before) !== before",
        arg=before,
    )
