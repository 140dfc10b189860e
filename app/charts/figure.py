"""What all figures share: colours by meaning, compact numbers, axes, lines."""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Figure = dict[str, Any]

# Names in assets/style/training.css, which has a shade for either theme. One meaning, one colour.
TRAINING = "--lab-training"
VALIDATION = "--lab-validation"
RATE = "--lab-rate"
GUESS = "--lab-guess"
INK = "--lab-ink"
QUIET = "--lab-quiet-ink"
LINE = "--lab-grid"
CLEAR = "rgba(0,0,0,0)"
RUNS = tuple(f"--lab-run-{number}" for number in range(1, 9))
# A second sign beside the colour, for who can't tell it.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid", "dash")

LEAST_FONT = 14  # px: legible from the last row


def faded(colour: str, share: float) -> str:
    """A colour by its meaning, let through to a share of its strength."""
    return f"{colour}/{share:g}"


def packed(values: Iterable[float | None], kind: str = "f4") -> dict[str, str]:
    """Numbers as plotly.js reads them most compactly: their bytes, in base64; None becomes a gap.

    Args:
        values: any number of them.
        kind: NumPy's and Plotly's name of their type: "f4" keeps seven digits in four bytes.
    """
    array = np.array([np.nan if value is None else value for value in values], dtype=f"<{kind}")
    return {"dtype": kind, "bdata": base64.b64encode(array.tobytes()).decode()}


def thinned(count: int, most: int, keep: Sequence[int] = ()) -> list[int]:
    """Which of many places to draw: evenly spread, first and last among them, and those worth keeping.

    Args:
        count: how many there are.
        most: how many may be drawn, at least 2.
        keep: places to draw in any case.
    """
    if count <= most:
        return list(range(count))
    even = {round(place) for place in np.linspace(0, count - 1, most)}
    return sorted(even.union(place for place in keep if 0 <= place < count))


def axis(**settings: object) -> dict[str, Any]:
    """An axis in the lab's style: faint grid, no frame."""
    return {
        "gridcolor": LINE,
        "linecolor": LINE,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "automargin": False,
        "tickfont": {"color": QUIET, "size": LEAST_FONT},
        **settings,
    }


def layout(height: int, **settings: object) -> dict[str, Any]:
    """A figure's layout in the lab's style.

    Args:
        height: px; fixed, so that nothing below it ever moves.
        settings: what this figure has besides.
    """
    return {
        "height": height,
        "margin": {"l": 62, "r": 12, "t": 30, "b": 44},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"color": INK, "size": LEAST_FONT},
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "hoverlabel": {
            "bgcolor": "--lab-paper",
            "bordercolor": LINE,
            "font": {"color": INK, "size": LEAST_FONT},
        },
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.0, "yanchor": "bottom"},
        **settings,
    }


def line(x: object, y: object, name: str, colour: str, **settings: object) -> dict[str, Any]:
    """A line of points."""
    look = {"color": colour, "width": 2.5}
    pen = settings.pop("line", {})
    assert isinstance(pen, dict)
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": look | pen, **settings}


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
        "yshift": 4,
        "showarrow": False,
        "font": {"size": 15, "color": INK},
    }


def upright(x: float, colour: str = RATE, **settings: object) -> dict[str, Any]:
    """A vertical line through all panels."""
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "layer": "below",
        "line": {"color": colour, "width": 1.5, "dash": "dash"},
        **settings,
    }
