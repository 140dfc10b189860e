"""The curves of one run: loss and accuracy, training and validation, and the learning rate under them."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from app.charts import figure
from app.charts.figure import GUESS, PAPER, RATE, TRAINING, VALIDATION, Figure, faded, packed
from app.seen import Snapshot
from model.annealing import rate_curve
from model.history import Epoch

HEIGHT = 440  # px
MOST_EPOCHS = 160  # drawn; on a projector six pixels each
MOST_MARKED = 40  # epochs with a dot each
PLAN_POINTS = 120
SMOOTH = ("cosine", "one-cycle", "exponential")  # their rate changes with every batch
BY_FACTORS = ("plateau", "step", "exponential")  # they multiply the rate
STEPS_GUESSED = 100  # batches in an epoch, for a rate curve before that is known: its shape is the same

LOSS, ACCURACY, RATES = (0.68, 1.0), (0.29, 0.59), (0.0, 0.2)  # the panels' places


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
            shapes=figure.uprights([epoch.epoch for epoch in seen.drops]),
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
    drops = {epoch.epoch for epoch in seen.drops}
    keep = [place for place, epoch in enumerate(seen.epochs) if epoch.epoch in drops]
    return [seen.epochs[place] for place in figure.thinned(len(seen.epochs), MOST_EPOCHS, keep)]


def epoch_axis(epochs: int, **settings: object) -> dict[str, Any]:
    """The time axis that all panels share."""
    return figure.axis(
        range=[-0.012 * epochs, epochs * 1.012],
        title={"text": "epoch", "standoff": 4},
        nticks=12,
        showgrid=False,
        hoverformat=".4~r",
        unifiedhovertitle={"text": "<b>epoch %{x}</b>"},
        **settings,
    )


def loss_axis(all_seen: Sequence[Snapshot], batches: bool = True) -> dict[str, Any]:
    """Losses on a logarithmic scale, on which halving is the same step early and late.

    Args:
        all_seen: the runs.
        batches: whether training is drawn too, batch by batch; else validation alone.
    """
    values = _known(
        value
        for seen in all_seen
        for value in (
            *(epoch.validation_loss for epoch in seen.epochs),
            *((epoch.loss for epoch in seen.epochs) if batches else ()),
            *(seen.batches.loss.tolist() if batches else ()),
        )
    )
    low, high = max(min(values, default=0.2), 1e-7), max(values, default=2.5)
    return figure.factor_axis(low / 1.15, max(high * 1.15, low * 3))


def accuracy_axis(all_seen: Sequence[Snapshot]) -> dict[str, Any]:
    """Accuracies: the whole scale at first, then from the first epoch's on, where something happens."""
    values = _known(
        value
        for seen in all_seen
        for epoch in seen.epochs[1:]
        for value in (epoch.accuracy, epoch.validation_accuracy)
    )
    # the first epochs' climb may begin below the panel: what is told is at its end
    low = float(np.quantile(values, 0.1)) if values else 0.0
    low = max(0.0, low - 0.12 * (1 - low))
    form = ".0%" if 1 - low > 0.06 else ".1%"
    return {"range": [low, 1 + 0.05 * (1 - low)], "tickformat": form, "nticks": 5}


def rate_axis(all_seen: Sequence[Snapshot]) -> dict[str, Any]:
    """Rates: by factors for annealers that multiply, from 0 for the others."""
    highest = max(seen.recipe.optimizer.learning_rate for seen in all_seen)
    if not all(seen.recipe.annealer.name in BY_FACTORS for seen in all_seen):
        return plain_rate_axis(highest)
    rates = [highest / 4]
    for seen in all_seen:
        rates += [epoch.watch.rate_after if epoch.watch else epoch.learning_rate for epoch in seen.epochs]
        if seen.recipe.annealer.name in SMOOTH:
            rates.append(float(plan(seen)[1].min()))
    low = max(min(rates), 1e-9)
    room = max(1.4, (highest / low) ** 0.15)  # for the triangle at the lowest
    return figure.factor_axis(low / room, highest * room)


def plain_rate_axis(highest: float) -> dict[str, Any]:
    """Rates from 0 to the highest."""
    return {"range": [-0.06 * highest, 1.14 * highest], "nticks": 4, "exponentformat": "none"}


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _batches(seen: Snapshot) -> list[dict[str, Any]]:
    batches, per_epoch = seen.batches, seen.steps_per_epoch
    if not per_epoch or not len(batches.loss):
        return []
    name = "each batch" if batches.length == 1 else f"mean of {batches.length} batches"
    drawn = []
    for yaxis, values in (("y", batches.loss), ("y2", batches.accuracy)):
        trace = figure.line(None, packed(values), name, faded(TRAINING, 0.45), line={"width": 1})
        # a stretch stands at its last batch's place, as an epoch does
        trace |= {
            "x0": round(batches.length / per_epoch, 6),
            "dx": batches.length / per_epoch,
            "yaxis": yaxis,
        }
        del trace["x"]
        drawn.append(trace | {"hoverinfo": "skip", "showlegend": yaxis == "y"})
    return drawn


def _losses(shown: Sequence[Epoch]) -> list[dict[str, Any]]:
    return _pair(shown, [e.loss for e in shown], [e.validation_loss for e in shown], "y", "%{y:.4f}")


def _accuracies(shown: Sequence[Epoch]) -> list[dict[str, Any]]:
    accuracies = [e.validation_accuracy for e in shown]
    return _pair(shown, [e.accuracy for e in shown], accuracies, "y2", "%{y:.2%}")


def _pair(
    shown: Sequence[Epoch],
    training: Sequence[float | None],
    validation: Sequence[float | None],
    yaxis: str,
    hover: str,
) -> list[dict[str, Any]]:
    x = packed([epoch.epoch for epoch in shown], "i2")
    style: dict[str, Any] = {"yaxis": yaxis, "showlegend": yaxis == "y", "hovertemplate": hover}
    if len(shown) <= MOST_MARKED:
        style |= {"mode": "lines+markers", "marker": {"size": 6}}
    return [
        figure.line(x, packed(training), "training", TRAINING, **style),
        figure.line(x, packed(validation), "validation", VALIDATION, **style),
    ]


def _rates(seen: Snapshot, shown: Sequence[Epoch]) -> list[dict[str, Any]]:
    style: dict[str, Any] = {"yaxis": "y3", "showlegend": False}
    x = packed([epoch.epoch for epoch in shown], "i2")
    rates = packed([epoch.learning_rate for epoch in shown])
    hover = {"hovertemplate": "%{y:.3~g}"}
    if seen.recipe.annealer.name not in SMOOTH:
        # an epoch's rate holds from the end of the one before to its own
        return [figure.line(x, rates, "rate", RATE, line={"shape": "vh"}, **style, **hover)]
    planned_x, planned_y = plan(seen)
    dotted = {"width": 1.5, "dash": "dot"}
    lines = [
        figure.line(
            packed(planned_x),
            packed(planned_y),
            "planned",
            faded(RATE, 0.8),
            line=dotted,
            hoverinfo="skip",
            **style,
        )
    ]
    within = seen.batches.learning_rate
    if len(within) and seen.steps_per_epoch:
        at = (np.arange(len(within)) + 1) * seen.batches.length / seen.steps_per_epoch
        places = figure.thinned(len(within), PLAN_POINTS)
        line = figure.line(
            packed(at[places]), packed(within[places]), "rate", RATE, hoverinfo="skip", **style
        )
        lines.append(line)
    # the epochs' own numbers, exact, for the hover
    look = {"mode": "markers", "marker": {"size": 6, "color": RATE}}
    if not len(within):
        look |= {"mode": "lines+markers"}
    return [*lines, figure.line(x, rates, "rate", RATE, **look, **style, **hover)]


def plan(seen: Snapshot) -> tuple[np.ndarray, np.ndarray]:
    """The rate curve as it is known beforehand, thinned: epochs and rates, float (n,) each."""
    per_epoch = seen.steps_per_epoch or STEPS_GUESSED
    recipe = seen.recipe
    rates = rate_curve(recipe.annealer, recipe.optimizer.learning_rate, per_epoch, recipe.epochs)
    places = np.array(figure.thinned(len(rates), PLAN_POINTS))
    return (places + 1) / per_epoch, rates[places]


def _marks(seen: Snapshot) -> list[dict[str, Any]]:
    marks = []
    if seen.drops:
        after = [epoch.watch.rate_after for epoch in seen.drops if epoch.watch]
        marks.append(drop_marks(seen, after) | {"yaxis": "y3", "showlegend": False})
    guess = guessed_accuracy(seen)
    if guess is not None and not seen.unfinished and seen.epochs:
        marks.append(guess_mark(guess, seen.epochs[-1].epoch))
    return marks


def guess_mark(guess: float, epoch: int, words: str = "your guess") -> dict[str, Any]:
    """A star in the panel of accuracies, where somebody guessed that a run would end.

    Args:
        guess: 0 to 1.
        epoch: the last one.
        words: beside the star.
    """
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": words,
        "x": [epoch],
        "y": [guess],
        "text": [f"{words} "],
        "textposition": "middle left",
        "textfont": {"color": GUESS},
        "marker": {"symbol": "star", "size": 16, "color": GUESS, "line": {"width": 1, "color": PAPER}},
        "hovertemplate": "%{y:.1%}",
        "yaxis": "y2",
        "showlegend": False,
        "cliponaxis": False,
    }


def drop_marks(seen: Snapshot, heights: Sequence[float | None]) -> dict[str, Any]:
    """A triangle for each drop, with its reason in the hover.

    Args:
        seen: the run.
        heights: where each stands on its axis.
    """
    watched = [epoch.watch for epoch in seen.drops if epoch.watch]
    numbers = [n for watch in watched for n in (watch.rate_before, watch.rate_after, watch.value, watch.best)]
    form = ".2%" if seen.recipe.annealer.monitor == "accuracy" else ".4f"
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "rate dropped",
        "x": [epoch.epoch for epoch in seen.drops],
        "y": list(heights),
        "customdata": packed(numbers, columns=4),
        "hovertemplate": (
            "<b>rate %{customdata[0]:.3~g} → %{customdata[1]:.3~g}</b><br>"
            f"%{{customdata[2]:{form}}} was no better<br>than %{{customdata[3]:{form}}}<extra></extra>"
        ),
        "marker": {
            "symbol": "triangle-down",
            "size": 13,
            "color": RATE,
            "line": {"width": 1.5, "color": PAPER},
        },
    }


def guessed_accuracy(seen: Snapshot) -> float | None:
    """The final validation accuracy that somebody guessed before, 0 to 1; None without such a guess."""
    guess = seen.run.notes.get("guess") if seen.run else None
    value = guess.get("accuracy") if isinstance(guess, dict) else guess
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def value_text(monitor: str, value: float | None) -> str:
    """A monitored value for people: an accuracy in percent, a loss to four digits."""
    if value is None:
        return "–"
    return f"{value:.2%}" if monitor == "accuracy" else f"{value:.4f}"
