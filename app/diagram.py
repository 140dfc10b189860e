"""The network as a picture: every layer a block with its shape, its cost and its maps of the digit.

All its numbers travel once, packed, and are drawn in the browser (`painting.js`, `diagram_drawing.js`,
`diagram.js`): pointing at a value shows at once what it depends on. The server is told what is chosen.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from app import state
from app.chart_scripts import component
from app.kept import kept
from app.pixels import NEGATIVE, PALE_NEGATIVE, PALE_POSITIVE, POSITIVE, ZERO
from app.prose import passages
from app.reading import chance
from app.subject import Subject
from model.forward import Network
from model.layer_table import layer_table
from model.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    Shape,
)
from model.probes.maps import signed, titles
from model.probes.receptive_field import Field, fields_below, flattened
from model.recipe import Recipe

LEVELS = 4095  # whole numbers to each side of zero: values are true to three digits of their map's greatest
MOST_MAPS = 6  # of a layer, small: two columns of three
FIELD_COLOUR = "#56b4e9"  # Okabe and Ito's sky blue: stands out on ink and on black

# What stands over a block: the longest of these that fits.
_NAMES: dict[type[Layer], tuple[str, ...]] = {
    Conv2D: ("convolution", "conv"),
    MaxPooling2D: ("max pooling", "max pool", "pool"),
    AveragePooling2D: ("average pooling", "avg pool", "pool"),
    BatchNormalization: ("normalisation", "norm"),
    Dropout: ("dropout", "drop"),
    Flatten: ("flatten", "flat"),
    GlobalAveragePooling2D: ("global average", "average", "mean"),
    Dense: ("dense",),
}
_FUNCTIONS = {
    "relu": ("ReLU",),
    "leaky_relu": ("leaky ReLU", "leaky"),
    "tanh": ("tanh",),
    "sigmoid": ("sigmoid", "sigm."),
    "softmax": ("softmax", "soft"),
    "linear": ("linear", "lin."),
}

_HTML = """
<div class="lab-net">
  <div class="lab-net-panel">
    <canvas width="60" height="60" role="img" aria-label="The digit"></canvas>
    <div class="lab-net-name"><b></b><label><span></span><input type="number" min="0" step="1"></label></div>
    <canvas width="108" height="108" role="img" aria-label="" tabindex="0"></canvas>
    <div class="lab-colours" hidden></div>
  </div>
  <div class="lab-net-flow">
    <div class="lab-net-scroll"><div class="lab-net-blocks" role="group" aria-label="The layers"></div></div>
    <div class="lab-net-below">
      <p class="lab-net-words"></p>
      <div class="lab-net-guess" hidden><span></span><select></select><button type="button"></button></div>
      <select class="lab-net-scales" aria-label="One scale of colours for" hidden>
        <option value="map">colours: each map</option><option value="layer">colours: each layer</option>
        <option value="network">colours: the network</option>
      </select>
      <p class="lab-net-legend"></p>
    </div>
  </div>
</div>
<p class="lab-spoken" role="status" aria-live="polite"></p>
"""

_diagram = component("diagram", _HTML, told="chosen")


def show(subject: Subject, is_veiled: bool = False) -> None:
    """Shows the picture; a layer that is chosen there is `state.now().layer`.

    A map of it that is chosen is `state.now().unit`, and a value of that map `state.now().cell`; both are
    forgotten when another layer is chosen.

    Args:
        subject: the network and the digit.
        is_veiled: whether the chosen map is asked about, and is covered until the answer may be seen.
    """
    key = "diagram"

    def take() -> None:
        change = to_change(getattr(state.widget(key), "chosen", None), subject.recipe)
        if change:
            state.change(**change)

    unit = shown_unit(subject.shapes[subject.place + 1], state.now().unit)
    packed = _pack(subject.network, subject.recipe, subject.digit.tobytes(), subject.place, unit)
    cell = state.now().cell
    shape = subject.shapes[subject.place + 1]
    there = cell if cell and len(shape) == 3 and cell[0] < shape[0] and cell[1] < shape[1] else None
    about = {
        "cell": there,
        "asks": subject.is_trained,
        "verdict": verdict_words(subject),
        "veiled": is_veiled,
    }
    text = json.dumps(about, ensure_ascii=False).encode()
    _diagram(data=struct.pack("<I", len(text)) + text + packed, key=key, on_chosen_change=take)


def shown_unit(shape: Shape, unit: int | None) -> int:
    """The map that is shown large, or the number of a vector that is marked.

    Args:
        shape: what the chosen layer gives.
        unit: what the person chose, perhaps in another layer.

    Returns:
        Their choice; else the first map, and no number of a vector: −1.
    """
    if unit is not None and unit < shape[-1]:
        return unit
    return 0 if len(shape) == 3 else -1


def verdict_words(subject: Subject) -> str:
    """What the network reads in the digit, short: "reads 7, 98.3% sure"."""
    return f"reads {subject.reading}, {chance(float(subject.values[-1].max()))} sure"


def to_change(chosen: object, recipe: Recipe) -> dict[str, Any]:
    """What a choice in the picture changes in the state.

    Args:
        chosen: what the browser sent; anybody's to write.
        recipe: whose layers the picture shows.

    Returns:
        Fields of the state; none for what makes no sense.
    """
    if not isinstance(chosen, dict):
        return {}
    place = chosen.get("layer")
    if type(place) is not int or not 0 <= place < len(recipe.layers):
        return {}
    shape = recipe.shapes[place + 1]
    cell, unit = chosen.get("cell"), chosen.get("unit")
    if isinstance(cell, list) and len(shape) == 3 and _is_below(cell, shape[:2]):
        return {"layer": place, "cell": (cell[0], cell[1])}
    if _is_below([unit], shape[-1:]):
        return {"layer": place, "unit": unit}
    if cell is None and unit is None:
        return {"layer": place, "cell": None, "facet": None, "unit": None}
    return {}


def _is_below(numbers: Any, limits: Sequence[int]) -> bool:  # noqa: ANN401 - anything may have been sent
    if not isinstance(numbers, list) or len(numbers) != len(limits):
        return False
    return all(type(n) is int and 0 <= n < limit for n, limit in zip(numbers, limits, strict=True))


@kept(64)  # some 60 kB each
def _pack(network: Network, recipe: Recipe, digit: bytes, place: int, unit: int) -> bytes:
    values = network.values(np.frombuffer(digit, np.uint8).reshape(1, 28, 28))
    return to_content(recipe, [value[0] for value in values], place, unit)


def to_content(recipe: Recipe, values: Sequence[np.ndarray], place: int, unit: int) -> bytes:
    """The picture as it travels to the browser: a header in JSON and the numbers, packed.

    Args:
        recipe: whose layers.
        values: as `Subject.values`.
        place: the chosen layer.
        unit: its map that is shown large; for a vector the number that is marked.
    """
    numbers: list[np.ndarray] = []
    signs = signed(recipe.layers)
    names, rows = titles(recipe.layers), layer_table(recipe.layers)
    parameters = sum(row.parameters for row in rows)
    multiply_adds = sum(row.multiply_adds for row in rows)
    maps = shown_maps(recipe.layers, values, place, unit)
    words = passages("architecture")
    blocks = [
        {
            "title": name,
            "names": _names(row.layer),
            "shape": _shape(row.output_shape),
            "signed": sign,
            "maps": list(chosen),
            "grid": _grid(value[..., list(chosen)] if value.ndim == 3 else value[None, None], numbers),
            "costs": [
                _cost(row.parameters, parameters, words["parameters"], row.arithmetic),
                _cost(row.multiply_adds, multiply_adds, words["multiply-adds"]),
            ],
            "reach": _reach(row.layer, before.ndim == 1),
        }
        for name, row, sign, before, value, chosen in zip(
            names, rows, signs, values, values[1:], maps, strict=False
        )
    ]
    own = values[place + 1]
    large = own[..., unit : unit + 1] if own.ndim == 3 else own[None, None]
    header = {
        "levels": LEVELS,
        "stops": [NEGATIVE, PALE_NEGATIVE, ZERO, PALE_POSITIVE, POSITIVE],
        "mark": FIELD_COLOUR,
        "place": place,
        "unit": unit,
        "count": own.shape[-1],
        "digit": _grid(values[0], numbers) | {"signed": False},
        "blocks": blocks,
        "large": _grid(large, numbers) | {"signed": signs[place]},
        "fields": _fields(recipe, place),
        "legend": [words["parameters"], words["multiply-adds"]],
        "most": max(range(len(rows)), key=lambda at: rows[at].parameters),
        "words": {name: words[name] for name in _WORDS},
        "meaning": {name: words[f"colours {name}"] for name in ("signed", "plain")},
    }
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    text += b" " * (len(text) % 2)  # the numbers begin at an even place
    return zlib.compress(struct.pack("<I", len(text)) + text + b"".join(map(bytes, numbers)), 1)


# The passages that the browser fills with the numbers under the pointer.
_WORDS = (
    "invitation",
    "invitation of a vector",
    "answer",
    "cell",
    "number",
    "field",
    "whole field",
    "whole map",
    "same number",
    "one value",
    "digit's name",
    "block",
    "share",
    "guess",
    "show",
    "guess right",
    "guess wrong",
)


def shown_maps(
    layers: Sequence[Layer], values: Sequence[np.ndarray], place: int, unit: int
) -> list[tuple[int, ...]]:
    """Which maps of each layer are drawn small: the liveliest, the same through a whole stage.

    A stage begins with a convolution; what follows it works on each of its maps by itself, so that the eye
    can follow one from layer to layer. Liveliest are those that differ most from cell to cell at the stage's
    end.

    Args:
        layers: the network's.
        values: as `Subject.values`.
        place: the chosen layer, whose map `unit` is always among those of its stage.
        unit: that map.

    Returns:
        For each layer up to `MOST_MAPS` places of maps, liveliest first; for a vector none.
    """
    found: list[tuple[int, ...]] = []
    starts = [at for at, layer in enumerate(layers) if at == 0 or isinstance(layer, Conv2D)]
    for start, stop in zip(starts, [*starts[1:], len(layers)], strict=True):
        mapped = [at for at in range(start, stop) if values[at + 1].ndim == 3]
        lively: list[int] = []
        if mapped:
            spread = values[mapped[-1] + 1].std(axis=(0, 1))
            if not spread.any():  # single cells: the greatest instead
                spread = values[mapped[-1] + 1].max(axis=(0, 1))
            lively = [int(at) for at in np.argsort(-spread, kind="stable")[:MOST_MAPS]]
            if start <= place < stop and values[place + 1].ndim == 3:
                lively = [unit, *(each for each in lively if each != unit)][:MOST_MAPS]
        found += [tuple(lively) if at in mapped else () for at in range(start, stop)]
    return found


def short(number: int) -> str:
    """A count in at most four letters and a unit: "288", "36.9k", "7.23M"."""
    for unit, name in ((10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:.3g}{name}" if number < 999.5 * unit else f"{number // unit:,}{name}"
    return str(number)


def _names(layer: Layer) -> tuple[str, ...]:
    return _FUNCTIONS[layer.function] if isinstance(layer, Activation) else _NAMES[type(layer)]


def _reach(layer: Layer, gets_vector: bool) -> str:
    """What one value of a layer is made of: a "window" of maps, their "mean", "all" numbers, or "one" value.

    Of what a flatten layer gives each number is one value of a map: "moved".
    """
    match layer:
        case Flatten():
            return "one" if gets_vector else "moved"
        case GlobalAveragePooling2D():
            return "mean"
        case Dense() | Activation("softmax"):
            return "all"
    size, _ = layer.window() or (1, 1)
    return "window" if size > 1 else "one"


def _shape(shape: Shape) -> list[str]:
    """A shape in two pieces, which stand in one line where there is room: "28×28" and "×32"."""
    return [f"{shape[0]}×{shape[1]}", f"×{shape[2]}"] if len(shape) == 3 else [f"{shape[0]:,}"]


def _cost(own: int, whole: int, noun: str, arithmetic: str = "") -> dict[str, Any]:
    share = own / whole if whole else 0
    sum_ = f"{arithmetic} = " if arithmetic else ""
    return {"short": short(own), "said": f"{sum_}{own:,} {noun}", "share": round(share, 4), "own": own}


def _grid(tiles: np.ndarray, numbers: list[np.ndarray]) -> dict[str, Any]:
    """Adds tiles (height, width, count) to the numbers, as shares of their greatest; says where they are."""
    height, width, count = tiles.shape
    cells = np.ascontiguousarray(tiles.transpose(2, 0, 1))  # (tiles, height, width)
    most = np.abs(cells).max(axis=(1, 2), initial=0.0)
    at = sum(array.size for array in numbers)
    numbers.append(np.rint(cells / np.where(most > 0, most, 1)[:, None, None] * LEVELS).astype("<i2"))
    scales = [float(f"{value:.5g}") for value in most]
    return {"height": height, "width": width, "count": count, "at": at, "scales": scales}


@lru_cache(maxsize=256)
def _fields(recipe: Recipe, place: int) -> dict[str, Any]:
    """What each row and each column of a layer's maps depends on, in the digit and in each layer below.

    Returns:
        "rows": for the digit and each layer before `place`, first row and number of rows for each row of the
        map; "columns" likewise. A vector has one row and one column; but of flattened maps the rows and
        columns are those of the maps, up to themselves, and "flat" says which they are and how large; else it
        is None.
    """
    flat = flattened(recipe, place)
    shape = recipe.shapes[place + 1 if flat is None else flat]
    height, width = shape[:2] if len(shape) == 3 else (1, 1)

    def below(row: int, column: int) -> tuple[Field, ...]:
        if flat is None:
            return fields_below(recipe, place, row, column)
        own = Field(row, column, 1, 1)
        return (*fields_below(recipe, flat - 1, row, column), own) if flat else (own,)

    by_row = [below(row, 0) for row in range(height)]
    by_column = [below(0, column) for column in range(width)]
    return {
        "rows": [[(field.top, field.height) for field in each] for each in zip(*by_row, strict=True)],
        "columns": [[(field.left, field.width) for field in each] for each in zip(*by_column, strict=True)],
        "flat": None if flat is None else {"at": flat, "width": width, "depth": shape[-1]},
    }
