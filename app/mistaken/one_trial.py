"""One way of making digits worse: the digit in hand in all its strengths, and accuracy against strength."""

import html
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from app import live_chart, mosaic, state
from app.charts import robustness as charts
from app.charts.robustness import Line
from app.mistaken.trying import Found, Scene, Tried
from app.prose import say
from app.reading import chance
from model.intervals import wilson
from model.robustness.trials import CLEAN, TRIALS, Trial

Draw = Callable[[Scene, Sequence[Found]], None]  # a view: what is to be shown, and what was found so far

TRIAL, FIRST = "one way of making digits worse", "fog"
FEW_PICTURES = 6  # more of them stand in a row as small ones
TITLES = {name: f"{trial.title}: {trial.what}" for name, trial in TRIALS.items() if name != CLEAN}


def choose() -> tuple[str, ...]:
    """Shows the choice of the trial.

    Returns:
        Its name, and that of whatever else has to be read for it.
    """
    chosen = st.selectbox(
        "What makes it worse",
        tuple(TITLES),
        format_func=TITLES.__getitem__,
        label_visibility="collapsed",
        width=300,
        **state.lasting(TRIAL, FIRST),
    )
    return (chosen,) if TRIALS[chosen].kind == "sweep" else (CLEAN, chosen)


def show(scene: Scene, found: Sequence[Found]) -> None:
    """Shows the digit in the strengths of the chosen trial; with what is read, and the curves, if found.

    Args:
        scene: who is tried, and with what.
        found: of everybody what is known; nothing as long as nobody has guessed.
    """
    trial = TRIALS[state.remembered(TRIAL, FIRST)]
    st.html(_series(scene, trial, bool(found)))
    names = (trial.name,) if trial.kind == "sweep" else (CLEAN, trial.name)
    if not found or any(name not in each.right for each in found for name in names):
        return
    strengths = tuple(strength for name in names for strength in TRIALS[name].strengths)
    lines = [_line(who, each, names) for who, each in zip(scene.everybody, found, strict=True)]
    content = live_chart.to_content(
        charts.accuracies(lines, trial, strengths), charts.accuracies_alt(lines, trial, strengths)
    )
    live_chart.show(content, "accuracy of worse digits", charts.HEIGHT)
    seeds = max(len(each.right[trial.name]) for each in found)
    said = [say("worse", "curve", count=len(scene.sample.places))]
    if seeds > 1:
        said.append(say("worse", "curve of seeds", seeds=seeds))
    st.caption(" ".join(said))


def _line(who: Tried, found: Found, names: Sequence[str]) -> Line:
    """Somebody's curve: with Wilson's interval, or from the worst seed to the best."""
    right = np.concatenate([found.right[name] for name in names], axis=1)  # (networks, strengths, n)
    shares = right.mean(axis=2)
    if len(right) > 1:
        return Line(who.title, shares.mean(axis=0), shares.min(axis=0), shares.max(axis=0))
    ends = [wilson(int(each.sum()), len(each)) for each in right[0]]
    low, high = np.array(ends).T
    return Line(who.title, shares[0], low, high)


def _series(scene: Scene, trial: Trial, is_told: bool) -> str:
    """The digit in all strengths, each over its place in the figure, and what everybody reads: a table."""
    pictures = scene.series(trial)
    count = len(pictures)
    strengths = (0.0, *trial.strengths) if count > len(trial.strengths) else trial.strengths
    source = mosaic.as_source(mosaic.of_digits(pictures, count, gap=0))
    head = "".join(
        f'<th scope="col"><i style="--x:{column};--y:0"></i><span>{trial.show(strength)}</span></th>'
        for column, strength in enumerate(strengths)
    )
    rows = ""
    for who in scene.everybody if is_told else ():
        own = scene.own(who)
        rows += f'<tr><th colspan="{count}" scope="rowgroup">{html.escape(who.title)} reads</th></tr><tr>'
        for read in scene.readings(who, trial):
            digit, sure = int(read.argmax()), float(read.max())
            framed = " class=lab-misread" if digit != own else ""
            rows += f"<td{framed}><b>{html.escape(scene.names[digit])}</b> <span>{chance(sure)}</span></td>"
        rows += "</tr>"
    many = " lab-many" if count > FEW_PICTURES else ""
    return (
        f'<div class="lab-series{many}" style="--sheet:url({source});--columns:{count}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
