"""An activation opened: value by value, its curve with this layer's values on it, other functions."""

from functools import lru_cache

import numpy as np
import streamlit as st

from app import cache, portions, state
from app.looking.maps_view import verdict_text
from app.opened import aside, grids
from app.opened.aside import Question
from app.prose import say
from app.reading import bars_html
from app.subject import Subject
from model.cards import percent
from model.forward import Network
from model.layers import LEAKY_RELU_SLOPE, Activation
from model.probes.activating import FUNCTIONS, hidden_places, muted, with_function
from model.probes.normalising import spread
from model.verdict import Verdict

LESSON = "activation"
QUARTERS = ("0 to 25%", "25 to 50%", "50 to 75%", "75 to 100%")
DIGITS, PORTION = 500, 100  # read with another function, and between two reports of progress


def show(subject: Subject, place: int) -> None:
    """Shows it."""
    facets = {"values": _values, "others": _others}
    by_channel = ("values",) if len(subject.shapes[place]) == 3 else ()
    aside.show(subject, place, LESSON, _question(subject, place), facets, by_channel)


def _function(subject: Subject, place: int) -> str:
    layer = subject.layers[place]
    assert isinstance(layer, Activation)
    return layer.function


def _question(subject: Subject, place: int) -> Question:
    function, x = _function(subject, place), subject.gets(place)
    hit = muted(function, x)
    share = float(hit.mean())
    told = {"count": f"{int(hit.sum()):,}", "of": f"{hit.size:,}", "share": f"{share:.0%}"}
    return Question(
        say(LESSON, f"ask {function}", of=told["of"]),
        QUARTERS,
        lambda: (
            min(int(share * len(QUARTERS)), len(QUARTERS) - 1),
            say(LESSON, f"answer {function}", **told),
        ),
        f"activation {place} {function}",
    )


def _values(subject: Subject, place: int) -> None:
    function, x, y = _function(subject, place), subject.gets(place), subject.gives(place)
    curve = grids.Curve(function, spread(x.reshape(-1, 1)))
    if x.ndim == 3:
        channel = aside.channel_of(subject, place)
        x, y = x[..., channel], y[..., channel]
    most = float(max(np.abs(x).max(), np.abs(y).max()))
    shown = [
        grids.Grid("before", "", x, True, most),
        # on the same scale as before: what was orange is seen to go
        grids.Grid(f"after {function.replace('_', ' ')}", "", y, True, most, True),
    ]
    numbers = {"slope": LEAKY_RELU_SLOPE}
    view = grids.View("activation", shown, grids.chosen_cell(y), numbers=numbers, curve=curve)
    grids.show(grids.to_content(view), "activation values")
    st.caption(say(LESSON, "slope"))


def _others(subject: Subject, place: int) -> None:
    st.fragment(_look_at_others)(subject, place)


def _look_at_others(subject: Subject, place: int) -> None:
    own, places = _function(subject, place), hidden_places(subject.network)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        function = st.segmented_control(
            "Instead of it",
            FUNCTIONS,
            default="linear",
            required=True,
            format_func=lambda name: name.replace("_", " ") + (" (as it is)" if name == own else ""),
            key=f"other function {place}",
        )
        everywhere = len(places) > 1 and st.toggle("in all activations", key=f"everywhere {place}")
    changed = _changed(subject.network, places if everywhere else (place,), function)
    before, after = subject.values[-1], changed.probabilities(subject.digit[None])[0]
    with st.container(key="other-functions"):
        for column, title, read in zip(
            st.columns(2, gap="large"), (f"{own} (as it is)", function), (before, after), strict=True
        ):
            name = title.replace("_", " ")
            column.html(f'<p class="lab-as-function"><b>{name}</b>: {verdict_text(read)}</p>')
            column.html(bars_html(Verdict(read)))
    if subject.is_trained:
        rights = [_right(network) for network in (subject.network, changed)]
        count = min(DIGITS, len(cache.validation_digits(state.now().model)))
        shares = [percent(right / count, count) for right in rights]
        st.markdown(say(LESSON, "accuracy", count=count, before=shares[0], after=shares[1]))
    else:
        st.markdown(say(LESSON, "untrained"))
    st.caption(say(LESSON, "not learned with"))
    if function == "linear" and everywhere:
        st.markdown(say(LESSON, "all linear"))


def _right(network: Network) -> int:
    """Of the first validation digits, how many are read right."""
    digits = cache.validation_digits(state.now().model)
    count = min(DIGITS, len(digits))
    found = portions.walk(
        range(0, count, PORTION),
        lambda start: _right_of(network, digits.dataset, digits.part, start, min(start + PORTION, count)),
        f"Reading {count} validation digits…",
    )
    return sum(found)


@lru_cache(maxsize=64)
def _changed(network: Network, places: tuple[int, ...], function: str) -> Network:
    return with_function(network, places, function)


@lru_cache(maxsize=512)
def _right_of(network: Network, dataset: str, part: str, start: int, stop: int) -> int:
    digits = cache.digits(dataset, part)
    read = network.probabilities(digits.images[start:stop]).argmax(axis=1)
    return int((read == digits.labels[start:stop]).sum())
