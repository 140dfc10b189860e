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


def choose(subject: Subject, place: int) -> None:
    """The controls for both; a kernel that was changed by hand belonged to the old choice, and goes."""
    choose_filter(subject, place)
    _number("Input channel", "channel", chosen_channel(subject, place), subject.shapes[place][-1])


def choose_filter(subject: Subject, place: int) -> None:
    """The control for the filter alone."""
    layer = subject.layers[place]
    assert isinstance(layer, Conv2D)
    _number("Filter", "unit", chosen_filter(subject, place), layer.filters)


def _number(label: str, field: str, shown: int, count: int) -> None:
    if count == 1:
        return
    bound = state.bound(field, lambda _: shown, int, key=f"{field} of the convolution")
    take = bound["on_change"]

    def change() -> None:
        take()
        state.change(kernel=None)

    st.number_input(
        f"{label} (of {count}, from 0)", 0, count - 1, key=bound["key"], on_change=change, width=190
    )
