"""Would you read it otherwise? What students read in a digit, asked one by one and counted over the class."""

import html

import streamlit as st

from app import owner, state, workroom
from app.judging import Judged
from app.prose import say
from model.runs.opinions import ANSWERS, NOBODY
from model.runs.records import RunError

MOST_TOLD = 3  # answers that are told with their counts


def own(found: Judged) -> dict[int, str]:
    """What the student of this page has answered: place to answer.

    Raises:
        RunError: the store doesn't answer.
    """
    student = owner.student()
    if student is None or not workroom.has_runs():
        return {}
    return workroom.store().own_opinions(student, found.dataset, found.part)


def ask(found: Judged, place: int, answered: str | None, names: tuple[str, ...], label: int | None) -> None:
    """Asks what a digit is.

    Args:
        found: where it is from.
        place: its place there.
        answered: what the student has answered before; None for nothing.
        names: of the classes.
        label: its label, marked among the answers; None while it isn't to be told.
    """

    def title(answer: str) -> str:
        if answer == NOBODY:
            return "Nobody can tell"
        name = names[int(answer)]
        return f"{name}, as labelled" if label is not None and int(answer) == label else name

    key = f"opinion on {found.dataset} {found.part} {place} {answered}"

    def take() -> None:
        given = state.widget(key)
        if given is not None:
            _keep(found, place, given)

    st.pills(
        say("mistakes", "guess digit" if label is None else "otherwise"),
        ANSWERS,
        format_func=title,
        default=answered,
        key=key,
        on_change=take,
    )
    problem = state.told()
    if problem:
        st.warning(problem)


def _keep(found: Judged, place: int, answer: str) -> None:
    """Keeps an answer; if it can't be kept, the page says why."""
    student = owner.student()
    if student is None:
        state.tell(workroom.NO_COOKIE)
        return
    try:
        workroom.store().opine(student, found.dataset, found.part, place, answer)
    except RunError as error:
        state.tell(str(error))


def told(found: Judged, place: int, names: tuple[str, ...]) -> str:
    """What all who were asked have answered, in words: HTML.

    Raises:
        RunError: the store doesn't answer.
    """
    counts = workroom.store().opinions(found.dataset, found.part, place)
    total = sum(counts.values())
    said = [
        say(
            "mistakes",
            "counted nobody" if answer == NOBODY else "counted",
            count=count,
            total=total,
            name="" if answer == NOBODY else names[int(answer)],
        )
        for answer, count in list(counts.items())[:MOST_TOLD]
    ]
    return f'<p class="lab-counted" role="status">{html.escape("; ".join(said))}.</p>'
