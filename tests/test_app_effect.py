"""The measured effect as Streamlit runs it, without browser or workers."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest
from synthetic_runs import grow
from test_app_pages import html_of, networks, opened, well  # noqa: F401 - a fixture among them
from test_app_sweep import RECIPE, choose, figures, no_workers, press, text_of  # noqa: F401 - as well

from app import cost, effect, workroom
from app.recipe_link import encode_recipe
from model.annealing import Annealer
from model.augmentation import Augmentation, Probabilities
from model.cost import speed_key
from model.presets import PRESETS


def test_without_augmentation_there_is_nothing_to_measure():
    app = opened("Augmentation", show="effect")
    button = next(button for button in app.button if button.label == "Train 9 runs")
    assert button.disabled
    assert not effect.can_be_measured(replace(RECIPE, augmentation=Augmentation(flip=True)))
    with pytest.raises(ValueError, match="nothing to compare"):
        effect.recipes(replace(RECIPE, augmentation=None))


@pytest.mark.parametrize(
    ("dataset", "words"),
    [("mnist", "isn't on this machine"), ("mnist-60000", "keeps no digits for validation")],
)
def test_what_could_not_be_told_apart_is_not_trained(monkeypatch, tmp_path, dataset, words):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DIGIT_LAB_DATA", raising=False)
    recipe = replace(RECIPE, dataset=dataset, annealer=Annealer("cosine"))
    app = opened("Augmentation", show="effect", recipe=encode_recipe(recipe))
    assert words in " ".join(each.value for each in app.warning)
    assert next(button for button in app.button if button.label == "Train 9 runs").disabled


def test_the_three_recipes_differ_in_their_augmentation_alone():
    flipped = replace(
        RECIPE,
        seed=2**32 - 1,
        augmentation=Augmentation(zoom=0.1, flip=True, probabilities=Probabilities(flip=0, zoom=0.5)),
    )
    made = effect.recipes(flipped)
    assert [recipe.seed for recipe in made] == [2**32 - 1] * 3 + [0] * 3 + [1] * 3
    assert len({replace(recipe, seed=0, augmentation=None) for recipe in made}) == 1
    without, with_it, with_flip = (recipe.augmentation for recipe in made[:3])
    assert without is None
    assert with_it == Augmentation(zoom=0.1, probabilities=Probabilities(flip=0, zoom=0.5))
    assert with_flip == Augmentation(zoom=0.1, flip=True, probabilities=Probabilities(zoom=0.5))


def pressed():
    app = opened("Augmentation", show="effect", recipe=encode_recipe(RECIPE))
    app = choose(app, "selectbox", "Guess: which ends highest?", "with")
    return press(app, "Train 9 runs")


def mine():
    return workroom.store().find(owner="a student")


def test_the_cost_is_told_before_the_press_and_said_to_be_an_estimate_until_it_was_measured():
    def said():
        app = opened("Augmentation", show="effect", recipe=encode_recipe(RECIPE))
        return " ".join(each.value for each in app.caption)

    assert "an estimate until" in said()
    for recipe in effect.recipes(RECIPE):
        workroom.store().measure(speed_key(recipe), 3.0)
    assert "About 54 s on this machine." in said()  # nine runs of two epochs


def test_one_press_begins_one_experiment_of_nine_runs():
    app = pressed()
    runs = mine()[::-1]
    assert [run.recipe for run in runs] == effect.recipes(RECIPE)
    assert {run.experiment for run in runs} == {runs[0].id}
    assert all(run.notes["effect"] == {"guess": "with"} for run in runs)
    longest = max(cost.expected_seconds(recipe)[0] * recipe.epochs for recipe in effect.recipes(RECIPE))
    assert runs[0].notes["expected_seconds"] == pytest.approx(longest)
    assert "Two seeds of each must be done" in html_of(app)
    assert "Test them, once" not in {button.label for button in app.button}


def grown(ends):
    """Nine finished runs of one experiment, whose last validation accuracies are given by arm."""
    app = pressed()
    runs = mine()[::-1]
    for run in runs:
        grow(workroom.store(), run.recipe, steps=2, created=run)
    ends = {run.id: ends[effect._arm(run.recipe)][run.recipe.seed % 3] for run in runs}
    return app, runs, ends


def test_a_difference_comes_with_its_interval_and_the_guess(monkeypatch):
    told = {
        "without": (0.90, 0.91, 0.92),
        "with": (0.950, 0.955, 0.960),
        "with the flip": (0.949, 0.953, 0.962),
    }
    _, runs, ends = grown(told)
    monkeypatch.setattr(effect, "_end", lambda run: ends[run.id])
    app: AppTest = opened("Augmentation", show="effect", compare=".".join(run.id for run in runs))
    shown = html_of(app)
    assert "<b>with</b> is ahead of <b>without</b> by 4.50 points" in shown
    assert "<b>with the flip</b> against <b>with</b>: −0.03 points" in shown
    assert "You guessed that <b>with</b> would end highest, and so it did." in shown
    assert "91.00% ± 1.00" in shown
    (figure,) = figures(app)
    assert [len(trace["x"]) for trace in figure["data"]] == [3, 1] * 3


def test_the_test_waits_for_paused_runs_and_failed_ones_are_named(monkeypatch):
    _, runs, ends = grown(dict.fromkeys(effect.ARMS, (0.9, 0.91, 0.92)))
    monkeypatch.setattr(effect, "_end", lambda run: ends[run.id])
    changed = [
        replace(runs[0], status="paused"),
        replace(runs[1], status="failed", reason="no room"),
        *runs[2:],
    ]
    found = {run.id: run for run in changed}
    monkeypatch.setattr(effect, "_find", found.get)
    app = opened("Augmentation", show="effect", compare=".".join(found))
    assert "Paused: 1." in text_of(app)
    assert any("no room" in warning.value for warning in app.warning)
    assert "Test them, once" not in {button.label for button in app.button}


def test_the_test_digits_are_read_once_by_all(monkeypatch):
    _, runs, ends = grown(dict.fromkeys(effect.ARMS, (0.9, 0.91, 0.92)))
    monkeypatch.setattr(effect, "_end", lambda run: ends[run.id])
    app = opened("Augmentation", show="effect", compare=".".join(run.id for run in runs))
    app = press(app, "Test them, once")
    assert all(run.notes["test"]["accuracy"] == 0.9 for run in mine())
    assert "Test them, once" not in {button.label for button in app.button}
    assert "test accuracy" in html_of(app)
    assert "1,000 by each network" in text_of(app)


def test_another_preset_can_be_measured_too():
    assert effect.can_be_measured(replace(PRESETS["quick"], augmentation=Augmentation(noise=0.1)))
