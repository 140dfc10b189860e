"""How sure is it: the accuracy itself, what the network says of its readings, and two networks compared."""

import streamlit as st

from app import state
from app.mistaken import confidence, errors, interval, versus

FACETS = {"accuracy": interval.show, "confidence": confidence.show, "two": versus.show}
TITLES = {
    "accuracy": "How sure is the accuracy?",
    "confidence": "How sure does it say it is?",
    "two": "Is one better than the other?",
}


def show() -> None:
    """Shows the choice of a question, and what is chosen."""
    asked = state.now().facet
    chosen = asked if asked in FACETS and asked is not None else "accuracy"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="questions"):
        st.segmented_control(
            "Question",
            list(FACETS),
            format_func=TITLES.__getitem__,
            required=True,
            label_visibility="collapsed",
            width="content",
            **state.bound("facet", lambda _: chosen, key="sureness"),
        )
        if chosen != "confidence":  # which takes both: one to fit on, one to show what that brings
            errors.choose_part()
    with st.container(key="sureness"):
        FACETS[chosen]()
