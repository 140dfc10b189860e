"""Which digit it really is: the label of a digit of the data, or what the person says of a drawing."""

import streamlit as st

from app import state
from app.prose import say
from app.subject import Subject
from model.recipe import CLASSES


def ask(subject: Subject) -> int | None:
    """Shows the label, which can be changed to see what a wrong one would do; without one, asks for it.

    Returns:
        The right digit; None as long as nobody has said it.
    """
    known = subject.hand.label
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="right-digit"):
        if known is None:
            st.markdown(say("loss", "label"), width="content")
            label = st.pills(
                say("loss", "label"),
                range(CLASSES),
                width="content",
                label_visibility="collapsed",
                **state.bound("target"),
            )
        else:
            st.markdown(say("loss", "label"), width="content", help=say("loss", "labelled", label=known))
            # anew for every digit: what was tried on one says nothing of the next
            label = st.segmented_control(
                say("loss", "label"),
                range(CLASSES),
                default=known,
                required=True,
                width="content",
                label_visibility="collapsed",
                key=f"label of {hash(subject.digit.tobytes())}",
            )
    if label is None:
        st.info(say("loss", "which"))
        return None
    return int(label)


def likely(subject: Subject) -> int:
    """The right digit as far as it is known without asking: the label, else what is read."""
    return subject.reading if subject.hand.label is None else subject.hand.label
