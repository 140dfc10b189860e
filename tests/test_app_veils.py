"""What answers an opened layer's question is covered until the question is answered, or given up."""

import pytest
from streamlit.testing.v1 import AppTest
from test_app_answer import DIGIT, SOFTMAX, alone, latex_of, subject_of
from test_app_between import deep, layer, markdown_of, pills, place_of  # noqa: F401 - a fixture among them
from test_app_label import label_of
from test_app_pages import html_of, networks, well  # noqa: F401 - a fixture among them
from uncovering import uncovered

from app.opened import formula
from app.prose import say
from model.layers import BatchNormalization, Dropout, Flatten
from model.presets import PRESETS
from model.probes.descending import slope

TINY = PRESETS["tiny"]
QUICK = PRESETS["quick"]
FLATTEN = next(at for at, each in enumerate(QUICK.layers) if each == Flatten())
COVERED = {
    "flatten": (QUICK, FLATTEN, None),
    "gradient": (TINY, SOFTMAX, "gradient"),
    "step": (TINY, SOFTMAX, "step"),
}


def is_covered(app: AppTest) -> bool:
    return say("architecture", "veiled") in [each.value for each in app.markdown]


def drawn(app: AppTest) -> list[object]:
    """All charts and linked pictures, and all formulas."""
    return [*app.get("bidi_component"), *app.latex]


@pytest.mark.parametrize("part", COVERED)
def test_nothing_of_the_answer_stands_before_the_guess(part):
    recipe, place, facet = COVERED[part]
    app = alone(recipe, place, facet=facet)
    assert is_covered(app)
    assert not drawn(app)
    assert "lab-stepped" not in html_of(app)
    app = well(pills(app).set_value(0).run())
    assert not is_covered(app)
    assert drawn(app)


@pytest.mark.parametrize("part", COVERED)
def test_whoever_does_not_want_to_guess_presses_show_it_where_the_answer_stands(part):
    recipe, place, facet = COVERED[part]
    app = alone(recipe, place, facet=facet)
    _, there = (button for button in app.button if button.label == "Show it")
    app = well(there.click().run())
    assert not is_covered(app)
    assert drawn(app)
    assert "Show it" not in [button.label for button in app.button]


@pytest.mark.parametrize("facet", ["batch", "values"])
def test_where_a_channels_values_lie_is_told_after_the_guess(deep, facet):  # noqa: F811
    place = place_of(BatchNormalization)
    app = layer(place, facet, unit="4")
    charts = len(drawn(app))  # the network above, which shows maps alone
    assert is_covered(app)
    assert "after. Lines" not in markdown_of(app)
    assert not app.latex
    app = well(pills(app).set_value(1).run())
    assert not is_covered(app)
    assert len(drawn(app)) > charts
    # the two numbers can be moved, and learning be compared with reading, before
    assert not is_covered(layer(place, "scale"))
    assert not is_covered(layer(place, "learning"))


def test_many_verdicts_under_masks_wait_for_the_guess(deep):  # noqa: F811
    app = layer(place_of(Dropout), "verdicts")
    assert is_covered(app)
    assert not is_covered(uncovered(app))
    assert not is_covered(layer(place_of(Dropout), "mask"))


@pytest.mark.parametrize("facet", ["gradient", "step"])
def test_another_label_can_be_chosen_before_the_answer_and_asks_anew(facet):
    app = uncovered(alone(TINY, SOFTMAX, facet=facet))
    assert not is_covered(app)
    label = (subject_of(TINY).reading + 3) % 10
    app = well(label_of(app).set_value(label).run())
    assert is_covered(app)
    app = uncovered(app)
    found = slope(subject_of(TINY).network, DIGIT, label)
    told = "".join([*latex_of(app), *(each.value for each in app.markdown)])
    wanted = formula.number(found.by_logits[label]) if facet == "gradient" else formula.plain(found.loss)
    assert wanted in told
