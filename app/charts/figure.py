"""What all figures share: colours by meaning, compact numbers, axes, lines."""

import base64
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from model.seeds import spread

Figure = dict[str, Any]

# Names in assets/style/training.css, which has a shade for either theme. One meaning, one colour.
TRAINING = "--lab-training"
VALIDATION = "--lab-validation"
RATE = "--lab-rate"
GUESS = "--lab-guess"
INK = "--lab-ink"
QUIET = "--lab-quiet-ink"
GRID = "--lab-grid"
PAPER = "--lab-paper"
CLEAR = "rgba(0,0,0,0)"
RUNS = tuple(f"--lab-run-{number}" for number in range(1, 9))
# A second sign beside the colour, for who can't tell it.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")

LEAST_FONT = 14  # px: legible from the last row


def faded(colour: str, share: float) -> str:
    """A colour by its meaning, let through to a share of its strength."""
    return f"{colour}/{share:g}"


def packed(values: Iterable[float | None], kind: str = "f4", columns: int = 1) -> dict[str, str]:
    """Numbers as plotly.js reads them most compactly: their bytes, in base64; None becomes a gap.

    Args:
        values: any number of them.
        kind: NumPy's and Plotly's name of their type: "f4" keeps seven digits in four bytes.
        columns: how many belong together, row by row.
    """
    array = np.array([np.nan if value is None else value for value in values], dtype=f"<{kind}")
    content = {"dtype": kind, "bdata": base64.b64encode(array.tobytes()).decode()}
    return content if columns == 1 else content | {"shape": f"{len(array) // columns}, {columns}"}


def thinned(count: int, most: int, keep: Sequence[int] = ()) -> list[int]:
    """Which of many places to draw: evenly spread, first and last among them, and those worth keeping.

    Args:
        count: how many there are.
        most: how many may be drawn, at least 2, besides those to keep.
        keep: places to draw in any case.
    """
    if count <= most:
        return list(range(count))
    even = {round(place) for place in np.linspace(0, count - 1, most)}
    return sorted(even.union(place for place in keep if 0 <= place < count))


def axis(**settings: object) -> dict[str, Any]:
    """An axis in the lab's style: faint grid, no frame."""
    return {
        "gridcolor": GRID,
        "zeroline": False,
        "tickfont": {"color": QUIET, "size": LEAST_FONT},
        **settings,
    }


def factor_axis(low: float, high: float, most_marks: int = 4) -> dict[str, Any]:
    """A logarithmic axis, on which multiplying is a step of one length: marked by 1, 2 and 5, or by tens.

    Args:
        low: its lower end, above 0.
        high: its upper end.
        most_marks: numbers beside it.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        marks = [
            step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high
        ]
        if len(marks) <= most_marks:
            break
    else:
        marks = marks[:: -(-len(marks) // most_marks)]
    return {
        "type": "log",
        "range": [math.log10(low), math.log10(high)],
        "tickvals": marks,
        "ticktext": [f"{mark:g}" for mark in marks],
    }


def layout(height: int, **settings: object) -> dict[str, Any]:
    """A figure's layout in the lab's style.

    Args:
        height: px; fixed, so that nothing below it ever moves.
        settings: what this figure has besides.
    """
    return {
        "height": height,
        "margin": {"l": 58, "r": 14, "t": 32, "b": 42},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"color": INK, "size": LEAST_FONT},
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": GRID, "font": {"color": INK, "size": LEAST_FONT}},
        "legend": {
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1.0,
            "yanchor": "bottom",
            "traceorder": "normal",
        },
        **settings,
    }


def line(x: object, y: object, name: str, colour: str, **settings: Any) -> dict[str, Any]:  # noqa: ANN401
    """A line of points, as Plotly's scatter takes it; `line` among the settings adds to the pen."""
    pen = {"color": colour, "width": 2.5} | settings.pop("line", {})
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": pen, **settings}


def banded(
    x: object,
    mean: np.ndarray,
    ends: tuple[np.ndarray, np.ndarray] | None,
    name: str,
    colour: str,
    **settings: Any,  # noqa: ANN401
) -> list[dict[str, Any]]:
    """A line in a band of its colour.

    Args:
        x: as `line` takes it.
        mean: the line's values.
        ends: the band's lower and upper edge; None for no band.
        name: in the legend.
        colour: by its meaning.
        settings: what the line has besides; its legend group is the band's, too.
    """
    drawn = line(x, packed(mean), name, colour, **settings)
    if ends is None:
        return [drawn]
    edge = {"hoverinfo": "skip", "showlegend": False, "line": {"width": 0}}
    edge |= {key: value for key, value in settings.items() if key == "legendgroup"}
    band = {"fill": "tonexty", "fillcolor": faded(colour, 0.22)}
    low, high = (line(x, packed(end), name, colour, **edge) for end in ends)
    return [high, low | band, drawn]


def seed_dots(name: str, row: str, values: Sequence[float], colour: str) -> list[dict[str, Any]]:
    """A dot in a row for each seed, and an upright for their mean where there are several."""
    marks = {"type": "scatter", "mode": "markers"}
    dots = {"size": 11, "color": colour, "opacity": 0.75}
    found = [
        marks
        | {"name": name, "x": list(values), "y": [row] * len(values), "marker": dots}
        | {"hovertemplate": "%{x:.2%}<extra></extra>"}
    ]
    if len(values) > 1:
        upright = {"symbol": "line-ns", "size": 24, "line": {"width": 3, "color": colour}}
        mean = {"name": f"{name}, mean", "x": [spread(values)[0]], "y": [row], "marker": upright}
        found.append(marks | mean | {"hovertemplate": "mean %{x:.2%}<extra></extra>"})
    return found


def rows_axis(names: Sequence[str]) -> dict[str, Any]:
    """A vertical axis of named rows, the first at the top."""
    return axis(
        type="category",
        automargin=True,
        categoryorder="array",
        categoryarray=list(names)[::-1],
        range=[-0.6, len(names) - 0.3],
        showgrid=False,
        fixedrange=True,
    )


def title(text: str) -> dict[str, Any]:
    """A quiet name of an axis."""
    return {"text": text, "standoff": 6, "font": {"size": LEAST_FONT, "color": QUIET}}


def ends_of(strengths: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """The ends of an axis of strengths: half a step beyond both, as pictures in a row need."""
    half = float(strengths[-1] - strengths[0]) / max(1, len(strengths) - 1) / 2
    return float(strengths[0]) - half, float(strengths[-1]) + half


def heading(text: str, top: float) -> dict[str, Any]:
    """A panel's name, at the left above it; `top`: the panel's upper end, share of the figure."""
    return {
        "text": f"<b>{text}</b>",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": top,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": 3,
        "showarrow": False,
        "font": {"size": 15},
        "bgcolor": PAPER,  # over the lines that go through all panels
    }


def uprights(places: Sequence[float]) -> list[dict[str, Any]]:
    """Vertical lines through all panels, where the rate was dropped, as one shape."""
    path = "".join(f"M{place:g},0V1" for place in places)
    pen = {"color": RATE, "width": 1.5, "dash": "dot"}
    shape = {"type": "path", "path": path, "yref": "paper", "layer": "below", "line": pen}
    return [shape] if path else []
