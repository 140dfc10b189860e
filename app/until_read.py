"""A page that waits for a reading of `app.bulk`: how far it is, why it can't go on, and what came of it."""

from collections.abc import Callable
from typing import Any, TypeGuard, TypeVar

import streamlit as st

from app.bulk import Reading
from app.prose import plain, say
from model.checkpoint import CheckpointError
from model.datasets import DataError
from model.runs.records import RunError

Result = TypeVar("Result")

TICK_SECONDS = 0.3  # between two questions how far it is


def until_read(work: Callable[[], Reading | Result], show: Callable[[Any], None], saying: str) -> None:
    """Shows how far a reading is, or why it can't go on; and the result as soon as it is there.

    Args:
        work: gives an unfinished `Reading`, or the result; asked again and again.
        show: shows the result.
        saying: what is being done, in words, beside the bar.
    """
    try:
        found = work()
    except (CheckpointError, DataError, RunError) as error:
        st.error(str(error))
        return
    if not _is_unfinished(found):
        show(found)
    elif found.problem:
        st.error(say("mistakes", "no reading", problem=plain(found.problem)))
        st.button("Try again")  # a rerun is all that it takes
    else:
        st.fragment(_wait, run_every=TICK_SECONDS)(work, saying)


def _wait(work: Callable[[], object], saying: str) -> None:
    try:
        found = work()
    except (CheckpointError, DataError, RunError):
        st.rerun()  # who shows the page says what is wrong
    if not _is_unfinished(found) or found.problem:
        st.rerun()  # without the clock
    passage = "reading on" if len(found.values) else "reading begins"
    told = say("mistakes", passage, saying=saying, count=len(found.values), total=found.total)
    st.progress(len(found.values) / found.total, told)


def _is_unfinished(found: Any) -> TypeGuard[Reading]:  # noqa: ANN401 - a reading, or whatever else is waited for
    return isinstance(found, Reading) and not found.finished
