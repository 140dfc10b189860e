"""The leak: what two networks read of Kaggle's digits, those that one of them has seen and the others."""

from collections.abc import Sequence
from typing import Any

from app.charts import figure
from app.charts.figure import RUNS, Figure
from model.seeds import spread

HEIGHT = 250  # px
APART = 0.17  # of a row, from its middle: one arm above, one below
SYMBOLS = ("circle", "diamond")  # a second sign beside the colour

Arm = tuple[str, Sequence[Sequence[float]]]  # its name; of each part of the digits what each seed got right


def leak(parts: Sequence[str], arms: Sequence[Arm], least: float) -> Figure:
    """One row for each part of the digits: a dot for every seed of every arm, and a line for their mean.

    Args:
        parts: what they are called, the uppermost first.
        arms: one or two; shares from 0 to 1.
        least: where the axis begins.
    """
    data: list[dict[str, Any]] = []
    for place, (name, shares) in enumerate(arms):
        above = APART if place == 0 else -APART
        rows = [(-row + above, share) for row, seeds in enumerate(shares) for share in seeds]
        dots = {"size": 11, "opacity": 0.75, "color": RUNS[place], "symbol": SYMBOLS[place]}
        data.append(_marks(name, [share for _, share in rows], [row for row, _ in rows], dots))
        line = {"symbol": "line-ns", "size": 24, "line": {"width": 3, "color": RUNS[place]}}
        means = [spread(seeds)[0] for seeds in shares]
        middle = _marks(f"{name}, mean", means, [-row + above for row in range(len(shares))], line)
        data.append(middle | {"showlegend": False})
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision="leak",
            hovermode="closest",
            margin={"l": 10, "r": 18, "t": 34, "b": 44},
            xaxis=figure.axis(
                tickformat=".1%",
                range=[least, 1 + (1 - least) * 0.04],
                nticks=6,
                title={"text": "Share read right", "font": {"size": figure.LEAST_FONT}},
                fixedrange=True,
            ),
            yaxis=figure.axis(
                automargin=True,
                tickvals=[-row for row in range(len(parts))],
                ticktext=list(parts),
                range=[-len(parts) + 0.5, 0.5],
                showgrid=False,
                fixedrange=True,
            ),
        ),
    }


def leak_alt(parts: Sequence[str], arms: Sequence[Arm]) -> str:
    """What the chart shows, in words."""
    said = [
        f"{name}: "
        + ", ".join(f"{spread(seeds)[0]:.2%} of {part}" for part, seeds in zip(parts, shares, strict=True))
        for name, shares in arms
    ]
    return f"Share read right, the mean of the seeds. {'. '.join(said)}."


def _marks(name: str, x: list[float], y: list[float], marker: dict[str, Any]) -> dict[str, Any]:
    where = {"x": x, "y": y, "hovertemplate": "%{x:.3%}<extra>%{fullData.name}</extra>"}
    return {"type": "scatter", "mode": "markers", "name": name, "marker": marker, **where}
