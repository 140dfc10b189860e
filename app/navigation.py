"""The pages, in the order in which they stand at the top."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

PAGES = Path(__file__).resolve().parents[1] / "pages"


HOME = "home"
# Script to title; the title is the address too, but for the landing page's, which is "/".
TITLES: Mapping[str, str] = {
    HOME: "Digit Lab",
    "draw": "Draw",
    "architecture": "Architecture",
    "augmentation": "Augmentation",
    "training": "Training",
    "filters": "Filters",
    "mistakes": "Mistakes",
}


def page(name: str) -> st.Page:
    """One page, by the name of its script, as `st.page_link` and `st.switch_page` take it."""
    title = TITLES[name]
    return st.Page(PAGES / f"{name}.py", title=title, url_path=title, default=name == HOME)


def navigate() -> st.Page:
    """Shows the navigation and returns the page that was asked for."""
    return st.navigation([page(name) for name in TITLES], position="top")
