"""The maps of every layer for the digit in hand, all channels at once."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import streamlit as st

from app import cache, dossier_view, looking_network, state
from app.in_hand import InHand
from app.looking import atlas, guessing
from app.looking.atlas import Sheet, View
from app.prose import say
from app.reading import chance
from model.layers import Activation, Dropout, Flatten, Layer
from model.probes.maps import LayerMaps, feature_maps
from model.verdict import Verdict

TILE = 44  # px: a map's side, or near it, in whole cells where they are large
UNIT, MANY_UNITS = 22, 12  # px: the square of a dense unit, and where there are many
MANY = 200
ANSWER = 44  # px: one of the ten probabilities, with its number in it


def show(hand: InHand) -> None:
    """Shows the maps.

    Args:
        hand: a digit that there is.
    """
    assert hand.digit is not None
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="maps-controls"):
        st.toggle("Each map its own scale", help=say("filters", "own scale"), **state.bound("own_scale"))
        guessing.show_layers(hand)
        dossier_view.show_switches()
    now = state.now()
    chosen = None if now.layer is None else (now.layer, now.unit or 0)
    content = _packed(now.model, looking_network.out(), hand.digit.tobytes(), now.own_scale, chosen)
    atlas.show(content, "maps")


def shown_maps(name: str | None, out: cache.Out, digit: bytes) -> tuple[LayerMaps, ...]:
    """The maps that are worth a picture: those of a layer that changes nothing while reading are left out."""
    network = cache.network(name, out)
    maps = feature_maps(network, np.frombuffer(digit, np.uint8).reshape(28, 28))
    return tuple(each for each in maps if not _changes_nothing(network.layers[each.place]))


def verdict_text(probabilities: np.ndarray) -> str:
    """A reading in a few words: "reads 7, 98.3% sure"."""
    verdict = Verdict(probabilities)
    return f"reads {verdict.digit}, {chance(verdict.confidence)} sure"


def _changes_nothing(layer: Layer) -> bool:
    return isinstance(layer, Dropout | Flatten) or layer == Activation("linear")


@lru_cache(maxsize=64)
def _packed(
    name: str | None, out: cache.Out, digit: bytes, own: bool, chosen: tuple[int, int] | None
) -> bytes:
    recipe = cache.checkpoint(name).recipe
    maps = shown_maps(name, out, digit)
    view = View(
        [_sheet(each, _fields(name, each), last=each.place == len(recipe.layers) - 1) for each in maps],
        np.frombuffer(digit, np.uint8).reshape(28, 28),
        "The digit that the network looks at",
        verdict_text(maps[-1].values),
        say("filters", "choose a map"),
    )
    return atlas.to_content(view, own, chosen)


def _fields(name: str | None, maps: LayerMaps) -> dict[str, list[tuple[int, int]]] | None:
    # of a vector each number looks at the whole digit: there is nothing to show
    return _of_layer(_stem(name), maps.place) if maps.values.ndim == 3 else None


def _stem(name: str | None) -> str | None:
    # all epochs of a training have the same layers
    return None if name is None else name.partition(":")[0]


@lru_cache(maxsize=256)
def _of_layer(name: str | None, place: int) -> dict[str, list[tuple[int, int]]]:
    return atlas.fields(cache.checkpoint(name).recipe, place)


def _sheet(maps: LayerMaps, fields: dict[str, list[tuple[int, int]]] | None, last: bool) -> Sheet:
    values = maps.values
    if values.ndim == 1:
        return _strip(maps, last)
    height, width, channels = values.shape
    note = f"{channels} {'map' if channels == 1 else 'maps'} of {height} × {width}"
    return Sheet(
        maps.place, maps.title, note, values, maps.is_signed, "map", _cell(height, width), fields=fields
    )


def _cell(height: int, width: int) -> float:
    cell = TILE / max(height, width)
    return round(2 * cell) / 2 if cell < 3 else float(round(cell))


def _strip(maps: LayerMaps, last: bool) -> Sheet:
    """A vector as a strip: a square for each of its numbers."""
    count = len(maps.values)
    names: Sequence[str] = [str(digit) for digit in range(count)] if last else ()
    cell = ANSWER if count <= 10 else MANY_UNITS if count > MANY else UNIT
    return Sheet(
        maps.place,
        maps.title,
        f"{count} numbers, one for each digit" if last else f"{count} numbers",
        maps.values[None, None],
        maps.is_signed,
        "digit" if last else "unit",
        cell,
        gap=2,
        captions=names,
        numbers=count <= 10,
    )
