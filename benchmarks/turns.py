"""Taking turns: several programs measured side by side, each in a process of its own, one at a time.

Two engines in one process fight for its threads, and two runs one after the other meet different machines.
Here everyone is started and warmed up first; then in every round each has one turn, in an order drawn anew,
while the others wait without computing. A ratio is taken within a round.
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection

import numpy as np

Turns = dict[str, list[tuple[float, float]]]
"""Of each contestant by its name, its turns: seconds by the clock, and seconds of processors."""


class Turn:
    """A contestant's end of the line.

    Args:
        line: To who says whose turn it is.
    """

    def __init__(self, line: Connection) -> None:
        self._line = line
        self._begun: tuple[float, float] | None = None

    def over(self) -> bool:
        """Ends a turn (the first call: the warming up) and waits for the next; true if there is none."""
        ended = _clocks()
        begun = self._begun or ended
        self._line.send((ended[0] - begun[0], ended[1] - begun[1]))
        try:
            self._line.recv()
        except EOFError:
            return True
        self._begun = _clocks()
        return False


def take_turns(contestants: Mapping[str, Callable[[Turn], None]], rounds: int) -> Turns:
    """Starts every contestant and gives each of them `rounds` turns.

    Args:
        contestants: By name, what each does, for another process: it calls `over` once warm, and then at the
            end of every turn until that is true.
        rounds: How many.

    Raises:
        RuntimeError: One of them ended before its time.
    """
    context = multiprocessing.get_context("spawn")
    lines: dict[str, Connection] = {}
    processes = {}
    try:
        for name, contestant in contestants.items():
            lines[name], theirs = context.Pipe()
            processes[name] = context.Process(target=_run, args=(contestant, theirs), name=name)
            processes[name].start()
            theirs.close()
            _hear(name, lines[name])  # warm; one after the other, so that none is tuned to a busy machine
        turns: Turns = {name: [] for name in contestants}
        drawn = random.Random(0)
        for _ in range(rounds):
            for name in drawn.sample(list(lines), len(lines)):
                lines[name].send("go")
                turns[name].append(_hear(name, lines[name]))
        return turns
    finally:
        for line in lines.values():
            line.close()
        for process in processes.values():
            process.join(timeout=30)
            process.kill()


def ratio(turns: Turns, name: str, to: str) -> dict[str, float]:
    """Returns how many times as long `name` takes as `to`: the median of the rounds, and their middle half.

    The same of processors' time, which a busy machine disturbs less.
    """
    both = np.array(turns[name]) / np.array(turns[to])
    low, middle, high = np.percentile(both[:, 0], [25, 50, 75])
    return {
        "ratio": round(float(middle), 3),
        "from": round(float(low), 3),
        "to": round(float(high), 3),
        "processor_ratio": round(float(np.median(both[:, 1])), 3),
    }


def median_seconds(turns: Turns, name: str) -> float:
    """Returns the median length of a contestant's turns."""
    return float(np.median([seconds for seconds, _ in turns[name]]))


def _run(contestant: Callable[[Turn], None], line: Connection) -> None:
    contestant(Turn(line))


def _hear(name: str, line: Connection) -> tuple[float, float]:
    try:
        return line.recv()
    except EOFError:
        raise RuntimeError(f"{name} ended before its time; what it said stands above") from None


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()
