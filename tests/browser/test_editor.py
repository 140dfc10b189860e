"""Building a network in a real browser: with the mouse, with the keyboard, refused, shared, and trained."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from app.hand import FIRST_RECIPE
from app.recipe_link import decode_recipe
from benchmarks.dashboard import Dashboard, run_dashboard
from benchmarks.visitor import Visitor
from model.editing import FRESH, insert
from model.layers import Conv2D, Dense
from model.presets import PRESETS
from model.recipe import Recipe

pytestmark = pytest.mark.browser

QUICK = PRESETS["quick"]
ONE_EPOCH = '{"preset":"tiny","dataset":"mini","epochs":1}'
# What reaches beyond the window, but for the picture of the network, which is scrolled by itself.
REACHES_OUT = """() => [...document.querySelectorAll("main *")]
  .filter(element => element.checkVisibility() && !element.closest("[hidden], .lab-net"))
  .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
  .map(element => element.outerHTML.slice(0, 200))"""
TRAINING_MILLISECONDS = 300_000  # on a busy machine; the workers have to start first


def editor(visitor: Visitor, recipe: str = "quick", **query: str) -> Page:
    """Opens the editor, and waits until its list stands."""
    asked = "&".join(f"{name}={text}" for name, text in {"side": "edit", "recipe": recipe, **query}.items())
    visitor.open(f"Architecture?{asked}")
    rows(visitor.page).first.wait_for()
    return visitor.page


def rows(page: Page) -> Locator:
    return page.locator(".lab-stack").get_by_role("option")


def tool(page: Page, name: str) -> Locator:
    return page.locator(".lab-stack").get_by_role("button", name=name, exact=True)


def recipe_of(page: Page) -> Recipe:
    """The recipe in the address bar."""
    query = parse_qs(urlsplit(page.url).query)
    return decode_recipe(query["recipe"][0]) if "recipe" in query else FIRST_RECIPE


def wait_for_layers(page: Page, layers: tuple) -> None:
    """Waits until the list is as long as these, and the address holds them."""
    expect(rows(page)).to_have_count(len(layers))
    for _ in range(100):
        if recipe_of(page).layers == layers:
            return
        page.wait_for_timeout(100)
    assert recipe_of(page).layers == layers


def test_layers_are_added_copied_moved_removed_and_brought_back(visitor):
    page = editor(visitor)
    rows(page).nth(2).click()
    expect(page.get_by_label("Layer 3 is", exact=True)).to_be_visible()
    tool(page, "+ after").click()
    page.get_by_role("menuitem", name=re.compile("^dropout")).click()
    layers = insert(QUICK.layers, 3, FRESH["Dropout"])
    wait_for_layers(page, layers)
    expect(rows(page).nth(3)).to_have_attribute("aria-selected", "true")
    tool(page, "↓ Down").click()
    moved = (*layers[:3], layers[4], layers[3], *layers[5:])
    wait_for_layers(page, moved)
    tool(page, "Remove").click()
    wait_for_layers(page, QUICK.layers)
    tool(page, "Undo").click()
    wait_for_layers(page, moved)
    tool(page, "Redo").click()
    wait_for_layers(page, QUICK.layers)
    expect(page.locator(".lab-stack-total")).to_contain_text(f"{QUICK.multiply_adds:,}")


def test_all_of_it_works_from_the_keyboard(visitor):
    page = editor(visitor)
    chosen = page.locator(".lab-stack [aria-selected=true]")
    page.locator(".lab-stack ul").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Layer 2 is", exact=True)).to_be_visible()
    page.keyboard.press("Alt+ArrowDown")
    swapped = (QUICK.layers[0], QUICK.layers[2], QUICK.layers[1], *QUICK.layers[3:])
    wait_for_layers(page, swapped)
    expect(chosen).to_have_attribute("data-place", "2")
    page.keyboard.press("Delete")
    wait_for_layers(page, (*swapped[:2], *swapped[3:]))
    page.keyboard.press("Control+z")
    wait_for_layers(page, swapped)
    page.keyboard.press("Control+z")
    wait_for_layers(page, QUICK.layers)
    page.keyboard.press("Control+Shift+Z")
    wait_for_layers(page, swapped)
    tool(page, "+ before").focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("menu")
    expect(menu).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(tool(page, "+ before")).to_be_focused()
    page.keyboard.press("End")  # a key that the button doesn't know
    page.locator(".lab-stack ul").focus()
    page.keyboard.press("End")
    expect(chosen).to_have_attribute("data-place", str(len(swapped) - 1))


def test_a_layer_is_dragged_to_another_place(visitor):
    page = editor(visitor)
    rows(page).nth(2).drag_to(rows(page).nth(1), target_position={"x": 40, "y": 4})
    wait_for_layers(page, (QUICK.layers[0], QUICK.layers[2], QUICK.layers[1], *QUICK.layers[3:]))


def test_what_cannot_be_is_refused_at_its_layer_and_nothing_is_lost(visitor):
    page = editor(visitor, layer="6")
    expect(page.get_by_label("Layer 7 is", exact=True)).to_be_visible()
    tool(page, "Remove").click()
    refused = rows(page).nth(7).locator(".lab-stack-refused")
    expect(refused).to_contain_text("Not removed, all is as it was. Dense needs a vector")
    expect(page.locator(".lab-stack").get_by_role("alert")).to_contain_text("Dense needs a vector")
    assert recipe_of(page) == QUICK
    tool(page, "+ after").click()
    page.get_by_role("menuitem", name=re.compile("^convolution")).click()
    expect(rows(page).nth(6).locator(".lab-stack-refused")).to_contain_text("Conv2D needs maps")
    expect(refused).to_have_count(0)
    assert recipe_of(page) == QUICK


def test_a_setting_changes_everything_that_follows_from_it(visitor):
    page = editor(visitor, layer="0")
    before = page.locator(".lab-price").inner_text()
    page.get_by_label("Filters", exact=True).fill("32")
    page.keyboard.press("Enter")
    wait_for_layers(page, (Conv2D(32, 5), *QUICK.layers[1:]))
    expect(rows(page).first).to_contain_text("24×24×32")
    expect(page.locator(".lab-price")).to_contain_text("The last change: parameters ×")
    assert page.locator(".lab-price").inner_text() != before


def test_the_link_opens_the_network_as_it_was_edited(visitor, welcome):
    page = editor(visitor, layer="7")
    page.get_by_label("Units", exact=True).fill("20")
    page.keyboard.press("Enter")
    layers = (*QUICK.layers[:7], Dense(20), *QUICK.layers[8:])
    wait_for_layers(page, layers)
    page.get_by_role("button", name="Save and share").click()
    link = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode")
    expect(link).to_contain_text("recipe=")
    other = welcome()
    other.page.goto(link.inner_text().strip().replace("\n", ""))
    other.settle()
    wait_for_layers(other.page, layers)


def test_look_at_it_shows_the_draft_and_leads_back(visitor):
    page = editor(visitor)
    page.get_by_role("button", name="Look at it").click()
    edited = page.get_by_role("radio", name="quick, as edited")
    expect(edited).to_be_visible()
    expect(page.locator(".lab-draft")).to_contain_text("Not trained yet")
    page.get_by_role("radio", name="The network in hand").click()
    expect(page.locator(".lab-draft")).to_have_count(0)
    visitor.settle()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "window", [(1280, 800), (390, 844), (360, 740)], ids=["laptop", "phone", "small phone"]
)
def test_the_editor_fits_its_window_and_can_be_read(welcome, theme, window):
    visitor = welcome(color_scheme=theme, viewport={"width": window[0], "height": window[1]})
    page = editor(visitor, recipe="classic", layer="3")
    page.locator(".lab-price").wait_for()
    assert page.evaluate(REACHES_OUT) == []
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('.lab-stack *, .lab-price, .lab-arithmetic')]"
        ".filter(element => element.checkVisibility() && element.textContent.trim())"
        ".map(element => parseFloat(getComputedStyle(element).fontSize))"
    )
    assert min(sizes) >= 14
    if window[0] == 1280:
        box = page.locator(".lab-price").bounding_box()
        assert box["y"] + box["height"] <= 800  # what it costs is in sight at once


@pytest.fixture(scope="module")
def workshop() -> Iterator[Dashboard]:
    """A server of its own: its workers start with the first training."""
    with run_dashboard() as dashboard:
        yield dashboard


@pytest.mark.slow
def test_a_network_is_built_and_trained(profiles, workshop):
    visitor = Visitor(profiles().new_page(), workshop.url)
    page = editor(visitor, recipe=ONE_EPOCH, layer="0")
    tool(page, "+ after").click()
    page.get_by_role("menuitem", name=re.compile("^batch normalisation")).click()
    layers = insert(PRESETS["tiny"].layers, 1, FRESH["BatchNormalization"])
    wait_for_layers(page, layers)
    page.get_by_label("Name", exact=True).fill("my own")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("my(\\+|%20)own"))
    page.get_by_role("button", name="Train it").click()
    page.get_by_role("heading", name="Training").wait_for()
    visitor.settle()
    assert recipe_of(page).layers == layers
    visitor.press("Train")
    expect(page.locator(".lab-run-head")).to_contain_text("1 of 1 epochs", timeout=TRAINING_MILLISECONDS)
    page.close()
    assert not visitor.faults
