"""The Architecture page in a real browser: layers chosen, a guess made, values traced down to the digit."""

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, expect
from test_look import SMALL_TEXT

from benchmarks.visitor import PATIENCE_MILLISECONDS, Visitor
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.layer_table import layer_table
from model.probes.maps import titles
from model.probes.receptive_field import fields_below

pytestmark = pytest.mark.browser

DIGIT = "from=data&digit=mnist-validation-7"
NETWORK = "classic"
LARGEST = "dense 1"  # of its layers, by parameters
# The guess is asked once in a tab: each visitor has a tab of its own.

# An index in a formula is smaller than its letter, as in every book.
SMALL_PROSE = SMALL_TEXT.replace('closest("style', 'closest(".katex, style')

# How far the page, or anything in it that no box scrolls or cuts off, reaches beyond the right edge.
STICKS_OUT = """() => {
  const isKept = element => {
    for (let around = element.parentElement; around; around = around.parentElement) {
      const kept = getComputedStyle(around).overflowX !== "visible" || around.tagName === "svg"
      if (kept && around.getBoundingClientRect().right <= innerWidth) return true
    }
    return false
  }
  const scrolled = [document.documentElement, document.body, document.querySelector("main")]
    .map(element => element.scrollWidth - element.clientWidth)
  const cut = [...document.querySelectorAll("main *")]
    .filter(element => element.checkVisibility() && !element.closest("[hidden], .katex-mathml"))
    .filter(element => element.getBoundingClientRect().right >= innerWidth + 1 && !isKept(element))
    .map(element => element.outerHTML.slice(0, 120))
  return Math.max(...scrolled) > 0 ? [`the page scrolls by ${Math.max(...scrolled)} px`, ...cut] : cut
}"""


def opened(visitor: Visitor, query: str = "") -> Locator:
    """Opens the page; returns the blocks, once they stand."""
    visitor.open(f"Architecture?model={NETWORK}&{DIGIT}{query}")
    visitor.page.locator(".lab-net[data-place]").wait_for()
    return visitor.page.locator(".lab-net-block")


def title(visitor: Visitor) -> Locator:
    """The name of the layer that is opened below."""
    return visitor.page.locator(".lab-layer-title b")


def expect_opened(visitor: Visitor, name: str) -> None:
    """Waits until a layer is opened: on a busy machine the server takes its time."""
    called = re.compile(rf"^{name}(: \w+)?$")  # an activation with its function
    expect(title(visitor)).to_have_text(called, timeout=PATIENCE_MILLISECONDS)


def words(visitor: Visitor) -> Locator:
    return visitor.page.locator(".lab-net-words")


def large(visitor: Visitor) -> Locator:
    """The map that can be pointed into."""
    return visitor.page.locator(".lab-net-panel canvas").nth(1)


def test_a_click_opens_a_layer(visitor):
    blocks = opened(visitor)
    names = titles(load_checkpoint(NETWORK).recipe.layers)
    assert blocks.count() == len(names)
    expect_opened(visitor, names[0])
    blocks.nth(6).click()
    expect_opened(visitor, names[6])
    expect(blocks.nth(6)).to_have_attribute("aria-pressed", "true")
    expect(blocks.nth(0)).to_have_attribute("aria-pressed", "false")
    visitor.page.wait_for_url(re.compile("layer=6"))
    visitor.settle()
    visitor.page.reload()
    visitor.settle()
    expect_opened(visitor, names[6])


def test_arrow_keys_walk_through_the_layers_and_only_the_last_is_opened(visitor):
    blocks = opened(visitor, "&layer=1")
    names = titles(load_checkpoint(NETWORK).recipe.layers)
    blocks.nth(1).focus()
    for _ in range(4):
        visitor.page.keyboard.press("ArrowRight")
    expect(blocks.nth(5)).to_be_focused()
    expect_opened(visitor, names[5])
    visitor.page.keyboard.press("End")
    expect_opened(visitor, names[-1])
    visitor.page.keyboard.press("ArrowRight")  # there is none after the last
    expect(blocks.last).to_have_attribute("aria-pressed", "true")
    visitor.settle()


def test_another_layer_forgets_what_was_chosen_in_the_one_before(visitor):
    blocks = opened(visitor, "&layer=3&unit=5&cell=4-4&facet=kernel")
    blocks.nth(6).click()
    visitor.page.wait_for_url(re.compile(r"layer=6(?!.*(unit|cell|facet)=)"))
    visitor.settle()


def test_what_layers_hold_shows_after_the_guess(visitor):
    blocks = opened(visitor)
    assert "?" in blocks.nth(0).inner_text()
    assert "parameters" not in blocks.nth(0).get_attribute("aria-label")
    visitor.page.get_by_label("My guess:").select_option("convolution 4")
    expect(words(visitor)).to_contain_text(
        f"You said convolution 4 (3·3·64·64 = 36,864 parameters). It is {LARGEST}"
    )
    assert "?" not in blocks.nth(0).inner_text()
    assert "288 parameters" in blocks.nth(0).get_attribute("aria-label")
    visitor.page.get_by_role("link", name="Draw", exact=True).first.click()
    visitor.settle()
    visitor.go_to("Architecture")
    expect(blocks.nth(0)).to_contain_text("288")  # asked once


def test_a_right_guess_is_told_so(visitor):
    opened(visitor)
    visitor.page.get_by_label("My guess:").select_option(LARGEST)
    expect(words(visitor)).to_contain_text(f"Right: {LARGEST} holds 3136·128 = 401,408 parameters")
    visitor.settle()


@pytest.mark.parametrize(("place", "row", "column"), [(3, 12, 14), (12, 0, 13), (14, 6, 3)])
def test_pointing_at_a_value_says_what_it_is_made_of(visitor, place, row, column):
    opened(visitor, f"&layer={place}&unit=2")
    checkpoint = load_checkpoint(NETWORK)
    recipe, names = checkpoint.recipe, titles(checkpoint.recipe.layers)
    box = large(visitor).bounding_box()
    cells = recipe.shapes[place + 1][0]
    side = box["width"] / cells
    before = digit_picture(visitor)
    large(visitor).hover(position={"x": (column + 0.5) * side, "y": (row + 0.5) * side})
    fields = fields_below(recipe, place, row, column)
    expect(words(visitor)).to_contain_text(f"Row {row}, column {column}: ")
    expect(words(visitor)).to_contain_text(f"{fields[0].height}×{fields[0].width} of the digit.")
    # the nearest layer before it that a window looks at: what changes no neighbours is passed over
    below = next(at for at in range(place, -1, -1) if (recipe.layers[at].window() or (0, 0))[0] > 1)
    direct = f"{fields[below].height}×{fields[below].width} of {names[below - 1]}"
    expect(words(visitor)).to_contain_text(direct)
    digit = load_digits("mnist", "validation").images[7:8]
    value = float(checkpoint.network.values(digit)[place + 1][0, row, column, 2])
    said = re.search(r": ([−\d.e]+)\. It", words(visitor).text_content())[1].replace("−", "-")
    assert float(said) == pytest.approx(value, rel=0.02, abs=0.02)
    assert digit_picture(visitor) != before  # the patch is outlined there
    large(visitor).click(position={"x": (column + 0.5) * side, "y": (row + 0.5) * side})
    visitor.page.wait_for_url(re.compile(f"cell={row}-{column}"))
    visitor.page.mouse.move(5, 5)
    expect(words(visitor)).to_contain_text(f"Row {row}, column {column}: ")
    visitor.settle()


def test_a_number_of_the_flattened_list_is_followed_to_its_map_and_to_the_digit(visitor):
    checkpoint = load_checkpoint(NETWORK)
    names = titles(checkpoint.recipe.layers)
    place = next(at for at, name in enumerate(names) if name == "flatten 1")
    opened(visitor, f"&layer={place}")
    before = digit_picture(visitor)
    large(visitor).hover(position={"x": 60, "y": 50})
    expect(words(visitor)).to_contain_text("Number ")
    said = words(visitor).text_content()
    number, row, column, channel = (
        int(re.search(rf"{name} (\d+)", said)[1]) for name in ("Number", "row", "column", "map")
    )
    shape = checkpoint.recipe.shapes[place]
    assert np.unravel_index(number, shape) == (row, column, channel)
    field = fields_below(checkpoint.recipe, place - 1, row, column)[0]
    assert f"map {channel} of {names[place - 1]}, {field.height}×{field.width} of the digit" in said
    assert digit_picture(visitor) != before
    visitor.settle()


def test_colours_mean_the_same_for_a_map_a_layer_or_the_network(visitor):
    blocks = opened(visitor, "&layer=2")
    scale = visitor.page.locator(".lab-net-panel .lab-colours")
    expect(scale).to_have_attribute("aria-label", re.compile("^Black is zero, white the greatest; 0, "))
    values = load_checkpoint(NETWORK).network.values(load_digits("mnist", "validation").images[7:8])
    most = float(scale.locator("span span").last.inner_text())
    assert most == pytest.approx(float(values[3][0, ..., 0].max()), rel=0.01)
    pictures = [blocks.nth(5).locator("canvas").evaluate("canvas => canvas.toDataURL()")]
    for choice in ("layer", "network"):
        visitor.page.get_by_label("One scale of colours for").select_option(choice)
        pictures.append(blocks.nth(5).locator("canvas").evaluate("canvas => canvas.toDataURL()"))
    assert len(set(pictures)) == 3
    visitor.page.get_by_label("One scale of colours for").select_option("map")
    assert blocks.nth(5).locator("canvas").evaluate("canvas => canvas.toDataURL()") == pictures[0]
    visitor.settle()


def test_a_layers_shares_of_both_costs_are_told(visitor):
    blocks = opened(visitor)
    visitor.page.get_by_role("button", name="Show", exact=True).click()
    rows = layer_table(load_checkpoint(NETWORK).recipe.layers)
    shares = [
        100 * getattr(rows[3], name) / sum(getattr(row, name) for row in rows)
        for name in ("parameters", "multiply_adds")
    ]
    blocks.nth(3).hover()
    for share in shares:
        expect(words(visitor)).to_contain_text(f"({share:.0f}% of all)")
        expect(blocks.nth(3)).to_have_attribute("aria-label", re.compile(rf"\({share:.0f}%\)"))
    visitor.settle()


def test_the_map_that_is_asked_about_is_covered_until_the_guess(visitor):
    opened(visitor, "&layer=0&unit=3")
    covered = large(visitor).evaluate("canvas => canvas.toDataURL()")
    visitor.page.locator(".st-key-aside").get_by_role("button", name="Show it").click()
    expect(visitor.page.locator(".st-key-aside")).to_contain_text("Its largest sum is")
    visitor.page.wait_for_function(
        "before => document.querySelectorAll('.lab-net-panel canvas')[1].toDataURL() !== before", arg=covered
    )
    visitor.settle()


def digit_picture(visitor: Visitor) -> str:
    canvas = visitor.page.locator(".lab-net-panel canvas").first
    return canvas.evaluate("canvas => canvas.toDataURL()")


def test_the_keyboard_walks_through_the_values_of_a_map(visitor):
    opened(visitor, "&layer=3")
    large(visitor).focus()
    visitor.page.keyboard.press("ArrowDown")
    expect(words(visitor)).to_contain_text("Row 15, column 14: ")
    visitor.page.keyboard.press("ArrowRight")
    expect(words(visitor)).to_contain_text("Row 15, column 15: ")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(re.compile("cell=15-15"))
    visitor.settle()


def test_another_map_is_chosen_by_its_number_and_by_a_click(visitor):
    blocks = opened(visitor, "&layer=2")
    number = visitor.page.get_by_label("Map of activation 1, from 0 to 31")
    number.fill("9")
    number.press("Enter")
    visitor.page.wait_for_url(re.compile("unit=9"))
    visitor.settle()
    blocks.nth(2).locator("canvas").click(position={"x": 20, "y": 90})
    visitor.page.wait_for_url(re.compile(r"unit=(?!9\b)\d+"))
    visitor.settle()


def test_the_kernels_step_is_followed_down_to_the_digit(visitor):
    opened(visitor, "&layer=3&cell=10-8")
    expect(words(visitor)).to_contain_text("Row 10, column 8: ")
    visitor.page.get_by_role("button", name="Step").click()
    expect(words(visitor)).to_contain_text("Row 10, column 9: ")
    visitor.settle()


def test_the_arithmetic_is_written_out(visitor):
    opened(visitor)
    visitor.page.get_by_role("button", name="Words and sums").click()
    table = visitor.page.get_by_role("region", name="Parameters, multiply-adds")
    expect(table).to_contain_text("3136·128 =")
    expect(table).to_contain_text("468,778")
    visitor.settle()


@pytest.mark.parametrize("width", [1280, 390, 360])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_sticks_out_and_everything_can_be_read(welcome, theme, width):
    visitor = welcome(color_scheme=theme, viewport={"width": width, "height": 800})
    blocks = opened(visitor)
    names = titles(load_checkpoint(NETWORK).recipe.layers)
    for place in (0, 1, 2, 6, 7, 16, 17, 21, 22):  # one of each kind
        if place:
            blocks.nth(place).click()
        expect_opened(visitor, names[place])
        visitor.settle()
        visitor.page.wait_for_function(
            f"({STICKS_OUT})().length === 0"
        )  # a chart finds its width in a moment
        assert visitor.page.evaluate(SMALL_PROSE, 14) == [], names[place]
        nameless = visitor.page.locator("[role=img]:not([aria-label]):not([aria-labelledby]), img:not([alt])")
        assert [each.evaluate("element => element.outerHTML.slice(0, 200)") for each in nameless.all()] == []


@pytest.mark.parametrize("network", ["classic", "plateau"])
def test_the_whole_network_stands_above_the_fold_and_the_opened_layer_begins_there(visitor, network):
    visitor.open(f"Architecture?model={network}&{DIGIT}")
    visitor.page.locator(".lab-net[data-place]").wait_for()
    box = visitor.page.locator(".lab-net").bounding_box()
    assert box["y"] + box["height"] <= 500
    scroll = visitor.page.locator(".lab-net-scroll")
    assert scroll.evaluate("place => place.scrollWidth <= place.clientWidth")
    assert title(visitor).bounding_box()["y"] <= 520
