"""The curves of one run: loss and accuracy, training and validation, and the learning rate under them."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from app.charts import figure
from app.charts.figure import GUESS, QUIET, RATE, TRAINING, VALIDATION, Figure, faded, packed
from app.snapshots import Snapshot
from model.annealing import rate_curve
from model.history import Epoch

HEIGHT = 520  # px
MOST_EPOCHS = 240  # drawn; on a projector four pixels each
PLAN_POINTS = 120
SMOOTH = ("cosine", "one-cycle", "exponential")  # their rate changes with every batch
STEPS_GUESSED = 100  # batches in an epoch, for a rate curve before that is known: its shape is the same

LOSS, ACCURACY, RATES = (0.69, 0.95), (0.33, 0.59), (0.0, 0.23)  # the panels' places


def curves(seen: Snapshot) -> Figure:
    """The three panels of a run on one time axis, which is as long from the beginning as at the end.

    Args:
        seen: the run as it stands.

    Returns:
        The figure. Its `uirevision` is the run's name: a zoom stays until another run is shown.
    """
    shown = epochs_to_draw(seen)
    return {
        "data": [*_batches(seen), *_losses(shown), *_accuracies(shown), *_rates(seen, shown), *_marks(seen)],
        "layout": figure.layout(
            HEIGHT,
            uirevision=seen.name,
            shapes=[figure.upright(epoch.epoch) for epoch in seen.drops],
            annotations=[
                figure.heading("Loss", LOSS[1]),
                figure.heading("Accuracy", ACCURACY[1]),
                figure.heading("Learning rate", RATES[1]),
            ],
            xaxis=epoch_axis(seen.recipe.epochs, anchor="y3"),
            yaxis=figure.axis(domain=LOSS, **loss_axis([seen])),
            yaxis2=figure.axis(domain=ACCURACY, **accuracy_axis([seen])),
            yaxis3=figure.axis(domain=RATES, **rate_axis([seen])),
        ),
    }


def epochs_to_draw(seen: Snapshot) -> list[Epoch]:
    """The epochs of a run, thinned if they are many; the drops are always among them."""
    keep = [
        place for place, epoch in enumerate(seen.epochs) if epoch.watch and epoch.watch.reason == "dropped"
    ]
    return [seen.epochs[place] for place in figure.thinned(len(seen.epochs), MOST_EPOCHS, keep)]


def epoch_axis(epochs: int, **settings: object) -> dict[str, Any]:
    """The time axis that all panels share."""
    return figure.axis(
        range=[-0.01 * epochs, epochs * 1.01],
        title={"text": "epoch", "standoff": 6},
        tickformat="~r" if epochs < 3 else "d",
        nticks=12,
        showgrid=False,
        hoverformat=".4~r",
        unifiedhovertitle={"text": "<b>epoch %{x}</b>"},
        **settings,
    )


def loss_axis(all_seen: Sequence[Snapshot]) -> dict[str, Any]:
    """Losses on a logarithmic scale, on which halving is the same step early and late."""
    values = [
        value
        for seen in all_seen
        for value in (
            *(epoch.loss for epoch in seen.epochs),
            *(epoch.validation_loss for epoch in seen.epochs),
            *seen.batches.loss.tolist(),
        )
        if value and math.isfinite(value)
    ]
    low, high = min(values, default=0.1), max(values, default=2.5)
    low, high = low / 1.15, max(high * 1.15, low * 3)
    marks = [k * 10.0**power for power in range(-6, 4) for k in (1, 2, 5)]
    marks = [mark for mark in marks if low <= mark <= high]
    every = -(-len(marks) // 6)  # at most six, counted from the top
    marks = marks[::-1][::every]
    return {
        "type": "log",
        "range": [math.log10(low), math.log10(high)],
        "tickvals": marks,
        "ticktext": [f"{mark:g}" for mark in marks],
    }


def accuracy_axis(all_seen: Sequence[Snapshot]) -> dict[str, Any]:
    """Accuracies: the whole scale at first, then from the first epoch's on, where something happens."""
    values = [
        value
        for seen in all_seen
        for epoch in seen.epochs
        if epoch.epoch >= 1
        for value in (epoch.accuracy, epoch.validation_accuracy)
        if value is not None and math.isfinite(value)
    ]
    low = min(values, default=0.0)
    low = max(0.0, low - 0.12 * (1 - low))
    return {
        "range": [low, 1 + 0.04 * (1 - low)],
        "tickformat": ".0%" if 1 - low > 0.06 else ".1%",
        "nticks": 5,
    }


def rate_axis(all_seen: Sequence[Snapshot]) -> dict[str, Any]:
    """Rates: by factors for annealers that multiply, from 0 for the others."""
    highest = max(seen.recipe.optimizer.learning_rate for seen in all_seen)
    if all(seen.recipe.annealer.name in ("plateau", "step", "exponential") for seen in all_seen):
        lowest = min(
            [
                epoch.watch.rate_after if epoch.watch else epoch.learning_rate
                for seen in all_seen
                for epoch in seen.epochs
            ]
            + [highest / 8]
        )
        span = [math.log10(max(lowest, 1e-9)) - 0.2, math.log10(highest) + 0.15]
        # powers of ten, or with less than two of them in sight also their doubles and fives
        marks = [
            k * 10.0**power for power in range(-9, 1) for k in ((1, 2, 5) if span[1] - span[0] < 2 else (1,))
        ]
        marks = [mark for mark in marks if span[0] <= math.log10(mark) <= span[1]]
        return {"type": "log", "range": span, "tickvals": marks, "ticktext": [f"{mark:g}" for mark in marks]}
    return {
        "range": [-0.06 * highest, 1.12 * highest],
        "nticks": 4,
        "tickformat": "~g",
        "exponentformat": "none",
    }


def _batches(seen: Snapshot) -> list[dict[str, Any]]:
    batches, per_epoch = seen.batches, seen.steps_per_epoch
    if not per_epoch or not len(batches.loss):
        return []
    # the middle of each stretch, in epochs
    place = {"x0": round(batches.length / 2 / per_epoch, 6), "dx": batches.length / per_epoch}
    name = "each batch" if batches.length == 1 else f"{batches.length} batches' mean"
    pale = {"line": {"width": 1}, "showlegend": False, "hoverinfo": "skip"}
    both = []
    for y, values, legend in (("y", batches.loss, True), ("y2", batches.accuracy, False)):
        drawn = figure.line(None, packed(values), name, faded(TRAINING, 0.4), yaxis=y, **pale)
        del drawn["x"]
        both.append(drawn | place | {"showlegend": legend})
    return both


def _losses(shown: Sequence[Epoch]) -> list[dict[str, Any]]:
    return _pair(shown, [e.loss for e in shown], [e.validation_loss for e in shown], "y", "%{y:.4f}")


def _accuracies(shown: Sequence[Epoch]) -> list[dict[str, Any]]:
    hover = "%{y:.2%}"
    return _pair(shown, [e.accuracy for e in shown], [e.validation_accuracy for e in shown], "y2", hover)


def _pair(
    shown: Sequence[Epoch],
    training: Sequence[float | None],
    validation: Sequence[float | None],
    yaxis: str,
    hover: str,
) -> list[dict[str, Any]]:
    x = packed([epoch.epoch for epoch in shown], "i2")
    marked = "lines+markers" if len(shown) <= 40 else "lines"
    first = yaxis == "y"
    style = {"mode": marked, "marker": {"size": 6}, "yaxis": yaxis, "showlegend": first}
    lines = [
        figure.line(x, packed(training), "training", TRAINING, **style, hovertemplate=hover),
        figure.line(x, packed(validation), "validation", VALIDATION, **style, hovertemplate=hover),
    ]
    # lines without a single number would only fill the legend
    return [
        one
        for one, values in zip(lines, (training, validation), strict=True)
        if any(v is not None for v in values) or first
    ]


def _rates(seen: Snapshot, shown: Sequence[Epoch]) -> list[dict[str, Any]]:
    style: dict[str, Any] = {"yaxis": "y3", "showlegend": False, "hovertemplate": "%{y:.3~g}"}
    lines = []
    if seen.recipe.annealer.name in SMOOTH:
        x, y = plan(seen)
        lines.append(
            figure.line(
                packed(x),
                packed(y),
                "planned rate",
                faded(RATE, 0.45),
                yaxis="y3",
                showlegend=False,
                hoverinfo="skip",
                line={"width": 2, "dash": "dot"},
            )
        )
    if seen.recipe.annealer.name in SMOOTH and len(seen.batches.loss) and seen.steps_per_epoch:
        y = seen.batches.learning_rate
        x = (np.arange(len(y)) + 0.5) * seen.batches.length / seen.steps_per_epoch
        places = figure.thinned(len(y), MOST_EPOCHS)
        lines.append(figure.line(packed(x[places]), packed(y[places]), "rate", RATE, **style))
    elif shown:
        # an epoch's rate holds from the end of the one before to its own
        step = {"shape": "linear" if seen.recipe.annealer.name in SMOOTH else "vh"}
        x = packed([epoch.epoch for epoch in shown], "i2")
        lines.append(
            figure.line(x, packed(epoch.learning_rate for epoch in shown), "rate", RATE, **style, line=step)
        )
    return lines


def plan(seen: Snapshot) -> tuple[np.ndarray, np.ndarray]:
    """The rate curve as it is known beforehand, thinned: epochs and rates, float (n,) each."""
    per_epoch = seen.steps_per_epoch or STEPS_GUESSED
    recipe = seen.recipe
    rates = rate_curve(recipe.annealer, recipe.optimizer.learning_rate, per_epoch, recipe.epochs)
    places = np.array(figure.thinned(len(rates), PLAN_POINTS))
    return (places + 0.5) / per_epoch, rates[places]


def _marks(seen: Snapshot) -> list[dict[str, Any]]:
    marks = []
    if seen.drops:
        marks.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "drop",
                "x": [epoch.epoch for epoch in seen.drops],
                "y": [epoch.watch.rate_after for epoch in seen.drops if epoch.watch],
                "text": [drop_reason(epoch) for epoch in seen.drops],
                "hovertemplate": "%{text}<extra></extra>",
                "marker": {"symbol": "triangle-down", "size": 13, "color": RATE},
                "yaxis": "y3",
                "showlegend": False,
            }
        )
    guess = guessed_accuracy(seen)
    if guess is not None and not seen.unfinished:
        marks.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": "your guess",
                "x": [seen.epochs[-1].epoch if seen.epochs else seen.recipe.epochs],
                "y": [guess],
                "text": ["your guess"],
                "textposition": "middle left",
                "textfont": {"color": GUESS},
                "marker": {
                    "symbol": "star",
                    "size": 15,
                    "color": GUESS,
                    "line": {"width": 1, "color": "--lab-paper"},
                },
                "hovertemplate": "%{y:.1%}",
                "yaxis": "y2",
                "showlegend": False,
                "cliponaxis": False,
            }
        )
    return marks


def guessed_accuracy(seen: Snapshot) -> float | None:
    """The final validation accuracy that somebody guessed before, 0 to 1; None without such a guess."""
    guess = seen.run.notes.get("guess") if seen.run else None
    value = guess.get("accuracy") if isinstance(guess, dict) else guess
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def drop_reason(epoch: Epoch) -> str:
    """Why the annealer lowered the rate after an epoch, in a line or two of a hover."""
    watch = epoch.watch
    assert watch is not None
    return (
        f"<b>drop after epoch {epoch.epoch}</b><br>{watch.rate_before:.3g} → {watch.rate_after:.3g}<br>"
        f"validation {watch.monitor} {value_text(watch.monitor, watch.value)},<br>"
        f"no better than {value_text(watch.monitor, watch.best)}"
    )


def value_text(monitor: str, value: float | None) -> str:
    """A monitored value for people: an accuracy in percent, a loss as it is; its colour is `QUIET` in no case."""
    if value is None:
        return "–"
    return f"{value:.2%}" if monitor == "accuracy" else f"{value:.4f}"


def skeleton(epochs: int, name: str) -> Figure:
    """The empty panels of a run of which there is nothing to draw yet.

    Args:
        epochs: how long the run will be.
        name: the run's.
    """
    empty: Figure = {"showticklabels": False}
    return {
        "data": [figure.line([], [], "", QUIET)],
        "layout": figure.layout(
            HEIGHT,
            uirevision=name,
            annotations=[],
            xaxis=epoch_axis(epochs, anchor="y3"),
            yaxis=figure.axis(domain=LOSS, range=[0, 1], **empty),
            yaxis2=figure.axis(domain=ACCURACY, range=[0, 1], **empty),
            yaxis3=figure.axis(domain=RATES, range=[0, 1], **empty),
        ),
    }
