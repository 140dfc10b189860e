"""The convolution opened, without a browser: what travels, changed kernels, the sandbox."""

import gc
import json
import math
import re
import struct
import weakref
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights
from streamlit.testing.v1 import AppTest
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import state
from app.opened import accuracy, convolution, kernel_editing, numbers, sandbox, sliding
from app.opened.sliding import Scene, Stage
from model.datasets import DataError
from model.forward import Network
from model.intervals import paired
from model.kernels import named_kernels
from model.layers import Activation, BatchNormalization, Conv2D, LayerError, MaxPooling2D
from model.presets import PRESETS
from model.probes.convolving import slide, strongest

DIGIT = {"from": "data", "digit": "mnist-validation-7"}


@pytest.fixture(autouse=True)
def few_digits(networks, monkeypatch):  # noqa: F811
    monkeypatch.setattr("app.looking_network.TESTED", 40)


def architecture(**query):
    return opened("Architecture", **DIGIT, **query)


def unpacked(content):
    """What `sliding.js` makes of a message: the header, and a function that gives a grid's tile."""
    raw = zlib.decompress(content)
    (length,) = struct.unpack("<I", raw[:4])
    header = json.loads(raw[4 : 4 + length])
    whole = np.frombuffer(raw, "<i2", offset=4 + length)

    def tile(grid, place):
        size = grid["height"] * grid["width"]
        cells = whole[grid["at"] + place * size :][:size].reshape(grid["height"], grid["width"])
        return cells * (grid["scales"][place] / header["levels"])

    return header, tile


def scene_of(sliding_, most=32, **changes):
    shown = strongest(sliding_.terms, most)
    fields = {
        "shown": "x",
        "sliding": sliding_,
        "channels": shown,
        "channel": shown[0],
        "is_signed": False,
        "source": "the digit",
        "stages": [Stage("sum", sliding_.sums, True)],
        "home": (0, 0),
        "has_bias": True,
    }
    return Scene(**fields | changes)


# ---- what travels


@pytest.mark.parametrize("channels", [1, 3, 40])
def test_the_browser_gets_every_number_it_shows(channels):
    random = np.random.default_rng(channels)
    x = random.normal(size=(9, 8, channels)).astype(np.float32)
    kernel = random.normal(size=(3, 3, channels)).astype(np.float32)
    slid = slide(x, kernel, 0.3, 2, ((1, 1), (0, 1)))
    header, tile = unpacked(sliding.to_content(scene_of(slid, 8), (1, 2)))
    shown = header["channels"]
    assert len(shown) == min(8, channels)
    assert header["others"] == channels - len(shown)
    assert header["at"] == [1, 2]
    assert header["inside"] == [1, 0, 9, 8]
    for place, channel in enumerate(shown):
        for grid, expected in (
            (header["input"], slid.padded[..., channel]),
            (header["kernel"], kernel[..., channel]),
            (header["terms"], slid.terms[..., channel]),
        ):
            close = np.abs(expected).max() / header["levels"]
            np.testing.assert_allclose(tile(grid, place), expected, atol=close)
    np.testing.assert_allclose(tile(header["stages"][0], 0), slid.sums, atol=1e-3)
    everything = sum(tile(header["terms"], place) for place in range(header["terms"]["count"]))
    np.testing.assert_allclose(everything + header["bias"], slid.sums, atol=2e-3)


def test_an_empty_input_travels_too():
    slid = slide(np.zeros((5, 5, 1), np.float32), np.zeros((3, 3, 1), np.float32))
    header, tile = unpacked(sliding.to_content(scene_of(slid), None))
    assert not tile(header["input"], 0).any()
    assert header["at"] is None
    assert header["bias"] == 0  # a nought is told, too
    header, _ = unpacked(sliding.to_content(scene_of(slid, has_bias=False), None))
    assert header["bias"] is None


def test_a_layer_of_classic_travels_light():
    recipe = PRESETS["classic"]
    network = Network(recipe.layers, random_weights(recipe, 1))
    digit = np.random.default_rng(1).integers(0, 256, (28, 28)).astype(np.uint8).tobytes()
    places = [place for place, layer in enumerate(recipe.layers) if isinstance(layer, Conv2D)]
    for place in places:
        known = convolution.filtered(network, digit, place, 3)
        assert len(sliding.to_content(scene_of(known.sliding), None)) < 120_000


def test_what_a_browser_sends_is_not_trusted(monkeypatch):
    told = SimpleNamespace()
    monkeypatch.setattr(state, "widget", lambda key: told)
    for odd in (None, "1 2", [1], [1, -2], [1, 2.5], [True, 1], [1, 1000]):
        told.cell = odd
        assert sliding.browser_cell("x") is None
    told.cell = [3, 4]
    assert sliding.browser_cell("x") == (3, 4)
    for odd in (None, [1, 2], [1, 2, "3"], [1, 2, 1e9], [1, 2, math.nan], [1, 2, math.inf], [1, 2, True]):
        told.painted = told.numbers = odd
        told.kernel = {"of": "blur 3", "numbers": odd}
        assert sliding.painted("x", 3) is None
        assert sliding.typed_kernel("x", "blur 3", 3) is None
        assert numbers.typed("x", 3) is None
    told.painted = told.numbers = [1, -2.5, 0]
    told.kernel = {"of": "blur 3", "numbers": [1, -2.5, 0]}
    assert sliding.painted("x", 3).tolist() == sliding.typed_kernel("x", "blur 3", 3).tolist() == [1, -2.5, 0]
    assert numbers.typed("x", 3) == (1, -2.5, 0)
    assert sliding.typed_kernel("x", "edges 3", 3) is None


# ---- a filter at work


@pytest.mark.parametrize("seed", range(20))
def test_the_maps_shown_are_the_networks_own(seed):
    recipe = random_recipe(seed)
    network = Network(recipe.layers, random_weights(recipe, seed))
    digit = np.random.default_rng(seed).integers(0, 256, (1, 28, 28)).astype(np.uint8)
    values = network.values(digit)
    for place, layer in enumerate(recipe.layers):
        if not isinstance(layer, Conv2D):
            continue
        unit = layer.filters - 1
        known = convolution.filtered(network, digit.tobytes(), place, unit)
        for step, given in enumerate(known.maps):
            np.testing.assert_allclose(given, values[place + 1 + step][0, ..., unit], rtol=1e-5, atol=1e-6)
        most = np.abs(known.maps[0]).max() + 1e-6
        assert np.abs(known.sliding.sums - known.maps[0]).max() <= 1e-4 * most


# ---- the page


def test_the_layer_opens_with_a_guess_and_a_formula():
    app = architecture(layer="0")
    assert any("In which part of the digit" in pills.label for pills in app.get("button_group"))
    (text,) = [latex.value for latex in app.latex]
    assert r"\sum_{i,j}" in text
    pills = next(each for each in app.get("button_group") if "In which part" in each.label)
    pills.set_value(0)
    app = well(app.run())
    assert any("Its largest sum is" in text.value for text in app.markdown)


def test_the_formula_follows_the_place_and_the_channel():
    one = architecture(layer="2", cell="1-1").latex[0].value
    assert one != architecture(layer="2", cell="2-1").latex[0].value
    other = architecture(layer="2", cell="1-1", channel="4").latex[0].value
    assert "s_{0}" in one
    assert "s_{4}" in other
    # a place, filter and channel that there aren't
    beyond = architecture(layer="2", cell="90-90", channel="99", unit="4000")
    assert "s_{0}" in beyond.latex[0].value


def test_a_kernel_in_the_link_changes_verdict_and_accuracy_and_is_put_back():
    kernel = "_".join(["-99"] * 25)
    app = architecture(layer="0", facet="kernel", kernel=kernel)
    shown = html_of(app)
    assert re.search(r"reads \d \(.+?\) → <b>\d</b>", shown)
    told = r"Of 40 validation digits right: [\d.]+% → <b>[\d.]+%</b>, [+−]?[\d.]+ points \(95% interval "
    assert re.search(told, shown)
    next(button for button in app.button if button.label == "Put the learned one back").click()
    app = well(app.run())
    assert "validation digits right" not in html_of(app)
    assert "kernel" not in links_of(app)[-1]


def test_a_ready_made_kernel_is_taken_and_one_that_does_not_fit_is_left():
    app = architecture(layer="0", facet="kernel", kernel="1_2")
    assert "validation digits right" not in html_of(app)
    box = next(each for each in app.selectbox if each.label == "Ready-made kernels")
    assert {"emboss", "sharpen", "filter 1’s"} <= set(box.options)
    box.set_value("emboss")
    app = well(app.run())
    expected = numbers.rounded(named_kernels(5)["emboss"])
    held = tuple(float(n) for n in links_of(app)[-1]["kernel"].split("_"))
    assert held == expected


def test_as_strong_brings_a_ready_made_kernel_to_the_learned_ones_size():
    app = architecture(layer="0", facet="kernel")
    next(each for each in app.toggle if each.label == "As strong as the learned").set_value(True)
    app = well(app.run())
    next(each for each in app.selectbox if each.label == "Ready-made kernels").set_value("all edges")
    app = well(app.run())
    held = np.array([float(n) for n in links_of(app)[-1]["kernel"].split("_")])
    recipe = PRESETS["tiny"]
    learned = random_weights(recipe, 0)["00.kernel"][..., 0, 0]
    assert np.linalg.norm(held) == pytest.approx(np.linalg.norm(learned), rel=1e-3)


def test_another_filter_lets_the_changed_kernel_go():
    app = architecture(layer="0", facet="kernel", kernel="_".join(["1"] * 25))
    next(each for each in app.number_input if each.label.startswith("Filter")).set_value(2)
    app = well(app.run())
    assert "kernel" not in links_of(app)[-1]
    assert links_of(app)[-1]["unit"] == "2"


@pytest.mark.parametrize("query", [{"layer": "2"}, {"channel": "1", "layer": "2"}, {"unit": "1"}])
def test_whatever_chooses_another_filter_lets_the_kernel_go(query):
    def script(chosen):
        import streamlit as st

        from app import state

        state.begin("Architecture")
        state.change(layer=None, unit=0, channel=None, kernel=(1.0, 2.0))
        state.change(layer=0, cell=(1, 1))  # the same layer as before
        st.text(str(state.now().kernel))
        state.change(**{name: int(value) for name, value in chosen.items()})
        st.text(str(state.now().kernel))
        state.change(unit=9, kernel=(3.0,))
        st.text(str(state.now().kernel))

    app = well(AppTest.from_function(script, args=(query,), default_timeout=30).run())
    assert [each.value for each in app.text] == ["(1.0, 2.0)", "None", "(3.0,)"]


def test_digits_that_are_not_here_are_said_to_be_missing(monkeypatch):
    def missing(_):
        raise DataError("mnist", "the files are missing")

    monkeypatch.setattr(accuracy, "change", missing)
    app = architecture(layer="0", facet="kernel", kernel="_".join(["-99"] * 25))
    assert "the files are missing" in app.warning[0].value


def test_the_difference_of_two_accuracies_has_the_interval_of_pairs():
    before, after = np.ones(500, bool), np.ones(500, bool)
    before[:3], after[:20] = False, False  # 17 are lost, none is won
    low, high = paired(17, 0, 500)
    said = accuracy.sentence(before, after)
    assert said.startswith("Of 500 validation digits right: 99.4% → **96.0%**, −3.4 points")
    assert f"(95% interval −{100 * high:.1f} to −{100 * low:.1f})" in said
    assert "0.0 points" in accuracy.sentence(before, before)


def test_what_is_kept_of_a_network_does_not_keep_the_network():
    recipe = PRESETS["tiny"]
    network = Network(recipe.layers, random_weights(recipe, 4))
    convolution.filtered(network, bytes(784), 0, 0)
    kernel_editing.changed(network, 0, 0, 0, (1.0,) * 25)
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_a_network_that_has_learned_nothing_has_no_accuracy_to_lose():
    app = architecture(layer="0", facet="kernel", draft="1", kernel="_".join(["1"] * 25))
    assert any("hasn't learned anything yet" in caption.value for caption in app.caption)
    assert "validation digits right" not in html_of(app)


def test_the_changed_network_is_read_with_the_changed_kernel():
    recipe = PRESETS["tiny"]
    network = Network(recipe.layers, random_weights(recipe, 2))
    kernel = tuple(float(n) for n in range(25))
    changed = kernel_editing.changed(network, 0, 3, 0, kernel)
    assert changed.own_weights(0)["kernel"][:, :, 0, 3].ravel().tolist() == list(kernel)
    assert kernel_editing.changed(network, 0, 3, 0, kernel) is changed


# ---- the sandbox


def test_the_sandbox_writes_out_how_large_the_output_is():
    app = architecture(layer="0", facet="sandbox")
    assert r"\lfloor 5 \rfloor + 1 = 6" in app.latex[0].value
    next(each for each in app.selectbox if each.label == "Padding p").set_value("same")
    app = well(app.run())
    assert r"\lfloor 7 \rfloor + 1 = 8" in app.latex[0].value


def test_the_sandbox_refuses_with_the_layers_own_reason():
    app = architecture(layer="0", facet="sandbox")
    settings = {each.label: each for each in app.number_input}
    settings["Stride s"].set_value(4)
    app = well(app.run())
    assert "stride must be a whole number from 1 to 3, not 4" in app.warning[0].value
    settings = {each.label: each for each in app.number_input}
    settings["Stride s"].set_value(1)
    settings["Kernel k"].set_value(5)
    settings["Input n"].set_value(3)
    app = well(app.run())
    assert "5×5 window does not fit on a 3×3 map" in app.warning[0].value


@pytest.mark.parametrize("cells", range(3, 13))
def test_the_arithmetic_ends_with_what_can_be_counted(cells):
    for size in range(1, 6):
        for stride in range(1, 6):
            for before, after in ((0, 0), (1, 1), (0, 1), (2, 2)):
                starts = range(0, cells + before + after - size + 1, stride)
                if stride > size or not starts:
                    with pytest.raises(LayerError):
                        sandbox.arithmetic(cells, size, stride, before, after)
                    continue
                text = sandbox.arithmetic(cells, size, stride, before, after)
                assert text.endswith(f"= {len(starts)}")
                assert str(cells) in text


@pytest.mark.parametrize("name", sandbox.PICTURES)
def test_pictures_are_small_and_from_nought_to_one(name):
    digit = np.random.default_rng(0).integers(0, 256, (28, 28)).astype(np.uint8)
    for cells in range(sandbox.SIDES[0], sandbox.SIDES[1] + 1):
        drawn = sandbox.picture(name, cells, digit)
        assert drawn.shape == (cells, cells)
        assert drawn.dtype == np.float32
        assert 0 <= drawn.min() <= drawn.max() <= 1
        assert (drawn.max() > 0) == (name != "empty")


# ---- any network


def opens(networks, seed):  # noqa: F811
    from model.checkpoint import write_checkpoint

    recipe = random_recipe(seed)
    write_checkpoint(networks / "random", recipe, random_weights(recipe, seed), {})
    places = [place for place, layer in enumerate(recipe.layers) if isinstance(layer, Conv2D)]
    for place in places[-1:]:
        for facet in ("slide", "kernel"):
            app = architecture(model="random", layer=str(place), facet=facet, unit="1")
            assert any("filter" in each.value for each in app.markdown)


@pytest.mark.parametrize("seed", [0, 5])
def test_it_opens_in_a_random_network(seed, networks):  # noqa: F811
    opens(networks, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 40))
def test_it_opens_in_many_random_networks(seed, networks):  # noqa: F811
    opens(networks, seed)


@pytest.mark.slow
def test_it_opens_behind_pooling_with_very_many_channels(networks):  # noqa: F811
    from model.checkpoint import write_checkpoint
    from model.layers import Dense, Flatten
    from model.recipe import Recipe

    layers = (
        MaxPooling2D(7),
        BatchNormalization(),
        Conv2D(200, 1),
        Conv2D(2, 4),
        Conv2D(3, 1, bias=False),
        Activation("softmax"),
        Flatten(),
        Dense(10),
        Activation("softmax"),
    )
    recipe = Recipe("wide", layers)
    write_checkpoint(networks / "wide", recipe, random_weights(recipe, 1), {})
    app = architecture(model="wide", layer="3", channel="150")
    assert "s_{150}" in app.latex[0].value
    assert any("largest sum" in pills.label for pills in app.get("button_group"))
    for place in ("2", "4"):
        architecture(model="wide", layer=place, facet="kernel")
        architecture(model="wide", layer=place, facet="slide")
