"""The layers between convolutions in a real browser: windows stepped through, masks drawn anew, γ moved."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from test_look import SMALL_TEXT

from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.layers import Activation, BatchNormalization, Dropout, MaxPooling2D
from model.presets import PRESETS
from model.probes import dropping, pooling

pytestmark = pytest.mark.browser

DIGIT = "from=data&digit=mnist-validation-7"
LAYERS = PRESETS["classic"].layers


def place_of(kind):
    return next(place for place, layer in enumerate(LAYERS) if isinstance(layer, kind))


def values():
    digit = load_digits("mnist", "validation").images[7]
    return [value[0] for value in load_checkpoint("classic").network.values(digit[None])]


def uncover(visitor):
    """Has the question at the side answered without a guess: the answer is covered until then."""
    button = visitor.page.locator(".st-key-aside").get_by_role("button", name="Show it")
    button.click()
    expect(button).to_have_count(0)


def open_layer(visitor, kind, **query):
    chosen = "".join(f"&{name}={value}" for name, value in query.items())
    visitor.open(f"Architecture?model=classic&layer={place_of(kind)}&{DIGIT}{chosen}")


def open_grids(visitor, kind, **query):
    open_layer(visitor, kind, **query)
    if query.get("facet") == "values":
        uncover(visitor)
    visitor.page.locator(".lab-grids[data-cell]").wait_for()


def readout(visitor):
    return visitor.page.locator(".lab-grids-readout")


def numbers_in(text):
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]


def written(number):
    """As the browser writes it: three digits."""
    return float(f"{number:.3g}")


def test_a_window_is_stepped_through_and_its_numbers_are_pythons(visitor):
    open_grids(visitor, MaxPooling2D, unit=5, cell="6-5")
    x = values()[place_of(MaxPooling2D)][..., 5]
    pooled = pooling.both(LAYERS[place_of(MaxPooling2D)], x[None, ..., None])
    frame = visitor.page.locator(".lab-grids")
    for row, column in ((6, 5), (6, 6), (6, 7)):
        expect(frame).to_have_attribute("data-cell", f"{row}-{column}")
        most, mean = (readout(visitor).locator("p b").nth(i).inner_text() for i in (0, 1))
        assert numbers_in(most) == [written(pooled.maximum[0, row, column, 0])]
        assert numbers_in(mean) == [written(pooled.average[0, row, column, 0])]
        shown = numbers_in(readout(visitor).locator(".lab-formula").first.inner_text())
        window = x[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].ravel()
        np.testing.assert_allclose(shown[:4], [written(value) for value in window], atol=1e-6)
        visitor.page.get_by_role("button", name="Step").click()
    visitor.page.wait_for_url(re.compile("cell=6-8"))
    visitor.page.get_by_role("button", name="Back").click()
    expect(frame).to_have_attribute("data-cell", "6-7")
    visitor.page.wait_for_url(re.compile("cell=6-7"))


def test_a_cell_is_chosen_by_a_click_and_by_the_keyboard(visitor):
    open_grids(visitor, MaxPooling2D, unit=5)
    canvas = visitor.page.locator(".lab-grids figure").nth(2).locator("canvas")  # the maximum
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 4.5 / 14, "y": box["height"] * 2.5 / 14})
    frame = visitor.page.locator(".lab-grids")
    expect(frame).to_have_attribute("data-cell", "2-4")
    canvas.press("ArrowDown")
    canvas.press("ArrowRight")
    expect(frame).to_have_attribute("data-cell", "3-5")
    visitor.page.wait_for_url(re.compile("cell=3-5"))
    spoken = visitor.page.get_by_role("status").filter(has_text="row 3, column 5")
    expect(spoken).to_have_count(1)


def test_playing_goes_on_by_itself_and_stops(visitor):
    open_grids(visitor, MaxPooling2D, unit=5, cell="0-0")
    visitor.page.get_by_label("Steps a second").select_option("20")
    visitor.page.get_by_role("button", name="Play").click()
    frame = visitor.page.locator(".lab-grids")
    expect(frame).to_have_attribute("data-cell", re.compile(r"^[1-9]-\d+$"))
    visitor.page.get_by_role("button", name="Pause").click()
    there = frame.get_attribute("data-cell")
    visitor.page.wait_for_timeout(300)
    assert frame.get_attribute("data-cell") == there
    visitor.page.wait_for_url(re.compile(f"cell={there}"))


def test_an_activation_is_told_value_by_value(visitor):
    open_grids(visitor, Activation, unit=3, cell="12-14")
    place = place_of(Activation)
    x, y = (values()[place + after][12, 14, 3] for after in (0, 1))
    told = numbers_in(readout(visitor).locator(".lab-formula").inner_text())
    assert told == [0, written(x), written(y)]
    expect(visitor.page.locator(".lab-plot canvas")).to_have_attribute("aria-label", re.compile("becomes"))


def test_normalisation_is_told_with_its_numbers(visitor):
    open_grids(visitor, BatchNormalization, unit=3, cell="12-14", facet="values")
    place = place_of(BatchNormalization)
    own = load_checkpoint("classic").network.own_weights(place)
    told = numbers_in(readout(visitor).locator(".lab-formula").inner_text())
    y = values()[place + 1][12, 14, 3]
    assert told[0] == written(own["gamma"][3])
    assert told[-1] == written(y)


def test_a_mask_is_drawn_anew(visitor):
    open_grids(visitor, Dropout, unit=3)
    kept = dropping.masks((14, 14), LAYERS[place_of(Dropout)].rate, 3, 0)
    frame = visitor.page.locator(".lab-grids")
    for mask in range(3):
        expect(frame).to_have_attribute("data-mask", str(mask))
        hidden = int((~kept[mask]).sum())
        expect(visitor.page.locator(".lab-at")).to_contain_text(f"{hidden} of 196 hidden")
        visitor.page.get_by_role("button", name="Next mask").click()


def test_moving_gamma_changes_the_map_and_is_put_back(visitor):
    open_layer(visitor, BatchNormalization, facet="scale", unit=2)
    pictures = visitor.page.locator(".lab-three img")
    expect(pictures).to_have_count(3)
    before = pictures.nth(2).get_attribute("src")
    slider = visitor.page.get_by_role("slider", name="γ, the factor")
    slider.focus()
    slider.press("Home")
    put_back = visitor.page.get_by_role("button", name="Put back what was learned")
    put_back.wait_for()
    expect(pictures.nth(2)).not_to_have_attribute("src", before, timeout=20_000)
    visitor.settle()
    put_back.click()
    expect(pictures.nth(2)).to_have_attribute("src", before, timeout=20_000)


# the network's picture above and a long formula scroll by themselves
STICKING_OUT = """() => [...document.querySelectorAll("main *")]
  .filter(each => each.checkVisibility())
  .filter(each => !each.closest(".lab-net, [hidden], .st-key-normalisation-formula"))
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 120))"""
OPENED = {
    "windows": (MaxPooling2D, None),
    "shift": (MaxPooling2D, "shift"),
    "activation": (Activation, None),
    "other functions": (Activation, "others"),
    "masks": (Dropout, None),
    "scale": (BatchNormalization, "scale"),
    "values": (BatchNormalization, "values"),
}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("opened", OPENED)
def test_nothing_sticks_out_and_everything_can_be_read(welcome, opened, width):
    visitor = welcome(
        color_scheme="dark" if width == 390 else "light", viewport={"width": width, "height": 800}
    )
    kind, facet = OPENED[opened]
    open_layer(visitor, kind, **({"facet": facet} if facet else {}))
    if opened == "values":
        uncover(visitor)
    if opened in ("windows", "activation", "masks", "values"):
        visitor.page.locator(".lab-grids[data-cell]").wait_for()
    assert visitor.page.evaluate(STICKING_OUT) == []
    small = visitor.page.evaluate(SMALL_TEXT, 14)
    assert [text for text in small if not text.endswith("\u200b")] == []  # a formula's strut has no width
    nameless = visitor.page.locator("[role=img]:not([aria-label])")
    assert [each.evaluate("element => element.outerHTML.slice(0, 200)") for each in nameless.all()] == []


def test_the_windows_stand_above_the_fold(welcome):
    visitor = welcome(viewport={"width": 1280, "height": 800})
    open_grids(visitor, MaxPooling2D)
    for part in (visitor.page.locator(".lab-grids-row"), readout(visitor)):
        box = part.bounding_box()
        assert box["y"] + box["height"] <= 800
