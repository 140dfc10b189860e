"""The life of a run: which state follows which, as pure functions that return the fields that change.

queued → running → done | failed
  ↑ ↓       ↓
  paused, stopped (and failed, if a person says so) go back to queued
"""

from typing import Any

from model.runs.records import WISHES, Run, RunError

STANDING = ("paused", "stopped", "done", "failed")  # nobody works on it
ENDS = (*STANDING, "queued")  # how an attempt may end
MOST_LOSSES = 3  # so often it goes on elsewhere; a run that takes a fourth worker with it would take a fifth

Changes = dict[str, Any]


def after_wish(run: Run, wish: str, until_epoch: int | None = None) -> Changes:
    """What a person's wish changes.

    Args:
        run: as it stands.
        wish: "run" (go on; with ``until_epoch`` up to that epoch only), "pause" or "stop".
        until_epoch: pause after this epoch; only with "run".

    Raises:
        RunError: it makes no sense in the state of this run.
    """
    if wish not in WISHES:
        raise RunError(f"a run can be asked to {', '.join(WISHES)}, not {wish!r}")
    if run.status == "done":
        raise RunError(f"run {run.id} is done: fork it to train on from its last epoch")
    if until_epoch is not None and (wish != "run" or not run.epoch < until_epoch <= run.recipe.epochs):
        raise RunError(
            f"run {run.id} can go on until an epoch from {run.epoch + 1} to {run.recipe.epochs}, "
            f"not {until_epoch!r}"
        )
    if wish == "run":
        goes_on: Changes = {"wish": "run", "until_epoch": until_epoch}
        if run.status in STANDING:
            return {**goes_on, "status": "queued", "reason": "", "losses": 0}
        return goes_on
    if run.status == "running":
        return {"wish": wish}
    if run.status == "failed" or (run.status == "stopped" and wish == "pause"):
        raise RunError(f"run {run.id} has {run.status}: there is nothing to {wish}")
    return {"wish": wish, "status": "paused" if wish == "pause" else "stopped"}


def after_end(run: Run, status: str, reason: str) -> Changes:
    """What the end of an attempt changes; a wish that came too late for the worker is granted.

    Raises:
        RunError: an attempt can't end so.
    """
    if status not in ENDS:
        raise RunError(f"an attempt ends {', '.join(ENDS)}, not {status!r}")
    if status == "queued" and run.wish != "run":
        status = "paused" if run.wish == "pause" else "stopped"
    elif status == "paused" and run.wish == "stop":
        status = "stopped"
    return {"status": status, "reason": reason}


def after_loss(run: Run, reason: str = "") -> Changes:
    """What the loss of its worker changes: back into the queue, or, after too many, failed."""
    losses = run.losses + 1
    why = f": {reason}" if reason else ""
    if run.wish != "run":
        return after_end(run, "queued", f"its worker was lost{why}") | {"losses": losses}
    if losses > MOST_LOSSES:
        return {"status": "failed", "losses": losses, "reason": f"its worker was lost {losses} times{why}"}
    return {"status": "queued", "losses": losses, "reason": f"its worker was lost{why}"}
