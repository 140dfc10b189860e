"""The Filters page without a browser: what it sends, shows and asks for."""

import json
import struct
import zlib
from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
import pytest
from random_recipes import random_weights
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import cache, workroom
from app.hand import LOOKS
from app.in_hand import InHand
from app.looking import atlas, filters_view, timeline, worth
from app.looking.atlas import LEVELS, MISSING, Sheet, View
from model.checkpoint import load_checkpoint, write_checkpoint
from model.forward import Network, weight_shapes
from model.history import Epoch, Watch
from model.layers import Activation, Conv2D, Dense, Flatten
from model.presets import PRESETS
from model.probes.likeness import STROKES, likeness, stroke_answers, stroke_digits
from model.probes.receptive_field import receptive_field

DIGIT = np.random.default_rng(3).integers(0, 256, (28, 28), np.uint8)
EPOCHS = 4


@pytest.fixture
def alive(networks):  # noqa: F811
    """A network called "life" that comes with five epochs; the rate is dropped after the second."""
    recipe = PRESETS["tiny"]
    watch = [
        Watch(
            "accuracy",
            0.5,
            0.5,
            0.0,
            0 if number == 2 else 3,
            0,
            0.1,
            0.1,
            "dropped" if number == 2 else "better",
        )
        for number in range(EPOCHS + 1)
    ]
    history = [
        Epoch(
            number, 1.0, 0.5, 1.0, 0.5, 0.1 if number <= 2 else 0.03, 1.0, watch[number] if number else None
        )
        for number in range(EPOCHS + 1)
    ]
    card = {"learned_from": {"dataset": "mnist"}, "history": [record.to_dict() for record in history]}
    epochs = {number: random_weights(recipe, 10 + number) for number in range(EPOCHS)}
    write_checkpoint(networks / "life", recipe, random_weights(recipe, 99), card, epochs)
    timeline._readings.clear()
    return networks


def unpacked(content):
    """What the browser makes of an atlas: the header, and the tiles of each grid as values."""
    data = zlib.decompress(content)
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    numbers = np.frombuffer(data, "<i2", offset=4 + length)

    def tiles(grid):
        size = grid["height"] * grid["width"] * grid["count"]
        cells = numbers[grid["at"] : grid["at"] + size].reshape(grid["count"], grid["height"], grid["width"])
        values = cells * (np.array(grid["scales"]) / LEVELS)[:, None, None]
        return np.where(cells == MISSING, np.nan, values)

    return header, tiles


def filters_of(found, place, **asked):
    """What the browser gets of a layer's filters."""
    asked = filters_view.Asked(place, 0, **asked)
    digits = cache.digits("mnist", "validation")
    return unpacked(filters_view.packed(found, found.network, digits, DIGIT.tobytes(), asked))


def sent(app):
    """The atlas that the page shows."""
    (content,) = [
        each.proto.bytes or each.proto.mixed.SerializeToString()
        for each in app.get("bidi_component")
        if not each.proto.json
    ]
    return unpacked(content)


def test_every_number_arrives_true_to_three_digits():
    random = np.random.default_rng(0)
    values = (random.normal(size=(5, 7, 3)) * [1e-4, 1.0, 1e5]).astype(np.float32)
    sheet = Sheet(2, "a layer", "3 maps", values, True, "map", 4)
    header, tiles = unpacked(atlas.to_content(View("a:1", [sheet], DIGIT, "", "", ""), False, (2, 1)))
    (grid,) = header["sheets"]
    most = np.abs(values).max(axis=(0, 1))
    assert np.abs(tiles(grid).transpose(1, 2, 0) - values).max(axis=(0, 1)) == pytest.approx(
        0, abs=1e5 / 2000
    )
    assert (np.abs(tiles(grid).transpose(1, 2, 0) - values) <= most / 2000).all()
    assert header["chosen"] == [2, 1]
    np.testing.assert_allclose(tiles(header["digit"])[0], DIGIT, atol=255 / 2000)


def test_what_is_nothing_stays_nothing_and_what_is_not_there_is_told_apart():
    values = np.zeros((2, 2, 2), np.float32)
    values[0, 0, 1] = np.nan
    sheet = Sheet(0, "", "", values, True, "map", 4)
    header, tiles = unpacked(atlas.to_content(View("", [sheet], DIGIT, "", "", ""), False, None))
    np.testing.assert_array_equal(tiles(header["sheets"][0]).transpose(1, 2, 0), values)


@pytest.mark.parametrize("preset", ["tiny", "classic", "plateau"])
def test_the_fields_of_rows_and_columns_are_those_of_the_cells(preset):
    recipe = PRESETS[preset]
    for place, shape in enumerate(recipe.shapes[1:]):
        if len(shape) < 3:
            continue
        found = atlas.fields(recipe, place)
        for row, column in ((0, 0), (shape[0] // 2, shape[1] - 1), (shape[0] - 1, shape[1] // 3)):
            field = receptive_field(recipe, place, row, column)
            assert found["rows"][row] == (field.top, field.height)
            assert found["columns"][column] == (field.left, field.width)


def test_a_mosaic_holds_every_kernel_of_every_unit_in_order():
    kernel = np.random.default_rng(1).normal(size=(3, 3, 7, 4)).astype(np.float32)  # seven leave two gaps
    laid = filters_view.mosaic(kernel)
    assert laid.shape == (9, 9, 4)
    for channel in range(7):
        top, left = 3 * (channel // 3), 3 * (channel % 3)
        np.testing.assert_array_equal(laid[top : top + 3, left : left + 3], kernel[:, :, channel])
    assert np.isnan(laid[6:, 3:]).all()
    assert not np.isnan(filters_view.mosaic(kernel[:, :, :6])).any()


def test_the_page_shows_the_maps_of_every_layer_all_channels(networks):  # noqa: F811
    app = opened("Filters", **{"from": "data", "digit": "mnist-validation-7"})
    header, tiles = sent(app)
    network = load_checkpoint("classic").network
    values = network.values(cache.digits("mnist", "validation").images[7][None])
    assert header["shown"] == load_checkpoint("classic").address
    place, lively = header["chosen"]
    assert values[place + 1][0].std(axis=(0, 1)).argmax() == lively
    assert "Point at a map" in header["invitation"]
    for sheet in header["sheets"]:
        value = values[sheet["place"] + 1][0]
        value = value if value.ndim == 3 else value[None, None]
        found = tiles(sheet).transpose(1, 2, 0)
        np.testing.assert_allclose(found, value, atol=np.abs(value).max() / 2000 + 1e-9)
    shown = {sheet["place"] for sheet in header["sheets"]}
    left_out = set(range(len(network.layers))) - shown
    assert {type(network.layers[place]).__name__ for place in left_out} <= {"Dropout", "Flatten"}


def test_without_a_digit_an_example_is_looked_at_and_said_to_be_one():
    app = opened("Filters")
    assert "this is a validation digit" in html_of(app)
    next(button for button in app.button if button.label == "Another digit").click()
    well(app.run())
    assert "this is a validation digit" not in html_of(app)
    assert links_of(app)[0]["from"] == "data"


@pytest.mark.parametrize("look", LOOKS)
def test_every_view_opens_from_its_link(look):
    app = opened("Filters", look=look, **{"from": "data", "digit": "mnist-validation-3"})
    assert links_of(app)[0].get("look", "maps") == look


def test_a_network_of_one_epoch_says_so_and_offers_one_with_a_life(alive):
    app = opened("Filters")
    assert "One epoch of this network is kept" in html_of(app)
    next(button for button in app.button if button.label == "Take life").click()
    well(app.run())
    assert "One epoch of this network is kept" not in html_of(app)
    assert links_of(app)[0]["model"] == "life"


def line_of(app):
    (data,) = [
        json.loads(each.proto.json)
        for each in app.get("bidi_component")
        if each.proto.json and "rates" in each.proto.json
    ]
    return data


def test_the_line_shows_rate_drops_and_what_each_epoch_read(alive):
    app = opened("Filters", model="life:3", **{"from": "data", "digit": "mnist-validation-3"})
    line = line_of(app)
    assert (line["epochs"], line["at"], line["drops"]) == ([0, 1, 2, 3, 4], 3, [2])
    assert line["rates"] == [0.1, 0.1, 0.1, 0.03, 0.03]
    assert line["more"] == 5 - len(line["reads"])
    digits = cache.digits("mnist", "validation")
    for epoch, read, sure, right in line["reads"]:
        p = load_checkpoint(f"life:{epoch}").network.probabilities(digits.images[[3]])[0]
        assert (read, right) == (p.argmax(), p.argmax() == digits.labels[3])
        assert sure == pytest.approx(p.max(), abs=1e-3)
    assert "dropped after epoch 2" in line["alt"]


def test_the_rate_has_its_course_also_between_epochs_whose_weights_are_kept(alive):
    for number in (1, 3):
        (alive / "life" / "epochs" / f"{number:04}.npz").unlink()
    app = opened("Filters", model="life:2", **{"from": "data", "digit": "mnist-validation-3"})
    line = line_of(app)
    assert line["epochs"] == [0, 2, 4]
    assert (line["course"], line["drops"]) == ([0, 1, 2, 3, 4], [2])
    assert line["rates"] == [0.1, 0.1, 0.1, 0.03, 0.03]


def test_readings_that_take_too_long_follow_with_the_next_look(alive, monkeypatch):
    monkeypatch.setattr(timeline, "READING_SECONDS", -1.0)
    hand = InHand("a digit", DIGIT)
    assert [read[0] for read in timeline._reads("life", 2, [0, 1, 2, 3, 4], (), hand)] == [2]
    monkeypatch.setattr(timeline, "READING_SECONDS", 60.0)
    assert [read[0] for read in timeline._reads("life", 2, [0, 1, 2, 3, 4], (), hand)] == [0, 1, 2, 3, 4]
    # without some filters it is another reading, and not the one that was kept
    *_, (_, digit, sure, _) = timeline._reads("life", 2, [4], ((0, 1), (0, 2)), hand)
    expected = cache.network("life:4", ((0, 1), (0, 2))).probabilities(DIGIT[None])[0]
    assert (digit, sure) == (int(expected.argmax()), pytest.approx(float(expected.max()), abs=1e-3))


def test_what_a_browser_says_is_chosen_is_checked(monkeypatch):
    changed = []
    monkeypatch.setattr(atlas.state, "change", lambda **fields: changed.append(fields))
    monkeypatch.setattr(atlas, "_atlas", lambda **arguments: arguments["on_chosen_change"]())
    for chosen in ([3, 5], None, [3], "35", [3, -1], [True, 2], [3, 10**6], {"place": 3}, [3.5, 1]):
        monkeypatch.setattr(atlas.state, "widget", lambda _, said=chosen: SimpleNamespace(chosen=said))
        atlas.show(b"", "maps")
    assert changed == [{"layer": 3, "unit": 5}]


def test_a_filter_can_be_switched_off_and_the_maps_follow():
    hand = {"from": "data", "digit": "mnist-validation-7"}
    before, tiles_before = sent(opened("Filters", **hand))
    place = filters_view.layers_with_units(PRESETS["tiny"])[0]
    app = opened("Filters", look="filters", layer=str(place), unit="1", **hand)
    next(button for button in app.button if button.label == "Switch filter 1 off").click()
    well(app.run())
    assert links_of(app)[0]["out"] == f"{place}-1"
    assert sent(app)[0]["sheets"][0]["marks"][1] == "out"
    assert any(button.label == "Switch filter 1 on" for button in app.button)
    header, tiles = sent(opened("Filters", out=f"{place}-1", **hand))
    assert not tiles(header["sheets"][0])[1].any()
    assert tiles_before(before["sheets"][0])[1].any()


def test_dead_filters_and_twins_are_marked(networks):  # noqa: F811
    recipe = PRESETS["tiny"]
    weights = random_weights(recipe, 5)
    place = filters_view.layers_with_units(recipe)[0]
    kernel, bias = weights[f"{place:02d}.kernel"].copy(), weights[f"{place:02d}.bias"].copy()
    kernel[..., 2] = 3 * kernel[..., 0]
    kernel[..., 1], bias[1] = 0, -1.0
    weights |= {f"{place:02d}.kernel": kernel, f"{place:02d}.bias": bias}
    write_checkpoint(networks / "marked", recipe, weights, {"learned_from": {"dataset": "mnist"}})
    header, _ = filters_of(load_checkpoint("marked"), place)
    marks = header["sheets"][0]["marks"]
    assert marks[0] == "twin of 2, cosine 1.000"
    assert marks[1].startswith("dead, the same in all ")
    assert marks[2] == "twin of 0, cosine 1.000"


@pytest.mark.parametrize("order", ["norm", "answer"])
def test_filters_are_sorted_by_what_is_asked(order):
    place = filters_view.layers_with_units(PRESETS["tiny"])[0]
    header, tiles = filters_of(load_checkpoint("classic"), place, order=order)
    sheet = header["sheets"][0]
    if order == "norm":
        measure = np.sqrt((tiles(sheet) ** 2).sum(axis=(1, 2)))
    else:
        measure = tiles(header["answers"]).max(axis=(1, 2))
    assert (np.diff(measure[sheet["order"]]) <= 1e-3).all()
    assert sorted(sheet["order"]) == list(range(sheet["count"]))


def test_effects_are_asked_of_a_worker_and_shown_when_they_are_there(monkeypatch):
    asked, future = [], Future()
    monkeypatch.setattr(workroom, "look", lambda *call: (asked.append(call), future)[1])
    worth._asked.clear()
    app = opened("Filters", look="filters", order="effect", **{"from": "data"})
    assert "A worker reads 500 validation digits" in html_of(app)
    assert len(asked) == 1
    assert asked[0][0] == worth.EFFECTS
    units = sent(app)[0]["sheets"][0]["count"]
    falls = np.linspace(-0.01, 0.2, units)
    future.set_result(SimpleNamespace(falls=falls))
    well(app.run())
    sheet = sent(app)[0]["sheets"][0]
    assert sheet["order"] == list(range(units))[::-1]
    assert sheet["captions"][-1] == f"{units - 1} · +20.0"
    assert len(asked) == 1
    worth._asked.clear()


def test_effects_that_fail_say_so_and_can_be_asked_again(monkeypatch):
    future = Future()
    future.set_exception(RuntimeError("the workers are gone"))
    monkeypatch.setattr(workroom, "look", lambda *_: future)
    worth._asked.clear()
    app = opened("Filters", look="filters", order="effect", **{"from": "data"})
    assert any("the workers are gone" in warning.value for warning in app.warning)
    assert not worth._asked


def test_a_guess_comes_before_its_answer():
    app = opened("Filters", **{"from": "data", "digit": "mnist-validation-7"})
    question = next(box for box in app.selectbox if "still looks like your digit" in box.label)
    assert not any("By measure" in text.value for text in app.markdown)
    question.set_value(question.options[0])
    well(app.run())
    assert any(f"You said {question.options[0]}" in text.value for text in app.markdown)
    assert 'class="lab-amounts"' in html_of(app)


def test_likeness_is_the_correlation_with_the_digit_as_it_is_seen():
    random = np.random.default_rng(2)
    maps = random.normal(size=(14, 14, 3))
    maps[..., 2] = 4.0  # the same all over
    large = maps.repeat(2, axis=0).repeat(2, axis=1)
    expected = [abs(np.corrcoef(DIGIT.ravel(), large[..., place].ravel())[0, 1]) for place in range(2)]
    np.testing.assert_allclose(likeness(DIGIT, maps), [*expected, 0], atol=1e-6)
    negative = -DIGIT.astype(float)[..., None]
    np.testing.assert_allclose(likeness(DIGIT, negative), [1], atol=1e-6)


def test_a_filter_for_horizontal_edges_answers_most_to_a_horizontal_stroke():
    layers = (Conv2D(2, 3), Activation("relu"), Flatten(), Dense(10), Activation("softmax"))
    weights = {name: np.zeros(shape, np.float32) for name, shape in weight_shapes(layers).items()}
    edge = np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], np.float32)
    weights["00.kernel"][:, :, 0] = np.stack([edge, edge.T], axis=-1)
    flat, rising, upright, falling = stroke_answers(Network(layers, weights), 0)
    assert flat[0] > max(rising[0], upright[0], falling[0])
    assert upright[1] > max(rising[1], flat[1], falling[1])
    assert stroke_digits().shape == (len(STROKES), 28, 28)
    wide = stroke_digits()[0].any(axis=0).sum(), stroke_digits()[0].any(axis=1).sum()
    assert wide[0] > 3 * wide[1]
