"""The landing page: what can be found out here, a digit on its way through a network, and where to begin."""

import streamlit as st

from app import cache, giving, model_bar, state
from app.in_hand import in_hand
from app.journey import journey_html
from app.navigation import page
from app.prose import say

hand = in_hand()
with model_bar.show():
    model_bar.show_digit(hand)

st.title("See how a machine reads handwriting", anchor=False)
st.markdown(say("home", "intro"))
st.markdown(say("home", "guess"))

digit = cache.digits("mnist", "validation").images[0] if hand is None or hand.digit is None else hand.digit
model = state.now().model
st.html(journey_html(cache.checkpoint(model), cache.values(model, digit.tobytes())))

with st.container(horizontal=True):
    if st.button("Draw a digit", type="primary"):
        st.switch_page(page("draw"))
    if st.button("Watch one learn"):
        st.switch_page(page("training"))
    st.button("Another digit", on_click=giving.take_another_digit)
