"""The confusion matrix of the checkpoint in hand, class by class, and the digits of each of its cells."""

import html
import re

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import choices, judging, state
from app.hand import PARTS
from app.judging import Judged
from app.mistaken import matrix, one_digit, paging
from app.mistaken.tiles import tiles
from app.prose import say
from app.until_read import until_read
from model.cards import percent
from model.datasets import DIGIT_NAMES
from model.evaluation.mistakes import in_cell
from model.recipe import CLASSES

NO_GUESS = "the matrix without a guess"
GUESS = "the commonest mistake"
SHARES = "the matrix in shares"
MOST_SHOWN = 40  # digits of a cell on a page
COUNTS, PERCENT = "Counts", "% of each row"


def show() -> None:
    """Shows the matrix, its figures once the commonest mistake was guessed."""
    name, part = state.now().model, state.now().judged
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="judging"):
        choose_part()
        if not _is_told():
            st.markdown(say("mistakes", "guess pair"), width="content")
            st.checkbox("Show it without a guess", **state.lasting(NO_GUESS, False))
        else:
            st.segmented_control(
                "Figures",
                [COUNTS, PERCENT],
                required=True,
                label_visibility="collapsed",
                **state.lasting(SHARES, COUNTS),
            )
        answer = st.container(width="content")

    def show_all(found: Judged) -> None:
        _show(found, answer)

    until_read(lambda: judging.judged(name, part), show_all, reading(part))


def choose_part() -> None:
    """Shows the choice of the digits that are judged."""
    st.segmented_control(
        "Which digits",
        PARTS,
        format_func=lambda part: f"{part.capitalize()} digits",
        required=True,
        label_visibility="collapsed",
        **state.bound("judged"),
    )


def reading(part: str) -> str:
    """What is being done while one waits for the readings of a part."""
    return f"Reading the {part} digits"


def names_of(found: Judged) -> tuple[str, ...]:
    """What the classes are called; where the digits' files aren't here they have their numbers."""
    return DIGIT_NAMES if found.digits is None else found.digits.class_names


def headline(found: Judged) -> str:
    """How many are right, of how many, how sure that is, and what the figure is worth: HTML."""
    score = found.score
    low, high = (percent(end, score.count) for end in score.confidence_interval_95)
    passage = "learned" if found.learned else found.part
    told = say("mistakes", f"these are {passage} digits", learned=found.learned)
    return (
        f'<p class="lab-headline"><b>{percent(score.accuracy, score.count)}</b> of {score.count:,} '
        f"{found.part} digits right · <b>{score.errors:,}</b> wrong · 95% interval {low} to {high}"
        f' <span class="lab-quiet">{html.escape(told)}</span></p>'
    )


def _is_told() -> bool:
    """Whether the figures may be seen: after a guess, or where somebody wanted them without one."""
    now = state.now()
    return bool(state.remembered(NO_GUESS)) or state.kept(GUESS) is not None or now.confused is not None


def _show(found: Judged, answer: DeltaGenerator) -> None:
    names = names_of(found)
    st.html(headline(found))
    if not _is_told():
        choices.show(matrix.blank(names), "guessed matrix", _guess)
        return
    guess, opened = state.kept(GUESS), state.now().confused
    if guess is not None:
        answer.html(f'<p class="lab-note" role="status">{html.escape(_answer(found, guess, names))}</p>')
    with st.container(key="matrix"):
        left, right = st.container(), st.container(gap="small")
    with left:
        shares = state.remembered(SHARES, COUNTS) == PERCENT
        picture = matrix.filled(found.score, names, shares, opened, guess)
        choices.show(picture, "cells of the matrix", _open)
    with right:
        if opened is None:
            st.html(matrix.classes(found.score, names))
            st.caption(say("mistakes", "classes"))
        else:
            _show_cell(found, names, *opened)


def _guess(choice: str) -> None:
    cell = _cell(choice)
    if cell is not None:
        state.keep(GUESS, cell)


def _open(choice: str) -> None:
    cell = _cell(choice)
    if cell is not None:
        state.change(confused=cell)


def _cell(choice: str) -> matrix.Cell | None:
    """The cell that a browser names: anybody may write what it says."""
    match = re.fullmatch("([0-9])-([0-9])", choice)
    return None if match is None else (int(match[1]), int(match[2]))


def _answer(found: Judged, guess: matrix.Cell, names: tuple[str, ...]) -> str:
    """What came of a guess, in words."""
    pairs = found.score.most_confused(CLASSES * CLASSES)
    if not pairs:
        return say("mistakes", "no mistake")
    most = pairs[0][2]
    commonest = [(label, read) for label, read, count in pairs if count == most]
    times = int(found.score.confusion[guess])
    told = " or ".join(f"{names[label]} read as {names[read]}" for label, read in commonest[:3])
    if len(commonest) > 3:
        told = say("mistakes", "and others", told=told, more=len(commonest) - 3)
    passage = "guessed right" if guess in commonest else "guessed wrong"
    label, read = (names[each] for each in guess)
    return say("mistakes", passage, label=label, read=read, times=_times(times), told=told, most=_times(most))


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _show_cell(found: Judged, names: tuple[str, ...], label: int, read: int) -> None:
    places = in_cell(found.probabilities, found.labels, label, read)
    if label == read:
        places = places[::-1]  # of what is right the least sure tell more
    count, total = len(places), int(found.score.confusion[label].sum())
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(
            f"<h3 class='lab-cell'>{html.escape(names[label])} read as {html.escape(names[read])}: "
            f"{count:,} <span class='lab-quiet'>of {total:,}</span></h3>",
            width="content",
        )
        st.button("Back to all classes", type="tertiary", on_click=state.change, kwargs={"confused": None})
    if not count:
        st.html(f'<p class="lab-quiet">{say("mistakes", "empty cell")}</p>')
        return
    row = f"{label}-{read} of {found.name} {found.dataset} {found.part}"
    shown = list(paging.page(places.tolist(), MOST_SHOWN, row))
    if found.digits is None:
        show_missing(found, shown)
        paging.turn(count, MOST_SHOWN, row)
        return
    held = one_digit.in_hand(*found.where)
    chosen = shown[0] if held is None or held not in shown else held
    cells = tiles(
        found.digits.images[shown],
        shown,
        [one_digit.said(found, names, place) for place in shown],
        chosen=chosen,
    )
    one_digit.choose(cells, "digits of a cell", *found.where)
    paging.turn(count, MOST_SHOWN, row)
    passage = "right cell" if label == read else "wrong cell"
    st.caption(say("mistakes", passage, shown=len(shown), count=count))
    one_digit.show(found, names, chosen)


def show_missing(found: Judged, places: list[int]) -> None:
    """Says which digits are meant where their pictures aren't here, and how to get these."""
    sure = found.probabilities[places].max(axis=1)
    told = ", ".join(f"{place:,} ({share:.0%} sure)" for place, share in zip(places, sure, strict=True))
    st.html(f'<p class="lab-quiet">Numbers {html.escape(told)}</p>')
    st.info(say("mistakes", "no pictures"))
