"""The Architecture page without a browser: the network as a picture, its arithmetic, what is chosen."""

import json
import re
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import arithmetic, diagram
from model.checkpoint import load_checkpoint, write_checkpoint
from model.datasets import load_digits
from model.forward import Network
from model.layer_table import layer_table
from model.layers import Conv2D, Dense, MaxPooling2D
from model.presets import PRESETS
from model.probes.maps import titles
from model.probes.receptive_field import fields_below, flattened

DIGIT = load_digits("mini", "validation").images[3]
HAND = {"from": "data", "digit": "mnist-validation-3"}
MOST_BYTES = 100_000  # of the picture of `classic`, as it travels


def way(recipe, seed=1):
    """A digit's values on its way through a network with random weights, as the page keeps them."""
    network = Network(recipe.layers, random_weights(recipe, seed))
    return tuple(value[0] for value in network.values(DIGIT[None]))


def unpacked(content):
    """The header and a function that gives a grid's numbers as (tiles, height, width)."""
    data = zlib.decompress(content)
    (length,) = struct.unpack("<I", data[:4])
    header = json.loads(data[4 : 4 + length])
    numbers = np.frombuffer(data[4 + length :], "<i2")

    def tiles(grid):
        count, height, width = grid["count"], grid["height"], grid["width"]
        cells = numbers[grid["at"] : grid["at"] + count * height * width].reshape(count, height, width)
        return cells / header["levels"] * np.array(grid["scales"])[:, None, None]

    return header, tiles


def sent(app):
    """What the page's picture is told, and the picture."""
    for each in app.get("bidi_component"):
        data = each.proto.bytes
        if data and data[4:5] == b"{":
            (length,) = struct.unpack("<I", data[:4])
            return json.loads(data[4 : 4 + length]), *unpacked(data[4 + length :])
    raise AssertionError("the page shows no picture of a network")


def check_picture(recipe, values, place, unit):
    """Every number in the picture is that of its layer."""
    header, tiles = unpacked(diagram.to_content(recipe, values, place, unit))
    assert [block["title"] for block in header["blocks"]] == list(titles(recipe.layers))
    for block, value, shape in zip(header["blocks"], values[1:], recipe.shapes[1:], strict=True):
        assert "".join(block["shape"]).replace(",", "") == "×".join(map(str, shape))
        shown = value[..., block["maps"]] if value.ndim == 3 else value[None, None]
        assert len(block["maps"]) == (min(shape[-1], diagram.MOST_MAPS) if value.ndim == 3 else 0)
        most = np.abs(shown).max(axis=(0, 1))
        assert (np.abs(tiles(block["grid"]).transpose(1, 2, 0) - shown) <= most / 2000 + 1e-12).all()
        assert block["signed"] or value.min() >= 0
    own = values[place + 1]
    large = tiles(header["large"])
    expected = own[..., unit] if own.ndim == 3 else own[:, None, None]
    np.testing.assert_allclose(large[0] if own.ndim == 3 else large, expected, atol=np.abs(own).max() / 2000)
    return header


@pytest.mark.parametrize("preset", PRESETS)
def test_every_number_in_the_picture_is_that_of_its_layer(preset):
    recipe = PRESETS[preset]
    values = way(recipe)
    for place in (0, len(recipe.layers) // 2, len(recipe.layers) - 1):
        check_picture(recipe, values, place, 1 if recipe.shapes[place + 1][-1] > 1 else 0)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_network_there_is_a_picture(seed):
    recipe = random_recipe(seed)
    values = way(recipe, seed)
    for place in range(len(recipe.layers)):
        check_picture(recipe, values, place, 0)


def test_the_picture_of_classic_travels_light():
    recipe = PRESETS["classic"]
    values = way(recipe)
    sizes = [len(diagram.to_content(recipe, values, place, 0)) for place in range(len(recipe.layers))]
    assert max(sizes) <= MOST_BYTES


def check_flat(recipe, found, flat):
    """What is told of flattened maps is what is told of the maps, and of each value itself."""
    height, width, depth = recipe.shapes[flat]
    assert found["flat"] == {"at": flat, "width": width, "depth": depth}
    for row, column in {(0, 0), (height - 1, width // 3)}:
        below = fields_below(recipe, flat - 1, row, column) if flat else ()
        assert [rows[row] for rows in found["rows"]] == [(f.top, f.height) for f in below] + [(row, 1)]
        told = [columns[column] for columns in found["columns"]]
        assert told == [(f.left, f.width) for f in below] + [(column, 1)]


@pytest.mark.parametrize("preset", ["tiny", "classic", "lenet5", "linear"])
def test_what_a_value_is_made_of_is_told_for_every_row_and_column(preset):
    recipe = PRESETS[preset]
    for place, shape in enumerate(recipe.shapes[1:]):
        found = diagram._fields(recipe, place)
        if (flat := flattened(recipe, place)) is not None:
            check_flat(recipe, found, flat)
            continue
        assert found["flat"] is None
        height, width = shape[:2] if len(shape) == 3 else (1, 1)
        for row, column in {(0, 0), (height // 2, width - 1), (height - 1, width // 3)}:
            for below, field in enumerate(fields_below(recipe, place, row, column)):
                assert found["rows"][below][row] == (field.top, field.height)
                assert found["columns"][below][column] == (field.left, field.width)


def test_costs_and_shares_are_those_of_the_layers():
    recipe = PRESETS["classic"]
    header, _ = unpacked(diagram.to_content(recipe, way(recipe), 0, 0))
    rows = layer_table(recipe.layers)
    for block, row in zip(header["blocks"], rows, strict=True):
        for cost, own, attribute in (
            (block["costs"][0], row.parameters, "parameters"),
            (block["costs"][1], row.multiply_adds, "multiply_adds"),
        ):
            assert cost["own"] == own
            assert f"{own:,} " in cost["said"]
            whole = sum(getattr(each, attribute) for each in rows)
            assert cost["share"] == pytest.approx(own / whole, abs=1e-4)
    assert isinstance(recipe.layers[header["most"]], Dense)
    assert "3136·128 = 401,408 parameters" in header["blocks"][header["most"]]["costs"][0]["said"]


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (288, "288"), (999, "999"), (36_928, "36.9k"), (999_950, "999k"), (7_225_344, "7.23M")],
)
def test_counts_are_said_short(number, said):
    assert diagram.short(number) == said


def test_small_maps_are_the_liveliest_and_the_same_through_a_stage():
    recipe = PRESETS["classic"]
    values = way(recipe)
    shown = diagram.shown_maps(recipe.layers, values, 0, 0)
    convolutions = [at for at, layer in enumerate(recipe.layers) if isinstance(layer, Conv2D)]
    pooling = next(at for at, layer in enumerate(recipe.layers) if isinstance(layer, MaxPooling2D))
    second = convolutions[1]
    assert len(set(shown[second : pooling + 2])) == 1  # up to the dropout behind the pooling
    lively = values[pooling + 2].std(axis=(0, 1)).argsort()[::-1][: diagram.MOST_MAPS]
    assert sorted(shown[second]) == sorted(lively)
    assert shown[-1] == ()
    dullest = int(values[pooling + 2].std(axis=(0, 1)).argmin())
    assert diagram.shown_maps(recipe.layers, values, pooling, dullest)[second][0] == dullest


@pytest.mark.parametrize("place", [0, 3, 14])
@pytest.mark.parametrize(
    "chosen",
    [None, [], 3, {"layer": True}, {"layer": -1}, {"layer": 99}, {"layer": "0"}, {"layer": 0, "unit": 32},
     {"layer": 0, "unit": 1.0}, {"layer": 0, "cell": [28, 0]}, {"layer": 0, "cell": [0, -1]},
     {"layer": 0, "cell": [0]}, {"layer": 0, "cell": "00"}, {"layer": 22, "cell": [0, 0]}],
)  # fmt: skip
def test_what_a_browser_says_is_chosen_is_checked(chosen, place):
    recipe = PRESETS["classic"]
    assert diagram.to_change(chosen, recipe) == {}
    forgotten = {"cell": None, "facet": None, "unit": None}
    assert diagram.to_change({"layer": place}, recipe) == {"layer": place} | forgotten
    assert diagram.to_change({"layer": 0, "cell": [27, 3]}, recipe) == {"layer": 0, "cell": (27, 3)}
    assert diagram.to_change({"layer": 0, "unit": 31}, recipe) == {"layer": 0, "unit": 31}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_arithmetic_written_out_gives_what_it_says(preset):
    recipe = PRESETS[preset]
    table = arithmetic.table_html(recipe)
    lines = re.findall(r"<tr>(.*?)</tr>", table)
    rows = layer_table(recipe.layers)
    cells = [re.sub(r"<[^>]+>", "|", line).split("|") for line in lines if 'scope="row">' in line]
    for row, before, texts in zip(rows, recipe.shapes, cells[: len(rows)], strict=False):
        sums = [text.removesuffix(" =") for text in texts if text.endswith(" =")]
        wanted = [row.parameters] if row.arithmetic else []
        wanted += [row.multiply_adds] if row.multiply_adds else []
        assert [eval(text.replace("·", "*")) for text in sums] == wanted
        assert f"{row.parameters:,}" in texts
        assert f"{row.multiply_adds:,}" in texts
        if not row.multiply_adds:
            assert arithmetic.multiplication(row.layer, before) == ""
    foot = table.split("<tfoot>")[1]
    assert f">{sum(row.parameters for row in rows):,}<" in foot
    assert f">{sum(row.multiply_adds for row in rows):,}<" in foot


def test_parameters_are_those_that_the_network_holds():
    for recipe in PRESETS.values():
        weights = random_weights(recipe, 0)
        assert arithmetic.totals(layer_table(recipe.layers))[0] == sum(w.size for w in weights.values())


def test_the_page_shows_the_network_in_hand_with_the_digit_in_it():
    app = opened("Architecture", **HAND)
    about, header, tiles = sent(app)
    network = load_checkpoint("classic").network
    digits = load_digits("mnist", "validation")
    np.testing.assert_allclose(tiles(header["digit"])[0], digits.images[3] / 255, atol=1e-3)
    answer = network.probabilities(digits.images[3:4])[0]
    np.testing.assert_allclose(tiles(header["blocks"][-1]["grid"]).ravel(), answer, atol=1e-3)
    assert about == {
        "cell": None,
        "asks": True,
        "verdict": about["verdict"],
        "veiled": True,  # where it is brightest is asked
    }
    assert about["verdict"].startswith(f"reads {answer.argmax()}, ")
    assert header["place"] == 0
    assert "Guess first" in app.markdown[0].value
    next(each for each in app.button if each.label == "Show it").click()
    app = well(app.run())
    assert sent(app)[0]["veiled"] is False
    assert "Its largest sum is" in "".join(each.value for each in app.markdown)


def test_a_link_opens_layer_map_and_value():
    app = opened("Architecture", layer="2", unit="4", cell="3-5", **HAND)
    about, header, _ = sent(app)
    assert (header["place"], header["unit"], about["cell"]) == (2, 4, [3, 5])
    assert links_of(app)[-1]["cell"] == "3-5"


@pytest.mark.parametrize(
    ("query", "place", "unit", "cell"),
    [
        ({"layer": "63"}, 0, 0, None),  # there is no such layer
        ({"layer": "0", "unit": "4000", "cell": "50-3"}, 0, 0, None),  # no such map, no such cell
        ({"layer": "6", "cell": "0-0"}, 6, -1, None),  # a vector has no cells
    ],
)
def test_what_the_network_lacks_is_no_matter(query, place, unit, cell):
    about, header, _ = sent(opened("Architecture", **query, **HAND))
    assert (header["place"], header["unit"], about["cell"]) == (place, unit, cell)


def test_a_network_that_is_edited_shows_what_it_costs_at_once():
    about, header, _ = sent(opened("Architecture", draft="1", **HAND))
    assert about["asks"] is False
    assert len(header["blocks"]) == len(PRESETS["plateau"].layers)


def look_at_all_layers(networks, seed):  # noqa: F811
    """Opens a random network's layers one after another."""
    recipe = replace(random_recipe(seed), name="odd")
    write_checkpoint(
        networks / "odd", recipe, random_weights(recipe, seed), {"learned_from": {"dataset": "mnist"}}
    )
    app = opened("Architecture", model="odd", **HAND)
    for place in range(len(recipe.layers)):
        app.session_state["state"] = replace(app.session_state["state"], layer=place, facet=None)
        well(app.run())
        assert sent(app)[1]["place"] == place
        assert "lab-layer-title" in html_of(app)


def test_a_random_network_can_be_looked_at_layer_by_layer(networks):  # noqa: F811
    look_at_all_layers(networks, 101)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(110, 130))
def test_any_network_can_be_looked_at_layer_by_layer(networks, seed):  # noqa: F811
    look_at_all_layers(networks, seed)
