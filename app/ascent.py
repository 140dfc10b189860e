"""What would excite a filter most of all: a picture made by gradient ascent, on demand, step by step."""

import html
import threading
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import streamlit as st

from app import cache, state
from app.pixels import to_html
from app.prose import say
from model.probes.dossier import responses
from model.probes.maximisation import STEPS, maximise
from model.probes.units import before_activation

SEED = 0
FRAMES = 20  # shown on the way
ASKED = "pictures that excite"


class Climb:
    """The pictures of one ascent, made once and shared by all who look at it.

    Args:
        pictures: makes them, one after the other.
    """

    def __init__(self, pictures: Iterator[np.ndarray]) -> None:
        self._pictures = pictures
        self._made: list[np.ndarray] = []
        self._done = False
        self._lock = threading.Lock()

    @property
    def done(self) -> bool:
        """Whether the last of them is made."""
        return self._done

    @property
    def last(self) -> np.ndarray:
        """The newest picture, float32 (28, 28), ink from 0 to 1."""
        return self._made[-1]

    def __iter__(self) -> Iterator[np.ndarray]:
        place = 0
        while True:
            with self._lock:
                if place == len(self._made):
                    picture = next(self._pictures, None)
                    if picture is None:
                        self._done = True
                        return
                    self._made.append(picture)
                shown = self._made[place]
            place += 1
            yield shown


@lru_cache(maxsize=64)
def _climb(name: str | None, place: int, unit: int, start: bytes | None) -> Climb:
    network = cache.network(name)
    digit = None if start is None else np.frombuffer(start, np.uint8).reshape(28, 28)
    return Climb(maximise(network, before_activation(network.layers, place), unit, STEPS, SEED, start=digit))


def show(place: int, unit: int, digit: np.ndarray, best: float) -> None:
    """Shows a picture that excites a filter more than digits do, once it is asked for.

    Args:
        place: the filter's layer.
        unit: its number.
        digit: uint8 (28, 28), the digit that excites it most: there the climb begins.
        best: how strongly it answers to that digit; one that answers to none is shown noise.
    """
    st.fragment(_look)(place, unit, digit.tobytes() if best > 0 else None, best)


def _look(place: int, unit: int, start: bytes | None, best: float) -> None:
    st.html("<h4>What would excite it most of all?</h4>")
    climb = _climb(state.now().model, place, unit, start)
    beginning = say("looking_inside", "from noise" if start is None else "from digit", seed=SEED)
    if not climb.done and not st.button("Make a picture of it", key=ASKED):
        said = say("looking_inside", "before ascent", start=beginning)
        st.html(f'<p class="lab-small">{html.escape(said)}</p>')
        return
    frame = st.empty()
    if not climb.done:
        for step, picture in enumerate(climb):
            if step % (STEPS // FRAMES) == 0:
                frame.html(_picture(picture, f"step {step} of {STEPS}"))
    answer = float(_answer(state.now().model, place, unit, start))
    told = {"steps": STEPS, "start": beginning, "answer": f"{answer:.2f}", "best": f"{best:.2f}"}
    said = say("looking_inside", "ascent", **told)
    if answer <= best:
        said += f" {say('looking_inside', 'ascent below' if best > 0 else 'ascent dead')}"
    frame.html(_picture(climb.last, said))


@lru_cache(maxsize=64)
def _answer(name: str | None, place: int, unit: int, start: bytes | None) -> np.float32:
    picture = _climb(name, place, unit, start).last
    return responses(cache.network(name), place, picture[None])[0, unit]


def _picture(picture: np.ndarray, said: str) -> str:
    grey = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    picture_html = to_html(grey, f"A picture that excites it strongly: {said}")
    return f'<figure class="lab-ascent">{picture_html}<figcaption>{html.escape(said)}</figcaption></figure>'
