"""Pictures of no digit: what the network says of them, and a threshold below which it had better refuse."""

import html
import time
from collections.abc import Mapping
from functools import lru_cache, partial

import numpy as np
import streamlit as st

from app import bulk, cache, judging, live_chart, mosaic, networks, state
from app.bulk import Reading
from app.charts import robustness as charts
from app.judging import Judged
from app.prose import say
from app.reading import chance
from app.until_read import until_read
from model.cards import percent
from model.checkpoint import bundled_names, checkpoint_epochs
from model.datasets import DIGIT_NAMES, DataError
from model.robustness.refusing import Refusal, choose_threshold, refusal, slipped_through
from model.robustness.strangers import KINDS, strangers
from model.verdict import SURE

COUNT = 150  # of each kind: as many as a network of classic's size reads at once
SEED = 0
SHOWN = 8  # of each kind
NO_GUESS, GUESS = "no digits without a guess", "how many no digits pass"
GUESSES = ((0.0, 0.1), (0.1, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0))
HOW, CHOSEN, OWN = "how a threshold is found", "Chosen on validation", "My own"
MOST_WRONG, WRONG, FEW = "wrong answers at most", (0.01, 0.005, 0.002, 0.001, 0.0005), 0.001
THRESHOLD = "my own threshold"
THRESHOLDS: tuple[float, ...] = (
    0.0,
    0.5,
    0.6,
    0.7,
    0.8,
    0.9,
    0.95,
    0.98,
    0.99,
    0.995,
    0.998,
    0.999,
    0.9995,
    0.9999,
)

NEVER = 1 + 1e-6  # a threshold that nothing reaches

Says = Mapping[str, np.ndarray]  # by kind float32 (COUNT, 10)


def show() -> None:
    """Shows the pictures; what the network says of them once somebody has guessed."""
    name = state.now().model
    try:
        names = cache.validation_digits(name).class_names
    except DataError as error:
        st.warning(str(error))
        return
    if names != DIGIT_NAMES:
        st.info(say("worse", "clothes"))
        return
    if state.remembered(NO_GUESS) or state.remembered(GUESS) is not None:
        until_read(lambda: _read(name), partial(_show, name), say("worse", "reading strangers"))
        return
    with st.container(key="strangers"):
        st.html(_mosaic())
        with st.container():
            st.pills(
                say("worse", "guess strangers", count=f"{COUNT * len(KINDS):,}", sure=f"{SURE:.0%}"),
                range(len(GUESSES)),
                format_func=_range,
                **state.lasting(GUESS),
            )
            st.checkbox("Show it without a guess", **state.lasting(NO_GUESS, False))


@lru_cache(maxsize=len(KINDS))
def _made(kind: str) -> np.ndarray:
    made = strangers(kind, COUNT, SEED)
    made.flags.writeable = False
    return made


def _range(guess: int) -> str:
    low, high = GUESSES[guess]
    return f"{low:.0%} to {high:.0%}"


def _read(name: str | None) -> tuple[Judged, Says] | Reading:
    """The validation digits and the strangers, as far as they are read."""
    judged = judging.judged(name, "validation")
    if isinstance(judged, Reading):
        return judged
    begun, read, problem = time.monotonic(), [], ""
    for kind in KINDS:
        if time.monotonic() - begun > bulk.READING_SECONDS:
            break
        reading = bulk.read_images(name, ("strangers", kind, COUNT, SEED), partial(_made, kind), COUNT)
        read.append(reading.values)
        problem = reading.problem
        if not reading.finished:
            break
    if sum(map(len, read)) == COUNT * len(KINDS):
        return judged, dict(zip(KINDS, read, strict=True))
    return Reading(np.concatenate(read), COUNT * len(KINDS), problem)


def _show(name: str | None, found: tuple[Judged, Says]) -> None:
    judged, says = found
    with st.container(key="strangers"):
        pictures = st.container()
        with st.container(gap="small"):
            st.html(f'<p class="lab-note" role="status">{_answer(says)}</p>')
            threshold = _threshold(judged)
            of = {
                f"{judged.part} digits": judged.probabilities.max(axis=1),
                "no digits": np.concatenate(list(says.values())).max(axis=1),
            }
            content = live_chart.to_content(
                charts.answered(of, threshold), charts.answered_alt(of, threshold)
            )
            live_chart.show(content, "how sure of what", charts.LOW)
            st.html(_costs(name, judged, says, threshold))
    with pictures:
        st.html(_mosaic(says, threshold))


def _answer(says: Says) -> str:
    """What came of the guess: HTML."""
    passed = sum(slipped_through(each, SURE) for each in says.values())
    count = COUNT * len(KINDS)
    told = {"passed": passed, "count": count, "sure": f"{SURE:.0%}", "share": percent(passed / count, count)}
    said = [say("worse", "strangers told", **told)]
    guess = state.remembered(GUESS)
    if guess is not None:
        low, high = GUESSES[guess]
        share = passed / count
        passage = "high" if share < low else "low" if share > high else "right"
        said.append(say("worse", f"strangers {passage}", guess=_range(guess)))
    said.append(say("worse", "strangers why"))
    return " ".join(said)


def _threshold(judged: Judged) -> float:
    """Shows how the threshold is found; gives it."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        how = st.segmented_control(
            "Threshold",
            (CHOSEN, OWN),
            required=True,
            label_visibility="collapsed",
            **state.lasting(HOW, CHOSEN),
        )
        if how == OWN:
            said, values, bound = say("worse", "threshold own"), THRESHOLDS, state.lasting(THRESHOLD, SURE)
        else:
            said = say("worse", "threshold chosen", count=f"{len(judged.labels):,}")
            values, bound = WRONG, state.lasting(MOST_WRONG, FEW)
        show = _sure if how == OWN else _one_in
        value = float(st.select_slider(said, values, format_func=show, width="stretch", **bound))
    if how == OWN:
        return value
    chosen = choose_threshold(judged.probabilities, judged.labels, value)
    if chosen is None:
        st.caption(say("worse", "threshold none"))
    return NEVER if chosen is None else chosen.threshold


def _one_in(share: float) -> str:
    return f"1 in {1 / share:,.0f}"


def _sure(threshold: float) -> str:
    return f"{100 * threshold:g}%"


def _costs(name: str | None, judged: Judged, says: Says, threshold: float) -> str:
    """What the threshold does to digits, and to what is none: a table."""
    rows = [_digits_row(judged, threshold)]
    tested = _tested(name) if state.remembered(HOW, CHOSEN) == CHOSEN else None
    if tested is not None:
        rows.append(_digits_row(tested, threshold))
    count = COUNT * len(KINDS)
    passed = sum(slipped_through(each, threshold) for each in says.values())
    share = percent(passed / count, count)
    rows.append(
        f'<tr><th scope="row">no digits</th><td>{passed:,} of {count:,} ({share})</td>'
        f"<td>{'all of them' if passed else 'none'}</td></tr>"
    )
    head = "Never sure enough" if threshold >= NEVER else f"At least {_shown(threshold)} sure"
    note = "" if tested is None else f'<p class="lab-quiet">{say("worse", "test digits")}</p>'
    if judged.learned:
        said = say("mistakes", "these are learned digits", learned=judged.learned)
        note = f'<p class="lab-quiet">{html.escape(said)}</p>{note}'
    return (
        f'<table class="lab-costs"><thead><tr><th scope="col">{head}</th><th scope="col">answered</th>'
        f'<th scope="col">of these wrong</th></tr></thead><tbody>{"".join(rows)}</tbody></table>{note}'
    )


def _shown(threshold: float) -> str:
    """A threshold to as many nines as it has."""
    nines = int(charts.nines(threshold))
    return f"{min(threshold, 1.0):.{max(1, nines)}%}"  # in single precision a probability may be above 1


def _digits_row(judged: Judged, threshold: float) -> str:
    found: Refusal = refusal(judged.probabilities, judged.labels, threshold)
    low, high = (f"{end:.2%}" for end in found.error_interval_95)
    return (
        f'<tr><th scope="row">{judged.part} digits</th>'
        f"<td>{found.answered:,} of {found.count:,} ({percent(found.coverage, found.count)})</td>"
        f'<td>{found.wrong:,} ({found.error:.2%}) <span class="lab-quiet">{low} to {high}</span></td></tr>'
    )


def _tested(name: str | None) -> Judged | None:
    """The test digits, where their readings come with the network: after its last epoch alone."""
    own, epoch = networks.split(name)
    if own not in bundled_names() or epoch != checkpoint_epochs(own)[-1]:
        return None
    try:
        found = judging.judged(name, "test")
    except DataError:  # then there is nothing to count on
        return None
    return found if isinstance(found, Judged) else None


def _mosaic(says: Says | None = None, threshold: float = 1.0) -> str:
    """Some pictures of each kind, with what the network says of them, if that is told."""
    parts = []
    for row, kind in enumerate(KINDS):
        items = "".join(
            _picture(row, column, None if says is None else says[kind][column], threshold)
            for column in range(SHOWN)
        )
        told = (
            ""
            if says is None
            else f" {slipped_through(says[kind], threshold)} of {COUNT} answered all the same"
        )
        title = kind.capitalize()
        parts.append(f'<h3>{title}<span>{told}</span></h3><ul aria-label="{title}">{items}</ul>')
    style = f"--sheet:url({_source()});--columns:{SHOWN}"
    return f'<div class="lab-strangers" style="{style}">{"".join(parts)}</div>'


@lru_cache(maxsize=1)
def _source() -> str:
    """Those pictures, a row for each kind; the same for everybody."""
    shown = np.concatenate([_made(kind)[:SHOWN] for kind in KINDS])
    return mosaic.as_source(mosaic.of_digits(shown, SHOWN, gap=0))


def _picture(row: int, column: int, probabilities: np.ndarray | None, threshold: float) -> str:
    picture = f'<i style="--x:{column};--y:{row}"></i>'
    if probabilities is None:
        return f"<li>{picture}</li>"
    sure = float(probabilities.max())
    passed = ' class="lab-passed"' if sure >= threshold else ""
    return f"<li{passed}>{picture}<b>{int(probabilities.argmax())}</b> {chance(sure)}</li>"
