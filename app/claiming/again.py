"""Other runs in the place of a claim's own: chosen one by one, or trained again in one press."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import streamlit as st

from app import cost, networks, state, take_away, workroom
from app.claiming.arms import ALONE, NOTE, Shown, is_there, stand_ins
from app.progress import duration
from app.prose import say
from model.claims.catalogue import SEEDS, Claim
from model.datasets import DataError, parts_of
from model.datasets.sources import find_source
from model.recipe import Recipe
from model.runs.records import Run

MOST = 6  # runs in the place of one arm's


def show(claim: Claim) -> None:
    """Shows how to put other runs in the place of a claim's own.

    Args:
        claim: the one that is looked at.
    """
    chosen = stand_ins(claim)
    with st.popover("Other runs in their place"):
        st.markdown(say("claims", "replace"))
        own = [run.id for run in workroom.my_runs() if run.epoch > 0]
        for place, arm in enumerate(claim.arms):
            there = filter(is_there, chosen[place])
            _choose(claim, place, arm.name, dict.fromkeys((*there, *own, *networks.timelines())))
        if any(chosen):
            st.button("Back to the bundled runs", on_click=state.change, kwargs={"stand_ins": ()})
        st.divider()
        _train(claim)


def _choose(claim: Claim, place: int, name: str, runs: Iterable[str]) -> None:
    def take(names: Sequence[str]) -> tuple[tuple[int, str], ...]:
        others = [] if state.now().claim != claim.name else list(state.now().stand_ins)
        return (*(pair for pair in others if pair[0] != place), *((place, each) for each in names))

    chosen = [each for each in stand_ins(claim)[place] if is_there(each)][:MOST]
    bound = state.bound("stand_ins", lambda _: chosen, take, key=f"in the place of {claim.name} {place}")
    following = bound["on_change"]

    def change() -> None:
        following()
        state.change(claim=claim.name)

    st.multiselect(
        name.capitalize(),
        list(runs),
        format_func=networks.label,
        max_selections=MOST,
        placeholder="the bundled runs",
        key=bound["key"],
        on_change=change,
    )


def _train(claim: Claim) -> None:
    recipes = claim.recipes()
    st.markdown(say("claims", "again", runs=len(recipes)))
    problem = _missing(recipes)
    seconds = [cost.expected_seconds(arm.recipe)[0] * arm.recipe.epochs for arm in claim.arms]
    st.caption(say("claims", "again cost", time=duration(len(SEEDS) * sum(seconds))))
    st.button(
        f"Train these {len(recipes)} again",
        type="primary",
        disabled=problem is not None,
        on_click=_begin,
        args=(claim, recipes, len(claim.arms), {"name": claim.name}, max(seconds)),
    )
    if problem is not None:
        st.caption(problem)


def show_with(claim: Claim, recipes: Sequence[Recipe]) -> None:
    """Shows a button that trains other recipes in the place of the claim's first arms, with the same seeds.

    Args:
        claim: whose arms they stand for.
        recipes: one for each of the first arms; the others are left out while these stand there.
    """
    each = [replace(recipe, seed=seed) for seed in SEEDS for recipe in recipes]
    seconds = [cost.expected_seconds(recipe)[0] * recipe.epochs for recipe in recipes]
    problem = _missing(each)
    st.button(
        say("claims", "with this network"),
        disabled=problem is not None,
        on_click=_begin,
        args=(claim, each, len(recipes), {"name": claim.name, ALONE: True}, max(seconds)),
    )
    total = duration(len(SEEDS) * sum(seconds))
    st.caption(problem or say("claims", "with this network cost", runs=len(each), time=total))


def _missing(recipes: Iterable[Recipe]) -> str | None:
    """Why recipes can't be trained here; None if they can."""
    needed = {recipe.dataset for recipe in recipes} - {"mini"}
    try:
        return None if all(map(find_source, needed)) else say("claims", "again missing")
    except DataError as error:
        return str(error)


def _begin(
    claim: Claim, recipes: Sequence[Recipe], arms: int, note: dict[str, object], seconds: float
) -> None:
    """Trains recipes, which stand for the first arms in turn."""
    made = workroom.submit(recipes, notes={NOTE: note}, expected_seconds=seconds)
    if isinstance(made, str):
        state.tell(made)
        return
    stand_ins = tuple((number % arms, run.id) for number, run in enumerate(made))
    state.change(claim=claim.name, stand_ins=stand_ins)


def show_progress(arms: Sequence[Shown]) -> None:
    """Shows how far the runs in the place of others are, and why none gets on if that is so."""
    runs = [seen for shown in arms for seen in shown.runs]
    epochs, total = sum(max(0, len(run.epochs) - 1) for run in runs), sum(run.recipe.epochs for run in runs)
    done = sum(not run.unfinished for run in runs)
    told = say("claims", "progress", done=done, runs=len(runs), epochs=epochs, total=total)
    st.progress(min(1.0, epochs / max(1, total)), told)
    if problem := workroom.problem():
        st.warning(problem)


def show_test(claim: Claim, arms: Sequence[Shown]) -> None:
    """Offers the one test of a person's own runs, after all choices, where the claim is decided by it."""
    own = [seen.run for shown in arms for seen in shown.runs if seen.run is not None]
    done = [run for run in own if run.status == "done" and "test" not in run.notes and workroom.is_mine(run)]
    ready = [run for run in done if "test" in parts_of(run.recipe.dataset)]
    if claim.measure != "accuracy" or not ready:
        return
    st.caption(say("claims", "untested", runs=len(ready)))
    if st.button("Test them, once"):
        _test(ready)


def _test(runs: Sequence[Run]) -> None:
    bar = st.progress(0.0, "Reading the test digits…")
    for place, run in enumerate(runs, start=1):
        if problem := take_away.test_run(run):
            st.error(problem)
            return
        bar.progress(place / len(runs), "Reading the test digits…")
    st.rerun()
