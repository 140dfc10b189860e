"""The look that a theme can't say: style sheets in assets/, one for all pages, one for each large subject."""

from functools import cache
from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).resolve().parents[1] / "assets"
ICON = ASSETS / "icon.svg"


@cache
def _sheet() -> str:
    sheets = [ASSETS / "style.css", *sorted((ASSETS / "style").glob("*.css"))]
    return f"<style>{''.join(sheet.read_text(encoding='utf-8') for sheet in sheets)}</style>"


def apply() -> None:
    """Adds the style sheet to the page."""
    st.html(_sheet())
