"""The Augmentation page as Streamlit runs it, without a browser: what it shows is what training gets."""

import base64
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from test_app_pages import SEVEN, drawn, html_of, links_of, networks, opened, well  # noqa: F401 - a fixture

from app import augmenting, change_words
from app.hand import CHANGES, FIRST_RECIPE, SHOWN
from app.recipe_link import decode_recipe, encode_recipe
from model.augmentation import TRANSFORMATIONS, Augmentation, Changes, Probabilities, augment
from model.augmentation.serving import training_batch
from model.checkpoint import load_checkpoint
from model.datasets import load_digits

VALIDATION = {"from": "data", "digit": "mnist-validation-7"}  # a 9
ROUND = Augmentation(rotation_degrees=180)


def contents(app):
    """What the page's own components are given, as JSON."""
    return [json.loads(each.proto.json) for each in app.get("bidi_component") if each.proto.json]


def grid_of(app):
    (grid,) = [content for content in contents(app) if "after" in content]
    return grid


def desk_of(app):
    (desk,) = [content for content in contents(app) if "rows" in content and "change" in content]
    return {row["name"]: row for row in desk["rows"]} | {"in focus": desk["change"]}


def pictures(source, count=64):
    """The digits of a sheet, cut out again: uint8 (n, 28, 28, …)."""
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))
    return np.stack(
        [sheet[30 * (n // 8) : 30 * (n // 8) + 28, 30 * (n % 8) : 30 * (n % 8) + 28] for n in range(count)]
    )


def with_augmentation(augmentation, **others):
    return {"recipe": encode_recipe(replace(FIRST_RECIPE, augmentation=augmentation, **others))}


def augmentation_in_link(app):
    return decode_recipe(links_of(app)[0]["recipe"]).augmentation


def test_at_first_an_example_shows_what_a_slider_would_do_and_nothing_is_chosen():
    app = opened("Augmentation")
    grid = grid_of(app)
    assert grid["note"].startswith("Rotation is off. This is what ±25° would do")
    assert "An example" in html_of(app)
    assert all(row["text"] == "" for name, row in desk_of(app).items() if name != "in focus")
    assert links_of(app) == [{}, {}]
    assert set(grid["whats"]) == {"validation digit number 2,732"}  # no digit is in hand: one of the data


@pytest.mark.parametrize("shown", SHOWN)
def test_every_view_opens(shown):
    app = opened("Augmentation", show=shown, change="shear", **with_augmentation(augmenting.GENTLE))
    assert app.title[0].value == "Augmentation"
    assert desk_of(app)["in focus"] == "shear"


@pytest.mark.parametrize("change", ["rotation", "elastic", "noise", "flip", "upside-down"])
def test_the_grid_shows_what_training_would_make_of_the_digit_by_one_change(change):
    app = opened(
        "Augmentation", variants="5", change=change, **VALIDATION, **with_augmentation(augmenting.STRONG)
    )
    digit = load_digits("mnist", "validation").images[7]
    wanted = augmenting.STRONG
    if change in augmenting.SWITCHES:
        wanted = Augmentation(**{TRANSFORMATIONS[change].field: True})
    alone = Augmentation(**{TRANSFORMATIONS[change].field: getattr(wanted, TRANSFORMATIONS[change].field)})
    expected = augment(np.stack([digit] * 64), alone, np.random.default_rng(5))
    grid = grid_of(app)
    assert (pictures(grid["after"]) == expected).all()
    assert (pictures(grid["before"]) == digit).all()
    assert grid["first"] == np.abs(expected.astype(int) - digit).sum(axis=(1, 2)).argmax()
    assert (grid["note"] == "") == (
        change not in augmenting.SWITCHES
    )  # flips aren't in it: only an example is shown
    assert say_of(change) in html_of(app)


def say_of(change):
    lesson = Path(augmenting.__file__).parents[1] / "assets" / "lessons" / "augmentation.md"
    return lesson.read_text(encoding="utf-8").split(f"## change {change}\n\n")[1].split("\n")[0]


def test_all_together_shows_all_changes_and_other_ones_when_asked():
    app = opened("Augmentation", show="all", **VALIDATION, **with_augmentation(augmenting.STRONG))
    digit = load_digits("mnist", "validation").images[7]
    first = pictures(grid_of(app)["after"])
    assert (first == augment(np.stack([digit] * 64), augmenting.STRONG, np.random.default_rng(0))).all()
    press(app, "Other changes")
    assert links_of(app)[0]["variants"] == "1"
    second = pictures(grid_of(app)["after"])
    assert (second == augment(np.stack([digit] * 64), augmenting.STRONG, np.random.default_rng(1))).all()
    assert (first != second).any()


def test_the_difference_is_orange_where_ink_went_and_blue_where_it_came():
    app = opened("Augmentation", **VALIDATION, **with_augmentation(Augmentation(shift_cells=6)))
    grid = grid_of(app)
    change = pictures(grid["after"]).astype(int) - pictures(grid["before"])
    sheet = Image.open(io.BytesIO(base64.b64decode(grid["difference"].partition(",")[2]))).convert("RGB")
    file = io.BytesIO()
    sheet.save(file, "PNG")
    red, _, blue = np.moveaxis(pictures("," + base64.b64encode(file.getvalue()).decode()), -1, 0).astype(int)
    assert (red - blue)[change < -100].min() > 60
    assert (blue - red)[change > 100].min() > 60
    assert (red == 255)[change == 0].all()


def test_the_next_batch_is_what_training_gets_and_goes_on_into_the_next_epoch():
    recipe = replace(FIRST_RECIPE, dataset="mini", batch_size=64, augmentation=augmenting.STRONG, seed=3)
    digits = load_digits("mini", "train")
    last = -(-len(digits) // 64) - 1
    app = opened("Augmentation", show="batch", variants=str(last - 1), recipe=encode_recipe(recipe))
    after, _, places = training_batch(recipe, digits, 0, last - 1)
    assert (pictures(grid_of(app)["after"]) == after).all()
    assert (pictures(grid_of(app)["before"]) == digits.images[places]).all()
    press(app, "Next batch")
    press(app, "Next batch")
    after, labels, places = training_batch(recipe, digits, 1, 0)
    assert (pictures(grid_of(app)["after"]) == after).all()
    assert grid_of(app)["whats"][0] == f"training digit number {places[0]:,}, labelled {labels[0]}"
    assert "Batch 1 of epoch 2: exactly what a training with seed 3 gets, 64 digits." in html_of(app)
    read = load_checkpoint("classic").network.probabilities(after).argmax(axis=1)
    assert f"reads {(read == labels).sum()} of 64 right; the others are framed" in html_of(app)


def test_a_large_batch_is_shown_in_part_and_a_small_one_whole():
    recipe = replace(FIRST_RECIPE, dataset="mini", batch_size=512)
    shown = html_of(opened("Augmentation", show="batch", recipe=encode_recipe(recipe)))
    assert "the first 64 of 512 digits" in shown
    app = opened("Augmentation", show="batch", recipe=encode_recipe(replace(recipe, batch_size=16)))
    assert (grid_of(app)["count"], grid_of(app)["rows"]) == (16, 2)


def test_a_batch_of_digits_that_are_not_there_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    app = AppTest.from_file(Path(augmenting.__file__).with_name("main.py"), default_timeout=30)
    app.query_params["recipe"] = encode_recipe(replace(FIRST_RECIPE, dataset="fashion"))
    app.query_params["show"] = "batch"
    app.run().switch_page("../pages/augmentation.py").run()
    assert not app.exception
    assert "fashion**, which can't be read on this machine" in app.warning[0].value
    assert "not found on this machine" in app.caption[0].value
    press(app, "Learn from mini")
    assert "exactly what a training with seed" in html_of(app)


def test_the_reading_counts_the_variants_and_frames_the_others():
    app = opened("Augmentation", show="all", **VALIDATION, **with_augmentation(augmenting.STRONG))
    read = load_checkpoint("classic").network.probabilities(pictures(grid_of(app)["after"])).argmax(axis=1)
    shown = html_of(app)
    assert f"The network reads {(read == 9).sum()} of 64 as 9" in shown
    frames = base64.b64decode(
        shown.split("--wrong: url(data:image/svg+xml;base64,")[1].split(")")[0]
    ).decode()
    assert frames.count("<rect") == (read != 9).sum()
    first = int(np.flatnonzero(read != 9)[0])
    assert f"<rect x='{30 * (first % 8) + 1}' y='{30 * (first // 8) + 1}'" in frames


def test_a_drawing_is_compared_with_its_own_reading():
    app = opened("Augmentation", show="all", strokes="", **with_augmentation(augmenting.GENTLE))
    app.switch_page("../pages/draw.py").run()
    drawn(app, SEVEN)
    app.switch_page("../pages/augmentation.py").run()
    before = pictures(grid_of(app)["before"])
    read = int(load_checkpoint("classic").network.probabilities(before[:1])[0].argmax())
    assert f"as {read}, like the digit itself" in html_of(app)
    assert set(grid_of(app)["whats"]) == {"your drawing"}


def test_a_ready_mixture_goes_into_the_recipe_and_out_of_it():
    app = opened("Augmentation", show="all")
    mixtures = next(each for each in app.segmented_control if each.label == "A ready mixture")
    mixtures.set_value("Gentle")
    well(app.run())
    assert augmentation_in_link(app) == augmenting.GENTLE
    assert grid_of(app)["note"] == ""
    assert desk_of(app)["rotation"]["text"] == "±10°"
    assert desk_of(app)["zoom"]["text"] == "×1.11"
    next(each for each in app.segmented_control if each.label == "A ready mixture").set_value("None")
    well(app.run())
    assert "recipe" not in links_of(app)[0]


def test_an_unsafe_strength_is_marked_and_the_page_says_for_which_digits():
    app = opened("Augmentation", **with_augmentation(ROUND))
    unsafe = desk_of(app)["rotation"]["unsafe"]
    assert "6s" in unsafe
    assert f'class="lab-warning" role="status">Unsafe: {unsafe}.' in html_of(app)
    gentle = opened("Augmentation", **with_augmentation(Augmentation(rotation_degrees=5)))
    assert desk_of(gentle)["rotation"]["unsafe"] is None
    assert 'class="lab-warning"' not in html_of(gentle)


def test_the_warning_in_focus_comes_first_and_the_others_are_counted():
    two = Augmentation(rotation_degrees=180, flip=True)
    shown = html_of(opened("Augmentation", change="flip", **with_augmentation(two)))
    assert "Unsafe: Flip turns" in shown
    assert "Also unsafe: rotation." in shown


def test_another_digit_is_taken_in_hand():
    app = opened("Augmentation")
    press(app, "Another digit")
    assert links_of(app)[0]["from"] == "data"
    assert "In hand: a validation digit" in html_of(app)


def test_train_with_it_takes_the_recipe_to_the_training_page():
    app = opened("Augmentation", **with_augmentation(augmenting.GENTLE))
    press(app, "Train with it")
    assert app.title[0].value == "Training"
    assert any("augmentation" in caption.value for caption in app.caption)


def script(moved):
    """A page on which the desk's browser sends something."""
    import streamlit as st

    from app import augmenting, state

    state.begin("")
    augmenting.take(moved)
    now = state.now()
    st.text(repr((now.recipe.augmentation, now.change)))


def after(moved):
    app = AppTest.from_function(script, args=(moved,), default_timeout=30).run()
    assert not app.exception
    return eval_of(app.text[0].value)


def eval_of(text):
    assert "Augmentation(" in text or text.startswith("(None")
    return text


def test_what_the_desk_sends_is_taken_within_its_limits():
    values = {"rotation": 30, "zoom": 99, "shift": -3, "flip": True, "upside-down": True}
    said = after({"values": values, "change": "zoom"})
    assert "rotation_degrees=30.0" in said
    assert f"zoom={TRANSFORMATIONS['zoom'].limit}" in said
    assert "shift_cells=0.0" in said
    assert "flip=True, flip_upside_down=True" in said
    assert said.endswith("'zoom')")


@pytest.mark.parametrize(
    "moved",
    [
        None,
        7,
        {"values": 3, "change": 4},
        {"values": {"rotation": "much", "seed": 3, "flip": 1, "zoom": None, "blur": float("nan")}},
        {"values": {"zoom": True, "flip_upside_down": True, "upside-down": 0.7}},
        {"values": {"rotation": 0}, "change": "everything"},
    ],
)
def test_what_makes_no_sense_changes_nothing(moved):
    assert after(moved) == "(None, 'rotation')"


def test_how_often_belongs_to_the_recipe():
    once = replace(augmenting.GENTLE, probabilities=Probabilities(rotation=0))
    app = opened("Augmentation", **VALIDATION, **with_augmentation(once))
    grid = grid_of(app)
    assert (pictures(grid["after"]) == pictures(grid["before"])).all()
    flips = opened("Augmentation", change="flip", **with_augmentation(Augmentation(flip=True)))
    assert desk_of(flips)["flip"]["text"] == "50%"
    assert [desk_of(flips)[name]["value"] for name in augmenting.SWITCHES] == [True, False]
    seldom = Augmentation(flip_upside_down=True, probabilities=Probabilities(flip=0.9, upside_down=0.2))
    over = desk_of(opened("Augmentation", **with_augmentation(seldom)))
    assert (over["flip"]["text"], over["upside-down"]["text"]) == ("", "20%")
    assert "turns" in over["upside-down"]["unsafe"]


def test_each_transformation_has_a_row_whose_steps_reach_its_limit():
    for name, each in TRANSFORMATIONS.items():
        assert each.is_switch == (name in augmenting.SWITCHES)
        if not each.is_switch:
            steps = each.limit / augmenting.STEPS[name]
            assert steps == pytest.approx(round(steps))
    assert tuple(TRANSFORMATIONS) == CHANGES


def test_what_was_done_is_said_in_words():
    changes = replace(
        Changes.none(3),
        turned_degrees=np.array([7.2, -12, 0.2]),
        moved_x=np.array([0, -1.5, 0]),
        moved_y=np.array([0, 2, 0.01]),
        enlarged=np.array([1, 0.9, 1.001]),
        mirrored=np.array([False, True, False]),
        thickened=np.array([0.5, -0.5, 0]),
        cut=np.array([[0, 3, 3], [6, 3, 3], [0.2, 3, 3]]),
    )
    assert change_words.captions(changes) == [
        "turned 7° right · 0.5 thicker",
        "mirrored · turned 12° left · ×0.90 · 1.5 left · 2.0 down · 0.5 thinner · hole of 6",
        "",
    ]


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return well(app.run())
