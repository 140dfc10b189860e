"""One filter's dossier: what it looks for, what excites it, what the network loses without it."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import ascent, bulk, cache, looking_network, state, worth
from app.bulk import Reading
from app.dossier_html import examples_html, filter_html
from app.hand import MOST_OUT
from app.in_hand import InHand, in_hand
from app.pixels import to_html
from app.prose import say
from app.reading import chance
from app.until_read import until_read
from model.cards import percent
from model.forward import weight_name
from model.intervals import wilson
from model.layers import Conv2D
from model.probes.dossier import Dossier, from_responses
from model.probes.maps import titles
from model.probes.units import layers_with_units, response_end, units_of
from model.verdict import read_digit


def show(hand: InHand | None) -> None:
    """Shows the dossier of the chosen filter: of the whole network, whatever else is switched off.

    Args:
        hand: the digit in hand; the filter's map of it is shown, if there is one.
    """
    unit = looking_network.chosen()
    if unit is None:
        st.info(say("looking_inside", "no filters"))
        return
    _choose(*unit)
    switches = st.container(horizontal=True, vertical_alignment="center", gap="small", key="switches")
    with st.container(key="dossier"):
        itself, examples, classes, dream = (st.container(gap="small") for _ in range(4))
    itself.html(_filter(*unit, hand))
    if looking_network.out():
        show_switches(switches)  # after the filter: their accuracy takes its time
    name = state.now().model
    digits = cache.validation_digits(name)

    def work() -> Reading | Dossier:
        found = bulk.responses(name, unit[0], digits.dataset, digits.part)
        return from_responses(found.values[:, unit[1]], digits.labels) if found.finished else found

    def show_all(known: Dossier) -> None:
        examples.html(examples_html(known, digits))
        with classes:
            worth.show(*unit, known.mean_per_class)
        with dream:
            ascent.show(*unit, digits.images[known.most[0]], float(known.values.max()))

    with examples:
        until_read(work, show_all, "Which digits excite it")


def show_switches(where: DeltaGenerator | None = None) -> None:
    """Shows which filters are switched off, and what that does to the verdict and the accuracy.

    Every view of the page follows: they ask `looking_network.network()`.

    Args:
        where: the row that was kept for them; None for a row of their own, here.
    """
    layers = looking_network.recipe().layers
    there = layers_with_units(looking_network.recipe())
    if not there:
        return
    off = looking_network.out()
    names = {
        (place, unit): looking_network.unit_title(place, unit)
        for place in there
        for unit in range(units_of(layers[place]))
    }
    if where is None:
        where = st.container(horizontal=True, vertical_alignment="center", gap="small", key="switches")
    with where:
        st.multiselect(
            "Filters that are switched off",
            list(names),
            format_func=names.__getitem__,
            max_selections=MOST_OUT,
            placeholder="All filters are on: choose some to switch off",
            label_visibility="collapsed",
            width=360,
            **state.bound("out", lambda _: list(off), tuple),
        )
        if off:
            st.button("All on", on_click=state.change, kwargs={"out": ()})
            hand = in_hand()
            st.html(_consequences(off, None if hand is None else hand.digit))


def _consequences(off: cache.Out, digit: np.ndarray | None) -> str:
    """What switching filters off does, in a line."""
    said = []
    if digit is not None:
        before = read_digit(cache.network(state.now().model), digit)
        after = read_digit(looking_network.network(), digit)
        arrow = f"{before.digit} ({chance(before.confidence)}) → <b>{after.digit}</b>"
        said.append(f"It reads {arrow} ({chance(after.confidence)})")
    whole, asked = looking_network.right_per_class()
    left, _ = looking_network.right_per_class(off)
    count = sum(asked)
    shares = [percent(sum(right) / count, count) for right in (whole, left)]
    low, high = (percent(end, count) for end in wilson(sum(left), count))
    interval = f"(95% interval {low} to {high})"
    said.append(f"of {count} validation digits right: {shares[0]} → <b>{shares[1]}</b> {interval}")
    return f'<p class="lab-consequences" role="status">{" · ".join(said)}</p>'


def _choose(place: int, unit: int) -> None:
    """The choice of a filter, and its switch."""
    layers = looking_network.recipe().layers
    word = looking_network.unit_word(place)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="which-filter"):
        st.selectbox(
            "Layer",
            layers_with_units(looking_network.recipe()),
            format_func=titles(layers).__getitem__,
            label_visibility="collapsed",
            width=190,
            **state.bound("layer", lambda _: place, key="layer of the dossier"),
        )
        st.html(f"<p>{word}</p>", width="content")
        st.number_input(
            word.capitalize(),
            0,
            units_of(layers[place]) - 1,
            label_visibility="collapsed",
            width=150,
            **state.bound("unit", lambda _: unit, int, key="unit of the dossier"),
        )
        st.toggle(
            "Switched on",
            **state.bound(
                "out",
                lambda out: (place, unit) not in out,
                lambda on: _switched(place, unit, on),
                key="switch of the dossier",
            ),
        )


def _switched(place: int, unit: int, on: bool) -> cache.Out:
    others = tuple(pair for pair in looking_network.out() if pair != (place, unit))
    return others if on else (*others, (place, unit))[-MOST_OUT:]


def _filter(place: int, unit: int, hand: InHand | None) -> str:
    checkpoint = cache.checkpoint(state.now().model)
    layer = checkpoint.recipe.layers[place]
    title = looking_network.unit_title(place, unit)
    kernel = (
        checkpoint.weights[weight_name(place, "kernel")][..., unit] if isinstance(layer, Conv2D) else None
    )
    if hand is None or hand.digit is None:
        return filter_html(title, kernel, None, None)
    answer = cache.values(state.now().model, hand.digit.tobytes())[
        response_end(checkpoint.recipe.layers, place)
    ]
    return filter_html(title, kernel, answer[..., unit], to_html(hand.digit, "The digit in hand"))
