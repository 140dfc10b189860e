"""What the training in the form will cost: its size, and the seconds that an epoch takes on this machine.

Where a training is about to begin, the seconds are measured, never assumed: by earlier runs of the same
network, else by a few batches that a worker trains for it. That also wakes the workers, so that a training
begins quickly after a press of Train. In the editor, where every press makes another network, they are
estimated until they are known, and said to be.
"""

import html
import threading
from concurrent.futures import Future
from functools import cache
from typing import Any

import streamlit as st

from app import state, workroom
from app.progress import duration
from app.prose import say
from model.cost import DIGITS, Machine, estimated_seconds, measure_machine, speed_key
from model.datasets import DataError
from model.recipe import Recipe
from model.runs.records import RunError
from model.workers.calls import SECONDS_AN_EPOCH

TICK_SECONDS = 1.0
# Under this name the store keeps how a measured epoch compared with its estimate, the latest on this machine.
OVER_ESTIMATE = "seconds an epoch, measured over estimated"
MOST_AT_A_TIME = 2  # timings in a server: a class that turns its knobs waits for one another

_lock = threading.Lock()
_asked: "dict[str, Future[Any]]" = {}


def seconds_an_epoch(recipe: Recipe) -> float | None:
    """Seconds that an epoch of this recipe takes here, as measured before; None while that isn't known."""
    if not workroom.has_runs():
        return None
    return workroom.store().measurement(speed_key(recipe))


def show(runs: int, trainable: bool) -> None:
    """Shows the cost of what is in the form; while an epoch is being timed, the figure follows.

    Args:
        runs: how many runs a press of Train begins.
        trainable: whether the recipe can be trained here, so that it can be timed.
    """
    recipe = state.now().recipe
    known = seconds_an_epoch(recipe)
    waiting = known is None and trainable
    st.fragment(_look, run_every=TICK_SECONDS if waiting else None)(recipe, runs, known, waiting)


def expected_seconds(recipe: Recipe) -> tuple[float, bool]:
    """Seconds that an epoch of this recipe takes here, and whether they were measured or are estimated.

    The estimate is of this machine's speed, corrected by how the last measured epoch compared with its own.
    """
    known = seconds_an_epoch(recipe)
    if known is not None:
        return known, True
    corrected = workroom.store().measurement(OVER_ESTIMATE) if workroom.has_runs() else None
    return estimated_seconds(recipe, _machine()) * (corrected or 1.0), False


def show_expected(recipe: Recipe, before: Recipe | None) -> None:
    """Shows at once what a recipe will cost, and what the last edit did to that.

    Args:
        recipe: the recipe.
        before: the recipe before the last edit; None for none.
    """
    seconds, is_measured = expected_seconds(recipe)
    if not is_measured:
        seconds = float(f"{seconds:.2g}")  # as many digits as an estimate deserves
    words = {
        "seconds": _seconds(seconds),
        "digits": f"{DIGITS[recipe.dataset][0]:,}",
        "epochs": recipe.epochs,
        "total": duration(seconds * recipe.epochs),
    }
    said = [say("editing", "measured" if is_measured else "estimated", **words)]
    if before is not None and before.layers != recipe.layers:
        said.append(
            say(
                "editing",
                "since",
                parameters=_times(recipe.parameters, before.parameters),
                multiply_adds=_times(recipe.multiply_adds, before.multiply_adds),
                # of two estimates, for a measurement and an estimate aren't to be compared
                seconds=_times(*(estimated_seconds(each, _machine()) for each in (recipe, before))),
            )
        )
    st.html(f'<p class="lab-price">{"<br>".join(said)}</p>')


def _times(now: float, before: float) -> str:
    """How many times as much: "×0.52", "as before"."""
    if not before or abs(now / before - 1) < 0.005:
        return "as before"
    return f"×{now / before:.2g}" if now / before < 10 else f"×{now / before:,.0f}"


@cache
def _machine() -> Machine:
    return measure_machine()


def _look(recipe: Recipe, runs: int, known: float | None, waiting: bool) -> None:
    said = "" if known is None else _time(recipe, runs, known)
    if waiting:
        try:
            found = _time_it(recipe)
            said = "timing an epoch…" if found is None else _time(recipe, runs, found)
        except (DataError, RunError, FloatingPointError, OSError) as error:
            said = f"not timed: {error}"
    size = f"{_short(recipe.parameters)} parameters · {_short(recipe.multiply_adds)} multiply-adds"
    st.html(f'<p class="lab-cost">{size}<br>{html.escape(said) or "&nbsp;"}</p>')


def _time(recipe: Recipe, runs: int, seconds: float) -> str:
    total = duration(seconds * recipe.epochs * runs)
    all_runs = f" for {runs} runs" if runs > 1 else ""
    return f"{_seconds(seconds)} an epoch here · {total}{all_runs}"


def _time_it(recipe: Recipe) -> float | None:
    """Lets a worker time an epoch; None until it has."""
    key = speed_key(recipe)
    with _lock:
        future = _asked.get(key)
        if future is None:
            busy = sum(not other.done() for other in _asked.values())
            if busy < MOST_AT_A_TIME:
                _asked[key] = workroom.look(SECONDS_AN_EPOCH, recipe.to_json())
            return None
        if not future.done():
            return None
        del _asked[key]
    seconds = float(future.result())
    workroom.store().measure(key, seconds)
    workroom.store().measure(OVER_ESTIMATE, seconds / estimated_seconds(recipe, _machine()))
    return seconds


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)


def _short(number: int) -> str:
    """A count to three digits: "812", "46,300", "1.23 million"."""
    if number >= 1_000_000:
        return f"{number / 1e6:.3g} million"
    return f"{float(f'{number:.3g}'):,.0f}"
