"""Sheets of small pictures, a layer each, with a panel that shows one of them large beside the digit.

All numbers of a view travel once, packed, and are drawn in the browser (`painting.js`, `atlas.js`): hovering,
choosing and reading values then wait for no server. It is only told what is chosen.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app import state
from app.chart_scripts import component
from app.pixels import NEGATIVE, PALE_NEGATIVE, PALE_POSITIVE, POSITIVE, ZERO
from model.probes.receptive_field import receptive_field
from model.recipe import Recipe

# Whole numbers to each side of zero: a value is true to three digits of its tile's greatest.
LEVELS = 4095
MISSING = -32768  # a cell that there isn't, in a tile that isn't full
FIELD_COLOUR = "#56b4e9"  # Okabe and Ito's sky blue: stands out on ink and on black

_HTML = """
<div class="lab-atlas">
  <div class="lab-atlas-panel">
    <figure><canvas role="img" aria-label="The digit"></canvas><figcaption class="lab-reads"></figcaption>
    </figure>
    <figure><canvas role="img" aria-label="" tabindex="0"></canvas><figcaption></figcaption></figure>
    <figure hidden><canvas role="img" aria-label="Its map"></canvas><figcaption></figcaption></figure>
    <p class="lab-readout"></p>
  </div>
  <div class="lab-atlas-sheets"></div>
</div>
<p class="lab-spoken" role="status" aria-live="polite"></p>
"""

_atlas = component("atlas", _HTML, told="chosen")


@dataclass(frozen=True, eq=False)
class Sheet:
    """Pictures of one kind, such as all maps of a layer.

    Args:
        place: the layer's place in the recipe.
        title: plain text.
        note: what they are, plain text.
        tiles: float32 (height, width, tiles); NaN for a cell that there isn't.
        is_signed: whether zero is in the middle of the scale; else it is its lower end.
        noun: what one of them is called.
        cell: px of a cell's side.
        gap: px between two of them.
        order: the tiles in the order in which they are shown; none for their own.
        captions: a few letters below each of them; none for none.
        marks: what is to be said about each: "out", or a few words on what is odd; none for nothing.
        numbers: whether the cells' values are written into them.
        block: height and width of the kernels that lie side by side in a tile; None for one alone.
        fields: what `fields` gives, for tiles whose cells look at a part of the digit.
        choosable: whether one of them can be chosen.
    """

    place: int
    title: str
    note: str
    tiles: np.ndarray
    is_signed: bool
    noun: str
    cell: float
    gap: int = 3
    order: Sequence[int] = ()
    captions: Sequence[str] = ()
    marks: Sequence[str] = ()
    numbers: bool = False
    block: tuple[int, int] | None = None
    fields: dict[str, list[tuple[int, int]]] | None = None
    choosable: bool = True


@dataclass(frozen=True, eq=False)
class View:
    """What an atlas shows.

    Args:
        shown: which checkpoint's numbers these are, short; plain text.
        sheets: from top to bottom.
        digit: uint8 (28, 28).
        digit_alt: what that is, in words.
        verdict: what the network reads in it, short.
        invitation: what to do, as long as the person has chosen nothing; else "".
        answers: float32 (height, width, tiles), what each tile of the sheet gives for the digit; or None.
        answers_signed: whether those have a sign.
    """

    shown: str
    sheets: Sequence[Sheet]
    digit: np.ndarray
    digit_alt: str
    verdict: str
    invitation: str
    answers: np.ndarray | None = None
    answers_signed: bool = False


def show(content: bytes, key: str) -> None:
    """Shows an atlas, or brings the one with this key up to date; what is chosen in it changes the state.

    Args:
        content: what `to_content` makes.
        key: the atlas's own.
    """

    def take() -> None:
        chosen = getattr(state.widget(key), "chosen", None)
        # what a browser sends is anybody's to write
        if isinstance(chosen, list) and len(chosen) == 2 and all(type(number) is int for number in chosen):
            place, unit = chosen
            if 0 <= place < 100 and 0 <= unit < 4096:
                state.change(layer=place, unit=unit)

    _atlas(data=content, key=key, on_chosen_change=take)


def to_content(view: View, own: bool, chosen: tuple[int, int] | None) -> bytes:
    """An atlas as it travels to the browser: a header in JSON and the numbers, packed.

    Args:
        view: what it shows.
        own: whether each tile has a scale of its own.
        chosen: the layer's place and the tile that is shown large; None for none.
    """
    numbers: list[np.ndarray] = []
    digit = _grid(view.digit[..., None].astype(np.float32), numbers)
    sheets = [_sheet(sheet, numbers) for sheet in view.sheets]
    answers = None
    if view.answers is not None:
        answers = _grid(view.answers, numbers) | {"signed": view.answers_signed}
    header = {
        "levels": LEVELS,
        "stops": [NEGATIVE, PALE_NEGATIVE, ZERO, PALE_POSITIVE, POSITIVE],
        "mark": FIELD_COLOUR,
        "shown": view.shown,
        "own": own,
        "chosen": chosen,
        "digit": digit | {"signed": False},
        "digitAlt": view.digit_alt,
        "verdict": view.verdict,
        "invitation": view.invitation,
        "answers": answers,
        "sheets": sheets,
    }
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (len(text) % 2)  # the numbers begin at an even place
    return zlib.compress(struct.pack("<I", len(text)) + text + b"".join(map(bytes, numbers)), 1)


def _sheet(sheet: Sheet, numbers: list[np.ndarray]) -> dict[str, Any]:
    count = sheet.tiles.shape[-1]
    return _grid(sheet.tiles, numbers) | {
        "key": f"{sheet.place} {sheet.title} {count}",
        "place": sheet.place,
        "title": sheet.title,
        "note": sheet.note,
        "signed": sheet.is_signed,
        "noun": sheet.noun,
        "cell": sheet.cell,
        "gap": sheet.gap,
        "order": list(sheet.order) or list(range(count)),
        "captions": list(sheet.captions) or None,
        "marks": list(sheet.marks) or None,
        "numbers": sheet.numbers,
        "block": sheet.block,
        "fields": sheet.fields,
        "choosable": sheet.choosable,
    }


def _grid(tiles: np.ndarray, numbers: list[np.ndarray]) -> dict[str, Any]:
    """Adds the tiles to the numbers, as shares of their greatest values; returns where and how large."""
    height, width, count = tiles.shape
    cells = np.ascontiguousarray(tiles.transpose(2, 0, 1))  # (tiles, height, width)
    most = np.nan_to_num(np.abs(cells), nan=0.0).max(axis=(1, 2), initial=0.0)
    shares = np.rint(cells / np.where(most > 0, most, 1)[:, None, None] * LEVELS)
    at = sum(array.size for array in numbers)
    numbers.append(np.nan_to_num(shares, nan=MISSING).astype("<i2"))
    scales = [float(f"{value:.5g}") for value in most]
    return {"height": height, "width": width, "count": count, "at": at, "scales": scales}


def fields(recipe: Recipe, place: int) -> dict[str, list[tuple[int, int]]]:
    """What each row and each column of a layer's maps sees of the digit.

    Args:
        recipe: whose layers.
        place: the layer's place in it.

    Returns:
        "rows": first row and number of rows for each row of the map; "columns" likewise.
    """
    shape = recipe.shapes[place + 1]
    height, width = shape[:2] if len(shape) == 3 else (1, 1)
    rows = [receptive_field(recipe, place, row, 0) for row in range(height)]
    columns = [receptive_field(recipe, place, 0, column) for column in range(width)]
    return {
        "rows": [(field.top, field.height) for field in rows],
        "columns": [(field.left, field.width) for field in columns],
    }
