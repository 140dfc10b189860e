"""Draw: one's own digit, what a network reads in it, and why; and how a picture is brought into its form."""

import streamlit as st

from app import address, gallery, giving, model_bar, panel, state, steps, why
from app.in_hand import in_hand
from app.prose import say

bar = model_bar.show()
st.title("Draw", anchor=False)
st.markdown(say("draw", "intro"))

with st.container(horizontal=True, gap="medium"):
    with st.container(width=280, gap="small"):
        giving.show_giving()
        canvas = st.container(gap="small", key="canvas")
        if state.now().source == "draw":
            giving.show_canvas_tools()
    with st.container(gap="small"):
        reading = st.container(gap="small", key="reading")
        strip = steps.show_strip()


@st.fragment
def look() -> None:
    """All that changes with a stroke: run alone, it takes a fraction of the page's time."""
    if state.now().source == "draw":
        with canvas:
            giving.show_canvas()
    hand = in_hand()
    with reading:  # first: it is what the person waits for
        verdict = panel.show_reading(hand)
        asked = st.toggle("Why this answer?", disabled=verdict is None, **state.bound("why"))
    with bar:
        model_bar.show_digit(hand)
    steps.show_pictures(strip, hand)
    address.follow("Draw", "look")
    if asked and hand is not None and verdict is not None:
        why.show_why(hand, verdict)


look()
if state.now().source == "upload":
    gallery.show_gallery()
