"""Every page, in both themes, on a laptop and on a phone: nothing sticks out, all can be read and reached."""

import re

import pytest
from playwright.sync_api import expect

from benchmarks.handwriting import link_to

pytestmark = pytest.mark.browser

# Each page as one meets it, and the Draw page in its other states.
STATES = {
    "home": "",
    "draw": "Draw",
    "drawn": link_to(3),
    "why": link_to(3) + "&why=1",
    "upload": "Draw?from=upload",
    "data": "Draw?from=data",
    "augmentation": "Augmentation",
}
WINDOWS = {"laptop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
LEAST_TEXT_PIXELS = 14

SMALL_TEXT = """(least) => {
  const small = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement
    if (!text || !element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue
    if (element.closest("style, script, noscript, .material-icons, [data-testid=stIconMaterial]")) continue
    const size = parseFloat(getComputedStyle(element).fontSize)
    if (size < least) small.add(`${size} px: ${text.slice(0, 40)}`)
  }
  return [...small]
}"""


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_the_page_fits_its_window_and_can_be_read(welcome, state, theme, window):
    visitor = welcome(color_scheme=theme, viewport=WINDOWS[window])
    visitor.open(STATES[state])
    if state in ("drawn", "why"):
        visitor.expect_verdict(3)
        visitor.settle()
    assert visitor.overflow_pixels() == 0
    assert visitor.page.evaluate(SMALL_TEXT, LEAST_TEXT_PIXELS) == []
    nameless = visitor.page.locator("img:not([alt]), [role=img]:not([aria-label]):not([aria-labelledby])")
    assert [each.evaluate("element => element.outerHTML.slice(0, 200)") for each in nameless.all()] == []
    red, green, blue = map(int, re.findall(r"\d+", visitor.page.evaluate(BACKGROUND))[:3])
    assert (red + green + blue > 384) == (theme == "light")


BACKGROUND = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_laptop_the_drawing_and_its_answer_stand_above_the_fold(welcome, theme):
    visitor = welcome(color_scheme=theme, viewport=WINDOWS["laptop"])
    visitor.open(link_to(3))
    visitor.expect_verdict(3)
    bars = visitor.page.get_by_role("img", name=re.compile("^Probabilities"))
    for important in (visitor.canvas(), visitor.verdict(), bars):
        box = important.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= WINDOWS["laptop"]["height"]


def test_on_a_phone_the_whole_canvas_is_in_the_window(welcome):
    visitor = welcome(viewport=WINDOWS["phone"], has_touch=True, is_mobile=True)
    visitor.open("Draw")
    box = visitor.canvas().bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= WINDOWS["phone"]["width"]


# All that a mouse could press or change, within shadow roots too. Left out are the buttons of a combobox or a
# number field, for whom the arrow keys stand in (ARIA's patterns take them out of the tab order).
FOCUSABLE = """() => {
  const found = []
  const look = root => root.querySelectorAll("*").forEach(element => {
    if (element.shadowRoot) look(element.shadowRoot)
    const controls = "a[href], button, input, select, textarea, [role=button], [role=slider], [role=radio]"
    if (!element.matches(controls)) return
    if (element.disabled || element.type === "file" || element.closest("[inert], [aria-hidden=true]")) return
    if (!element.checkVisibility({visibilityProperty: true, opacityProperty: true})) return
    const field = element.closest("[role=group], [data-testid=stNumberInputContainer]")
    if (element.matches("button[tabindex='-1']") && field?.querySelector("input")) return
    found.push(element)
  })
  look(document)
  window.toReach = found
  return found.length
}"""
FOCUSED = """() => {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  const place = window.toReach.indexOf(element)
  if (place >= 0) window.reached.add(element)
  return place
}"""
# Of a group of radio buttons the tab key reaches one, and arrow keys the others.
LEFT = """() => window.toReach.filter(element => {
  if (window.reached.has(element) || !element.isConnected) return false
  const group = element.closest("[role=radiogroup], [role=tablist], [data-baseweb=button-group]")
  return !(group && [...window.reached].some(other => group.contains(other)))
}).map(element => element.outerHTML.slice(0, 160))"""


@pytest.mark.parametrize("state", ["home", "drawn", "upload", "data", "augmentation"])
def test_the_tab_key_reaches_everything(visitor, state):
    visitor.open(STATES[state])
    if state == "augmentation":
        visitor.page.locator(".lab-variants[data-drawn]").wait_for()
        visitor.settle()
    if state in ("drawn", "data"):
        visitor.verdict().wait_for()
        visitor.settle()
    count = visitor.page.evaluate(FOCUSABLE)
    visitor.page.evaluate("() => { window.reached = new Set() }")
    for _ in range(2 * count + 10):
        visitor.page.keyboard.press("Tab")
        visitor.page.evaluate(FOCUSED)
    assert count > 3
    assert visitor.page.evaluate(LEFT) == []


def test_who_cannot_draw_gets_a_reading_from_the_keyboard_alone(visitor):
    visitor.open("Draw")
    ways = visitor.page.get_by_role("radiogroup", name="Where the digit comes from")
    tab_to(visitor, ways)
    for _ in range(3):
        visitor.page.keyboard.press("ArrowRight")
    visitor.page.keyboard.press("Enter")
    another = visitor.page.get_by_role("button", name="Another one")
    another.wait_for()
    visitor.verdict().wait_for()
    visitor.settle()
    before = visitor.page.get_by_alt_text(re.compile("^Digit number")).first.get_attribute("alt")
    tab_to(visitor, another)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_alt_text(before, exact=True)).to_have_count(0)
    visitor.verdict().wait_for()


def tab_to(visitor, control):
    """Presses the tab key until it has come to the control, or into it."""
    for _ in range(60):
        visitor.page.keyboard.press("Tab")
        if control.evaluate("element => element.contains(document.activeElement)"):
            return
    raise AssertionError(f"the tab key doesn't reach {control}")
