"""Two checkpoints side by side on the same digit: what each reads, its filters and maps, layer by layer."""

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import beside, cache, looking_network, mosaic, networks, state
from app.in_hand import InHand
from app.pixels import to_html
from app.prose import say
from app.reading import bars_html, chance
from model.checkpoint import Checkpoint
from model.forward import weight_name
from model.layers import Conv2D
from model.probes.maps import signed, titles
from model.probes.units import layers_with_units, response_end
from model.verdict import Verdict

KERNEL_SCALE, CELL = 6, 8  # px for a weight, and for a unit of a dense layer
MOST_COLUMNS, DENSE_COLUMNS = 16, 64


@dataclass(frozen=True, eq=False)
class Side:
    """One of the two.

    Attributes:
        checkpoint: the network.
        out: its filters that are switched off.
        values: every value on the digit's way, its own first axis dropped.
    """

    checkpoint: Checkpoint
    out: cache.Out
    values: tuple[np.ndarray, ...]


def show(hand: InHand | None) -> None:
    """Shows the checkpoint in hand beside a second one, for the digit in hand.

    Args:
        hand: the digit in hand, if there is one.
    """
    if hand is None or hand.digit is None:
        st.info(say("looking_inside", "no digit"))
        return
    own = _side(state.now().model, looking_network.out(), hand.digit)
    picked = beside.pick(_title(own))
    if picked is None:
        return
    sides = [own, _side(networks.to_address(*picked), (), hand.digit)]
    st.html(_both(sides, hand.digit))
    st.caption(say("looking_inside", "compare intro"))


def _side(address: str | None, out: cache.Out, digit: np.ndarray) -> Side:
    return Side(cache.checkpoint(address), out, cache.values(address, digit.tobytes(), out))


def _title(side: Side) -> str:
    """A side as people read it; may hold a run's name."""
    without = f", {len(side.out)} off" if side.out else ""
    epoch = networks.epoch_title(side.checkpoint.epoch)
    return f"{networks.label(side.checkpoint.name)}, {epoch}{without}"


def _named(side: Side) -> str:
    return html.escape(_title(side))


def _both(sides: list[Side], digit: np.ndarray) -> str:
    """A table of two columns: what both make of the digit."""
    rows = [("", "".join(f"<td>{_reading(side)}</td>" for side in sides))]
    kernels = [_kernels(side) for side in sides]
    if any(kernels):
        rows.append(("first filters", _cells(sides, kernels)))
    answers = [_answers(side) for side in sides]
    for title in dict.fromkeys(title for each in answers for title in each):
        rows.append((f"after {title}", _cells(sides, [each.get(title, "") for each in answers])))
    head = "".join(f"<th scope=col>{_named(side)}</th>" for side in sides)
    corner = f"<th>{to_html(digit, 'The digit in hand', 'lab-thumb')}</th>"
    body = "".join(
        f"<tr{' class=lab-maps-of' * bool(title)}><th scope=row>{html.escape(title)}</th>{cells}</tr>"
        for title, cells in rows
    )
    return f'<table class="lab-beside"><thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody></table>'


def _cells(sides: list[Side], pictures: list[str]) -> str:
    """Both pictures of a row, each with whose it is, for a phone, where they stand one below the other."""
    return "".join(
        f'<td data-of="{_named(side)}">{picture or "–"}</td>'
        for side, picture in zip(sides, pictures, strict=True)
    )


def _reading(side: Side) -> str:
    verdict = Verdict(side.values[-1].reshape(-1))
    said = f"reads <b>{verdict.digit}</b>, {chance(verdict.confidence)} sure"
    return f'<p class="lab-reads-as">{said}</p>{bars_html(verdict)}'


def _kernels(side: Side) -> str:
    """The first convolution's kernels in a picture; "" where the first layer is none."""
    for place, layer in enumerate(side.checkpoint.recipe.layers):
        if isinstance(layer, Conv2D):
            kernels = side.checkpoint.weights[weight_name(place, "kernel")][:, :, 0]
            picture = mosaic.of_maps(kernels, MOST_COLUMNS, True, scale=KERNEL_SCALE, gap=3)
            alt = f"The {layer.filters} filters of the first convolution; blue is positive, orange negative"
            return _picture(picture, alt, min(layer.filters, MOST_COLUMNS) / MOST_COLUMNS)
    return ""


def _answers(side: Side) -> dict[str, str]:
    """What each layer with units answers, as a picture, by the layer's title."""
    layers = side.checkpoint.recipe.layers
    names, can_be_negative = titles(layers), signed(layers)
    found = {}
    for place in layers_with_units(side.checkpoint.recipe):
        end = response_end(layers, place)
        value, sign = side.values[end], can_be_negative[end - 1]
        if value.ndim == 3:
            picture = mosaic.of_maps(value, MOST_COLUMNS, sign)
            share = min(value.shape[-1], MOST_COLUMNS) / MOST_COLUMNS
            alt = f"{value.shape[-1]} maps of {value.shape[0]} by {value.shape[1]} after {names[place]}"
        else:
            picture = mosaic.of_maps(value.reshape(1, 1, -1), DENSE_COLUMNS, sign, scale=CELL, gap=0)
            share = min(value.size, DENSE_COLUMNS) / DENSE_COLUMNS
            alt = f"{value.size} numbers after {names[place]}, bright is large"
        found[names[place]] = _picture(picture, alt, share)
    return found


def _picture(picture: np.ndarray, alt: str, share: float) -> str:
    source = mosaic.as_source(picture)
    return f'<img src="{source}" alt="{html.escape(alt)}" style="--share:{share:.0%}">'
