"""The Training page as Streamlit runs it, without browser or workers: what it shows and what it asks for."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest
from synthetic_runs import grow, plateau_recipe
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import cost, owner, trial, workroom
from app.hand import State
from app.rate_sketch import sketch_html
from model.annealing import ANNEALERS, Annealer
from model.cost import measured_seconds, speed_key
from model.history import Epoch
from model.presets import PRESETS
from model.workers.calls import FINAL_SCORE

PLATEAU = PRESETS["plateau"]


@pytest.fixture(autouse=True)
def no_workers(networks, monkeypatch):  # noqa: F811
    """Work is asked for, and nobody does it: this collects what was asked."""
    asked = []

    class Nobody:
        problem, slots = "", 1

        def look(self, path, *arguments):
            from concurrent.futures import Future

            asked.append((path, arguments))
            return Future()

    monkeypatch.setattr(workroom, "start", lambda: Nobody())
    monkeypatch.setattr(owner, "is_at_this_machine", lambda: False)
    cost._asked.clear()
    cost._failed.clear()
    yield asked
    workroom.close()


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return well(app.run())


def choose(app, kind, label, value):
    next(each for each in getattr(app, kind) if each.label == label).set_value(value)
    return well(app.run())


def mine():
    return workroom.store().find(owner="a student")


def some_run(**changes):
    return grow(workroom.store(), plateau_recipe(epochs=4, dataset="mini"), owner="a student", **changes)


def test_the_first_visitor_sees_what_to_press_and_what_it_costs(no_workers):
    app = opened("Training")
    train = next(button for button in app.button if button.label == "Train")
    assert not train.disabled
    assert "5,390 parameters · 234,000 multiply-adds" in html_of(app)
    assert "timing an epoch" in html_of(app)
    assert any("Nothing is trained yet" in text.value for text in app.markdown)
    assert [path for path, _ in no_workers] == [cost.SECONDS_AN_EPOCH]


def test_a_measured_epoch_is_told_and_not_measured_again(no_workers):
    workroom.store().measure(speed_key(PLATEAU), 2.0)
    app = opened("Training")
    assert f"2.0 s an epoch here · {2 * PLATEAU.epochs} s" in html_of(app)
    app = choose(app, "number_input", "Epochs", 5)
    assert "2.0 s an epoch here · 10 s" in html_of(app)
    app = choose(app, "selectbox", "Runs", "3 seeds")
    assert "30 s for 3 runs" in html_of(app)
    assert no_workers == []


def test_train_queues_the_recipe_in_the_form_with_the_guess():
    app = opened("Training")
    app = choose(app, "number_input", "Epochs", 7)
    app = choose(app, "selectbox", "Annealer", "cosine")
    app = choose(app, "number_input", "Guess first, in %", 97.5)
    app = press(app, "Train")
    (run,) = mine()
    assert run.recipe == replace(PLATEAU, epochs=7, annealer=replace(PLATEAU.annealer, name="cosine"))
    assert run.notes["guess"] == {"accuracy": 0.975}
    assert run.status == "queued"
    assert links_of(app)[-1]["run"] == run.id
    assert {"Pause", "Stop"} <= {button.label for button in app.button}
    assert "Waiting for its turn" in html_of(app)


def test_what_nobody_has_timed_yet_is_estimated_for_the_limit_and_for_who_waits_behind(monkeypatch):
    app = press(opened("Training"), "Train")
    (first,) = mine()
    seconds = first.notes["expected_seconds"]
    assert seconds == pytest.approx(PLATEAU.epochs * cost.expected_seconds(PLATEAU)[0])
    press(app, "Train")
    assert workroom.place(mine()[0]).seconds == pytest.approx(seconds)
    monkeypatch.setattr(cost, "estimated_seconds", lambda *_: 3700.0 / PLATEAU.epochs)
    app = press(opened("Training"), "Train")
    assert "this one would take about 62 minutes" in app.warning[0].value
    assert len(mine()) == 2


def test_a_second_press_while_one_runs_is_refused_in_plain_words_after_three():
    app = opened("Training")
    for _ in range(4):
        app = press(app, "Train")
    assert len(mine()) == 3
    assert "waiting" in app.warning[0].value


def test_a_pair_differs_in_its_annealer_alone_and_seeds_in_their_seed():
    pair = trial.recipes(State(recipe=PLATEAU, trial="pair"))
    assert [recipe.annealer.name for recipe in pair] == ["plateau", "none"]
    assert replace(pair[1], annealer=pair[0].annealer) == pair[0] == PLATEAU
    without = replace(PLATEAU, annealer=Annealer("none"))
    assert [r.annealer.name for r in trial.recipes(State(recipe=without, trial="pair"))] == [
        "plateau",
        "none",
    ]
    seeds = trial.recipes(State(recipe=replace(PLATEAU, seed=2**32 - 1), trial="3 seeds"))
    assert [recipe.seed for recipe in seeds] == [2**32 - 1, 0, 1]
    assert len({replace(recipe, seed=0) for recipe in seeds}) == 1


def test_a_pair_is_one_experiment_and_is_compared_at_once():
    app = opened("Training", trial="pair")
    app = choose(app, "selectbox", "Guess: higher is", "with")
    press(app, "Train")
    without, with_one = mine()
    assert without.experiment == with_one.experiment == with_one.id
    assert (with_one.recipe.annealer.name, without.recipe.annealer.name) == ("plateau", "none")
    assert with_one.notes == without.notes
    assert with_one.notes["guess"] == {"winner": "with"}
    assert links_of(app)[-1]["view"] == "compare"
    assert app.multiselect[0].value == [with_one.id, without.id]


def test_coming_back_shows_the_newest_run_and_a_link_any_other():
    older, newer = some_run(), some_run()
    app = opened("Training")
    assert "Finished" in html_of(app)
    app.run()
    (state,) = [links_of(app)[-1]]
    assert "run" not in state
    app = opened("Training", run=older.id)
    assert links_of(app)[-1]["run"] == older.id
    assert newer.id != older.id


def test_pausing_and_going_on_wish_so_in_the_store():
    app = press(opened("Training"), "Train")
    (run,) = mine()
    app = press(app, "Pause")
    assert workroom.store().get(run.id).status == "paused"
    app = press(app, "One epoch")
    run = workroom.store().get(run.id)
    assert (run.status, run.until_epoch) == ("queued", 1)
    press(app, "Stop")
    assert workroom.store().get(run.id).status == "stopped"


def test_whoever_has_as_many_as_there_may_be_is_told_why_a_run_cannot_go_on():
    app = press(press(opened("Training"), "Train"), "Pause")
    (paused,) = mine()
    for _ in range(3):
        app = press(app, "Train")
    app = press(opened("Training", run=paused.id), "Go on")
    assert "wait until one is done, or stop one" in app.warning[0].value
    assert workroom.store().get(paused.id).status == "paused"


def test_another_students_run_can_be_forked_and_taken_in_hand_but_not_changed():
    run = grow(workroom.store(), plateau_recipe(epochs=4), owner="another", end="paused", stop_after=2)
    app = opened("Training", run=run.id)
    labels = {button.label for button in app.button}
    assert not labels & {"Go on", "One epoch", "Pause", "Stop"}
    assert {"Take in hand", "Start from epoch 2"} <= labels
    app = press(app, "Take in hand")
    assert links_of(app)[-1]["model"] == f"{run.id}:2"


def test_a_fork_starts_from_an_epoch_with_another_recipe():
    run = some_run()
    app = opened("Training", run=run.id)
    app = choose(app, "slider", "After epoch", 2)
    app = press(app, "Start from epoch 2")
    assert links_of(app)[-1]["start"] == f"{run.id}:2"
    assert next(box for box in app.selectbox if box.label == "Recipe").disabled
    app = choose(app, "selectbox", "Annealer", "none")
    press(app, "Train")
    forked = mine()[0]
    assert forked.parent == (run.id, 2)
    assert forked.recipe == replace(run.recipe, annealer=replace(run.recipe.annealer, name="none"))


def test_a_rewind_is_a_fork_of_the_first_weights():
    run = some_run()
    app = choose(opened("Training", run=run.id), "slider", "After epoch", 0)
    app = press(app, "Rewind: start from the first weights")
    assert links_of(app)[-1]["start"] == f"{run.id}:0"
    assert "start" not in links_of(press(app, "Start afresh instead"))[-1]


def test_the_epoch_scrubber_takes_any_epoch_in_hand_on_any_page():
    run = some_run()
    app = opened("Draw", model=f"{run.id}:1")
    scrubber = app.select_slider[0]
    assert scrubber.value == 1
    before = html_of(app)
    scrubber.set_value(3)
    well(app.run())
    assert links_of(app)[0]["model"] == f"{run.id}:3"
    assert html_of(app) != before


def test_runs_are_listed_compared_and_deleted():
    first, second = some_run(), some_run()
    app = opened("Training", view="runs", run=first.id, model=f"{first.id}:2")
    assert html_of(app).count('class="lab-run-row') == 2
    app.button(key=f"compare {second.id}").click()
    app = well(app.run())
    app.button(key=f"delete {first.id}").click()
    app = well(app.run())
    assert [run.id for run in mine()] == [second.id]
    assert {name: links_of(app)[-1].get(name) for name in ("run", "model", "compare")} == {
        "run": None, "model": None, "compare": second.id,
    }  # fmt: skip


def test_the_take_away_offers_every_file_and_the_test_is_done_once(no_workers, monkeypatch):
    from concurrent.futures import Future

    run = some_run()
    app = opened("Training", view="take away", run=run.id)
    offered = {button.label for button in app.get("download_button")}
    assert {"Keras script", "Recipe, JSON", "Epochs, CSV", "Network, .keras", "TensorBoard files"} <= offered
    assert "import keras" in app.code[0].value
    done = Future()
    done.set_result(
        {"accuracy": 0.9, "count": 1000, "learned": 0, "confidence_interval_95": [0.88, 0.92], "errors": 100}
    )
    monkeypatch.setattr(workroom, "look", lambda *_: done)
    app = press(app, "Test it, once")
    assert workroom.store().get(run.id).notes["test"]["epoch"] == 4
    assert any("90.0% of 1,000 test digits" in text.value for text in app.markdown)
    assert "Test it, once" not in {button.label for button in app.button}


def test_a_test_that_fails_says_why_and_can_be_done_again(no_workers, monkeypatch):
    from concurrent.futures import Future

    run, lost = some_run(), Future()
    lost.set_exception(RuntimeError("the workers were lost"))
    at_work = workroom.look
    monkeypatch.setattr(
        workroom, "look", lambda path, *given: lost if path == FINAL_SCORE else at_work(path, *given)
    )
    app = opened("Training", view="take away", run=run.id)
    next(button for button in app.button if button.label == "Test it, once").click()
    app = app.run()
    assert [error.value for error in app.error] == ["the workers were lost"]
    assert "test" not in workroom.store().get(run.id).notes
    assert "Test it, once" in {button.label for button in app.button}


def test_what_cannot_be_trained_here_says_why(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DIGIT_LAB_DATA", raising=False)
    app = opened("Training", recipe="plateau")
    app = choose(app, "selectbox", "Digits", "mnist")
    assert "isn't on this machine" in app.warning[0].value
    assert next(button for button in app.button if button.label == "Train").disabled
    app = choose(app, "selectbox", "Digits", "mnist-60000")
    assert "keeps no digits for validation" in app.warning[0].value


def test_the_drawer_shows_what_the_recipe_says_section_by_section(monkeypatch):
    from app import more_settings

    def page():
        from app import address, more_settings, state  # noqa: F401

        state.begin("Test")
        for show in more_settings.SECTIONS.values():
            show()

    app = AppTest.from_function(page, default_timeout=30)
    app.query_params["recipe"] = (
        '{"preset":"quick","augmentation":{"zoom":0.3},"early_stopping":{"patience":4}}'
    )
    app = well(app.run())
    shown = {
        each.label: each.value
        for kind in ("slider", "number_input", "selectbox", "toggle")
        for each in getattr(app, kind)
    }
    assert shown["Beta 1, memory of the direction"] == 0.7
    assert shown["Enlarged or shrunk by up to e to the power of"] == 0.3
    assert shown["Patience, epochs"] == 4
    assert shown["Digits in a batch"] == 256
    assert "8 filters 5×5" in html_of(app)
    assert more_settings.in_short(PRESETS["linear"].layers).endswith("softmax")


@pytest.mark.parametrize("name", ANNEALERS)
def test_the_sketch_of_every_annealer_starts_and_ends_within_its_box(name):
    sketch = sketch_html(replace(PLATEAU, annealer=Annealer(name)))
    assert 'aria-label="The planned learning rate: ' in sketch
    heights = [
        float(point.split()[1].rstrip("%"))
        for point in sketch.partition("polygon(")[2].partition(")")[0].split(",")
    ]
    assert min(heights) >= 3
    assert max(heights) <= 100


def test_what_changes_no_epochs_time_changes_no_key():
    same = replace(PLATEAU, epochs=3, seed=9, name="x", annealer=Annealer("none"))
    assert speed_key(same) == speed_key(PLATEAU)
    others = [
        replace(PLATEAU, **{field: value})
        for field, value in (("batch_size", 7), ("dataset", "mnist"), ("l2", 0.1))
    ]
    assert len({speed_key(recipe) for recipe in (PLATEAU, *others)}) == 4


def test_the_first_epoch_in_which_the_network_is_built_is_not_counted():
    def epoch(number, seconds):
        return Epoch(number, 1.0, 0.5, 1.0, 0.5, 0.1, seconds)

    assert measured_seconds([epoch(0, 0), epoch(1, 9.0)]) is None
    assert measured_seconds([epoch(0, 0), epoch(1, 9.0), epoch(2, 10.0), epoch(3, 12.0)]) == 1.5


def test_a_timing_that_fails_says_so_and_is_not_asked_for_ever(monkeypatch):
    from concurrent.futures import Future

    failed = Future()
    failed.set_exception(FloatingPointError("the loss became no number"))
    monkeypatch.setattr(workroom, "look", lambda *_: failed)
    app = opened("Training")
    well(app.run())
    assert "the loss became no number" in html_of(app)
