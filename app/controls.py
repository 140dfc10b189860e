"""What can be done with a run: pause it and go on, stop it, take one step, fork it, take it in hand."""

import streamlit as st

from app import networks, recipe_form, state, workroom
from app.prose import say
from model.checkpoint import bundled_names, checkpoint_epochs
from model.runs.records import Run

UNFINISHED = ("queued", "running")
STANDING = ("paused", "stopped", "failed")


def show(name: str) -> None:
    """Shows the buttons that make sense now, in a row.

    Args:
        name: the run that is watched, or a bundled network.
    """
    # from the store, not the snapshot: what a button has just changed is to be seen at once
    run = None if name in bundled_names() else workroom.store().get(name)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="controls"):
        if run is not None and workroom.is_mine(run):
            _going(run)
        epochs = checkpoint_epochs(name)
        if epochs:
            _fork(name, epochs[-1])
            st.button(
                "Take in hand",
                help=say("training", "control take in hand"),
                on_click=lambda: state.change(model=networks.to_address(name)),
            )


def _going(run: Run) -> None:
    """Pause, go on, step, stop: what a run's state allows."""
    if run.status in UNFINISHED:
        _button("Pause", run, "pause")
        _button("Stop", run, "stop")
    elif run.status in STANDING and run.epoch < run.recipe.epochs:
        _button("Go on", run, "run")
        _button("One epoch", run, "run", max(run.epoch, 0) + 1)


def _button(label: str, run: Run, wish: str, until_epoch: int | None = None) -> None:
    def ask() -> None:
        answer = workroom.ask(run.id, wish, until_epoch)
        if isinstance(answer, str):
            state.tell(answer)

    wished = run.status == "running" and run.wish == wish
    st.button(label, help=say("training", f"control {label.lower()}"), disabled=wished, on_click=ask)


def _fork(name: str, last: int) -> None:
    with st.popover("Fork", help=say("training", "control fork")):
        st.markdown(say("training", "fork"))
        epoch = last
        if last:
            epoch = st.slider("After epoch", 0, last, last, key=f"fork of {name}")
        st.button(
            f"Start from epoch {epoch}" if epoch else "Rewind: start from the first weights",
            type="primary",
            on_click=recipe_form.fork,
            args=(name, epoch),
        )
