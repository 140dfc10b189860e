"""What a layer gets and gives, side by side: a cell is pointed at, stepped to, or played through.

For pooling, normalisation, activation and dropout. All numbers travel once and are drawn in the browser
(`grids.js`); the server is only told which cell was chosen.
"""

import base64
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from app import state
from app.chart_scripts import component
from app.pixels import NEGATIVE, PALE_NEGATIVE, PALE_POSITIVE, POSITIVE, ZERO
from model.forward import activate
from model.probes.activating import slope
from model.probes.normalising import Spread

Kind = Literal["pooling", "activation", "normalisation", "dropout"]
CURVE_POINTS = 160
MOST_VALUES = 4096  # of a vector; more could not be told apart

_HTML = """
<div class="lab-grids">
  <div class="lab-grids-row"></div>
  <div class="lab-grids-below">
    <div class="lab-grids-controls">
      <button type="button" class="lab-back">◀ Back</button>
      <button type="button" class="lab-next">Step ▶</button>
      <button type="button" class="lab-play">▶ Play</button>
      <select class="lab-speed" aria-label="Steps a second">
        <option value="1">1 a second</option><option value="4" selected>4 a second</option>
        <option value="20">20 a second</option>
      </select>
      <span class="lab-at"></span>
    </div>
    <div class="lab-grids-readout"></div>
  </div>
</div>
<p class="lab-spoken" role="status" aria-live="polite"></p>
"""

_grids = component("grids", _HTML, told="cell")


@dataclass(frozen=True, eq=False)
class Grid:
    """One picture: a map, or a vector laid out in rows.

    Args:
        title: plain text, short.
        note: plain text beside it.
        values: float (height, width), or (units,).
        is_signed: whether zero is in the middle of the scale; else it is its lower end.
        most: the value with the fullest colour; None for the greatest there is.
        is_own: whether it is what this layer gives; the others are there to compare.
    """

    title: str
    note: str
    values: np.ndarray
    is_signed: bool
    most: float | None = None
    is_own: bool = False


@dataclass(frozen=True, eq=False)
class Curve:
    """An activation's curve, drawn beside its values.

    Args:
        function: its name, one of `model.probes.activating.FUNCTIONS`.
        values: all that the layer gets, in one row.
    """

    function: str
    values: Spread


@dataclass(frozen=True, eq=False)
class View:
    """What is shown.

    Args:
        kind: which operation leads from the first grid to the others.
        grids: what comes in, then what goes out; those that go out are of one size.
        cell: the cell of what goes out that is pointed at, (row, column), of a vector (0, number).
        rows: for each row that goes out the first row of its window and their number; none for one to one.
        columns: likewise for columns.
        numbers: of the operation: "gamma", "beta", "mean", "variance", "epsilon", "slope", "scale"; one
            number, or a list with one for each value.
        masks: bool (masks, values), of dropout: what each keeps; None for other kinds.
        curve: of an activation; None for other kinds.
    """

    kind: Kind
    grids: Sequence[Grid]
    cell: tuple[int, int]
    rows: Sequence[tuple[int, int]] = ()
    columns: Sequence[tuple[int, int]] = ()
    numbers: Mapping[str, float | list[float]] | None = None
    masks: np.ndarray | None = None
    curve: Curve | None = None


def chosen_cell(values: np.ndarray) -> tuple[int, int]:
    """The cell that the person chose, if what the layer gives has it; else that of its greatest value.

    Args:
        values: float (height, width) or (units,).
    """
    height, width = (1, min(len(values), MOST_VALUES)) if values.ndim == 1 else values.shape
    cell = state.now().cell
    if cell is not None and cell[0] < height and cell[1] < width:
        return cell
    row, column = divmod(int(np.abs(values[:width] if values.ndim == 1 else values).argmax()), width)
    return row, column


def show(content: bytes, key: str) -> None:
    """Shows grids, or brings those with this key up to date; a cell that is chosen there changes the state.

    Args:
        content: what `to_content` makes.
        key: the grids' own.
    """

    def take() -> None:
        cell = getattr(state.widget(key), "cell", None)
        # what a browser sends is anybody's to write
        if isinstance(cell, list) and len(cell) == 2 and all(type(number) is int for number in cell):
            row, column = cell
            if 0 <= row < 100 and 0 <= column < MOST_VALUES:
                state.change(cell=(row, column))

    _grids(data=content, key=key, on_cell_change=take)


def to_content(view: View) -> bytes:
    """Grids as they travel to the browser: JSON, packed."""
    is_vector = view.grids[0].values.ndim == 1
    content: dict[str, Any] = {
        "kind": view.kind,
        "stops": [NEGATIVE, PALE_NEGATIVE, ZERO, PALE_POSITIVE, POSITIVE],
        "grids": [_grid(grid) for grid in view.grids],
        "isVector": is_vector,
        "cell": view.cell,
        "rows": list(view.rows),
        "columns": list(view.columns),
        "curve": None if view.curve is None else _curve(view.curve),
        "numbers": {
            name: [_brief(each) for each in number] if isinstance(number, list) else _brief(number)
            for name, number in (view.numbers or {}).items()
        },
        "masks": None if view.masks is None else _packed(view.masks[:, :MOST_VALUES]),
    }
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return zlib.compress(text.encode(), 1)


def _grid(grid: Grid) -> dict[str, Any]:
    values = grid.values[:MOST_VALUES] if grid.values.ndim == 1 else grid.values
    # a vector is laid out in rows, as near to a square as can be
    width = math.ceil(math.sqrt(values.size)) if values.ndim == 1 else values.shape[1]
    cut = f"the first {values.size:,} of {grid.values.size:,}" if values.size < grid.values.size else ""
    most = float(np.abs(values).max(initial=0)) if grid.most is None else grid.most
    return {
        "title": grid.title,
        "note": grid.note or cut,
        "height": math.ceil(values.size / width),
        "width": width,
        "values": [_brief(value) for value in values.ravel().tolist()],
        "signed": grid.is_signed,
        "most": _brief(most),
        "own": grid.is_own,
    }


def _curve(curve: Curve) -> dict[str, Any]:
    """Points of the curve and of its slope, over all values and at least from −1 to 1."""
    edges, counts = curve.values.edges[0], curve.values.counts[0]
    low, high = min(float(edges.min()), -1.0), max(float(edges.max()), 1.0)
    x = np.append(np.linspace(low, high, CURVE_POINTS), 0).astype(np.float32)  # a kink is at zero
    x.sort()
    y, slopes = activate(curve.function, x), slope(curve.function, x)
    rounded = {
        name: [_brief(value) for value in array.tolist()]
        for name, array in (("x", x), ("y", y), ("slope", slopes), ("edges", edges))
    }
    return {"function": curve.function, "counts": counts.tolist(), **rounded}


def _brief(number: float) -> float:
    return float(f"{number:.5g}")


def _packed(masks: np.ndarray) -> dict[str, Any]:
    """Masks as bits, a row of bytes for each."""
    bits = np.packbits(masks, axis=1)
    return {
        "bits": base64.b64encode(bits.tobytes()).decode(),
        "bytes": bits.shape[1],
        "count": len(masks),
        "hidden": (~masks).sum(axis=1).tolist(),
        "of": masks.shape[1],
    }
