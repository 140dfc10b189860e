"""What the training in the form will cost: its size, and the seconds that an epoch takes on this machine.

Where a training is about to begin, the seconds are measured, never assumed: by earlier runs of the same
network, else by a few batches that a worker trains for it. That also wakes the workers, so that a training
begins quickly after a press of Train. In the editor, where every press makes another network, they are
estimated until they are known, and said to be.
"""

import html
import threading
import time
from concurrent.futures import CancelledError, Future
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
AGAIN_SECONDS = 60.0  # a timing that failed is tried again after so long: somebody may have mended it
MOST_FAILED = 64  # failures that are remembered
FAULTS = (DataError, RunError, FloatingPointError, OSError)  # what a person is told; all else is ours to mend

_lock = threading.RLock()
_asked: "dict[str, tuple[Recipe, Future[Any]]]" = {}  # by `speed_key`
_failed: dict[str, tuple[float, BaseException]] = {}  # when, on the monotonic clock, and why; oldest first


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
    waiting = known is None and trainable and _failure(recipe) is None
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
        _time_it(recipe)
        if seconds_an_epoch(recipe) is not None or _failure(recipe) is not None:
            st.rerun()  # without the clock
        said = "timing an epoch…"
    elif failure := _failure(recipe):
        said = f"not timed: {str(failure) or type(failure).__name__}"
    size = f"{_short(recipe.parameters)} parameters · {_short(recipe.multiply_adds)} multiply-adds"
    st.html(f'<p class="lab-cost">{size}<br>{html.escape(said) or "&nbsp;"}</p>')


def _time(recipe: Recipe, runs: int, seconds: float) -> str:
    total = duration(seconds * recipe.epochs * runs)
    all_runs = f" for {runs} runs" if runs > 1 else ""
    return f"{_seconds(seconds)} an epoch here · {total}{all_runs}"


def _failure(recipe: Recipe) -> BaseException | None:
    """Why timing an epoch of this recipe failed a moment ago; None if it didn't."""
    when, error = _failed.get(speed_key(recipe), (-AGAIN_SECONDS, None))
    return error if time.monotonic() - when < AGAIN_SECONDS else None


def _time_it(recipe: Recipe) -> None:
    """Lets a worker time an epoch, as soon as there is one; keeps what came of all that were asked."""
    key = speed_key(recipe)
    with _lock:
        done = {name: asked for name, asked in _asked.items() if asked[1].done()}
        for name in done:
            del _asked[name]
        if key not in (*_asked, *done) and len(_asked) < MOST_AT_A_TIME:
            try:
                _asked[key] = recipe, workroom.look(SECONDS_AN_EPOCH, recipe.to_json())
            except FAULTS as error:
                _remember(key, error)
    for name, (timed, future) in done.items():
        _keep(name, timed, future)


def _keep(key: str, recipe: Recipe, future: "Future[Any]") -> None:
    """Keeps the seconds that a worker found, or why it found none."""
    try:
        error = future.exception()
    except CancelledError as cancelled:
        error = cancelled
    if error is not None:
        _remember(key, error)
        return
    seconds = float(future.result())
    workroom.store().measure(key, seconds)
    workroom.store().measure(OVER_ESTIMATE, seconds / estimated_seconds(recipe, _machine()))


def _remember(key: str, error: BaseException) -> None:
    with _lock:
        _failed.pop(key, None)  # the latest come last
        _failed[key] = time.monotonic(), error
        while len(_failed) > MOST_FAILED:
            del _failed[next(iter(_failed))]


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)


def _short(number: int) -> str:
    """A count to three digits: "812", "46,300", "1.23 million"."""
    if number >= 1_000_000:
        return f"{number / 1e6:.3g} million"
    return f"{float(f'{number:.3g}'):,.0f}"
