"""Long rows of digits, a page at a time: all of them can be reached, and none costs more than a page."""

from collections.abc import Sequence

import streamlit as st

from app import state


def page(places: Sequence[int], size: int, row: str) -> Sequence[int]:
    """The digits of the page that is looked at.

    Args:
        places: of all of the row.
        size: of a page.
        row: what names it; the page stays as long as the session does.
    """
    start = _start(len(places), size, row)
    return places[start : start + size]


def turn(count: int, size: int, row: str) -> None:
    """Shows which page it is and the ways to the others; nothing where one page holds all.

    Args:
        count: how many digits the row has.
        size: as in `page`.
        row: likewise.
    """
    if count <= size:
        return
    start = _start(count, size, row)
    end = min(start + size, count)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"pages of {row}"):
        _button("Back", row, start - size, start == 0)
        _button("Show more", row, end, end == count)
        st.html(f'<span class="lab-quiet">{start + 1:,} to {end:,} of {count:,}</span>', width="content")


def _start(count: int, size: int, row: str) -> int:
    """Where the page begins: on the last one at the latest, should the row have become shorter."""
    last = max(0, count - 1) // size * size
    return min(int(state.remembered(_name(row), 0)), last)


def _button(title: str, row: str, start: int, is_end: bool) -> None:
    st.button(
        title,
        key=f"{title} of {row}",
        type="tertiary",
        disabled=is_end,
        on_click=state.remember,
        args=(_name(row), start),
    )


def _name(row: str) -> str:
    return f"page of {row}"
