"""What a run has learned to see: its first filters now and at epoch 0, and some digits' verdicts by epoch.

Both are computed once for every epoch and shared by all who watch. Reading the digits anew takes a few
milliseconds; of a long run a few epochs are read at each tick, until all that are shown have been.
"""

import html
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import streamlit as st

from app import cache
from app.pixels import signed_colours, to_uri
from app.prose import say
from app.reading import chance
from app.seen import Snapshot
from app.snapshots import snapshot
from model.checkpoint import Checkpoint, CheckpointError, checkpoint_epochs
from model.datasets import DataError, Digits, parts_of
from model.forward import weight_name
from model.layers import Conv2D, Dense
from model.runs.records import RunError

MOST_FILTERS = 16
TILE, GAP, COLUMNS = 30, 3, 8  # px of a filter’s picture, px between two, filters in a row
FRAME = (150, 150, 150, 255)
TYPICAL, UNUSUAL = 4, 4  # digits that are followed
MOST_COLUMNS = 14  # epochs side by side on a phone
EPOCHS_A_TICK = 4  # that are read while somebody waits for the tick
TICK_SECONDS = 2.5  # an epoch is news for longer than a batch

_read: set[tuple[str, int]] = set()  # runs' epochs whose verdicts are asked for


def show(run_id: str, unfinished: bool) -> None:
    """Shows what a run has learned to see, now and then anew while it is unfinished.

    Args:
        run_id: a run's id or a bundled network's name.
        unfinished: whether more is to come.
    """
    st.subheader("What it has learned to see", anchor=False)
    st.fragment(_look, run_every=TICK_SECONDS if unfinished else None)(run_id)


def _look(run_id: str) -> None:
    try:
        seen = snapshot(run_id)
        kept = _kept(seen)
        with st.container(horizontal=True, gap="large", key="learned"):
            if not kept:
                st.html(f'<p class="lab-quiet">{say("watching", "nothing learned yet")}</p>')
                return
            st.html(_filters(run_id, kept[0], kept[-1]))
            with st.container(gap=None, key="followed"):
                _show_digits(seen, kept)
    except (CheckpointError, DataError, RunError) as error:
        st.html(f'<p class="lab-quiet">{html.escape(str(error))}</p>')


def _kept(seen: Snapshot) -> list[int]:
    """The epochs whose weights there are."""
    if seen.run is None:
        return list(checkpoint_epochs(seen.name))
    return [epoch.epoch for epoch in seen.epochs]


@lru_cache(maxsize=64)
def _filters(name: str, first: int, last: int) -> str:
    epochs = [last] if first == last else [first, last]
    checkpoints = [cache.checkpoint(f"{name}:{epoch}") for epoch in epochs]
    sets = [_first_filters(checkpoint) for checkpoint in checkpoints]
    # the filters that have become strongest, the same ones in both pictures
    strength = np.abs(sets[-1]).sum(axis=(0, 1))
    chosen = np.sort(np.argsort(-strength, kind="stable")[:MOST_FILTERS])
    pairs = zip(sets, epochs, strict=True)
    figures = "".join(_figure(each[..., chosen], epoch, last) for each, epoch in pairs)
    ends = '<p class="lab-ends"><span>against ink</span><span>0</span><span>for ink</span></p>'
    bar = '<div class="lab-signed" aria-hidden="true"></div>'
    return f'<section class="lab-filters"><h4>First layer’s filters</h4>{figures}{bar}{ends}</section>'


def _first_filters(checkpoint: Checkpoint) -> np.ndarray:
    """The first layer's weights as pictures: float32 (height, width, filters)."""
    for place, layer in enumerate(checkpoint.recipe.layers):
        if isinstance(layer, Conv2D | Dense):
            kernel = checkpoint.weights[weight_name(place, "kernel")]
            if isinstance(layer, Conv2D):
                return kernel[:, :, 0]  # (side, side, filters); a digit has one channel
            side = round(kernel.shape[0] ** 0.5)
            if side * side == kernel.shape[0]:
                return kernel.reshape(side, side, -1)
            break
    raise CheckpointError("The first layer’s weights make no picture in this network.")


def _figure(filters: np.ndarray, epoch: int, last: int) -> str:
    """The filters at one epoch in one picture, in a scale of their own: untrained ones would be pale."""
    height, width, count = filters.shape
    most = float(np.quantile(np.abs(filters), 0.97)) or 1.0  # a few strong weights would make the rest pale
    columns = min(count, COLUMNS)
    scale = max(1, TILE // max(height, width))
    high, wide = height * scale + GAP, width * scale + GAP
    sheet = np.zeros((-(-count // columns) * high - GAP, columns * wide - GAP, 4), np.uint8)
    for place in range(count):
        top, left = place // columns * high, place % columns * wide
        tile = sheet[top : top + high - GAP, left : left + wide - GAP]
        tile[..., :3] = signed_colours(filters[..., place], most).repeat(scale, 0).repeat(scale, 1)
        tile[..., 3] = 255
        tile[[0, -1]] = tile[:, [0, -1]] = FRAME  # zero is white, as paper is
    name = f"Epoch {epoch}" + (", untrained" if epoch == 0 else ", now" if epoch == last else "")
    alt = (
        f"{count} filters of {height} by {width} weights at epoch {epoch}; blue is positive, orange negative"
    )
    width = f"max-width:{100 * columns / COLUMNS:g}%"
    picture = f'<img style="{width}" src="{to_uri(sheet, max(sheet.shape))}" alt="{html.escape(alt)}">'
    return f"<figure><figcaption>{name}</figcaption>{picture}</figure>"


def _show_digits(seen: Snapshot, kept: list[int]) -> None:
    digits = _validation(seen)
    st.html(_thumbnails(digits.dataset, digits.part))
    columns = _columns(kept)
    unread = [epoch for epoch in columns[::-1] if (seen.name, epoch) not in _read]
    for epoch in unread[: EPOCHS_A_TICK if seen.unfinished else None]:  # the newest first
        _read.add((seen.name, epoch))
    known = tuple(epoch for epoch in columns if (seen.name, epoch) in _read)
    st.html(_table(seen.name, known, digits.dataset, digits.part))
    st.html(f'<p class="lab-small">{say("watching", "followed digits")}</p>')


def _columns(kept: Sequence[int]) -> list[int]:
    """Epochs to show side by side: every second, fourth, … of many, so that they stay while a run grows."""
    stride = 1
    while len(kept) > stride * (MOST_COLUMNS - 1):
        stride *= 2
    return sorted({*kept[::stride], kept[-1]})


@lru_cache(maxsize=4)
def _thumbnails(dataset: str, part: str) -> str:
    """The digits as one picture for the table's heads, apart from it: it travels but once."""
    images = cache.digits(dataset, part).images[list(_followed(dataset, part))]
    return f"<style>.lab-followed {{ --digits: url({to_uri(np.concatenate(list(images), axis=1))}) }}</style>"


@lru_cache(maxsize=64)
def _table(name: str, epochs: tuple[int, ...], dataset: str, part: str) -> str:
    digits = cache.digits(dataset, part)
    readings = [_readings(name, epoch, dataset, part) for epoch in epochs]
    head = "".join(f"<th scope=col>{epoch}" for epoch in epochs)
    rows = []
    for row, place in enumerate(_followed(dataset, part)):
        label = int(digits.labels[place])
        said = f"A digit labelled {html.escape(digits.class_names[label])}"
        cells = "".join(_cell(reading[row], label) for reading in readings)
        rows.append(f'<tr><th scope=row><i role=img aria-label="{said}" style=--n:{row}></i>{cells}')
    return (
        "<h4>The same eight digits, epoch by epoch</h4><table class=lab-followed>"
        f"<thead><tr><th scope=col>epoch{head}<tbody>{''.join(rows)}</table>"
    )


def _cell(probabilities: np.ndarray, label: int) -> str:
    read = int(probabilities.argmax())
    share = round(100 * float(probabilities[label]))
    wrong = "" if read == label else " class=w"
    return f'<td{wrong} style=--p:{share}% title="{chance(float(probabilities[read]))} sure">{read}'


def _validation(seen: Snapshot) -> Digits:
    dataset = seen.recipe.dataset
    return cache.digits(dataset if "validation" in parts_of(dataset) else "mnist", "validation")


@lru_cache(maxsize=2048)
def _readings(name: str, epoch: int, dataset: str, part: str) -> np.ndarray:
    """What a checkpoint makes of the followed digits: float32 (8, 10), read-only."""
    images = cache.digits(dataset, part).images[list(_followed(dataset, part))]
    read = cache.checkpoint(f"{name}:{epoch}").network.probabilities(images)
    read.flags.writeable = False
    return read


@lru_cache(maxsize=16)
def _followed(dataset: str, part: str) -> tuple[int, ...]:
    """The places of the digits that are followed: typical ones, then ones that look like another class.

    Chosen by no network: by how far each digit is from the mean picture of its own class and of the others.
    """
    digits = cache.digits(dataset, part)
    flat = digits.images.reshape(len(digits), -1).astype(np.float32)
    labels = digits.labels.astype(int)
    means = np.stack([flat[labels == label].mean(axis=0) for label in range(10)])
    # |x − m|² = |x|² − 2 x·m + |m|²
    far = (flat**2).sum(axis=1, keepdims=True) - 2 * flat @ means.T + (means**2).sum(axis=1)  # (n, 10)
    own = far[np.arange(len(labels)), labels]
    far[np.arange(len(labels)), labels] = np.inf
    doubt = own / far.min(axis=1)
    chosen: list[int] = []
    for order, most in ((np.argsort(doubt), TYPICAL), (np.argsort(-doubt), TYPICAL + UNUSUAL)):
        for place in order:
            if len(chosen) < most and labels[place] not in labels[chosen]:
                chosen.append(int(place))
    return tuple(chosen)
