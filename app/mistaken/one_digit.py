"""One digit that was judged: its picture, its label and what is read, and the ways to other pages."""

import html

import streamlit as st

from app import choices, state
from app.hand import DataDigit
from app.judging import Judged
from app.navigation import page
from app.pixels import to_html
from app.reading import bars_html, chance
from model.verdict import Verdict

WAYS = ("draw", "filters", "architecture")


def in_hand(dataset: str, part: str, count: int) -> int | None:
    """The place of the digit in hand among the first `count` of a part; None if it is another."""
    now = state.now()
    place = now.data_digit
    same = now.source == "data" and (place.dataset, place.part) == (dataset, part)
    return place.index if same and place.index < count else None


def choose(cells: str, key: str, dataset: str, part: str, count: int) -> None:
    """Shows digits as tiles; the one that is chosen is taken in hand.

    Args:
        cells: what `app.mistaken.tiles` makes.
        key: their own.
        dataset: whose digits they are.
        part: which part of it.
        count: how many digits that has.
    """

    def take_chosen(choice: str) -> None:
        # what a browser sends is anybody's to write
        if choice.isdecimal() and int(choice) < count:
            _take(dataset, part, int(choice))

    if choices.show(cells, key, take_chosen):
        st.rerun()  # all of the page: the digit in hand stands in its bar


def said(found: Judged, names: tuple[str, ...], place: int) -> str:
    """What a digit is and what is read, in words."""
    verdict = Verdict(found.probabilities[place])
    return (
        f"number {place:,}: labelled {names[found.labels[place]]}, read as {names[verdict.digit]}, "
        f"{chance(verdict.confidence)} sure"
    )


def show(found: Judged, names: tuple[str, ...], place: int) -> None:
    """Shows one digit with its ten probabilities, and the ways to look at it on other pages."""
    verdict = Verdict(found.probabilities[place])
    label = names[found.labels[place]]
    picture = "" if found.digits is None else to_html(found.digits.images[place], said(found, names, place))
    st.html(
        f'<div class="lab-mistake">{picture}<div><p>Number {place:,}: labelled <b>{html.escape(label)}</b>, '
        f"read as <b>{html.escape(names[verdict.digit])}</b>, {chance(verdict.confidence)} sure</p>"
        f"{bars_html(verdict)}</div></div>"
    )
    ways(found, place)


def ways(found: Judged, place: int) -> None:
    """Shows the ways to look at a digit on other pages; with one of them it is taken in hand."""
    if found.digits is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="ways"):
        st.html('<span class="lab-quiet">See it in</span>', width="content")
        for name in WAYS:
            if st.button(name.capitalize(), key=f"see it in {name}"):
                _take(found.dataset, found.part, place)
                st.switch_page(page(name))


def _take(dataset: str, part: str, place: int) -> None:
    """Takes a digit in hand: every page then looks at it."""
    state.change(source="data", data_digit=DataDigit(dataset, part, int(place)), in_corner=False)
