"""A kernel that slides over a map: patch times kernel, products, sum, and the map that fills.

All numbers of one filter travel once, packed; moving the kernel, playing and choosing another input channel
then happen in the browser (`sliding.js`) and wait for no server. It is told where the kernel came to rest.
"""

import json
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app import state
from app.chart_scripts import component
from app.pixels import NEGATIVE, PALE_NEGATIVE, PALE_POSITIVE, POSITIVE, ZERO
from app.prose import say
from model.probes.convolving import Sliding

# Whole numbers to each side of zero: a value is true to a thirty-thousandth of its map's greatest.
LEVELS = 32767
MOST_CHANNELS = 32  # input channels shown side by side: two rows on a laptop
MOST_PAINTED = 99.0  # the largest number that can be painted into a map, or typed into a kernel
MOST_WRITTEN = 5  # cells of a kernel's side: of a larger one the colours are shown alone
SPEEDS = (2, 8, 32)  # positions a second

_OPTIONS = "".join(f"<option value={speed}>{speed} a second</option>" for speed in SPEEDS)
_HTML = f"""
<div class="lab-slide">
  <div class="lab-slide-scene">
    <figure data-is="input"><figcaption></figcaption>
      <canvas role="img" tabindex="0" aria-label="Input"></canvas></figure>
    <figure data-is="patch"><figcaption>patch</figcaption></figure>
    <b>×</b>
    <figure data-is="kernel"><figcaption>kernel</figcaption></figure>
    <b>=</b>
    <figure data-is="products"><figcaption>products</figcaption></figure>
    <b>→</b>
    <figure data-is="sum"><figcaption></figcaption>
      <canvas role="img" tabindex="0" aria-label="Output"></canvas><div class="lab-colours"></div></figure>
  </div>
  <p class="lab-slide-colours"></p>
  <div class="lab-slide-below">
    <div>
      <div class="lab-slide-bar">
        <button type="button" data-does="back">◀ Back</button>
        <button type="button" data-does="step">Step ▶</button>
        <button type="button" data-does="play">▶ Play</button>
        <select aria-label="Positions a second">{_OPTIONS}</select>
        <button type="button" data-does="whole" aria-pressed="false">Whole map</button>
        <span class="lab-slide-where"></span>
      </div>
      <div class="lab-slide-sum" role="group" aria-label="The sum"></div>
    </div>
    <figure data-is="end" hidden><figcaption></figcaption>
      <canvas role="img" tabindex="0" aria-label="Output"></canvas><div class="lab-colours"></div></figure>
  </div>
  <div class="lab-slide-channels" hidden>
    <h4></h4><canvas role="img" tabindex="0" aria-label="Input channels"></canvas>
  </div>
</div>
<p class="lab-spoken" role="status" aria-live="polite"></p>
"""

_slide = component("sliding", _HTML, kept=True)


@dataclass(frozen=True, eq=False)
class Stage:
    """One thing that becomes of the sums.

    Attributes:
        title: what it is, a word or two; plain text.
        values: float32 (positions down, positions across).
        is_signed: whether zero is in the middle of its scale.
    """

    title: str
    values: np.ndarray
    is_signed: bool


@dataclass(frozen=True, eq=False)
class Scene:
    """What is shown of one filter.

    Attributes:
        shown: whose numbers these are, short; plain text.
        sliding: the filter's sums, taken apart.
        channels: the input channels that are shown, in order; the others are added up.
        channel: the one whose patch is shown at first, one of them.
        is_signed: whether the input can be below zero.
        source: what the input is, plain text.
        stages: the filter's own map, then what the layers behind make of it.
        home: where the kernel stands at first, (row, column).
        ring: a position to be marked in the map, once it is whole; None for none.
        pen: the number that is painted into the input by a click; None where it can't be changed.
        editable: what the kernel is, where it can be typed: for `typed_kernel`; None where it can't.
        is_whole: whether the map is full from the beginning.
        has_bias: whether something is added to each sum, if only a nought.
    """

    shown: str
    sliding: Sliding
    channels: Sequence[int]
    channel: int
    is_signed: bool
    source: str
    stages: Sequence[Stage]
    home: tuple[int, int]
    ring: tuple[int, int] | None = None
    pen: float | None = None
    editable: str | None = None
    is_whole: bool = False
    has_bias: bool = False


def to_content(scene: Scene, at: tuple[int, int] | None) -> bytes:
    """A scene as it travels to the browser: a header in JSON and the numbers, packed.

    Args:
        scene: what is shown.
        at: where the kernel has to go; None for where it is in the browser.
    """
    slid = scene.sliding
    shown = list(scene.channels)
    others = slid.terms.shape[-1] - len(shown)
    terms = slid.terms[..., shown]
    if others:
        rest = np.delete(slid.terms, shown, axis=-1).sum(axis=-1, keepdims=True)
        terms = np.concatenate([terms, rest], axis=-1)
    numbers: list[np.ndarray] = []
    header = {
        "levels": LEVELS,
        "stops": [NEGATIVE, PALE_NEGATIVE, ZERO, PALE_POSITIVE, POSITIVE],
        "shown": scene.shown,
        "source": scene.source,
        "at": at,
        "home": scene.home,
        "ring": scene.ring,
        "pen": scene.pen,
        "editable": scene.editable,
        "whole": scene.is_whole or scene.ring is not None,
        "channels": shown,
        "channel": shown.index(scene.channel),
        "others": others,
        "bias": slid.bias if scene.has_bias else None,
        "stride": slid.stride,
        "inside": [slid.top, slid.left, slid.height, slid.width],
        "input": _grid(slid.padded[..., shown], numbers) | {"signed": scene.is_signed},
        "kernel": _grid(slid.kernel[..., shown], numbers) | {"signed": True},
        "terms": _grid(terms, numbers) | {"signed": True},
        "stages": [
            _grid(stage.values[..., None], numbers) | {"title": stage.title, "signed": stage.is_signed}
            for stage in scene.stages
        ],
    }
    header["meaning"] = {name: say("architecture", f"colours {name}") for name in ("signed", "plain")}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (len(text) % 2)  # the numbers begin at an even place
    return zlib.compress(struct.pack("<I", len(text)) + text + b"".join(map(bytes, numbers)), 1)


def _grid(tiles: np.ndarray, numbers: list[np.ndarray]) -> dict[str, Any]:
    """Adds maps (height, width, n) to the numbers, as shares of their greatest values."""
    height, width, count = tiles.shape
    cells = np.ascontiguousarray(tiles.transpose(2, 0, 1), dtype=float)  # (n, height, width)
    most = np.abs(cells).max(axis=(1, 2))
    at = sum(array.size for array in numbers)
    numbers.append(np.rint(cells / np.where(most > 0, most, 1)[:, None, None] * LEVELS).astype("<i2"))
    return {"height": height, "width": width, "count": count, "at": at, "scales": most.tolist()}


def browser_cell(key: str) -> tuple[int, int] | None:
    """Where the kernel stands in the browser, as far as it has told; None for never.

    Args:
        key: the component's own, as in `show`.
    """
    told = getattr(state.widget(key), "cell", None)
    # what a browser sends is anybody's to write
    if isinstance(told, list) and len(told) == 2 and all(type(n) is int and 0 <= n < 100 for n in told):
        return told[0], told[1]
    return None


def painted(key: str, count: int) -> np.ndarray | None:
    """What was painted into the input.

    Args:
        key: the component's own.
        count: how many numbers it has.

    Returns:
        float32 (count,); None for nothing yet.
    """
    told = getattr(state.widget(key), "painted", None)
    return _numbers(told, count)


def typed_kernel(key: str, editable: str, count: int) -> np.ndarray | None:
    """What was typed into the kernel.

    Args:
        key: the component's own.
        editable: which kernel it was, as in `Scene`; what was typed into another doesn't count.
        count: how many numbers it has.

    Returns:
        float32 (count,); None for nothing yet.
    """
    told = getattr(state.widget(key), "kernel", None)
    if not isinstance(told, dict) or told.get("of") != editable:
        return None
    return _numbers(told.get("numbers"), count)


def _numbers(told: object, count: int) -> np.ndarray | None:
    """So many small numbers; None for anything else: what a browser sends is anybody's to write."""
    if not isinstance(told, list) or len(told) != count:
        return None
    if not all(type(n) in (int, float) and abs(n) <= MOST_PAINTED for n in told):
        return None
    return np.array(told, np.float32)


def show(
    content: bytes, key: str, on_cell: Callable[[tuple[int, int]], None], on_channel: Callable[[int], None]
) -> None:
    """Shows a scene, or brings the one with this key up to date.

    Args:
        content: what `to_content` makes.
        key: the component's own.
        on_cell: takes where the kernel came to rest.
        on_channel: takes the input channel that is chosen there.
    """

    def moved() -> None:
        cell = browser_cell(key)
        if cell is not None:
            on_cell(cell)

    def chosen() -> None:
        channel = getattr(state.widget(key), "channel", None)
        if type(channel) is int and 0 <= channel < 4096:
            on_channel(channel)

    _slide(
        data=content,
        key=key,
        on_cell_change=moved,
        on_channel_change=chosen,
        on_painted_change=lambda: None,
        on_kernel_change=lambda: None,
    )
