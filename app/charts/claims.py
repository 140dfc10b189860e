"""What the runs of a claim left, as one picture: a mean with a band over seeds for each recipe."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from app.charts import figure
from app.charts.figure import DASHES, GUESS, QUIET, RUNS, Figure, packed
from model.claims.catalogue import LEVEL, SHIFTS, Claim
from model.claims.outcomes import Outcome

HEIGHT = 290  # px

Drawn = Sequence[tuple[str, Sequence[Outcome]]]  # names of arms with their runs, in the claim's order
Values = Sequence[float | None]


def picture(claim: Claim, arms: Drawn, seen: str) -> Figure:
    """The curves of all arms on the same axes.

    Args:
        claim: whose.
        arms: an arm without any finished epoch is left out.
        seen: what tells these runs from others: a zoom stays until it changes.

    Returns:
        Accuracy of shifted digits against the shift for a claim that is decided by a fall; training loss and
        validation loss by epoch for one decided by a gap; else validation accuracy by epoch.
    """
    by_shift, by_gap = claim.measure == "fall", claim.measure == "gap"
    data: list[dict[str, Any]] = []
    values: list[float] = []
    for place, (name, outcomes) in enumerate(arms):
        if by_gap:
            losses = [training_loss(outcome) for outcome in outcomes]
            data += _mean(losses, 1, f"{name}, training", RUNS[place], "dot", "%{y:.3f}", showlegend=False)
            values += _known(losses)
        curves = [_curve(claim, outcome) for outcome in outcomes]
        hover = "%{y:.3f}" if by_gap else "%{y:.2%}"
        data += _mean(
            curves, 0 if by_shift else 1, name, RUNS[place], DASHES[place] if not by_gap else "solid", hover
        )
        values += _known(curves)
    y = _loss_axis(values) if by_gap else _accuracy_axis(values)
    title = "Loss" if by_gap else "Validation accuracy"
    longest = max((len(outcome.validation_accuracy) for _, each in arms for outcome in each), default=2) - 1
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision=seen,
            annotations=[figure.heading(title, 1.0), *([_level_name()] if claim.measure == "epochs" else [])],
            shapes=[_level()] if claim.measure == "epochs" else [],
            xaxis=_shift_axis() if by_shift else _epoch_axis(longest),
            yaxis=figure.axis(**y),
        ),
    }


def alt(claim: Claim, arms: Drawn) -> str:
    """What the picture shows, in words: where each arm ends."""
    what = {
        "fall": f"Share of validation digits read right when shifted by 0 to {SHIFTS[-1]} cells.",
        "gap": "Training loss and validation loss by epoch.",
    }.get(claim.measure, "Validation accuracy by epoch.")
    said = [what]
    for name, outcomes in arms:
        ends = [curve[-1] for curve in (_curve(claim, outcome) for outcome in outcomes) if curve]
        known = [end for end in ends if end is not None]
        if known:
            mean = sum(known) / len(known)
            end = f"{mean:.3f}" if claim.measure == "gap" else f"{mean:.1%}"
            said.append(f"{name} ends at {end} (mean of {len(known)}).")
    return " ".join(said)


def training_loss(outcome: Outcome) -> Values:
    """Loss on training digits by epoch: as they are read where that is known, else as they were learned."""
    return outcome.read_loss if len(outcome.read_loss) == len(outcome.loss) else outcome.loss


def _curve(claim: Claim, outcome: Outcome) -> Values:
    if claim.measure == "fall":
        return outcome.shifted
    return outcome.validation_loss if claim.measure == "gap" else outcome.validation_accuracy


def _mean(
    curves: Sequence[Values],
    first: int,
    name: str,
    colour: str,
    dash: str,
    hover: str,
    showlegend: bool = True,
) -> list[dict[str, Any]]:
    """A line for the mean and a band from the lowest to the highest, from the place `first` on."""
    length = max((len(curve) for curve in curves), default=0)
    if length <= first:
        return []
    table = np.full((len(curves), length), np.nan)
    for row, curve in zip(table, curves, strict=True):
        row[: len(curve)] = [np.nan if value is None else value for value in curve]
    table = table[:, first:]
    shown = ~np.isnan(table).all(axis=0)
    if not shown.any():
        return []
    table, x = table[:, shown], packed(np.flatnonzero(shown) + first, "i2")
    ends = (np.nanmin(table, axis=0), np.nanmax(table, axis=0)) if len(curves) > 1 else None
    return figure.banded(
        x,
        np.nanmean(table, axis=0),
        ends,
        name,
        colour,
        line={"dash": dash},
        hovertemplate=hover,
        showlegend=showlegend,
        legendgroup=name,
    )


def _known(curves: Sequence[Values]) -> list[float]:
    """All numbers from the first finished epoch on."""
    return [v for curve in curves for v in curve[1:] if v is not None and math.isfinite(v)]


def _accuracy_axis(values: Sequence[float]) -> dict[str, Any]:
    """Accuracies from where most of what is told happens; the first epochs' climb may begin below."""
    low = float(np.quantile(values, 0.06)) if values else 0.0
    low = max(0.0, low - 0.12 * (1 - low))
    form = ".0%" if 1 - low > 0.06 else ".1%"
    return {"range": [low, 1 + 0.03 * (1 - low)], "tickformat": form, "nticks": 6}


def _loss_axis(values: Sequence[float]) -> dict[str, Any]:
    high = max(values, default=1.0)
    return {"range": [0, min(high, 4 * float(np.median(values))) * 1.05 if values else 1.0], "nticks": 6}


def _epoch_axis(epochs: int) -> dict[str, Any]:
    return figure.axis(
        range=[1 - 0.02 * epochs, epochs + 0.02 * epochs],
        title={"text": "epoch", "standoff": 4, "font": {"size": figure.LEAST_FONT}},
        tickformat="d",
        nticks=min(12, epochs + 1),
        showgrid=False,
        unifiedhovertitle={"text": "<b>epoch %{x}</b>"},
    )


def _shift_axis() -> dict[str, Any]:
    return figure.axis(
        range=[SHIFTS[0] - 0.1, SHIFTS[-1] + 0.1],
        title={"text": "shifted by so many cells", "standoff": 4, "font": {"size": figure.LEAST_FONT}},
        dtick=1,
        showgrid=False,
        unifiedhovertitle={"text": "<b>shifted by %{x}</b>"},
    )


def _level() -> dict[str, Any]:
    pen = {"color": GUESS, "width": 1.5, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": LEVEL, "y1": LEVEL, "line": pen}


def _level_name() -> dict[str, Any]:
    return {
        "text": f"{LEVEL:.0%}",
        "xref": "paper",
        "x": 0.005,
        "xanchor": "left",
        "y": LEVEL,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"color": QUIET, "size": figure.LEAST_FONT},
    }
