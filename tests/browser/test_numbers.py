"""A person writes a number on the wide canvas; and the camera's frame, and a table to take away."""

import csv
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from test_look import LEAST_TEXT_PIXELS, SMALL_TEXT

from app.several import draw_wide
from benchmarks.handwriting import STROKES
from model.strokes import Stroke, encode_strokes

pytestmark = pytest.mark.browser

SCALE, WIDTH = 0.55, 840


def number(text):
    """A number's strokes in px of the wide canvas."""
    return [
        [(10 + 110 * place + x * SCALE, 60 + y * SCALE) for x, y in stroke]
        for place, character in enumerate(text)
        for stroke in STROKES[int(character)]
    ]


def strokes(text):
    return [Stroke(tuple(points), 14.0) for points in number(text)]


def link_to(text, **query):
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"Draw?several=1&pen=14&strokes={encode_strokes(strokes(text))}{more}"


def read(visitor):
    return visitor.page.locator(".lab-number .lab-lines")


def test_a_number_is_written_and_read_in_order(visitor):
    visitor.open("Draw?several=1&pen=14")
    visitor.draw(number("204"), side=WIDTH)
    expect(read(visitor)).to_have_text("204")
    expect(visitor.page.locator(".lab-over .lab-box")).to_have_count(3)
    # the boxes let the pen through: one can go on beneath them
    visitor.draw([[(x + 330, y) for x, y in stroke] for stroke in number("7")], side=WIDTH)
    expect(read(visitor)).to_have_text("2047")
    visitor.press("Clear")
    expect(read(visitor)).to_have_count(0)


def test_each_box_lies_over_its_digit(visitor):
    visitor.open(link_to("38"))
    expect(read(visitor)).to_have_text("38")
    canvas = visitor.canvas().bounding_box()
    for place, box in enumerate(visitor.page.locator(".lab-over .lab-box").all()):
        points = np.concatenate([np.array(stroke) for stroke in number("38"[place])])
        points[:, 0] += 110 * place
        over = box.bounding_box()
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        expected = canvas["x"] + left, canvas["y"] + top, right - left, bottom - top
        found = over["x"], over["y"], over["width"], over["height"]
        assert np.abs(np.subtract(found, expected))[:2].max() < 20
        assert np.abs(np.subtract(found, expected))[2:].max() < 30


def test_a_digit_is_taken_in_hand_by_the_keyboard_and_goes_along_to_another_page(visitor):
    visitor.open(link_to("406"))
    expect(read(visitor)).to_have_text("406")
    visitor.page.get_by_role("radio", name="3. 6", exact=True).focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator(".lab-which")).to_contain_text("Number 3 of 3")
    expect(visitor.page.locator(".lab-hand")).to_contain_text("number 3 of 3 in your drawing")
    visitor.go_to("Filters")
    expect(visitor.page.locator(".lab-hand")).to_contain_text("number 3 of 3 in your drawing")


def test_the_switch_turns_the_canvas_wide_and_back(visitor):
    visitor.open("Draw")
    assert visitor.canvas().bounding_box()["width"] == pytest.approx(280, abs=1)
    visitor.page.get_by_role("radio", name="A number").click()
    expect(visitor.page.locator(".st-key-wide canvas.upper-canvas")).to_have_attribute("width", "840")
    visitor.page.get_by_role("radio", name="One digit").click()
    expect(visitor.page.locator(".st-key-canvas canvas.upper-canvas")).to_have_attribute("width", "280")


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["laptop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_wide_canvas_fits_the_screen(welcome, size, scheme):
    visitor = welcome(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    visitor.open(link_to("30172"))
    expect(read(visitor)).to_have_text("30172")
    assert visitor.overflow_pixels() == 0
    assert visitor.page.evaluate(SMALL_TEXT, LEAST_TEXT_PIXELS) == []
    canvas = visitor.canvas().bounding_box()
    assert canvas["x"] >= 0
    assert canvas["x"] + canvas["width"] <= size[0]
    if size[0] > 1000:
        assert canvas["y"] + canvas["height"] < size[1]
        assert read(visitor).bounding_box()["y"] < size[1] - 60


def test_a_finger_writes_a_number_on_a_phone(welcome):
    visitor = welcome(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    visitor.open("Draw?several=1&pen=14")
    box = visitor.canvas().bounding_box()
    fingers = visitor.page.context.new_cdp_session(visitor.page)
    for stroke in number("47"):
        for place, (x, y) in enumerate(stroke):
            point = {"x": box["x"] + x * box["width"] / WIDTH, "y": box["y"] + y * box["width"] / WIDTH}
            kind = "touchMove" if place else "touchStart"
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(read(visitor)).to_have_text("47")


def picture(text):
    file = io.BytesIO()
    Image.fromarray(255 - draw_wide(strokes(text))).save(file, "PNG")
    return file.getvalue()


def test_several_files_become_a_table_to_take_away(visitor):
    visitor.open("Draw?from=upload&several=1")
    files = [
        {"name": f"{text}.png", "mimeType": "image/png", "buffer": picture(text)} for text in ("20", "473")
    ]
    visitor.page.locator("input[type=file]").set_input_files(files)
    expect(visitor.page.locator(".lab-card")).to_have_count(2)
    expect(visitor.page.locator(".lab-boxes img")).to_have_attribute("alt", re.compile("read as 20"))
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Take the table away").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert [row[:2] for row in rows] == [["file", "digits read"], ["20.png", "20"], ["473.png", "473"]]
