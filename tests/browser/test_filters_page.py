"""The Filters page in a real browser: scrubbing, playing, choosing, switching off, taking away, fitting."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from test_look import SMALL_TEXT

from benchmarks.visitor import OVERFLOW, Visitor

pytestmark = pytest.mark.browser

DIGIT = "from=data&digit=mnist-validation-7"
LAST_EPOCH = 20  # of the bundled network "plateau"
PICTURE = "canvas => canvas.toDataURL()"


@pytest.fixture
def visitor(welcome) -> Visitor:
    return welcome()


def expect_shown(visitor: Visitor, checkpoint: str) -> None:
    """Waits until the atlas shows a checkpoint's numbers."""
    visitor.page.locator(f'.lab-atlas[data-shown="{checkpoint}"]').wait_for()


def sheet(visitor: Visitor, title: str) -> Locator:
    return visitor.page.locator(".lab-atlas-sheets section").filter(has_text=title).locator("canvas").first


def large(visitor: Visitor) -> Locator:
    """The picture that is shown large."""
    return visitor.page.locator(".lab-atlas-panel figure").nth(1)


def test_the_slider_scrubs_through_the_epochs_and_the_maps_follow(visitor):
    visitor.open(f"Filters?model=plateau:3&{DIGIT}")
    expect_shown(visitor, "plateau:3")
    before = sheet(visitor, "convolution 1").evaluate(PICTURE)
    visitor.page.get_by_role("slider", name="Epoch").focus()
    visitor.page.keyboard.press("ArrowRight")
    expect_shown(visitor, "plateau:4")
    assert sheet(visitor, "convolution 1").evaluate(PICTURE) != before
    expect(visitor.page.locator(".lab-said")).to_contain_text("epoch 4")
    visitor.page.keyboard.press("ArrowLeft")
    expect_shown(visitor, "plateau:3")
    assert sheet(visitor, "convolution 1").evaluate(PICTURE) == before


def test_a_click_on_the_rate_curve_takes_that_epoch_in_hand(visitor):
    visitor.open(f"Filters?model=plateau:3&{DIGIT}")
    expect_shown(visitor, "plateau:3")
    line = visitor.page.locator(".lab-line")
    box = line.bounding_box()
    line.click(position={"x": box["width"] - 12, "y": 20})
    expect_shown(visitor, f"plateau:{LAST_EPOCH}")
    expect(line).to_have_attribute("aria-label", re.compile(r"Here: epoch 20, rate 0\.\d+.*it reads \d"))


def test_it_plays_to_the_end_and_can_be_stopped(visitor):
    visitor.open(f"Filters?model=plateau:{LAST_EPOCH - 3}&{DIGIT}")
    expect_shown(visitor, f"plateau:{LAST_EPOCH - 3}")
    visitor.page.get_by_label("Epochs a second").select_option("8")
    visitor.page.get_by_role("button", name="Play").click()
    expect_shown(visitor, f"plateau:{LAST_EPOCH}")
    expect(visitor.page.locator(".lab-play")).to_contain_text("Play")
    visitor.page.get_by_label("Epochs a second").select_option("2")
    visitor.page.locator(".lab-play").click()  # at the end it begins anew
    expect(visitor.page.locator(".lab-said")).to_contain_text(re.compile(r"epoch ([1-9]|1[0-5])rate"))
    visitor.page.get_by_role("button", name="Stop").click()
    expect(visitor.page.locator(".lab-play")).to_contain_text("Play")

    def epoch():
        return int(re.search(r"epoch (\d+)", visitor.page.locator(".lab-said").text_content())[1])

    there = epoch()
    time.sleep(2)  # two a second would be four
    assert epoch() <= there + 1  # one may have been on its way
    visitor.settle()


def test_a_map_is_seen_large_under_the_pointer_and_kept_by_a_click(visitor):
    visitor.open(f"Filters?model=plateau:7&{DIGIT}")
    expect_shown(visitor, "plateau:7")
    expect(large(visitor)).to_contain_text("activation 1, map")  # a lively one, until one is chosen
    expect(visitor.page.locator(".lab-readout")).to_contain_text("Point at a map")
    maps = sheet(visitor, "activation 1")
    maps.hover(position={"x": 170, "y": 20})
    expect(large(visitor)).to_have_text("activation 1, map 3")
    readout = visitor.page.locator(".lab-readout")
    expect(readout).to_have_text(re.compile(r"row \d+, column \d+: [−\d.]+\. It sees 6 × 6 of the digit"))
    maps.click(position={"x": 170, "y": 20})
    visitor.page.wait_for_url(re.compile("layer=2&unit=3"))
    visitor.page.mouse.move(5, 5)
    expect(large(visitor)).to_have_text("activation 1, map 3")
    visitor.page.reload()
    expect_shown(visitor, "plateau:7")
    expect(large(visitor)).to_have_text("activation 1, map 3")


def test_the_keyboard_walks_through_maps_and_cells(visitor):
    visitor.open(f"Filters?model=plateau:7&{DIGIT}")
    expect_shown(visitor, "plateau:7")
    sheet(visitor, "convolution 1").focus()
    for _ in range(3):
        visitor.page.keyboard.press("ArrowRight")
    spoken = visitor.page.get_by_role("status").filter(has_text="convolution 1, map 2")
    expect(spoken).to_have_count(1)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(re.compile("layer=0&unit=2"))
    large(visitor).locator("canvas").focus()
    visitor.page.keyboard.press("ArrowDown")
    expect(visitor.page.locator(".lab-readout")).to_have_text(
        re.compile("^row 13, column 12: .* 5 × 5 of the")
    )


def test_a_filter_is_chosen_and_switched_off_and_everything_follows(visitor):
    visitor.open(f"Filters?model=plateau:7&look=filters&{DIGIT}")
    expect_shown(visitor, "plateau:7")
    visitor.page.locator(".lab-atlas-sheets canvas").click(position={"x": 600, "y": 60})
    expect(large(visitor)).to_have_text("convolution 1, filter 3")
    off = visitor.page.get_by_role("button", name="Switch filter 3 off")
    off.click()
    visitor.page.wait_for_url(re.compile("out=0-3"))
    visitor.page.get_by_role("button", name="Switch filter 3 on").wait_for()
    expect(large(visitor)).to_have_text("convolution 1, filter 3 (switched off)")
    visitor.page.get_by_role("radio", name="Maps").click()
    visitor.page.wait_for_url(re.compile(r"Filters\?(?!.*look=)"))
    sheet(visitor, "activation 1").wait_for()  # the view of filters has one layer
    maps = sheet(visitor, "convolution 1")
    maps.hover(position={"x": 170, "y": 20})
    expect(large(visitor)).to_have_text("convolution 1, map 3")
    expect(visitor.page.locator(".lab-readout")).to_have_text(re.compile(r"row \d+, column \d+: 0"))


@pytest.mark.parametrize("kind", ["GIF", "WebP"])
def test_the_film_is_taken_away(visitor, kind, tmp_path):
    visitor.open(f"Filters?model=plateau:7&look=filters&{DIGIT}")
    expect_shown(visitor, "plateau:7")
    visitor.page.get_by_role("button", name="Film").click()
    expect(visitor.page.get_by_text("Some filters")).to_be_visible()
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("button", name=kind, exact=True).click()
    waiting.value.save_as(tmp_path / "film")
    head = Path(tmp_path / "film").read_bytes()[:12]
    assert head.startswith(b"GIF89a") if kind == "GIF" else head[8:] == b"WEBP"


STATES = {
    "example": "",
    "epochs": f"?model=plateau:7&{DIGIT}&layer=2&unit=3",
    "filters": f"?model=plateau:7&look=filters&{DIGIT}",
    "large network": f"?look=filters&layer=3&order=norm&{DIGIT}",
}


@pytest.mark.parametrize("width", [1280, 390, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_nothing_sticks_out_and_everything_can_be_read(welcome, state, theme, width):
    visitor = welcome(color_scheme=theme, viewport={"width": width, "height": 800})
    visitor.open("Filters" + STATES[state])
    visitor.page.locator(".lab-atlas[data-shown]").wait_for()
    visitor.page.wait_for_function(f"({OVERFLOW})() === 0")
    assert visitor.page.evaluate(SMALL_TEXT, 14) == []
    nameless = visitor.page.locator("[role=img]:not([aria-label])")
    assert [each.evaluate("element => element.outerHTML.slice(0, 200)") for each in nameless.all()] == []


def test_the_first_layers_maps_stand_above_the_fold(welcome):
    visitor = welcome(viewport={"width": 1280, "height": 800})
    visitor.open(f"Filters?model=plateau:7&{DIGIT}")
    expect_shown(visitor, "plateau:7")
    for title in ("convolution 1", "activation 1"):
        box = sheet(visitor, title).bounding_box()
        assert box["y"] + box["height"] <= 800
    box = large(visitor).bounding_box()
    assert box["y"] + box["height"] <= 800
