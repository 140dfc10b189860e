"""The right digit, temperature and step on the Architecture page: one label for all of it, and the link."""

from streamlit.testing.v1 import AppTest
from test_app_answer import DIGIT, SOFTMAX, alone, latex_of, looking, subject_of
from test_app_pages import html_of, links_of, networks, well  # noqa: F401 - a fixture among them
from uncovering import uncovered

from app.opened import formula
from model.datasets import load_digits
from model.presets import PRESETS
from model.probes.descending import slope


def label_of(app):
    return next(each for each in app.get("button_group") if each.label == "The right digit")


def test_question_formula_and_step_are_about_the_same_label():
    label = (subject_of(PRESETS["tiny"]).reading + 3) % 10
    found = slope(subject_of(PRESETS["tiny"]).network, DIGIT, label)
    app = label_of(alone(PRESETS["tiny"], SOFTMAX, facet="loss")).set_value(label).run()
    assert links_of(app) == []  # no fragment of its own: all of the page follows
    assert rf"\ln {formula.number(found.probabilities[label])}" in latex_of(app)[0]
    guess = next(each for each in app.get("button_group") if each.label.startswith("**Guess first"))
    app = well(guess.set_value(1).run())
    assert f"from {formula.plain(found.loss)} to" in "".join(each.value for each in app.markdown)
    for facet in ("gradient", "step"):
        app = alone(PRESETS["tiny"], SOFTMAX, facet=facet, label=label)
        assert label_of(app).value == label
        guess = next(each for each in app.get("button_group") if each.label.startswith("**Guess first"))
        app = well(guess.set_value(0).run())
        told = "".join(each.value for each in app.markdown)
        steepest = formula.plain(found.by_logits[label])
        assert (f"Logit {label} has {steepest}" if facet == "gradient" else formula.plain(found.loss)) in told


def test_another_digit_in_hand_has_another_label():
    app = looking(SOFTMAX, facet="loss", label="1")
    assert label_of(app).value == 1
    own = int(load_digits("mnist", "validation").labels[7])
    label_of(app).set_value(own)
    app = well(app.run())
    assert "label" not in links_of(app)[-1]  # its own needs none

    def script():
        import streamlit as st

        from app import state
        from app.hand import DataDigit

        state.begin("Architecture")
        state.change(label=4)
        state.change(data_digit=DataDigit(index=3))
        st.text(str(state.now().label))

    assert AppTest.from_function(script, default_timeout=30).run().text[0].value == "None"


def test_temperature_rate_and_layers_of_the_step_stand_in_the_link():
    app = looking(SOFTMAX, temperature="5")
    assert next(each for each in app.select_slider if each.label == "Temperature").value == 5
    assert "/ 5" in html_of(app)
    app = uncovered(looking(SOFTMAX, facet="step", rate="3", steps="all", others="1"))
    assert next(each for each in app.select_slider if each.label == "Rate").value == 3
    assert any("other validation digits" in each.value for each in app.markdown)
    next(each for each in app.select_slider if each.label == "Rate").set_value(0.3)
    app = well(app.run())
    link = links_of(app)[-1]
    assert (link["rate"], link["steps"], link["others"]) == ("0.3", "all", "1")
