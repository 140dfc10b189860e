"""Augmentation: what it does to a digit, to its label, and to accuracy."""

import streamlit as st

from app import address, augmenting, effect, model_bar, safety, state, sweep, variants
from app.hand import SHOWN
from app.in_hand import InHand, in_hand
from app.navigation import page
from app.prose import say
from model.datasets import DataError

SHOWN_WORDS = {
    "one": "One change",
    "all": "All together",
    "batch": "Next batch",
    "sweep": "Sweep",
    "label": "Is the label safe?",
    "effect": "Does it help?",
}

bar = model_bar.show()


@st.fragment
def look() -> None:
    """All that changes with a slider: run alone, it takes a fraction of the page's time."""
    given = in_hand()
    with bar:
        model_bar.show_digit(given)
    form, beside = st.columns([2, 5], gap="medium")
    with form, st.container(gap="small", key="augmentation-form"):
        st.title("Augmentation", anchor=False)
        st.markdown(say("augmentation", "intro"))
        with st.container(horizontal=True, gap="small", key="ready-mixtures"):
            augmenting.show_ready()
            augmenting.show_how_often()
        unsafe = safety.warnings(state.now().recipe)
        is_moving = augmenting.show_desk(unsafe)
        if st.button("Train with it", type="primary"):
            st.switch_page(page("training"))
        augmenting.show_warning(unsafe)
    with beside, st.container(gap="small", key="augmentation-view"):
        st.segmented_control(
            "What to look at",
            SHOWN,
            format_func=SHOWN_WORDS.__getitem__,
            required=True,
            label_visibility="collapsed",
            **state.bound("shown"),
        )
        show(given if given is not None and given.digit is not None else variants.some_digit(), is_moving)
    address.follow("Augmentation", "look")


def show(hand: InHand, is_moving: bool) -> None:
    """Shows what was chosen to look at, while a slider is moving only what is quick."""
    match state.now().shown:
        case "one" | "all":
            variants.show(hand, is_moving)
        case "batch":
            try:
                variants.show_batch(is_moving)
            except DataError as error:
                variants.show_no_batch(error)
        case "sweep":
            sweep.show(hand)
        case "label":
            safety.show(hand)
        case "effect":
            effect.show()


look()
