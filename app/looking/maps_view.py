"""The maps of every layer for the digit in hand, all channels at once."""

from functools import lru_cache

import numpy as np
import streamlit as st

from app import cache, dossier_view, looking_network, state
from app.in_hand import InHand
from app.looking import atlas, guessing
from app.looking.atlas import Sheet, View
from app.prose import say
from app.reading import chance
from model.checkpoint import Checkpoint
from model.forward import Network
from model.layers import Activation, Dropout, Flatten, Layer
from model.probes.maps import LayerMaps, feature_maps
from model.probes.units import layers_with_units, response_end
from model.recipe import CLASSES, Recipe
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
        # the accuracy without the filters takes its time: the maps don't wait for it
        switches = st.container(
            horizontal=True, vertical_alignment="center", gap="small", width="content", key="switches"
        )
    now = state.now()
    chosen = None if now.layer is None else (now.layer, now.unit or 0)
    checkpoint, digit = cache.checkpoint(now.model), hand.digit.tobytes()
    atlas.show(packed(checkpoint, looking_network.network(), digit, now.own_scale, chosen), "maps")
    dossier_view.show_switches(switches)


def verdict_text(probabilities: np.ndarray) -> str:
    """A reading in a few words: "reads 7, 98.3% sure"."""
    verdict = Verdict(probabilities)
    return f"reads {verdict.digit}, {chance(verdict.confidence)} sure"


def _changes_nothing(layer: Layer) -> bool:
    return isinstance(layer, Dropout | Flatten) or layer == Activation("linear")


@lru_cache(maxsize=32)  # a scrubbed training of a large network takes 2 MB an epoch
def packed(
    checkpoint: Checkpoint, network: Network, digit: bytes, own: bool, chosen: tuple[int, int] | None
) -> bytes:
    """All maps of a digit as an atlas; layers that change nothing while reading are left out.

    Args:
        checkpoint: what is in hand.
        network: the same, perhaps without some of its filters.
        digit: its 784 bytes.
        own: whether each map has a scale of its own.
        chosen: the layer's place and the map that the person wants large; None for our own choice.

    Returns:
        What `atlas.show` takes.
    """
    recipe = checkpoint.recipe
    pixels = np.frombuffer(digit, np.uint8).reshape(28, 28)
    maps = [each for each in feature_maps(network, pixels) if not _changes_nothing(recipe.layers[each.place])]
    # of a vector each number looks at the whole digit: there is nothing to show
    fields = [_fields(recipe, each.place) if each.values.ndim == 3 else None for each in maps]
    view = View(
        checkpoint.address,
        [_sheet(each, recipe.layers[each.place], seen) for each, seen in zip(maps, fields, strict=True)],
        pixels,
        "The digit that the network looks at",
        verdict_text(maps[-1].values),
        "" if chosen else say("filters", "choose a map"),
    )
    return atlas.to_content(view, own, chosen or _striking(recipe, maps))


def _striking(recipe: Recipe, maps: list[LayerMaps]) -> tuple[int, int] | None:
    """What is shown large before anything is chosen: the liveliest map behind the first filters."""
    there = layers_with_units(recipe)
    place = response_end(recipe.layers, there[0]) - 1 if there else None
    for each in maps:
        if each.place == place and each.values.ndim == 3:
            return each.place, int(each.values.std(axis=(0, 1)).argmax())
    return None


@lru_cache(maxsize=256)  # all epochs of a training have the same
def _fields(recipe: Recipe, place: int) -> dict[str, list[tuple[int, int]]]:
    return atlas.fields(recipe, place)


def _sheet(maps: LayerMaps, layer: Layer, fields: dict[str, list[tuple[int, int]]] | None) -> Sheet:
    function = f"{layer.function}, " if isinstance(layer, Activation) else ""
    if maps.values.ndim == 1:
        return _strip(maps, function)
    height, width, channels = maps.values.shape
    note = f"{function}{channels} {'map' if channels == 1 else 'maps'} of {height} × {width}"
    cell = _cell(height, width)
    return Sheet(maps.place, maps.title, note, maps.values, maps.is_signed, "map", cell, fields=fields)


def _cell(height: int, width: int) -> float:
    cell = TILE / max(height, width)
    return round(2 * cell) / 2 if cell < 3 else float(round(cell))


def _strip(maps: LayerMaps, function: str) -> Sheet:
    """A vector as a strip: a square for each of its numbers."""
    count = len(maps.values)
    few = count <= CLASSES
    return Sheet(
        maps.place,
        maps.title,
        f"{function}{count} numbers",
        maps.values[None, None],
        maps.is_signed,
        "number",
        ANSWER if few else MANY_UNITS if count > MANY else UNIT,
        gap=2,
        captions=[str(number) for number in range(count)] if few else (),
        numbers=few,
    )
