"""A map of digits by t-SNE or UMAP: a worker draws it, once, and everybody who asks for the same sees it."""

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
from model.workers.calls import EMBED

MOST_KEPT = 32  # maps of a thousand digits, 8 kB each
TICK_SECONDS = 1.0

_Key = tuple[str | None, cache.Out, str]
_asked: OrderedDict[_Key, tuple[float, "Future[Any]"]] = OrderedDict()
_lock = threading.Lock()


def show(name: str | None, out: cache.Out, features: np.ndarray, method: str) -> np.ndarray | None:
    """The map, if it is there; else says how long one has waited for it, or why it can't be.

    Args:
        name: the network.
        out: its filters that are switched off.
        features: float32 (n, d), how it describes the digits.
        method: one of `model.probes.places.METHODS`.

    Returns:
        float32 (n, 2); None while it is being drawn. Then the page runs again when it is done.
    """
    future = _ask((name, out, method), features)[1]
    if future.done():
        error = future.exception()
        if error is None:
            return np.asarray(future.result())
        st.error(say("looking_inside", "embedding failed", reason=error))
        st.button("Try again", on_click=_forget, args=((name, out, method),))
        return None
    st.fragment(_wait, run_every=TICK_SECONDS)((name, out, method), len(features))
    return None


def _wait(key: _Key, count: int) -> None:
    begun, future = _asked.get(key, (time.monotonic(), None))
    if future is None or future.done():
        st.rerun()
    seconds = int(time.monotonic() - begun)
    st.html('<div class="lab-scatter lab-waiting"></div>')
    st.caption(f"{say('looking_inside', 'embedding waits', count=count)} ({seconds} s)")


def _ask(key: _Key, features: np.ndarray) -> tuple[float, "Future[Any]"]:
    with _lock:
        if key not in _asked:
            # The summary is a tenth of the numbers, and all that the methods look at.
            future = workroom.look(EMBED, places.summary(features), key[2])
            _asked[key] = (time.monotonic(), future)
            while len(_asked) > MOST_KEPT:
                _asked.popitem(last=False)
        return _asked[key]


def _forget(key: _Key) -> None:
    with _lock:
        _asked.pop(key, None)
