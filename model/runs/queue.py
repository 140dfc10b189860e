"""Who may train, who is next, and when: a fair queue, as pure functions over the store's records."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from model.cost import measured_seconds
from model.history import Epoch
from model.recipe import Recipe
from model.runs.records import Run

EXPECTED_SECONDS = "expected_seconds"  # the note in which a page keeps what a run is expected to take


@dataclass(frozen=True)
class Limits:
    """What one student may ask for. Several runs of one experiment count as one.

    Args:
        running: experiments that are trained at a time.
        waiting: experiments that wait besides.
        runs: in one experiment.
        epochs: of one run.
        parameters: of one network.
        seconds: that one run is expected to take.
    """

    running: int = 1
    waiting: int = 2
    runs: int = 12  # ten seeds, or a few with and without
    epochs: int = 100
    parameters: int = 2_000_000
    seconds: float = 3600.0  # a double lesson is 90 minutes


def refusal(
    recipe: Recipe,
    own: Sequence[Run],
    limits: Limits,
    expected_seconds: float | None = None,
    runs: int = 1,
) -> str | None:
    """Why a student can't have a training now.

    Args:
        recipe: what is asked for.
        own: the student's runs; those that neither run nor wait don't count.
        limits: what holds here.
        expected_seconds: what the run should take; None where nobody knows.
        runs: how many are asked for together, as one experiment.

    Returns:
        A sentence for the student; None if nothing speaks against it.
    """
    if recipe.epochs > limits.epochs:
        return f"A training has at most {limits.epochs} epochs here; this recipe asks for {recipe.epochs}."
    if recipe.parameters > limits.parameters:
        return (
            f"A network has at most {limits.parameters:,} parameters here; this one would have "
            f"{recipe.parameters:,}: give it fewer filters or units, or pool earlier."
        )
    if expected_seconds is not None and expected_seconds > limits.seconds:
        return (
            f"A training may take {_minutes(limits.seconds)} here; this one would take about "
            f"{_minutes(expected_seconds)}: ask for fewer epochs, or a smaller network."
        )
    if runs > limits.runs:
        return f"An experiment has at most {limits.runs} runs here; this one would have {runs}."
    return crowding(own, limits)


def crowding(own: Sequence[Run], limits: Limits, experiment: str = "") -> str | None:
    """Why a student can't have another experiment now.

    Args:
        own: the student's runs; those that neither run nor wait don't count.
        limits: what holds here.
        experiment: of a run that is to go on: where others of it run or wait, it is none besides; "" for a
            new one.

    Returns:
        A sentence for the student; None if there is room.
    """
    trained = {run.experiment for run in own if run.status == "running"}
    waiting = {run.experiment for run in own if run.status == "queued"} - trained
    if experiment in trained | waiting:
        return None
    if len(trained) + len(waiting) >= limits.running + limits.waiting:
        return (
            f"You have {len(trained)} running and {len(waiting)} waiting, and {limits.running} and "
            f"{limits.waiting} is what everybody may have: wait until one is done, or stop one."
        )
    return None


def order(queued: Sequence[Run], running: Sequence[Run], limits: Limits | None = None) -> list[Run]:
    """The waiting runs that may begin now, in the order in which they should.

    Turn by turn between owners: first whoever has the fewest experiments running, then the fewest runs, then
    the oldest. A run is left out while its owner has as many experiments running (those before it in the
    order included) as the limits allow, unless it belongs to one of them. What the command line asks for has
    no owner: its experiments count as if each had one of its own.

    Args:
        queued: all that wait.
        running: all that are trained.
        limits: what holds here; None for the usual.

    Returns:
        Some of ``queued``, none twice.
    """
    return _turns(queued, running, (limits or Limits()).running)


def place(run: Run, queued: Sequence[Run], running: Sequence[Run]) -> int:
    """How many waiting runs come before a waiting one; 0 for one that doesn't wait."""
    ids = [each.id for each in _turns(queued, running, math.inf)]
    return ids.index(run.id) if run.id in ids else 0


def expected_start(
    run: Run,
    queued: Sequence[Run],
    running: Sequence[Run],
    slots: int = 1,
    limits: Limits | None = None,
    seconds: Callable[[Run], float | None] | None = None,
) -> float | None:
    """When a waiting run should begin, if nobody stops or asks for anything meanwhile.

    Args:
        run: which; one of ``queued``.
        queued: all that wait.
        running: all that are trained.
        slots: how many can be trained at a time.
        limits: what holds here; None for the usual.
        seconds: what is left of a run; None for ``seconds_left`` by its notes alone.

    Returns:
        Seconds from now; None where a run before it can't be foreseen.
    """
    left = seconds or seconds_left
    waiting = list(queued)
    busy = [(_or_never(left(each)), each) for each in running]
    now = 0.0
    while now < math.inf:
        begin = order(waiting, [each for _, each in busy], limits)[: max(0, slots - len(busy))]
        for each in begin:
            if each.id == run.id:
                return now
            waiting.remove(each)
            busy.append((now + _or_never(left(each)), each))
        if not busy:
            return None
        now = min(end for end, _ in busy)
        busy = [(end, each) for end, each in busy if end > now]
    return None


def seconds_left(run: Run, epochs: Sequence[Epoch] = ()) -> float | None:
    """How long a run still takes, by the pace of its own epochs, else by what its notes expect.

    Args:
        run: which.
        epochs: the record of its newest epochs, in order. Their seconds count no pauses; what the run's
            own times tell does.

    Returns:
        Seconds; None if unknown.
    """
    until = run.recipe.epochs if run.until_epoch is None else run.until_epoch
    pace = measured_seconds(epochs)
    if pace is None and epochs and epochs[-1].epoch >= 1:
        pace = epochs[-1].seconds / epochs[-1].epoch
    if pace is None:
        expected = run.notes.get(EXPECTED_SECONDS)
        if not isinstance(expected, (int, float)):
            return None
        pace = float(expected) / run.recipe.epochs
    return pace * (until - max(run.epoch, 0))


def _turns(queued: Sequence[Run], running: Sequence[Run], most: float) -> list[Run]:
    """The fair order, with at most so many experiments of one owner at a time."""
    experiments: defaultdict[str, set[str]] = defaultdict(set)
    runs: Counter[str] = Counter()
    waiting: defaultdict[str, list[Run]] = defaultdict(list)  # of each owner, the oldest first
    for run in sorted(queued, key=lambda run: (run.created, run.id)):
        waiting[_owner(run)].append(run)
    heads: list[tuple[int, int, float, str, Run]] = []  # a heap of each owner's next run, by whose turn it is

    def begin(run: Run) -> None:
        experiments[_owner(run)].add(run.experiment)
        runs[_owner(run)] += 1

    def line_up(owner: str) -> None:
        own = experiments[owner]
        able = (run for run in waiting[owner] if len(own) < most or run.experiment in own)
        if run := next(able, None):
            heappush(heads, (len(own), runs[owner], run.created, run.id, run))

    for run in running:
        begin(run)
    for owner in list(waiting):
        line_up(owner)
    turns = []
    while heads:
        run = heappop(heads)[-1]
        turns.append(run)
        waiting[_owner(run)].remove(run)
        begin(run)
        line_up(_owner(run))
    return turns


def _owner(run: Run) -> str:
    return run.owner or f"experiment {run.experiment}"


def _or_never(seconds: float | None) -> float:
    return math.inf if seconds is None else max(0.0, seconds)


def _minutes(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
