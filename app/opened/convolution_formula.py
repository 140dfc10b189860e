"""A convolution's sum as LaTeX, with the numbers of one position plugged in. Knows no Streamlit."""

from collections.abc import Sequence

import numpy as np

from app.opened.formula import in_brackets, number, shortened
from model.forward import Weights
from model.layers import EPSILON, LEAKY_RELU_SLOPE, Activation, BatchNormalization, Layer
from model.probes.convolving import Position

MOST_ROWS, MOST_IN_ROW = 5, 5  # of a kernel, written out
MOST_TERMS = 6  # input channels
DOTS = r"\cdots"


def added(values: Sequence[str]) -> str:
    """Terms with a plus between them; one below zero brings its own minus, dots have one on both sides."""
    text = values[0]
    for value in values[1:]:
        text += f" - {value[1:]}" if value.startswith("-") else f" + {value}"
    return text


def written(count: int, most: int, chosen: int | None = None) -> list[int | None]:
    """Which of many terms are written out: all, or the first, the chosen and the last.

    Args:
        count: how many there are.
        most: how many may stand there.
        chosen: one that must; None for none.

    Returns:
        Their places, in order; None where dots stand for the others.
    """
    if count <= most:
        return list(range(count))
    half = (most - 1) // 2
    kept = sorted({*range(half), *range(count - half, count), *(() if chosen is None else (chosen,))})
    places: list[int | None] = []
    for place in kept:
        if place != (kept[kept.index(place) - 1] if kept.index(place) else -1) + 1:
            places.append(None)
        places.append(place)
    return places


def products(patch: np.ndarray, kernel: np.ndarray) -> list[str]:
    """One channel's patch times its kernel, cell by cell, added up: a line for each row of the kernel.

    Args:
        patch: float (side, side).
        kernel: float (side, side).

    Returns:
        The lines; of a large kernel the first and the last.
    """
    rows = []
    for cells, weights in zip(patch.tolist(), kernel.tolist(), strict=True):
        terms = [rf"{number(x)}\cdot{in_brackets(k)}" for x, k in zip(cells, weights, strict=True)]
        rows.append(added(shortened(terms, MOST_IN_ROW, DOTS)))
    return shortened(rows, MOST_ROWS, DOTS)


def lines(
    position: Position,
    kernel: np.ndarray,
    channel: int,
    bias: float | None,
    behind: Sequence[tuple[Layer, Weights]],
    unit: int,
    values: Sequence[float],
) -> str:
    """The whole way from a patch to what the layers behind make of its sum.

    Args:
        position: the filter's numbers there.
        kernel: float (side, side, channels).
        channel: the one whose products are written out.
        bias: None for a layer without one.
        behind: normalisation and activations behind it, each with its weights.
        unit: the filter.
        values: the sum, then what each of those layers gives.
    """
    terms = position.terms.tolist()
    several = len(terms) > 1
    first, *others = products(position.patch[..., channel], kernel[..., channel])
    name = f"s_{{{channel}}}" if several else "s"
    rows = [rf"{name} = \sum_{{i,j}} x_{{ij}}\,k_{{ij}} &= {first}"]
    rows += [rf"&\quad {added(['', other]).strip()}" for other in others]
    rows[-1] += f" = {number(terms[channel])}"
    if several or bias is not None:
        shown = written(len(terms), MOST_TERMS, channel)
        parts = [
            DOTS if place is None else (_marked(terms[place]) if place == channel else number(terms[place]))
            for place in shown
        ]
        if bias is not None:
            parts.append(number(bias))
        left = (r"\sum_c s_c" if several else "s") + (" + b" if bias is not None else "")
        rows.append(rf"z = {left} &= {added(parts)} = {number(values[0])}")
    before = "z" if several or bias is not None else "s"
    for step, (layer, weights) in enumerate(behind, start=1):
        after = "a" if isinstance(layer, Activation) else "n"
        rows.append(
            f"{after} = {_becomes(layer, weights, unit, before, values[step - 1])} = {number(values[step])}"
        )
        before = after
    return r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"


def _marked(value: float) -> str:
    text = number(value)
    # the sign stays outside, where `added` looks for it
    return rf"-\underline{{{text[1:]}}}" if text.startswith("-") else rf"\underline{{{text}}}"


def _becomes(layer: Layer, weights: Weights, unit: int, name: str, value: float) -> str:
    """What a layer does with one value: in letters, then with the numbers."""
    x = in_brackets(value)
    if isinstance(layer, BatchNormalization):
        gamma, beta, mean, variance = (
            float(weights[each][unit]) for each in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        shift = added([number(value), number(-mean)])
        fraction = rf"\frac{{{shift}}}{{\sqrt{{{number(variance)} + {number(EPSILON)}}}}}"
        letters = rf"\gamma\,\frac{{{name} - \mu}}{{\sqrt{{\sigma^2 + \epsilon}}}} + \beta"
        scaled = rf"{number(gamma)}\cdot{fraction}"
        return f"{letters} &= {added([scaled, number(beta)])}"
    assert isinstance(layer, Activation)
    match layer.function:
        case "relu":
            return rf"\max(0,\,{name}) &= \max(0,\,{number(value)})"
        case "leaky_relu":
            slope = number(LEAKY_RELU_SLOPE)
            return rf"\max({slope}\,{name},\,{name}) &= \max({slope}\cdot{x},\,{number(value)})"
        case "tanh":
            return rf"\tanh {name} &= \tanh({number(value)})"
        case "sigmoid":
            return rf"\frac{{1}}{{1 + e^{{-{name}}}}} &= \frac{{1}}{{1 + e^{{-{x}}}}}"
        case _:
            return f"{name} &"
