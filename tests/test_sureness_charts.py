"""Figures of how sure something is, and of mistakes over the epochs: what they hold is what was counted."""

import itertools
import json

import numpy as np
import pytest
from plotly import graph_objects
from test_app_charts import painted, unpacked

from app.charts import calibration, intervals
from app.charts import course as course_chart
from app.charts.intervals import Interval, Seeds
from model.evaluation.calibration import reliability
from model.evaluation.course import course
from model.intervals import wilson


def readings(count=600, seed=3):
    random = np.random.default_rng(seed)
    logits = random.normal(0, 2.5, (count, 10))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = np.where(random.random(count) < 0.7, probabilities.argmax(axis=1), random.integers(0, 10, count))
    return probabilities, labels


def a_course(seed=1, epochs=(1, 2, 3, 5, 8)):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, 80)
    read = [np.where(random.random(80) < 0.6, labels, random.integers(0, 10, 80)) for _ in epochs]
    return course(epochs, read, labels)


def drawn(found, until=None, chosen=2):
    until = len(found.epochs) if until is None else until
    rates = [0.1, 0.1, 0.03, 0.03, 0.009]
    return course_chart.course(found.epochs, found.steps, rates, [2], chosen, until, "a run")


def figures():
    bins = reliability(*readings())
    yield "no reliability yet", calibration.diagram([])
    yield "one reliability", calibration.diagram([("as it is", bins)])
    yield (
        "two",
        calibration.diagram([("as it is", bins), ("temperature 2.00", reliability(*readings(90, 4)))]),
    )
    rows = [Interval("100 digits", 0.9, 0.97, 0.99), Interval("10 digits", 0.7, 1.0, 1.0, is_own=True)]
    yield "intervals", intervals.to_scale(rows)
    yield "intervals and seeds", intervals.to_scale(rows, Seeds("3 seeds", (0.98, 0.97, 0.99)))
    yield "a course", drawn(a_course())
    yield "a course's beginning", drawn(a_course(), 1, None)


@pytest.mark.parametrize(("name", "chart"), [pytest.param(*each, id=each[0]) for each in figures()])
def test_plotly_takes_every_figure(name, chart):
    graph_objects.Figure(painted(chart))
    json.dumps(chart, allow_nan=False)


def test_each_point_is_a_bin_with_its_interval_and_its_count():
    probabilities, labels = readings()
    points, bars = calibration.diagram([("as it is", reliability(probabilities, labels))])["data"]
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    expected = []
    for low, high in itertools.pairwise(np.linspace(0, 1, 16)):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            expected.append(
                (confidence[inside].mean(), right[inside].mean(), right[inside].sum(), inside.sum())
            )
    assert len(expected) > 5
    np.testing.assert_allclose(points["x"], [row[0] for row in expected])
    np.testing.assert_allclose(points["y"], [row[1] for row in expected])
    for place, (_, share, hits, count) in enumerate(expected):
        low, high = wilson(int(hits), int(count))
        assert points["error_y"]["array"][place] == pytest.approx(max(0, high - share))
        assert points["error_y"]["arrayminus"][place] == pytest.approx(max(0, share - low))
        assert points["customdata"][place][0] == str(count)
    assert [count for count in bars["y"] if count] == [row[3] for row in expected]


def test_the_diagram_in_words_names_every_filled_bin():
    bins = reliability(*readings())
    said = calibration.diagram_alt([("as it is", bins)])
    assert said.count("are right") == np.count_nonzero(bins.counts)
    assert "nan" not in said


def test_intervals_reach_as_far_as_they_say_and_the_axis_holds_all():
    low, high = wilson(96, 100)
    rows = [Interval("100 digits", low, 0.96, high, is_own=True), Interval("1,000 digits", 0.95, 0.96, 0.97)]
    chart = intervals.to_scale(rows, Seeds("2 seeds", (0.88, 0.9)))
    own = chart["data"][0]
    assert own["x"][0] + own["error_x"]["array"][0] == pytest.approx(high)
    assert own["x"][0] - own["error_x"]["arrayminus"][0] == pytest.approx(low)
    assert own["text"] == [f"<b>{low:.2%} to {high:.2%}</b>"]
    left, right = chart["layout"]["xaxis"]["range"]
    assert left < 0.88
    assert right > high
    assert chart["layout"]["yaxis"]["categoryarray"][-1] == "100 digits"  # the first is at the top
    assert chart["data"][3]["x"] == [pytest.approx(0.89)]
    assert f"100 digits: {low:.2%} to {high:.2%}" in intervals.to_scale_alt(rows)


@pytest.mark.parametrize("seed", range(4))
def test_the_bars_of_an_epoch_are_its_mistakes_by_a_plain_loop(seed):
    found = a_course(seed)
    data = drawn(found)["data"]
    wrong = [[bool(value) for value in row] for row in found.wrong]
    for place in range(len(wrong)):
        kinds = [0, 0, 0, 0]
        for digit in range(len(wrong[place])):
            before = place > 0 and wrong[place - 1][digit]
            if wrong[place][digit]:
                if all(row[digit] for row in wrong[: place + 1]):
                    kinds[0] += 1
                elif before:
                    kinds[1] += 1
                else:
                    kinds[2] += 1
            elif before:
                kinds[3] += 1
        assert [abs(trace["y"][place]) for trace in data[:4]] == kinds
        assert sum(kinds[:3]) == found.errors[place]
        assert data[3]["y"][place] <= 0  # what healed goes down
    np.testing.assert_array_equal(unpacked(data[0]["x"]), found.epochs)


def test_the_rate_stands_below_on_the_same_axis_and_its_drops_go_through():
    chart = drawn(a_course())
    rate = chart["data"][-1]
    np.testing.assert_allclose(unpacked(rate["y"]), [0.1, 0.1, 0.03, 0.03, 0.009], rtol=1e-6)
    assert rate["yaxis"] == "y2"
    assert "xaxis" not in rate
    path, here = chart["layout"]["shapes"]
    assert path["path"] == "M2.5,0V1"
    assert (here["x0"], here["x1"]) == (1.5, 2.5)


def test_the_axis_of_counts_has_no_signs():
    axis = drawn(a_course())["layout"]["yaxis"]
    assert min(axis["tickvals"]) < 0
    assert not any("-" in text or "−" in text for text in axis["ticktext"])
    assert 4 <= len(axis["tickvals"]) <= 8


def test_a_course_in_words_tells_where_it_begins_and_ends():
    found = a_course()
    said = course_chart.course_alt(found.epochs, found.steps, [2])
    assert f"{found.errors[0]} after epoch 1, {found.errors[-1]} after epoch 8" in said
    assert said.endswith("The rate was dropped after epoch 2.")
    said = course_chart.course_alt(found.epochs[:1], found.steps, [2])
    assert said == f"Mistakes after each epoch: {found.errors[0]} after epoch 1."


def test_only_the_first_epochs_are_drawn_but_the_axes_have_room_for_all():
    found = a_course()
    some, whole = drawn(found, 2, None), drawn(found)
    assert [len(unpacked(trace["y"])) for trace in some["data"]] == [2] * 5
    for axis in ("xaxis", "yaxis", "yaxis2"):
        assert some["layout"][axis] == whole["layout"][axis]
    assert drawn(found, 1, None)["layout"]["shapes"] == []
