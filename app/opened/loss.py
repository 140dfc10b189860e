"""The loss opened: minus the logarithm of the right digit's share, and its gradient."""

import html
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from app import live_chart, state
from app.charts import descent as charts
from app.opened import aside, linked, right_digit, stepping
from app.opened.aside import Facet, Question
from app.opened.formula import number, plain
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
ROW = 17  # px: a row of it, whose digit is written beside it


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
    question = questions[chosen](subject)
    # another label is another question: it can be chosen before there is an answer
    above = partial(right_digit.ask, subject)
    aside.show(subject, place, lessons[chosen], question, facets, above=above)


def _slope(subject: Subject, label: int) -> Slope:
    return stepping.slope_of(subject.network, subject.digit.tobytes(), label)


def _question(subject: Subject) -> Question:
    found = _slope(subject, right_digit.in_use(subject))
    amount = plain(math.log(2))
    told = {"amount": amount, "loss": plain(found.loss), "after": plain(found.loss + math.log(2))}
    return Question(
        say("loss", "asks"),
        [say("loss", name, **told) for name in ("doubles", "by a fixed amount", "by itself")],
        lambda: (1, say("loss", "answer", **told)),
        f"loss {found.loss}",
    )


def _question_of_gradient(subject: Subject) -> Question:
    label = right_digit.in_use(subject)
    found = _slope(subject, label)
    others = [int(k) for k in np.argsort(-found.probabilities, kind="stable") if k != label][:3]
    options = sorted([label, *others])
    slopes = {"steepest": label, "slope": plain(found.by_logits[label])}
    lacks = plain(abs(found.by_logits[label]))
    return Question(
        say("gradient", "asks"),
        [str(option) for option in options],
        lambda: (options.index(label), say("gradient", "answer", lacks=lacks, **slopes)),
        f"gradient {found.loss}",
        veils=("gradient",),
    )


def _loss(subject: Subject, place: int) -> None:  # noqa: ARG001 - every facet gets it
    """The loss as a formula, on its curve, and for each label that there could be."""
    label = right_digit.in_use(subject)
    found = _slope(subject, label)
    with st.container(key="answer-formula"):
        st.latex(loss_formula(found))
    curve, bars = st.columns(2, gap="medium")
    with curve:
        _show_curve(found)
    logs = -np.log(np.maximum(found.probabilities, np.finfo(float).tiny))
    bars.html(_each_label(logs, label))
    recipe = subject.recipe
    besides = [say("loss", "cost of weights")] if recipe.l2 else []
    if recipe.label_smoothing:
        besides.append(say("loss", "smoothing", share=f"{recipe.label_smoothing:g}"))
    if besides:
        st.caption(say("loss", "besides", what=", ".join(besides)))


def loss_formula(found: Slope) -> str:
    """The categorical cross-entropy with its values plugged in; LaTeX."""
    other = int(found.label == 0)  # one of the nine terms that come to nothing
    terms = {
        k: rf"{int(k == found.label)} \cdot \ln {number(float(found.probabilities[k]))}"
        for k in (found.label, other)
    }
    kept = [terms[other], r"\dots", terms[found.label]]
    share = number(float(found.probabilities[found.label]))
    return (
        rf"L = -\sum_k y_k \ln p_k = -({' + '.join(kept)}) = -\ln {share} = \mathbf{{{number(found.loss)}}}"
    )


def _show_curve(found: Slope) -> None:
    share, loss = float(found.probabilities[found.label]), plain(found.loss)
    figure = charts.loss_curve(share, found.loss, f"−ln {plain(share)} = {loss}")
    alt = say("loss", "curve alt", p=chance(share), loss=loss)
    live_chart.show(live_chart.to_content(figure, alt), "loss curve", charts.CURVE_HEIGHT)


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


def _gradient(subject: Subject, place: int) -> None:  # noqa: ARG001 - every facet gets it
    """The gradient in the logits, and in the last layer's weights as a heat map."""
    found = _slope(subject, right_digit.in_use(subject))
    linked.show(linked.to_content(gradient_view(subject, found)), "gradient")
    with st.container(key="answer-formula"):
        st.latex(gradient_formula(found))
    st.caption(say("gradient", "weights product" if is_product(subject) else "weights"))


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
    tall = None if is_picture else ROW
    logits = Panel(
        "∂L/∂z = p − y",
        "the logits",
        found.by_logits[None, None],
        True,
        "channel",
        cell=26,
        tall=ROW,
        share=0.24,
        captions=digits,
        labels=[plain(float(each)) for each in found.by_logits],
    )
    if is_picture:
        note = f"{CLASSES} pictures of weights"
    else:
        note = f"{len(cells)} × {CLASSES} weights, a row for each digit"
    weights = Panel(
        "∂L/∂w", note, kernel[cells].reshape(*size, CLASSES), True, tall=tall, captions=digits, height=230
    )
    if not is_product(subject):
        says = {link: sentence("gradient", f"{link} alone") for link in ("value", "channel")}
        panels = [logits, replace(weights, sign="→")]
    else:
        x = subject.gets(last)[cells].reshape(*size, 1)
        is_signed = last > 0 and signed(subject.layers)[last - 1]
        strip = Panel("In", f"{len(cells)} numbers", x, is_signed, "cell", tall=tall, share=0, height=210)
        if is_picture:
            strip = replace(strip, share=0.45)
        says = {link: sentence("gradient", link) for link in ("value", "channel", "cell")}
        if is_picture:
            says["value"] = sentence("gradient", "value of a map")
        panels = [strip, replace(logits, sign="×"), replace(weights, sign="=")]
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
