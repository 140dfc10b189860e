"""Every page, empty and filled, as Streamlit runs it (without a browser)."""

import io
import json
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from random_recipes import random_weights
from streamlit.testing.v1 import AppTest

from app import owner
from app.drawing import to_drawing
from model import checkpoint
from model.cards import part_card
from model.checkpoint import write_checkpoint
from model.evaluation import Score
from model.presets import PRESETS
from model.strokes import Stroke, draw_strokes, encode_strokes

MAIN = Path(__file__).resolve().parents[1] / "app" / "main.py"
SEVEN = Stroke(((80.0, 70.0), (200.0, 66.0), (160.0, 150.0), (125.0, 230.0)))


@pytest.fixture(autouse=True)
def networks(tmp_path, monkeypatch):
    """Two small networks without training in the place of the bundled ones."""
    recipe = PRESETS["tiny"]
    test = Score(np.diag(np.full(10, 990)) + np.eye(10, k=1, dtype=int) * 10)
    card = {"learned_from": {"dataset": "mnist"}, "accuracy": {"test": part_card(test)}}
    for seed, name in enumerate(("classic", "other")):
        write_checkpoint(tmp_path / name, recipe, random_weights(recipe, seed), card)
    monkeypatch.setattr(checkpoint, "BUNDLED", tmp_path)
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(owner, "student", lambda: "a student")  # there is no browser that could send a cookie
    st.cache_resource.clear()
    yield tmp_path
    st.cache_resource.clear()


def opened(page="Draw", **query):
    """The app as a browser opens it at a page's address with a query."""
    app = AppTest.from_file(MAIN, default_timeout=30)
    for name, text in query.items():
        app.query_params[name] = text
    app.run()
    if page != "Digit Lab":
        app.switch_page(f"../pages/{page.lower()}.py").run()
    return well(app)


def well(app):
    assert not app.exception, app.exception[0].message
    assert not app.error, app.error[0].value
    return app


def drawn(app, *strokes, number=0):
    """What the canvas would send."""
    raw = {**to_drawing(strokes), "background": "#FAF8F3"}
    app.session_state[f"canvas {number}"] = {"drawing": {"raw": raw, "data": None}}
    return well(app.run())


def html_of(app):
    return "\n".join(element.proto.body for element in app.get("html"))


def links_of(app):
    """The queries that the address bar is told, decoded."""
    # a chart's data are no JSON
    data = [json.loads(e.proto.json) for e in app.get("bidi_component") if e.proto.json]
    return [{name: texts[0] for name, texts in parse_qs(d["query"]).items()} for d in data if "query" in d]


def initial_drawing(app):
    (canvas,) = [
        d
        for d in (json.loads(e.proto.json) for e in app.get("bidi_component") if e.proto.json)
        if "initialDrawing" in d
    ]
    return canvas["initialDrawing"]["objects"]


@pytest.mark.parametrize(
    "title", ["Digit Lab", "Draw", "Architecture", "Augmentation", "Training", "Filters", "Mistakes"]
)
def test_every_page_opens_with_its_title_its_question_and_the_model_bar(title):
    app = opened(title)
    assert app.title[0].value
    assert any("**Guess first" in text.value for text in app.markdown)
    assert "reads <b>99.10%</b> of 9,990 test digits right" in html_of(app)
    assert "95% interval" in html_of(app)
    assert "No digit in hand yet" in html_of(app)


def test_the_landing_page_shows_a_digits_way_and_one_place_to_begin():
    app = opened("Digit Lab")
    shown = html_of(app)
    assert shown.count('class="lab-stage') >= 4
    assert shown.count("<img") == shown.count(' alt="')
    assert "Probabilities. 0: " in shown
    assert [button.label for button in app.button] == ["Draw a digit", "Watch one learn", "Another digit"]


def test_the_landing_page_takes_another_digit_in_hand():
    app = opened("Digit Lab")
    app.button[2].click()
    well(app.run())
    assert "In hand: a validation digit, number" in html_of(app)
    assert links_of(app)[0]["from"] == "data"


def test_an_empty_canvas_says_what_to_do():
    app = opened()
    assert "Nothing to read yet" in html_of(app)
    assert "Draw one digit on the paper" in html_of(app)
    assert "The network reads" not in html_of(app)
    assert links_of(app) == [{}, {}]


def test_a_drawing_is_read_at_once():
    app = drawn(opened(), SEVEN)
    shown = html_of(app)
    assert "The network reads" in shown
    assert "Probabilities. 0: " in shown
    assert "In hand: your drawing" in shown
    assert shown.count('class="lab-frame"') == 6
    assert "It is not sure" in shown  # a network without training
    assert links_of(app) == [{"strokes": encode_strokes([SEVEN])}] * 2


def test_a_drawing_stays_in_hand_on_other_pages_and_comes_back_to_its_canvas():
    app = drawn(opened(), SEVEN)
    app.switch_page("../pages/home.py")
    well(app.run())
    assert "In hand: your drawing" in html_of(app)
    app.switch_page("../pages/draw.py")
    well(app.run())
    assert len(initial_drawing(app)) == 1
    assert "The network reads" in html_of(app)


def test_clear_takes_a_new_canvas_and_undo_takes_back_one_stroke():
    dot = Stroke(((50.0, 50.0),))
    app = drawn(opened(), SEVEN, dot)
    next(button for button in app.button if button.label == "Undo").click()
    well(app.run())
    assert len(initial_drawing(app)) == 1
    assert links_of(app)[0] == {"strokes": encode_strokes([SEVEN])}
    next(button for button in app.button if button.label == "Clear").click()
    well(app.run())
    assert initial_drawing(app) == []
    assert "Nothing to read yet" in html_of(app)
    assert links_of(app)[0] == {}


def test_a_switched_off_step_is_switched_off_in_the_link_too():
    app = drawn(opened(), SEVEN)
    next(toggle for toggle in app.toggle if toggle.label == "Centre it").set_value(False)
    well(app.run())
    assert links_of(app)[0]["off"] == "centre"
    assert "this step is switched off" in html_of(app)


def test_a_link_opens_the_page_as_it_was():
    app = opened(strokes=encode_strokes([SEVEN]), off="centre.contrast", pen="30", model="other")
    assert "The network reads" in html_of(app)
    assert len(initial_drawing(app)) == 1
    assert app.slider[0].value == 30
    assert app.selectbox[0].value == "other"
    switched_on = {toggle.label for toggle in app.toggle if toggle.value}
    assert switched_on == {"Find the ink", "Narrow the strokes", "Crop and shrink"}


def test_an_odd_link_opens_a_working_page_and_says_what_it_ignored():
    app = opened(
        model="<script>", strokes="!" * 50, pen="-3", off="everything", digit="x", why="maybe", utm="1"
    )
    shown = html_of(app)
    assert "Nothing to read yet" in shown
    for name in ("model", "strokes", "pen", "off", "digit", "why"):
        assert f"“{name}” was ignored" in shown
    assert "<script>" not in shown
    assert "utm" not in shown


def test_a_digit_of_the_data_is_read_as_it_is_and_judged_by_its_label():
    app = opened(**{"from": "data", "digit": "mnist-validation-7"})
    shown = html_of(app)
    assert "In hand: a validation digit, number 7" in shown
    assert "it is labelled 9." in shown
    assert "no step is needed" in shown
    assert any("5,000 validation digits, from mini" in caption.value for caption in app.caption)
    next(toggle for toggle in app.toggle if toggle.label == "Written small in a corner").set_value(True)
    app = well(app.run())
    assert html_of(app).count('class="lab-frame"') == 6
    assert links_of(app)[0]["corner"] == "1"


def test_another_digit_of_the_data_is_of_the_class_that_was_asked_for():
    app = opened(**{"from": "data"})
    next(box for box in app.selectbox if box.label == "which is").set_value("3")
    well(app.run())
    for _ in range(3):
        assert "it is labelled 3." in html_of(app)
        next(button for button in app.button if button.label == "Another one").click()
        well(app.run())


def test_a_digit_that_the_network_has_learned_from_is_said_to_be_one(networks):
    card = json.loads((networks / "classic" / "card.json").read_text())
    card["learned_from"]["dataset"] = "mnist-60000"
    (networks / "classic" / "card.json").write_text(json.dumps(card))
    app = opened(**{"from": "data", "digit": "mnist-validation-7"})
    assert "In hand: a training digit, number 7" in html_of(app)


def test_data_that_are_not_there_are_named_with_a_way_out(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    app = AppTest.from_file(MAIN, default_timeout=30)
    app.query_params["from"], app.query_params["digit"] = "data", "fashion-test-3"
    app.run().switch_page("../pages/draw.py").run()
    assert not app.exception
    assert "not found on this machine" in app.error[0].value
    next(button for button in app.button if button.label == "Take a validation digit").click()
    well(app.run())
    assert "In hand: a validation digit" in html_of(app)


def test_why_shows_what_mattered_and_the_nearest_digits_until_the_digit_changes():
    app = drawn(opened(), SEVEN)
    next(toggle for toggle in app.toggle if toggle.label == "Why this answer?").set_value(True)
    well(app.run())
    shown = html_of(app)
    assert 'class="lab-heat"' in shown
    assert "speaks for" in shown
    assert shown.count("labelled") == 8
    assert "none of which the network has learned from" in app.caption[-1].value
    assert links_of(app)[0]["why"] == "1"
    app = drawn(app, SEVEN, Stroke(((50.0, 50.0), (60.0, 200.0))))
    assert 'class="lab-heat"' not in html_of(app)


def test_another_network_reads_the_same_digit():
    app = drawn(opened(), SEVEN)
    before = html_of(app)
    app.selectbox[0].set_value("other")
    well(app.run())
    assert html_of(app) != before
    assert links_of(app)[0] == {"model": "other", "strokes": encode_strokes([SEVEN])}


def test_without_any_network_the_bar_says_how_to_train_one(networks):
    for file in networks.rglob("*"):
        if file.is_file():
            file.unlink()
    app = AppTest.from_file(MAIN, default_timeout=30).run()
    assert not app.exception
    assert app.title[0].value == "No network in hand"
    assert "python -m model train" in app.error[0].value


def test_a_broken_network_leaves_the_others_to_choose_from(networks):
    (networks / "classic" / "weights.npz").write_bytes(b"no archive")
    app = AppTest.from_file(MAIN, default_timeout=30).run()
    assert not app.exception
    assert "cannot be read" in app.error[0].value
    app.selectbox[0].set_value("other")
    assert "No digit in hand yet" in html_of(well(app.run()))


def test_every_picture_has_a_text_in_its_place():
    app = drawn(opened(), SEVEN)
    for element in app.get("html"):
        body = element.proto.body
        assert body.count("<img") == body.count(' alt="')


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


PAPER_SEVEN = png(255 - draw_strokes([SEVEN]))


def uploaded(*files):
    app = opened(**{"from": "upload"})
    assert "Choose one or several pictures" in html_of(app)
    app.file_uploader[0].set_value([(name, data, "image/png") for name, data in files])
    return well(app.run())


def test_an_uploaded_picture_is_read_and_kept_while_one_looks_elsewhere():
    app = uploaded(("seven.png", PAPER_SEVEN))
    assert "In hand: seven.png" in html_of(app)
    assert "The network reads" in html_of(app)
    read = html_of(app).split("Probabilities. ")[1][:80]
    assert html_of(drawn(opened(), SEVEN)).split("Probabilities. ")[1][:80] == read
    app.switch_page("../pages/home.py").run()
    assert "In hand: seven.png" in html_of(well(app))
    app.switch_page("../pages/draw.py").run()
    assert "The network reads" in html_of(well(app))
    assert links_of(app)[0] == {"from": "upload"}  # a person's own pictures are in no link


def test_several_pictures_stand_side_by_side_and_a_bad_one_says_why():
    app = uploaded(
        ("seven.png", PAPER_SEVEN), ("<img src=x>.png", PAPER_SEVEN), ("torn.png", PAPER_SEVEN[:60])
    )
    shown = html_of(app)
    assert shown.count('class="lab-card') == 3
    assert "<img src=x>" not in shown
    assert "&lt;img src=x&gt;.png" in shown
    assert "torn.png ends too early" in shown
    next(box for box in app.selectbox if box.label == "In hand").set_value(2)
    app = well(app.run())
    assert "Not read" in html_of(app)
    assert "torn.png ends too early" in html_of(app).split("All your pictures")[0]


def test_pictures_beyond_the_most_are_said_to_be_left_out():
    app = uploaded(*[(f"{number}.png", PAPER_SEVEN) for number in range(53)])
    assert html_of(app).count('class="lab-card') == 51
    assert "51. 3 more" in html_of(app)
    assert "Only 50 pictures are read at a time." in html_of(app)


def test_blank_paper_is_not_read():
    app = uploaded(("blank.png", png(np.full((50, 50), 250, np.uint8))))
    assert "Not read" in html_of(app)
    assert "There is nothing to read" in html_of(app)
    assert "The network reads" not in html_of(app)


def test_a_photograph_is_read():
    app = opened(**{"from": "camera"})
    assert "Take a photograph of one digit" in html_of(app)
    app.camera_input[0].set_value(("photo.jpg", PAPER_SEVEN, "image/jpeg"))
    app = well(app.run())
    assert "In hand: your photograph" in html_of(app)
    assert "The network reads" in html_of(app)


def test_a_canvas_that_sends_no_drawing_says_so():
    app = opened()
    raw = {"objects": [{"type": "Path", "path": "nonsense"}], "background": "#FAF8F3"}
    app.session_state["canvas 0"] = {"drawing": {"raw": raw, "data": None}}
    app.run()
    assert not app.exception
    assert "Clear it and draw again" in app.error[0].value
    assert "Nothing to read yet" in html_of(app)
