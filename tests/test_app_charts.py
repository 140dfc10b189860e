"""Figures of runs: what they hold is what the record says, as plotly.js will read it, and it is little."""

import base64
import dataclasses
import json
import math
import zlib

import numpy as np
import pytest
import synthetic_runs
from plotly import graph_objects

from app import seen
from app.charts import annealer, curves, figure, overlay, words
from app.live_chart import to_content
from app.seen import Means, Snapshot
from model.annealing import ANNEALERS, Annealer
from model.history import Batch
from model.presets import PRESETS
from model.recipe import Recipe
from model.runs.records import Run

STEPS = 20


def snapshot(
    recipe: Recipe, until: int | None = None, steps: int = STEPS, notes=None, status="done"
) -> Snapshot:
    """A run as it stands after some of its epochs, made without a store."""
    means, epochs = Means(), []
    for event in synthetic_runs.events(recipe, steps):
        if isinstance(event, Batch):
            if until is None or event.step < until * steps:
                means.add([event])
        elif until is None or event.epoch <= until:
            epochs.append(event)
    run = Run(
        id=f"run-{recipe.seed}-{recipe.annealer.name}", recipe=recipe, status=status, reason="",
        stage="training", owner="", experiment="", parent=None, wish="run", until_epoch=None, attempt=1,
        losses=0, created=0.0, started=0.0, ended=None, heartbeat=0.0, epoch=len(epochs) - 1,
        notes=notes or {},
    )  # fmt: skip
    return Snapshot(run.id, recipe, tuple(epochs), means.stretches(), run, steps)


def unpacked(values) -> np.ndarray:
    """Numbers as plotly.js would read them."""
    if not isinstance(values, dict):
        return np.array(values, float)
    array = np.frombuffer(base64.b64decode(values["bdata"]), f"<{values['dtype']}")
    return array.reshape([int(side) for side in values["shape"].split(",")]) if "shape" in values else array


def trace(chart, name: str, yaxis: str = "y"):
    found = [each for each in chart["data"] if each["name"] == name and each.get("yaxis", "y") == yaxis]
    assert len(found) == 1, [(each["name"], each.get("yaxis")) for each in chart["data"]]
    return found[0]


def painted(value):
    """A figure with a real colour for each meaning, as the browser has it before plotly.js."""
    if isinstance(value, str) and value.startswith("--lab-"):
        return "#123456"
    if isinstance(value, list):
        return [painted(each) for each in value]
    if isinstance(value, dict) and "bdata" not in value:
        return {name: painted(each) for name, each in value.items()}
    return value


@pytest.fixture(scope="module")
def dropped() -> Snapshot:
    return snapshot(synthetic_runs.plateau_recipe(20))


def figures():
    for name in ANNEALERS:
        recipe = synthetic_runs.plateau_recipe(6, annealer=Annealer(name))
        yield f"preview of {name}", annealer.preview(recipe)
        yield f"curves of {name}", curves.curves(snapshot(recipe))
        yield (
            f"curves of {name} without batches",
            curves.curves(dataclasses.replace(snapshot(recipe), batches=Means().stretches(), run=None)),
        )
    for until in (0, 1, 3):
        short = snapshot(synthetic_runs.plateau_recipe(6), until)
        yield f"curves after {until}", curves.curves(short)
        yield f"X-ray after {until}", annealer.xray(short)
    nothing = dataclasses.replace(short, epochs=(), batches=Means().stretches(), steps_per_epoch=None)
    yield "curves of nothing yet", curves.curves(nothing)
    yield "X-ray of nothing yet", annealer.xray(nothing)
    runs = [snapshot(synthetic_runs.plateau_recipe(6, seed=seed)) for seed in (1, 2)] + [nothing]
    groups = overlay.grouped(runs)
    yield "overlay", overlay.overlay(groups, [group.letter for group in groups])


@pytest.mark.parametrize(("name", "chart"), [pytest.param(*each, id=each[0]) for each in figures()])
def test_plotly_takes_every_figure(name, chart):
    graph_objects.Figure(painted(chart))  # raises for what Plotly doesn't know
    json.dumps(chart, allow_nan=False)


def test_the_curves_are_the_record(dropped):
    chart = curves.curves(dropped)
    for name, yaxis, field in (
        ("training", "y", "loss"),
        ("validation", "y", "validation_loss"),
        ("training", "y2", "accuracy"),
        ("validation", "y2", "validation_accuracy"),
        ("rate", "y3", "learning_rate"),
    ):
        drawn = trace(chart, name, yaxis)
        expected = [getattr(epoch, field) for epoch in dropped.epochs]
        np.testing.assert_array_equal(unpacked(drawn["x"]), range(21))
        np.testing.assert_allclose(unpacked(drawn["y"]), np.array(expected, float), rtol=1e-6)


def test_a_batch_stands_at_its_place_within_the_epoch(dropped):
    drawn = trace(curves.curves(snapshot(dropped.recipe, 3)), "each batch")
    loss = unpacked(drawn["y"])
    batches = [event for event in synthetic_runs.events(dropped.recipe) if isinstance(event, Batch)][
        : 3 * STEPS
    ]
    np.testing.assert_allclose(loss, [batch.loss for batch in batches], rtol=1e-6)
    places = drawn["x0"] + drawn["dx"] * np.arange(len(loss))
    np.testing.assert_allclose(places, [(batch.step + 1) / STEPS for batch in batches], rtol=1e-6)


def test_each_drop_is_marked_with_its_reason(dropped):
    assert len(dropped.drops) >= 2
    marks = trace(curves.curves(dropped), "rate dropped", "y3")
    numbers = unpacked(marks["customdata"])
    for place, epoch in enumerate(dropped.drops):
        watch = epoch.watch
        assert marks["x"][place] == epoch.epoch
        expected = (watch.rate_before, watch.rate_after, watch.value, watch.best)
        np.testing.assert_allclose(numbers[place], expected, rtol=1e-6)
        assert marks["y"][place] == watch.rate_after
        assert f"M{epoch.epoch},0V1" in curves.curves(dropped)["layout"]["shapes"][0]["path"]


def test_the_axis_is_as_long_at_the_beginning_as_at_the_end(dropped):
    begun = curves.curves(snapshot(dropped.recipe, 1))["layout"]
    ended = curves.curves(dropped)["layout"]
    assert begun["xaxis"] == ended["xaxis"]
    assert begun["height"] == ended["height"]
    assert begun["uirevision"] == ended["uirevision"]


def test_a_loss_that_ran_away_leaves_the_rest_to_be_seen(dropped):
    wild = dataclasses.replace(dropped.epochs[-1], loss=math.inf, validation_loss=math.nan)
    layout = curves.curves(dataclasses.replace(dropped, epochs=(*dropped.epochs[:-1], wild)))["layout"]
    assert np.isfinite(layout["yaxis"]["range"]).all()


def test_a_guess_comes_onto_the_curve_at_the_end():
    recipe = synthetic_runs.plateau_recipe(4)
    ended = snapshot(recipe, notes={"guess": {"accuracy": 0.9}})
    star = trace(curves.curves(ended), "your guess", "y2")
    assert (star["x"], star["y"]) == ([4], [0.9])
    going_on = snapshot(recipe, 2, notes={"guess": {"accuracy": 0.9}}, status="running")
    names = [each["name"] for each in curves.curves(going_on)["data"]]
    assert "your guess" not in names


def test_the_x_ray_shows_what_had_to_be_beaten(dropped):
    chart = annealer.xray(dropped)
    watched = [epoch.watch for epoch in dropped.epochs[1:]]
    best, beat = (
        unpacked(trace(chart, "best so far")["y"]),
        unpacked(trace(chart, "to beat")["y"]),
    )
    np.testing.assert_allclose(best[1:], np.maximum.accumulate(best[1:]))
    np.testing.assert_allclose(beat[1:] - best[1:], dropped.recipe.annealer.min_delta, rtol=1e-3)
    better = unpacked(trace(chart, "better")["x"]).tolist()
    assert better == [place for place, watch in enumerate(watched, 1) if watch.reason == "better"]
    assert all(watched[place - 1].value > beat[place - 1] for place in better[1:])
    patience = unpacked(trace(chart, "patience left", "y2")["y"])
    assert patience.tolist() == [watch.patience_left for watch in watched]


def test_a_watched_loss_has_its_band_below():
    setting = Annealer("plateau", monitor="loss", min_delta=0.01, patience=1)
    chart = annealer.xray(snapshot(synthetic_runs.plateau_recipe(6, annealer=setting)))
    best, beat = (
        unpacked(trace(chart, "best so far")["y"]),
        unpacked(trace(chart, "to beat")["y"]),
    )
    assert (beat[1:] < best[1:]).all()


def test_every_drop_gets_a_sentence_about_validation_loss(dropped):
    said = words.drop_sentences(dropped)
    assert len(said) == len(dropped.drops)
    losses = [f"{epoch.validation_loss:.4f}" for epoch in dropped.epochs]
    for sentence, drop in zip(said[::-1], dropped.drops, strict=True):
        assert sentence.startswith(
            f"After epoch {drop.epoch} the rate went from {drop.watch.rate_before:.3g}"
        )
        assert f"{drop.watch.best:.2%}" in sentence
        assert losses[drop.epoch] in sentence or "stayed at" in sentence
    ends = [drop.epoch for drop in dropped.drops[1:]] + [20]
    assert losses[ends[-1]] in said[0]


def test_right_after_a_drop_the_sentence_waits_for_the_next_epoch(dropped):
    first = dropped.drops[0].epoch
    said = words.drop_sentences(snapshot(dropped.recipe, first))
    assert said[0].endswith("The next epoch will show what that does to validation loss.")


def test_the_preview_is_the_schedule():
    recipe = synthetic_runs.plateau_recipe(8, annealer=Annealer("step", factor=0.1, every=3))
    drawn = trace(annealer.preview(recipe), "learning rate")
    x, y = unpacked(drawn["x"]), unpacked(drawn["y"])
    highest = recipe.optimizer.learning_rate
    np.testing.assert_allclose(y, highest * 0.1 ** np.floor(x / 3), rtol=1e-6)


def test_the_preview_of_plateau_shows_the_rungs_below():
    recipe = synthetic_runs.plateau_recipe(8, annealer=Annealer("plateau", factor=0.5, min_lr=0.002))
    rungs = [
        each["y"][0] for each in annealer.preview(recipe)["data"] if each["name"] == "after one more drop"
    ]
    assert rungs == pytest.approx([0.005, 0.0025, 0.002])


def test_seeds_become_a_mean_in_a_band():
    runs = [snapshot(synthetic_runs.plateau_recipe(5, seed=seed)) for seed in (1, 2, 3)]
    other = snapshot(synthetic_runs.plateau_recipe(5, seed=1, annealer=Annealer("none")))
    groups = overlay.grouped([runs[0], other, *runs[1:]])
    assert [(group.letter, len(group.runs)) for group in groups] == [("A", 3), ("B", 1)]
    chart = overlay.overlay(groups, ["three", "one"])
    drawn = [each for each in chart["data"] if each["name"] == "three" and each["yaxis"] == "y2"]
    high, low, mean = (unpacked(each["y"]) for each in drawn)
    table = np.array([[epoch.validation_accuracy for epoch in run.epochs] for run in runs])
    np.testing.assert_allclose([high, low, mean], [table.max(0), table.min(0), table.mean(0)], rtol=1e-6)


def test_a_recipe_keeps_its_colour_whatever_else_is_shown():
    recipes = [synthetic_runs.plateau_recipe(3, batch_size=16 * size) for size in range(1, 11)]
    runs = [snapshot(recipe) for recipe in recipes]

    def colours(shown, places):
        groups = overlay.grouped([runs[number] for number in shown], places)
        chart = overlay.overlay(groups, [str(number) for number in shown])
        drawn = {each["name"]: each["line"]["color"] for each in chart["data"]}
        assert [figure.RUNS.index(drawn[str(n)]) for n in shown] == [group.place for group in groups]
        return [(group.letter, group.place) for group in groups]

    first = overlay.placed(recipes[:3], {})
    assert colours([0, 1, 2], first) == [("A", 0), ("B", 1), ("C", 2)]
    second = overlay.placed([dataclasses.replace(recipes[2], seed=9), recipes[3]], first)
    assert colours([2, 3], second) == [("C", 2), ("D", 3)]
    assert colours([0, 3], overlay.placed([recipes[0], recipes[3]], second)) == [("A", 0), ("D", 3)]
    many = overlay.placed([recipes[3], *recipes[5:]], second)  # more than are free: the first shown give way
    assert many[next(reversed(many))] in range(8)
    assert len(set(many.values())) == len(many) == 8
    assert colours([3], many) == [("D", 3)]
    assert len(overlay.placed(recipes, many)) == 8


def test_no_two_runs_look_alike():
    assert len(set(zip(figure.RUNS, figure.DASHES, strict=True))) == 8
    assert len(set(figure.RUNS)) == 8


def test_thinning_keeps_the_ends_and_what_matters():
    places = figure.thinned(1000, 50, keep=[333])
    assert places[0] == 0
    assert places[-1] == 999
    assert 333 in places
    assert len(places) <= 51
    assert places == sorted(set(places))
    assert figure.thinned(7, 50) == list(range(7))


def test_stretches_are_means_however_many_batches():
    random = np.random.default_rng(3)
    losses = random.uniform(0, 2, 3001)
    means = Means()
    means.add([Batch(step, loss, 0.5, 0.1, float(step)) for step, loss in enumerate(losses)])
    got = means.stretches()
    assert len(got.loss) <= seen.MOST_STRETCHES
    expected = [losses[start : start + got.length].mean() for start in range(0, len(losses), got.length)]
    np.testing.assert_allclose(got.loss, expected, rtol=1e-5)
    assert got.last.step == 3000


def test_the_longest_run_stays_small():
    recipe = synthetic_runs.plateau_recipe(500, annealer=Annealer("plateau", factor=0.9, patience=3))
    long = snapshot(recipe, steps=STEPS)
    chart = to_content(curves.curves(long), words.curves_alt(long))
    xray = to_content(annealer.xray(long), words.xray_alt(long))
    assert len(chart) + len(xray) < 16_000
    assert json.loads(zlib.decompress(chart))["layout"]["height"] == curves.HEIGHT


def test_the_words_name_the_numbers(dropped):
    said = words.curves_alt(dropped)
    assert f"{dropped.epochs[-1].validation_accuracy:.2%}" in said
    assert f"after epochs {dropped.drops[0].epoch}" in said
    assert "No epoch is finished yet" in words.curves_alt(snapshot(dropped.recipe, 0))
    assert "validation accuracy" in words.preview_alt(PRESETS["plateau"])
    groups = overlay.grouped([dropped])
    assert "A stands at" in words.overlay_alt(groups)
