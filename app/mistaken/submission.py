"""Kaggle's test.csv, answered by the network in hand: the file given, read, its submission taken away."""

import html
import re
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import bulk, cache, mosaic, networks, state, tables, workroom
from app.bulk import Reading
from app.chart_scripts import component
from app.prose import plain, say
from app.reading import chance
from app.tables import Table
from app.until_read import until_read
from model.datasets import FROM_TRAIN_CSV, DataError
from model.kaggle import TEST_ROWS, submission_text
from model.kaggle.pixels import read_pixels, written_digits
from model.runs.records import RunError

TICK_SECONDS = 0.5
SHOWN = 18  # of the first rows, as digits: three lines
NAME = re.compile(r"[0-9a-f]{32}")
GIVING = "where a table is given"
GIVEN = "the table that was given"
FAULT = "what is wrong with the table that was given"

_HTML = """
<div class="lab-table"><input type="file" accept=".csv,text/csv" disabled><progress max="1" hidden></progress>
<output role="status"></output></div>
"""
_giving = component("table", _HTML, told="given")


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network reads in a table.

    Attributes:
        probabilities: float32 (n, 10).
        first: uint8 (k, 28, 28), the first digits, to be shown.
    """

    probabilities: np.ndarray
    first: np.ndarray

    @property
    def readings(self) -> np.ndarray:
        """int64 (n,), in the table's order."""
        return self.probabilities.argmax(axis=1)


def show() -> None:
    """Shows where to give a test.csv, how far it is read, and what came of it."""
    name = state.now().model
    st.subheader("Answer Kaggle’s test.csv", anchor=False)
    if cache.checkpoint(name).recipe.dataset == "fashion":
        st.info(say("kaggle", "no digits learned"))
        return
    st.markdown(say("kaggle", "give", rows=TEST_ROWS, network=plain(_who(name))))
    given = _give()
    if given is not None and given != state.kept(GIVEN):
        tables.remove(state.kept(GIVEN))
        state.keep(GIVEN, given)
        state.keep(FAULT, None)
    if fault := state.kept(FAULT):
        st.error(f"{say('kaggle', 'fault')} {plain(fault)}.")
    if state.kept(GIVEN) is None:
        return
    table = tables.find(state.kept(GIVEN))
    if table is None:
        state.keep(GIVEN, None)
        st.info(say("kaggle", "gone"))
        return
    _show_reading(name, table)


def _who(name: str | None) -> str:
    """The network that reads, in words."""
    checkpoint = cache.checkpoint(name)
    return f"{networks.label(checkpoint.name)}, epoch {checkpoint.epoch}"


def _give() -> str | None:
    """The name of a table that has just arrived; None for none."""
    told = {
        "label": "Kaggle's test.csv",
        "address": tables.address(),
        "most": tables.MOST_BYTES,
        "tooLarge": tables.too_large(None),
        "sending": say("kaggle", "sending"),
        "failed": say("kaggle", "not sent"),
    }
    _giving(data=told, key=GIVING, on_given_change=lambda: None)
    given = getattr(state.widget(GIVING), "given", None)
    # what a browser sends is anybody's to write
    return given if isinstance(given, str) and NAME.fullmatch(given) else None


def _show_reading(name: str | None, table: Table) -> None:
    try:
        future = tables.read(table, TEST_ROWS)
    except RunError as error:
        st.error(plain(str(error)))
        return
    if not future.done():
        st.fragment(_wait, run_every=TICK_SECONDS)(table)
        return
    failed = future.exception()
    if failed is None:
        until_read(
            lambda: _answers(name, table, future.result()),
            lambda found: _show_answers(name, found),
            say("kaggle", "reading", network=plain(_who(name))),
        )
        return
    if isinstance(failed, DataError):
        _drop(failed.fault)
    else:
        st.error(plain(say("mistakes", "no reading", problem=str(failed) or type(failed).__name__)))
        st.button("Try again", on_click=tables.again, args=(table,))


def _drop(fault: str | None) -> None:
    """Forgets the table that was given; a fault that it has stays on the screen."""
    tables.remove(state.kept(GIVEN))
    state.keep(GIVEN, None)
    state.keep(FAULT, fault)
    st.rerun()


def _wait(table: Table) -> None:
    tables.find(table.name)  # so that it stays as long as somebody waits
    if table.read is None or table.read.done():
        st.rerun()
    count = min(TEST_ROWS, written_digits(table.pixels))
    passage = "rows" if count else "rows begin"
    st.progress(count / TEST_ROWS, say("kaggle", passage, count=count, rows=TEST_ROWS))
    if problem := workroom.problem():
        st.warning(plain(problem))


def _answers(name: str | None, table: Table, count: int) -> Reading | Answers:
    tables.find(table.name)  # so that it stays as long as somebody waits
    try:
        reading = bulk.read_images(name, ("table", table.name), lambda: read_pixels(table.pixels), count)
        first = read_pixels(table.pixels)[:SHOWN]
    except OSError as error:
        raise DataError("test.csv", say("kaggle", "gone")) from error
    return Answers(reading.values, np.array(first)) if reading.finished else reading


def _show_answers(name: str | None, found: Answers) -> None:
    readings, label = found.readings, _who(name)
    st.html(
        f'<p class="lab-headline" role="status"><b>{len(readings):,}</b> digits are read by '
        f"{html.escape(label)}.</p>"
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.download_button(
            "Download submission.csv",
            lambda: submission_text(readings).encode("ascii"),
            "submission.csv",
            "text/csv",
            type="primary",
            on_click="ignore",
        )
        st.button("Remove the file", type="tertiary", on_click=_forget)
    st.html(rows_html(found))
    learned = cache.checkpoint(name).learned_datasets
    if not learned or not FROM_TRAIN_CSV.issuperset(learned):
        st.caption(say("kaggle", "not from train.csv" if learned else "learned nothing"))


def _forget() -> None:
    tables.remove(state.kept(GIVEN))
    state.keep(GIVEN, None)


def rows_html(found: Answers) -> str:
    """The first digits, each with what was read in it and how sure that is, as HTML."""
    sheet = mosaic.as_source(mosaic.of_digits(found.first, len(found.first), gap=0))
    told = zip(found.readings.tolist(), found.probabilities.max(axis=1).tolist(), strict=True)
    rows = "".join(
        f'<li><i role="img" aria-label="Row {place + 1}" style="--n:{place}"></i>'
        f"<b>{digit}</b> <small>{html.escape(chance(sure))}</small></li>"
        for place, (digit, sure) in zip(range(len(found.first)), told, strict=False)
    )
    return f"""<ol class="lab-first-rows" style="--sheet:url('{sheet}')">{rows}</ol>"""
