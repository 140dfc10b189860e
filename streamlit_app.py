"""Digit Lab: `streamlit run streamlit_app.py`, or plain `streamlit run`, opens the dashboard."""

import streamlit as st

from app import chart_scripts, tables
from app.lifespan import lifespan
from app.owner import middleware

routes = (*chart_scripts.routes, *tables.routes)
app = st.App("app/main.py", lifespan=lifespan, routes=routes, middleware=middleware)
