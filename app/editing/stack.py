"""The layers as a list: chosen, added, removed, moved there; with the shape and the price of each."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from app import state
from app.editing import acting
from app.prose import say
from model.editing import FRESH, Layers, fits, insert, move, remove
from model.layer_table import layer_table
from model.layers import (
    LAYERS,
    Activation,
    AveragePooling2D,
    Conv2D,
    Dense,
    Dropout,
    Layer,
    MaxPooling2D,
)

_HTML = '<div class="lab-stack"></div>\n'
_JS = Path(__file__).with_name("stack.js").read_text(encoding="utf-8")
_stack = st.components.v2.component("digit_lab_stack", html=_HTML, js=_JS, isolate_styles=False)
_KEY = "stack"


def show() -> None:
    """Shows the list of the recipe's layers; what is done there is done to the recipe."""
    _stack(data=content(state.now().recipe.layers), key=_KEY, on_act_change=_take)


def content(layers: Layers) -> dict[str, Any]:
    """What the list shows, in words; the page's script only lays it out."""
    chosen, refused = acting.chosen(), acting.refused()
    rows = layer_table(layers)
    parameters = sum(row.parameters for row in rows)
    multiply_adds = sum(row.multiply_adds for row in rows)
    return {
        "rows": [
            {
                "title": row.layer.title,
                "settings": in_short(row.layer),
                "gives": "×".join(map(str, row.output_shape)),
                "parameters": f"{row.parameters:,}" if row.parameters else "",
                "multiplyAdds": f"{row.multiply_adds:,}" if row.multiply_adds else "",
                "parameterShare": _share(row.parameters, parameters),
                "multiplyAddShare": _share(row.multiply_adds, multiply_adds),
                "arithmetic": f"{row.arithmetic} = {row.parameters:,}" if row.arithmetic else "",
            }
            for row in rows
        ],
        "total": {"parameters": f"{parameters:,}", "multiplyAdds": f"{multiply_adds:,}"},
        "chosen": chosen,
        "refused": refused
        and {"place": refused.place, "text": say("editing", f"not {refused.what}", reason=refused.reason)},
        "kinds": [
            {
                "name": kind,
                "title": LAYERS[kind].title,
                "does": say("editing", f"does {kind}"),
                "before": fits(layers, chosen, kind),
                "after": fits(layers, chosen + 1, kind),
            }
            for kind in FRESH
        ],
        "undo": acting.can_undo(),
        "redo": acting.can_redo(),
    }


def in_short(layer: Layer) -> str:
    """A layer's settings in a few letters: "8 × 5×5, stride 2, same"; "" for one without settings."""
    match layer:
        case Conv2D():
            said = [f"{_counted(layer.filters, 'filter')} {layer.kernel_size}×{layer.kernel_size}"]
            said += [f"stride {layer.stride}"] * (layer.stride > 1) + [layer.padding] * (
                layer.padding == "same"
            )
            return ", ".join(said + ["no bias"] * (not layer.bias))
        case MaxPooling2D() | AveragePooling2D():
            said = [f"{layer.pool_size}×{layer.pool_size}"]
            said += [f"stride {layer.step}"] * (layer.step != layer.pool_size)
            return ", ".join(said + [layer.padding] * (layer.padding == "same"))
        case Dense():
            return _counted(layer.units, "unit") + ", no bias" * (not layer.bias)
        case Dropout():
            return f"{layer.rate:.0%} hidden"
        case Activation():
            return layer.function.replace("_", " ")
    return ""


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _share(part: int, whole: int) -> float:
    """In percent."""
    return round(100 * part / whole, 1) if whole else 0.0


def _take() -> None:
    take((state.widget(_KEY) or {}).get("act"))


def take(asked: object) -> None:
    """Does what the list's script asks, as far as it makes sense: what a browser sends is anybody's to write.

    Args:
        asked: {"do": "choose", "remove", "copy", "move", "add", "undo" or "redo"}, with "place" (of the layer
            meant; of the new one's place for "add"), "to" for "move" and "kind" for "add".
    """
    if not isinstance(asked, Mapping):
        return
    do, kind = asked.get("do"), asked.get("kind")
    count = len(state.now().recipe.layers)
    place, to = (_whole(asked.get(name), count) for name in ("place", "to"))
    if do == "undo":
        acting.undo()
    elif do == "redo":
        acting.redo()
    elif place is None:
        return
    elif do == "add" and isinstance(kind, str) and kind in FRESH:
        acting.attempt("added", place, partial(insert, place=place, layer=FRESH[kind]), then=place)
    elif place == count:
        return  # a place for a new layer alone
    elif do == "choose":
        acting.choose(place)
    elif do == "remove":
        acting.attempt("removed", place, partial(remove, place=place), then=place)
    elif do == "copy":
        copied = state.now().recipe.layers[place]
        acting.attempt("added", place, partial(insert, place=place + 1, layer=copied), then=place + 1)
    elif do == "move" and to is not None and to < count:
        acting.attempt("moved", place, partial(move, place=place, to=to), then=to)


def _whole(value: object, most: int) -> int | None:
    return value if type(value) is int and 0 <= value <= most else None
