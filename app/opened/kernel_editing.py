"""A learned kernel changed by hand: its map at once, and what the network reads with it."""

import re

import numpy as np
import streamlit as st

from app import address, cache, state
from app.kept import kept
from app.opened import accuracy, numbers
from app.opened.filter_choice import choose, chosen_channel, chosen_filter
from app.opened.formula import plain
from app.pixels import signed_colours, to_html
from app.prose import say
from app.reading import chance
from app.subject import Subject
from model.datasets import DataError
from model.forward import Network
from model.kernels import named_kernels
from model.layers import Conv2D
from model.probes.convolving import with_kernel
from model.verdict import Verdict

LESSON = "convolution"
STRONG = "as strong as the learned kernel"
ROUNDING = 1e-5  # of a map's greatest value: less is none, for sums differ by as much with their order
SIDE = 200  # px: a map, at least


def show(subject: Subject, place: int) -> None:
    """Shows the kernel of the chosen filter for the chosen input channel, to be changed.

    Args:
        subject: the network and the digit.
        place: a convolution's.
    """
    choose(subject, place, with_channel=True)
    _edit(subject, place)


@kept(4)  # as large as the network each
def changed(network: Network, place: int, unit: int, channel: int, kernel: tuple[float, ...]) -> Network:
    """A network with one kernel in another's place.

    Args:
        network: stays as it is.
        place: a convolution's.
        unit: the filter.
        channel: the input channel.
        kernel: the new numbers, row by row.
    """
    side = round(len(kernel) ** 0.5)
    return with_kernel(network, place, unit, channel, np.array(kernel, np.float32).reshape(side, side))


@kept(512)
def _is_right(
    network: Network,
    replaced: tuple[int, int, int, tuple[float, ...]],
    dataset: str,
    part: str,
    start: int,
    stop: int,
) -> np.ndarray:
    """Which of some digits a network reads right with another kernel: place, filter, channel and numbers."""
    known = cache.digits(dataset, part)
    read = changed(network, *replaced).probabilities(known.images[start:stop]).argmax(axis=1)
    found: np.ndarray = read == known.labels[start:stop]
    found.flags.writeable = False
    return found


def held_kernel(subject: Subject, place: int) -> tuple[float, ...] | None:
    """The kernel as the person changed it; None for the learned one, or where theirs doesn't fit."""
    layer = subject.layers[place]
    assert isinstance(layer, Conv2D)
    held = state.now().kernel
    return held if held is not None and len(held) == layer.kernel_size**2 else None


@st.fragment
def _edit(subject: Subject, place: int) -> None:
    """All that follows a change of the kernel."""
    unit, channel = chosen_filter(subject, place), chosen_channel(subject, place)
    learned = subject.weights(place)["kernel"][:, :, channel, unit]
    held = held_kernel(subject, place)
    after = subject.network if held is None else changed(subject.network, place, unit, channel, held)
    table, maps, verdict = st.columns([4, 5, 4], gap="medium")
    with table:
        _table(learned, held, f"{place} {unit} {channel}", place, unit, channel, subject)
    maps.html(_maps(subject, place, unit, channel, after))
    with verdict:
        _verdict(subject, after, None if held is None else (place, unit, channel, held))
    address.follow("Architecture", "the kernel")


def _table(
    learned: np.ndarray,
    held: tuple[float, ...] | None,
    about: str,
    place: int,
    unit: int,
    channel: int,
    subject: Subject,
) -> None:
    """The numbers, ready-made ones, and the way back."""
    side = len(learned)
    word = "learned" if subject.is_trained else "first"
    kernels = named_kernels(side) | {
        f"filter {other}’s": kernel
        for other, kernel in enumerate(np.moveaxis(subject.weights(place)["kernel"][:, :, channel], -1, 0))
        if other != unit
    }
    key = f"ready-made of {about} {held}"  # chosen and taken, it asks anew

    def take() -> None:
        kernel = kernels.get(state.widget(key))
        if kernel is None:  # the choice was taken back
            return
        norm = float(np.linalg.norm(kernel))
        if state.remembered(STRONG) and norm:
            kernel = kernel * (np.linalg.norm(learned) / norm)
        state.change(kernel=numbers.rounded(kernel))

    st.selectbox(
        "Ready-made kernels",
        list(kernels),
        index=None,
        placeholder="Take another kernel",
        label_visibility="collapsed",
        key=key,
        on_change=take,
    )
    shown = learned if held is None else np.array(held).reshape(side, side)
    if side <= numbers.LARGEST_SIDE:
        label = f"The kernel of filter {unit} for input channel {channel}, {side} by {side}"
        numbers.show(shown, label, f"kernel {about}", lambda typed: state.change(kernel=typed))
    else:
        st.html(_picture(shown, "The kernel", "the kernel"))
        st.caption(say(LESSON, "too large", side=side, most=numbers.LARGEST_SIDE))
    st.toggle(f"As strong as the {word}", help=say(LESSON, "as strong"), **state.lasting(STRONG, False))
    st.button(
        f"Put the {word} one back", disabled=held is None, on_click=state.change, kwargs={"kernel": None}
    )


def _maps(subject: Subject, place: int, unit: int, channel: int, after: Network) -> str:
    """The filter's map before and after, what goes in, and the difference; each on a scale of its own."""
    x = subject.gets(place)
    before = subject.gives(place)[..., unit]
    given = after.through(x[None], place, place + 1)[0, ..., unit]
    name = "the digit" if place == 0 else f"channel {channel}, which goes in"
    pictures = [
        _picture(before, "The filter’s map before the change", "its map before"),
        _picture(given, "The filter’s map after the change", "after"),
        _picture(x[..., channel], name.capitalize(), name, bool(x.min() < 0)),
        _picture(given - before, "What the change adds to the map", "difference"),
    ]
    return f'<div class="lab-kernel-maps">{"".join(pictures)}</div>'


def _picture(values: np.ndarray, alt: str, caption: str, is_signed: bool = True) -> str:
    most = float(np.abs(values).max())
    values = np.where(np.abs(values) < ROUNDING * most, 0, values)
    if is_signed:
        pixels = signed_colours(values, most or 1.0)
    else:
        pixels = np.rint(np.clip(values / (most or 1.0), 0, 1) * 255).astype(np.uint8)
    scale = max(1, SIDE // max(values.shape))
    large = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    told = f"{plain(float(values.min()))} to {plain(float(values.max()))}"
    return (
        f"<figure>{to_html(large, f'{alt}: from {told}')}"
        f"<figcaption>{caption}<br><span>{told}</span></figcaption></figure>"
    )


def _verdict(
    subject: Subject, after: Network, replaced: tuple[int, int, int, tuple[float, ...]] | None
) -> None:
    """What the network reads before and after, and how many digits it reads right."""
    before = Verdict(subject.values[-1])
    changed_to = Verdict(after.probabilities(subject.digit[None])[0])
    st.html(_bars(before, changed_to))
    if replaced is None:
        st.caption(say(LESSON, "change it"))
        return
    if not subject.is_trained:
        st.caption(say(LESSON, "untrained"))
        return
    try:
        said = accuracy.change(lambda *where: _is_right(subject.network, replaced, *where))
    except DataError as error:
        st.warning(str(error))
        return
    bold = re.sub(r"[*]{2}(.+?)[*]{2}", r"<b>\1</b>", said)
    st.html(f'<p class="lab-consequences" role="status">{bold}</p>')


def _bars(before: Verdict, after: Verdict) -> str:
    """The ten probabilities before and after, and the reading in a line."""
    rows = "".join(
        f'<div class="lab-bar{" lab-first" if digit == after.digit else ""}">'
        f'<span class="lab-name">{digit}</span>'
        f'<span class="lab-two-tracks"><i style="width:{old:.2%}"></i><i style="width:{new:.2%}"></i></span>'
        f'<span class="lab-value">{chance(float(new))}</span></div>'
        for digit, (old, new) in enumerate(zip(before.probabilities, after.probabilities, strict=True))
    )
    said = (
        f"reads {before.digit} ({chance(before.confidence)}) → "
        f"<b>{after.digit}</b> ({chance(after.confidence)})"
    )
    told = ", ".join(f"{digit}: {chance(float(p))}" for digit, p in enumerate(after.probabilities))
    return (
        f'<div class="lab-kernel-verdict"><p role="status">{said}</p>'
        f'<div role="img" aria-label="Probabilities after the change. {told}">{rows}</div></div>'
    )
