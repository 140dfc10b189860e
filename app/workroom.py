"""Where pages bring work: they ask for trainings and what should become of them, and workers do it.

The store of runs and the workers are opened when they are first needed, never for a page that only looks.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import owner
from model.recipe import Recipe
from model.runs.place import has_store, runs_folder, store_url
from model.runs.records import Run, RunError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from model.runs.store import RunStore
    from model.workers.foreman import Foreman

NO_COOKIE = (
    "Your browser sends no cookie, and without one the lab can't tell your runs from another's: "
    "allow cookies for this page, then load it again."
)
NOT_YOURS = "This run is another student's: look at it as you like, but only its owner can change it."
PACE_EPOCHS = 4  # the newest of a run, by which its pace is told: a fault of one matters little

_lock = threading.RLock()
_stores: dict[tuple[str, str], "RunStore"] = {}
_foremen: dict[tuple[str, str], "Foreman"] = {}


@dataclass(frozen=True)
class Place:
    """Where a run stands in the queue.

    Attributes:
        ahead: how many runs will start before it; 0 for the next one, and for one that is running.
        seconds: until it is expected to start; None where nobody can tell.
    """

    ahead: int
    seconds: float | None


def store() -> "RunStore":
    """The store of runs, one for the whole server.

    Raises:
        RunError: it can't be opened; the message says why.
    """
    from model.runs.store import RunStore

    with _lock:
        where = _where()
        if where not in _stores:
            _stores[where] = RunStore()
        return _stores[where]


def has_runs() -> bool:
    """Whether there may be runs at all; doesn't open the store."""
    return has_store(runs_folder())


def submit(
    recipes: Sequence[Recipe],
    parent: tuple[str, int] | None = None,
    notes: Mapping[str, Any] | None = None,
    until_epoch: int | None = None,
    expected_seconds: float | None = None,
) -> list[Run] | str:
    """Asks for trainings; several together are one experiment. They start as soon as a worker is free.

    Args:
        recipes: what to train, at least one.
        parent: run or bundled network, and epoch, whose weights they all start from; None for fresh weights.
        notes: small JSON to keep with each of them.
        until_epoch: pause after this epoch; None for going on to the end.
        expected_seconds: what the longest of them is expected to take here, measured or estimated; None where
            nobody knows.

    Returns:
        The new runs in the order of their recipes; or, in plain words, why none was begun.
    """
    from model.runs.queue import EXPECTED_SECONDS, Limits, refusal

    student = owner.student()
    if student is None:
        return NO_COOKIE
    try:
        runs = store()
        mine = runs.find(owner=student, statuses=("queued", "running"))
        for recipe in recipes:
            refused = refusal(recipe, mine, Limits(), expected_seconds, len(recipes))
            if refused:
                return refused
        kept = dict(notes or {})
        if expected_seconds is not None:
            kept[EXPECTED_SECONDS] = expected_seconds
        made: list[Run] = []
        for recipe in recipes:
            made.append(
                runs.create(
                    recipe,
                    owner=student,
                    experiment=made[0].id if made else "",
                    parent=parent,
                    until_epoch=until_epoch,
                    notes=kept,
                )
            )
    except RunError as error:
        return str(error)
    start()
    return made


def ask(run_id: str, wish: str, until_epoch: int | None = None) -> Run | str:
    """Asks something of a run of one's own.

    Args:
        run_id: the run.
        wish: "run" (begin again, go on), "pause" or "stop".
        until_epoch: with "run": pause again after this epoch.

    Returns:
        The run as it stands now; or, in plain words, why it can't be.
    """

    def wished(run: Run) -> Run:
        if wish == "run" and run.status in ("paused", "stopped", "failed"):
            _expect_room(run)
        return store().wish(run.id, wish, until_epoch)

    return _changed(run_id, wished)


def note(run_id: str, **notes: object) -> Run | str:
    """Keeps small JSON with a run of one's own; returns as `ask` does."""

    def noted(run: Run) -> Run:
        store().note(run.id, **notes)
        return store().get(run.id)

    return _changed(run_id, noted)


def delete(run_id: str) -> Run | str:
    """Forgets a run of one's own with everything that it left; returns as `ask` does, the run as it was."""

    def deleted(run: Run) -> Run:
        store().delete(run.id)
        return run

    return _changed(run_id, deleted)


def is_mine(run: Run) -> bool:
    """Whether the person may change a run: their own, and at this machine everybody's."""
    return run.owner == owner.student() or owner.is_at_this_machine()


def my_runs(most: int = 200) -> list[Run]:
    """The runs that are the person's to change, newest first; without opening a store that isn't there."""
    student = owner.student()
    if student is None or not has_runs():
        return []
    return store().find(owner=None if owner.is_at_this_machine() else student, most=most)


def place(run: Run) -> Place:
    """Where a run stands in the queue, as of now."""
    from model.runs.queue import expected_start, seconds_left
    from model.runs.queue import place as place_in_queue

    runs = store()
    unfinished = runs.find(statuses=("queued", "running"))
    queued = [each for each in unfinished if each.status == "queued"]
    running = [each for each in unfinished if each.status == "running"]
    foreman = _foremen.get(_where())
    slots = foreman.slots if foreman else 1

    def left(other: Run) -> float | None:
        newest = runs.epochs(other.id, after=other.epoch - PACE_EPOCHS) if other.epoch >= 1 else ()
        return seconds_left(other, newest)

    expected = expected_start(run, queued, running, slots, seconds=left)
    return Place(place_in_queue(run, queued, running), expected)


def problem() -> str:
    """Why no work gets done at present, in plain words; "" when all is well or nobody has work."""
    foreman = _foremen.get(_where())
    return foreman.problem if foreman else ""


def look(path: str, *arguments: object) -> "Future[Any]":
    """Lets a worker do what needs thousands of digits, or Keras; it waits for no training.

    Args:
        path: "module:function", one of `model.workers.calls.CALLS`.
        arguments: what the function gets; they travel to another process.

    Returns:
        The future result.
    """
    return start().look(path, *arguments)


def is_awake() -> bool:
    """Whether a worker would begin at once with a look."""
    foreman = _foremen.get(_where())
    return foreman is not None and foreman.is_awake


def wake() -> None:
    """Opens the workers, for there will soon be looks for them; where they can't be, it is told then."""
    with suppress(RunError):
        start().open()


def start() -> "Foreman":
    """Opens the workers if need be, and lets them see at once what there is to do."""
    from model.workers.foreman import Foreman

    with _lock:
        where = _where()
        if where not in _foremen:
            _foremen[where] = Foreman(store())
        _foremen[where].wake()
        return _foremen[where]


def warm_up() -> None:
    """Opens the store if there may be runs: every page then names them."""
    # A store that can't be opened is told by the page that needs it.
    with suppress(RunError):
        if has_runs():
            store()


def go_on() -> None:
    """Opens the workers if the store holds runs that a server before this one didn't finish."""
    with suppress(RunError):
        if has_runs() and store().find(statuses=("queued", "running"), most=1):
            start()


def close() -> None:
    """Closes the workers, whose runs go on with the next server, and the store."""
    with _lock:
        for foreman in _foremen.values():
            foreman.close()
        for runs in _stores.values():
            runs.close()
        _foremen.clear()
        _stores.clear()


def _where() -> tuple[str, str]:
    folder = runs_folder()
    return str(folder), store_url(folder)


def _expect_room(run: Run) -> None:
    """Refuses to let a run go on beside as many others as its owner may have; the command line's has none."""
    from model.runs.queue import Limits, crowding

    mine = store().find(owner=run.owner, statuses=("queued", "running")) if run.owner else []
    if refused := crowding(mine, Limits(), run.experiment):
        raise RunError(refused)


def _changed(run_id: str, change: Callable[[Run], Run]) -> Run | str:
    try:
        run = store().get(run_id)
        if not is_mine(run):
            return NOT_YOURS
        changed = change(run)
    except RunError as error:
        return str(error)
    if changed.status == "queued":
        start()
    return changed
