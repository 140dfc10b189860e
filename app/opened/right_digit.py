"""Which digit it really is: the label of a digit of the data, or what the person says of it."""

import streamlit as st

from app import state
from app.prose import say
from app.subject import Subject
from model.recipe import CLASSES


def ask(subject: Subject) -> bool:
    """Shows the label, which can be changed to see what a wrong one would do; without one, asks for it.

    Args:
        subject: the network and the digit.

    Returns:
        Whether it is known; not as long as nobody has said it.
    """
    known = subject.hand.label

    def from_widget(chosen: int | None) -> int | None:
        return None if chosen == known else chosen

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="right-digit"):
        title, bound = say("loss", "label"), state.bound("label", lambda _: _label(subject), from_widget)
        if known is None:
            st.markdown(title, width="content")
            st.pills(title, range(CLASSES), width="content", label_visibility="collapsed", **bound)
        else:
            st.markdown(title, width="content", help=say("loss", "labelled", label=known))
            st.segmented_control(
                title, range(CLASSES), required=True, width="content", label_visibility="collapsed", **bound
            )
    if _label(subject) is None:
        st.info(say("loss", "which"))
    return _label(subject) is not None


def in_use(subject: Subject) -> int:
    """The digit that the loss is computed for: the right one; until it is said, the one that is read."""
    label = _label(subject)
    return subject.reading if label is None else label


def _label(subject: Subject) -> int | None:
    said = state.now().label
    return subject.hand.label if said is None else said
