"""Mistakes over the epochs: how many there are of which kind, what healed, and the learning rate below."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.charts import figure
from app.charts.figure import RATE, Figure, packed
from model.evaluation.course import Steps

HEIGHT = 400  # px
MISTAKES, RATES = (0.34, 1.0), (0.0, 0.2)  # the panels' places
# In assets/style/sureness.css: what stays is dark, what comes warm, what heals cool.
STUBBORN, RETURNED, BROKEN, HEALED = "--lab-stubborn", "--lab-returned", "--lab-broken-now", "--lab-healed"
CHOSEN = "--lab-chosen"
KINDS = (
    ("never right yet", STUBBORN, 1),
    ("wrong again", RETURNED, 1),
    ("new", BROKEN, 1),
    ("healed", HEALED, -1),
)


def course(
    epochs: Sequence[int],
    steps: Steps,
    rates: Sequence[float],
    drops: Sequence[int],
    chosen: int | None,
    until: int,
    revision: str,
) -> Figure:
    """Stacked bars of mistakes, healed ones downwards, and the rate, on one axis of epochs.

    Args:
        epochs: rising.
        steps: what became of the digits in each of them.
        rates: of each of them the rate of its last batch.
        drops: the epochs after which the rate was dropped.
        chosen: the epoch that is looked at; None for none.
        until: how many of the epochs are drawn; the axes have room for all.
        revision: what the zoom belongs to.
    """
    counts = (steps.stubborn, steps.returned, steps.broken, steps.healed)
    x = packed(epochs[:until], "i2")
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": name,
            "x": x,
            "y": [way * count for count in values[:until].tolist()],
            "customdata": values[:until].tolist(),
            "marker": {"color": colour},
            "hovertemplate": "%{customdata}",
        }
        for (name, colour, way), values in zip(KINDS, counts, strict=True)
    ]
    # an epoch's rate stands under its bar
    pen = {"yaxis": "y2", "line": {"shape": "hvh"}, "showlegend": False, "hovertemplate": "%{y:.3~g}"}
    data.append(figure.line(x, packed(rates[:until]), "rate", RATE, **pen))
    highest, lowest = max(rates), max(min(rates), 1e-9)
    room = max(1.4, (highest / lowest) ** 0.15)
    up = int(np.max(steps.stubborn + steps.returned + steps.broken, initial=1))
    down = int(np.max(steps.healed, initial=0))
    fallen = [drop + 0.5 for drop in drops if drop in epochs[:until]]
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision=revision,
            barmode="relative",
            bargap=0.18,
            shapes=[*figure.uprights(fallen), *([] if chosen is None else [_here(chosen)])],
            annotations=[
                figure.heading("Mistakes", MISTAKES[1]),
                figure.heading("Learning rate", RATES[1]),
            ],
            xaxis=figure.axis(
                range=[epochs[0] - 0.6, epochs[-1] + 0.6],
                title={"text": "epoch", "standoff": 4, "font": {"size": figure.LEAST_FONT}},
                tickformat="d",
                nticks=12,
                showgrid=False,
                anchor="y2",
                unifiedhovertitle={"text": "<b>epoch %{x}</b>"},
            ),
            yaxis=_counts_axis(up, down),
            yaxis2=figure.axis(domain=RATES, **figure.factor_axis(lowest / room, highest * room)),
        ),
    }


def course_alt(epochs: Sequence[int], steps: Steps, drops: Sequence[int]) -> str:
    """What the figure shows, in words; the epochs are the first of those that `steps` tells of."""
    errors = (steps.stubborn + steps.returned + steps.broken).tolist()[: len(epochs)]
    said = f"Mistakes after each epoch: {errors[0]} after epoch {epochs[0]}"
    if len(epochs) > 1:
        said += f", {errors[-1]} after epoch {epochs[-1]}"
    fallen = [str(drop) for drop in drops if drop in epochs]
    return said + (f". The rate was dropped after epoch {', '.join(fallen)}." if fallen else ".")


def _counts_axis(up: int, down: int) -> dict[str, Any]:
    """Counts to both sides of 0, all told without a sign."""
    step = next(
        size * 10**power for power in range(6) for size in (1, 2, 5) if (up + down) / (size * 10**power) <= 6
    )
    marks = [mark * step for mark in range(-(down // step), up // step + 1)]
    return figure.axis(
        domain=MISTAKES,
        range=[-down * 1.08 - 0.5, up * 1.12 + 0.5],
        tickvals=marks,
        ticktext=[str(abs(mark)) for mark in marks],
        zeroline=True,
        zerolinecolor=figure.QUIET,
    )


def _here(epoch: int) -> dict[str, Any]:
    """A field behind the epoch that is looked at."""
    return {
        "type": "rect",
        "x0": epoch - 0.5,
        "x1": epoch + 0.5,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"width": 0},
        "fillcolor": figure.faded(CHOSEN, 0.18),
    }
