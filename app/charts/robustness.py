"""Figures of robustness: accuracy against how much worse digits are, and how sure a network is of what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.charts import figure
from app.charts.figure import DASHES, INK, RUNS, Figure, packed
from model.robustness.trials import Trial

HEIGHT, LOW = 260, 220
MARGIN = {"l": 52, "r": 8, "t": 34, "b": 44}
MOST_MARKS = 7  # on the axis of a transformation's strengths
# Confidences are drawn by their nines: 90% at 1, 99% at 2. No more of them deserve to be believed.
MOST_NINES = 4.0
STEPS_A_NINE = 25
DIGITS, STRANGERS = figure.VALIDATION, figure.TRAINING


@dataclass(frozen=True, eq=False)
class Line:
    """Somebody's accuracies.

    Attributes:
        name: in the legend.
        shares: (s,), 0 to 1.
        low: (s,), the lower edge of the band.
        high: (s,), its upper edge.
    """

    name: str
    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray


def accuracies(lines: Sequence[Line], trial: Trial, strengths: Sequence[float]) -> Figure:
    """Accuracy against strength, with a band.

    Args:
        lines: at most as many as there are colours.
        trial: how the digits are made worse.
        strengths: (s,), ascending.
    """
    x = packed(strengths)
    data: list[dict[str, Any]] = []
    for place, line in enumerate(lines):
        data += figure.banded(
            x,
            line.shares,
            (line.low, line.high),
            line.name,
            RUNS[place],
            mode="lines+markers",
            marker={"size": 7},
            line={"dash": DASHES[place]},
            hovertemplate="%{y:.1%}",
        )
    marks = [strengths[place] for place in figure.thinned(len(strengths), MOST_MARKS)]
    title = trial.title if trial.kind == "sweep" else f"{trial.title}, strength"
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision=trial.name,
            margin=MARGIN,
            showlegend=len(lines) > 1,
            xaxis=figure.axis(
                range=list(figure.ends_of(strengths)),
                tickvals=marks,
                ticktext=[trial.show(mark) if trial.kind == "sweep" else f"{mark:g}" for mark in marks],
                tickangle=0,
                hoverformat=" ",
                title=figure.title(title),
                fixedrange=True,
            ),
            yaxis=figure.axis(range=[0, 1.04], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%"),
        ),
    }


def accuracies_alt(lines: Sequence[Line], trial: Trial, strengths: Sequence[float]) -> str:
    """What that figure shows, in words."""
    said = [f"Accuracy under {trial.title.lower()}."]
    for line in lines:
        told = ", ".join(
            f"{trial.show(strength)}: {share:.0%}"
            for strength, share in zip(strengths, line.shares, strict=True)
        )
        said.append(f"{line.name}: {told}.")
    return " ".join(said)


def nines(confidences: np.ndarray | float) -> np.ndarray:
    """Confidences by their nines: 0.9 becomes 1, 0.99 becomes 2; from ``MOST_NINES`` on all are alike.

    Args:
        confidences: 0 to 1.

    Returns:
        float64, the same shape, 0 to ``MOST_NINES``.
    """
    doubt = np.maximum(1 - np.asarray(confidences, np.float64), 10.0**-MOST_NINES)
    return np.minimum(-np.log10(doubt), MOST_NINES)


def answered(of: Mapping[str, np.ndarray], threshold: float) -> Figure:
    """How many are answered, against how sure the network must be.

    Args:
        of: two names to confidences, each (n,), 0 to 1: of digits first, then of what is none.
        threshold: the least confidence with which it answers.
    """
    x = np.linspace(0, MOST_NINES, round(STEPS_A_NINE * MOST_NINES) + 1)
    at = float(nines(threshold))
    data, notes = [], []
    for (name, sure), colour, dash in zip(of.items(), (DIGITS, STRANGERS), DASHES, strict=False):
        # what is as sure as the last mark, or surer, is answered there too
        share = (nines(sure)[:, None] >= x).mean(axis=0)
        data.append(
            figure.line(packed(x), packed(share), name, colour, line={"dash": dash}, hovertemplate="%{y:.1%}")
        )
        middle = len(x) // 2
        notes.append(
            {
                "x": float(x[middle]),
                "y": float(share[middle]),
                "text": name,
                "showarrow": False,
                "yshift": 12,
                "font": {"size": figure.LEAST_FONT, "color": colour},
            }
        )
    marks = range(round(MOST_NINES) + 1)
    upright = {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper"}
    return {
        "data": data,
        "layout": figure.layout(
            LOW,
            uirevision="answered",
            margin={**MARGIN, "t": 20},
            showlegend=False,
            shapes=[upright | {"line": {"color": INK, "width": 1.5, "dash": "dash"}}],
            annotations=notes,
            xaxis=figure.axis(
                range=[0, 1.06 * MOST_NINES],
                tickvals=list(marks),
                ticktext=[f"{1 - 10.0**-mark:.{max(0, mark - 2)}%}" for mark in marks],
                hoverformat=" ",
                title=figure.title("How sure it must be to answer"),
                fixedrange=True,
            ),
            yaxis=figure.axis(
                range=[0, 1.12],
                tickvals=[0.5, 1],
                tickformat=".0%",
                title=figure.title("answered"),
                fixedrange=True,
            ),
        ),
    }


def answered_alt(of: Mapping[str, np.ndarray], threshold: float) -> str:
    """What that figure shows, in words."""
    told = "; ".join(f"{name}: {(sure >= threshold).mean():.1%}" for name, sure in of.items())
    return f"How many are answered, against how sure the network must be. From {threshold:.4g} on: {told}."
