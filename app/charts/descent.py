"""The loss: on its curve, −log p, and after one step of gradient descent, against the step's rate."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from app.charts import figure
from app.charts.figure import INK, QUIET, RATE, Figure, packed

HEIGHT = 250
CURVE_HEIGHT = 240
MOST_LOSS = 6.0  # of the curve: up to a quarter of a percent for the right digit
LEAST_LOSS = 1e-6  # less is as good as none, and a logarithmic axis has no end
STYLES = ((INK, "solid"), (QUIET, "dash"))
CHOSEN = "--lab-chosen"


def loss_curve(share: float, loss: float, said: str) -> Figure:
    """−ln p for every p, and where one digit stands on it.

    Args:
        share: what the right digit is given, 0 to 1.
        loss: −ln of it.
        said: what is written beside its point.
    """
    p = np.concatenate([np.geomspace(math.exp(-MOST_LOSS), 0.1, 40), np.linspace(0.11, 1, 90)])
    point = {
        "type": "scatter",
        "mode": "markers",
        "x": [share],
        "y": [min(loss, MOST_LOSS)],
        "marker": {"color": CHOSEN, "size": 13},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }
    note = {
        "x": share,
        "y": min(loss, MOST_LOSS),
        "text": f"<b>{said}</b>",
        "showarrow": False,
        "xanchor": "right" if share > 0.45 else "left",
        "xshift": -8 if share > 0.45 else 12,
        "yshift": 36,  # over the curve, which runs flat there
    }
    return {
        "data": [
            figure.line(
                packed(p),
                packed(-np.log(p)),
                "loss",
                QUIET,
                hovertemplate="−ln %{x:.3f} = %{y:.3f}<extra></extra>",
            ),
            point,
        ],
        "layout": figure.layout(
            CURVE_HEIGHT,
            showlegend=False,
            hovermode="closest",
            annotations=[note],
            margin={"l": 40, "r": 14, "t": 12, "b": 42},
            xaxis=figure.axis(
                range=[0, 1],
                tickformat=".0%",
                title={"text": "what the right digit is given"},
                fixedrange=True,
            ),
            yaxis=figure.axis(range=[0, MOST_LOSS], title={"text": "loss"}, fixedrange=True),
        ),
    }


def losses_by_rate(rates: Sequence[float], lines: Mapping[str, np.ndarray], rate: float) -> Figure:
    """The loss after one step.

    Args:
        rates: above 0, rising.
        lines: for each name the losses: without a step first, then at each rate; NaN where the numbers
            grew too large.
        rate: the one that is chosen; marked.
    """
    seen = np.concatenate(list(lines.values()))
    seen = np.clip(seen[np.isfinite(seen)], LEAST_LOSS, None)
    low, high = float(seen.min()) / 2, float(seen.max()) * 3
    shapes = [_straight(RATE, 2, "solid", x0=rate, x1=rate, y0=0, y1=1, yref="paper")]
    data = []
    for (name, losses), (colour, dash) in zip(lines.items(), STYLES, strict=False):
        y = [max(float(each), LEAST_LOSS) if np.isfinite(each) else None for each in losses]
        data.append(
            figure.line(
                packed(rates), packed(y[1:]), name, colour, line={"dash": dash}, hovertemplate="%{y:.2g}"
            )
        )
        if y[0] is not None:
            shapes.append(_straight(colour, 1, "dot", xref="paper", x0=0, x1=1, y0=y[0], y1=y[0]))
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            showlegend=len(lines) > 1,
            shapes=shapes,
            margin={"l": 62, "r": 10, "t": 30, "b": 44},
            xaxis=figure.axis(title={"text": "rate"}, **figure.factor_axis(rates[0], rates[-1], 6)),
            yaxis=figure.axis(title={"text": "loss"}, fixedrange=True, **figure.factor_axis(low, high, 5)),
        ),
    }


def _straight(colour: str, width: float, dash: str, **ends: object) -> dict[str, object]:
    return {"type": "line", "line": {"color": colour, "width": width, "dash": dash}, **ends}
