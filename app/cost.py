"""What the training in the form will cost: its size, and the seconds that an epoch takes on this machine.

The seconds are measured, never assumed: by earlier runs of the same network, else by a few batches that a
worker trains for it. That also wakes the workers, so that a training begins quickly after a press of Train.
"""

import html
import threading
from concurrent.futures import Future
from typing import Any

import streamlit as st

from app import state, workroom
from app.progress import duration
from model.cost import speed_key
from model.datasets import DataError
from model.recipe import Recipe
from model.runs.records import RunError
from model.workers.calls import SECONDS_AN_EPOCH

TICK_SECONDS = 1.0
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
    return seconds


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)


def _short(number: int) -> str:
    """A count to three digits: "812", "46,300", "1.23 million"."""
    if number >= 1_000_000:
        return f"{number / 1e6:.3g} million"
    return f"{float(f'{number:.3g}'):,.0f}"
