"""How far an accuracy can be trusted, drawn to scale: its interval, that of other counts, and other seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.charts import figure
from app.charts.figure import QUIET, RUNS, Figure

ROW = 46  # px
AROUND = 84  # px: the axis below, and a margin
ROOM = 0.06  # of the axis, beyond the widest interval


@dataclass(frozen=True)
class Interval:
    """One accuracy with its interval.

    Attributes:
        name: of the row.
        low: its lower end, 0 to 1.
        share: the accuracy.
        high: its upper end.
        is_own: whether it is what was measured, instead of what another count would give.
    """

    name: str
    low: float
    share: float
    high: float
    is_own: bool = False


@dataclass(frozen=True)
class Seeds:
    """The same recipe, several times.

    Attributes:
        name: of the row.
        accuracies: of each seed, 0 to 1.
    """

    name: str
    accuracies: tuple[float, ...]


def height(rows: int) -> int:
    """How tall the figure is, in px."""
    return AROUND + ROW * rows


def to_scale(intervals: Sequence[Interval], seeds: Seeds | None = None) -> Figure:
    """One row for each interval, the first at the top, all on one axis; the seeds below them.

    Args:
        intervals: at least one.
        seeds: to be drawn as dots with their mean; None for none.
    """
    names = [each.name for each in intervals] + ([seeds.name] if seeds else [])
    ends = [end for each in intervals for end in (each.low, each.high)] + list(
        seeds.accuracies if seeds else ()
    )
    low, high = min(ends), max(ends)
    room = ROOM * (high - low)
    middle = (low + high) / 2
    dots = figure.seed_dots(seeds.name, seeds.name, seeds.accuracies, RUNS[1]) if seeds else []
    return {
        "data": [_interval(each, middle) for each in intervals] + dots,
        "layout": figure.layout(
            height(len(names)),
            uirevision="intervals",
            showlegend=False,
            hovermode="closest",
            margin={"l": 120, "r": 14, "t": 8, "b": 44},
            xaxis=figure.axis(
                range=[low - room, high + room],
                tickformat=".2%" if high - low < 0.01 else ".1%" if high - low < 0.08 else ".0%",
                nticks=7,
                fixedrange=True,
                title={"text": "share read right", "standoff": 4, "font": {"size": figure.LEAST_FONT}},
            ),
            yaxis=figure.rows_axis(names),
        ),
    }


def to_scale_alt(intervals: Sequence[Interval], seeds: Seeds | None = None) -> str:
    """What that figure shows, in words."""
    said = [f"{each.name}: {each.low:.2%} to {each.high:.2%}" for each in intervals]
    if seeds:
        said.append(f"{seeds.name}: {', '.join(f'{each:.2%}' for each in sorted(seeds.accuracies))}")
    return f"95% intervals of the share read right, to scale. {'; '.join(said)}."


def _interval(each: Interval, middle: float) -> dict[str, Any]:
    colour = RUNS[0] if each.is_own else QUIET
    told = f"{each.low:.2%} to {each.high:.2%}"
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": each.name,
        "x": [each.share],
        "y": [each.name],
        "text": [f"<b>{told}</b>" if each.is_own else told],
        "textposition": "top left" if each.share > middle else "top right",
        "textfont": {"color": colour, "size": figure.LEAST_FONT},
        "marker": {"color": colour, "size": 11 if each.is_own else 8},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, each.high - each.share)],
            "arrayminus": [max(0.0, each.share - each.low)],
            "color": colour,
            "thickness": 3 if each.is_own else 2,
            "width": 6,
        },
        "hovertemplate": f"{told}<extra></extra>",
    }
