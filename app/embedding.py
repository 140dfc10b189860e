"""A map of digits by t-SNE: the workers draw it in stages, once, and whoever asks for the same sees it."""

import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from app import cache, workroom
from app.prose import say
from model.probes import places
from model.workers.calls import T_SNE

MOST_KEPT = 32  # maps of two thousand digits, 16 kB each, and while they are drawn what they are drawn from
TICK_SECONDS = 0.5

_Key = tuple[str | None, cache.Out]


@dataclass
class _Drawing:
    """A map on its way.

    Args:
        summary: float32 (n, d), what it is drawn from: a tenth of the numbers, all that the method looks at.
        future: of the stage that is being drawn.
        points: float32 (n, 2), what the stage before gave; None at first.
        stage: which stage is being drawn, from 0; as many as there are when all are done.
        begun: by the monotonic clock.
    """

    summary: np.ndarray
    future: "Future[Any]"
    points: np.ndarray | None = None
    stage: int = 0
    begun: float = field(default_factory=time.monotonic)

    @property
    def finished(self) -> bool:
        return self.stage == len(places.STAGES)

    @property
    def problem(self) -> BaseException | None:
        """Why it can't be drawn, if it can't."""
        return self.future.exception() if self.future.done() else None

    def go_on(self) -> None:
        """Takes what a stage has given, and lets the next one be drawn."""
        if self.finished or not self.future.done() or self.problem:
            return
        self.points = np.asarray(self.future.result())
        self.stage += 1
        if self.finished:
            self.summary = self.summary[:0]  # no longer needed, and larger than the map
        else:
            self.future = workroom.look(T_SNE, self.summary, self.stage, self.points)


_drawings: OrderedDict[_Key, _Drawing] = OrderedDict()
_lock = threading.Lock()


def show(name: str | None, out: cache.Out, features: np.ndarray) -> np.ndarray | None:
    """The map as far as it is drawn; with how far that is, or why it can't be drawn.

    Args:
        name: the network.
        out: its filters that are switched off.
        features: float32 (n, d), how it describes the digits.

    Returns:
        float32 (n, 2), see ``places.to_map``; None until the first stage is done. After each stage the page
        runs again.
    """
    drawing = _ask((name, out), features)
    if drawing.problem:
        st.error(say("looking_inside", "embedding failed", reason=drawing.problem))
        st.button("Try again", on_click=_forget, args=((name, out),))
        return None
    if not drawing.finished:
        st.fragment(_wait, run_every=TICK_SECONDS)(drawing, drawing.stage)
        if drawing.points is None:
            st.html('<div class="lab-scatter lab-waiting"></div>')
    return drawing.points


def _wait(drawing: _Drawing, stage: int) -> None:
    with _lock:
        drawing.go_on()
    if drawing.stage != stage or drawing.problem:
        st.rerun()
    done, total = sum(places.STAGES[:stage]), sum(places.STAGES)
    seconds = int(time.monotonic() - drawing.begun)
    passage = "embedding goes on" if stage else "embedding waits"
    told = {"count": len(drawing.summary), "done": done, "total": total, "seconds": seconds}
    st.progress(done / total, say("looking_inside", passage, **told))
    if problem := workroom.problem():
        st.warning(problem)


def _ask(key: _Key, features: np.ndarray) -> _Drawing:
    with _lock:
        if key not in _drawings:
            summary = places.summary(features)
            _drawings[key] = _Drawing(summary, workroom.look(T_SNE, summary, 0))
            while len(_drawings) > MOST_KEPT:
                _drawings.popitem(last=False)
        _drawings[key].go_on()
        return _drawings[key]


def _forget(key: _Key) -> None:
    with _lock:
        _drawings.pop(key, None)
