"""The Augmentation page in a browser: sliders that the pictures follow, one variant enlarged, the warning."""

import base64
import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

WINDOWS = {"laptop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
GRID = "[data-drawn] .lab-grid"
PICTURE = "figure => figure.style.getPropertyValue('--after')"
CHOSEN = (
    "figure => [figure.style.getPropertyValue('--column'), figure.style.getPropertyValue('--row')].join()"
)


def opened(visitor, query=""):
    visitor.open(f"Augmentation{query}")
    visitor.page.locator(GRID).wait_for()
    return visitor.page


def slider(page, title):
    return page.get_by_role("slider", name=f"{title}, by up to")


def amount(page, title):
    return page.locator(".lab-knob", has=page.get_by_role("button", name=title)).locator("output")


def test_the_pictures_follow_a_slider_from_the_keyboard_and_so_does_the_link(visitor):
    page = opened(visitor)
    figure = page.locator(".lab-variants")
    expect(page.locator(".lab-off-note")).to_contain_text("Rotation is off")
    slider(page, "Shear").focus()
    before = figure.evaluate(PICTURE)
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    expect(amount(page, "Shear")).to_have_text("±30°")
    expect(page.get_by_role("button", name="Shear")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".lab-off-note")).to_be_hidden()
    expect(page.locator(".lab-read")).to_contain_text("of 64 as 2")
    expect(page).to_have_url(re.compile(r"shear_degrees%22%3A30"))
    assert figure.evaluate(PICTURE) != before
    assert slider(page, "Shear").input_value() == "30"


def test_a_dragged_slider_ends_where_the_hand_leaves_it(visitor):
    page = opened(visitor)
    box = slider(page, "Rotation").bounding_box()
    page.mouse.move(box["x"] + 6, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 6 + 4 * step, box["y"] + box["height"] / 2)
    page.mouse.up()
    value = slider(page, "Rotation").input_value()
    assert int(value) > 30
    expect(amount(page, "Rotation")).to_have_text(f"±{value}°")
    expect(page).to_have_url(re.compile(rf"rotation_degrees%22%3A{value}"))
    assert slider(page, "Rotation").input_value() == value


def test_a_variant_is_enlarged_under_the_pointer_and_by_the_arrow_keys(visitor):
    page = opened(visitor, "?show=all")
    page.get_by_role("radio", name="Strong").click()
    expect(page.locator(".lab-off-note")).to_be_hidden()
    figure, grid = page.locator(".lab-variants"), page.locator(GRID)
    visitor.settle()
    box = grid.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.31, box["y"] + box["height"] * 0.44)
    assert figure.evaluate(CHOSEN) == "2,3"
    said = page.locator(".lab-done").inner_text()
    assert "turned" in said
    page.mouse.click(box["x"] + 5, box["y"] + 5)
    assert figure.evaluate(CHOSEN) == "0,0"
    grid.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert figure.evaluate(CHOSEN) == "1,1"
    assert page.locator(".lab-done").inner_text() != said
    expect(page.locator(".lab-variants .lab-spoken")).to_contain_text("10 of 64")


def test_a_batch_that_fills_no_row_ends_with_its_last_digit(visitor):
    recipe = '{"preset":"quick","dataset":"mini","batch_size":20}'
    page = opened(visitor, f"?show=batch&recipe={recipe}")
    expect(page.locator(".lab-read")).to_contain_text("20 digits")
    box = page.locator(GRID).bounding_box()
    brightest = """async ([source, left, top]) => {
      const picture = new Image()
      picture.src = source
      await picture.decode()
      const canvas = new OffscreenCanvas(1, 1)
      const pen = canvas.getContext("2d")
      pen.drawImage(picture, -left, -top)
      return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3)
    }"""
    source = "data:image/png;base64," + base64.b64encode(page.screenshot()).decode()
    there, gone = (
        page.evaluate(
            brightest, [source, int(box["x"] + box["width"] * share), int(box["y"] + box["height"] - 6)]
        )
        for share in (0.4, 0.6)
    )
    assert max(there) < 30  # the corner of a digit's paper
    assert min(gone) > 200  # the page


def test_the_page_warns_of_a_flip_upside_down_by_itself(visitor):
    page = opened(visitor, "?change=upside-down")
    page.get_by_role("checkbox", name="upside down").check()
    expect(page.locator(".lab-warning")).to_contain_text("Unsafe: Flip over turns")
    expect(page.locator(".lab-unsafe")).to_have_count(1)
    expect(page).to_have_url(re.compile("flip_upside_down"))
    page.get_by_role("radio", name="Sweep").click()
    expect(page.get_by_text("Guess: what does the network read in this")).to_contain_text("upside down?")


def test_the_page_warns_of_a_flip_and_shows_the_digits_that_are_read_otherwise(visitor):
    page = opened(visitor, "?change=flip")
    page.get_by_role("checkbox", name="left–right").check()
    warning = page.locator(".lab-warning")
    expect(warning).to_contain_text("Unsafe: Flip turns")
    expect(page.locator(".lab-unsafe")).to_have_count(1)
    expect(page.locator(".lab-read")).to_contain_text(re.compile(r"framed: \d+ as \d"))
    frames = "figure => getComputedStyle(figure).getPropertyValue('--wrong')"
    assert page.locator(".lab-variants").evaluate(frames).startswith("url(")
    box = warning.bounding_box()
    assert box["y"] + box["height"] <= WINDOWS["laptop"]["height"]
    page.get_by_role("checkbox", name="left–right").uncheck()
    expect(warning).to_have_count(0)


def test_the_chosen_augmentation_goes_to_training_and_comes_back(visitor):
    page = opened(visitor)
    page.get_by_role("radio", name="Gentle").click()
    expect(amount(page, "Rotation")).to_have_text("±10°")
    page.get_by_role("button", name="Train with it").click()
    expect(page.get_by_role("heading", name="Training", level=1)).to_be_visible()
    expect(page.get_by_text("Changed: augmentation.")).to_be_visible()
    visitor.go_to("Augmentation")
    expect(amount(page, "Rotation")).to_have_text("±10°")


def test_how_often_a_change_is_made_can_be_set(visitor):
    page = opened(visitor, "?show=all")
    page.get_by_role("radio", name="Gentle").click()
    expect(amount(page, "Rotation")).to_have_text("±10°")
    page.get_by_role("button", name="How often").click()
    share = page.get_by_test_id("stPopoverBody").get_by_role("slider").first  # of the rotation
    share.focus()
    page.keyboard.press("Home")
    expect(page).to_have_url(re.compile(r"probabilities%22%3A%7B%22rotation%22%3A0"))
    page.keyboard.press("Escape")
    page.locator(GRID).click(position={"x": 200, "y": 200})
    expect(page.locator(".lab-done")).not_to_contain_text("turned")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("window", WINDOWS)
def test_the_page_fits_its_window_and_can_be_read(welcome, theme, window):
    visitor = welcome(color_scheme=theme, viewport=WINDOWS[window])
    page = opened(visitor, "?show=all&from=data&digit=mnist-validation-7")
    page.get_by_role("radio", name="Strong").click()
    expect(page.locator(".lab-read")).to_contain_text("of 64 as 9")
    assert visitor.overflow_pixels() == 0
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('.lab-desk *, .lab-variants *, .lab-read, .lab-warning')]"
        ".filter(each => each.checkVisibility() && each.textContent.trim())"
        ".map(each => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert len(sizes) > 20
    assert min(sizes) >= 14
    if window == "laptop":
        for important in (".lab-desk", GRID, ".lab-difference", ".lab-read"):
            box = page.locator(important).bounding_box()
            assert box["y"] + box["height"] <= WINDOWS["laptop"]["height"]
    else:
        expect(page.locator(".lab-desk").get_by_role("slider")).to_have_count(
            1
        )  # on a phone the one in focus
        page.get_by_role("button", name="Zoom").click()
        expect(slider(page, "Zoom")).to_be_visible()
