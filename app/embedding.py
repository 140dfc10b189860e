"""A map of digits by t-SNE: a worker draws it, once, and everybody who asks for the same sees it."""

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from typing import Any

import numpy as np
import streamlit as st

from app import cache, workroom
from app.prose import say
from model.probes import places
from model.workers.calls import T_SNE

MOST_KEPT = 32  # maps of a thousand digits, 8 kB each
TICK_SECONDS = 1.0

_Key = tuple[str | None, cache.Out]
_asked: OrderedDict[_Key, tuple[float, "Future[Any]"]] = OrderedDict()
_lock = threading.Lock()


def show(name: str | None, out: cache.Out, features: np.ndarray) -> np.ndarray | None:
    """The map, if it is there; else says how long one has waited for it, or why it can't be.

    Args:
        name: the network.
        out: its filters that are switched off.
        features: float32 (n, d), how it describes the digits.

    Returns:
        float32 (n, 2); None while it is being drawn. Then the page runs again when it is done.
    """
    future = _ask((name, out), features)[1]
    if future.done():
        error = future.exception()
        if error is None:
            return np.asarray(future.result())
        st.error(say("looking_inside", "embedding failed", reason=error))
        st.button("Try again", on_click=_forget, args=((name, out),))
        return None
    st.fragment(_wait, run_every=TICK_SECONDS)((name, out), len(features))
    return None


def _wait(key: _Key, count: int) -> None:
    begun, future = _asked.get(key, (time.monotonic(), None))
    if future is None or future.done():
        st.rerun()
    seconds = int(time.monotonic() - begun)
    st.html('<div class="lab-scatter lab-waiting"></div>')
    st.caption(f"{say('looking_inside', 'embedding waits', count=count)} ({seconds} s)")
    if problem := workroom.problem():
        st.warning(problem)


def _ask(key: _Key, features: np.ndarray) -> tuple[float, "Future[Any]"]:
    with _lock:
        if key not in _asked:
            # The summary is a tenth of the numbers, and all that the method looks at.
            future = workroom.look(T_SNE, places.summary(features))
            _asked[key] = (time.monotonic(), future)
            while len(_asked) > MOST_KEPT:
                _asked.popitem(last=False)
        return _asked[key]


def _forget(key: _Key) -> None:
    with _lock:
        _asked.pop(key, None)
