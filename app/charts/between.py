"""Figures of what stands between convolutions: pooling, normalisation, dropout, activation."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from app.charts import figure
from app.charts.figure import INK, QUIET, RUNS, TRAINING, VALIDATION, Figure, faded, packed
from model.probes.normalising import Spread

CHANGES_HEIGHT = 230  # px
SPREADS_HEIGHT = 216
CHANNELS_HEIGHT = 230
RECORD_HEIGHT = 270
VERDICTS_HEIGHT = 280
MEANS_HEIGHT = 250
LEFT, RIGHT = (0.0, 0.47), (0.53, 1.0)  # two panels beside each other
BEFORE, AFTER = RUNS[0], VALIDATION


def changes(names: Sequence[str], shares: Iterable[float]) -> Figure:
    """How much each stage changes, as bars; the first is the uppermost.

    Args:
        names: of the stages.
        shares: 0 for no change.
    """
    values = list(shares)
    least = int(np.argmin(values))
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": list(names),
        "x": packed(values),
        "text": [f"{value:.0%}" for value in values],
        "textposition": "auto",
        "marker": {"color": [VALIDATION if i == least else QUIET for i in range(len(values))]},
        "hoverinfo": "skip",
    }
    return {
        "data": [bars],
        "layout": figure.layout(
            CHANGES_HEIGHT,
            uirevision="changes",
            showlegend=False,
            hovermode=False,
            margin={"l": 150, "r": 10, "t": 28, "b": 30},
            annotations=[figure.heading("How much it changes", 1.0)],
            xaxis=figure.axis(range=[0, max(*values, 0.01) * 1.08], tickformat=".0%", nticks=5),
            yaxis=figure.axis(autorange="reversed", showgrid=False),
        ),
    }


def spreads(
    before: Spread, after: Spread, channel: int, marks: tuple[Sequence[float], Sequence[float]]
) -> Figure:
    """One channel's values before and after normalisation, over a batch.

    Args:
        before: of all channels, as they come in.
        after: as they go out.
        channel: which is shown.
        marks: for either panel a mean, and the ends of one spread to each side.
    """
    panels = (("x", "y", before, BEFORE, "before"), ("x2", "y2", after, AFTER, "after"))
    data = [_steps(spread, channel, colour, name, x, y) for x, y, spread, colour, name in panels]
    lines = [
        _upright(place, INK, "dot" if number else "solid", axis)
        for axis, places in zip(("x", "x2"), marks, strict=True)
        for number, place in enumerate(places)
    ]
    shared = {"showgrid": False, "nticks": 6}
    hidden = {"showticklabels": False, "rangemode": "tozero", "showgrid": False}
    return {
        "data": data,
        "layout": figure.layout(
            SPREADS_HEIGHT,
            uirevision=f"spreads {channel}",
            showlegend=False,
            margin={"l": 12, "r": 12, "t": 34, "b": 26},
            shapes=lines,
            annotations=[
                figure.heading("Before", 1.0),
                figure.heading("After", 1.0) | {"x": RIGHT[0]},
            ],
            xaxis=figure.axis(domain=LEFT, **shared),
            xaxis2=figure.axis(domain=RIGHT, anchor="y2", **shared),
            yaxis=figure.axis(**hidden),
            yaxis2=figure.axis(anchor="x2", **hidden),
        ),
    }


def _steps(spread: Spread, channel: int, colour: str, name: str, x: str, y: str) -> dict[str, Any]:
    """A histogram as one stepped line over filled ground."""
    edges, counts = spread.edges[channel], spread.counts[channel]
    middles = (edges[1:] + edges[:-1]) / 2
    order = np.argsort(middles, kind="stable")
    return figure.line(
        packed(middles[order]),
        packed(np.sqrt(counts[order] / counts.sum())),  # else one tall bar hides all others
        name,
        colour,
        line={"shape": "hvh", "width": 2},
        fill="tozeroy",
        fillcolor=faded(colour, 0.25),
        xaxis=x,
        yaxis=y,
        customdata=[f"{share:.2%}" for share in counts[order] / counts.sum()],
        hovertemplate="%{x:.3g}: %{customdata} of the values<extra></extra>",
    )


def channels(
    before: tuple[np.ndarray, np.ndarray], after: tuple[np.ndarray, np.ndarray], chosen: int, names: str
) -> Figure:
    """Of every channel the mean, with a bar of one deviation to each side, before and after.

    Args:
        before: means and deviations, (channels,) each.
        after: likewise.
        chosen: the channel that is looked at.
        names: what stands on the axis, such as "channel".
    """
    places = np.arange(len(before[0]))
    data = []
    for (mean, deviation), colour, name, y in (
        (before, BEFORE, "before", "y"),
        (after, AFTER, "after", "y2"),
    ):
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": packed(places),
                "y": packed(mean),
                "yaxis": y,
                "marker": {"size": 6, "color": colour},
                "error_y": {
                    "type": "data",
                    "array": packed(deviation),
                    "color": faded(colour, 0.7),
                    "thickness": 1.5,
                    "width": 0,
                },
                "hovertemplate": "%{y:.3g}",
            }
        )
    return {
        "data": data,
        "layout": figure.layout(
            CHANNELS_HEIGHT,
            uirevision=f"channels {len(places)}",
            showlegend=False,
            shapes=[_upright(chosen, INK, "dot", "x")],
            annotations=[figure.heading("Before", 1.0), figure.heading("After", 0.44)],
            xaxis=figure.axis(title=_title(names), anchor="y2", nticks=12, showgrid=False),
            yaxis=figure.axis(domain=(0.56, 1.0), nticks=4),
            yaxis2=figure.axis(domain=(0.0, 0.44), nticks=4),
        ),
    }


def against_record(
    record: tuple[np.ndarray, np.ndarray], batch: tuple[np.ndarray, np.ndarray], names: str
) -> Figure:
    """The batch's statistics against the recorded ones: a dot for each channel, on the line where they agree.

    Args:
        record: means and deviations, (channels,) each.
        batch: likewise.
        names: what a dot is, such as "channel".
    """
    data, axes = [], {}
    headings = []
    panels = zip(("", "2"), record, batch, ("mean", "spread"), (LEFT, RIGHT), strict=True)
    for number, kept, own, title, domain in panels:
        low, high = float(min(kept.min(), own.min())), float(max(kept.max(), own.max()))
        room = 0.08 * ((high - low) or 1)
        ends = [low - room, high + room]
        place = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        data.append(
            figure.line(
                ends, ends, "equal", QUIET, line={"width": 1.5, "dash": "dot"}, hoverinfo="skip", **place
            )
        )
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": packed(kept),
                "y": packed(own),
                "text": [f"{names} {channel}" for channel in range(len(kept))],
                "marker": {"size": 8, "color": faded(TRAINING, 0.75)},
                "hovertemplate": "%{text}: on record %{x:.3g}, in this batch %{y:.3g}<extra></extra>",
                **place,
            }
        )
        axes[f"xaxis{number}"] = figure.axis(
            domain=domain,
            anchor=f"y{number}",
            range=ends,
            nticks=5,
            title=_title("on record"),
        )
        axes[f"yaxis{number}"] = figure.axis(anchor=f"x{number}", range=ends, nticks=5)
        headings.append(figure.heading(f"{title.capitalize()} in this batch", 1.0) | {"x": domain[0]})
    return {
        "data": data,
        "layout": figure.layout(
            RECORD_HEIGHT,
            uirevision="against record",
            showlegend=False,
            hovermode="closest",
            annotations=headings,
            **axes,
        ),
    }


def verdicts(counts: Sequence[int], shares: np.ndarray, read: int, plain: float) -> Figure:
    """What is read under many masks, and how sure each time.

    Args:
        counts: of each of the ten digits, under how many masks it is read.
        shares: (masks,), the probability of ``read`` under each.
        read: what is read without masks.
        plain: its probability then.
    """
    bars = {
        "type": "bar",
        "x": list(range(10)),
        "y": list(counts),
        "text": [str(count) if count else "" for count in counts],
        "marker": {"color": [VALIDATION if digit == read else TRAINING for digit in range(10)]},
        "hovertemplate": "%{x}: under %{y} masks<extra></extra>",
    }
    # a dot for each mask, beside each other where they would cover one another
    order = np.sort(shares)
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": packed(order),
        "y": packed(_stacked(order)),
        "xaxis": "x2",
        "yaxis": "y2",
        "marker": {"size": 8, "color": faded(VALIDATION, 0.65)},
        "hovertemplate": "%{x:.1%}<extra></extra>",
    }
    return {
        "data": [bars, dots],
        "layout": figure.layout(
            VERDICTS_HEIGHT,
            uirevision="verdicts",
            showlegend=False,
            hovermode="closest",
            margin={"l": 40, "r": 14, "t": 32, "b": 42},
            shapes=[_upright(plain, INK, "dot", "x2")],
            annotations=[
                figure.heading("Masks by verdict", 1.0),
                figure.heading(f"Probability of {read}", 1.0) | {"x": RIGHT[0]},
            ],
            xaxis=figure.axis(domain=LEFT, tickvals=list(range(10)), showgrid=False),
            xaxis2=figure.axis(domain=RIGHT, anchor="y2", range=[-0.03, 1.03], tickformat=".0%", nticks=5),
            yaxis=figure.axis(nticks=4),
            yaxis2=figure.axis(anchor="x2", showticklabels=False, showgrid=False, rangemode="tozero"),
        ),
    }


def _stacked(order: np.ndarray, width: float = 0.02) -> np.ndarray:
    """Heights for dots on a line, each above those that lie within its bin."""
    bins = np.floor(order / width)
    heights = np.zeros(len(order))
    for place in range(1, len(order)):
        heights[place] = heights[place - 1] + 1 if bins[place] == bins[place - 1] else 0
    return heights + 0.5


def means(scaled: np.ndarray, plain: np.ndarray, without: float) -> Figure:
    """The mean of a layer's values, over more and more masks: it comes to rest where no mask would leave it.

    Args:
        scaled: (masks,), with the scale.
        plain: (masks,), without it.
        without: the mean without any mask.
    """
    x = packed(np.arange(1, len(scaled) + 1), "i4")
    named = {"hovertemplate": "%{y:.4g}"}
    return {
        "data": [
            figure.line(x, packed(scaled), "scaled, as it is done", VALIDATION, **named),
            figure.line(x, packed(plain), "not scaled", TRAINING, line={"dash": "dash"}, **named),
        ],
        "layout": figure.layout(
            MEANS_HEIGHT,
            uirevision="means",
            shapes=[
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": without,
                    "y1": without,
                    "line": {"color": INK, "width": 1.5, "dash": "dot"},
                }
            ],
            annotations=[
                {
                    "text": "no mask",
                    "xref": "paper",
                    "x": 1,
                    "xanchor": "right",
                    "y": without,
                    "yanchor": "bottom",
                    "showarrow": False,
                }
            ],
            xaxis=figure.axis(title=_title("masks so far"), nticks=8, showgrid=False),
            yaxis=figure.axis(nticks=5),
        ),
    }


def _title(text: str) -> dict[str, Any]:
    """An axis's name, no larger than its numbers."""
    return {"text": text, "standoff": 4, "font": {"size": figure.LEAST_FONT}}


def _upright(place: float, colour: str, dash: str, axis: str) -> dict[str, Any]:
    """A vertical line through one panel."""
    return {
        "type": "line",
        "xref": axis,
        "x0": place,
        "x1": place,
        "yref": f"{axis.replace('x', 'y')} domain",
        "y0": 0,
        "y1": 1,
        "line": {"color": colour, "width": 1.5, "dash": dash},
    }
