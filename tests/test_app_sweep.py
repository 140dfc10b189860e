"""The sweep and the warning as Streamlit runs them, without browser or workers."""

import json
import math
import zlib
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from synthetic_runs import grow, plateau_recipe
from test_app_pages import html_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import bulk, measured, owner, safety, sisters, sweep, workroom
from app import networks as networks_of
from app.recipe_link import encode_recipe
from model import bundled_pair
from model.augmentation import Augmentation
from model.augmentation.transformations import TRANSFORMATIONS
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.workers.calls import FINAL_SCORE

RECIPE = replace(plateau_recipe(epochs=2, dataset="mini"), augmentation=Augmentation(rotation_degrees=10))


@pytest.fixture(autouse=True)
def no_workers(networks, monkeypatch):  # noqa: F811
    """Work is asked for, and nobody does it but the final test, which always comes to the same."""

    class Nobody:
        problem, slots = "", 1

        def look(self, path, *_):
            done = Future()
            if path == FINAL_SCORE:
                done.set_result({"accuracy": 0.9, "count": 1000, "confidence_interval_95": [0.88, 0.92]})
            return done

    monkeypatch.setattr(workroom, "start", lambda: Nobody())
    monkeypatch.setattr(owner, "is_at_this_machine", lambda: False)
    monkeypatch.setattr(measured, "COUNT", 100)
    for kept in (measured.digit_sweep, measured.unlearned):
        kept.cache_clear()
    bulk._jobs.clear()
    monkeypatch.setattr(bulk, "HERE", math.inf)  # no worker is awake
    monkeypatch.setattr(bulk, "READING_SECONDS", 60)
    yield
    for kept in (measured.digit_sweep, measured.unlearned):
        kept.cache_clear()
    workroom.close()


def figures(app):
    """The charts on the page, unpacked."""
    packed = [e.proto.bytes for e in app.get("bidi_component") if e.proto.bytes]
    return [json.loads(zlib.decompress(content)) for content in packed]


def flip_toggle(app, label="Show"):
    next(each for each in app.toggle if each.label == label).set_value(True)
    return well(app.run())


def choose(app, kind, label, value):
    next(each for each in getattr(app, kind) if each.label == label).set_value(value)
    return well(app.run())


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return well(app.run())


def looking_at(view, **query):
    app = opened("Augmentation", show="sweep", **query)
    next(each for each in app.get("button_group") if each.label == "What is swept").set_value(view)
    return well(app.run())


def text_of(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def test_a_sweep_asks_for_a_guess_and_shows_the_pictures_before_the_curves():
    app = opened("Augmentation", show="sweep", change="zoom")
    shown = html_of(app)
    assert "The digit at 19 strengths of zoom, from ×0.50 to ×2.01" in shown
    assert any(each.label.startswith("Guess: how far") for each in app.select_slider)
    assert figures(app) == []
    app = flip_toggle(app)
    (figure,) = figures(app)
    assert "The ten probabilities against zoom" in figure["alt"]
    names = {trace["name"] for trace in figure["data"]}
    assert names == {"", *"0123456789"}


def test_a_six_is_there_to_be_taken_in_hand():
    app = opened("Augmentation", show="sweep", change="rotation")
    app = press(app, "Take a 6 in hand")
    labels = load_digits("mnist", "validation").labels
    first = int(np.flatnonzero(labels == 6)[0])
    assert f"In hand: a validation digit, number {first}" in html_of(app)


def test_the_bundled_pair_is_there_at_once():
    app = looking_at("Many digits", change="shift")
    (figure,) = figures(app)
    lines = [trace["name"] for trace in figure["data"] if trace.get("mode") == "lines+markers"]
    assert lines == ["without augmentation", "with augmentation"]
    assert f"{bundled_pair.curves('shift').count:,} validation digits" in text_of(app)
    learned = bundled_pair.recipe("with").augmentation.shift_cells
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [-learned, learned]


def test_any_two_networks_are_measured_when_asked_and_then_known():
    app = looking_at("Many digits", change="flip")
    app = choose(app, "selectbox", "Network A", "classic")
    app = choose(app, "selectbox", "Network B", "other")
    assert figures(app) == []
    app = press(app, "Measure")
    (figure,) = figures(app)
    assert [trace["name"] for trace in figure["data"]] == ["classic", "other"]
    assert "100 validation digits" in text_of(app)
    app = well(app.run())
    assert len(figures(app)) == 1


def finished(recipe, **more):
    return grow(workroom.store(), recipe, steps=2, owner="a student", **more)


def test_a_run_stands_for_its_sisters_one_for_each_seed():
    first, second = (finished(replace(RECIPE, seed=seed)) for seed in (5, 3))
    again = finished(replace(RECIPE, seed=5))
    other = finished(replace(RECIPE, seed=4, batch_size=64))
    growing = finished(replace(RECIPE, seed=9), end="")
    found = sisters.choices("classic")
    assert found["classic"] == ("classic",)
    assert found[again.id] == (second.id, again.id)  # by seed; of two with the same the newest
    assert found[other.id] == (other.id,)
    assert found[growing.id] == (growing.id,)
    assert {first.id, second.id}.isdisjoint(found)
    assert sisters.title(again.id, found).endswith(", 2 seeds")
    assert sisters.title("classic", found) == "classic"
    assert sisters.choices(first.id)[first.id] == (second.id, first.id)  # the one in hand goes first


def test_another_students_run_comes_with_its_experiment():
    theirs = [grow(workroom.store(), replace(RECIPE, seed=1), steps=2, owner="another")]
    theirs.append(
        grow(
            workroom.store(),
            replace(RECIPE, seed=2),
            steps=2,
            owner="another",
            experiment=theirs[0].experiment,
        )
    )
    assert not {run.id for run in theirs} & sisters.choices("classic").keys()
    assert sisters.choices(theirs[1].id)[theirs[1].id] == tuple(run.id for run in theirs)


def test_sisters_are_measured_together_and_drawn_with_a_band():
    runs = [finished(replace(RECIPE, seed=seed)) for seed in (1, 2, 3)]
    app = looking_at("Many digits", change="flip")
    app = choose(app, "selectbox", "Network A", runs[-1].id)
    assert "Networks to measure: 3." in text_of(app)
    app = press(app, "Measure")
    (figure,) = figures(app)
    band = [trace["name"] for trace in figure["data"] if trace.get("fill") == "tonexty"]
    assert [name.endswith(", 3 seeds") for name in band] == [True, False]  # and the bundled ones beside them
    assert "The bundled networks read 2,000, beforehand." in text_of(app)
    table = measured.accuracies(tuple(networks_of.to_address(run.id) for run in runs), "flip")
    digits, places = measured.unlearned(tuple(networks_of.to_address(run.id) for run in runs))
    for row, run in zip(table, runs, strict=True):
        read = load_checkpoint(run.id).network.probabilities(digits.images[places]).argmax(axis=1)
        assert row[0] == pytest.approx((read == digits.labels[places]).mean())


def test_networks_that_read_something_else_are_not_compared(monkeypatch):
    from app import cache

    digits = load_digits("mnist", "validation")
    clothes = replace(digits, class_names=("Coat",) * 10)
    monkeypatch.setattr(cache, "validation_digits", lambda model: clothes if model == "other" else digits)
    with pytest.raises(measured.NoDigitsError, match="clothes"):
        measured.unlearned((None, "other"))


def test_digits_that_one_of_them_has_learned_are_left_out(monkeypatch):
    from app import cache

    digits = load_digits("mnist", "validation")
    learned = np.arange(len(digits)) % 2 == 0
    monkeypatch.setattr(
        cache, "was_learned", lambda model, *_: learned if model == "other" else ~learned & False
    )
    _, places = measured.unlearned((None, "other"))
    assert len(places) == 100
    assert (places % 2 == 1).all()
    monkeypatch.setattr(cache, "was_learned", lambda model, *_: np.ones(len(digits), bool))
    measured.unlearned.cache_clear()
    with pytest.raises(measured.NoDigitsError, match="Only 0"):
        measured.unlearned((None,))


def test_which_hurts_most_is_guessed_first():
    app = looking_at("Which hurts most?")
    assert figures(app) == []
    app = choose(app, "selectbox", "Guess: which hurts most?", "contrast")
    app = flip_toggle(app)
    (figure,) = figures(app)
    without = figure["data"][0]["x"]
    assert without == sorted(without, reverse=True)
    assert len(without) == len(TRANSFORMATIONS)
    assert "your guess, Contrast, costs" in text_of(app)


def test_a_fall_is_that_of_the_worse_end():
    curves = bundled_pair.curves("rotation")
    mean = curves.accuracies["without"].mean(axis=0)
    at = {round(float(s)): float(m) for s, m in zip(curves.strengths, mean, strict=True)}
    expected = 100 * (at[0] - min(at[-180], at[180]))
    assert sweep._fall("rotation", "without", 1.0) == pytest.approx(expected)


def test_a_gentle_range_is_safe_and_a_wild_one_names_its_digits():
    def warned(**fields):
        return safety.warnings(replace(RECIPE, augmentation=Augmentation(**fields)))

    assert safety.warnings(replace(RECIPE, augmentation=None)) == {}
    assert warned(rotation_degrees=10, zoom=0.1, shift_cells=1) == {}
    wild = warned(rotation_degrees=180, flip=True)
    assert set(wild) == {"rotation", "flip"}
    assert "6s" in wild["rotation"]
    assert "180°" in wild["rotation"]
    assert "2s" in wild["flip"]
    assert warned(flip_upside_down=True)["upside-down"].startswith("Flip over turns ")
    assert warned(flip=True, rotation_degrees=180, probabilities={"flip": 0, "rotation": 0}) == {}
    clothes = replace(RECIPE, dataset="fashion", augmentation=Augmentation(flip=True))
    assert safety.warnings(clothes) == {}


def test_the_label_view_shows_what_a_turned_six_has_become():
    recipe = replace(RECIPE, augmentation=Augmentation(rotation_degrees=180))
    app = opened("Augmentation", show="label", change="rotation", recipe=encode_recipe(recipe))
    shown = html_of(app)
    assert "this 6 now reads <b>9</b>" in shown
    assert shown.count("<li>") >= 5
    assert "**Unsafe:** within the chosen range, −180° to 180°" in text_of(app)
    (figure,) = figures(app)
    assert figure["data"][0]["type"] == "heatmap"


def test_the_network_in_hand_can_be_asked_instead():
    app = opened("Augmentation", show="label", change="flip")
    next(each for each in app.get("button_group") if each.label == "Read by").set_value("own")
    app = well(app.run())
    assert "The network in hand" in text_of(app)
    assert measured.safety(None, "flip").counts


@pytest.mark.parametrize(("change", "how"), [("flip", "mirrored"), ("upside-down", "upside down")])
def test_a_flip_has_no_strengths_but_a_mirror_image_to_guess(change, how):
    app = opened("Augmentation", show="sweep", change=change)
    assert "Probabilities. 0: " not in html_of(app)
    next(each for each in app.get("button_group") if f", {how}?" in each.label).set_value(5)
    app = flip_toggle(well(app.run()))
    assert "Probabilities. 0: " in html_of(app)
    assert f"{how.capitalize()}, this " in text_of(app)
    assert "Your guess was 5." in text_of(app)
