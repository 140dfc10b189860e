"""Flatten, averaging, dense, softmax, loss and one step on the Architecture page, without a browser."""

import json
import math
import re
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights
from streamlit.testing.v1 import AppTest
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them
from uncovering import uncovered

from app.charts import descent as charts
from app.hand import State
from app.in_hand import InHand
from app.opened import dense, formula, linked, loss, softmax, stepping
from app.opened.linked import Panel, View
from app.subject import Subject
from model.forward import Network, weight_name
from model.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
)
from model.presets import PRESETS
from model.probes.descending import answer_place, cross_entropies, slope, step
from model.probes.tempering import temper
from model.probes.weighing import weigh
from model.recipe import Recipe

DIGIT = np.random.default_rng(3).integers(0, 256, (28, 28)).astype(np.uint8)
TINY = {type(layer).__name__: place for place, layer in enumerate(PRESETS["tiny"].layers)}
SOFTMAX = len(PRESETS["tiny"].layers) - 1
ANSWER = (Dense(10), Activation("softmax"))
ODD = {
    "softmax over maps": (Conv2D(3, 5), Activation("softmax"), Flatten(), *ANSWER),
    "two softmaxes": (Flatten(), Dense(30), Activation("softmax"), *ANSWER),
    "a convolution answers": (Conv2D(10, 3, bias=False), GlobalAveragePooling2D(), Activation("softmax")),
    "normalised logits": (Flatten(), Dense(10, bias=False), BatchNormalization(), Activation("softmax")),
    "one number": (Conv2D(1, 28), Flatten(), Flatten(), Dense(1), *ANSWER),
    "one map": (Conv2D(1, 28), GlobalAveragePooling2D(), Dropout(0.2), *ANSWER),
    "one cell": (Conv2D(6, 28), Flatten(), *ANSWER),
    "a column of maps": (AveragePooling2D(2), Flatten(), Activation("tanh"), *ANSWER),
    "very many": (Conv2D(512, 1), Flatten(), *ANSWER),
}
FAST = ("softmax over maps", "a convolution answers", "one number")  # the rest takes its time


def subject_of(recipe, label=3):
    network = Network(recipe.layers, random_weights(recipe, recipe.seed + 5))
    values = tuple(value[0] for value in network.values(DIGIT[None]))
    return Subject(recipe, network, True, InHand("a digit", DIGIT, label=label), DIGIT, values)


def looking(place, **query):
    """The whole page, with the network in hand."""
    return opened("Architecture", layer=str(place), **{"from": "data", "digit": "mnist-validation-7"} | query)


def alone(recipe, place, **chosen):
    """An opened layer without the page around it: quicker."""

    def script(recipe, place):
        from test_app_answer import subject_of

        from app import state
        from app.opened import views
        from model.recipe import Recipe

        state.begin("Architecture")
        views.show(subject_of(Recipe.from_json(recipe)), place)

    app = AppTest.from_function(script, default_timeout=60, args=(recipe.to_json(), place))
    app.session_state["state"] = replace(State(), **chosen)
    return well(app.run())


def unpacked(content):
    """What the browser makes of packed panels: the header, and the numbers of each panel."""
    raw = zlib.decompress(content)
    (length,) = struct.unpack("<I", raw[:4])
    header = json.loads(raw[4 : 4 + length])
    assert (4 + length) % 4 == 0
    numbers = np.frombuffer(raw[4 + length :], "<f4")
    shapes = [(panel["height"], panel["width"], panel["count"]) for panel in header["panels"]]
    return header, [
        numbers[panel["at"] : panel["at"] + math.prod(shape)].reshape(shape)
        for panel, shape in zip(header["panels"], shapes, strict=True)
    ]


def panels_of(app):
    found = []
    for element in app.get("bidi_component"):
        if element.proto.component_name.endswith("linked"):
            found.append(unpacked(element.proto.bytes))
    return found


def latex_of(app):
    return [element.value.strip("$\n") for element in app.latex]


# ---- every view opens, for whatever network


def places_of(recipe):
    """The layers that this part of the page opens, each with its facets."""
    for place, layer in enumerate(recipe.layers):
        if isinstance(layer, Flatten | GlobalAveragePooling2D):
            yield place, None
        elif isinstance(layer, Dense):
            yield place, "sum"
            if place == answer_place(recipe.layers):
                yield place, "versus"
        elif layer == Activation("softmax"):
            last = place == len(recipe.layers) - 1
            yield from (
                (place, facet) for facet in ("softmax", "loss", "gradient", "step")[: 4 if last else 1]
            )


def test_each_facet_of_the_last_softmax_asks_first_and_says_what_would_be_without_it():
    asked = set()
    for facet in ("softmax", "loss", "gradient", "step"):
        app = looking(SOFTMAX, facet=facet)
        asked |= {pills.label for pills in app.get("button_group") if "**Guess first:**" in pills.label}
        assert "What happens without it?" in [element.label for element in app.expander]
        assert links_of(app)[-1]["facet"] == facet
    assert len(asked) == 4


@pytest.mark.parametrize(
    "name", [name if name == "tiny" else pytest.param(name, marks=pytest.mark.slow) for name in PRESETS]
)
def test_presets_open_wherever_one_looks(name):
    for place, facet in places_of(PRESETS[name]):
        uncovered(alone(PRESETS[name], place, facet=facet))


@pytest.mark.parametrize(
    "name", [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in ODD]
)
def test_odd_networks_open_wherever_one_looks(name):
    recipe = Recipe("odd", ODD[name])
    for place, facet in places_of(recipe):
        uncovered(alone(recipe, place, facet=facet))


def test_a_link_may_name_units_cells_and_facets_that_there_are_not():
    recipe = PRESETS["quick"]
    odd = {"unit": 4000, "cell": (90, 4000), "facet": "nonsense"}
    for place in {place for place, _ in places_of(recipe)}:
        uncovered(alone(recipe, place, **odd))


@pytest.mark.slow
def test_random_networks_open_wherever_one_looks():
    for seed in range(15):  # their numbers are checked for 200, in test_probes_answer
        recipe = random_recipe(seed)
        for place, facet in places_of(recipe):
            odd = {"unit": seed % 11, "cell": (seed % 5, seed % 3), "label": seed % 10}
            uncovered(alone(recipe, place, facet=facet, **odd))


# ---- what is shown is what is computed


def test_the_list_holds_the_maps_in_the_order_of_flattening():
    recipe = PRESETS["quick"]
    place = next(i for i, layer in enumerate(recipe.layers) if layer == Flatten())
    app = uncovered(alone(recipe, place))
    ((header, (maps, as_list)),) = panels_of(app)
    assert maps.shape == recipe.shapes[place]
    assert np.array_equal(maps.ravel(), as_list.ravel())
    row, column, channel = np.unravel_index(header["chosen"], maps.shape)
    said = latex_of(app)[0]
    assert [int(each) for each in re.findall(r"underbrace{(\d+)}", said)] == [
        row,
        recipe.shapes[place][1],
        column,
        recipe.shapes[place][2],
        channel,
    ]
    assert said.endswith(f"= {header['chosen']}")


def test_a_place_in_the_list_is_asked_for_and_the_maps_follow():
    recipe = PRESETS["quick"]
    place = next(i for i, layer in enumerate(recipe.layers) if layer == Flatten())
    app = uncovered(alone(recipe, place))
    next(each for each in app.number_input if each.label == "Place in the list").set_value(100)
    app = well(app.run())
    _, width, depth = recipe.shapes[place]
    row, column, channel = 100 // depth // width, 100 // depth % width, 100 % depth
    assert links_of(app)[-1]["cell"] == f"{row}-{column}"
    assert links_of(app)[-1].get("unit", "0") == str(channel)
    ((header, _),) = panels_of(app)
    assert header["chosen"] == 100


def test_the_products_are_what_comes_in_times_the_weights_and_add_up():
    recipe = PRESETS["tiny"]
    app = alone(recipe, TINY["Dense"], unit=3)
    ((header, (units, x, w, products)),) = panels_of(app)
    np.testing.assert_allclose(products, x * w, rtol=1e-5)
    assert header["unit"] == 3
    bias = subject_of(recipe).weights(TINY["Dense"])["bias"][3]
    assert products.sum() + bias == pytest.approx(units.ravel()[3], rel=1e-4)
    told = float(latex_of(app)[0].rsplit("=", 1)[1].replace("{,}", ""))
    assert told == pytest.approx(units.ravel()[3], rel=0.01)


def test_shuffled_maps_have_the_same_means():
    app = alone(PRESETS["tiny"], TINY["GlobalAveragePooling2D"])
    ((_, (maps, means)),) = panels_of(app)
    np.testing.assert_allclose(means.ravel(), maps.mean(axis=(0, 1)), rtol=1e-5, atol=1e-6)
    next(each for each in app.toggle if each.label == "Shuffle the cells").set_value(True)
    ((_, (shuffled, again)),) = panels_of(well(app.run()))
    assert not np.array_equal(shuffled, maps)
    np.testing.assert_allclose(np.sort(shuffled.ravel()), np.sort(maps.ravel()))
    np.testing.assert_allclose(again, means, rtol=1e-5, atol=1e-6)


def test_more_maps_than_there_is_room_for_are_left_out_by_what_they_matter():
    assert linked.some_maps((7, 7, 64)).tolist() == list(range(64))
    few = linked.some_maps((28, 28, 512), np.arange(512))
    assert few.tolist() == list(range(512 - len(few), 512))
    assert len(few) * 784 <= linked.MOST_CELLS
    assert len(linked.some_maps((28, 28, 512))) == len(few)


def test_packed_panels_hold_what_they_were_given():
    values = np.random.default_rng(0).normal(size=(2, 3, 4))
    view = View([Panel("A", "ä", values, True, captions="abcd")], {"value": "{a}"}, "point")
    header, (numbers,) = unpacked(linked.to_content(view))
    np.testing.assert_allclose(numbers, values, rtol=1e-6)
    assert header["panels"][0]["most"] == pytest.approx(np.abs(values).max())
    assert header["maps"] is None
    assert header["invites"] == "point"


# ---- the softmax


def test_the_table_shows_every_step_of_the_softmax_and_of_many_values_the_largest():
    logits = np.random.default_rng(1).normal(0, 3, 40)
    rows = softmax.rows_of(temper(logits, 2), temper(logits))
    assert len(rows) == softmax.ROWS
    assert sum(row.share for row in rows) == pytest.approx(1)
    assert sum(row.own for row in rows) == pytest.approx(1)
    assert rows[-1].name == "31 others"
    best = max(rows[:-1], key=lambda row: row.share)
    assert int(best.name) == logits.argmax()
    shown = softmax.table_html(rows, 2)
    assert shown.count("<tr") == 1 + len(rows)
    assert "/ 2" in shown
    ten = softmax.rows_of(temper(logits[:10]), temper(logits[:10]))
    assert [row.name for row in ten] == [str(digit) for digit in range(10)]


def test_the_temperature_moves_the_shares():
    app = alone(PRESETS["tiny"], SOFTMAX)
    before = html_of(app)
    next(each for each in app.select_slider if each.label == "Temperature").set_value(5.0)
    app = well(app.run())
    assert "/ 5" in html_of(app)
    assert html_of(app) != before
    assert "/ 5" in latex_of(app)[0]


def test_half_of_what_is_added_is_reached_by_the_strongest():
    kernel = np.array([[4.0], [3], [2], [1], [-9]])
    assert dense.inputs_for_half(weigh({"kernel": kernel}, np.ones(5), 0)) == 2
    assert dense.inputs_for_half(weigh({"kernel": kernel}, np.zeros(5), 0)) == 0
    assert dense.inputs_for_half(weigh({"kernel": kernel}, np.array([1, 0, 0, 0, 1.0]), 0)) == 1


# ---- loss, gradient, one step


def test_a_drawing_has_no_loss_until_its_digit_is_said():
    from model.strokes import Stroke, encode_strokes

    seven = Stroke(((80.0, 70.0), (200.0, 66.0), (160.0, 150.0), (125.0, 230.0)))
    app = opened("Architecture", layer=str(SOFTMAX), facet="loss", strokes=encode_strokes([seven]))
    assert not latex_of(app)
    assert "Which digit is it?" in app.info[0].value
    app = opened("Architecture", layer=str(SOFTMAX), facet="loss", strokes=encode_strokes([seven]), label="7")
    assert not app.info
    assert r"L = -\sum_k y_k \ln p_k" in latex_of(app)[0]
    assert "target" not in links_of(app)[-1]  # "why not …" is another question


def test_the_loss_is_written_out_with_its_values():
    found = slope(subject_of(PRESETS["tiny"]).network, DIGIT, 4)
    said = loss.loss_formula(found)
    share = found.probabilities[4]
    assert rf"1 \cdot \ln {formula.number(share)}" in said
    assert r"0 \cdot \ln" in said
    assert formula.number(-math.log(share)) in said


@pytest.mark.parametrize("name", ["linear", "quick", "classic", "lenet5"])
def test_the_heat_map_is_what_came_in_times_the_logits_gradient(name):
    subject = subject_of(PRESETS[name])
    found = slope(subject.network, DIGIT, 4)
    assert loss.is_product(subject)
    header, (x, logits, weights) = unpacked(linked.to_content(loss.gradient_view(subject, found)))
    np.testing.assert_allclose(logits.ravel(), found.by_logits, atol=1e-7)
    products = x.reshape(-1, 1) * logits.ravel()
    np.testing.assert_allclose(weights.reshape(products.shape), products, atol=1e-5)
    assert header["panels"][0]["link"] == "cell"


@pytest.mark.parametrize("name", ["a convolution answers", "normalised logits"])
def test_where_it_is_no_single_product_none_is_claimed(name):
    subject = subject_of(Recipe("odd", ODD[name]))
    found = slope(subject.network, DIGIT, 4)
    assert not loss.is_product(subject)
    header, (_, weights) = unpacked(linked.to_content(loss.gradient_view(subject, found)))
    kernel = found.by_weights[weight_name(answer_place(subject.layers), "kernel")].reshape(-1, 10)
    cells = header["cells"] or range(len(kernel))
    np.testing.assert_allclose(weights[0], kernel[list(cells)], rtol=1e-6)
    assert header["says"].keys() == {"value", "channel"}


def test_of_many_inputs_the_ones_that_give_most_are_shown():
    subject = subject_of(Recipe("many", ODD["very many"]))
    found = slope(subject.network, DIGIT, 4)
    header, (x, _, _) = unpacked(linked.to_content(loss.gradient_view(subject, found)))
    assert len(header["cells"]) == loss.SHOWN_INPUTS == x.size
    came = subject.gets(answer_place(subject.layers))
    assert np.abs(came[header["cells"]]).min() >= np.sort(np.abs(came))[-loss.SHOWN_INPUTS] * (1 - 1e-5)


def test_the_step_that_is_shown_is_the_one_that_a_stepped_network_makes():
    subject = subject_of(PRESETS["tiny"])
    found = slope(subject.network, DIGIT, 4)
    for first in (0, answer_place(subject.layers)):
        after = Network(subject.layers, step(subject.network, found, 0.3, first))
        logits = after.values(DIGIT[None])[-2]
        expected = float(cross_entropies(logits, 4)[0])
        told = stepping._own_loss(subject.network, DIGIT.tobytes(), 4, first, 0.3)
        assert told == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_the_question_about_the_step_is_answered_by_the_losses(monkeypatch):
    monkeypatch.setattr(stepping.right_digit, "in_use", lambda subject: subject.hand.label)
    asked = stepping.question(subject_of(PRESETS["tiny"]))
    network = subject_of(PRESETS["tiny"]).network
    before = slope(network, DIGIT, 3).loss
    after = [stepping._own_loss(network, DIGIT.tobytes(), 3, 0, rate) for rate in stepping.ASKED]
    worse = [not each <= before for each in after]
    right, _ = asked.reveal()
    assert right == (worse.index(True) if any(worse) else len(worse))
    assert len(asked.options) == len(stepping.ASKED) + 1


def test_other_digits_are_read_only_when_asked():
    app = uncovered(alone(PRESETS["tiny"], SOFTMAX, facet="step"))
    assert not any("other validation digits" in each.value for each in app.markdown)
    next(each for each in app.toggle if each.label == "And other digits?").set_value(True)
    app = well(app.run())
    assert any(f"{stepping.OTHERS} other validation digits" in each.value for each in app.markdown)


def test_the_bars_of_a_step_show_before_and_after():
    before, after = np.full(10, 0.1), np.eye(10)[3] * 0.91 + 0.009
    shown = stepping.bars_html(before, after, 3)
    assert "10.0% → 91.9%" in shown
    assert shown.count("left:10.00%") == 10
    assert re.search('aria-label="[^"]*3: 10.0%, then 91.9%', shown)


def test_losses_without_a_number_leave_a_gap():
    losses = np.array([2.0, 1.5, 0.0, np.nan])
    figure = charts.losses_by_rate((0.01, 0.1, 1.0), {"this": losses}, 0.1)
    low, high = figure["layout"]["yaxis"]["range"]
    assert 10**low <= charts.LEAST_LOSS
    assert 10**high >= 2
    assert figure["layout"]["shapes"][0]["x0"] == 0.1
