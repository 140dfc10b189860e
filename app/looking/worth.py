"""What each filter of a layer is worth: by how much accuracy falls without it, measured by a worker."""

import threading
from collections import OrderedDict
from concurrent.futures import Future
from typing import Any

import numpy as np
import streamlit as st

from app import cache, looking_network, state, workroom
from app.prose import say
from model.runs.records import RunError
from model.workers.calls import EFFECTS

TICK_SECONDS = 1.0
MOST_KEPT = 64  # layers of networks, a few kilobytes each
MOST_AT_A_TIME = 2  # in a server: a class waits for one another

_lock = threading.Lock()
_asked: "OrderedDict[tuple[str | None, cache.Out, int], Future[Any]]" = OrderedDict()


def effects(place: int) -> np.ndarray | None:
    """By how much accuracy falls without each unit of a layer, of the network as it is in hand.

    The first time a worker measures it; meanwhile that is said, and the view follows when it is done.

    Args:
        place: a layer with units.

    Returns:
        float32 (units,), −1 to 1; None while it isn't known.
    """
    key = (state.now().model, looking_network.out(), place)
    try:
        future = _ask(key)
    except RunError as error:  # the store of runs can't be opened
        st.warning(str(error))
        return None
    if future is not None and future.done():
        failed = future.exception()
        if failed is None:
            return np.asarray(future.result().falls)
        with _lock:
            _asked.pop(key, None)
        st.warning(say("filters", "not measured", reason=failed))
        return None
    st.fragment(_wait, run_every=TICK_SECONDS)(key)
    return None


def _wait(key: tuple[str | None, cache.Out, int]) -> None:
    future = _ask(key)
    if future is not None and future.done():
        st.rerun()
    st.html(
        f'<p class="lab-note" role="status">{say("filters", "measuring", count=looking_network.TESTED)}</p>'
    )
    if problem := workroom.problem():
        st.warning(problem)


def _ask(key: tuple[str | None, cache.Out, int]) -> "Future[Any] | None":
    """What a worker was asked; None while others wait for theirs."""
    with _lock:
        future = _asked.get(key)
        if future is None:
            if sum(not other.done() for other in _asked.values()) >= MOST_AT_A_TIME:
                return None
            name, out, place = key
            digits = cache.validation_digits(name)
            images, labels = (each[: looking_network.TESTED] for each in (digits.images, digits.labels))
            network = cache.network(name, out)
            recipe = cache.checkpoint(name).recipe
            future = workroom.look(EFFECTS, recipe.to_json(), dict(network.weights), place, images, labels)
            _asked[key] = future
            while len(_asked) > MOST_KEPT:
                _asked.popitem(last=False)
        return future
