"""The loss opened: minus the logarithm of the right digit's share, and its gradient."""

import html
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from app import address, state
from app.opened import aside, linked, right_digit, stepping
from app.opened.aside import Facet, Question
from app.opened.formula import number, plain, shortened
from app.opened.linked import Panel, View, sentence
from app.prose import say
from app.reading import chance
from app.subject import Subject
from model.forward import weight_name
from model.layers import Activation, Dense, Dropout
from model.probes.descending import Slope, answer_place
from model.probes.maps import signed
from model.probes.weighing import maps_before
from model.recipe import CLASSES

SHOWN_INPUTS = 160  # columns of a heat map that can still be told apart


def show(subject: Subject, place: int, facets: dict[str, Facet]) -> None:
    """Shows the part of the loss that was chosen.

    Args:
        subject: the network and the digit.
        place: the last softmax's.
        facets: all of the softmax's parts, `FACETS` among them.
    """
    questions = {"loss": _question, "gradient": _question_of_gradient, "step": stepping.question}
    lessons = {"loss": "loss", "gradient": "gradient", "step": stepping.LESSON}
    chosen = state.now().facet or "loss"
    aside.show(subject, place, lessons[chosen], questions[chosen](subject), facets)


def _slope(subject: Subject, label: int) -> Slope:
    return stepping.slope_of(subject.network, subject.digit.tobytes(), label)


def _question(subject: Subject) -> Question:
    found = _slope(subject, right_digit.likely(subject))
    amount = plain(math.log(2))
    told = {"amount": amount, "loss": plain(found.loss), "after": plain(found.loss + math.log(2))}
    return Question(
        say("loss", "asks"),
        [say("loss", name, **told) for name in ("doubles", "by a fixed amount", "by itself")],
        1,
        say("loss", "answer", **told),
        f"loss {found.loss}",
    )


def _question_of_gradient(subject: Subject) -> Question:
    label = right_digit.likely(subject)
    found = _slope(subject, label)
    others = [int(k) for k in np.argsort(-found.probabilities, kind="stable") if k != label][:3]
    options = sorted([label, *others])
    slopes = {"steepest": label, "slope": plain(found.by_logits[label])}
    lacks = plain(abs(found.by_logits[label]))
    return Question(
        say("gradient", "asks"),
        [str(option) for option in options],
        options.index(label),
        say("gradient", "answer", lacks=lacks, **slopes),
        f"gradient {found.loss}",
    )


@st.fragment
def _loss(subject: Subject, place: int) -> None:  # noqa: ARG001 - every facet gets it
    """The loss as a formula, on its curve, and for each label that there could be."""
    label = right_digit.ask(subject)
    if label is not None:
        found = _slope(subject, label)
        with st.container(key="answer-formula"):
            st.latex(loss_formula(found))
        curve, bars = st.columns(2, gap="medium")
        curve.html(curve_html(found))
        logs = -np.log(np.maximum(found.probabilities, np.finfo(float).tiny))
        bars.html(_each_label(logs, label))
        recipe = subject.recipe
        besides = [say("loss", "cost of weights")] if recipe.l2 else []
        if recipe.label_smoothing:
            besides.append(say("loss", "smoothing", share=f"{recipe.label_smoothing:g}"))
        if besides:
            st.caption(say("loss", "besides", what=", ".join(besides)))
    address.follow("Architecture", "loss")


def loss_formula(found: Slope) -> str:
    """The categorical cross-entropy with its values plugged in; LaTeX."""
    terms = [
        rf"{int(k == found.label)} \cdot \ln {number(float(p))}" for k, p in enumerate(found.probabilities)
    ]
    kept = shortened(terms, 4)
    if terms[found.label] not in kept:
        kept = [*kept[:2], r"\dots", terms[found.label], *kept[3:]]
    share = number(float(found.probabilities[found.label]))
    return (
        rf"L = -\sum_k y_k \ln p_k = -({' + '.join(kept)}) = -\ln {share} = \mathbf{{{number(found.loss)}}}"
    )


def curve_html(found: Slope) -> str:
    """The curve of −ln p with this digit's place on it, as a picture."""
    wide, high, left, bottom, most = 380.0, 210.0, 34.0, 34.0, 6.0

    def at(p: float, loss: float) -> tuple[float, float]:
        across, down = wide - left - 10, high - bottom - 8
        return left + p * across, 8 + down * (1 - min(loss, most) / most)

    curve = (at(p, -math.log(p)) for p in np.linspace(math.exp(-most), 1, 160))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in curve)
    p = float(found.probabilities[found.label])
    x, y = at(p, found.loss)
    marks = "".join(
        f'<line class="lab-curve-grid" x1="{left}" x2="{wide - 10}" y1="{at(0, loss)[1]:.1f}" '
        f'y2="{at(0, loss)[1]:.1f}"/><text x="{left - 6}" y="{at(0, loss)[1] + 5:.1f}" '
        f'text-anchor="end">{loss}</text>'
        for loss in range(0, int(most) + 1, 2)
    )
    marks += "".join(
        f'<text x="{at(share, 0)[0]:.1f}" y="{high - bottom + 18}" text-anchor="middle">{share:.0%}</text>'
        for share in (0, 0.5, 1)
    )
    alt = html.escape(say("loss", "curve alt", p=chance(p), loss=plain(found.loss)))
    anchor, shift = ("end", -10) if p > 0.5 else ("start", 10)
    return (
        f'<svg class="lab-curve" viewBox="0 0 {wide:.0f} {high:.0f}" role="img" aria-label="{alt}">{marks}'
        f'<polyline points="{points}"/><line class="lab-curve-drop" x1="{x:.1f}" x2="{x:.1f}" y1="{y:.1f}" '
        f'y2="{at(0, 0)[1]:.1f}"/><circle cx="{x:.1f}" cy="{y:.1f}" r="6"/>'
        f'<text class="lab-curve-said" x="{x + shift:.1f}" y="{max(y - 12, 16):.1f}" text-anchor="{anchor}">'
        f"−ln {chance(p)} = {plain(found.loss)}</text>"
        f'<text x="{left}" y="{high - 2}">what the right digit is given</text></svg>'
    )


def _each_label(losses: np.ndarray, label: int) -> str:
    """The loss for each of the ten labels, as bars."""
    most = float(losses.max()) or 1.0
    rows = "".join(
        f'<div class="lab-bar{" lab-first" if digit == label else ""}"><span class="lab-name">{digit}</span>'
        f'<span class="lab-track"><span class="lab-fill" style="width:{loss / most:.2%}"></span></span>'
        f'<span class="lab-value">{plain(float(loss))}</span></div>'
        for digit, loss in enumerate(losses)
    )
    said = ", ".join(f"{digit}: {plain(float(loss))}" for digit, loss in enumerate(losses))
    alt = html.escape(say("loss", "each label alt", said=said))
    title = html.escape(say("loss", "each label"))
    bars = f'<div class="lab-bars" role="img" aria-label="{alt}">{rows}</div>'
    return f'<div class="lab-tight"><h4>{title}</h4>{bars}</div>'


@st.fragment
def _gradient(subject: Subject, place: int) -> None:  # noqa: ARG001 - every facet gets it
    """The gradient in the logits, and in the last layer's weights as a heat map."""
    label = right_digit.ask(subject)
    if label is not None:
        found = _slope(subject, label)
        linked.show(linked.to_content(gradient_view(subject, found)), "gradient")
        with st.container(key="answer-formula"):
            st.latex(gradient_formula(found))
        st.caption(say("gradient", "weights product" if is_product(subject) else "weights"))
    address.follow("Architecture", "gradient")


def is_product(subject: Subject) -> bool:
    """Whether the last layer with weights is dense, and its sums are the logits themselves."""
    last = answer_place(subject.layers)
    between = subject.layers[last + 1 : -1]
    passing = all(isinstance(layer, Dropout) or layer == Activation("linear") for layer in between)
    return isinstance(subject.layers[last], Dense) and passing


def gradient_view(subject: Subject, found: Slope) -> View:
    """The gradient in the logits, what comes in, and the gradient in the weights, as panels."""
    last = answer_place(subject.layers)
    kernel = found.by_weights[weight_name(last, "kernel")].reshape(-1, CLASSES)  # (inputs, 10)
    digits = [str(digit) for digit in range(CLASSES)]
    shape = maps_before(subject.layers, last)
    is_picture = is_product(subject) and shape is not None and shape[2] == 1
    strength = np.abs(kernel).sum(axis=1)
    cells = np.arange(len(kernel))
    if not is_picture and len(kernel) > SHOWN_INPUTS:
        cells = np.sort(np.argsort(-strength, kind="stable")[:SHOWN_INPUTS])
    size = shape[:2] if is_picture and shape is not None else (1, len(cells))
    rows = None if is_picture else 19
    weights = kernel[cells].reshape(*size, CLASSES)
    panels = [
        Panel(
            "∂L/∂z = p − y",
            "the logits",
            found.by_logits[None, None],
            True,
            "channel",
            cell=60,
            tall=20,
            share=0.17,
            captions=digits,
            numbers=True,
            most=1.0,
        )
    ]
    says = {"value": sentence("gradient", "value alone"), "channel": sentence("gradient", "channel")}
    if is_product(subject):
        x = subject.gets(last)[cells].reshape(*size, 1)
        is_signed = last > 0 and signed(subject.layers)[last - 1]
        strip = Panel("In", f"{len(cells)} numbers", x, is_signed, "cell", sign="×", height=210)
        panels.append(strip if is_picture else replace(strip, tall=20, share=0))
        says["value"] = sentence("gradient", "value of a map" if is_picture else "value")
        says["cell"] = sentence("gradient", "cell")
    note = (
        f"{len(cells)} × {CLASSES} weights, a row for each digit"
        if rows
        else f"{CLASSES} pictures of weights"
    )
    panels.append(
        Panel(
            "∂L/∂w",
            note,
            weights,
            True,
            tall=rows,
            captions=digits,
            share=1.0 if is_picture else 0.8,
            height=230,
            sign="=" if is_product(subject) else "→",
        )
    )
    invites = say("gradient", "invites")
    if len(cells) < len(kernel):
        invites = f"{say('gradient', 'strongest', shown=len(cells), count=f'{len(kernel):,}')} {invites}"
    numbers = cells.tolist() if len(cells) < len(kernel) else ()
    return View(panels, says, invites, cells=numbers, depth=CLASSES)


def gradient_formula(found: Slope) -> str:
    """The gradient in the logits with its values plugged in; LaTeX."""
    shown = _terms(found.probabilities, found.label)
    columns = {
        "p": [number(float(found.probabilities[k])) for k in shown],
        "y": [str(int(k == found.label)) for k in shown],
        "g": [number(float(found.by_logits[k])) for k in shown],
    }
    vectors = [
        r"\begin{pmatrix}" + r" & ".join(column) + r" & \dots\end{pmatrix}" for column in columns.values()
    ]
    names = ", ".join(map(str, shown))
    return (
        rf"\frac{{\partial L}}{{\partial z}} = p - y = {vectors[0]} - {vectors[1]} = {vectors[2]}"
        rf"\quad \text{{(digits {names}, …)}}"
    )


def _terms(probabilities: np.ndarray, label: int) -> Sequence[int]:
    """The label and the two likeliest others, in order."""
    others = [int(k) for k in np.argsort(-probabilities, kind="stable") if k != label][:2]
    return sorted([label, *others])


FACETS: dict[str, Facet] = {"loss": _loss, "gradient": _gradient, "step": stepping.show}
