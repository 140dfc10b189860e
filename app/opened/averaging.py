"""The global average pooling layer opened: each map and the mean of its cells."""

import numpy as np
import streamlit as st

from app import address, state
from app.opened import aside, linked
from app.opened.aside import Question
from app.opened.formula import number
from app.opened.linked import Panel, View, sentence
from app.prose import say
from app.subject import Subject
from model.forward import apply_layer
from model.probes.maps import signed
from model.recipe import CLASSES

LESSON = "averaging"
SEED = 0  # of the shuffling
NAMED = 40  # maps up to which each mean has its number below it


def show(subject: Subject, place: int) -> None:
    """Shows the maps and their means."""
    x = subject.gets(place)
    change = np.abs(_gives(subject, place, shuffled(x)) - subject.gives(place)).max()
    question = Question(
        say(LESSON, "asks"),
        [say(LESSON, "same"), say(LESSON, "other")],
        lambda: (0, say(LESSON, "answer", change=f"{change:.0e}" if change else "0")),
        "global average",
    )
    aside.show(subject, place, LESSON, question, {"means": st.fragment(_means)})


def shuffled(x: np.ndarray) -> np.ndarray:
    """Maps whose cells have changed places, every map in its own way; float32 of the same shape."""
    height, width, count = x.shape
    cells = x.reshape(height * width, count)
    return np.random.default_rng(SEED).permuted(cells, axis=0).reshape(x.shape)


def _gives(subject: Subject, place: int, x: np.ndarray) -> np.ndarray:
    return apply_layer(subject.layers[place], x[None], {})[0]


def _means(subject: Subject, place: int) -> None:
    """The maps, their means, and one mean written out."""
    x = subject.gets(place)
    if st.toggle(say(LESSON, "shuffle"), **state.lasting("shuffled maps", False)):
        x = shuffled(x)
    means = _gives(subject, place, x)
    height, width, depth = x.shape
    is_signed = place > 0 and signed(subject.layers)[place - 1]
    unit = state.now().unit
    channel = int(np.abs(means).argmax()) if unit is None or unit >= depth else unit
    maps = linked.some_maps(x.shape, np.abs(means))
    if channel not in maps:
        maps = np.sort(np.append(maps[:-1], channel))
    cells = height * width
    named = [str(each) for each in maps] if len(maps) <= NAMED else ()
    panels = [
        Panel("Maps", f"{depth} of {height} × {width}", x[..., maps], is_signed, cell=24, captions=named),
        Panel(
            "Means",
            f"{depth} numbers",
            means[maps][None, None],
            is_signed,
            "channel",
            cell=40,
            captions=named,
            numbers=True,
            sign="→",
        ),
    ]
    view = View(
        panels,
        {name: sentence(LESSON, name, cells=cells) for name in ("value", "channel")},
        say(LESSON, "invites"),
        maps=maps.tolist() if len(maps) < depth else (),
        depth=depth,
    )
    linked.show(linked.to_content(view), "means")
    if len(maps) < depth:
        st.caption(say(LESSON, "some", shown=len(maps), count=depth))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="answer-formula"):
        if depth > 1:
            st.number_input(
                "Map",
                0,
                depth - 1,
                width=130,
                **state.bound("unit", lambda _: channel, int, key="mean of map"),
            )
        st.latex(mean_formula(x[..., channel], channel), width="content")
    told = {"flat": f"{x.size:,}", "count": f"{depth:,}", "classes": CLASSES}
    told |= {"flat_weights": f"{x.size * CLASSES:,}", "weights": f"{depth * CLASSES:,}"}
    st.caption(say(LESSON, "instead", **told))
    address.follow("Architecture", "means")


def mean_formula(values: np.ndarray, channel: int) -> str:
    """A map's mean as a sum over its cells, the middle ones left out; LaTeX."""
    flat = values.ravel()
    terms = [number(value, signs=at > 0) for at, value in enumerate(flat)]
    if len(terms) > 5:
        terms = [*terms[:2], r"+ \dots", *terms[-2:]]
    total = number(float(flat.sum(dtype=np.float64)))
    mean = number(float(flat.mean(dtype=np.float64)))
    cells = len(flat)
    return rf"y_{{{channel}}} = \frac{{{' '.join(terms)}}}{{{cells}}} = \frac{{{total}}}{{{cells}}} = {mean}"
