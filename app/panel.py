"""The reading of the digit in hand: the verdict and its bars, or what to do when there is nothing to read."""

import streamlit as st

from app import cache, state
from app.asking_all import Asked
from app.in_hand import InHand
from app.reading import bars_html, empty_bars_html, nothing_html, remark_html, verdict_html
from model.upright import UPSIDE_DOWN, is_upside_down
from model.verdict import Verdict, read_digit

TO_DO = {
    "draw": "Draw one digit on the paper, as large as you like.",
    "upload": "Choose one or several pictures of one digit each.",
    "camera": "Take a photograph of one digit on plain paper.",
    "data": "Take a digit of the data in hand.",
}


def show_reading(hand: InHand | None, asked: Asked | None = None) -> Verdict | None:
    """Shows what the network in hand, or its committee, reads, in a place that is as large before as after.

    Args:
        hand: the digit in hand, if there is one.
        asked: the committee, where it was asked for that digit: then what it reads is shown.

    Returns:
        The verdict of the network in hand; None if there is nothing to read.
    """
    verdict = shown = None
    remarks = list(hand.remarks) if hand else []
    if hand is None:
        answer, bars = nothing_html("Nothing to read yet", TO_DO[state.now().source]), empty_bars_html()
    elif hand.digit is None:
        answer, bars = nothing_html("Not read", hand.problem or ""), empty_bars_html()
    else:
        network = cache.checkpoint(state.now().model).network
        verdict = read_digit(network, hand.digit)
        if state.now().source in ("upload", "camera") and is_upside_down(network, [hand.digit], [verdict]):
            remarks.append(UPSIDE_DOWN)
        shown, title = verdict, "The network reads"
        if asked is not None:
            shown, title = asked.together(verdict), "The committee reads"
        answer, bars = verdict_html(shown, title), bars_html(shown)
    remark = remark_html(shown, hand.label if hand else None, remarks)
    st.html(f'<div class="lab-reading">{answer}{bars}</div>{remark}')
    return verdict
