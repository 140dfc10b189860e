"""The annealer under X-ray: what it watched, how long it waits, why it dropped the rate, and what that did."""

import html
from functools import lru_cache

import streamlit as st

from app import live_chart
from app.charts import annealer
from app.charts.words import xray_alt
from app.snapshots import Snapshot

MOST_SENTENCES = 3


def show(seen: Snapshot) -> None:
    """Shows what the annealer of a run saw and did."""
    st.subheader("The annealer under X-ray", anchor=False)
    if seen.recipe.annealer.name != "plateau":
        st.caption(f"{seen.recipe.annealer.name} watches nothing.")
        return
    for sentence in annealer.drop_sentences(seen)[:MOST_SENTENCES]:
        st.html(f'<p class="lab-note">{html.escape(sentence)}</p>')
    live_chart.show(_drawn(seen), f"X-ray of {seen.name}", annealer.XRAY_HEIGHT)


@lru_cache(maxsize=32)
def _drawn(seen: Snapshot) -> bytes:
    return live_chart.to_content(annealer.xray(seen), xray_alt(seen))
