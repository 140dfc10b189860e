"""What is on the page, over all epochs, as a film to take away."""

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from app import cache, looking_network, networks, state
from app.charts.figure import thinned
from app.in_hand import InHand
from app.looking import film
from app.looking.filters_view import mosaic
from app.looking.maps_view import verdict_text
from app.looking.timeline import course, drops
from app.prose import say
from model.checkpoint import checkpoint_epochs
from model.probes.filters import kernels
from model.probes.maps import feature_maps, signed, titles
from model.probes.units import layers_with_units, response_end

MOST_FRAMES = 60  # a film of some ten seconds
SPEEDS = (1, 2, 4, 8)  # epochs a second
MOST_TOLD = 5  # numbers in a film's title
FILMED = ("maps", "filters")  # the views that a film is made of


def show(hand: InHand) -> None:
    """Shows what can be taken away of the present view, where several epochs are kept.

    Args:
        hand: a digit that there is.
    """
    name, _ = networks.split(state.now().model)
    if state.now().look not in FILMED or len(checkpoint_epochs(name)) < 2:
        return
    place = _place()
    if place is None:
        return
    title = titles(looking_network.recipe().layers)[place]
    with st.popover("Film"):
        st.caption(say("filters", "film", title=title))
        chosen = _choose(place)
        speed = st.segmented_control("Epochs a second", SPEEDS, default=2, required=True, key="film's speed")
        assert hand.digit is not None
        filmed = name, looking_network.out(), state.now().look, place, chosen
        make = partial(_film, *filmed, hand.digit, float(speed))
        with st.container(horizontal=True):
            _download("GIF", make, name)
            _download("WebP", make, name)


def _choose(place: int) -> tuple[int, ...]:
    """The choice of some of the layer's filters, or maps; none for all of them."""
    look, shape = state.now().look, looking_network.recipe().shapes[place + 1]
    count, noun = shape[-1], "map" if len(shape) == 3 else "number"
    if look == "filters":
        noun = looking_network.unit_word(place)
    chosen = st.multiselect(
        f"Some {noun}s",
        range(count),
        placeholder="All of them",
        **state.lasting(f"filmed {look} {place} of {count}", []),
    )
    return tuple(sorted(chosen))


def _download(kind: film.Kind, make: Callable[[film.Kind], bytes], name: str) -> None:
    file = f"{name}.{kind.lower()}"
    st.download_button(kind, lambda: make(kind), file, f"image/{kind.lower()}", on_click="ignore")


def _place() -> int | None:
    """The layer that is filmed: the one whose map is chosen, else the first with filters, activated."""
    layers = looking_network.recipe().layers
    there = layers_with_units(looking_network.recipe())
    now = state.now()
    if now.look == "filters":
        chosen = looking_network.chosen()
        return None if chosen is None else chosen[0]
    if now.layer is not None and now.layer < len(layers):
        return now.layer
    return response_end(layers, there[0]) - 1 if there else len(layers) - 1


def _film(
    name: str,
    out: cache.Out,
    look: str,
    place: int,
    chosen: tuple[int, ...],
    digit: np.ndarray,
    speed: float,
    kind: film.Kind,
) -> bytes:
    kept, whole = set(checkpoint_epochs(name)), course(name)
    records = [record for record in whole if record.epoch in kept]
    falls = [at for at, record in enumerate(records) if record.epoch in drops(records)]
    records = [records[at] for at in thinned(len(records), MOST_FRAMES, falls)]
    layers = cache.checkpoint(name).recipe.layers

    def tiles(epoch: int) -> np.ndarray:
        found = whole_layer(epoch)
        return found[..., list(chosen)] if chosen else found

    def whole_layer(epoch: int) -> np.ndarray:
        address = networks.to_address(name, epoch)
        if look == "filters":
            kernel = kernels(cache.checkpoint(address), place)
            return kernel[:, :, 0] if kernel.shape[2] == 1 else mosaic(kernel)
        values = feature_maps(cache.network(address, out), digit)[place].values
        return values if values.ndim == 3 else values[None, None]

    def verdict(epoch: int) -> str:
        network = cache.network(networks.to_address(name, epoch), out)
        return verdict_text(network.probabilities(digit[None])[0])

    shown = film.of_epochs(records, tiles, verdict)
    is_signed = look == "filters" or signed(layers)[place]
    title = f"{name}: {titles(layers)[place]}"
    if chosen:
        told = ", ".join(map(str, chosen)) if len(chosen) <= MOST_TOLD else f"{len(chosen)} of them"
        title += f" ({told})"
    return film.make(title, shown, whole, digit, is_signed, speed, kind)
