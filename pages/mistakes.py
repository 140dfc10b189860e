"""Mistakes: an honest test, the digits that were read wrong, and how far the figures hold."""

import streamlit as st

from app import address, model_bar, state
from app.hand import SIGHTS
from app.in_hand import in_hand
from app.mistaken import course, errors, gallery, kaggle, strangers, sureness, worse
from app.prose import say

VIEWS = {
    "errors": errors.show,
    "gallery": gallery.show,
    "how sure": sureness.show,
    "epochs": course.show,
    "worse digits": worse.show,
    "no digit": strangers.show,
    "kaggle": kaggle.show,
}

hand = in_hand()
with model_bar.show():
    model_bar.show_digit(hand)
with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="heading"):
    st.title("Mistakes", anchor=False, width="content")
    st.markdown(say("mistakes", "intro"))


@st.fragment
def look() -> None:
    """All that follows a choice of view."""
    st.segmented_control(
        "Look at",
        SIGHTS,
        format_func=str.capitalize,
        required=True,
        label_visibility="collapsed",
        **state.bound("sight"),
    )
    VIEWS[state.now().sight]()
    address.follow("Mistakes", "look")


look()
