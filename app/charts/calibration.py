"""The reliability diagram: how sure a network says that it is, against how often it is right."""

from collections.abc import Sequence
from typing import Any

from app.charts import figure
from app.charts.figure import CLEAR, INK, QUIET, RUNS, Figure
from model.evaluation.calibration import Reliability

HEIGHT = 430  # px
RIGHT, COUNTS = (0.36, 1.0), (0.0, 0.22)  # the panels' places
EDGE = 0.03  # of the axes, so that a point in a corner is whole

Named = tuple[str, Reliability]  # whose readings they are, in a few words


def diagram(found: Sequence[Named]) -> Figure:
    """Confidence against the share that is right, bin by bin, over how many readings each bin holds.

    Args:
        found: at most as many as there are colours; none for the empty field, to guess in.
    """
    data: list[dict[str, Any]] = []
    for place, (name, bins) in enumerate(found):
        data += [_shares(name, bins, place), _counts(name, bins, place, len(found))]
    most = max((int(bins.counts.max()) for _, bins in found), default=10_000)
    return {
        "data": data or [_nothing("y"), _nothing("y2")],
        "layout": figure.layout(
            HEIGHT,
            uirevision="reliability",
            hovermode="closest",
            showlegend=len(found) > 1,
            bargap=0.25,
            margin={"l": 58, "r": 14, "t": 34, "b": 46},
            shapes=[_diagonal()],
            annotations=[
                figure.heading("Share read right", RIGHT[1]),
                figure.heading("Digits, of each confidence", COUNTS[1]),
                _corner("not sure enough", 0.02, 0.93, "left"),
                _corner("too sure", 0.98, 0.04, "right"),
            ],
            xaxis=figure.axis(
                range=[-EDGE, 1 + EDGE],
                tickformat=".0%",
                nticks=6,
                anchor="y2",
                fixedrange=True,
                title={"text": "how sure it says it is", "standoff": 4, "font": {"size": figure.LEAST_FONT}},
            ),
            yaxis=figure.axis(
                domain=RIGHT, range=[-EDGE, 1 + EDGE], tickformat=".0%", nticks=6, fixedrange=True
            ),
            yaxis2=figure.axis(domain=COUNTS, fixedrange=True, **figure.factor_axis(0.7, most * 1.6, 5)),
        ),
    }


def diagram_alt(found: Sequence[Named]) -> str:
    """What the diagram shows, in words: each bin that holds anything."""
    said = ["How sure the network says it is, against the share that it reads right."]
    for name, bins in found:
        told = [
            f"of {count:,} said with {confidence:.0%} on average {share:.0%} are right"
            for count, confidence, share in _filled(bins)
        ]
        said.append(f"{name}: {'; '.join(told)}.")
    return " ".join(said)


def _filled(bins: Reliability) -> list[tuple[int, float, float]]:
    """Count, mean confidence and share right of each bin that isn't empty."""
    table = zip(bins.counts.tolist(), bins.confidences.tolist(), bins.accuracies.tolist(), strict=True)
    return [row for row in table if row[0]]


def _shares(name: str, bins: Reliability, place: int) -> dict[str, Any]:
    rows = _filled(bins)
    ends = [end for end, count in zip(bins.intervals_95, bins.counts.tolist(), strict=True) if count]
    shares = [share for *_, share in rows]
    colour = RUNS[place]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [confidence for _, confidence, _ in rows],
        "y": shares,
        "marker": {"color": colour, "size": 9, "symbol": ("circle", "diamond")[place % 2]},
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, high - share) for (_, high), share in zip(ends, shares, strict=True)],
            "arrayminus": [max(0.0, share - low) for (low, _), share in zip(ends, shares, strict=True)],
            "color": colour,
            "thickness": 1.5,
            "width": 5,
        },
        "customdata": [
            [f"{count:,}", f"{low:.1%}", f"{high:.1%}"]
            for (count, *_), (low, high) in zip(rows, ends, strict=True)
        ],
        "hovertemplate": (
            "%{customdata[0]} digits, %{x:.1%} sure on average<br><b>%{y:.1%} right</b><br>"
            "95% interval %{customdata[1]} to %{customdata[2]}"
        ),
    }


def _counts(name: str, bins: Reliability, place: int, of: int) -> dict[str, Any]:
    middles = (bins.edges[:-1] + bins.edges[1:]) / 2
    return {
        "type": "bar",
        "name": name,
        "x": [float(middle) for middle in middles],
        "y": [count or None for count in bins.counts.tolist()],  # a logarithmic axis has no 0
        "width": float(bins.edges[1] - bins.edges[0]) * 0.8 / of,
        "offsetgroup": str(place),
        "marker": {"color": RUNS[place]},
        "yaxis": "y2",
        "showlegend": False,
        "hovertemplate": "%{y:,} digits",
    }


def _nothing(yaxis: str) -> dict[str, Any]:
    """Nothing, but it makes a panel stand."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "",
        "x": [0.5, 0.5],
        "y": [1, 1],
        "yaxis": yaxis,
        "marker": {"color": CLEAR},
        "hoverinfo": "skip",
    }


def _diagonal() -> dict[str, Any]:
    pen = {"color": INK, "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1, "layer": "below", "line": pen}


def _corner(text: str, x: float, y: float, anchor: str) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "xanchor": anchor,
        "showarrow": False,
        "font": {"color": QUIET, "size": 15},
    }
