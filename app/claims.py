"""What is claimed of layers, measured: a claim, a guess, then the runs that test it and what they say.

The runs are bundled (`benchmarks.claims` makes them); any others can be put in their place.
"""

from collections.abc import Sequence

import streamlit as st

from app import live_chart, state
from app.charts import claims as charts
from app.claiming import again, telling
from app.claiming.arms import chosen_claim, gathered, stand_ins
from app.in_hand import InHand
from app.prose import say
from model.claims.catalogue import CLAIMS, Claim

TICK_SECONDS = 1.0
NO_GUESS = "claims without a guess"


def show(hand: InHand) -> None:  # noqa: ARG001 - the parts of a page are called alike; claims need no digit
    """Shows the claims to choose from, and the chosen one with its measurement."""
    claim = chosen_claim()
    bound = state.bound("claim", lambda _: claim.name)
    take = bound["on_change"]

    def change() -> None:
        take()
        state.change(stand_ins=())  # they stood in the place of another claim's runs

    with st.container(horizontal=True, gap="small", key="claims"):
        st.segmented_control(
            "Claim",
            list(CLAIMS),
            format_func=lambda name: CLAIMS[name].title,
            required=True,
            label_visibility="collapsed",
            key=bound["key"],
            on_change=change,
        )
        again.show(claim)
    _show(claim)


def show_one(name: str) -> None:
    """Shows one claim: what is compared, a guess, then its runs and what they say of it.

    Args:
        name: the claim's, one of `CLAIMS`.
    """
    _show(CLAIMS[name])
    again.show(CLAIMS[name])


def _show(claim: Claim) -> None:
    names = stand_ins(claim)
    unfinished = any(shown.unfinished for shown in gathered(claim, names))
    st.fragment(_look, run_every=TICK_SECONDS if unfinished else None)(claim, names, unfinished)


def _look(claim: Claim, names: Sequence[Sequence[str]], polling: bool) -> None:
    arms = gathered(claim, names)
    if polling and not any(shown.unfinished for shown in arms):
        st.rerun()
    left, right = st.columns([5, 8], gap="medium")
    with left:
        st.markdown(telling.claimed(claim))
        guess, shown = _ask(claim)
        if polling:
            again.show_progress(arms)
        if shown:
            st.html(telling.said(claim, arms, guess))
            if not polling:
                again.show_test(claim, arms)
        with st.popover("Why it should be so"):
            st.markdown(say("claims", f"why {claim.name}"))
    with right:
        if not shown:
            st.html(telling.compared(arms))
            if not any(each.runs for each in arms):
                st.caption(telling.otherwise(arms))
            return
        drawn = [(each.arm.name, each.outcomes) for each in arms]
        seen = " ".join((claim.name, *(name for each in names for name in each)))
        live_chart.show(
            live_chart.to_content(charts.picture(claim, drawn, seen), charts.alt(claim, drawn)),
            f"claim {claim.name}",
            charts.HEIGHT,
        )
        st.html(telling.table(claim, arms))
        st.caption(f"{say('claims', 'spread')} {telling.source(claim, arms)}")


def _ask(claim: Claim) -> tuple[str | None, bool]:
    """Asks which arm is ahead.

    Returns:
        The guess, None for none; and whether the numbers may be shown.
    """
    question = say("claims", "guess", does=say("claims", f"does {claim.measure}"))
    guess = st.pills(
        question,
        [*(arm.name for arm in claim.arms), telling.NO_DIFFERENCE],
        **state.lasting(f"guess of {claim.name}"),
    )
    without = False
    if guess is None:
        without = st.checkbox(say("claims", "no guess"), key=NO_GUESS)
    return guess, guess is not None or without
