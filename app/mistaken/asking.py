"""A question to guess first: its numbers are shown after a guess, or to whoever wants them without one."""

from collections.abc import Sequence

import streamlit as st

from app import state

NO_GUESS = "how sure without a guess"


def ask(question: str, options: Sequence[str], about: str) -> tuple[int | None, bool]:
    """Asks something.

    Args:
        question: with its words in bold that say that it is one to guess.
        options: the answers to choose from.
        about: tells this question from others: of another network it is asked anew.

    Returns:
        The place of the chosen answer, None for none; and whether the numbers may be shown.
    """
    guess = st.pills(
        question, range(len(options)), format_func=lambda place: options[place], **state.lasting(about)
    )
    if guess is not None:
        return int(guess), True
    return None, bool(st.checkbox("Show it without a guess", **state.lasting(NO_GUESS, False)))


def answered(guess: int | None, right: int, options: Sequence[str]) -> str:
    """How a guess did, in Markdown; "" where there was none."""
    if guess is None:
        return ""
    return "Right. " if guess == right else f"You said: {options[guess]}. It is: **{options[right]}**. "
