"""From maps to an answer in a real browser: flatten, dense, softmax, the loss and one step."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from test_look import SMALL_TEXT, WINDOWS

from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.probes.descending import answer_place, cross_entropies, logits_after, slope
from model.probes.weighing import place_in_vector, weigh

pytestmark = pytest.mark.browser

# In a formula an index of an index is smaller, as in any textbook.
SMALL_PROSE = SMALL_TEXT.replace('closest("style', 'closest(".katex, style')

NETWORK = "plateau"
NUMBER = 7
DIGIT = f"Architecture?model={NETWORK}&from=data&digit=mnist-validation-{NUMBER}"
FLATTEN, DENSE, SOFTMAX = 6, 8, 9
VIEWS = {
    "flatten": (f"layer={FLATTEN}", ".lab-linked[data-drawn]"),
    "dense": (f"layer={DENSE}", ".lab-terms"),
    "versus": (f"layer={DENSE}&facet=versus", ".lab-terms"),
    "softmax": (f"layer={SOFTMAX}", ".lab-softmax"),
    "loss": (f"layer={SOFTMAX}&facet=loss", ".lab-tight"),
    "gradient": (f"layer={SOFTMAX}&facet=gradient", ".lab-linked[data-drawn]"),
    "step": (f"layer={SOFTMAX}&facet=step", ".lab-stepped"),
}


COVERED = ("flatten", "gradient", "step")  # what answers the question, until that is answered


def uncover(visitor):
    """Has the question at the side answered without a guess."""
    button = visitor.page.locator(".st-key-aside").get_by_role("button", name="Show it")
    button.click()
    expect(button).to_have_count(0)


@pytest.fixture(scope="module")
def network():
    return load_checkpoint(NETWORK).network


@pytest.fixture(scope="module")
def digit():
    return load_digits("mnist", "validation").images[NUMBER]


@pytest.mark.parametrize(("window", "theme"), [("laptop", "light"), ("phone", "dark")])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_fits_its_window_and_can_be_read(welcome, view, window, theme):
    visitor = welcome(color_scheme=theme, viewport=WINDOWS[window])
    query, seen = VIEWS[view]
    visitor.open(f"{DIGIT}&{query}")
    if view in COVERED:
        expect(visitor.page.get_by_text("guess first").first).to_be_visible()
        assert visitor.page.locator(seen).count() == 0
        uncover(visitor)
    visitor.page.locator(seen).first.wait_for()
    visitor.settle()
    assert visitor.page.evaluate(SMALL_PROSE, 14) == []
    main = visitor.page.locator("main, [data-testid=stMain]").first
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
    nameless = visitor.page.locator("img:not([alt]), [role=img]:not([aria-label]):not([aria-labelledby])")
    assert [each.evaluate("element => element.outerHTML.slice(0, 200)") for each in nameless.all()] == []


def numbers_in(text):
    plain = text.replace("−", "-").replace(",", "")
    return [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", plain)]


def test_a_value_is_followed_from_its_map_to_the_list_by_the_keyboard_and_by_a_click(visitor, network, digit):
    maps = network.values(digit[None])[FLATTEN][0]
    shape = maps.shape
    visitor.open(f"{DIGIT}&layer={FLATTEN}&cell=1-1&unit=3")
    uncover(visitor)
    visitor.page.locator(".lab-linked[data-drawn]").wait_for()
    says = visitor.page.locator(".lab-linked-says")
    where = place_in_vector(shape, 1, 1, 3)
    expect(says).to_contain_text(f"place {where}:")
    assert numbers_in(says.inner_text())[-1] == pytest.approx(maps[1, 1, 3], rel=0.01, abs=0.005)
    canvas = visitor.page.locator(".lab-linked canvas").first
    canvas.focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(says).to_contain_text(f"map 3, row 1, column 2 → (1 · {shape[1]} + 2) · {shape[2]} + 3")
    assert numbers_in(says.inner_text())[-1] == pytest.approx(maps[1, 2, 3], rel=0.01, abs=0.005)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_url(re.compile("cell=1-2"))
    visitor.settle()
    as_list = visitor.page.locator(".lab-linked canvas").nth(1)
    as_list.click(position={"x": 6, "y": 6})
    expect(visitor.page).to_have_url(re.compile("cell=0-0"))
    formula = visitor.page.locator(".st-key-answer-formula .katex-html")
    expect(formula).to_contain_text("=0")


def test_a_digits_sum_is_opened_and_each_product_is_pythons(visitor, network, digit):
    x = network.values(digit[None])[DENSE][0]
    visitor.open(f"{DIGIT}&layer={DENSE}&unit=2")
    visitor.page.locator(".lab-linked[data-drawn]").wait_for()
    panels = visitor.page.locator(".lab-linked canvas")
    says = visitor.page.locator(".lab-linked-says")
    found = weigh(network.own_weights(DENSE), x, 2)
    panels.nth(3).focus()
    visitor.page.keyboard.press("ArrowRight")  # to the first
    visitor.page.keyboard.press("ArrowDown")
    expect(says).to_have_text(re.compile(r"(\d.*?){6}", re.DOTALL))
    map_number, row, column, came, weight, product = numbers_in(says.inner_text())
    depth, wide = (
        network.values(digit[None])[FLATTEN][0].shape[2],
        network.values(digit[None])[FLATTEN].shape[2],
    )
    index = int((row * wide + column) * depth + map_number)
    assert came == pytest.approx(found.inputs[index], rel=0.01, abs=0.01 * np.abs(found.inputs).max())
    assert weight == pytest.approx(found.weights[index], rel=0.01, abs=0.01 * np.abs(found.weights).max())
    assert product == pytest.approx(found.products[index], rel=0.01, abs=0.01 * np.abs(found.products).max())
    # another digit
    panels.first.focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(says).to_contain_text("digit 3 gets")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_url(re.compile("unit=3"))
    expect(visitor.page.locator(".st-key-answer-formula .katex-mathml").first).to_contain_text("z3")
    expect(visitor.page.locator(".lab-linked figcaption").nth(2)).to_contain_text("digit 3")


def test_a_guess_is_answered(visitor):
    visitor.open(f"{DIGIT}&layer={SOFTMAX}")
    visitor.page.locator(".lab-softmax").wait_for()
    aside = visitor.page.locator(".st-key-aside")
    expect(aside).not_to_contain_text("The order stays")
    aside.locator("[data-testid=stButtonGroup] button").first.click()
    expect(aside).to_contain_text("The order stays")


def test_the_temperature_evens_the_shares_out(visitor):
    visitor.open(f"{DIGIT}&layer={SOFTMAX}")
    first = visitor.page.locator(".lab-softmax .lab-first td:last-child b")
    before = first.inner_text()
    visitor.page.get_by_role("slider", name="Temperature").focus()
    visitor.page.keyboard.press("End")
    expect(visitor.page.locator(".lab-softmax")).to_contain_text("/ 10")
    expect(first).not_to_have_text(before)


def test_a_step_towards_another_label_changes_the_verdict(visitor, network, digit):
    visitor.open(f"{DIGIT}&layer={SOFTMAX}&facet=step")
    uncover(visitor)
    visitor.page.locator(".lab-stepped").wait_for()
    read = int(network.probabilities(digit[None]).argmax())
    wanted = (read + 3) % 10
    visitor.page.locator(".st-key-right-digit").get_by_role("radio", name=str(wanted), exact=True).click()
    uncover(visitor)  # another label, another question
    expect(visitor.page.locator(".st-key-step-controls")).to_contain_text("rate 0.1")  # as it was
    expect(visitor.page.get_by_text(re.compile("The loss goes from [1-9]"))).to_be_visible()
    visitor.page.get_by_role("radio", name="all layers step").click()
    visitor.settle()
    visitor.page.get_by_role("slider", name="Rate").focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(visitor.page.locator(".st-key-step-controls")).to_contain_text("rate 0.3")
    visitor.settle()
    told = visitor.page.get_by_text(re.compile(f"The loss goes from .* it reads {wanted}"))
    found = slope(network, digit, wanted)
    assert answer_place(network.layers) == DENSE
    after = cross_entropies(logits_after(network, found, 0.3, 0, network.values(digit[None])[0]), wanted)[0]
    expect(told).to_contain_text(re.compile(rf"from {found.loss:.1f} to {after:.3g}"[:-1]))


def test_a_part_that_is_looked_at_again_has_kept_its_settings(visitor):
    visitor.open(f"{DIGIT}&layer={SOFTMAX}&facet=step&rate=3&steps=all")
    uncover(visitor)
    controls = visitor.page.locator(".st-key-step-controls")
    for _ in range(2):
        expect(controls).to_contain_text("rate 3")
        expect(controls.get_by_role("radio", name="all layers step")).to_be_checked()
        visitor.page.get_by_role("radio", name="Loss", exact=True).click()
        visitor.page.wait_for_url(re.compile("facet=loss"))
        expect(controls).to_have_count(0)
        visitor.page.get_by_role("radio", name="One step", exact=True).click()
        visitor.page.wait_for_url(re.compile("facet=step"))
    expect(visitor.page).to_have_url(re.compile("(?=.*rate=3)(?=.*steps=all)"))
