"""Pooling, normalisation, dropout and activation opened on the Architecture page, without a browser."""

import json
import re
import zlib
from dataclasses import replace

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them
from uncovering import uncovered

from app import prose
from app.charts import between as charts
from app.opened import grids, normalisation
from app.reading import chance
from model.checkpoint import load_checkpoint, write_checkpoint
from model.datasets import load_digits
from model.layers import Activation, AveragePooling2D, BatchNormalization, Dropout, MaxPooling2D
from model.presets import PRESETS
from model.probes import activating, dropping, normalising

DIGIT = {"from": "data", "digit": "mnist-validation-7"}
KINDS = (MaxPooling2D, AveragePooling2D, BatchNormalization, Dropout, Activation)
FACETS = {
    "pooling": ("windows", "shift"),
    "normalisation": ("batch", "values", "scale", "learning"),
    "dropout": ("mask", "scale", "verdicts"),
    "activation": ("values", "others"),
}


@pytest.fixture
def deep(networks):  # noqa: F811
    """The network `classic` with random weights, under the name "deep"."""
    recipe = PRESETS["classic"]
    write_checkpoint(
        networks / "deep", recipe, random_weights(recipe, 3), {"learned_from": {"dataset": "mnist"}}
    )
    return load_checkpoint("deep").network


@pytest.fixture
def sent(monkeypatch):
    """What travels to the grids in the browser, unpacked, newest last."""
    contents = []
    show = grids.show

    def keep(content, key):
        contents.append(json.loads(zlib.decompress(content)))
        show(content, key)

    monkeypatch.setattr(grids, "show", keep)
    return contents


def layer(place, facet=None, model="deep", **query):
    facets = {} if facet is None else {"facet": facet}
    return opened("Architecture", model=model, layer=str(place), **facets, **DIGIT, **query)


def place_of(kind, recipe=PRESETS["classic"], after=0):
    return next(i for i, each in enumerate(recipe.layers) if i >= after and isinstance(each, kind))


def values_of(network):
    digit = load_digits("mnist", "validation").images[7]
    return [value[0] for value in network.values(digit[None])]


def pills(app, of="**Guess first:**"):
    return next(each for each in app.get("button_group") if each.label.startswith(of))


def markdown_of(app):
    return "\n".join(each.value for each in [*app.markdown, *app.caption])


def test_pooling_sends_both_poolings_of_one_channel_and_the_windows(deep, sent):
    place = place_of(MaxPooling2D)
    layer(place, unit="5", cell="3-4")
    values = values_of(deep)
    found = sent[-1]
    assert found["kind"] == "pooling"
    assert found["cell"] == [3, 4]
    first, most, mean = found["grids"]
    x = values[place][..., 5]
    np.testing.assert_allclose(first["values"], x.ravel(), rtol=1e-4)
    np.testing.assert_allclose(most["values"], values[place + 1][..., 5].ravel(), rtol=1e-4)
    blocks = x.reshape(14, 2, 14, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(mean["values"], blocks.ravel(), rtol=1e-3, atol=1e-5)
    assert found["rows"] == found["columns"] == [[2 * i, 2] for i in range(14)]
    assert (most["own"], mean["own"]) == (True, False)


def test_a_guess_is_answered_only_once_it_is_made(deep):
    app = layer(place_of(MaxPooling2D))
    assert "25,088 values come in and 6,272 go out" not in markdown_of(app)
    assert "28×28×32 → ?" in html_of(app)
    question = pills(app)
    assert list(question.options) == ["all", "1 in 2", "1 in 4", "1 in 9"]
    question.set_value(2)
    app = well(app.run())
    assert "Right. 25,088 values come in and 6,272 go out: about 1 in 4" in markdown_of(app)
    pills(app).set_value(0)
    app = well(app.run())
    assert "It is **1 in 4**." in markdown_of(app)
    assert "28×28×32 → 14×14×32" in html_of(app)
    chosen = app.session_state["state"]
    for place in (0, place_of(MaxPooling2D)):  # there is the guess again
        app.session_state["state"] = replace(chosen, layer=place)
        app = well(app.run())
    assert pills(app).value == 0


def test_a_shift_shows_pictures_first_and_numbers_after_the_guess(deep):
    app = layer(place_of(MaxPooling2D), "shift")
    assert html_of(app).count("<img") >= 12
    assert "Once you have guessed" in markdown_of(app)
    pills(app, "**Guess:**").set_value("maximum")
    app = well(app.run())
    assert re.search(
        r"(Right: \*\*.*\*\* changes least|You said after the maximum \(\d+%\))", markdown_of(app)
    )


def test_the_chosen_channel_is_the_one_of_the_link(deep, sent):
    app = layer(place_of(MaxPooling2D), unit="5")
    number = next(each for each in app.number_input if each.label == "Channel")
    assert number.value == 5
    number.set_value(6)
    app = well(app.run())
    assert links_of(app)[-1]["unit"] == "6"
    place = place_of(MaxPooling2D)
    np.testing.assert_allclose(
        sent[-1]["grids"][0]["values"], values_of(deep)[place][..., 6].ravel(), rtol=1e-4
    )


def test_an_activation_sends_its_values_its_curve_and_where_they_lie(deep, sent):
    place = place_of(Activation)
    layer(place, unit="2")
    x, y = (values_of(deep)[place + after] for after in (0, 1))
    found = sent[-1]
    np.testing.assert_allclose(found["grids"][0]["values"], x[..., 2].ravel(), rtol=1e-4)
    np.testing.assert_allclose(found["grids"][1]["values"], y[..., 2].ravel(), rtol=1e-4)
    curve = found["curve"]
    np.testing.assert_allclose(curve["y"], np.maximum(curve["x"], 0), rtol=1e-4)
    assert sum(curve["counts"]) == x.size
    assert curve["edges"][0] == pytest.approx(float(x.min()), rel=1e-4)


def test_the_share_that_is_cut_is_counted(deep):
    place = place_of(Activation)
    app = layer(place)
    x = values_of(deep)[place]
    share = float((x <= 0).mean())
    pills(app).set_value(int(share * 4))
    said = markdown_of(well(app.run()))
    assert f"Right. {int((x <= 0).sum()):,} of {x.size:,} are cut to zero ({share:.0%})" in said


def test_another_function_changes_the_verdict_and_the_accuracy(deep):
    app = layer(place_of(Activation), "others")
    said = markdown_of(app)
    place = place_of(Activation)
    changed = activating.with_function(deep, (place,), "linear")
    read = changed.probabilities(load_digits("mnist", "validation").images[7:8])[0].argmax()
    assert f"<b>linear</b>: reads {read}, " in html_of(app)
    told = r"Of 500 validation digits right: [\d.]+% → \*\*[\d.]+%\*\*, [+−]?[\d.]+ points \(95% interval "
    assert re.search(told, said)
    next(each for each in app.toggle if each.label == "in all activations").set_value(True)
    assert "collapse into one" in markdown_of(well(app.run()))


def test_a_batch_is_told_before_and_after_normalisation(deep, monkeypatch):
    seen = []
    monkeypatch.setattr(charts, "spreads", lambda *given: seen.append(given) or {"data": [], "layout": {}})
    app = uncovered(layer(1, unit="4"))
    digits = load_digits("mnist", "validation").images[:32]
    x, y = deep.values(digits)[1:3]
    said = markdown_of(app)
    assert f"mean {x[..., 4].mean():.3g}".replace("-", "−") in said
    assert f"{y[..., 4].std():.3g} after" in said
    before, after, channel, _ = seen[-1]
    assert channel == 4
    assert after.edges[4].min() == pytest.approx(y[..., 4].min(), rel=1e-3)
    assert before.counts[4].sum() == x[..., 4].size


def test_gamma_and_beta_are_moved_put_back_and_stand_in_the_link(deep):
    app = layer(1, "scale", unit="3")
    learned = deep.weights["01.gamma"][3]
    gamma = next(each for each in app.slider if each.label.startswith("γ"))
    assert gamma.value == pytest.approx(learned)
    gamma.set_value(0.0)
    app = well(app.run())
    assert links_of(app)[-1]["kernel"].startswith("0_")
    changed = normalising.rescaled(deep, 1, 3, 0.0, float(deep.weights["01.beta"][3]))
    read = changed.probabilities(load_digits("mnist", "validation").images[7:8])[0]
    assert f"→ **reads {read.argmax()}" in markdown_of(app)
    next(each for each in app.toggle if "every channel" in each.label).set_value(True)
    read = normalising.rescaled(deep, 1, None, 0.0, float(deep.weights["01.beta"][3])).probabilities(
        load_digits("mnist", "validation").images[7:8]
    )[0]
    app = well(app.run())
    assert f"→ **reads {read.argmax()}" in markdown_of(app)
    slider = {each.label[0]: each for each in app.slider}
    slider["γ"].set_value(1.5)  # both moved before the page has run again: neither is lost
    slider["β"].set_value(-0.5)
    app = well(app.run())
    assert links_of(app)[-1]["kernel"] == "1.5_-0.5"
    next(each for each in app.button if each.label.startswith("Put back")).click()
    app = well(app.run())
    assert "kernel" not in links_of(app)[-1]
    assert next(each for each in app.slider if each.label.startswith("γ")).value == pytest.approx(learned)


def test_a_scale_beyond_the_sliders_is_taken_as_far_as_they_go(deep):
    app = layer(1, "scale", unit="3", kernel="99_0.5")
    shown = next(each for each in app.slider if each.label.startswith("γ"))
    assert shown.value == shown.max < 99
    changed = normalising.rescaled(deep, 1, 3, shown.max, 0.5)
    read = changed.probabilities(load_digits("mnist", "validation").images[7:8])[0]
    assert f"→ **reads {read.argmax()}, {chance(float(read.max()))} sure**" in markdown_of(app)


def test_a_normalisations_formula_has_its_numbers_in_latex():
    numbers = {"gamma": -1.25, "beta": -0.5, "mean": -2e-6, "variance": 1e-7}
    said = normalisation._formula(numbers, 3.0)
    assert r"-1.25 \cdot \frac{3.00 - (-2.0 \cdot 10^{-6})}" in said
    assert r"\sqrt{1.0 \cdot 10^{-7} + 0.001}} + (-0.500)" in said
    assert "e-" not in said


def test_a_digit_reads_otherwise_in_other_company(deep):
    shown = html_of(layer(1, "learning"))
    images = load_digits("mnist", "validation").images
    pair = normalising.learning_values(deep, images[[7, 0]])[0]
    assert f"a batch of 2 with it</td><td>reads {pair.argmax()}, " in shown
    assert "the record, as in a reading" in shown


def test_masks_travel_as_bits_with_what_they_hide(deep, sent):
    place = place_of(Dropout)
    layer(place, unit="1")
    found = sent[-1]
    masks = found["masks"]
    kept = dropping.masks((14, 14), 0.25, masks["count"], 0)
    assert masks["hidden"] == (~kept).sum(axis=(1, 2)).tolist()
    assert masks["of"] == 196
    assert found["numbers"]["scale"] == pytest.approx(4 / 3, rel=1e-4)


def test_verdicts_under_masks_are_counted(deep):
    app = layer(place_of(Dropout), "verdicts")
    assert "of 50 masks" not in markdown_of(app)
    app = uncovered(app)
    found = dropping.readings(deep, load_digits("mnist", "validation").images[7], 50, 0)
    read = values_of(deep)[-1].argmax()
    same = int((found.argmax(axis=1) == read).sum())
    assert f"it reads {read} under {same} of 50 masks" in markdown_of(app)


@pytest.mark.parametrize(
    "seed", [2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(5, 30, 3))]
)
def test_every_facet_opens_for_any_network(seed, networks, sent):  # noqa: F811
    recipe = random_recipe(seed)
    write_checkpoint(
        networks / "any", recipe, random_weights(recipe, seed), {"learned_from": {"dataset": "mnist"}}
    )
    met = set()
    for place, each in enumerate(recipe.layers[:-1]):
        if type(each) in met or not isinstance(each, KINDS) or each == Activation("softmax"):
            continue
        met.add(type(each))
        name = {BatchNormalization: "normalisation", Dropout: "dropout", Activation: "activation"}.get(
            type(each), "pooling"
        )
        for facet in FACETS[name]:
            uncovered(layer(place, facet, model="any", cell="99-4000", unit="400"))


@pytest.mark.parametrize("place", [1, 2, 6, 7])
def test_an_untrained_draft_is_explained_as_well(place):
    for facet in {1: FACETS["normalisation"], 2: FACETS["activation"], 6: FACETS["pooling"]}.get(
        place, FACETS["dropout"]
    ):
        from app.recipe_link import encode_recipe

        app = layer(place, facet, "classic", draft="1", recipe=encode_recipe(PRESETS["classic"]))
        said = markdown_of(uncovered(app))
        if facet == "others":
            assert "no accuracy to compare" in said


@pytest.mark.parametrize("sent_by", [None, "3", [1], [1, 2, 3], [1.0, 2], [True, 2], [-1, 2], [1, 5000]])
def test_what_a_browser_sends_as_a_cell_is_checked(sent_by, monkeypatch):
    changed = []
    monkeypatch.setattr(grids, "_grids", lambda **given: given["on_cell_change"]())
    monkeypatch.setattr(grids.state, "widget", lambda _: type("Sent", (), {"cell": sent_by}))
    monkeypatch.setattr(grids.state, "change", lambda **given: changed.append(given))
    grids.show(b"", "key")
    assert not changed
    monkeypatch.setattr(grids.state, "widget", lambda _: type("Sent", (), {"cell": [2, 3]}))
    grids.show(b"", "key")
    assert changed == [{"cell": (2, 3)}]


def test_a_long_vector_is_cut_and_says_so():
    grid = grids.Grid("before", "", np.arange(5000, dtype=np.float32), False)
    found = json.loads(zlib.decompress(grids.to_content(grids.View("activation", [grid, grid], (0, 0)))))
    assert len(found["grids"][0]["values"]) == grids.MOST_VALUES
    assert found["grids"][0]["note"] == "the first 4,096 of 5,000"


def test_what_travels_is_small():
    x = np.random.default_rng(0).normal(size=(28, 28)).astype(np.float32)
    shown = [grids.Grid("before", "", x, True), grids.Grid("after", "", x, True)]
    assert len(grids.to_content(grids.View("activation", shown, (0, 0)))) < 30_000


@pytest.mark.parametrize("lesson", ["pooling", "normalisation", "dropout", "activation"])
def test_every_lesson_says_what_why_and_what_without(lesson):
    passages = prose.passages(lesson)
    assert {"what", "without"} <= set(passages)
    assert len(passages["what"].split()) < 60
