"""How epochs come to be timed for the form: what is kept of workers that find it, and of those that don't."""

from concurrent.futures import Future
from dataclasses import replace

import pytest

from app import cost, workroom
from model.cost import speed_key
from model.presets import PRESETS

RECIPE = replace(PRESETS["tiny"], dataset="mini")


class Workers:
    """Workers that are asked and answer when they are told to."""

    def __init__(self):
        self.asked = []

    def __call__(self, path, text):
        self.asked.append((text, Future()))
        return self.asked[-1][1]


@pytest.fixture
def workers(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    found = Workers()
    monkeypatch.setattr(workroom, "look", found)
    monkeypatch.setattr(cost, "_asked", {})
    monkeypatch.setattr(cost, "_failed", {})
    yield found
    workroom.close()


def recipes(count):
    return [replace(RECIPE, batch_size=16 + each) for each in range(count)]


def test_what_nobody_waits_for_any_more_is_kept_all_the_same(workers):
    one, other = recipes(2)
    cost._time_it(one)
    workers.asked[0][1].set_result(2.5)
    cost._time_it(other)  # the person has gone on to another recipe
    assert workroom.store().measurement(speed_key(one)) == 2.5
    assert list(cost._asked) == [speed_key(other)]


def test_what_is_asked_does_not_grow(workers):
    for recipe in recipes(200):
        cost._time_it(recipe)
        for _, future in workers.asked:
            if not future.done():
                future.set_exception(OSError("the disk is gone"))
        assert len(cost._asked) <= cost.MOST_AT_A_TIME
        assert len(cost._failed) <= cost.MOST_FAILED


def test_no_more_are_timed_at_a_time_than_may_be(workers):
    for recipe in recipes(9):
        cost._time_it(recipe)
    assert len(workers.asked) == cost.MOST_AT_A_TIME


def test_a_failure_is_remembered_for_a_while(workers, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(cost.time, "monotonic", lambda: now[0])
    cost._time_it(RECIPE)
    workers.asked[0][1].set_exception(OSError("the disk is gone"))
    assert cost._failure(RECIPE) is None
    cost._time_it(RECIPE)
    assert str(cost._failure(RECIPE)) == "the disk is gone"
    assert len(workers.asked) == 1
    now[0] += cost.AGAIN_SECONDS + 1
    assert cost._failure(RECIPE) is None


def test_workers_that_cannot_be_asked_are_a_failure_too(workers, monkeypatch):
    def broken(*_):
        raise OSError("no room on the disk")

    monkeypatch.setattr(workroom, "look", broken)
    cost._time_it(RECIPE)
    assert str(cost._failure(RECIPE)) == "no room on the disk"


def test_a_timing_that_was_called_off_is_a_failure(workers):
    cost._time_it(RECIPE)
    workers.asked[0][1].cancel()
    cost._time_it(RECIPE)
    assert cost._failure(RECIPE) is not None
