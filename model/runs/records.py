"""What the store says of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from model.recipe import Recipe

STATUSES = ("queued", "running", "paused", "stopped", "done", "failed")
WISHES = ("run", "pause", "stop")


class RunError(ValueError):
    """What was asked of a run cannot be: there is none of that name, or it makes no sense in its state."""


class NoRunError(RunError):
    """There is no run of that id."""


class MissingFileError(RunError):
    """A file that a run's record names is not there."""


class StoreError(OSError, RunError):
    """The store's database doesn't answer, or its disk is full (then ``errno`` is ``errno.ENOSPC``)."""


class Fenced(RuntimeError):  # noqa: N818 - what has happened, not a fault of the program
    """The attempt no longer owns its run, so that nothing was written; its worker has to leave quietly."""


@dataclass(frozen=True)
class Run:
    """One training of one recipe, as it stands.

    All times are seconds since 1970 by the store's clock.

    Args:
        id: made by the store; never a path.
        recipe: what is trained.
        status: one of ``STATUSES``.
        reason: why it failed, was paused or stopped, in plain words; "" where nothing needs saying.
        stage: while it is running: "starting", "reading the digits", "building the network", "first batch",
            then "training"; "" otherwise.
        owner: the student's token; "" for the command line.
        experiment: what the runs of one experiment share; a single run has its own id here.
        parent: run or bundled network, and epoch, whose weights it started from; None for fresh weights.
        wish: what its owner wants of it, one of ``WISHES``.
        until_epoch: pause after this epoch; None for going on to the end.
        attempt: how often a worker has taken it up.
        losses: how often a worker was lost since a person last asked for it.
        created: when it was asked for.
        started: when it was taken up first; None while it has not been.
        ended: when it came to stand (paused, stopped, done, failed); None while it is queued or running.
        heartbeat: when its worker was last heard of; None before the first attempt.
        epoch: the last finished epoch; -1 while not even epoch 0, the untrained network, is recorded.
        learned_from: which digits its training really read: dataset, part, count, source; None before.
        notes: small JSON that pages keep with it, such as a guess.
        worker: who took it up last; "" before the first attempt.
    """

    id: str
    recipe: Recipe
    status: str
    reason: str
    stage: str
    owner: str
    experiment: str
    parent: tuple[str, int] | None
    wish: str
    until_epoch: int | None
    attempt: int
    losses: int
    created: float
    started: float | None
    ended: float | None
    heartbeat: float | None
    epoch: int
    learned_from: Mapping[str, Any] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    worker: str = ""


@dataclass(frozen=True)
class Attempt:
    """A worker's right to write a run, valid until another attempt begins or the run stands still.

    Args:
        run: as it was when the attempt began.
        number: counted from 1; the fence.
        worker: who.
    """

    run: Run
    number: int
    worker: str
