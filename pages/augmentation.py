"""Augmentation: what it does to a digit, to its label, and to accuracy."""

import streamlit as st

from app import model_bar
from app.in_hand import in_hand

with model_bar.show():
    model_bar.show_digit(in_hand())
st.title("Augmentation", anchor=False)
