"""Answers to "would you read it otherwise?": one of each student, kept, counted, and bounded."""

import pytest

from model.runs import opinions
from model.runs.records import RunError
from model.runs.store import RunStore

DIGIT = ("mnist", "test", 247)


@pytest.fixture
def store(tmp_path, database):
    store = RunStore(tmp_path / "runs", database)
    yield store
    store.close()


def test_each_student_counts_once_with_their_last_answer(store):
    for student, answer in (("ada", "4"), ("bob", "4"), ("cy", "2"), ("ada", "nobody"), ("", "2")):
        store.opine(student, *DIGIT, answer)
    assert list(store.opinions(*DIGIT).items()) == [("2", 2), ("4", 1), ("nobody", 1)]
    assert store.own_opinions("ada", "mnist", "test") == {DIGIT[2]: "nobody"}
    assert store.own_opinions("dora", "mnist", "test") == {}


def test_each_digit_is_counted_by_itself(store):
    store.opine("ada", *DIGIT, "4")
    for other in (("mnist", "validation", 247), ("fashion", "test", 247), ("mnist", "test", 248)):
        assert store.opinions(*other) == {}
    assert store.own_opinions("ada", "mnist", "validation") == {}


def test_what_is_no_answer_is_refused(store):
    with pytest.raises(RunError, match=r"an answer is one of 0, 1, .* not '10'"):
        store.opine("ada", *DIGIT, "10")
    assert store.opinions(*DIGIT) == {}


def test_a_flood_ends_but_answers_can_still_be_changed(store, monkeypatch):
    monkeypatch.setattr(opinions, "MOST_OF_A_STUDENT", 2)
    monkeypatch.setattr(opinions, "MOST", 3)
    for place in range(2):
        store.opine("ada", "mnist", "test", place, "1")
    with pytest.raises(RunError, match="room for 2 of a student, 3 in all"):
        store.opine("ada", "mnist", "test", 2, "1")
    store.opine("bob", "mnist", "test", 0, "1")
    with pytest.raises(RunError, match="no further answer is kept"):
        store.opine("cy", "mnist", "test", 0, "1")
    store.opine("ada", "mnist", "test", 0, "7")
    assert store.opinions("mnist", "test", 0) == {"1": 1, "7": 1}


def test_answers_outlive_the_server_and_a_store_that_is_older_than_they(tmp_path):
    with_tables = RunStore(tmp_path)
    with_tables.opine("ada", *DIGIT, "4")
    with_tables.close()
    again = RunStore(tmp_path)
    assert again.opinions(*DIGIT) == {"4": 1}
    with again._writing() as connection:
        connection.exec_driver_sql("drop table opinions")
    again.close()
    older = RunStore(tmp_path)
    older.opine("ada", *DIGIT, "9")
    assert older.opinions(*DIGIT) == {"9": 1}
    older.close()
