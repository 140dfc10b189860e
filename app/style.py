"""The look that a theme can't say: one style sheet, in assets/."""

from functools import cache
from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).resolve().parents[1] / "assets"
ICON = ASSETS / "icon.svg"


@cache
def _sheet() -> str:
    return f"<style>{(ASSETS / 'style.css').read_text(encoding='utf-8')}</style>"


def apply() -> None:
    """Adds the style sheet to the page."""
    st.html(_sheet())
