"""A person's runs, newest first: what each was, how it stands, and which to watch, compare or forget."""

import html
from datetime import datetime

import streamlit as st

from app import networks, state, workroom
from app.hand import MOST_COMPARED
from app.prose import say
from model.cards import percent
from model.checkpoint import VALIDATION_COUNTS
from model.runs.records import Run

FIRST = 10  # rows; the rest on request


def show() -> None:
    """Shows the list, or what to do where it is empty."""
    runs = workroom.my_runs()
    if not runs:
        st.caption(say("training", "no runs"))
        return
    st.caption(say("training", "runs"))
    whole = len(runs) > FIRST and st.toggle(f"Show all {len(runs)}", key="all runs")
    with st.container(gap=None, key="run-list"):
        for run in runs if whole else runs[:FIRST]:
            _row(run)


def choose_compared() -> tuple[str, ...]:
    """Shows the choice of runs to lay over each other, and returns their names."""
    kept = state.now().compared
    own = [run.id for run in workroom.my_runs() if run.epoch >= 0 or run.status != "failed"]
    names = dict.fromkeys((*kept, *own, *networks.timelines()))
    st.multiselect(
        "Runs to compare",
        list(names),
        format_func=networks.label,
        max_selections=MOST_COMPARED,
        placeholder="choose two or more runs",
        label_visibility="collapsed",
        **state.bound("compared", list, tuple),
    )
    return state.now().compared


def _row(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"row {run.id}"):
        st.html(_words(run), width="stretch")
        st.button(
            "Watch", key=f"watch {run.id}", on_click=state.change, kwargs={"run": run.id, "view": "watch"}
        )
        compared = run.id in state.now().compared
        st.button(
            "Compared" if compared else "Compare",
            key=f"compare {run.id}",
            type="primary" if compared else "secondary",
            on_click=_compare,
            args=(run.id,),
        )
        with st.popover("Delete", disabled=run.status == "running"):
            st.markdown(say("training", "delete"))
            st.button("Delete it for good", key=f"delete {run.id}", on_click=_delete, args=(run.id,))


def _words(run: Run) -> str:
    recipe = run.recipe
    when = f"{datetime.fromtimestamp(run.created).astimezone():%d %b %H:%M}"
    what = f"{recipe.annealer.name}, rate {recipe.optimizer.learning_rate:g}, seed {recipe.seed}"
    if run.parent:
        what += f", from epoch {run.parent[1]} of {networks.label(run.parent[0])}"
    done = f"{max(run.epoch, 0)} of {recipe.epochs} epochs"
    standing = f"{run.status}, {done}" if run.status != "done" else done
    return (
        f'<div class="lab-run-row"><b>{html.escape(recipe.name)}</b> on {recipe.dataset}'
        f'<span class="lab-quiet"> · {when} · {html.escape(what)}</span><br>'
        f"{standing}{_accuracy(run)}</div>"
    )


def _accuracy(run: Run) -> str:
    if run.epoch < 0:
        return ""
    (last,) = workroom.store().epochs(run.id, after=run.epoch - 1)
    count = VALIDATION_COUNTS.get(run.recipe.dataset)
    if last.validation_accuracy is None or count is None:
        return ""
    return f" · <b>{percent(last.validation_accuracy, count)}</b> of {count:,} validation digits"


def _compare(run_id: str) -> None:
    kept = state.now().compared
    without = tuple(name for name in kept if name != run_id)
    state.change(compared=without if run_id in kept else (*kept, run_id)[-MOST_COMPARED:])


def _delete(run_id: str) -> None:
    answer = workroom.delete(run_id)
    if isinstance(answer, str):
        state.tell(answer)
        return
    chosen = state.now()
    state.change(
        run=None if chosen.run == run_id else chosen.run,
        compared=tuple(name for name in chosen.compared if name != run_id),
    )
    name = (chosen.model or "").partition(":")[0]
    if name == run_id:
        state.change(model=None)
    if (chosen.start or "").partition(":")[0] == run_id:
        state.change(start=None)
