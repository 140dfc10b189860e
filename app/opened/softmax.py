"""The softmax opened: logits to probabilities, powers written out; and from the last one on, the loss."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from app import address, state
from app.hand import TEMPERATURES
from app.opened import aside, loss
from app.opened.aside import Facet, Question
from app.opened.formula import number, plain, shortened
from app.prose import say
from app.reading import chance
from app.subject import Subject
from model.probes.tempering import Tempered, temper

LESSON = "softmax"
ASKED = 3.0  # the temperature of the question: the largest share falls, and can still be told from the rest
ROWS = 10  # of the table; of more values the largest are shown


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        name: which value.
        logit: what came in; None for several values together.
        shifted: divided by the temperature, less the largest.
        power: e to that.
        share: the probability.
        own: the same at a temperature of 1.
    """

    name: str
    logit: float | None
    shifted: float | None
    power: float
    share: float
    own: float


def show(subject: Subject, place: int) -> None:
    """Shows the softmax, or what else was chosen: the loss, its gradient, one step."""
    facets: dict[str, Facet] = {"softmax": st.fragment(_softmax)}
    if place == len(subject.layers) - 1:
        facets |= loss.FACETS
    if state.now().facet in facets.keys() - {"softmax"}:
        loss.show(subject, place, facets)
    else:
        aside.show(subject, place, LESSON, _question(subject, place), facets)


def _question(subject: Subject, place: int) -> Question:
    logits = _logits(subject, place)
    now, then = (temper(logits, t).probabilities.max() for t in (1.0, ASKED))
    is_last = place == len(subject.layers) - 1
    told = {"temperature": f"{ASKED:g}", "now": chance(now), "then": chance(then), "reading": subject.reading}
    options, right = shares_around(float(then), float(now), len(logits))
    return Question(
        say(LESSON, "asks" if is_last else "asks of a vector", **told),
        options,
        lambda: (right, say(LESSON, "answer", **told)),
        f"softmax {place} {then}",
    )


def shares_around(then: float, now: float, count: int) -> tuple[list[str], int]:
    """Shares to guess among: the right one, that of before, the smallest there can be, and a third of before.

    Args:
        then: the right one.
        now: the share before.
        count: over how many values they go.

    Returns:
        The shares as text, rising, and the place of the right one.
    """
    found = {chance(share): share for share in (1 / count, now / ASKED, now, then)}
    names = sorted(found, key=found.__getitem__)
    if len(names) == 1:
        names.append(chance((1 + then) / 2))
    return names, names.index(chance(then))


def _logits(subject: Subject, place: int) -> np.ndarray:
    """What the softmax works on: all values of a vector, or the channels of the chosen cell."""
    x = subject.gets(place)
    return x if x.ndim == 1 else x[_cell(x)]


def _cell(x: np.ndarray) -> tuple[int, int]:
    height, width, _ = x.shape
    row, column = state.now().cell or (height, width)
    return (row, column) if row < height and column < width else (height // 2, width // 2)


def _softmax(subject: Subject, place: int) -> None:
    """The table, the temperature, and one share as a formula."""
    x = subject.gets(place)
    if x.ndim == 3:
        st.caption(say(LESSON, "cell"))
        _choose_cell(x)
    logits = _logits(subject, place)
    with st.container(key="temperature"):
        slider, words = st.columns([2, 3], gap="medium", vertical_alignment="center")
    slider.select_slider(
        say(LESSON, "temperature"),
        TEMPERATURES,
        format_func=lambda t: f"{t:g}",
        **state.bound("temperature", from_widget=float),
    )
    temperature = state.now().temperature
    found, own = temper(logits, temperature), temper(logits)
    top = int(logits.argmax())
    if temperature != 1:
        shares = {"then": chance(found.probabilities[top]), "now": chance(own.probabilities[top])}
        words.markdown(say(LESSON, "tempered", temperature=f"{temperature:g}", reading=top, **shares))
    else:
        words.markdown(say(LESSON, "largest off"))
    st.html(table_html(rows_of(found, own), temperature))
    unit = state.now().unit
    chosen = top if unit is None or unit >= len(logits) else unit
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="answer-formula"):
        bound = state.bound("unit", lambda _: chosen, int, key="share of")
        st.number_input("Share of", 0, len(logits) - 1, width=130, **bound)
        st.latex(share_formula(found, chosen), width="content")
    address.follow("Architecture", "softmax")


def _choose_cell(x: np.ndarray) -> None:
    """Row and column of the cell whose channels are looked at."""
    row, column = _cell(x)
    ways: tuple[tuple[str, int, int, Callable[[int], tuple[int, int]]], ...] = (
        ("Row", row, x.shape[0], lambda chosen: (int(chosen), column)),
        ("Column", column, x.shape[1], lambda chosen: (row, int(chosen))),
    )
    with st.container(horizontal=True, gap="small", key="softmax-cell"):
        for name, now, count, to_cell in ways:
            bound = state.bound("cell", partial(_same, now), to_cell, key=f"softmax of {name}")
            st.number_input(name, 0, count - 1, width=130, **bound)


def _same(now: int, _: object) -> int:
    return now


def rows_of(found: Tempered, own: Tempered) -> list[Row]:
    """The table's lines: every value, or of many the largest and all others together.

    Args:
        found: at the chosen temperature.
        own: at a temperature of 1.
    """
    count = len(found.logits)
    places = list(range(count))
    if count > ROWS:
        places = sorted(int(each) for each in np.argsort(-found.logits, kind="stable")[: ROWS - 1])
    columns = (found.logits, found.shifted, found.powers, found.probabilities, own.probabilities)
    rows = [Row(str(at), *(float(column[at]) for column in columns)) for at in places]
    if count > len(rows):
        rest = np.setdiff1d(np.arange(count), places)
        sums = [float(column[rest].sum()) for column in columns[2:]]
        rows.append(Row(say(LESSON, "others", count=len(rest)), None, None, *sums))
    return rows


def table_html(rows: Sequence[Row], temperature: float) -> str:
    """Logits, powers and shares, line by line, as a table."""
    most = max((abs(row.logit) for row in rows if row.logit is not None), default=0) or 1.0
    best = max(rows, key=lambda row: row.share)
    by = "" if temperature == 1 else f" / {temperature:g}"
    lines = "".join(_line(row, most, row is best, temperature != 1) for row in rows)
    total = sum(row.power for row in rows)
    head = (
        f"<tr><th></th><th>logit z</th><th>(z − largest){by}</th><th>e to that</th>"
        f"<th>÷ {plain(total)} = share</th></tr>"
    )
    table = f'<table class="lab-softmax"><thead>{head}</thead><tbody>{lines}</tbody></table>'
    return f'<div class="lab-wide">{table}</div>'


def _line(row: Row, most: float, is_best: bool, is_tempered: bool) -> str:
    if row.logit is None or row.shifted is None:
        logit, shifted = "", ""
    else:
        side = "lab-adds" if row.logit > 0 else "lab-takes"
        width = abs(row.logit) / most / 2
        left = 0.5 if row.logit > 0 else 0.5 - width
        logit = (
            f'<span class="lab-signed-bar"><i class="{side}" style="left:{left:.1%};width:{width:.1%}"></i>'
            f"</span><b>{plain(row.logit)}</b>"
        )
        shifted = plain(row.shifted)
    own = f'<i style="left:{row.own:.2%}"></i>' if is_tempered else ""
    share = (
        f'<span class="lab-track"><span class="lab-fill" style="width:{row.share:.2%}"></span>{own}</span>'
        f"<b>{chance(row.share)}</b>"
    )
    kind = ' class="lab-first"' if is_best else ""
    return (
        f"<tr{kind}><th>{html.escape(row.name)}</th><td>{logit}</td><td>{shifted}</td>"
        f"<td>{plain(row.power)}</td><td>{share}</td></tr>"
    )


def share_formula(found: Tempered, unit: int) -> str:
    """One probability with the values plugged in; LaTeX.

    Args:
        found: the softmax.
        unit: whose share.
    """
    by = "" if found.temperature == 1 else f" / {found.temperature:g}"

    def power(at: int) -> str:
        return rf"e^{{{number(float(found.logits[at]))}{by}}}"

    below = " + ".join(shortened([power(at) for at in range(len(found.logits))], 4))
    share = float(found.probabilities[unit])
    return (
        rf"p_{{{unit}}} = \frac{{e^{{z_{{{unit}}}{by}}}}}{{\sum_k e^{{z_k{by}}}}} = "
        rf"\frac{{{power(unit)}}}{{{below}}} = "
        rf"\frac{{{number(float(found.powers[unit]))}}}{{{number(found.total)}}} = {number(share)}"
    )
