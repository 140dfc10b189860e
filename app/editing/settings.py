"""The settings of the layer that is looked at: its kind, and what that kind lets one choose."""

import html
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from app import state
from app.editing import acting
from app.prose import say
from model.editing import Layers, change, converted
from model.layer_table import layer_table
from model.layers import (
    ACTIVATIONS,
    LAYERS,
    PADDINGS,
    Activation,
    AveragePooling2D,
    Conv2D,
    Dense,
    Dropout,
    Layer,
    MaxPooling2D,
)
from model.recipe import Recipe

MOST_RATE = 0.95  # of dropout, on its slider; a recipe may go closer to 1

Change = Callable[[Any], Any]


def show() -> None:
    """Shows the settings; a change is tried at once, and refused at the layer where it fails."""
    place = acting.chosen()
    layer = state.now().recipe.layers[place]
    kind = type(layer).__name__
    st.selectbox(
        f"Layer {place + 1} is",
        list(LAYERS),
        format_func=lambda name: LAYERS[name].title,
        help=say("editing", "control kind"),
        **_bound(
            place,
            "kind",
            lambda layer: type(layer).__name__,
            lambda name: converted(state.now().recipe.layers[place], name),
        ),
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="layer-settings"):
        _fields(layer, place)
    st.html(_price(place))
    st.caption(f"{say('editing', f'does {kind}').capitalize()}. {say('editing', f'why {kind}')}")


def _fields(layer: Layer, place: int) -> None:
    match layer:
        case Conv2D():
            _count("Filters", place, "filters", 1, 512)
            _count("Kernel size", place, "kernel_size", 1, 28)
            _count("Stride", place, "stride", 1, 8)
            _padding(place)
            st.toggle("Bias", help=say("editing", "control bias"), **_bound_field(place, "bias"))
        case MaxPooling2D() | AveragePooling2D():
            _count("Window", place, "pool_size", 1, 28)
            st.number_input(
                "Stride",
                1,
                28,
                step=1,
                width=122,
                help=say("editing", "control stride"),
                **_bound(place, "step", lambda layer: layer.step, lambda step: _with_step(place, int(step))),
            )
            _padding(place)
        case Dense():
            _count("Units", place, "units", 1, 4096)
            st.toggle("Bias", help=say("editing", "control bias"), **_bound_field(place, "bias"))
        case Dropout():
            st.slider(
                "Share that is hidden",
                0.0,
                max(MOST_RATE, layer.rate),
                step=0.05,
                **_bound_field(place, "rate", float, float),
            )
        case Activation():
            st.selectbox(
                "Function",
                ACTIVATIONS,
                format_func=lambda name: name.replace("_", " "),
                **_bound_field(place, "function"),
            )


def _count(label: str, place: int, field: str, low: int, high: int) -> None:
    words = say("editing", f"control {field.replace('_', ' ')}")
    st.number_input(
        label, low, high, step=1, width=122, help=words, **_bound_field(place, field, from_widget=int)
    )


def _padding(place: int) -> None:
    st.segmented_control(
        "Padding",
        PADDINGS,
        required=True,
        help=say("editing", "control padding"),
        **_bound_field(place, "padding"),
    )


def _with_step(place: int, step: int) -> Layer:
    pooling = state.now().recipe.layers[place]
    assert isinstance(pooling, MaxPooling2D | AveragePooling2D)
    # the window's own side is what a pooling without a stride of its own takes
    return replace(pooling, stride=None if step == pooling.pool_size else step)


def _same(value: Any) -> Any:  # noqa: ANN401 - whatever the field holds
    return value


def _bound_field(
    place: int, field: str, to_widget: Change = _same, from_widget: Change = _same
) -> dict[str, Any]:
    """Ties a widget to a field of a layer."""

    def changed(value: object) -> Layer:
        return replace(state.now().recipe.layers[place], **{field: from_widget(value)})

    return _bound(place, field, lambda layer: to_widget(getattr(layer, field)), changed)


def _bound(
    place: int, name: str, to_widget: Callable[[Any], Any], changed: Callable[[Any], Layer]
) -> dict[str, Any]:
    """Ties a widget to a layer: what it says is tried, and where that can't be, it shows again what is."""

    def from_widget(value: object) -> Recipe:
        def edit(layers: Layers) -> Layers:
            return change(layers, place, changed(value))

        acting.attempt("changed", place, edit)
        return state.now().recipe

    kind = type(state.now().recipe.layers[place]).__name__
    key = f"layer {place} {'' if name == 'kind' else kind} {name}"
    return state.bound("recipe", lambda recipe: to_widget(recipe.layers[place]), from_widget, key=key)


def _price(place: int) -> str:
    """What the layer costs, written out, as HTML."""
    row = layer_table(state.now().recipe.layers)[place]
    said = [f"gives <b>{'×'.join(map(str, row.output_shape))}</b>"]
    if row.arithmetic:
        said.append(f"{html.escape(row.arithmetic)} = <b>{row.parameters:,}</b> parameters")
    if row.multiply_adds:
        said.append(f"<b>{row.multiply_adds:,}</b> multiply-adds")
    return f'<p class="lab-arithmetic">{"<br>".join(said)}</p>'
