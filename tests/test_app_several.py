"""A whole number on the Draw page, several files with a table to take away, the camera's frame."""

import csv
import io
import re

import numpy as np
import pytest
from PIL import Image
from test_app_pages import html_of, links_of, networks, opened, png, well  # noqa: F401 - a fixture among them

from app import gallery, panel, several
from app.drawing import to_drawing
from app.gallery import COLUMNS, Row, to_csv
from app.hand import State
from benchmarks.handwriting import STROKES
from benchmarks.rendered_paper import photograph
from model.datasets import load_digits
from model.preprocessing import STEPS
from model.several import finding
from model.strokes import CANVAS_SIDE, Stroke, draw_strokes, encode_strokes
from model.upright import UPSIDE_DOWN


def strokes_of(text):
    """A number as one writes it on the wide canvas."""
    return tuple(
        Stroke(tuple((20 + 100 * place + x * 0.5, 70 + y * 0.5) for x, y in points), 12.0)
        for place, character in enumerate(text)
        for points in STROKES[int(character)]
    )


NUMBER = strokes_of("30172")
PICTURE = png(255 - several.draw_wide(NUMBER))


def button(app, label):
    return next(button for button in app.button if button.label == label)


def pills(app):
    return next(group for group in app.get("button_group") if group.label == "Which digit is in hand")


def drawn_wide(**query):
    return well(opened(several="1", strokes=encode_strokes(NUMBER), **query))


def test_the_wide_canvas_is_drawn_as_the_square_one():
    stroke = Stroke(((100.0, 60.0), (150.0, 200.0), (230.0, 150.0)), 16.0)
    wide = several.draw_wide([stroke])
    assert wide.shape == (CANVAS_SIDE, several.WIDE * CANVAS_SIDE)
    assert np.array_equal(wide[:, :CANVAS_SIDE], draw_strokes([stroke]))
    assert not wide[:, CANVAS_SIDE:].any()
    moved = Stroke(tuple((x + 190, y) for x, y in stroke.points), 16.0)  # across two squares
    assert np.array_equal(np.roll(several.draw_wide([moved]), -190, axis=1), wide)


def test_a_number_is_found_digit_by_digit_and_one_is_in_hand():
    app = drawn_wide()
    shown = html_of(app)
    assert shown.count('<i class="lab-box') == 5
    assert shown.count("lab-box lab-in-hand") == 1
    assert "5 digits; least sure of number" in shown
    assert "In hand: number 1 of 5 in your drawing" in shown
    assert "<b>Number 1 of 5</b>" in shown
    assert shown.count('class="lab-frame"') == 6
    assert len(pills(app).options) == 5


def test_another_of_its_digits_is_taken_in_hand_and_the_link_says_so():
    app = drawn_wide()
    first = html_of(app)
    pills(app).set_value(3)
    app = well(app.run())
    assert "In hand: number 4 of 5 in your drawing" in html_of(app)
    assert html_of(app) != first
    link = links_of(app)[0]
    assert link["found"] == "3"
    assert link["several"] == "1"
    app.switch_page("../pages/filters.py").run()
    assert "In hand: number 4 of 5" in html_of(well(app))


def test_a_link_to_a_digit_that_is_not_there_shows_the_last():
    assert "In hand: number 5 of 5" in html_of(drawn_wide(found="150"))


def test_a_step_is_switched_off_for_all_of_its_digits():
    app = drawn_wide(found="2")
    before = html_of(app)
    assert "this step is switched off" not in before
    next(toggle for toggle in app.toggle if toggle.label == "Centre it").set_value(False)
    app = well(app.run())
    assert links_of(app)[0]["off"] == "centre"
    after = html_of(app)
    assert after.count("this step is switched off") == 1
    assert boxes(after) == boxes(before)  # they are found as before, and read otherwise
    assert "In hand: number 3 of 5" in after
    sure = re.compile(r"</b><span>([^<]+)</span>")
    assert sure.findall(after) != sure.findall(before)


def boxes(shown):
    return re.findall(r'<i class="lab-box[^"]*" style="([^"]+)"', shown)


def test_a_photograph_of_several_has_all_its_steps_on_the_strip():
    digits = load_digits("mini", "validation")
    photo = photograph([digits.images[3], digits.images[8]], "squared", (4,)).data
    app = opened(**{"from": "upload", "several": "1"})
    app.file_uploader[0].set_value([("page.jpg", photo, "image/jpeg")])
    app = well(app.run())
    assert html_of(app).count('class="lab-frame"') == 1 + len(STEPS)
    assert {step.title for step in STEPS} <= {toggle.label for toggle in app.toggle}
    next(toggle for toggle in app.toggle if toggle.label == "Wipe the rules").set_value(False)
    app = well(app.run())
    assert html_of(app).count("this step is switched off") == 1


def test_the_canvas_changes_with_the_switch_and_keeps_the_drawing():
    app = opened(strokes=encode_strokes(NUMBER))
    assert "One digit, large" in html_of(app)
    switch = next(group for group in app.get("button_group") if group.label == "How many digits")
    switch.set_value(True)
    app = well(app.run())
    assert "A number, its digits side by side" in html_of(app)
    assert "In hand: number 1 of 5" in html_of(app)
    assert any("**Guess first" in text.value for text in app.markdown)
    button(app, "Clear").click()
    app = well(app.run())
    assert "Write a number on the paper" in html_of(app)
    assert "No digit in hand yet" in html_of(app)


def test_what_the_canvas_sends_is_read_as_a_number():
    app = opened(several="1")
    raw = {**to_drawing(NUMBER), "background": "#FAF8F3"}
    app.session_state["canvas 0"] = {"drawing": {"raw": raw, "data": None}}
    app = well(app.run())
    assert "In hand: number 1 of 5 in your drawing" in html_of(app)


def test_an_uploaded_number_is_shown_with_its_boxes():
    app = opened(**{"from": "upload", "several": "1"})
    assert "pictures of numbers" in html_of(app)
    app.file_uploader[0].set_value([("<b>year.png", PICTURE, "image/png")])
    app = well(app.run())
    shown = html_of(app)
    assert shown.count('<i class="lab-box') == 5
    assert 'alt="Your picture, read as' in shown
    assert "In hand: number 1 of 5 in &lt;b&gt;year.png" in shown
    assert "<b>year" not in shown


@pytest.mark.parametrize("count", [1, 4])
def test_what_was_uploaded_upside_down_is_said_to_be(monkeypatch, count):
    asked, made = [], []
    for module in (panel, finding, gallery):
        monkeypatch.setattr(
            module, "is_upside_down", lambda _, digits, verdicts: asked.append(digits) or True
        )
    number = {"several": "1"} if count > 1 else {}
    drawn = well(opened(strokes=encode_strokes(NUMBER), **number))
    assert asked == []  # whoever draws knows which way up
    assert UPSIDE_DOWN not in html_of(drawn)
    monkeypatch.setattr(gallery, "to_csv", lambda rows: made.append(rows) or to_csv(rows))
    app = opened(**{"from": "upload"} | number)
    picture = png(255 - several.draw_wide(NUMBER[: count + 1]))
    app.file_uploader[0].set_value([("a.png", picture, "image/png"), ("b.png", picture, "image/png")])
    shown = html_of(well(app.run()))
    assert UPSIDE_DOWN in shown
    assert all(UPSIDE_DOWN in row.remarks for row in made[-1])


def test_several_files_of_several_digits_stand_in_a_table():
    app = opened(**{"from": "upload", "several": "1"})
    blank = png(np.full((50, 90), 250, np.uint8))
    files = [("a.png", PICTURE), ("blank.png", blank), ("torn.png", PICTURE[:60])]
    app.file_uploader[0].set_value([(name, data, "image/png") for name, data in files])
    shown = html_of(well(app.run()))
    assert shown.count('class="lab-card') == 3
    assert "There is nothing to read" in shown
    assert "torn.png ends too early" in shown


def test_digits_of_the_data_are_always_one():
    app = opened(**{"from": "data", "several": "1"})
    assert "In hand: a validation digit" in html_of(app)
    assert not [group for group in app.get("button_group") if group.label == "How many digits"]


def rows_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_table_reads_back_as_it_was():
    rows = [
        Row('a, "b".png', "12 / 34", 0.98765, "Number 2: It is not sure.\nSo.", np.zeros((2, 2), np.uint8)),
        Row("größe.png", "", None, "It is blank.", None),
    ]
    assert rows_of(to_csv(rows)) == [
        list(COLUMNS),
        ['a, "b".png', "12 / 34", "0.9877", "Number 2: It is not sure.\nSo."],
        ["größe.png", "", "", "It is blank."],
    ]


@pytest.mark.parametrize("name", ["=1+1.png", "+x.png", "-x.png", "@x.png", "\tx.png"])
def test_a_files_name_is_no_formula(name):
    (_, row) = rows_of(to_csv([Row(name, "7", 0.9, "", None)]))
    assert row[0] == f"'{name}"


def test_the_table_of_one_digit_each_is_offered_too(monkeypatch):
    made = []
    monkeypatch.setattr(gallery, "to_csv", lambda rows: made.append(rows) or to_csv(rows))
    app = opened(**{"from": "upload"})
    seven = png(255 - draw_strokes([Stroke(tuple(STROKES[7][0]))]))
    app.file_uploader[0].set_value([("a.png", seven, "image/png"), ("b.png", seven, "image/png")])
    well(app.run())
    assert [row.name for row in made[-1]] == ["a.png", "b.png"]
    assert all(row.digits in set("0123456789") and row.confidence for row in made[-1])


def test_of_a_photograph_what_lies_in_the_frame_is_read():
    photo = np.full((480, 640), 255, np.uint8)
    photo[100:380, 180:460] = 255 - draw_strokes([Stroke(tuple(STROKES[7][0]))])
    photo[:, :70] = 0  # a dark wall beside the paper, outside the frame
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG")
    app = opened(**{"from": "camera"})
    app.camera_input[0].set_value(("photo.jpg", file.getvalue(), "image/jpeg"))
    app = well(app.run())
    assert "In hand: your photograph" in html_of(app)
    assert "The network reads" in html_of(app)
    taken = app.session_state["state"].photo.pixels
    assert 0.7 * 480 < taken.shape[0] < 0.95 * 480
    assert taken.shape[0] == taken.shape[1]
    assert taken.min() < 100
    assert taken[:, 0].min() > 200


def test_a_photograph_of_a_number_is_wide():
    photo = np.full((480, 640), 255, np.uint8)
    photo[200:280, 200:440] = np.asarray(Image.fromarray(255 - several.draw_wide(NUMBER)).resize((240, 80)))
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG")
    app = opened(**{"from": "camera", "several": "1"})
    app.camera_input[0].set_value(("photo.jpg", file.getvalue(), "image/jpeg"))
    app = well(app.run())
    assert "number 1 of 5 in your photograph" in html_of(app)
    taken = app.session_state["state"].photo.pixels
    assert taken.shape[1] > 2 * taken.shape[0]


def test_without_a_gift_nothing_is_found():
    for source in ("draw", "upload", "camera"):
        assert several.found(State(source=source, several=True)) is None


def test_a_stroke_that_left_the_canvas_far_behind_is_drawn_all_the_same():
    far = Stroke(((-4000.0, 100.0), (100.0, 100.0)), 20.0)
    assert several.draw_wide([far])[100, :100].all()
