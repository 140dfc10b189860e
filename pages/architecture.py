"""Architecture: every layer of the network explained, with the numbers that it makes of the digit in hand."""

import streamlit as st

from app import address, arithmetic, claims, diagram, editor, model_bar, state
from app.hand import SIDES
from app.in_hand import InHand, in_hand
from app.looking.example import hand_or_example
from app.opened import views
from app.prose import say
from app.subject import subject


def layers(hand: InHand) -> None:
    """The network as a picture, and under it the layer that is looked at."""
    editor.show_draft_switch()
    explained = subject(hand)
    diagram.show(explained, views.holds_back(explained))
    views.show(explained, explained.place)


PARTS = {"layers": layers, "edit": editor.show, "claims": claims.show}

hand = in_hand()
with model_bar.show():
    model_bar.show_digit(hand)


@st.fragment
def look(hand: InHand) -> None:
    """All that follows a choice of part, layer or value."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="heading"):
        st.title("Architecture", anchor=False, width="content")
        st.markdown(say("architecture", state.now().side))
        if state.now().side == "layers":
            arithmetic.show(subject(hand).recipe)
        st.segmented_control(
            "Look at",
            SIDES,
            format_func=str.capitalize,
            required=True,
            label_visibility="collapsed",
            **state.bound("side"),
        )
    PARTS[state.now().side](hand)
    address.follow("Architecture", "look")


with st.container(key="architecture"):
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="remarks"):
        shown = hand_or_example(hand)
    look(shown)
