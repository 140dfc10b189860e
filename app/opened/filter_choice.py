"""Which filter of a convolution is looked at, and which of its input channels."""

import streamlit as st

from app import state
from app.subject import Subject
from model.layers import Conv2D


def chosen_filter(subject: Subject, place: int) -> int:
    """The filter that is looked at: the person's choice, else the first.

    Args:
        subject: whose layers.
        place: a convolution's.
    """
    layer = subject.layers[place]
    assert isinstance(layer, Conv2D)
    unit = state.now().unit or 0
    return unit if unit < layer.filters else 0


def chosen_channel(subject: Subject, place: int) -> int:
    """The input channel that is looked at: the person's choice, else the first."""
    channel = state.now().channel or 0
    return channel if channel < subject.shapes[place][-1] else 0


def choose(subject: Subject, place: int, with_channel: bool) -> None:
    """The controls.

    Args:
        subject: whose layers.
        place: a convolution's.
        with_channel: whether the input channel can be chosen as well.
    """
    layer = subject.layers[place]
    assert isinstance(layer, Conv2D)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filter-choice"):
        _number("Filter", "unit", chosen_filter(subject, place), layer.filters)
        if with_channel:
            channels = subject.shapes[place][-1]
            _number("Input channel", "channel", chosen_channel(subject, place), channels)


def _number(label: str, field: str, shown: int, count: int) -> None:
    if count == 1:
        return
    st.html(f"<p>{label}</p>", width="content")
    st.number_input(
        f"{label}, from 0 to {count - 1}",
        0,
        count - 1,
        label_visibility="collapsed",
        width=130,
        **state.bound(field, lambda _: shown, int, key=f"{field} of the convolution"),
    )
