"""The queue is fair: turn by turn between students, within their limits, and it says when and why not."""

import dataclasses
import random
from collections import Counter

import pytest
from test_runs_life import RUN

from model.history import Epoch
from model.presets import PRESETS
from model.runs.queue import Limits, expected_start, order, place, refusal, seconds_left

FREE = Limits(running=10**6)


def run(name, status="queued", experiment=None, created=None, **fields):
    """A run named by its owner's letter and a number, which tells its age: "a2"."""
    return dataclasses.replace(
        RUN,
        id=name,
        owner=name[0],
        experiment=experiment or name,
        created=float(name[1:]) if created is None else created,
        status=status,
        **fields,
    )


def named(*names, **fields):
    return [run(name, **fields) for name in names]


def record(epoch, seconds):
    return Epoch(epoch, 0.5, 0.8, 0.5, 0.8, 0.1, seconds)


def ids(runs):
    return [each.id for each in runs]


def test_the_oldest_of_whoever_has_least_comes_first():
    queued = named("a1", "a2", "a3", "b4", "c5")
    assert ids(order(queued, [], FREE)) == ["a1", "b4", "c5", "a2", "a3"]
    assert ids(order(queued, named("a0", status="running"), FREE)) == ["b4", "c5", "a1", "a2", "a3"]
    assert ids(order(list(reversed(queued)), [], FREE)) == ["a1", "b4", "c5", "a2", "a3"]


def test_one_trains_at_a_time_for_each_student():
    queued = named("a1", "a2", "b3")
    assert ids(order(queued, [])) == ["a1", "b3"]
    assert ids(order(queued, named("a0", status="running"))) == ["b3"]
    assert ids(order(queued, named("a0", status="running"), Limits(running=2))) == ["b3", "a1"]


def test_the_runs_of_one_experiment_count_as_one():
    seeds = named("a1", "a2", "a3", experiment="seeds")
    assert ids(order([*seeds, *named("a4", "b5")], [])) == ["a1", "b5", "a2", "a3"]
    going_on = [dataclasses.replace(seeds[0], status="running")]
    assert ids(order([*seeds[1:], *named("a4", "b5")], going_on)) == ["b5", "a2", "a3"]


def test_an_experiment_does_not_keep_the_others_waiting():
    seeds = named("a1", "a2", "a3", "a4", experiment="seeds")
    turns = ids(order([*seeds, *named("b5", "c6")], []))
    assert turns == ["a1", "b5", "c6", "a2", "a3", "a4"]


def test_the_command_lines_runs_are_not_one_students():
    queued = [dataclasses.replace(each, owner="") for each in named("x1", "x2", "x3")]
    assert ids(order([*queued, *named("a4")], [])) == ["x1", "x2", "x3", "a4"]


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_asked_for_the_order_is_fair(seed):
    draw = random.Random(seed)
    names = [f"{draw.choice('abc')}{number}" for number in range(draw.randrange(1, 12))]
    runs = [run(name, experiment=f"{name[0]}{draw.randrange(4)}") for name in names]
    cut = draw.randrange(4)
    running, queued = [dataclasses.replace(each, status="running") for each in runs[:cut]], runs[cut:]
    limits = Limits(running=draw.randrange(1, 4))
    turns = order(queued, running, limits)
    assert len(set(ids(turns))) == len(turns)
    assert set(ids(turns)) <= set(ids(queued))
    # nobody gets more than the limit, unless it was running before; nobody who could begin is left out
    begun = [*running, *turns]
    for owner in "abc":
        before = {each.experiment for each in running if each.owner == owner}
        mine = {each.experiment for each in begun if each.owner == owner}
        assert len(mine) <= max(limits.running, len(before))
        left = [each for each in queued if each.owner == owner and each not in turns]
        assert not any(each.experiment in mine for each in left)
        assert not left or len(mine) >= limits.running
    # a student's second turn never comes before another's first
    had = Counter(each.owner for each in running)
    for at, each in enumerate(turns):
        later = {other.owner for other in turns[at + 1 :]}
        assert not any(had[other] == 0 < had[each.owner] for other in later)
        had[each.owner] += 1
    everybody = [place(each, queued, running) for each in queued]
    assert sorted(everybody) == list(range(len(queued)))


def test_a_place_counts_whoever_comes_before():
    queued = named("a1", "a2", "b3")
    assert [place(each, queued, []) for each in queued] == [0, 2, 1]
    assert place(run("a9", "running"), queued, []) == 0


def test_a_start_is_expected_after_those_before_it():
    notes = {"expected_seconds": 60}
    going_on = [run("a0", "running", epoch=2, notes={"expected_seconds": 100})]  # ten an epoch, 8 to go
    queued = [run(name, epoch=-1, notes=notes) for name in ("b1", "c2", "a3", "b4")]
    expected = {"b1": 80, "c2": 140, "a3": 200, "b4": 260}
    assert {each.id: expected_start(each, queued, going_on) for each in queued} == expected
    expected = {"b1": 0, "c2": 60, "a3": 80, "b4": 120}
    assert {each.id: expected_start(each, queued, going_on, slots=2) for each in queued} == expected


def test_a_free_place_is_of_no_use_to_who_has_one_running():
    going_on = [run("a0", "running", epoch=2, notes={"expected_seconds": 100})]
    assert expected_start(run("a1"), [run("a1")], going_on, slots=4) == 80


def test_what_nobody_can_foresee_is_not_foretold():
    silent = [run("a0", "running", epoch=0)]
    assert expected_start(run("b1"), named("b1"), silent) is None
    assert expected_start(run("b1"), named("b1"), silent, slots=2) == 0
    assert expected_start(run("b1"), [], []) is None


def test_what_is_left_goes_by_the_runs_own_pace_then_by_what_was_expected():
    epochs = [record(number, 50.0 + 10.0 * number) for number in range(1, 5)]  # the first took a minute
    # it was taken up an hour ago, and stood still for most of it
    resumed = run("a1", "running", epoch=4, started=10.0, heartbeat=3610.0, notes={"expected_seconds": 7})
    assert seconds_left(resumed, epochs) == 60
    assert seconds_left(dataclasses.replace(resumed, until_epoch=5), epochs) == 10
    assert seconds_left(dataclasses.replace(resumed, status="queued"), epochs) == 60
    assert seconds_left(run("a1", "running", epoch=1), [record(0, 0.0), record(1, 30.0)]) == 270
    assert seconds_left(run("a1", "running", epoch=0), [record(0, 0.0)]) is None
    assert seconds_left(run("a1", epoch=4, notes={"expected_seconds": 100})) == 60
    assert seconds_left(run("a1", notes={"expected_seconds": "soon"})) is None


def test_everybody_may_have_one_running_and_two_waiting():
    recipe, limits = PRESETS["tiny"], Limits()
    own = [*named("a1", status="running"), *named("a2", "a3")]
    assert refusal(recipe, own[:2], limits) is None
    assert refusal(recipe, own[1:], limits) is None
    said = refusal(recipe, own, limits)
    assert "1 running and 2 waiting" in said
    over = [*named("a4", status="done"), *named("a5", status="paused"), *named("a6", status="failed")]
    assert refusal(recipe, [*own[:2], *over], limits) is None
    seeds = named(*(f"a{number}" for number in range(9)), experiment="seeds")
    assert (
        refusal(recipe, [dataclasses.replace(seeds[0], status="running"), *seeds[1:], *own[:1]], limits)
        is None
    )


@pytest.mark.parametrize(
    ("recipe", "seconds", "runs", "words"),
    [
        (
            dataclasses.replace(PRESETS["tiny"], epochs=101),
            None,
            1,
            "at most 100 epochs here; this recipe asks for 101",
        ),
        (PRESETS["dense"], None, 1, "at most 50,000 parameters here; this one would have 101,770"),
        (PRESETS["tiny"], 4000.0, 1, "may take 60 minutes here; this one would take about 67 minutes"),
        (PRESETS["tiny"], None, 13, "at most 12 runs here; this one would have 13"),
    ],
)
def test_what_is_too_much_is_refused_in_words(recipe, seconds, runs, words):
    limits = Limits(parameters=50_000)
    assert words in refusal(recipe, [], limits, seconds, runs)
    assert refusal(PRESETS["tiny"], [], limits, 3600.0, 12) is None
