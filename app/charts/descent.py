"""The loss after one step of gradient descent, against the step's rate."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.charts import figure
from app.charts.figure import INK, QUIET, RATE, Figure, packed

HEIGHT = 250
LEAST_TOP = 2.5  # of the loss's axis: somewhat over that of a blind guess among ten, ln 10
ROOM = 1.6  # times the loss before the step, at least, so that a rise is seen to be one
STYLES = ((INK, "solid"), (QUIET, "dash"))


def losses_by_rate(rates: Sequence[float], lines: Mapping[str, np.ndarray], rate: float) -> Figure:
    """The chart.

    Args:
        rates: above 0, rising.
        lines: for each name the losses: without a step first, then at each rate; NaN where the numbers
            grew too large.
        rate: the one that is chosen; marked.
    """
    before = max(float(losses[0]) for losses in lines.values())
    top = max(LEAST_TOP, ROOM * before)
    data = []
    shapes = [
        {
            "type": "line",
            "x0": rate,
            "x1": rate,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "line": {"color": RATE, "width": 2},
        }
    ]
    for (name, losses), (colour, dash) in zip(lines.items(), STYLES, strict=False):
        y = packed([float(each) if np.isfinite(each) else None for each in losses[1:]])
        data.append(
            figure.line(packed(rates), y, name, colour, line={"dash": dash}, hovertemplate="%{y:.3g}")
        )
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": float(losses[0]),
                "y1": float(losses[0]),
                "line": {"color": colour, "width": 1, "dash": "dot"},
            }
        )
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            showlegend=len(lines) > 1,
            shapes=shapes,
            margin={"l": 44, "r": 10, "t": 30, "b": 44},
            xaxis=figure.axis(title={"text": "rate"}, **figure.factor_axis(rates[0], rates[-1], 6)),
            yaxis=figure.axis(range=[0, top], title={"text": "loss"}, fixedrange=True),
        ),
    }
