"""An activation opened: value by value, its curve with this layer's values on it, other functions."""

import numpy as np
import streamlit as st

from app import cache, state
from app.kept import kept
from app.looking.maps_view import verdict_text
from app.opened import accuracy, aside, grids
from app.opened.aside import Question
from app.prose import say
from app.reading import bars_html
from app.subject import Subject
from model.datasets import DataError
from model.forward import Network
from model.layers import LEAKY_RELU_SLOPE, Activation
from model.probes.activating import FUNCTIONS, hidden_places, muted, with_function
from model.probes.normalising import spread
from model.verdict import Verdict

LESSON = "activation"
QUARTERS = ("0 to 25%", "25 to 50%", "50 to 75%", "75 to 100%")


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
            required=True,
            format_func=lambda name: name.replace("_", " ") + (" (as it is)" if name == own else ""),
            **state.lasting(f"other function {place}", "linear"),
        )
        everywhere = len(places) > 1 and st.toggle(
            "in all activations", **state.lasting(f"everywhere {place}", False)
        )
    others = places if everywhere else (place,)
    changed = _changed(subject.network, others, function)
    before, after = subject.values[-1], changed.probabilities(subject.digit[None])[0]
    with st.container(key="other-functions"):
        for column, title, read in zip(
            st.columns(2, gap="large"), (f"{own} (as it is)", function), (before, after), strict=True
        ):
            name = title.replace("_", " ")
            column.html(f'<p class="lab-as-function"><b>{name}</b>: {verdict_text(read)}</p>')
            column.html(bars_html(Verdict(read)))
    if subject.is_trained:
        try:
            st.markdown(accuracy.change(lambda *where: _is_right(subject.network, others, function, *where)))
        except DataError as error:
            st.warning(str(error))
    else:
        st.markdown(say(LESSON, "untrained"))
    st.caption(say(LESSON, "not learned with"))
    if function == "linear" and everywhere:
        st.markdown(say(LESSON, "all linear"))


@kept(4)  # as large as the network each
def _changed(network: Network, places: tuple[int, ...], function: str) -> Network:
    return with_function(network, places, function)


@kept(512)
def _is_right(
    network: Network, places: tuple[int, ...], function: str, dataset: str, part: str, start: int, stop: int
) -> np.ndarray:
    """Which of some digits a network reads right with another function."""
    digits = cache.digits(dataset, part)
    read = _changed(network, places, function).probabilities(digits.images[start:stop]).argmax(axis=1)
    found: np.ndarray = read == digits.labels[start:stop]
    found.flags.writeable = False
    return found
