"""The convolution opened in a real browser: step, play and click a kernel, edit one, paint in the sandbox."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from test_look import SMALL_TEXT, WINDOWS

from app.opened.convolution import filtered
from benchmarks.visitor import PATIENCE_MILLISECONDS
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.probes.convolving import slide

pytestmark = pytest.mark.browser

INDEX = 7
DIGIT = f"from=data&digit=mnist-validation-{INDEX}"
SECOND = 3  # the place of classic's second convolution, over 32 channels
NUMBERS = """table => [...table.rows].map(
  row => [...row.cells].map(cell => cell.textContent || cell.firstChild.value))"""


@pytest.fixture(scope="module")
def network():
    return load_checkpoint("classic").network


@pytest.fixture(scope="module")
def digit():
    return load_digits("mnist", "validation").images[INDEX]


def opened(visitor, query):
    visitor.open(f"Architecture?model=classic&{DIGIT}&{query}")
    visitor.page.locator(".lab-slide[data-at]").wait_for()
    visitor.settle()


def numbers(visitor, name):
    table = visitor.page.locator(f"[data-is={name}] table").evaluate(NUMBERS)
    return np.array([[float(text.replace("−", "-")) for text in row] for row in table])


def place(visitor):
    return tuple(int(n) for n in visitor.page.locator(".lab-slide").get_attribute("data-at").split())


def chips(visitor):
    found = visitor.page.locator(".lab-slide-sum span").all()
    return {
        each.locator("small").text_content(): float(each.locator("strong").get_attribute("data-value"))
        for each in found
    }


def test_every_number_of_a_step_is_pythons(visitor, network, digit):
    unit, channel, cell = 5, 4, (11, 15)
    opened(visitor, f"layer={SECOND}&unit={unit}&channel={channel}&cell={cell[0]}-{cell[1]}")
    known = filtered(network, digit.tobytes(), SECOND, unit)
    for _ in range(3):
        cell = place(visitor)
        at = known.sliding.at(*cell)
        kernel = known.sliding.kernel[..., channel]
        for name, values in (
            ("patch", at.patch[..., channel]),
            ("kernel", kernel),
            ("products", at.products[..., channel]),
        ):
            shown = numbers(visitor, name)  # to three places, or three digits
            np.testing.assert_allclose(shown, values, atol=0.0006, rtol=0.006)
            assert ((shown == 0) == (np.abs(values) < 1e-4)).all()
        told = chips(visitor)
        assert told["this channel’s products"] == pytest.approx(float(at.terms[channel]), abs=1e-3)
        assert told["31 other channels"] == pytest.approx(float(at.terms.sum() - at.terms[channel]), abs=5e-3)
        for title, values in zip(("sum", "normalised", "relu"), known.maps, strict=True):
            assert told[title] == pytest.approx(float(values[cell]), abs=1e-3)
        visitor.page.get_by_role("button", name="Step").click()
        expect(visitor.page.locator(".lab-slide")).to_have_attribute("data-at", f"{cell[0]} {cell[1] + 1}")


def test_a_kernel_steps_and_its_formula_and_link_follow(visitor):
    opened(visitor, "layer=0&cell=12-9")
    formula = visitor.page.locator(".st-key-slide-formula")
    before = formula.text_content()
    visitor.page.get_by_role("button", name="Step").click()
    expect(visitor.page).to_have_url(re.compile("cell=12-10"))
    expect(formula).not_to_have_text(before)
    visitor.page.get_by_role("button", name="Back").click()
    expect(visitor.page).to_have_url(re.compile("cell=12-9"))
    expect(formula).to_have_text(before)


def test_it_is_moved_by_keys_and_by_a_click_on_the_output(visitor):
    opened(visitor, "layer=0&cell=5-5")
    output = visitor.page.locator("[data-is=sum] canvas")
    output.focus()
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("ArrowRight")
    expect(visitor.page.locator(".lab-slide")).to_have_attribute("data-at", "6 6")
    expect(visitor.page.locator(".lab-slide + .lab-spoken")).to_contain_text("row 6, column 6")
    box = output.bounding_box()
    output.click(position={"x": box["width"] * 20.5 / 28, "y": box["height"] * 3.5 / 28})
    expect(visitor.page.locator(".lab-slide")).to_have_attribute("data-at", "3 20")
    expect(visitor.page).to_have_url(re.compile("cell=3-20"))


def test_it_plays_and_the_map_fills(visitor):
    opened(visitor, "layer=0&cell=3-3")
    output = visitor.page.locator("[data-is=sum] canvas")
    before = output.evaluate("canvas => canvas.toDataURL()")
    visitor.page.get_by_label("Positions a second").select_option("32")
    visitor.page.get_by_role("button", name="Play").click()
    visitor.page.wait_for_function(
        "() => Number(document.querySelector('.lab-slide').dataset.at.split(' ')[0]) > 4"
    )
    assert "cell=3-3" in visitor.page.url  # as long as it plays, nobody else is bothered
    visitor.page.get_by_role("button", name="Pause").click()
    expect(visitor.page).not_to_have_url(re.compile("cell=3-3"))
    row, column = place(visitor)  # once the link is told: the last step is drawn a frame after it is made
    expect(visitor.page).to_have_url(re.compile(f"cell={row}-{column}"))
    assert output.evaluate("canvas => canvas.toDataURL()") != before


def test_a_guess_shows_the_whole_map(visitor):
    opened(visitor, "layer=0")
    whole = visitor.page.get_by_role("button", name="Whole map")
    expect(whole).to_have_attribute("aria-pressed", "false")
    visitor.page.get_by_text("upper left", exact=True).click()
    expect(visitor.page.get_by_text("Its largest sum is")).to_be_visible()
    expect(whole).to_have_attribute("aria-pressed", "true")


def test_another_input_channel_is_chosen_in_the_strip(visitor):
    opened(visitor, f"layer={SECOND}")
    strip = visitor.page.locator(".lab-slide-channels canvas")
    strip.focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(visitor.page.locator(".lab-slide")).to_have_attribute("data-channel", "1")
    expect(visitor.page).to_have_url(re.compile("channel=1"))
    expect(visitor.page.locator(".st-key-slide-formula")).to_contain_text("s1")


def test_a_kernel_is_edited_the_verdict_changes_and_is_put_back(visitor):
    visitor.open(f"Architecture?model=plateau&{DIGIT}&layer=0&facet=kernel")
    first = visitor.page.get_by_label("row 0, column 0")
    learned = first.input_value()
    verdict = visitor.page.locator(".lab-kernel-verdict [role=img]")
    before = verdict.get_attribute("aria-label")
    maps = visitor.page.locator(".lab-kernel-maps img").nth(1)
    picture = maps.get_attribute("src")
    first.fill("9,5")
    accuracy = visitor.page.locator(".lab-consequences")
    told = re.compile(r"Of 500 validation digits right: [\d.]+% → [\d.]+%, [+−]?[\d.]+ points .95% interval ")
    expect(accuracy).to_have_text(told, timeout=PATIENCE_MILLISECONDS)  # so many are read first
    expect(visitor.page).to_have_url(re.compile("kernel=9[.]5_"))
    assert verdict.get_attribute("aria-label") != before
    assert maps.get_attribute("src") != picture
    visitor.press("Put the learned one back")
    expect(accuracy).to_have_count(0)
    expect(first).to_have_value(learned)
    expect(verdict).to_have_attribute("aria-label", before)
    expect(visitor.page).not_to_have_url(re.compile("kernel="))


def test_arrow_keys_change_a_weight_by_a_tenth(visitor):
    visitor.open(f"Architecture?model=plateau&{DIGIT}&layer=0&facet=kernel")
    first = visitor.page.get_by_label("row 0, column 0")
    learned = float(first.input_value().replace("−", "-"))
    first.focus()
    visitor.page.keyboard.press("ArrowUp")
    assert float(first.input_value().replace("−", "-")) == pytest.approx(learned + 0.1, abs=0.002)
    visitor.page.keyboard.press("Shift+ArrowDown")
    assert float(first.input_value().replace("−", "-")) == pytest.approx(learned - 0.9, abs=0.002)


def test_in_the_sandbox_one_paints_types_and_slides(visitor):
    opened(visitor, "layer=0&facet=sandbox")
    visitor.page.get_by_role("combobox", name="Picture").click()
    visitor.page.get_by_role("option", name="empty").click()
    visitor.page.locator(".lab-slide[data-shown*=empty]").wait_for()
    expect(visitor.page.locator(".lab-slide")).to_have_count(1)  # the picture before it is gone
    painted = np.zeros((8, 8), np.float32)
    canvas = visitor.page.locator("[data-is=input] canvas")
    box = canvas.bounding_box()
    for row in (1, 2):
        canvas.click(position={"x": box["width"] * 1.5 / 8, "y": box["height"] * (row + 0.5) / 8})
        painted[row, 1] = 1
    kernel = np.array([[-1, 0, 1], [-2, 3, 2], [-1, 0, 1]], np.float32)
    visitor.page.get_by_label("kernel, row 1, column 1").fill("3")
    expected = slide(painted[..., None], kernel[..., None])
    expect(visitor.page.locator(".lab-slide-sum strong").last).to_have_attribute(
        "data-value", re.compile(r"^3([.]00|$)|^2[.]99")
    )
    assert expected.at(0, 0).total == 3
    np.testing.assert_allclose(numbers(visitor, "patch"), expected.at(0, 0).patch[..., 0])
    np.testing.assert_allclose(numbers(visitor, "kernel"), kernel)
    visitor.page.get_by_role("button", name="Step").click()
    expect(visitor.page.locator(".lab-slide")).to_have_attribute("data-at", "0 1")
    np.testing.assert_allclose(numbers(visitor, "products"), expected.at(0, 1).products[..., 0])


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("facet", ["slide", "kernel", "sandbox"])
def test_each_part_fits_its_window_and_can_be_read(welcome, facet, theme, window):
    visitor = welcome(color_scheme=theme, viewport=WINDOWS[window])
    visitor.open(f"Architecture?model=classic&{DIGIT}&layer={SECOND}&facet={facet}")
    visitor.page.locator(".lab-slide[data-at], .lab-numbers[data-numbers]").wait_for()
    visitor.settle()
    # a formula's empty spaces are no text
    assert [text for text in visitor.page.evaluate(SMALL_TEXT, 14) if "\u200b" not in text] == []
    main = visitor.page.locator("main, [data-testid=stMain]").first
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
    nameless = visitor.page.locator("img:not([alt]), [role=img]:not([aria-label]):not([aria-labelledby])")
    assert [each.evaluate("element => element.outerHTML.slice(0, 200)") for each in nameless.all()] == []


def test_the_sliding_kernel_stands_above_the_fold(welcome):
    visitor = welcome(viewport=WINDOWS["laptop"])
    opened(visitor, "layer=0")
    box = visitor.page.locator(".lab-slide-scene").bounding_box()
    assert box["y"] + box["height"] <= WINDOWS["laptop"]["height"]
