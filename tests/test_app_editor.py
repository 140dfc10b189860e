"""The editor as Streamlit runs it, without a browser: what is asked is done to the recipe, or refused."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from random_recipes import random_recipe
from streamlit.testing.v1 import AppTest
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import cost, workroom
from app.editing import stack
from app.hand import FIRST_RECIPE
from app.prose import plain
from app.recipe_link import decode_recipe, encode_recipe
from model import editing
from model.cost import speed_key
from model.layers import (
    LAYERS,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
)
from model.presets import PRESETS
from model.recipe import Recipe

QUICK = PRESETS["quick"]
MINI = {name: replace(recipe, dataset="mini") for name, recipe in PRESETS.items()}


def edit(**query):
    return opened("Architecture", side="edit", **{"recipe": "quick", **query})


def list_of(app):
    """What the list of layers is given."""
    contents = [json.loads(each.proto.json) for each in app.get("bidi_component") if each.proto.json]
    (found,) = [content for content in contents if "kinds" in content]
    return found


def recipe_of(app):
    """The recipe in the address."""
    text = links_of(app)[-1].get("recipe")
    return FIRST_RECIPE if text is None else decode_recipe(text)


def choose(app, kind, label, value):
    next(each for each in getattr(app, kind) if each.label == label).set_value(value)
    return well(app.run())


def press(app, label):
    next(each for each in app.button if each.label == label).click()
    return well(app.run())


def test_the_list_says_what_each_layer_gives_and_costs():
    app = edit(layer="3")
    shown = list_of(app)
    assert len(shown["rows"]) == len(QUICK.layers)
    first = shown["rows"][0]
    assert first == {
        "title": "convolution",
        "settings": "8 filters 5×5",
        "gives": "24×24×8",
        "parameters": "208",
        "multiplyAdds": "115,200",
        "parameterShare": round(100 * 208 / QUICK.parameters, 1),
        "multiplyAddShare": round(100 * 115_200 / QUICK.multiply_adds, 1),
        "arithmetic": "(5·5·1 + 1)·8 = 208",
    }
    assert shown["rows"][2]["parameters"] == ""
    assert shown["total"] == {
        "parameters": f"{QUICK.parameters:,}",
        "multiplyAdds": f"{QUICK.multiply_adds:,}",
    }
    assert shown["chosen"] == 3
    assert shown["refused"] is None
    assert not shown["undo"]
    assert "(3·3·8 + 1)·24 = <b>1,752</b> parameters" in html_of(app)


def test_the_list_says_beforehand_what_fits_where():
    kinds = {kind["name"]: (kind["before"], kind["after"]) for kind in list_of(edit(layer="6"))["kinds"]}
    assert list(kinds) == list(editing.FRESH)
    assert kinds["Conv2D"] == (True, False)
    assert kinds["Dense"] == (False, True)
    assert kinds["Dropout"] == (True, True)
    last = {kind["name"]: kind["after"] for kind in list_of(edit(layer="10"))["kinds"]}
    assert not any(last.values())


def test_settings_change_the_layer_and_everything_that_follows_from_it():
    app = choose(edit(layer="0"), "number_input", "Filters", 4)
    assert recipe_of(app).layers == (Conv2D(4, 5), *QUICK.layers[1:])
    assert list_of(app)["rows"][3]["arithmetic"] == "(3·3·4 + 1)·24 = 888"
    assert "The last change: parameters ×" in html_of(app)
    app = choose(app, "selectbox", "Layer 1 is", "MaxPooling2D")
    assert recipe_of(app).layers[0] == MaxPooling2D(2)
    assert list_of(app)["rows"][1]["gives"] == "7×7×1"
    app = choose(app, "number_input", "Stride", 1)
    assert recipe_of(app).layers[0] == MaxPooling2D(2, 1)
    app = choose(app, "number_input", "Stride", 2)
    assert recipe_of(app).layers[0] == MaxPooling2D(2)


def test_a_setting_that_cannot_be_is_refused_at_the_layer_where_it_fails():
    app = choose(edit(layer="0"), "number_input", "Kernel size", 24)
    assert recipe_of(app) == QUICK
    refused = list_of(app)["refused"]
    assert refused["place"] == 3
    assert refused["text"].startswith(
        "Not changed, all is as it was. Conv2D: a 3×3 window does not fit on a 2×2 map"
    )
    assert next(each for each in app.number_input if each.label == "Kernel size").value == 5
    app = choose(app, "number_input", "Stride", 6)
    assert list_of(app)["refused"] == {
        "place": 0,
        "text": "Not changed, all is as it was. Conv2D: stride must be a whole number from 1 to 5, not 6.",
    }
    app = choose(app, "number_input", "Filters", 9)
    assert list_of(app)["refused"] is None


@pytest.mark.parametrize("place", range(len(PRESETS["classic"].layers)))
def test_every_layer_of_classic_has_its_settings(place):
    app = edit(recipe="classic", layer=str(place))
    kind = next(box for box in app.selectbox if box.label == f"Layer {place + 1} is")
    assert kind.value == type(PRESETS["classic"].layers[place]).__name__
    assert recipe_of(app) == PRESETS["classic"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_started_from_and_keeps_the_digits(name):
    app = edit(
        recipe=encode_recipe(replace(PRESETS["classic" if name == "tiny" else "tiny"], dataset="mini"))
    )
    app = choose(app, "selectbox", "Start from", name)
    assert recipe_of(app) == MINI[name]
    assert list_of(app)["undo"]


def test_the_network_in_hand_can_be_started_from():
    app = choose(edit(), "selectbox", "Start from", "network in hand")
    assert recipe_of(app).layers == PRESETS["tiny"].layers  # it stands in for the bundled one here


def test_the_time_is_measured_or_said_to_be_an_estimate():
    app = edit(recipe=encode_recipe(MINI["quick"]))
    assert "an epoch of 3,000 digits here, some" in html_of(app)
    assert "an estimate until it is trained" in html_of(app)
    workroom.store().measure(speed_key(MINI["quick"]), 1.25)
    app = edit(recipe=encode_recipe(MINI["quick"]))
    assert "<b>1.2 s</b> an epoch of 3,000 digits here, as measured; 4 s for 3 epochs" in html_of(app)
    workroom.close()


def test_an_estimate_is_corrected_by_what_was_measured_on_the_machine():
    plain, _ = cost.expected_seconds(QUICK)
    workroom.store().measure(cost.OVER_ESTIMATE, 2.0)
    corrected, is_measured = cost.expected_seconds(QUICK)
    assert corrected == pytest.approx(2 * plain)
    assert not is_measured
    workroom.close()


def test_the_layer_that_is_set_is_the_one_that_the_picture_shows():
    app = edit(layer="40")  # there is no such layer
    assert list_of(app)["chosen"] == 0
    assert any(each.label == "Layer 1 is" for each in app.selectbox)


def test_what_halves_the_multiply_adds_is_told_after_the_edit():
    app = edit(layer="0")
    said = "\n".join(each.value for each in app.markdown)
    assert "which change halves the multiply-adds?" in said
    assert "leaves" not in said
    app = choose(app, "number_input", "Filters", 3)
    less = recipe_of(app).multiply_adds / QUICK.multiply_adds
    said = "\n".join(each.value for each in app.markdown)
    assert f"**The last one does**: it leaves {less:.0%} of them." in said
    said = "\n".join(each.value for each in choose(app, "number_input", "Filters", 8).markdown)
    assert f"Not the last one: with it there are {1 / less:.0%} of them." in said


def test_look_at_it_shows_the_draft_and_the_way_back():
    app = press(edit(), "Look at it")
    link = links_of(app)[-1]
    assert link.get("side", "layers") == "layers"
    assert link["draft"] == "1"


def test_train_it_goes_to_training_with_the_recipe(monkeypatch):
    app = choose(edit(layer="0"), "number_input", "Filters", 3)
    monkeypatch.setattr(cost, "show", lambda *_, **__: None)  # it would wake the workers
    app = press(app, "Train it")
    assert app.title[0].value == "Training"
    assert recipe_of(app).layers[0] == Conv2D(3, 5)


def test_another_name_is_the_recipes():
    app = choose(edit(), "text_input", "Name", "my own net")
    assert recipe_of(app) == replace(QUICK, name="my own net")
    assert choose(app, "text_input", "Name", "  ").text_input[0].value == "my own net"


@pytest.mark.parametrize("name", PRESETS)
def test_a_link_opens_the_editor_and_the_draft_of_every_preset(name):
    for query in ({"side": "edit"}, {"draft": "1"}):
        app = opened("Architecture", recipe=name, **query)
        assert recipe_of(app) == PRESETS[name]


def test_the_largest_networks_fit_a_link():
    deep = Recipe(
        "deep",
        (
            *(Conv2D(12, 3, padding="same"), Activation("relu")) * 30,
            Flatten(),
            Dense(10),
            Activation("softmax"),
        ),
    )
    assert len(encode_recipe(deep)) < 4000
    assert decode_recipe(encode_recipe(deep)) == deep


@pytest.mark.parametrize("seed", range(100))
def test_a_link_holds_any_network(seed):
    recipe = random_recipe(seed)
    assert decode_recipe(encode_recipe(recipe)) == recipe


def in_short_cases():
    return [
        (Conv2D(8, 5, 2, "same", bias=False), "8 filters 5×5, stride 2, same, no bias"),
        (Conv2D(1, 1), "1 filter 1×1"),
        (MaxPooling2D(3, 2), "3×3, stride 2"),
        (MaxPooling2D(2), "2×2"),
        (AveragePooling2D(2, padding="same"), "2×2, same"),
        (Dense(10, bias=False), "10 units, no bias"),
        (Dropout(0.25), "25% hidden"),
        (Activation("leaky_relu"), "leaky relu"),
        (BatchNormalization(), ""),
        (Flatten(), ""),
    ]


@pytest.mark.parametrize(("layer", "words"), in_short_cases())
def test_a_layer_in_short(layer, words):
    assert stack.in_short(layer) == words


def script(asked, text):
    import streamlit as st

    from app import state
    from app.editing import acting, handing_on, stack

    state.begin("a page")
    state.change(recipe=state.now().recipe)
    for each in asked:
        stack.take(each)
    if text is not None:
        handing_on.read(text)
    refused = acting.refused()
    st.text(state.now().recipe.to_json())
    st.text(repr((state.now().layer, acting.can_undo(), acting.can_redo(), refused and refused.place)))
    st.text(str(state.kept(handing_on._PROBLEM) or ""))


def after(*asked, text=None, recipe="quick"):
    """The recipe; the layer chosen, whether undo and redo are offered, the refusal's place; a fault."""
    app = AppTest.from_function(script, args=(asked, text), default_timeout=30)
    app.query_params["recipe"] = recipe
    app.run()
    assert not app.exception, app.exception[0].message
    json_text, others, problem = (each.value for each in app.text)
    return Recipe.from_json(json_text), eval(others), problem


def test_what_the_list_asks_is_done():
    layers = QUICK.layers
    assert after({"do": "remove", "place": 2})[0].layers == editing.remove(layers, 2)
    assert after({"do": "copy", "place": 2})[0].layers == editing.insert(layers, 3, layers[2])
    assert after({"do": "move", "place": 2, "to": 1})[0].layers == editing.move(layers, 2, 1)
    added, others, _ = after({"do": "add", "place": 1, "kind": "Dropout"})
    assert added.layers == editing.insert(layers, 1, editing.FRESH["Dropout"])
    assert others == (1, True, False, None)
    assert after({"do": "choose", "place": 4})[1] == (4, False, False, None)


def test_undo_and_redo_walk_through_the_edits():
    remove, undo, redo = {"do": "remove", "place": 2}, {"do": "undo"}, {"do": "redo"}
    once = editing.remove(QUICK.layers, 2)
    assert after(remove, undo)[0] == QUICK
    assert after(remove, undo, redo)[0].layers == once
    assert after(remove, remove, undo)[0].layers == once
    assert after(remove, undo, {"do": "copy", "place": 2}, redo)[1][2] is False  # another way was taken
    assert after(undo, redo)[0] == QUICK
    assert after(*[{"do": "copy", "place": 1}] * 3, *[undo] * 9)[0] == QUICK


def test_twenty_edits_can_be_taken_back():
    drops = {"do": "copy", "place": 2}
    recipe, (_, can_undo, can_redo, _), _ = after(*[drops] * 25, *[{"do": "undo"}] * 30)
    assert len(recipe.layers) == len(QUICK.layers) + 5
    assert (can_undo, can_redo) == (False, True)


def test_a_refusal_leaves_the_recipe_and_says_where():
    recipe, (_, can_undo, _, place), _ = after({"do": "remove", "place": 6})
    assert recipe == QUICK
    assert (can_undo, place) == (False, 7)
    assert after({"do": "remove", "place": 6}, {"do": "choose", "place": 1})[1][3] is None


@pytest.mark.parametrize(
    "asked",
    [
        None,
        [],
        {"do": "remove"},
        {"do": "remove", "place": 99},
        {"do": "remove", "place": -1},
        {"do": "remove", "place": True},
        {"do": "remove", "place": "2"},
        {"do": "remove", "place": 11},
        {"do": "choose", "place": 11},
        {"do": "add", "place": 1, "kind": "Lambda"},
        {"do": "add", "place": 1, "kind": ["Conv2D"]},
        {"do": "move", "place": 1},
        {"do": "move", "place": 1, "to": 11},
        {"do": "explode", "place": 1},
        {"do": {}},
    ],
)
def test_what_makes_no_sense_changes_nothing(asked):
    recipe, others, _ = after(asked)
    assert recipe == QUICK
    assert others == (None, False, False, None)


acts = some.fixed_dictionaries(
    {
        "do": some.sampled_from(["choose", "remove", "copy", "move", "add", "undo", "redo"]),
        "place": some.integers(0, 14),
        "to": some.integers(0, 14),
        "kind": some.sampled_from(sorted(LAYERS)),
    }
)


@settings(max_examples=4, deadline=None)
@given(some.lists(acts, min_size=20, max_size=60), some.sampled_from(list(PRESETS)))
def test_whatever_is_pressed_a_network_stands(asked, preset):
    recipe, (layer, *_), _ = after(*asked, recipe=preset)
    assert layer is None or 0 <= layer < len(recipe.layers)


def test_a_recipes_json_is_taken_and_can_be_undone():
    text = PRESETS["vgg"].to_json()
    recipe, (_, can_undo, _, _), problem = after(text=text)
    assert recipe == PRESETS["vgg"]
    assert can_undo
    assert problem == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "this is not JSON"),
        ("[1]", "an object with the fields"),
        ('{"name": "x", "layers": [{"layer": "Flatten"}]}', "layer 1: the last layer must be a softmax"),
        ('{"name": "x", "layers": [{"layer": "<script>"}]}', "there is no layer"),
    ],
)
def test_what_is_no_recipe_is_said_to_be_none_and_nothing_is_lost(text, words):
    recipe, _, problem = after(text=text)
    assert recipe == QUICK
    assert problem.startswith("This is no recipe:")
    assert plain(words) in problem
    assert "<" not in problem.replace("\\<", "")
