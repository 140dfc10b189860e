"""Training: a recipe, a guess, one press, and then the curves; what the annealer does, and what that does."""

import streamlit as st

from app import (
    comparing,
    controls,
    cost,
    model_bar,
    networks,
    recipe_form,
    run_list,
    state,
    take_away,
    trial,
    watching,
)
from app.hand import VIEWS
from app.in_hand import in_hand
from app.prose import say
from app.snapshots import snapshot

with model_bar.show():
    model_bar.show_digit(in_hand())

form, beside = st.columns([2, 5], gap="medium")
with form, st.container(gap="xsmall", key="form"):
    st.title("Training", anchor=False)
    st.markdown(say("training", "intro"))
    recipe_form.show_form()
    trial.show_choice()
    problem = recipe_form.problem()
    st.button("Train", type="primary", width="stretch", disabled=problem is not None, on_click=trial.begin)
    if complaint := state.told() or problem:
        st.warning(complaint)
    cost.show(len(trial.recipes(state.now())), trainable=problem is None)

with beside:
    watched = networks.watched(state.now().run)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.segmented_control(
            "Beside the form",
            VIEWS,
            format_func=str.capitalize,
            required=True,
            label_visibility="collapsed",
            **state.bound("view"),
        )
        if watched and state.now().view == "watch":
            controls.show(watched)
    match state.now().view:
        case "watch" if watched:
            if watched in networks.timelines():
                st.caption(say("training", "example"))
            watching.show(watched)
        case "compare":
            names = run_list.choose_compared()
            if len(names) > 1:
                comparing.show(names)
            else:
                st.caption(say("training", "nothing to compare"))
        case "runs":
            run_list.show()
        case "take away" if watched:
            take_away.show(snapshot(watched))
        case _:
            st.markdown(say("training", "empty"))
            watching.preview(state.now().recipe)
