"""Draw: one's own digits, what a network reads in them, and why; and how a picture becomes a digit."""

import streamlit as st

from app import address, asking_all, gallery, giving, model_bar, panel, several_view, state, steps, why
from app.in_hand import in_hand
from app.prose import say

bar = model_bar.show()
several = giving.is_several()
with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    st.title("Draw", anchor=False, width="content")
    giving.show_ways()
st.markdown(say("draw", "intro of several" if several else "intro"))

with st.container(horizontal=True, gap="medium"):
    with st.container(width=giving.width(), gap="small"):
        giving.show_giving()
        canvas = st.container(gap="small", key="wide" if several else "canvas")
        if state.now().source == "draw":
            giving.show_canvas_tools()
    with st.container(gap="small"):
        reading = st.container(gap="small", key="number" if several else "reading")
        strip = None if several else steps.show_strip()
if strip is None:
    strip = steps.show_strip()


@st.fragment
def look() -> None:
    """All that changes with a stroke: run alone, it takes a fraction of the page's time."""
    if state.now().source == "draw":
        with canvas:
            giving.show_canvas()
    hand = in_hand()
    members = None if several else asking_all.ask(hand)
    with reading:  # first: it is what the person waits for
        verdict = several_view.show_number(canvas) if several else panel.show_reading(hand, members)
        with st.container(horizontal=True, gap="medium"):
            asked = st.toggle("Why this answer?", disabled=verdict is None, **state.bound("why"))
            if not several:
                asking_all.show_choice()
        if members is not None:
            asking_all.show_members(members)
    with bar:
        model_bar.show_digit(hand)
    steps.show_pictures(strip, hand)
    address.follow("Draw", "look")
    if asked and hand is not None and verdict is not None:
        why.show_why(hand, verdict)


look()
if state.now().source == "upload":
    gallery.show_gallery()
