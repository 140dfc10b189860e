"""The flatten layer opened: where every value of the maps goes in the list, and back."""

import numpy as np
import streamlit as st

from app import address, state
from app.opened import aside, linked
from app.opened.aside import Question
from app.opened.linked import Panel, View, sentence
from app.prose import say
from app.subject import Subject
from model.probes.maps import signed
from model.probes.weighing import place_in_maps, place_in_vector

LESSON = "flattening"


def show(subject: Subject, place: int) -> None:
    """Shows the maps and the list that they become."""
    aside.show(subject, place, LESSON, _question(subject, place), {"places": st.fragment(_places)})


def _question(subject: Subject, place: int) -> Question:
    shape = subject.gets(place).shape
    key = f"flatten {shape}"
    count = int(np.prod(shape))
    if len(shape) == 1:
        options = [say(LESSON, name) for name in ("nothing", "the order")]
        return Question(
            say(LESSON, "asks of a vector"),
            options,
            lambda: (0, say(LESSON, "answer of a vector", count=f"{count:,}")),
            key,
            veils=("places",),
        )
    if count == 1:
        options = ["1", str(sum(shape))]
        answer = say(LESSON, "answer of one", count=1)
        return Question(say(LESSON, "asks of one"), options, lambda: (0, answer), key, veils=("places",))
    names = ["next map", "next column", "next row"]
    first, second = (
        dict(zip(("row", "column", "map"), place_in_maps(shape, at), strict=True)) for at in (0, 1)
    )
    right = 0 if second["map"] else 1 if second["column"] else 2
    return Question(
        say(LESSON, "asks", place=0, **first),
        [say(LESSON, name) for name in names],
        lambda: (right, say(LESSON, "answer", place=1, **second)),
        key,
        veils=("places",),
    )


def _places(subject: Subject, place: int) -> None:
    """The maps, the list, and one value's way from the one to the other."""
    x = subject.gets(place)
    is_signed = place > 0 and signed(subject.layers)[place - 1]
    if x.ndim == 1:
        _list(x, is_signed)
        return
    height, width, depth = x.shape
    now = state.now()
    row, column = now.cell or (height, width)
    channel = depth if now.unit is None else now.unit
    if not (row < height and column < width and channel < depth):
        row, column, channel = place_in_maps(x.shape, int(np.abs(x).argmax()))
    maps = linked.some_maps(x.shape)
    if channel not in maps:
        maps = np.sort(np.append(maps[:-1], channel))
    shown = x[..., maps]
    most = float(np.abs(x).max())
    chosen = place_in_vector(shown.shape, row, column, int(np.searchsorted(maps, channel)))
    panels = [
        Panel("Maps", f"{depth} of {height} × {width}", shown, is_signed, cell=30, most=most, height=250),
        Panel(
            "List",
            f"{x.size:,} numbers",
            shown.reshape(1, 1, -1),
            is_signed,
            cell=20,
            most=most,
            height=250,
            sign="→",
        ),
    ]
    view = View(
        panels,
        {"value": sentence(LESSON, "value")},
        say(LESSON, "invites"),
        maps=maps.tolist() if len(maps) < depth else (),
        depth=depth,
        chosen=chosen,
        choosable=True,
    )

    def take(index: int) -> None:
        if index < shown.size:
            at = place_in_maps(shown.shape, index)
            state.change(cell=at[:2], unit=int(maps[at[2]]))

    linked.show(linked.to_content(view), "flatten", take)
    if len(maps) < depth:
        st.caption(say(LESSON, "some", shown=len(maps), count=depth))
    index = place_in_vector(x.shape, row, column, channel)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="answer-formula"):
        bound = state.bound(
            "cell", lambda _: index, lambda at: place_in_maps(x.shape, int(at))[:2], key="place in the list"
        )
        asked = bound["key"]

        def follow() -> None:
            at = place_in_maps(x.shape, int(state.widget(asked)))
            state.change(cell=at[:2], unit=at[2])

        st.number_input("Place in the list", 0, x.size - 1, key=asked, on_change=follow, width=170)
        st.latex(
            rf"(\underbrace{{{row}}}_{{\text{{row}}}} \cdot \underbrace{{{width}}}_{{\text{{width}}}} + "
            rf"\underbrace{{{column}}}_{{\text{{column}}}}) \cdot \underbrace{{{depth}}}_{{\text{{maps}}}} + "
            rf"\underbrace{{{channel}}}_{{\text{{map}}}} = {index}",
            width="content",
        )
    address.follow("Architecture", "flatten")


def _list(x: np.ndarray, is_signed: bool) -> None:
    """A list that is one already."""
    panel = Panel("List", f"{len(x):,} numbers, as before", x[None, None], is_signed)
    view = View(
        [panel],
        {"value": sentence(LESSON, "value of a vector")},
        say(LESSON, "invites"),
        depth=len(x),
    )
    linked.show(linked.to_content(view), "flatten a list")
