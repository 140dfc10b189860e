"""The annealer: its whole rate curve before a training, and under X-ray what it saw and why it acted."""

from typing import Any

import numpy as np

from app.charts import figure
from app.charts.curves import (
    BY_FACTORS,
    STEPS_GUESSED,
    drop_marks,
    epoch_axis,
    epochs_to_draw,
    plain_rate_axis,
)
from app.charts.figure import INK, QUIET, RATE, VALIDATION, Figure, faded, packed
from app.seen import Snapshot
from model.annealing import rate_curve
from model.history import Watch
from model.recipe import Recipe

XRAY_HEIGHT = 340  # px
PREVIEW_HEIGHT = 220
PREVIEW_POINTS = 300
MOST_RUNGS = 6
MOST_DOTTED = 60  # epochs with a large dot each
VALUES, PATIENCE = (0.38, 1.0), (0.0, 0.2)  # the panels' places


def preview(recipe: Recipe) -> Figure:
    """The rate of every batch of a training to come, as far as it is known beforehand.

    For reduce-on-plateau that is the first rate, and below it the rungs that each drop would go down to.

    Args:
        recipe: what is to be trained.

    Returns:
        The figure.
    """
    annealer, highest, epochs = recipe.annealer, recipe.optimizer.learning_rate, recipe.epochs
    rates = rate_curve(annealer, highest, STEPS_GUESSED, epochs)
    # the last batch of every epoch and the next one's first are among them, so that a step looks like one
    edges = [epoch * STEPS_GUESSED - before for epoch in range(1, min(epochs, 100)) for before in (1, 0)]
    places = np.array(figure.thinned(len(rates), PREVIEW_POINTS, edges))
    rungs = _rungs(recipe)
    dotted = {"width": 1.5, "dash": "dot"}
    data = [
        figure.line(
            [0, epochs], [rung, rung], "after one more drop", RATE, line=dotted, hovertemplate="%{y:.3~g}"
        )
        for rung in rungs
    ]
    x, y = packed((places + 0.5) / STEPS_GUESSED), packed(rates[places])
    data.append(figure.line(x, y, "learning rate", RATE, line={"width": 3}, hovertemplate="%{y:.3~g}"))
    if annealer.name in BY_FACTORS:
        axis = figure.factor_axis(max(min(*rates, *rungs, highest / 2), 1e-9) / 1.3, highest * 1.6)
    else:
        axis = plain_rate_axis(highest)
    name = "Learning rate" if rungs else "Learning rate, as planned"
    if rungs:
        name += f" until validation {annealer.monitor} stops improving; each drop goes one line down"
    return {
        "data": data,
        "layout": figure.layout(
            PREVIEW_HEIGHT,
            uirevision=f"{annealer.name} {epochs}",
            showlegend=False,
            annotations=[figure.heading(name, 1.0)],
            xaxis=epoch_axis(epochs),
            yaxis=figure.axis(**axis),
        ),
    }


def _rungs(recipe: Recipe) -> list[float]:
    annealer, rate = recipe.annealer, recipe.optimizer.learning_rate
    rungs: list[float] = []
    while annealer.name == "plateau" and rate > annealer.min_lr and len(rungs) < MOST_RUNGS:
        rate = max(rate * annealer.factor, annealer.min_lr)
        rungs.append(rate)
    return rungs


def xray(seen: Snapshot) -> Figure:
    """What reduce-on-plateau watched, the best so far with its band, and how long it still waits.

    Args:
        seen: a run whose annealer is plateau.

    Returns:
        The figure, on the time axis of the curves.
    """
    annealer = seen.recipe.annealer
    shown = [
        (epoch.epoch, epoch.watch) for epoch in epochs_to_draw(seen) if epoch.watch and epoch.watch.monitor
    ]
    x = packed([number for number, _ in shown], "i2")
    patience = [watch.patience_left for _, watch in shown]
    bars = {
        "type": "bar",
        "name": "patience left",
        "x": x,
        "y": packed(patience, "i2"),
        "width": 0.6,
        "yaxis": "y2",
        "marker": {"color": faded(QUIET, 0.6)},
        "hovertemplate": f"%{{y}} of {annealer.patience}",
        "showlegend": False,
    }
    heights = [epoch.watch.value for epoch in seen.drops if epoch.watch]
    return {
        "data": [
            *_bar_to_beat(shown, annealer.monitor),
            *_values(shown, annealer.monitor),
            bars,
            *([drop_marks(seen, heights)] if seen.drops else []),
        ],
        "layout": figure.layout(
            XRAY_HEIGHT,
            uirevision=f"{seen.name} under X-ray",
            shapes=figure.uprights([epoch.epoch for epoch in seen.drops]),
            annotations=[
                figure.heading(f"Validation {annealer.monitor}", VALUES[1]),
                figure.heading("Patience left", PATIENCE[1]),
            ],
            xaxis=epoch_axis(seen.recipe.epochs, anchor="y2"),
            yaxis=figure.axis(domain=VALUES, **_value_axis([watch for _, watch in shown], annealer.monitor)),
            yaxis2=figure.axis(
                domain=PATIENCE, range=[0, annealer.patience * 1.1], tickvals=[0, annealer.patience]
            ),
        ),
    }


def _hover(monitor: str) -> str:
    return "%{y:.2%}" if monitor == "accuracy" else "%{y:.4f}"


def _bar_to_beat(shown: list[tuple[int, Watch]], monitor: str) -> list[dict[str, Any]]:
    """The best so far, and beyond it the band that a value must leave to count as better."""
    sign = 1 if monitor == "accuracy" else -1
    x = packed([number for number, _ in shown], "i2")
    best = [watch.best for _, watch in shown]
    beat = [None if watch.best is None else watch.best + sign * watch.min_delta for _, watch in shown]
    step = {"shape": "hvh"}
    lines = [
        figure.line(
            x, packed(best), "best so far", INK, line=step | {"width": 1.5}, hovertemplate=_hover(monitor)
        )
    ]
    if any(watch.min_delta for _, watch in shown):
        band = {"fill": "tonexty", "fillcolor": faded(QUIET, 0.3), "hovertemplate": _hover(monitor)}
        pen = step | {"width": 0}
        lines.append(figure.line(x, packed(beat), "to beat", QUIET, line=pen, **band))
    return lines


def _values(shown: list[tuple[int, Watch]], monitor: str) -> list[dict[str, Any]]:
    """The watched value: full dots where it was better, hollow ones where patience ran."""
    size = 9 if len(shown) <= MOST_DOTTED else 5
    x = packed([number for number, _ in shown], "i2")
    values = [watch.value for _, watch in shown]
    lines = [
        figure.line(
            x, packed(values), f"validation {monitor}", VALIDATION, hoverinfo="skip", showlegend=False
        )
    ]
    for name, better, fill in (("better", True, VALIDATION), ("not better", False, figure.PAPER)):
        chosen = [(number, watch) for number, watch in shown if (watch.reason == "better") == better]
        lines.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": packed([number for number, _ in chosen], "i2"),
                "y": packed([watch.value for _, watch in chosen]),
                "marker": {"size": size, "color": fill, "line": {"width": 2, "color": VALIDATION}},
                "hovertemplate": _hover(monitor),
            }
        )
    return lines


def _value_axis(watched: list[Watch], monitor: str) -> dict[str, Any]:
    """Where decisions are made: the steep climb of the first epochs may leave the panel."""
    values = [watch.value for watch in watched if watch.value is not None and np.isfinite(watch.value)]
    if not values:
        return {"range": [0, 1], "tickformat": ".0%" if monitor == "accuracy" else ""}
    early = 0.2 if len(values) >= 5 else 0.0
    ends = (early, 1.0) if monitor == "accuracy" else (0.0, 1.0 - early)
    low, high = (float(value) for value in np.quantile(values, ends))
    room = max(0.2 * (high - low), 0.002)
    span = [low - room, high + room]
    if monitor == "accuracy":
        return {"range": span, "nticks": 5, "tickformat": ".0%" if span[1] - span[0] > 0.06 else ".1%"}
    return {"range": span, "nticks": 5}
