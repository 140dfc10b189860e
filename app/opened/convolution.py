"""The convolution layer opened: its kernel slides over the digit, is edited, and is tried on a small grid."""

import zlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import address, state
from app.kept import kept
from app.opened import aside, convolution_formula, formula, kernel_editing, sandbox, sliding
from app.opened.aside import Question
from app.opened.filter_choice import choose, chosen_channel, chosen_filter
from app.opened.sliding import MOST_CHANNELS, Scene, Stage
from app.prose import say
from app.subject import Subject
from model.forward import Network, to_input
from model.layers import Activation, Conv2D
from model.probes.convolving import Sliding, followers, slide_filter, strongest
from model.probes.maps import signed, titles

LESSON = "convolution"
QUARTERS = ("upper left", "upper right", "lower left", "lower right")
SIGNS = ("above zero", "not above zero")


def show(subject: Subject, place: int) -> None:
    """Shows it."""
    facets = {"slide": _slide, "kernel": kernel_editing.show, "sandbox": sandbox.show}
    aside.show(subject, place, LESSON, _question(subject, place), facets)


def holds_back(subject: Subject, place: int) -> bool:
    """Whether the chosen filter's map is asked about, and not to be seen before the answer may be."""
    return not _question(subject, place).is_answered


@dataclass(frozen=True, eq=False)
class Filtered:
    """What a filter makes of a digit.

    Attributes:
        sliding: its sums, taken apart.
        maps: float32 (down, across) each: its own map, then what the layers behind make of it.
    """

    sliding: Sliding
    maps: tuple[np.ndarray, ...]


@kept(16)
def filtered(network: Network, digit: bytes, place: int, unit: int) -> Filtered:
    """One filter of a network at work on a digit.

    Args:
        network: what looks.
        digit: its 784 bytes.
        place: a convolution's.
        unit: the filter.
    """
    layer = network.layers[place]
    assert isinstance(layer, Conv2D)
    pixels = np.frombuffer(digit, np.uint8).reshape(1, 28, 28)
    x = network.through(to_input(pixels), 0, place)
    slid = slide_filter(layer, x[0], network.own_weights(place), unit)
    given = network.through(x, place, place + 1)
    maps = [given[0, ..., unit]]
    for later in followers(network.layers, place):
        given = network.through(given, later, later + 1)
        maps.append(given[0, ..., unit])
    return Filtered(slid, tuple(maps))


def _filtered(subject: Subject, place: int) -> Filtered:
    return filtered(subject.network, subject.digit.tobytes(), place, chosen_filter(subject, place))


def _question(subject: Subject, place: int) -> Question:
    """Where the filter will answer most strongly; for a map of a single row or column, with which sign."""
    unit = chosen_filter(subject, place)
    about = f"{state.now().model} {subject.is_trained} {place} {unit} {zlib.crc32(subject.digit.tobytes())}"
    is_thin = min(subject.shapes[place + 1][:2]) < 2
    options, passage = (SIGNS, "guess sign") if is_thin else (QUARTERS, "guess place")
    return Question(say(LESSON, passage, unit=unit), options, lambda: _reveal(subject, place), about)


def _reveal(subject: Subject, place: int) -> tuple[int, str]:
    """The answer's place among the options, and the answer in words."""
    values = _filtered(subject, place).maps[0]
    down, across = values.shape
    row, column = (int(n) for n in np.unravel_index(values.argmax(), values.shape))
    most = formula.plain(float(values.max()))
    if min(down, across) < 2:
        return int(values.max() <= 0), say(LESSON, "answer sign", most=most)
    right = 2 * int(2 * row >= down) + int(2 * column >= across)
    passage = "answer same" if np.ptp(values) == 0 else "answer place"
    return right, say(LESSON, passage, row=row, column=column, most=most)


def _slide(subject: Subject, place: int) -> None:
    choose(subject, place, with_channel=False)
    _watch(subject, place, _question(subject, place).is_answered)


@st.fragment
def _watch(subject: Subject, place: int, guessed: bool) -> None:
    """The kernel on its way, and its sum as a formula: all that follows each of its steps."""
    layers, unit = subject.layers, chosen_filter(subject, place)
    known = _filtered(subject, place)
    slid = known.sliding
    channels = slid.kernel.shape[-1]
    channel = chosen_channel(subject, place)
    if channels > MOST_CHANNELS:
        label = say(LESSON, "choose a channel", channels=channels)
        st.number_input(label, 0, channels - 1, width=190, **state.bound("channel", lambda _: channel, int))
    shown = strongest(slid.terms, MOST_CHANNELS - (channels > MOST_CHANNELS))
    if channel not in shown:
        shown = tuple(sorted((*shown[:-1], channel)))
    behind = followers(layers, place)
    signs, names = signed(layers), titles(layers)
    stages = [
        Stage(_stage_title(subject, at), values, signs[at])
        for at, values in zip((place, *behind), known.maps, strict=True)
    ]
    home = slid.brightest()
    cell = state.now().cell
    down, across = slid.sums.shape
    if cell is None or cell[0] >= down or cell[1] >= across:
        cell = home
    values, weights = known.maps[0], subject.network.own_weights(place)
    ring = np.unravel_index(values.argmax(), values.shape)
    scene = Scene(
        shown=f"{state.now().model} {subject.is_trained} {place} {unit}",
        sliding=slid,
        channels=shown,
        channel=channel,
        is_signed=bool(place and signs[place - 1]),
        source=names[place - 1] if place else "the digit",
        stages=stages,
        home=home,
        ring=(int(ring[0]), int(ring[1])) if guessed else None,
        has_bias="bias" in weights,
    )
    key = f"slide {place}"
    there = sliding.browser_cell(key) == cell
    sliding.show(sliding.to_content(scene, None if there else cell), key, _rest, _choose)
    text = convolution_formula.lines(
        slid.at(*cell),
        slid.kernel,
        channel,
        slid.bias if "bias" in weights else None,
        [(layers[at], subject.weights(at)) for at in behind],
        unit,
        [float(values[cell]) for values in known.maps],
    )
    with st.container(key="slide-formula"):
        st.latex(text)
    address.follow("Architecture", "the slide")


def _stage_title(subject: Subject, place: int) -> str:
    layer = subject.layers[place]
    if isinstance(layer, Conv2D):
        return "sum"
    return layer.function.replace("_", " ") if isinstance(layer, Activation) else "normalised"


def _rest(cell: tuple[int, int]) -> None:
    state.change(cell=cell)


def _choose(channel: int) -> None:
    state.change(channel=channel)
