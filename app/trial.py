"""What a press of Train begins: one run, a pair that differs in its annealer, or one for each seed."""

from dataclasses import replace
from typing import Any

import streamlit as st

from app import cost, networks, state, workroom
from app.hand import TRIALS, State
from app.prose import say
from model.annealing import Annealer
from model.recipe import Recipe

TRIAL_WORDS = {
    "one": "one run",
    "pair": "a pair",
    "3 seeds": "over 3 seeds",
    "5 seeds": "over 5 seeds",
}
WINNERS = {"with": "with", "without": "without", "neither": "neither"}


def recipes(chosen: State) -> list[Recipe]:
    """The recipes that a press of Train trains; of a pair first the one with the annealer."""
    recipe = chosen.recipe
    if chosen.trial == "pair":
        with_one = recipe
        if recipe.annealer.name == "none":
            with_one = replace(recipe, annealer=replace(recipe.annealer, name=Annealer().name))
        return [with_one, replace(recipe, annealer=replace(recipe.annealer, name="none"))]
    if chosen.trial == "one":
        return [recipe]
    seeds = int(chosen.trial.split()[0])
    return [replace(recipe, seed=(recipe.seed + place) % 2**32) for place in range(seeds)]


def show_choice() -> None:
    """Shows which runs are to be begun, and asks for a guess first."""
    left, right = st.columns(2, gap="small", wrap=False)
    with left:
        st.selectbox(
            "Runs",
            TRIALS,
            format_func=TRIAL_WORDS.__getitem__,
            help=say("training", "control trial"),
            **state.bound("trial"),
        )
    with right:
        if state.now().trial == "pair":
            st.selectbox(
                "Guess: higher is",
                list(WINNERS),
                format_func=WINNERS.__getitem__,
                placeholder="which?",
                help=say("training", "control winner"),
                **state.bound("winner"),
            )
        else:
            st.number_input(
                "Guess first, in %",
                0.0,
                100.0,
                step=0.5,
                format="%.1f",
                placeholder="at the end",
                help=say("training", "control guess"),
                **state.bound("guess"),
            )


def begin() -> None:
    """Asks for the runs; then the page shows them, or says why they can't be."""
    chosen = state.now()
    wanted = recipes(chosen)
    parent = None if chosen.start is None else networks.split(chosen.start)
    # measured or estimated: neither the limit nor the queue waits until somebody has timed an epoch
    seconds = max(cost.expected_seconds(recipe)[0] * recipe.epochs for recipe in wanted)
    made = workroom.submit(wanted, parent=parent, notes=_notes(chosen), expected_seconds=seconds)
    if isinstance(made, str):
        state.tell(made)
        return
    ids = tuple(run.id for run in made)
    several = len(ids) > 1
    state.change(
        run=ids[0],
        compared=ids if several else chosen.compared,
        view="compare" if several else "watch",
        guess=None,
        winner=None,
    )


def _notes(chosen: State) -> dict[str, Any]:
    if chosen.trial == "pair":
        return {} if chosen.winner is None else {"guess": {"winner": chosen.winner}}
    return {} if chosen.guess is None else {"guess": {"accuracy": chosen.guess / 100}}
