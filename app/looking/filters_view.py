"""The filters of a layer: every kernel as a picture, with its numbers where there is room."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import streamlit as st

from app import cache, dossier_view, looking_network, state
from app.hand import MOST_OUT, ORDERS, Order
from app.in_hand import InHand
from app.looking import atlas, guessing, worth
from app.looking.atlas import Sheet, View
from app.looking.maps_view import verdict_text
from app.prose import say
from model.checkpoint import Checkpoint
from model.datasets import Digits
from model.forward import Network
from model.layers import Conv2D, Layer
from model.probes.filters import activity, dead, kernels, norms, twins
from model.probes.maps import feature_maps, titles
from model.probes.units import layers_with_units, response_end

NUMBER_CELL = 34  # px: a weight stands in it in letters of 14 px
TILE = 84  # px: about the side of a filter whose numbers have no room; one of many kernels may be wider
MOST_NUMBERED = 5  # the largest kernel's side that is drawn with its numbers
SHOWN = 200  # validation digits that tell whether a filter is dead: a fraction of a second
ALIKE = 0.95  # the cosine from which two filters are twins
ORDER_TITLES = {"place": "as built", "norm": "by norm", "answer": "by answer", "effect": "by effect"}


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
    opened = False
    names = {each: looking_network.layer_title(each) for each in there}
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters-controls"):
        st.selectbox(
            "Layer",
            there,
            format_func=names.__getitem__,
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
            **state.bound("order"),
        )
        if kernels(cache.checkpoint(state.now().model), place).shape[2] > 1:
            opened = st.toggle(say("filters", "open it", word=looking_network.unit_word(place)), key="opened")
        _show_switch(place, unit)
        guessing.show_strokes(place)
    effects = worth.effects(place) if state.now().order == "effect" else None
    now, digit = state.now(), hand.digit
    assert digit is not None
    asked = Asked(
        place,
        unit,
        now.order,
        None if effects is None else tuple(effects.tolist()),
        opened,
        tuple(out for at, out in looking_network.out() if at == place),
        now.unit is None or opened,
    )
    checkpoint, digits = cache.checkpoint(now.model), cache.validation_digits(now.model)
    content = packed(checkpoint, looking_network.network(), digits, digit.tobytes(), asked)
    atlas.show(content, "filters")
    said = [say("filters", "marks", count=SHOWN, least=f"{ALIKE:.2f}"), say("filters", "order")]
    st.caption(" ".join(said))
    dossier_view.show_switches()


def _show_switch(place: int, unit: int) -> None:
    """A button that takes the chosen filter out, or brings it back."""
    out = looking_network.out()
    is_out = (place, unit) in out
    word = looking_network.unit_word(place)
    changed = tuple(pair for pair in out if pair != (place, unit)) if is_out else (*out, (place, unit))
    st.button(
        f"Switch {word} {unit} {'on' if is_out else 'off'}",
        on_click=state.change,
        kwargs={"out": changed},
        disabled=len(changed) > MOST_OUT,
    )


@dataclass(frozen=True)
class Asked:
    """What is to be shown of a layer's filters.

    Args:
        place: the layer's.
        unit: the filter that is shown large.
        order: one of `ORDERS`.
        effects: by how much accuracy falls without each filter; None where that isn't known or asked.
        opened: whether the kernels of the one filter are shown instead of all filters.
        out: the layer's filters that are switched off.
        invites: whether nothing was chosen yet.
    """

    place: int
    unit: int
    order: Order = "place"
    effects: tuple[float, ...] | None = None
    opened: bool = False
    out: tuple[int, ...] = ()
    invites: bool = False


@lru_cache(maxsize=32)
def packed(checkpoint: Checkpoint, network: Network, digits: Digits, digit: bytes, asked: Asked) -> bytes:
    """The filters of a layer as an atlas.

    Args:
        checkpoint: what is in hand.
        network: the same, perhaps without some of its filters: what answers to the digit.
        digits: the validation digits, by which dead filters are found.
        digit: the digit's 784 bytes.
        asked: what is to be shown.

    Returns:
        What `atlas.show` takes.
    """
    place = asked.place
    kernel = kernels(checkpoint, place)
    pixels = np.frombuffer(digit, np.uint8).reshape(28, 28)
    maps = feature_maps(network, pixels)
    end = response_end(network.layers, place)  # after its activation
    answers = maps[end - 1].values if maps[end - 1].values.ndim == 3 else maps[end - 1].values[None, None]
    if asked.opened:
        sheet = _opened(checkpoint.recipe.layers, asked, kernel)
    else:
        measure = {
            "place": None,
            "norm": norms(kernel),
            "answer": answers.max(axis=(0, 1)),
            "effect": None if asked.effects is None else np.array(asked.effects),
        }[asked.order]
        sheet = _all(checkpoint.recipe.layers, asked, kernel, measure, _marks(checkpoint, digits, asked))
    view = View(
        checkpoint.address,
        [sheet],
        pixels,
        "The digit that the network looks at",
        verdict_text(maps[-1].values),
        say("filters", "choose a kernel" if asked.opened else "choose a filter") if asked.invites else "",
        None if asked.opened else answers,
        maps[end - 1].is_signed,
    )
    return atlas.to_content(view, False, (place, asked.unit))


def _all(
    layers: Sequence[Layer], asked: Asked, kernel: np.ndarray, measure: np.ndarray | None, marks: list[str]
) -> Sheet:
    """All filters of a layer, each a picture of all its kernels."""
    height, width, depth, count = kernel.shape
    word = _word(layers[asked.place])
    alone = depth == 1
    tiles, block = (kernel[:, :, 0], None) if alone else (mosaic(kernel), (height, width))
    numbered = alone and max(height, width) <= MOST_NUMBERED
    cell = NUMBER_CELL if numbered else max(1.0, TILE / float(np.sqrt(tiles.shape[0] * tiles.shape[1])))
    ranked = range(count) if measure is None else np.argsort(-measure, kind="stable")
    each = f"{height} × {width}" if alone else f"{depth} kernels of {height} × {width}"
    captions = [
        " · ".join(filter(None, (str(unit), _measured(measure, unit, asked.order), _short(marks[unit]))))
        for unit in range(count)
    ]
    return Sheet(
        asked.place,
        titles(layers)[asked.place],
        f"{count} {word}s of {each}, blue adds, orange takes away",
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
    return f"{100 * measure[unit]:+.1f}".replace("-", "−") if order == "effect" else f"{measure[unit]:.2f}"


def _short(mark: str) -> str:
    return "" if mark == "out" else mark.partition(",")[0].replace("twin of ", "= ")


def _opened(layers: Sequence[Layer], asked: Asked, kernel: np.ndarray) -> Sheet:
    """One filter's kernels, each with its numbers: one for each map that it reads."""
    height, width, depth, _ = kernel.shape
    word = _word(layers[asked.place])
    numbered = max(height, width) <= MOST_NUMBERED
    return Sheet(
        asked.place,
        f"{titles(layers)[asked.place]}, {word} {asked.unit}",
        f"{depth} kernels, one for each map that it reads",
        kernel[..., asked.unit],
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
    # without gaps where that gives no long strip
    even = [each for each in range(1, depth + 1) if depth % each == 0 and depth <= each * each <= 4 * depth]
    columns = even[0] if even else int(np.ceil(np.sqrt(depth)))
    rows = -(-depth // columns)
    full = np.full((rows * columns, height, width, units), np.nan, np.float32)
    full[:depth] = kernel.transpose(2, 0, 1, 3)
    laid = full.reshape(rows, columns, height, width, units).transpose(0, 2, 1, 3, 4)
    return laid.reshape(rows * height, columns * width, units)


def _word(layer: Layer) -> str:
    return "filter" if isinstance(layer, Conv2D) else "unit"


def _marks(checkpoint: Checkpoint, digits: Digits, asked: Asked) -> list[str]:
    pairs, silent = _found(checkpoint, digits, asked.place)
    marks = [""] * kernels(checkpoint, asked.place).shape[-1]
    for first, second, alike in reversed(pairs):  # the most alike have the last word
        for unit, other in ((first, second), (second, first)):
            marks[unit] = f"twin of {other}, cosine {alike:.3f}".replace("-", "−")
    for unit in silent:
        marks[unit] = f"dead, the same in all {min(SHOWN, len(digits)):,} digits"
    for unit in asked.out:
        marks[unit] = "out"
    return marks


@lru_cache(maxsize=32)  # as many as networks are kept
def _found(
    checkpoint: Checkpoint, digits: Digits, place: int
) -> tuple[tuple[tuple[int, int, float], ...], tuple[int, ...]]:
    """The twins among a layer's filters, and the dead ones."""
    kernel = kernels(checkpoint, place)
    # with one number each, all of a sign would be twins
    pairs = twins(kernel, ALIKE) if kernel[..., 0].size > 1 else ()
    silent = dead(activity(checkpoint.network, place, digits.images[:SHOWN]))
    return pairs, tuple(int(unit) for unit in np.flatnonzero(silent))
