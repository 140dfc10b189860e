"""Figures of robustness: the curves hold what was found, and thresholds stand where they belong."""

import json
import re

import numpy as np
import pytest
from plotly import graph_objects
from test_app_charts import unpacked

from app.charts import robustness
from app.charts.robustness import Line, answered, answered_alt, nines
from model.robustness.trials import TRIALS

FOG = TRIALS["fog"]
STRENGTHS = (0.0, *FOG.strengths)
SHARES = np.linspace(0.99, 0.2, 6)
LINES = [
    Line("mine", SHARES, SHARES - 0.05, SHARES + 0.01),
    Line("another's", SHARES / 2, SHARES / 4, SHARES),
]


def check(figure):
    """Lets Plotly itself look at a figure, whose colours are names that only the style sheet knows."""
    text = json.dumps(figure, allow_nan=False)
    graph_objects.Figure(json.loads(re.sub(r'"--lab-[a-z0-9-]+(/[0-9.]+)?"', '"red"', text)))


def test_each_line_has_its_band():
    figure = robustness.accuracies(LINES, FOG, STRENGTHS)
    check(figure)
    assert len(figure["data"]) == 6
    for line, (high, low, middle) in zip(LINES, (figure["data"][:3], figure["data"][3:]), strict=True):
        np.testing.assert_allclose(unpacked(middle["y"]), line.shares, rtol=1e-6)
        np.testing.assert_allclose(unpacked(high["y"]), line.high, rtol=1e-6)
        np.testing.assert_allclose(unpacked(low["y"]), line.low, rtol=1e-6)
        assert low["fill"] == "tonexty"
        assert middle["name"] == line.name
    colours = [figure["data"][place]["line"]["color"] for place in (2, 5)]
    dashes = [figure["data"][place]["line"]["dash"] for place in (2, 5)]
    assert len(set(colours)) == len(set(dashes)) == 2
    assert figure["layout"]["showlegend"]
    assert not robustness.accuracies(LINES[:1], FOG, STRENGTHS)["layout"]["showlegend"]


def test_pictures_fit_over_the_places_on_the_axis():
    for name in ("fog", "rotation"):
        trial = TRIALS[name]
        strengths = trial.strengths
        lines = [Line("mine", *np.zeros((3, len(strengths))))]
        axis = robustness.accuracies(lines, trial, strengths)["layout"]["xaxis"]
        low, high = axis["range"]
        slots = low + (np.arange(len(strengths)) + 0.5) * (high - low) / len(strengths)
        np.testing.assert_allclose(slots, strengths, atol=1e-9)
        assert set(axis["tickvals"]) <= set(strengths)
        assert len(axis["tickvals"]) == len(axis["ticktext"]) <= 7


def test_the_curves_are_told_in_words():
    said = robustness.accuracies_alt(LINES, FOG, STRENGTHS)
    assert "mine: as it is: 99%, strength 1: 83%" in said
    assert "strength 5: 10%" in said


def test_nines():
    assert nines(0.0) == 0
    assert nines(np.array([0.9, 0.99])) == pytest.approx([1, 2])
    assert nines(1.0) == nines(1 - 1e-9) == robustness.MOST_NINES
    assert nines(np.float32(0.999)) == pytest.approx(3, abs=1e-4)


def test_what_is_answered_falls_as_the_threshold_rises():
    random = np.random.default_rng(0)
    of = {"digits": 1 - 10 ** -random.uniform(0, 6, 500), "no digits": random.uniform(0.1, 1, 300)}
    figure = answered(of, 0.99)
    check(figure)
    for trace, sure in zip(figure["data"], of.values(), strict=True):
        x, y = unpacked(trace["x"]), unpacked(trace["y"])
        assert y[0] == 1
        assert (np.diff(y) <= 0).all()
        for place in (10, 40, 77):
            assert y[place] == pytest.approx((sure >= 1 - 10.0 ** -float(x[place])).mean(), abs=1 / 290)
    (upright,) = figure["layout"]["shapes"]
    assert upright["x0"] == upright["x1"] == pytest.approx(2)
    assert figure["layout"]["xaxis"]["ticktext"] == ["0%", "90%", "99%", "99.9%", "99.99%"]
    told = answered_alt(of, 0.99)
    assert f"From 0.99 on: digits: {(of['digits'] >= 0.99).mean():.1%}; no digits: " in told
