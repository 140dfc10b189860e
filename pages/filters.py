"""Filters and feature maps: look inside a network, at any epoch."""

import streamlit as st

from app import (
    address,
    dossier_view,
    lie_of_digits,
    model_bar,
    side_by_side,
    state,
    why_view,
)
from app.hand import LOOKS
from app.in_hand import InHand, in_hand
from app.looking import filters_view, maps_view, take_away, timeline
from app.looking.example import hand_or_example
from app.prose import say

VIEWS = {
    "maps": maps_view.show,
    "filters": filters_view.show,
    "one filter": dossier_view.show,
    "why": why_view.show,
    "where digits lie": lie_of_digits.show,
    "compare": side_by_side.show,
}

hand = in_hand()
with model_bar.show():
    model_bar.show_digit(hand)
with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="heading"):
    st.title("Filters", anchor=False, width="content")
    st.markdown(say("filters", "intro"))
with st.container(horizontal=True, vertical_alignment="center", gap="small", key="remarks"):
    shown = hand_or_example(hand)
    timeline.show(shown)


@st.fragment
def look(hand: InHand) -> None:
    """All that follows a choice of view, layer or filter."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="looks"
    ):
        st.segmented_control(
            "Look at",
            LOOKS,
            format_func=str.capitalize,
            required=True,
            label_visibility="collapsed",
            **state.bound("look"),
        )
        take_away.show(hand)
    VIEWS[state.now().look](hand)
    address.follow("Filters", "look")


look(shown)
