"""What a network's layers hold and multiply, written out layer by layer and added up."""

import html

import streamlit as st

from app.prose import say
from model.layer_table import LayerRow, layer_table
from model.layers import Conv2D, Dense, Layer, Shape
from model.probes.maps import titles
from model.recipe import Recipe


def show(recipe: Recipe) -> None:
    """Shows a button that opens the table."""
    parameters, multiply_adds = totals(layer_table(recipe.layers))
    about = f"{parameters:,} parameters, {multiply_adds:,} multiply-adds: where they come from"
    with st.popover("Words and sums", help=about, type="tertiary", key="arithmetic"):
        st.markdown(say("architecture", "arithmetic"))
        st.html(table_html(recipe))
        st.markdown(say("architecture", "words"))


def totals(rows: list[LayerRow]) -> tuple[int, int]:
    """The parameters and the multiply-adds of all layers together."""
    return sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)


def multiplication(layer: Layer, before: Shape) -> str:
    """The product that gives a layer's multiply-adds, written out; empty for one that multiplies nothing.

    Args:
        layer: which one.
        before: the shape that it gets.

    Returns:
        Such as "26·26·32 · 3·3·1": so many values, each a sum of so many products.
    """
    match layer:
        case Conv2D():
            height, width, filters = layer.output_shape(before)
            return f"{height}·{width}·{filters} · {layer.kernel_size}·{layer.kernel_size}·{before[-1]}"
        case Dense():
            return f"{layer.units} · {before[-1]}"
        case _:
            return ""


def table_html(recipe: Recipe) -> str:
    """The table: for each layer its shape, its parameters and its multiply-adds, and how they come about."""
    rows = layer_table(recipe.layers)
    parameters, multiply_adds = totals(rows)
    names = titles(recipe.layers)
    most = [
        max(row.parameters for row in rows) or None,
        max(row.multiply_adds for row in rows) or None,
    ]
    lines = []
    for row, name, before in zip(rows, names, recipe.shapes, strict=False):
        shape = "×".join(f"{n:,}" for n in row.output_shape)
        written = multiplication(row.layer, before)
        lines.append(
            f'<tr><th scope="row">{row.number}</th><th scope="row">{html.escape(name)}</th><td>{shape}</td>'
            + _sum(row.arithmetic, row.parameters, parameters, row.parameters == most[0])
            + _sum(written, row.multiply_adds, multiply_adds, row.multiply_adds == most[1])
            + "</tr>"
        )
    return f"""<div class="lab-arithmetic" tabindex="0" role="region" aria-label="Parameters, multiply-adds">
<table><thead><tr><th scope="col"></th><th scope="col">layer</th><th scope="col">gives</th>
<th scope="col" colspan="3">parameters</th><th scope="col" colspan="3">multiply-adds</th></tr></thead>
<tbody>{"".join(lines)}</tbody>
<tfoot><tr><th></th><th scope="row">together</th><td></td>
<td></td><td class="lab-figure">{parameters:,}</td><td></td>
<td></td><td class="lab-figure">{multiply_adds:,}</td><td></td></tr></tfoot></table></div>"""


def _sum(written: str, own: int, whole: int, is_most: bool) -> str:
    """Three cells: the sum written out, what it gives, and its share of all."""
    mark = " lab-most" if is_most else ""
    equal = f"{written} =" if written else ""
    share = f"{own / whole:.1%}" if own else ""
    return (
        f'<td class="lab-figure lab-sum">{equal}</td><td class="lab-figure{mark}">{own:,}</td>'
        f'<td class="lab-figure lab-sum">{share}</td>'
    )
