"""Augmentation: what it does to a digit, to its label, and to accuracy."""

import streamlit as st

from app import address, augmenting, cache, model_bar, state, variants
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
        augmenting.show_ready()
        augmenting.show_desk({})
        with st.container(horizontal=True, gap="small"):
            if st.button("Train with it", type="primary"):
                st.switch_page(page("training"))
            augmenting.show_how_often()
    with beside, st.container(gap="small", key="augmentation-view"):
        st.segmented_control(
            "What to look at",
            SHOWN,
            format_func=SHOWN_WORDS.__getitem__,
            required=True,
            label_visibility="collapsed",
            **state.bound("shown"),
        )
        show(given if given is not None and given.digit is not None else some_digit())
    address.follow("Augmentation", "look")


def some_digit() -> InHand:
    """A validation digit, while there is none in hand."""
    digits = cache.validation_digits(state.now().model)
    place = int((digits.labels == 2).argmax())
    return InHand(f"validation digit number {place:,}", digits.images[place], label=int(digits.labels[place]))


def show(hand: InHand) -> None:
    """Shows what was chosen to look at."""
    match state.now().shown:
        case "one" | "all":
            variants.show(hand)
        case "batch":
            try:
                variants.show_batch()
            except DataError as error:
                st.warning(f"{error} {say('augmentation', 'batch without files')}")


look()
