"""The recipe as a form: a preset, the few settings that a lesson turns on, and a drawer for all others."""

from dataclasses import replace
from typing import Any

import streamlit as st

from app import more_settings, networks, state
from app.fields import bound, bound_part, choices_with, rate_text
from app.prose import passages, plain, say
from app.rate_sketch import sketch_html
from app.recipe_link import changes
from model.annealing import ANNEALERS
from model.datasets import DATASETS, DataError, find_source, parts_of
from model.presets import PRESETS

RATES = (*(float(f"{digit}e{power}") for power in range(-5, 0) for digit in (1, 2, 3, 5)), 1.0)
DATASET_WORDS = {
    "mini": "mini (3,000)",
    "mnist": "MNIST (55,000)",
    "mnist-60000": "MNIST (60,000)",
    "fashion": "Fashion (55,000)",
    "kaggle-42000": "Kaggle (37,800)",
}


def show_form() -> None:
    """Shows the form; what it says is `state.now().recipe`."""
    _show_start()
    _show_preset()
    left, right = st.columns(2, gap="small", wrap=False)
    with left:
        st.selectbox(
            "Digits",
            DATASETS,
            format_func=DATASET_WORDS.__getitem__,
            help=_help("dataset"),
            **bound("dataset"),
        )
    with right:
        st.number_input("Epochs", 1, 500, step=1, help=_help("epochs"), **bound("epochs", from_widget=int))
    left, right = st.columns(2, gap="small", wrap=False)
    recipe = state.now().recipe
    with left:
        st.selectbox(
            "Learning rate",
            choices_with(RATES, recipe.optimizer.learning_rate),
            format_func=rate_text,
            help=_help("learning rate"),
            **bound_part("optimizer", "learning_rate"),
        )
    with right:
        st.selectbox("Annealer", ANNEALERS, help=_help("annealer"), **bound_part("annealer", "name"))
    st.html(sketch_html(state.now().recipe))


def problem() -> str | None:
    """Why the recipe in the form can't be trained here, in plain words; None if it can."""
    recipe = state.now().recipe
    if "validation" not in parts_of(recipe.dataset):
        if recipe.annealer.name == "plateau":
            return say("training", "plateau without validation")
        if recipe.early_stopping is not None:
            return say("training", "early stopping without validation")
    if recipe.dataset == "mini":
        return None
    try:
        found = find_source(recipe.dataset)
    except DataError as error:
        return str(error)
    return None if found else say("training", "no files", dataset=DATASET_WORDS[recipe.dataset].split()[0])


def fork(run: str, epoch: int) -> None:
    """Puts a run's recipe into the form, to be trained on from the weights that it had after an epoch."""
    from app.snapshots import snapshot

    state.change(recipe=snapshot(run).recipe, start=f"{run}:{epoch}", trial="one", guess=None, winner=None)


def _help(control: str) -> str:
    return say("training", f"control {control}")


def _show_start() -> None:
    start = state.now().start
    if start is None:
        return
    name, epoch = networks.split(start)
    with st.container(border=True, gap="small"):
        st.markdown(say("training", "start", epoch=epoch, run=plain(networks.label(name))))
        st.button("Start afresh instead", on_click=state.change, kwargs={"start": None})


def _show_preset() -> None:
    recipe = state.now().recipe
    own = () if recipe.name in PRESETS else (recipe.name,)

    def take(name: str) -> Any:  # noqa: ANN401 - a recipe, as the state keeps it
        # the digits stay: whoever has chosen mini has no MNIST, or no time
        return replace(PRESETS[name], dataset=state.now().recipe.dataset) if name in PRESETS else recipe

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            "Recipe",
            (*own, *PRESETS),
            help=_help("preset"),
            disabled=state.now().start is not None,
            **state.bound("recipe", lambda kept: kept.name, take, key="preset"),
        )
        more_settings.show()
    changed = tuple(name.replace("_", " ") for name in changes(recipe) if name != "dataset")
    words = passages("training").get(f"preset {recipe.name}", "")
    st.caption(f"Changed: {', '.join(changed)}." if changed else words or "A recipe of your own.")
