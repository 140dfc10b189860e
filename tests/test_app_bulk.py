"""Thousands of digits read for everybody: in portions here, by the workers, or bundled; but once."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from random_recipes import random_weights
from test_app_pages import networks  # noqa: F401 - a fixture

from app import bulk, cache, judging, workroom
from app.bulk import Reading
from app.judging import Judged
from model import checkpoint
from model.checkpoint import BUNDLED, load_checkpoint
from model.datasets import DataError, load_digits
from model.evaluation.kept import write_readings
from model.presets import PRESETS
from model.probes.dossier import responses
from model.probes.units import feature_width, units_of
from model.runs.records import RunError
from model.workers.calls import FEATURES_OF_PART, READ_IN_BULK, READ_PART, RESPONSES_OF_PART

DIGITS = load_digits("mini", "test")


@pytest.fixture(autouse=True)
def nothing_read(networks):  # noqa: F811
    """Nobody has read anything yet."""
    for kept in (bulk._jobs, judging._judged, bulk._flying):
        kept.clear()


@pytest.fixture
def workers(monkeypatch):
    """Workers whose work is done by the test; every network is too much to be read in the server."""
    asked: list[tuple[str, tuple, Future]] = []

    def look(path, *arguments):
        asked.append((path, arguments, Future()))
        return asked[-1][2]

    monkeypatch.setattr(bulk, "HERE", 0)
    monkeypatch.setattr(workroom, "is_awake", lambda: True)
    monkeypatch.setattr(workroom, "look", look)
    monkeypatch.setattr(bulk, "LOOK", 100)
    return asked


def expected(images, name="classic"):
    return load_checkpoint(name).network.probabilities(images)


def fulfil(look, images):
    """Does a look as a worker would."""
    path, arguments, future = look
    if path == READ_PART:
        dataset, part, start, stop = arguments[2:]
        assert (dataset, part) == ("mini", "test")
        few = images[start:stop]
    else:
        (few,) = arguments[2:]
    assert len(few) <= bulk.LOOK
    future.set_result(expected(few))


def test_a_small_network_reads_here_bit_by_bit(monkeypatch):
    monkeypatch.setattr(bulk, "READING_SECONDS", 0.0)
    monkeypatch.setattr(bulk, "PORTION", 150)  # two at once
    counts = []
    for _ in range(4):
        reading = bulk.read_part(None, "mini", "test")
        counts.append(len(reading.values))
    assert counts == [300, 600, 900, 1000]
    assert reading.finished
    assert (reading.total, reading.problem) == (1000, "")
    np.testing.assert_allclose(reading.values, expected(DIGITS.images), atol=1e-6)
    assert not reading.values.flags.writeable


def test_what_was_read_is_everybodys_and_is_not_read_again(monkeypatch):
    calls = []
    network = load_checkpoint("classic").network
    few = DIGITS.images[:200]
    first = bulk.read_images(None, "some", lambda: calls.append(1) or few, 200)
    again = bulk.read_images("classic", "some", lambda: calls.append(1) or few, 200)
    assert first.finished
    assert calls == [1]
    assert np.shares_memory(first.values, again.values)
    other = bulk.read_images("other", "some", lambda: few, 200)
    assert not np.allclose(other.values, first.values)
    np.testing.assert_allclose(first.values, network.probabilities(few), atol=1e-6)


def test_workers_read_a_large_one_some_looks_at_a_time(workers):
    reading = bulk.read_part(None, "mini", "test")
    assert len(reading.values) == 0
    assert not reading.finished
    assert [look[0] for look in workers] == [READ_PART] * bulk.IN_FLIGHT
    assert len(bulk.read_part(None, "mini", "test").values) == 0
    assert len(workers) == bulk.IN_FLIGHT  # nothing is asked twice
    fulfil(workers[1], DIGITS.images)  # the second comes first
    assert len(bulk.read_part(None, "mini", "test").values) == 0
    fulfil(workers[0], DIGITS.images)
    assert len(bulk.read_part(None, "mini", "test").values) == 200
    for _ in range(20):
        for look in workers:
            if not look[2].done():
                fulfil(look, DIGITS.images)
        reading = bulk.read_part(None, "mini", "test")
    assert len(workers) == 10
    np.testing.assert_allclose(reading.values, expected(DIGITS.images), atol=1e-6)


def test_workers_describe_digits_and_read_without_a_filter(workers):
    layers = load_checkpoint("classic").recipe.layers
    asked = [
        lambda: bulk.features("classic", "mini", "test", 120),
        lambda: bulk.responses("classic", 0, "mini", "test"),
        lambda: bulk.read_part("classic", "mini", "test", ((0, 1),)),
    ]
    for work, width in zip(asked, (feature_width(layers), units_of(layers[0]), 10), strict=True):
        assert work().values.shape == (0, width)
    assert asked[0]().total == 120
    per_kind = {look[0]: look[1] for look in reversed(workers)}  # of each kind the first that was asked
    assert set(per_kind) == {FEATURES_OF_PART, RESPONSES_OF_PART, READ_PART}
    assert per_kind[FEATURES_OF_PART][2:] == ("mini", "test", 0, 100)
    assert workers[1][1][2:] == ("mini", "test", 100, 120)
    assert per_kind[RESPONSES_OF_PART][2:] == ("mini", "test", 0, 100, 0)
    assert not per_kind[READ_PART][1]["00.kernel"][..., 1].any()
    assert len(bulk._jobs) == 3


def test_small_networks_describe_digits_here(few):
    network = load_checkpoint("other").network
    for found, expected in [
        (bulk.features("other", "mini", "test"), network.features(few.images)),
        (bulk.responses("other", 0, "mini", "test"), responses(network, 0, few.images)),
    ]:
        assert found.finished
        np.testing.assert_allclose(found.values, expected, atol=1e-5)


def test_until_a_worker_is_awake_the_first_ones_are_read_here(workers, monkeypatch):
    monkeypatch.setattr(workroom, "is_awake", lambda: False)
    monkeypatch.setattr(bulk, "ALONE", 0)  # so that they are asked all the same
    monkeypatch.setattr(bulk, "PORTION", 25)  # two at once
    monkeypatch.setattr(bulk, "HERE", bulk.PORTION * load_checkpoint("classic").recipe.multiply_adds)
    monkeypatch.setattr(bulk, "READING_SECONDS", 0.0)
    for count in (50, 100, 150):
        assert len(bulk.read_part(None, "mini", "test").values) == count
    fulfil(workers[1], DIGITS.images)  # the second hundred, half of which was read meanwhile
    assert len(bulk.read_part(None, "mini", "test").values) == 200
    assert len(bulk.read_part(None, "mini", "test").values) == 200  # now it is the workers' turn
    fulfil(workers[0], DIGITS.images)  # what was read here already
    for _ in range(20):
        for look in workers:
            if not look[2].done():
                fulfil(look, DIGITS.images)
        reading = bulk.read_part(None, "mini", "test")
    assert reading.finished
    assert sorted(look[1][4] for look in workers) == list(range(0, 1000, 100))
    np.testing.assert_allclose(reading.values, expected(DIGITS.images), atol=1e-6)


def test_while_no_worker_is_awake_all_is_read_here_unless_it_takes_long(workers, monkeypatch):
    each = load_checkpoint("classic").recipe.multiply_adds
    woken, awake = [], []
    monkeypatch.setattr(workroom, "is_awake", lambda: bool(awake))
    monkeypatch.setattr(workroom, "wake", lambda: woken.append(1))
    monkeypatch.setattr(bulk, "PORTION", 25)  # two at once
    monkeypatch.setattr(bulk, "HERE", bulk.PORTION * each)
    monkeypatch.setattr(bulk, "READING_SECONDS", 0.0)
    monkeypatch.setattr(bulk, "ALONE", 250 * each)

    def read(key):
        return bulk.read_images("classic", key, lambda: DIGITS.images[:200], 200)

    for count in (50, 100, 150):
        assert len(read("first").values) == count
        assert not woken
    assert not workers
    assert read("first").finished
    assert woken == [1]
    # one alone would be read here, two together are too much
    assert len(read("second").values) == 50
    assert not workers
    assert len(read("third").values) == 50
    assert [look[0] for look in workers] == [READ_IN_BULK] * 2
    for key in [key for key in bulk._jobs if key[2] in ("second", "third")]:
        del bulk._jobs[key]
    workers.clear()
    awake.append(1)
    read("fourth")
    assert [look[0] for look in workers] == [READ_IN_BULK] * 2


def test_a_job_costs_what_its_layers_take(workers):
    layers = load_checkpoint("classic").recipe.layers
    bulk.responses("classic", 0, "mini", "test")
    bulk.features("classic", "mini", "test")
    bulk.read_part("classic", "mini", "test")
    first, described, whole = (job.each for job in bulk._jobs.values())
    assert first == 12 * 12 * 6 * 5 * 5  # of "tiny": places, filters, cells of a kernel
    assert whole == load_checkpoint("classic").recipe.multiply_adds
    assert whole - described == feature_width(layers) * 10  # each by each of the ten answers


def test_nobody_waits_for_ever_behind_another(workers):
    bulk.read_part(None, "mini", "test")
    bulk.read_images("other", "theirs", lambda: DIGITS.images[:250], 250)
    assert [look[0] for look in workers] == [READ_PART] * bulk.IN_FLIGHT + [READ_IN_BULK]


def test_digits_made_by_code_are_made_once_and_sent(workers):
    made = []

    def make():
        made.append(1)
        return DIGITS.images[:250]

    for _ in range(3):
        reading = bulk.read_images(None, "made", make, 250)
        for look in workers:
            if not look[2].done():
                fulfil(look, DIGITS.images)
    reading = bulk.read_images(None, "made", make, 250)
    assert made == [1]
    assert sorted(len(look[1][2]) for look in workers) == [50, 100, 100]
    np.testing.assert_allclose(reading.values, expected(DIGITS.images[:250]), atol=1e-6)


def test_a_lost_look_is_told_and_asked_for_again_a_moment_later(workers, monkeypatch):
    bulk.read_part(None, "mini", "test")
    fulfil(workers[0], DIGITS.images)
    workers[1][2].set_exception(RuntimeError("the workers were lost"))
    reading = bulk.read_part(None, "mini", "test")
    assert (len(reading.values), reading.problem) == (100, "the workers were lost")
    asked = len(workers)
    assert bulk.read_part(None, "mini", "test").problem == "the workers were lost"
    assert len(workers) == asked
    monkeypatch.setattr(bulk, "PATIENCE_SECONDS", 0.0)
    assert bulk.read_part(None, "mini", "test").problem == ""
    assert workers[asked][1][4:] == (100, 200)


def test_why_no_work_gets_done_is_told(workers, monkeypatch):
    monkeypatch.setattr(workroom, "problem", lambda: "the workers could not start")
    assert bulk.read_part(None, "mini", "test").problem == "the workers could not start"

    def broken(*_):
        raise RunError("the store of runs doesn't answer")

    monkeypatch.setattr(workroom, "look", broken)
    assert bulk.read_part("other", "mini", "test").problem == "the store of runs doesn't answer"


def test_what_is_kept_is_bounded_and_what_was_asked_last_stays(monkeypatch):
    monkeypatch.setattr(bulk, "MOST_BYTES", 3 * 100 * 40)
    for number in range(5):
        bulk.read_images(None, number, lambda: DIGITS.images[:100], 100)
        bulk.read_images(None, 0, lambda: DIGITS.images[:100], 100)
    assert [key[2] for key in bulk._jobs] == [3, 4, 0]


def test_what_somebody_waits_for_is_not_forgotten(workers, monkeypatch):
    monkeypatch.setattr(bulk, "MOST_BYTES", 1)
    monkeypatch.setattr(bulk, "HERE", 0)
    for _ in range(2):
        for number in range(3):
            assert not bulk.read_images(None, number, lambda: DIGITS.images[:100], 100).finished
    assert len(bulk._jobs) == 3
    for job in bulk._jobs.values():
        job.asked -= 2 * bulk.FORGOTTEN_SECONDS
    bulk.read_images(None, 2, lambda: DIGITS.images[:100], 100)
    assert [key[2] for key in bulk._jobs] == [2]


@pytest.fixture
def few(monkeypatch):
    """The first of MNIST's validation digits; there are no others."""
    whole = load_digits("mnist", "validation")
    few = replace(whole, images=whole.images[:600], labels=whole.labels[:600], indices=whole.indices[:600])
    monkeypatch.setattr(cache, "digits", lambda dataset, part: few)
    return few


def judged(name):
    """What comes of judging validation digits, asked for until they are read."""
    while isinstance(found := judging.judged(name, "validation"), Reading):
        pass
    return found


def test_judged_digits_come_with_their_labels_and_score(few):
    found, digits = judged(None), few
    assert (found.dataset, found.part, found.learned) == ("mnist", "validation", 0)
    assert np.array_equal(found.labels, digits.labels)
    assert found.score.count == len(digits)
    right = expected(digits.images).argmax(axis=1) == digits.labels
    assert found.score.errors == len(digits) - right.sum()
    assert judging.judged("classic", "validation") is found


def test_without_validation_digits_of_its_own_it_is_judged_on_mnists(networks, few):  # noqa: F811
    card = {"learned_from": {"dataset": "mnist-60000"}, "accuracy": {}}
    recipe = replace(PRESETS["tiny"], dataset="mnist-60000")
    checkpoint.write_checkpoint(networks / "whole", recipe, random_weights(recipe, 4), card)
    found = judged("whole")
    assert (found.dataset, found.learned, found.score.learned) == ("mnist", len(few), len(few))


def test_bundled_readings_stand_without_the_pictures(networks, monkeypatch):  # noqa: F811
    rng = np.random.default_rng(2)
    said, labels = rng.dirichlet(np.ones(10), 300).astype(np.float32), rng.integers(0, 10, 300)
    write_readings(networks / "classic", said, labels.astype(np.uint8))

    def missing(dataset, part):
        raise DataError("MNIST", "not found on this machine")

    monkeypatch.setattr(cache, "digits", missing)
    found = judging.judged(None, "test")
    assert isinstance(found, Judged)
    assert found.digits is None
    assert np.array_equal(found.labels, labels)
    assert found.score.errors == int((said.argmax(axis=1) != labels).sum())
    assert bulk.read_part(None, "mnist", "test").finished
    with pytest.raises(DataError, match="not found"):
        judging.judged("other", "test")
    with pytest.raises(DataError, match="not found"):
        judging.judged("classic", "validation")


@pytest.mark.parametrize("name", sorted(path.name for path in BUNDLED.iterdir()))
@pytest.mark.parametrize("part", ["validation", "test"])
def test_the_bundled_networks_are_judged_at_once_as_their_cards_say(name, part, monkeypatch):
    monkeypatch.setattr(checkpoint, "BUNDLED", BUNDLED)
    st.cache_resource.clear()
    found = judging.judged(name, part)
    assert isinstance(found, Judged)
    assert found.score.confusion.tolist() == load_checkpoint(name).card["accuracy"][part]["confusion"]
