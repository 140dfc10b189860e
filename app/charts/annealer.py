"""The annealer: its whole rate curve before a training, and under X-ray what it saw and why it acted."""

import math
from typing import Any

import numpy as np

from app.charts import figure
from app.charts.curves import STEPS_GUESSED, drop_reason, epoch_axis, epochs_to_draw, value_text
from app.charts.figure import INK, QUIET, RATE, VALIDATION, Figure, faded, packed
from app.snapshots import Snapshot
from model.annealing import rate_curve
from model.recipe import Recipe

XRAY_HEIGHT = 400  # px
PREVIEW_HEIGHT = 240
PREVIEW_POINTS = 300
MOST_RUNGS = 8
VALUES, PATIENCE = (0.42, 0.93), (0.0, 0.26)  # the panels' places


def preview(recipe: Recipe) -> Figure:
    """The rate of every batch of a training to come, as far as it is known beforehand.

    For reduce-on-plateau that is the first rate, and below it the rungs that each drop would go down to.

    Args:
        recipe: what is to be trained.

    Returns:
        The figure.
    """
    highest, epochs = recipe.optimizer.learning_rate, recipe.epochs
    rates = rate_curve(recipe.annealer, highest, STEPS_GUESSED, epochs)
    # the first and the last batch of every epoch are among them, so that a step looks like one
    edges = [
        place
        for epoch in range(1, min(epochs, 100))
        for place in (epoch * STEPS_GUESSED - 1, epoch * STEPS_GUESSED)
    ]
    places = np.array(figure.thinned(len(rates), PREVIEW_POINTS, edges))
    x, y = (places + 0.5) / STEPS_GUESSED, rates[places]
    rungs = _rungs(recipe)
    data = [
        figure.line(
            packed([0, epochs]),
            packed([rung, rung]),
            "after a drop",
            faded(RATE, 0.55),
            line={"width": 1.5, "dash": "dot"},
            hovertemplate="%{y:.3~g}<extra>a further drop</extra>",
        )
        for rung in rungs
    ]
    data.append(
        figure.line(packed(x), packed(y), "learning rate", RATE, hovertemplate="%{y:.3~g}", line={"width": 3})
    )
    by_factors = recipe.annealer.name in ("plateau", "step", "exponential")
    return {
        "data": data,
        "layout": figure.layout(
            PREVIEW_HEIGHT,
            uirevision="preview",
            showlegend=False,
            margin={"l": 62, "r": 12, "t": 30, "b": 44},
            annotations=[figure.heading("Learning rate, planned", 1.0), *_rung_words(recipe, rungs)],
            xaxis=epoch_axis(epochs),
            yaxis=figure.axis(**(_factor_axis([*y, *rungs]) if by_factors else _plain_axis(highest))),
        ),
    }


def _rungs(recipe: Recipe) -> list[float]:
    annealer, rate = recipe.annealer, recipe.optimizer.learning_rate
    if annealer.name != "plateau":
        return []
    rungs: list[float] = []
    while rate > annealer.min_lr and len(rungs) < MOST_RUNGS:
        rate = max(rate * annealer.factor, annealer.min_lr)
        rungs.append(rate)
    return rungs


def _rung_words(recipe: Recipe, rungs: list[float]) -> list[dict[str, Any]]:
    if not rungs:
        return []
    said = f"constant until validation {recipe.annealer.monitor} stops improving, then down a rung"
    return [
        {
            "text": said, "x": 0.5, "xref": "paper", "y": math.log10(recipe.optimizer.learning_rate), "yref": "y",
            "yanchor": "bottom", "yshift": 3, "showarrow": False, "font": {"size": 14, "color": RATE},
        }
    ]  # fmt: skip


def _factor_axis(values: list[float]) -> dict[str, Any]:
    low, high = math.log10(max(min(values), 1e-9)), math.log10(max(values))
    margin = max(0.12 * (high - low), 0.08)
    span = [low - margin, high + 1.8 * margin]
    marks = [k * 10.0**power for power in range(-9, 1) for k in ((1, 2, 5) if high - low < 2 else (1,))]
    marks = [mark for mark in marks if span[0] <= math.log10(mark) <= span[1]]
    return {"type": "log", "range": span, "tickvals": marks, "ticktext": [f"{mark:g}" for mark in marks]}


def _plain_axis(highest: float) -> dict[str, Any]:
    return {
        "range": [-0.06 * highest, 1.12 * highest],
        "nticks": 5,
        "tickformat": "~g",
        "exponentformat": "none",
    }


def xray(seen: Snapshot) -> Figure:
    """What reduce-on-plateau watched, the best so far with its band, and how long it still waits.

    Args:
        seen: a run whose annealer is plateau.

    Returns:
        The figure, on the time axis of the curves.
    """
    shown = [(epoch, epoch.watch) for epoch in epochs_to_draw(seen) if epoch.watch and epoch.watch.monitor]
    annealer = seen.recipe.annealer
    x = packed([epoch.epoch for epoch, _ in shown], "i2")
    better = [watch.reason == "better" for _, watch in shown]
    sign = 1 if annealer.monitor == "accuracy" else -1
    best = [watch.best for _, watch in shown]
    bar = [
        None if value is None else value + sign * watch.min_delta
        for value, (_, watch) in zip(best, shown, strict=True)
    ]
    hover = "%{y:.2%}" if annealer.monitor == "accuracy" else "%{y:.4f}"
    step: dict[str, Any] = {"shape": "hvh"}
    data = [
        figure.line(x, packed(best), "best before", INK, line=step | {"width": 1.5}, hovertemplate=hover),
        figure.line(
            x, packed(bar), "to beat", faded(INK, 0.5), line=step | {"width": 1, "dash": "dot"},
            fill="tonexty", fillcolor=faded(QUIET, 0.22), hovertemplate=hover, showlegend=annealer.min_delta > 0,
            hoverinfo="skip" if annealer.min_delta == 0 else "all",
        ),
        figure.line(
            x, packed(watch.value for _, watch in shown), f"validation {annealer.monitor}", VALIDATION,
            mode="lines+markers",
            marker={
                "size": 9 if len(shown) <= 60 else 5,
                "color": VALIDATION,
                "symbol": ["circle" if good else "circle-open" for good in better],
                "line": {"width": 2},
            },
            text=[watch.reason for _, watch in shown],
            hovertemplate=hover + " · %{text}",
        ),
        {
            "type": "bar",
            "name": "patience left",
            "x": x,
            "y": packed([watch.patience_left for _, watch in shown], "i2"),
            "width": 0.5,
            "yaxis": "y2",
            "marker": {"color": [RATE if watch.patience_left == 0 else faded(QUIET, 0.75) for _, watch in shown]},
            "hovertemplate": f"%{{y}} of {annealer.patience} epochs",
            "showlegend": False,
        },
        _drops(seen),
    ]  # fmt: skip
    return {
        "data": data,
        "layout": figure.layout(
            XRAY_HEIGHT,
            uirevision=f"{seen.name} under X-ray",
            shapes=[figure.upright(epoch.epoch) for epoch in seen.drops],
            annotations=[
                figure.heading("What the annealer watches", VALUES[1]),
                figure.heading("Patience left, in epochs", PATIENCE[1]),
            ],
            xaxis=epoch_axis(seen.recipe.epochs, anchor="y2"),
            yaxis=figure.axis(domain=VALUES, **_value_axis(shown, annealer.monitor)),
            yaxis2=figure.axis(
                domain=PATIENCE, range=[0, annealer.patience * 1.15], nticks=4, tickformat="d"
            ),
        ),
    }


def _value_axis(shown: list[Any], monitor: str) -> dict[str, Any]:
    values = [watch.value for epoch, watch in shown if epoch.epoch >= 1 and watch.value is not None]
    bars = [watch.best for epoch, watch in shown if epoch.epoch >= 2 and watch.best is not None]
    low, high = min(values + bars, default=0.0), max(values + bars, default=1.0)
    room = max(0.15 * (high - low), 0.002)
    span = [low - room, high + room]
    return {
        "range": span,
        "nticks": 5,
        "tickformat": (".0%" if span[1] - span[0] > 0.06 else ".1%") if monitor == "accuracy" else "~g",
    }


def _drops(seen: Snapshot) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "drop",
        "x": [epoch.epoch for epoch in seen.drops],
        "y": [epoch.watch.value for epoch in seen.drops if epoch.watch],
        "text": [drop_reason(epoch) for epoch in seen.drops],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": "triangle-down",
            "size": 14,
            "color": RATE,
            "line": {"width": 1.5, "color": "--lab-paper"},
        },
        "showlegend": bool(seen.drops),
    }


def drop_sentences(seen: Snapshot) -> list[str]:
    """A sentence for each drop, newest first: why it came, and what happened to validation loss after it."""
    drops = seen.drops
    ends = [drop.epoch for drop in drops[1:]] + [epoch.epoch for epoch in seen.epochs[-1:]]
    said = [_sentence(seen, drop.epoch, end) for drop, end in zip(drops, ends, strict=False)]
    return said[::-1]


def _sentence(seen: Snapshot, at: int, end: int) -> str:
    by_number = {epoch.epoch: epoch for epoch in seen.epochs}
    watch = by_number[at].watch
    assert watch is not None
    waited = seen.recipe.annealer.patience
    start = (
        f"After epoch {at} the rate went from {watch.rate_before:.3g} to {watch.rate_after:.3g}: for "
        f"{waited} {'epoch' if waited == 1 else 'epochs'} validation {watch.monitor} was not better than "
        f"{value_text(watch.monitor, watch.best)}."
    )
    there = by_number[at].validation_loss
    after = [by_number[n].validation_loss for n in range(at + 1, end + 1) if n in by_number]
    after_known = [loss for loss in after if loss is not None]
    if there is None or not after_known:
        return f"{start} What it does to validation loss, the next epoch will show."
    earlier = by_number.get(max(at - len(after_known), 0))
    before = earlier.validation_loss if earlier else None
    since = f"In the {len(after_known)} epochs since" if len(after_known) > 1 else "In the epoch since"
    told = f"{start} {since}, validation loss {_moved(there, after_known[-1])}"
    if before is not None and before != there:
        span = at - max(at - len(after_known), 0)
        told += (
            f"; in the {span} before {'it' if span == 1 else 'them'} it {_moved(before, there)}"
            if span > 1
            else f"; in the epoch before, it {_moved(before, there)}"
        )
    return told + "."


def _moved(start: float, end: float) -> str:
    if abs(end - start) < 0.005 * max(start, 1e-9):
        return f"stayed at {end:.4f}"
    return f"{'fell' if end < start else 'rose'} from {start:.4f} to {end:.4f}"
