"""What a filter is worth, class by class: guessed first, then counted."""

import numpy as np
import streamlit as st

from app import cache, looking_network, state
from app.dossier_html import classes_html
from app.prose import say

NO_GUESS = "without a guess"


def show(place: int, unit: int, means: np.ndarray) -> None:
    """Shows how a filter answers to each class; what is lost without it when a class has been guessed.

    Args:
        place: its layer.
        unit: its number.
        means: float (10,), its mean answer to digits of each class; not a number where there are none.
    """
    st.fragment(_look)(place, unit, means)


def _look(place: int, unit: int, means: np.ndarray) -> None:
    names = cache.validation_digits(state.now().model).class_names
    table = st.empty()
    table.html(classes_html(means, names))
    with st.container(gap="xsmall", key="guess-class"):
        guess = None
        if not state.widget(NO_GUESS):
            guess = st.pills(
                say("looking_inside", "guess class"),
                range(len(names)),
                format_func=names.__getitem__,
                key=f"guess {state.now().model} {place} {unit}",
            )
        st.checkbox("Show it without a guess", key=NO_GUESS)
    if guess is None and not state.widget(NO_GUESS):
        return
    whole, asked = looking_network.right_per_class()
    without, _ = looking_network.right_per_class(((place, unit),))
    changes = [after - before for before, after in zip(whole, without, strict=True)]
    table.html(classes_html(means, names, changes, _sentences(whole, without, asked, guess, names)))


def _sentences(
    whole: tuple[int, ...],
    without: tuple[int, ...],
    asked: tuple[int, ...],
    guess: int | None,
    names: tuple[str, ...],
) -> str:
    """What is lost in all, and what became of the guess, in words."""
    lost, count = sum(whole) - sum(without), sum(asked)
    passage = "lost" if lost > 0 else "gained" if lost < 0 else "no change"
    said = say("looking_inside", passage, lost=abs(lost), count=count, before=f"{sum(whole) / count:.1%}")
    if guess is None:
        return said
    falls = [before - after for before, after in zip(whole, without, strict=True)]
    most = max(falls)
    worst = [name for name, fall in zip(names, falls, strict=True) if fall == most]
    passage = "guess without loss" if most <= 0 else "guess right" if falls[guess] == most else "guess wrong"
    told = {"guess": names[guess], "fall": max(0, falls[guess]), "worst": " and ".join(worst), "most": most}
    return f"{say('looking_inside', passage, **told)} {said}"
