"""The filters of a layer: every kernel as a picture, with its numbers where there is room."""

from functools import lru_cache

import numpy as np
import streamlit as st

from app import cache, dossier_view, looking_network, state
from app.hand import ORDERS
from app.in_hand import InHand
from app.looking import atlas, guessing, worth
from app.looking.atlas import Sheet, View
from app.looking.maps_view import verdict_text
from app.prose import say
from model.probes.filters import activity, dead, kernels, norms, twins
from model.probes.maps import feature_maps, signed
from model.probes.units import layers_with_units, response_end

NUMBER_CELL = 40  # px: a weight stands in it in letters of 14 px
TILE = 84  # px: about the side of a filter whose numbers have no room
MOST_NUMBERED = 5  # the largest kernel's side that is drawn with its numbers
SHOWN = 200  # validation digits that tell whether a filter is dead: a fraction of a second
ORDER_TITLES = {"place": "as built", "norm": "norm", "answer": "answer", "effect": "effect"}


def show(hand: InHand) -> None:
    """Shows the filters of the layer that is looked at.

    Args:
        hand: a digit that there is; their answers to it are shown.
    """
    there = layers_with_units(looking_network.recipe())
    chosen = looking_network.chosen()
    if chosen is None:
        st.info(say("looking_inside", "no filters"))
        return
    place, unit = chosen
    one = None
    titles = {each: looking_network.layer_title(each) for each in there}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters-controls"):
        st.selectbox(
            "Layer",
            there,
            format_func=titles.__getitem__,
            label_visibility="collapsed",
            width=170,
            **state.bound("layer", lambda _: place, key="filters' layer"),
        )
        st.segmented_control(
            "Sorted by",
            ORDERS,
            format_func=ORDER_TITLES.__getitem__,
            required=True,
            label_visibility="collapsed",
            help=say("filters", "order"),
            **state.bound("order"),
        )
        if _depth(place) > 1:
            one = st.toggle(say("filters", "open it", word=looking_network.unit_word(place)), key="opened")
        _show_switch(place, unit)
        guessing.show_strokes(place)
    effects = worth.effects(place) if state.now().order == "effect" else None
    name, out, digit = state.now().model, looking_network.out(), hand.digit
    assert digit is not None
    order = state.now().order
    kept = None if effects is None else tuple(round(float(fall), 5) for fall in effects)
    content = _packed(name, out, place, unit, digit.tobytes(), order, kept, bool(one), state.now().own_scale)
    atlas.show(content, "filters")
    dossier_view.show_switches()


def _show_switch(place: int, unit: int) -> None:
    """A button that takes the chosen filter out, or brings it back."""
    out = looking_network.out()
    is_out = (place, unit) in out
    word = looking_network.unit_word(place)
    changed = tuple(pair for pair in out if pair != (place, unit)) if is_out else (*out, (place, unit))
    st.button(
        f"Switch {word} {unit} {'on' if is_out else 'off'}", on_click=state.change, kwargs={"out": changed}
    )


def _depth(place: int) -> int:
    return int(_kernel(state.now().model, place).shape[2])


def _kernel(name: str | None, place: int) -> np.ndarray:
    return kernels(cache.checkpoint(name), place)


@lru_cache(maxsize=64)
def _packed(
    name: str | None,
    out: cache.Out,
    place: int,
    unit: int,
    digit: bytes,
    order: str,
    effects: tuple[float, ...] | None,
    opened: bool,
    own: bool,
) -> bytes:
    kernel = _kernel(name, place)
    strength = norms(kernel)
    maps, answer_signed = _answers(name, out, digit, place)
    largest = maps.max(axis=(0, 1))
    measure = {
        "norm": strength,
        "answer": largest,
        "effect": None if effects is None else np.array(effects),
    }.get(order)
    marks = _marks(name, place, kernel, out)
    pixels = np.frombuffer(digit, np.uint8).reshape(28, 28)
    probabilities = cache.network(name, out).probabilities(pixels[None])[0]
    sheet = _opened(place, unit, kernel) if opened else _all(place, kernel, measure, order, marks)
    view = View(
        [sheet],
        pixels,
        "The digit that the network looks at",
        verdict_text(probabilities),
        say("filters", "choose a filter"),
        None if opened else maps,
        answer_signed,
    )
    return atlas.to_content(view, own, (place, unit))


def _all(place: int, kernel: np.ndarray, measure: np.ndarray | None, order: str, marks: list[str]) -> Sheet:
    """All filters of a layer, each a picture of all its kernels."""
    height, width, depth, count = kernel.shape
    word = looking_network.unit_word(place)
    alone = depth == 1
    tiles, block = (kernel[:, :, 0], None) if alone else (mosaic(kernel), (height, width))
    numbered = alone and max(height, width) <= MOST_NUMBERED
    cell = NUMBER_CELL if numbered else max(1.0, TILE / max(tiles.shape[:2]))
    ranked = range(count) if measure is None else np.argsort(-measure, kind="stable")
    each = f"{height} × {width}" if alone else f"{depth} kernels of {height} × {width}"
    captions = [
        " ".join(filter(None, (str(unit), _measured(measure, unit, order), _short(marks[unit]))))
        for unit in range(count)
    ]
    return Sheet(
        place,
        looking_network.layer_title(place),
        f"{count} {word}s of {each}: blue wants ink, orange wants none",
        tiles,
        True,
        word,
        round(cell) if cell > 3 else cell,
        gap=12,
        order=[int(unit) for unit in ranked],
        captions=captions,
        marks=marks,
        numbers=numbered,
        block=block,
    )


def _measured(measure: np.ndarray | None, unit: int, order: str) -> str:
    if measure is None:
        return ""
    return (
        f"· {100 * measure[unit]:+.1f}".replace("-", "−") if order == "effect" else f"· {measure[unit]:.2f}"
    )


def _short(mark: str) -> str:
    return "" if mark == "out" else mark.replace("twin of ", "= ")


def _opened(place: int, unit: int, kernel: np.ndarray) -> Sheet:
    """One filter's kernels, each with its numbers: one for each map that it reads."""
    height, width, depth, _ = kernel.shape
    word = looking_network.unit_word(place)
    numbered = max(height, width) <= MOST_NUMBERED
    return Sheet(
        place,
        f"{looking_network.layer_title(place)}, {word} {unit}",
        f"{depth} kernels, one for each map that it reads",
        kernel[..., unit],
        True,
        "kernel for map",
        NUMBER_CELL if numbered else max(4.0, TILE / max(height, width)),
        gap=12,
        captions=[str(number) for number in range(depth)],
        numbers=numbered,
        choosable=False,
    )


def mosaic(kernel: np.ndarray) -> np.ndarray:
    """Each unit's kernels side by side, in a block as square as can be.

    Args:
        kernel: float32 (height, width, channels in, units).

    Returns:
        float32 (rows · height, columns · width, units); NaN where a block isn't full.
    """
    height, width, depth, units = kernel.shape
    columns = int(np.ceil(np.sqrt(depth)))
    rows = -(-depth // columns)
    full = np.full((rows * columns, height, width, units), np.nan, np.float32)
    full[:depth] = kernel.transpose(2, 0, 1, 3)
    laid = full.reshape(rows, columns, height, width, units).transpose(0, 2, 1, 3, 4)
    return laid.reshape(rows * height, columns * width, units)


def _answers(name: str | None, out: cache.Out, digit: bytes, place: int) -> tuple[np.ndarray, bool]:
    """What each unit of a layer gives for the digit, after its activation: (height, width, units)."""
    layers = cache.checkpoint(name).recipe.layers
    end = response_end(layers, place)
    maps = feature_maps(cache.network(name, out), np.frombuffer(digit, np.uint8).reshape(28, 28))
    values = maps[end - 1].values
    return (values if values.ndim == 3 else values[None, None]), signed(layers)[end - 1]


def _marks(name: str | None, place: int, kernel: np.ndarray, out: cache.Out) -> list[str]:
    marks = [""] * kernel.shape[-1]
    for first, second, _ in reversed(_twins(name, place)):
        marks[second], marks[first] = f"twin of {first}", f"twin of {second}"
    for unit in _dead(name, place):
        marks[unit] = "dead"
    for at, unit in out:
        if at == place:
            marks[unit] = "out"
    return marks


@lru_cache(maxsize=256)
def _twins(name: str | None, place: int) -> tuple[tuple[int, int, float], ...]:
    kernel = _kernel(name, place)
    # with one number each, all of a sign would be twins
    return twins(kernel) if kernel[..., 0].size > 1 else ()


@lru_cache(maxsize=256)
def _dead(name: str | None, place: int) -> tuple[int, ...]:
    images = cache.validation_digits(name).images[:SHOWN]
    found = dead(activity(cache.checkpoint(name).network, place, images))
    return tuple(int(unit) for unit in np.flatnonzero(found))
