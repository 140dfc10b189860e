"""Which checkpoints can be taken in hand, what their addresses are, and how a person tells them apart.

A checkpoint's address is a name, or NAME:EPOCH. The state keeps each checkpoint under one address only, so
that no cache holds it twice: None for the default network, a bundled network's plain name for its last epoch,
and for a run always with its epoch, for its last one moves on.
"""

from datetime import datetime

from app import workroom
from model.checkpoint import CheckpointError, bundled_names, checkpoint_epochs, default_name, parse_address
from model.runs.records import RunError


def split(address: str | None) -> tuple[str, int]:
    """The name and the epoch of a checkpoint; for None those of the default network.

    Raises:
        CheckpointError: there is no such network.
    """
    name, epoch = parse_address(default_name() if address is None else address)
    return name, checkpoint_epochs(name)[-1] if epoch is None else epoch


def to_address(name: str, epoch: int | None = None) -> str | None:
    """The address under which the state keeps a checkpoint.

    Args:
        name: a bundled network or a run.
        epoch: which of its epochs; None for the last.

    Raises:
        CheckpointError: there is none of that name, or no such epoch.
    """
    epochs = checkpoint_epochs(name)
    if not epochs:
        raise CheckpointError("not even its first weights are made yet")
    epoch = epochs[-1] if epoch is None else epoch
    if epoch not in epochs:
        raise CheckpointError(f"its epochs {epochs[0]} to {epochs[-1]} are kept, not {epoch}")
    if name not in bundled_names() or epoch != epochs[-1]:
        return f"{name}:{epoch}"
    return None if name == default_name() else name


def choices(in_hand: str) -> tuple[str, ...]:
    """The names that a person can choose from: the bundled networks, their runs, and what they have in hand.

    Args:
        in_hand: the name in hand, which may be another person's run that a link brought.
    """
    own = tuple(run.id for run in workroom.my_runs() if run.epoch >= 0)
    listed = (*bundled_names(), *own)
    return listed if in_hand in listed else (*listed, in_hand)


def timelines() -> tuple[str, ...]:
    """The bundled networks that come with all their epochs."""
    return tuple(name for name in bundled_names() if len(checkpoint_epochs(name)) > 1)


def watched(chosen: str | None) -> str | None:
    """The run or bundled network whose training is to be watched.

    Args:
        chosen: what the person, or their link, asked for.

    Returns:
        That; else their newest run, which may still be going on; else a bundled network that comes with all
        its epochs; None where there is none of all this.
    """
    if chosen is not None and (chosen in timelines() or is_run(chosen)):
        return chosen
    for run in workroom.my_runs(most=1):
        return run.id
    return next(iter(timelines()), None)


def label(name: str) -> str:
    """A name as people read it: a bundled network's own, "quick, 23 Nov 14:05 (a1b2c3)" for a run."""
    stamp, _, rest = name.partition("-")
    clock, _, rest = rest.partition("-")
    word, _, letters = rest.rpartition("-")
    try:
        made = datetime.strptime(f"{stamp} {clock} +0000", "%Y%m%d %H%M%S %z").astimezone()
    except ValueError:
        return name
    return f"{word}, {made:%d %b %H:%M} ({letters})"


def epoch_title(epoch: int) -> str:
    """An epoch as people read it: "epoch 5"; "untrained" for epoch 0."""
    return f"epoch {epoch}" if epoch else "untrained"


def is_run(name: str) -> bool:
    """Whether the store has a run of that id, whosever it is."""
    if not workroom.has_runs():
        return False
    try:
        workroom.store().get(name)
    except RunError:
        return False
    return True
