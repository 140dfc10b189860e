"""Pages ask for trainings: within the limits, for oneself, and the first page doesn't wait for any of it."""

import subprocess
import sys
from dataclasses import replace

import pytest
from synthetic_runs import grow, plateau_recipe

from app import owner, workroom
from model.cost import measured_seconds
from model.presets import PRESETS
from model.runs.records import Run, RunError
from model.workers import foreman as foremen

RECIPE = PRESETS["tiny"]


class StandIn:
    """A foreman that lets everything wait."""

    problem, slots, is_awake = "", 1, False

    def __init__(self, store):
        self.calls = []

    def wake(self):
        self.calls.append("wake")

    def look(self, path, *arguments):
        self.calls.append((path, arguments))
        return self.calls[-1]

    def open(self):
        self.is_awake = True

    def close(self):
        self.calls.append("close")


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    """A workroom in a home of its own, with a foreman who lets everything wait."""
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    monkeypatch.setattr(foremen, "Foreman", StandIn)
    yield
    workroom.close()


@pytest.fixture
def come(monkeypatch):
    """Lets a student come, from elsewhere or to this machine."""

    def come(student, here=False):
        monkeypatch.setattr(owner, "student", lambda: student)
        monkeypatch.setattr(owner, "is_at_this_machine", lambda: here)

    come("ada")
    return come


def submit(*names, **asked):
    recipes = [replace(RECIPE, name=name) for name in names or ("one",)]
    return workroom.submit(recipes, **asked)


def test_a_submitted_training_waits_as_its_owners(come):
    (run,) = submit(parent=("classic", 3), notes={"guess": 0.9}, until_epoch=2, expected_seconds=40.0)
    assert isinstance(run, Run)
    assert (run.owner, run.status, run.parent, run.until_epoch) == ("ada", "queued", ("classic", 3), 2)
    assert run.notes == {"guess": 0.9, "expected_seconds": 40.0}
    assert workroom.store().get(run.id) == run
    assert workroom.start().calls[0] == "wake"


def test_several_together_are_one_experiment_in_their_order(come):
    runs = submit("with", "without", "neither")
    assert [run.recipe.name for run in runs] == ["with", "without", "neither"]
    assert {run.experiment for run in runs} == {runs[0].id}


def test_beyond_the_limits_nothing_is_begun_and_it_is_said_why(come):
    for _ in range(3):
        assert isinstance(submit(), list)
    refused = submit()
    assert isinstance(refused, str)
    assert "wait" in refused
    come("bob")
    assert isinstance(submit(), list), "another student has turns of their own"
    too_long = submit(expected_seconds=1e6)
    assert isinstance(too_long, str)
    assert "minutes" in too_long
    assert len(workroom.store().find()) == 4


def test_who_pauses_and_asks_for_more_cannot_go_on_with_all_of_them(come):
    paused = [submit()[0] for _ in range(3)]
    for run in paused:
        assert workroom.ask(run.id, "pause").status == "paused"
    newer = [submit()[0] for _ in range(3)]
    for until_epoch in (None, 1):
        refused = workroom.ask(paused[0].id, "run", until_epoch)
        assert isinstance(refused, str)
        assert "wait until one is done, or stop one" in refused
    assert workroom.store().get(paused[0].id).status == "paused"
    come("ada", here=True)
    others = workroom.store().create(RECIPE)  # the command line's
    workroom.ask(others.id, "pause")
    assert workroom.ask(others.id, "run").status == "queued", "whose runs wait is another matter"
    workroom.ask(newer[0].id, "stop")
    assert workroom.ask(paused[0].id, "run").status == "queued"
    assert isinstance(workroom.ask(paused[1].id, "run"), str)


def test_a_run_of_an_experiment_that_goes_on_is_none_besides(come):
    seeds = submit("one", "two")
    submit()
    submit()
    workroom.ask(seeds[0].id, "pause")
    assert workroom.ask(seeds[0].id, "run").status == "queued"
    for run in seeds:
        workroom.ask(run.id, "pause")
    submit()
    assert isinstance(workroom.ask(seeds[0].id, "run"), str)


def test_one_impossible_recipe_of_several_begins_none(come):
    refused = workroom.submit([RECIPE, replace(RECIPE, epochs=500)])
    assert isinstance(refused, str)
    assert workroom.store().find() == []


def test_without_a_cookie_nobody_can_train(come):
    come(None)
    assert submit() == workroom.NO_COOKIE
    assert workroom.my_runs() == []


def test_a_run_is_its_owners_to_change(come):
    (run,) = submit()
    come("bob")
    assert workroom.ask(run.id, "stop") == workroom.NOT_YOURS
    assert workroom.note(run.id, guess=1) == workroom.NOT_YOURS
    assert workroom.delete(run.id) == workroom.NOT_YOURS
    assert workroom.my_runs() == []
    come("ada")
    assert workroom.ask(run.id, "stop").status == "stopped"
    assert workroom.note(run.id, guess=1).notes == {"guess": 1}
    assert workroom.ask(run.id, "run", until_epoch=1).until_epoch == 1
    assert workroom.delete(run.id).id == run.id
    assert workroom.my_runs() == []


def test_nobody_owns_the_command_lines_runs_but_the_person_at_this_machine(come):
    run = workroom.store().create(RECIPE)
    come(None)
    assert not workroom.is_mine(run)
    come("ada")
    assert workroom.ask(run.id, "stop") == workroom.NOT_YOURS
    come("ada", here=True)
    assert workroom.my_runs() == [run]
    assert workroom.ask(run.id, "stop").status == "stopped"


def test_what_makes_no_sense_is_said_in_plain_words(come):
    (run,) = submit()
    assert "there is no run" in workroom.ask("nothing", "stop")
    assert "until an epoch" in workroom.ask(run.id, "run", until_epoch=99)


def test_a_place_in_the_queue(come):
    (first,) = submit(expected_seconds=60.0)
    (second,) = submit()
    place = workroom.place(second)
    assert place.ahead == 1
    assert place.seconds == pytest.approx(60)
    assert workroom.place(first) == workroom.Place(0, 0.0)


def test_the_pause_of_the_run_before_counts_as_no_work(come, monkeypatch):
    run = grow(workroom.store(), plateau_recipe(epochs=10), owner="bob", end="paused", stop_after=4)
    an_epoch = measured_seconds(workroom.store().epochs(run.id))
    (second,) = submit()
    workroom.store().wish(run.id, "run")
    workroom.store().claim(run.id, "somebody")
    resumed = workroom.store().get(run.id)
    long_ago = replace(resumed, started=resumed.started - 3600)
    find = workroom.store().find
    monkeypatch.setattr(
        workroom.store(), "find", lambda **asked: [long_ago if e == resumed else e for e in find(**asked)]
    )
    assert workroom.place(second).seconds == pytest.approx(6 * an_epoch)


def test_each_home_has_a_store_of_its_own(come, tmp_path, monkeypatch):
    first = workroom.store()
    assert workroom.store() is first
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path / "other"))
    assert workroom.store().folder == tmp_path / "other" / "runs"


def test_only_unfinished_runs_open_the_workers():
    assert not workroom.has_runs()
    workroom.go_on()
    assert workroom._foremen == {}
    run = workroom.store().create(RECIPE)
    workroom.store().wish(run.id, "pause")
    workroom.go_on()
    assert workroom._foremen == {}
    workroom.store().wish(run.id, "run")
    workroom.go_on()
    assert len(workroom._foremen) == 1


def test_workers_can_be_woken_before_there_is_work():
    assert not workroom.is_awake()
    assert workroom._foremen == {}  # asking opens nothing
    workroom.wake()
    assert workroom.is_awake()


def test_workers_that_cannot_be_woken_are_told_of_when_there_is_work(monkeypatch):
    def broken():
        raise RunError("the store doesn't answer")

    monkeypatch.setattr(workroom, "store", broken)
    workroom.wake()
    assert not workroom.is_awake()
    with pytest.raises(RunError, match="doesn't answer"):
        workroom.look("module:function")


def test_looking_needs_neither_dask_nor_a_database():
    program = "import sys; from app import owner, workroom; workroom.go_on(); print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    heavy = {"distributed", "dask", "sqlalchemy", "model.runs.store", "tensorflow", "keras"}
    assert not heavy & set(answer.stdout.split())
