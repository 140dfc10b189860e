"""Panels of small squares that point at one another: a layer's numbers, what weighs them, where they go.

The numbers travel packed and are drawn in the browser (`linked.js`), so that pointing at one waits for no
server: the same value is marked in every panel, and a line says what it is and what becomes of it.
"""

import json
import math
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from app import state
from app.chart_scripts import component
from app.pixels import NEGATIVE, PALE_NEGATIVE, PALE_POSITIVE, POSITIVE, ZERO
from app.prose import passages
from model.layers import Shape

MOST_CELLS = 32_768  # of a panel: more are no longer seen, and would take long to send
# What a square stands for: one value; the same cell of every channel; a whole channel; a unit to choose.
Link = Literal["value", "cell", "channel", "unit"]

_HTML = """
<div class="lab-linked"></div>
<p class="lab-linked-says"></p>
<p class="lab-spoken" role="status" aria-live="polite"></p>
"""

_linked = component("linked", _HTML)


@dataclass(frozen=True, eq=False)
class Panel:
    """Numbers of one kind as coloured squares, a tile for each channel.

    Args:
        title: plain text.
        note: what they are, plain text.
        values: float (height, width, channels); a vector is (1, 1, n).
        is_signed: whether zero is in the middle of the scale; else it is its lower end.
        link: what each square stands for.
        cell: px of a square's side, at most.
        tall: px of a square's height where tiles lie in rows, one below the other; None for squares.
        share: how wide the panel is, beside the others; 0 for a row of its own.
        height: px, at most.
        captions: a few letters for each tile; none for none.
        labels: a few letters more, behind each row where tiles lie in rows.
        numbers: whether the values are written into squares that have the room.
        sign: what stands between the panel before and this one, such as "×".
        most: the value of the fullest colour; None for the greatest there is.
    """

    title: str
    note: str
    values: np.ndarray
    is_signed: bool
    link: Link = "value"
    cell: float = 22
    tall: int | None = None
    share: float = 1.0
    height: int = 220
    captions: Sequence[str] = ()
    labels: Sequence[str] = ()
    numbers: bool = False
    sign: str = ""
    most: float | None = None


@dataclass(frozen=True, eq=False)
class View:
    """Panels side by side.

    Args:
        panels: from left to right. Those of the link "value" hold as many numbers, in the order of
            flattening; the first of them says of which shape.
        says: for each link what is said of a square (`sentence`), with fields in braces: "row", "column",
            "cell" and "map" (where it stands), "place" (where, in a vector), "width" and "depth" (of the
            maps), "a", "b", … (its value in each panel but those of units); of a unit "place" and "a".
        invites: what is said as long as nothing is pointed at; plain text.
        maps: the number of each channel, where only some are shown; none for all of them.
        cells: likewise of each cell.
        depth: how many channels there are.
        chosen: the value that is marked, by its place among those that are shown; None for none.
        unit: the unit that is marked; None for none.
        choosable: whether the server is told which value was chosen; else it is only marked.
    """

    panels: Sequence[Panel]
    says: Mapping[str, str]
    invites: str
    maps: Sequence[int] = ()
    cells: Sequence[int] = ()
    depth: int = 0
    chosen: int | None = None
    unit: int | None = None
    choosable: bool = False


def sentence(lesson: str, passage: str, **known: object) -> str:
    """A passage as `View.says` takes it: with fields that the browser fills in.

    Args:
        lesson: as for `app.prose.say`.
        passage: likewise.
        known: the fields that are known already.
    """
    text = passages(lesson)[passage]
    for name, value in known.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def some_maps(shape: Shape, weight: np.ndarray | None = None) -> np.ndarray:
    """Which of many maps are shown: as many as there is room for.

    Args:
        shape: height, width and channels.
        weight: (channels,), how much each matters; None to take the first.

    Returns:
        Their numbers, rising; all of them where there is room.
    """
    height, width, channels = shape
    room = max(1, MOST_CELLS // (height * width))
    if room >= channels:
        return np.arange(channels)
    order = np.arange(channels) if weight is None else np.argsort(-weight, kind="stable")
    return np.sort(order[:room])


def show(
    content: bytes,
    key: str,
    on_value: Callable[[int], None] | None = None,
    on_unit: Callable[[int], None] | None = None,
) -> None:
    """Shows panels, or brings those with this key up to date.

    Args:
        content: what `to_content` makes.
        key: the panels' own.
        on_value: told the place of a value that a person chose, from 0; what a browser sends is anybody's to
            write, so it may lie anywhere from 0 on.
        on_unit: likewise of a unit.
    """

    def take(name: str, tell: Callable[[int], None] | None) -> None:
        chosen = getattr(state.widget(key), name, None)
        if tell and type(chosen) is int and chosen >= 0:
            tell(chosen)

    _linked(
        data=content,
        key=key,
        on_chosen_change=lambda: take("chosen", on_value),
        on_unit_change=lambda: take("unit", on_unit),
    )


def to_content(view: View) -> bytes:
    """Panels as they travel to the browser: a header in JSON and the numbers, packed."""
    numbers: list[np.ndarray] = []
    header = {
        "stops": [NEGATIVE, PALE_NEGATIVE, ZERO, PALE_POSITIVE, POSITIVE],
        "panels": [_packed(panel, numbers) for panel in view.panels],
        "says": dict(view.says),
        "invites": view.invites,
        "maps": [int(number) for number in view.maps] or None,
        "cells": [int(number) for number in view.cells] or None,
        "depth": view.depth,
        "chosen": view.chosen,
        "unit": view.unit,
        "choosable": view.choosable,
    }
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (-len(text) % 4)  # the numbers begin at a place that is a multiple of their length
    return zlib.compress(struct.pack("<I", len(text)) + text + b"".join(map(bytes, numbers)), 1)


def _packed(panel: Panel, numbers: list[np.ndarray]) -> dict[str, Any]:
    height, width, count = panel.values.shape
    at = sum(array.size for array in numbers)
    numbers.append(np.ascontiguousarray(panel.values, "<f4"))
    most = float(np.abs(panel.values).max(initial=0)) if panel.most is None else panel.most
    return {
        "title": panel.title,
        "note": panel.note,
        "height": height,
        "width": width,
        "count": count,
        "at": at,
        "most": most if math.isfinite(most) else 0.0,
        "signed": panel.is_signed,
        "link": panel.link,
        "cell": panel.cell,
        "tall": panel.tall,
        "share": panel.share,
        "room": panel.height,
        "captions": list(panel.captions) or None,
        "labels": list(panel.labels) or None,
        "numbers": panel.numbers,
        "sign": panel.sign,
    }
