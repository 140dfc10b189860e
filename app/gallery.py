"""Several uploaded pictures at a glance: each with its reading."""

import html

import numpy as np
import streamlit as st

from app import cache, state
from app.in_hand import InHand, of_picture
from app.pixels import to_html
from app.reading import chance
from model.verdict import Verdict


def show_gallery() -> None:
    """Shows a card for each picture, if there are several; read in one batch."""
    chosen = state.now()
    if len(chosen.pictures) < 2:
        return
    hands = [of_picture(picture, chosen.off) for picture in chosen.pictures]
    digits = [hand.digit for hand in hands if hand.digit is not None]
    network = cache.checkpoint(chosen.model).network
    verdicts = iter(map(Verdict, network.probabilities(np.stack(digits)) if digits else ()))
    cards = [
        _card(place, hand, None if hand.digit is None else next(verdicts), place == chosen.picture)
        for place, hand in enumerate(hands)
    ]
    st.subheader("All your pictures", anchor=False)
    st.html(f'<div class="lab-gallery">{"".join(cards)}</div>')


def _card(place: int, hand: InHand, verdict: Verdict | None, chosen: bool) -> str:
    name = html.escape(hand.what)
    head = f'<b class="lab-file">{place + 1}. {name}</b>'
    if hand.digit is None or verdict is None:
        body = f'<span class="lab-thumb"></span><span>{html.escape(hand.problem or "")}</span>'
    else:
        doubt = " ".join(verdict.warnings)
        body = (
            f"{to_html(hand.digit, f'Picture {place + 1} as it is read', 'lab-thumb')}"
            f"<span><b>{verdict.digit}</b> ({chance(verdict.confidence)}) {html.escape(doubt)}</span>"
        )
    return f'<div class="lab-card{" lab-chosen" if chosen else ""}">{head}<div>{body}</div></div>'
