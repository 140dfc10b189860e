"""What stands beside an opened layer's picture: what the layer does, a question to guess first, its parts."""

import html
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from app import state
from app.prose import say
from app.subject import Subject
from model.layers import Activation
from model.probes.maps import titles


@dataclass(frozen=True)
class Question:
    """Something to predict before the numbers show.

    Attributes:
        asks: Markdown, one sentence.
        options: what can be answered, short.
        reveal: gives the place of the right one, and in Markdown what was measured; called once it is asked
            for, as it may take a while.
        key: what it is about: asked anew for anything else.
        asks_size: whether it asks for what the layer's size says, which is then held back.
        veils: the facets in which the answer stands: they are covered until it may be seen.
    """

    asks: str
    options: Sequence[str]
    reveal: Callable[[], tuple[int, str]]
    key: str
    asks_size: bool = False
    veils: Collection[str] = ()

    @property
    def guess(self) -> int | None:
        """What the person guessed, by its place; None as long as they haven't."""
        found: int | None = state.remembered(f"guess: {self.key}")
        return found

    @property
    def is_answered(self) -> bool:
        """Whether the answer may be seen: the person has guessed, or wants to see it without."""
        return self.guess is not None or bool(state.remembered(f"shown: {self.key}"))

    def show_answer(self) -> None:
        """Lets the answer be seen without a guess."""
        state.remember(f"shown: {self.key}", True)


Facet = Callable[[Subject, int], None]


def show(
    subject: Subject,
    place: int,
    lesson: str,
    question: Question,
    facets: Mapping[str, Facet],
    by_channel: Collection[str] = (),
    above: Callable[[], bool] = lambda: True,
) -> None:
    """Shows an opened layer: its words at the left, the chosen one of its facets at the right.

    Args:
        subject: the network and the digit.
        place: the layer's place.
        lesson: whose passages "what", "without" and "facet NAME" tell about it.
        question: to guess first.
        facets: what can be looked at, by the names that links carry, and what shows it.
        by_channel: those that look at one channel.
        above: shows what stands above each of them, covered or not, and says whether there is more to show.
    """
    names = list(facets)
    asked = state.now().facet
    chosen = asked if asked in names and asked is not None else names[0]
    left, right = st.columns([3, 10], gap="medium")
    with left, st.container(key="aside"):
        shapes = dict.fromkeys("×".join(map(str, shape)) for shape in subject.shapes[place : place + 2])
        if question.asks_size and not question.is_answered:
            shapes = dict.fromkeys([next(iter(shapes)), "?"])
        layer, name = subject.layers[place], titles(subject.layers)[place]
        named = f"{name}: {layer.function}" if isinstance(layer, Activation) else name
        title = f"<b>{html.escape(named)}</b>"
        sizes = f'<span class="lab-small">{" → ".join(shapes)}</span>'
        st.html(f'<p class="lab-layer-title">{title} {sizes}</p>')
        st.markdown(say(lesson, "what"))
        _ask(question)
        with st.expander("What happens without it?"):
            st.markdown(say(lesson, "without"))
    with right:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="facets"):
            st.segmented_control(
                "What to look at",
                names,
                format_func=lambda name: say(lesson, f"facet {name}"),
                required=True,
                label_visibility="collapsed",
                width="content",
                **state.bound("facet", lambda _: chosen),
            )
            if chosen in by_channel:
                _choose_channel(subject, place)
        if not above():
            return
        is_veiled = chosen in question.veils and not question.is_answered
        with state.appearing(f"{place} {chosen} {is_veiled}"):
            if is_veiled:
                st.markdown(say("architecture", "veiled"))
                show_button(question, "veil")
            else:
                facets[chosen](subject, place)


def _ask(question: Question) -> None:
    st.pills(
        f"**Guess first:** {question.asks}",
        range(len(question.options)),
        format_func=lambda place: question.options[place],
        **state.lasting(f"guess: {question.key}"),
    )
    if not question.is_answered:
        show_button(question)
        return
    right, answer = question.reveal()
    said = "Right." if question.guess == right else f"It is **{question.options[right]}**."
    st.markdown(f"{said} {answer}")


def show_button(question: Question, key: str = "") -> None:
    """Shows the button that shows the answer without a guess.

    Args:
        question: which.
        key: where the button stands, if it stands elsewhere than below the question.
    """
    st.button("Show it", type="tertiary", on_click=question.show_answer, key=f"{key} show: {question.key}")


def channel_of(subject: Subject, place: int) -> int:
    """The channel that is looked at: the person's choice, else the first.

    Args:
        subject: the network.
        place: of a layer that gives as many channels as it gets.
    """
    unit = state.now().unit
    return unit if unit is not None and unit < subject.shapes[place][-1] else 0


def _choose_channel(subject: Subject, place: int) -> None:
    """The control for it."""
    count = subject.shapes[place][-1]
    if count == 1:
        return
    noun = "Channel" if len(subject.shapes[place]) == 3 else "Unit"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        st.html(f'<p class="lab-small">{noun}</p>', width="content")
        st.number_input(
            noun,
            0,
            count - 1,
            label_visibility="collapsed",
            width=130,
            **state.bound("unit", lambda _: channel_of(subject, place), int),
        )
        st.html(f'<p class="lab-small">of {count}, from 0</p>', width="content")


def told(number: float) -> str:
    """A number as a person compares it: three digits."""
    return f"{number:.3g}".replace("-", "−")
