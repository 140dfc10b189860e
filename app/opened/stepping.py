"""One step of gradient descent: the verdict and the loss before and after it, at any rate."""

import html
from functools import partial

import numpy as np
import streamlit as st

from app import address, cache, live_chart, portions, state
from app.charts import descent as charts
from app.hand import STEP_RATES, STEPPING
from app.kept import kept
from app.opened import right_digit
from app.opened.aside import Question
from app.opened.formula import plain
from app.prose import say
from app.reading import chance
from app.subject import Subject
from model.datasets import DataError, Digits
from model.forward import Network
from model.probes.descending import Slope, answer_place, cross_entropies, entering, logits_after, slope

LESSON = "descending"
CURVE = tuple(float(f"{rate:.4g}") for rate in np.logspace(-3, 2, 26))  # five to a decade
ASKED = (0.01, 0.1, 1.0, 10.0)
OTHERS = 50  # validation digits that a step for one digit may harm
EASY = 20_000_000  # multiply-adds of a reading up to which so many are read in a second or two
LEARNED = 0.01  # a loss from which a step shows next to nothing


def question(subject: Subject) -> Question:
    """From which rate on a step does harm."""
    label = right_digit.in_use(subject)
    network, digit = subject.network, subject.digit.tobytes()
    before = slope_of(network, digit, label).loss

    def reveal() -> tuple[int, str]:
        after = {rate: _own_loss(network, digit, label, 0, rate) for rate in ASKED}
        worse = [rate for rate in ASKED if not after[rate] <= before]
        told = {"before": plain(before)}
        if not worse:
            last = ASKED[-1]
            return len(ASKED), say(LESSON, "answer never", rate=f"{last:g}", after=plain(after[last]), **told)
        first = worse[0]
        answer = say(LESSON, "answer", rate=f"{first:g}", after=plain(after[first]), **told)
        return ASKED.index(first), answer

    options = [*(f"{rate:g}" for rate in ASKED), say(LESSON, "never")]
    return Question(say(LESSON, "asks"), options, reveal, f"step {before}", veils=("step",))


@kept(4)  # as large as the network each
def slope_of(network: Network, digit: bytes, label: int) -> Slope:
    """The loss of a digit and all its gradients; see `model.probes.descending.slope`.

    Args:
        network: what reads it.
        digit: its 784 bytes.
        label: the right digit.
    """
    return slope(network, np.frombuffer(digit, np.uint8).reshape(28, 28), label)


@kept(4)
def _entering(network: Network, digit: bytes, place: int) -> np.ndarray:
    return entering(network, np.frombuffer(digit, np.uint8).reshape(1, 28, 28), place)


@kept(2)
def _others_entering(network: Network, digits: Digits, count: int, place: int) -> np.ndarray:
    return entering(network, digits.images[:count], place)


@kept(2000)
def _own_loss(network: Network, digit: bytes, label: int, place: int, rate: float) -> float:
    found, x = slope_of(network, digit, label), _entering(network, digit, place)
    return float(cross_entropies(logits_after(network, found, rate, place, x, place), label)[0])


@kept(2000)
def _others_loss(
    network: Network, digit: bytes, label: int, place: int, rate: float, digits: Digits, count: int
) -> float:
    found, x = slope_of(network, digit, label), _others_entering(network, digits, count, place)
    logits = logits_after(network, found, rate, place, x, place)
    return float(cross_entropies(logits, digits.labels[:count]).mean())


def show(subject: Subject, place: int) -> None:  # noqa: ARG001 - every facet gets it
    """The step's rate and layers, the verdict before and after it, and the loss along the rate."""
    _choose_step(subject, right_digit.in_use(subject))


@st.fragment
def _choose_step(subject: Subject, label: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="step-controls"):
        st.segmented_control(
            say(LESSON, "which layers"),
            STEPPING,
            required=True,
            format_func=partial(say, LESSON),
            label_visibility="collapsed",
            **state.bound("stepping"),
        )
        st.select_slider(
            say(LESSON, "rate"),
            STEP_RATES,
            format_func=lambda each: say(LESSON, "at rate", rate=f"{each:g}"),
            label_visibility="collapsed",
            width=280,
            **state.bound("step_rate", from_widget=float),
        )
        st.toggle(say(LESSON, "ask others"), **state.bound("step_others"))
    now = state.now()
    first = answer_place(subject.layers) if now.stepping == "last" else 0
    _show_step(subject, label, first, now.step_rate, now.step_others)
    address.follow("Architecture", "step")


def _show_step(subject: Subject, label: int, first: int, rate: float, with_others: bool) -> None:
    """What one step does."""
    network, digit = subject.network, subject.digit.tobytes()
    found = slope_of(network, digit, label)
    logits = logits_after(network, found, rate, first, _entering(network, digit, first), first)[0]
    left, right = st.columns([5, 6], gap="medium")
    with left:
        if np.isfinite(logits).all():
            powers = np.exp(logits.astype(np.float64) - logits.max())
            after = powers / powers.sum()
            loss = float(cross_entropies(logits[None], label)[0])
            reads = {"read": int(after.argmax()), "sure": chance(float(after.max()))}
            st.markdown(say(LESSON, "told", before=plain(found.loss), after=plain(loss), **reads))
            if found.loss < LEARNED:
                st.caption(say(LESSON, "nothing to learn"))
            st.html(bars_html(found.probabilities, after, label))
        else:
            st.warning(say(LESSON, "overflow"))
    with right:
        _show_curve(subject, label, first, rate, with_others)


def bars_html(before: np.ndarray, after: np.ndarray, label: int) -> str:
    """The ten probabilities after a step as bars, each with a line where it was before.

    Args:
        before: (10,), from 0 to 1.
        after: likewise.
        label: the right digit.
    """
    rows = "".join(
        f'<div class="lab-bar{" lab-first" if digit == label else ""}"><span class="lab-name">{digit}</span>'
        f'<span class="lab-track"><span class="lab-fill" style="width:{now:.2%}"></span>'
        f'<i style="left:{was:.2%}"></i></span>'
        f'<span class="lab-value">{chance(was)} → {chance(now)}</span></div>'
        for digit, (was, now) in enumerate(zip(before.tolist(), after.tolist(), strict=True))
    )
    said = ", ".join(
        f"{digit}: {chance(was)}, then {chance(now)}"
        for digit, (was, now) in enumerate(zip(before.tolist(), after.tolist(), strict=True))
    )
    alt = html.escape(say(LESSON, "bars alt", said=said))
    bars = f'<div class="lab-bars" role="img" aria-label="{alt}">{rows}</div>'
    return f'<div class="lab-tight lab-stepped">{bars}</div>'


def _show_curve(subject: Subject, label: int, first: int, rate: float, with_others: bool) -> None:
    """The loss after a step of any rate."""
    network, digit = subject.network, subject.digit.tobytes()
    count = int(np.clip(OTHERS * EASY / subject.recipe.multiply_adds, 5, OTHERS))
    try:
        known = cache.validation_digits(state.now().model) if with_others else None
    except DataError as error:
        st.warning(str(error))
        known = None

    def both(each: float) -> tuple[float, float]:
        own = _own_loss(network, digit, label, first, each)
        if known is None:
            return own, np.nan
        return own, _others_loss(network, digit, label, first, each, known, count)

    saying = say(LESSON, "reading others", count=1 if known is None else count)
    losses = np.array(portions.walk((0.0, *CURVE), both, saying))  # (1 + rates, 2)
    names = (say(LESSON, "this digit"), say(LESSON, "other digits", count=count))
    lines = {names[0]: losses[:, 0]} | ({} if known is None else {names[1]: losses[:, 1]})
    figure = charts.losses_by_rate(CURVE, lines, rate)
    told = {"before": plain(losses[0, 0]), "least": plain(float(np.nanmin(losses[:, 0])))}
    alt = say(LESSON, "chart alt", far=plain(losses[-1, 0]), **told)
    if known is not None:
        ends = {"before": plain(losses[0, 1]), "far": plain(losses[-1, 1]), "count": count}
        alt += " " + say(LESSON, "chart others alt", **ends)
    live_chart.show(live_chart.to_content(figure, alt), "loss by rate", charts.HEIGHT)
    if known is not None:
        after = _others_loss(network, digit, label, first, rate, known, count)
        st.markdown(say(LESSON, "others", count=count, before=plain(losses[0, 1]), after=plain(after)))
