"""The annealer under X-ray: what it watches, how long it waits, why it dropped the rate, what that did."""

import html
from functools import lru_cache

import streamlit as st

from app import live_chart
from app.charts import annealer
from app.charts.curves import value_text
from app.charts.words import drop_sentences, xray_alt
from app.prose import say
from app.seen import Snapshot
from model.history import Watch

MOST_DOTS = 10


def show(seen: Snapshot) -> None:
    """Shows what the annealer of a run saw and did; of one that watches nothing, that it follows its plan."""
    st.subheader("The annealer under X-ray", anchor=False)
    if seen.recipe.annealer.name != "plateau":
        st.markdown(say("watching", f"annealer {seen.recipe.annealer.name}"))
        return
    sentences = drop_sentences(seen)
    st.html(f'<div class="lab-xray">{_countdown(seen)}{_newest(sentences)}</div>')
    live_chart.show(_drawn(seen), f"X-ray of {seen.name}", annealer.XRAY_HEIGHT)
    st.html(_earlier(sentences[1:]))


def _countdown(seen: Snapshot) -> str:
    """How long the annealer still waits, in dots and words."""
    setting = seen.recipe.annealer
    watch = seen.epochs[-1].watch if seen.epochs else None
    left = setting.patience if watch is None else watch.patience_left
    dots = "".join(
        f'<i class="{"lab-left" if place < left else ""}"></i>' for place in range(setting.patience)
    )
    shown = dots if setting.patience <= MOST_DOTS else f"<b>{left}</b>"
    return (
        f'<div class="lab-countdown"><span>Patience</span>'
        f'<div class="lab-dots" aria-hidden="true">{shown}</div>'
        f"<span>{_state(seen, watch, left)}</span></div>"
    )


def _state(seen: Snapshot, watch: Watch | None, left: int) -> str:
    setting = seen.recipe.annealer
    if watch is None:
        return f"waits for {setting.patience} without a rise"
    if not seen.unfinished:
        return f"{left} of {setting.patience} left at the end"
    if watch.reason == "dropped":
        return "used up: the rate was dropped"
    if watch.reason == "at the lowest rate":
        return "the rate is the lowest allowed"
    if watch.cooldown_left:
        return f"cooling down for {watch.cooldown_left} more"
    best = watch.value if watch.reason == "better" else watch.best
    return f"{left} of {setting.patience} left to beat {value_text(setting.monitor, best)}"


def _newest(sentences: list[str]) -> str:
    said = sentences[0] if sentences else say("watching", "no drop yet")
    return f'<p class="lab-note" role="status">{html.escape(said)}</p>'


def _earlier(sentences: list[str]) -> str:
    if not sentences:
        return '<p class="lab-earlier lab-quiet">No earlier drop.</p>'
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    count = "One earlier drop" if len(sentences) == 1 else f"{len(sentences)} earlier drops"
    return f'<details class="lab-earlier"><summary>{count}</summary><ul>{items}</ul></details>'


@lru_cache(maxsize=32)
def _drawn(seen: Snapshot) -> bytes:
    return live_chart.to_content(annealer.xray(seen), xray_alt(seen))
