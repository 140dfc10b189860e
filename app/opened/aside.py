"""What stands beside an opened layer's picture: what the layer does, a question to guess first, its parts."""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app import state
from app.prose import say
from app.subject import Subject
from model.probes.maps import titles


@dataclass(frozen=True)
class Question:
    """Something to predict before the numbers show.

    Attributes:
        asks: Markdown, one sentence.
        options: what can be answered, short.
        right: the place of the right one.
        answer: Markdown: what was measured.
        key: what it is about: asked anew for anything else.
    """

    asks: str
    options: Sequence[str]
    right: int
    answer: str
    key: str


Facet = Callable[[Subject, int], None]


def show(subject: Subject, place: int, lesson: str, question: Question, facets: Mapping[str, Facet]) -> None:
    """Shows an opened layer: its words at the left, the chosen one of its facets at the right.

    Args:
        subject: the network and the digit.
        place: the layer's place.
        lesson: whose passages "what", "without" and "facet NAME" tell about it.
        question: to guess first.
        facets: what can be looked at, by the names that links carry, and what shows it.
    """
    names = list(facets)
    asked = state.now().facet
    chosen = asked if asked in names and asked is not None else names[0]
    left, right = st.columns([3, 10], gap="medium")
    with left:
        shapes = ("×".join(map(str, shape)) for shape in subject.shapes[place : place + 2])
        title = f"<b>{html.escape(titles(subject.layers)[place])}</b>"
        sizes = f'<span class="lab-small">{" → ".join(shapes)}</span>'
        st.html(f'<p class="lab-layer-title">{title} {sizes}</p>')
        st.markdown(say(lesson, "what"))
        _ask(question)
        with st.expander("What happens without it?"):
            st.markdown(say(lesson, "without"))
    with right:
        st.segmented_control(
            "What to look at",
            names,
            format_func=lambda name: say(lesson, f"facet {name}"),
            required=True,
            label_visibility="collapsed",
            **state.bound("facet", lambda _: chosen),
        )
        facets[chosen](subject, place)


def _ask(question: Question) -> None:
    guess = st.pills(
        f"**Guess first:** {question.asks}",
        range(len(question.options)),
        format_func=lambda place: question.options[place],
        key=f"guess: {question.key}",
    )
    if guess is None:
        return
    said = "Right." if guess == question.right else f"It is **{question.options[question.right]}**."
    st.markdown(f"{said} {question.answer}")


def is_answered(question: Question) -> bool:
    """Whether the person has guessed, so that all may be shown."""
    return state.widget(f"guess: {question.key}") is not None


def choose_channel(maps: int, best: int, noun: str = "Channel") -> int:
    """The channel that is looked at: the person's choice, else ours.

    Args:
        maps: how many there are.
        best: the one to begin with.
        noun: what the control is called.
    """
    unit = state.now().unit
    shown = best if unit is None or unit >= maps else unit
    if maps == 1:
        return 0
    bound = state.bound("unit", lambda _: shown, int)
    take = bound["on_change"]

    def change() -> None:
        take()
        state.change(kernel=None)  # what was changed by hand belonged to another channel

    st.number_input(f"{noun} (of {maps}, from 0)", 0, maps - 1, key=bound["key"], on_change=change, width=190)
    return shown
