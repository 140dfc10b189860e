"""Figures of robustness: accuracy against how much worse digits are, and how sure a network is of what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.charts import figure
from app.charts.figure import DASHES, INK, QUIET, RUNS, Figure, faded, packed
from model.robustness.trials import Trial

HEIGHT = 280
MARGIN = {"l": 48, "r": 8, "t": 34, "b": 44}
MOST_MARKS = 7  # on the axis of a transformation's strengths
# Confidences are drawn by their nines: 90% at 1, 99% at 2. No more of them deserve to be believed.
MOST_NINES = 4.0
BINS_A_NINE = 4
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
    data = []
    for place, line in enumerate(lines):
        colour = RUNS[place]
        edge = {"hoverinfo": "skip", "showlegend": False, "line": {"width": 0}}
        data.append(figure.line(x, packed(line.high), line.name, colour, **edge))
        band = {"fill": "tonexty", "fillcolor": faded(colour, 0.22)}
        data.append(figure.line(x, packed(line.low), line.name, colour, **edge, **band))
        data.append(
            figure.line(
                x,
                packed(line.shares),
                line.name,
                colour,
                mode="lines+markers",
                marker={"size": 7},
                line={"dash": DASHES[place]},
                hovertemplate="%{y:.1%}",
            )
        )
    half = (strengths[-1] - strengths[0]) / (len(strengths) - 1) / 2
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
                range=[strengths[0] - half, strengths[-1] + half],
                tickvals=marks,
                ticktext=[trial.show(mark) if trial.kind == "sweep" else f"{mark:g}" for mark in marks],
                tickangle=0,
                hoverformat=" ",
                title={"text": title, "standoff": 6, "font": {"size": figure.LEAST_FONT, "color": QUIET}},
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


def confidences(of: Mapping[str, np.ndarray], threshold: float) -> Figure:
    """How sure a network is: of digits above the line, of what is no digit below it.

    Args:
        of: two names to confidences, each (n,), 0 to 1: of digits first.
        threshold: the least confidence with which it answers.
    """
    edges = np.linspace(0, MOST_NINES, round(BINS_A_NINE * MOST_NINES) + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    shares = _shares(of, edges)
    data = [
        {
            "type": "bar",
            "name": name,
            "x": packed(middles),
            "y": packed(sign * share),
            "customdata": packed(share),
            "marker": {"color": colour},
            "hovertemplate": "%{customdata:.1%}",
        }
        for (name, share), sign, colour in zip(shares.items(), (1, -1), (DIGITS, STRANGERS), strict=True)
    ]
    # to the next quarter, so that both halves keep their scale while a threshold is moved
    most = float(np.ceil(4 * max(share.max() for share in shares.values())) / 4)
    marks = range(round(MOST_NINES) + 1)
    at = float(nines(threshold))
    told = [f"{1 - 10.0**-mark:.{max(0, mark - 2)}%}" for mark in marks]
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision="confidences",
            margin=MARGIN,
            barmode="overlay",
            bargap=0.06,
            shapes=[
                {
                    "type": "line",
                    "x0": at,
                    "x1": at,
                    "y0": 0,
                    "y1": 1,
                    "yref": "paper",
                    "line": {"color": INK, "width": 1.5, "dash": "dash"},
                }
            ],
            annotations=[
                {
                    "x": at,
                    "y": 0,
                    "yref": "paper",
                    "text": "answers from here on",
                    "showarrow": False,
                    "xanchor": "left" if at < MOST_NINES / 2 else "right",
                    "yanchor": "bottom",
                    "xshift": 4 if at < MOST_NINES / 2 else -4,
                    "font": {"size": figure.LEAST_FONT, "color": INK},
                    "bgcolor": figure.PAPER,
                }
            ],
            xaxis=figure.axis(
                range=[0, MOST_NINES],
                tickvals=list(marks),
                ticktext=[*told[:-1], f"≥{told[-1]}"],
                hoverformat=" ",
                title={
                    "text": "How sure it is",
                    "standoff": 6,
                    "font": {"size": figure.LEAST_FONT, "color": QUIET},
                },
                fixedrange=True,
            ),
            yaxis=figure.axis(
                range=[-1.05 * most, 1.05 * most],
                tickvals=[-most, 0, most],
                ticktext=[f"{most:.0%}", "0", f"{most:.0%}"],
                fixedrange=True,
            ),
        ),
    }


def confidences_alt(of: Mapping[str, np.ndarray], threshold: float) -> str:
    """What that figure shows, in words."""
    told = "; ".join(f"{name}: {(sure >= threshold).mean():.1%}" for name, sure in of.items())
    return f"How sure the network is of digits, and of what is no digit. At least {threshold:.4g}: {told}."


def _shares(of: Mapping[str, np.ndarray], edges: np.ndarray) -> dict[str, np.ndarray]:
    """Of each its share in every bin, 0 to 1."""
    return {name: np.histogram(nines(sure), edges)[0] / len(sure) for name, sure in of.items()}
