"""A run goes from state to state as people and workers say, and refuses what makes no sense, in words."""

import dataclasses

import pytest

from model.presets import PRESETS
from model.runs import life
from model.runs.records import STATUSES, WISHES, Run, RunError

RUN = Run(
    id="r",
    recipe=PRESETS["tiny"],
    status="queued",
    reason="",
    stage="",
    owner="",
    experiment="r",
    parent=None,
    wish="run",
    until_epoch=None,
    attempt=1,
    losses=0,
    created=0.0,
    started=None,
    ended=None,
    heartbeat=None,
    epoch=3,
)

# status → what it becomes when it is asked to run, pause, stop; None: refused
WISHED = {
    "queued": ("queued", "paused", "stopped"),
    "running": ("running", "running", "running"),
    "paused": ("queued", "paused", "stopped"),
    "stopped": ("queued", None, "stopped"),
    "failed": ("queued", None, None),
    "done": (None, None, None),
}


def wished(status, wish, **fields):
    run = dataclasses.replace(RUN, status=status, **fields)
    return dataclasses.replace(run, **life.after_wish(run, wish))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("wish", WISHES)
def test_what_a_wish_does(status, wish):
    expected = WISHED[status][WISHES.index(wish)]
    if expected is None:
        with pytest.raises(RunError, match="run r"):
            wished(status, wish)
    else:
        run = wished(status, wish)
        assert (run.status, run.wish) == (expected, wish)


def test_who_goes_on_begins_with_a_clean_slate():
    run = wished("failed", "run", reason="its worker was lost 4 times", losses=4, until_epoch=3)
    assert (run.reason, run.losses, run.until_epoch) == ("", 0, None)


def test_a_step_ends_after_an_epoch_to_come():
    assert life.after_wish(dataclasses.replace(RUN, status="paused"), "run", 4)["until_epoch"] == 4
    for wish, until in (("run", 3), ("run", 11), ("pause", 4)):
        with pytest.raises(RunError, match="from 4 to 10"):
            life.after_wish(RUN, wish, until)


def test_an_unknown_wish_is_quoted():
    with pytest.raises(RunError, match="not 'explode'"):
        life.after_wish(RUN, "explode")


@pytest.mark.parametrize(
    ("ends", "wish", "becomes"),
    [
        ("done", "run", "done"),
        ("done", "stop", "done"),
        ("failed", "pause", "failed"),
        ("paused", "pause", "paused"),
        ("paused", "run", "paused"),
        ("paused", "stop", "stopped"),
        ("stopped", "stop", "stopped"),
        ("queued", "run", "queued"),
        ("queued", "pause", "paused"),
        ("queued", "stop", "stopped"),
    ],
)
def test_how_an_attempt_ends(ends, wish, becomes):
    run = dataclasses.replace(RUN, status="running", wish=wish)
    assert life.after_end(run, ends, "why")["status"] == becomes


def test_an_attempt_does_not_end_in_the_middle():
    with pytest.raises(RunError, match="not 'running'"):
        life.after_end(RUN, "running", "")


@pytest.mark.parametrize(
    ("losses", "wish", "becomes"),
    [
        (0, "run", "queued"),
        (1, "run", "queued"),
        (2, "run", "queued"),
        (3, "run", "failed"),
        (3, "pause", "paused"),
        (0, "stop", "stopped"),
    ],
)
def test_what_a_loss_does(losses, wish, becomes):
    changes = life.after_loss(dataclasses.replace(RUN, status="running", losses=losses, wish=wish), "killed")
    assert (changes["status"], changes["losses"]) == (becomes, losses + 1)
    assert changes["reason"].startswith("its worker was lost")
    assert changes["reason"].endswith(": killed")
