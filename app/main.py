"""The frame of every page: navigation, the look, what was chosen so far, the page, and the link to it all."""

import streamlit as st

from app import address, model_bar, navigation, state, style

style.apply()
page = navigation.navigate()
st.set_page_config(page_title=f"{page.title} · Digit Lab", page_icon=style.ICON, layout="wide")
state.begin(page.url_path)
if model_bar.has_network():
    page.run()
address.follow(page.url_path, "page")
