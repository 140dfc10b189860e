"""Figures of sweeps: what a network makes of transformed digits, strength by strength."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.charts import figure
from app.charts.figure import DASHES, INK, PAPER, QUIET, RUNS, Figure, faded, packed
from model.augmentation.transformations import Transformation
from model.sweeps import DigitSweep, Safety

# In assets/style/sweep.css. The same digit always has the same colour.
CLASSES = tuple(f"--lab-class-{digit}" for digit in range(10))
HEIGHT = 300
BARS_HEIGHT = 380
# The same beside the curves as where the page puts the strip of pictures over them.
MARGIN = {"l": 48, "r": 6, "t": 22, "b": 44}
LEAST = 0.05  # a curve that never comes so high is drawn thin and grey, without a name
NAMED = 0.3  # from here on a curve gets its digit written at its peak
ROOM = 0.045  # of the width: what the name of a verdict needs
DEGREE_STEPS = (5, 10, 15, 30, 45, 60, 90)


def digit_sweep(sweep: DigitSweep, shown: Transformation, guess: float | None = None) -> Figure:
    """The ten probabilities of one digit against a transformation's strength.

    The field behind them has the colour of what is read; a line stands where that changes.

    Args:
        sweep: what was read.
        shown: the transformation.
        guess: the strength that a person had guessed; None for none.
    """
    low, high = figure.ends_of(sweep.strengths)
    said = [shown.show(float(strength)) for strength in sweep.strengths]
    x = packed(sweep.strengths)
    data: list[dict[str, Any]] = [
        # first in the hover's list: the strength and what is read there
        figure.line(
            x,
            packed(sweep.probabilities.max(axis=1)),
            "",
            figure.CLEAR,
            customdata=[
                f"{text}: reads {verdict}" for text, verdict in zip(said, sweep.verdicts, strict=True)
            ],
            hovertemplate="<b>%{customdata}</b><extra></extra>",
        )
    ]
    for digit in np.argsort(-sweep.probabilities.max(axis=0), kind="stable"):
        column = sweep.probabilities[:, digit]
        is_seen = column.max() >= LEAST
        colour = CLASSES[digit] if is_seen else figure.GRID
        pen = {"width": 2.5 if is_seen else 1, "dash": DASHES[digit % 4] if is_seen else "solid"}
        hover = {"hovertemplate": "%{y:.1%}"} if is_seen else {"hoverinfo": "skip"}
        data.append(figure.line(x, packed(column), str(digit), colour, line=pen, **hover))
    shapes, notes = _verdicts(sweep, low, high)
    if guess is not None:
        shapes.append(_upright(guess, figure.GUESS, "dot"))
        notes.append(_note(guess, 0.5, "your guess", INK))
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision=f"{sweep.name}",
            margin=MARGIN,
            showlegend=False,
            shapes=shapes,
            annotations=notes + _names(sweep),
            xaxis=_strength_axis(sweep.strengths, shown, low, high),
            yaxis=figure.axis(range=[0, 1.08], tickvals=[0, 0.5, 1], tickformat=".0%", fixedrange=True),
        ),
    }


def digit_sweep_alt(sweep: DigitSweep, shown: Transformation) -> str:
    """What that figure shows, in words."""
    stretches = _stretches(sweep)
    said = [shown.show(float(strength)) for strength in sweep.strengths]
    told = "; ".join(f"{said[first]} to {said[last]}: {verdict}" for first, last, verdict in stretches)
    return f"The ten probabilities against {shown.title.lower()}. What is read: {told}."


def _stretches(sweep: DigitSweep) -> list[tuple[int, int, int]]:
    """First place, last place and verdict of every stretch with one verdict."""
    bounds = [0, *sweep.changes, len(sweep.strengths)]
    return [(first, end - 1, int(sweep.verdicts[first])) for first, end in itertools.pairwise(bounds)]


def _verdicts(
    sweep: DigitSweep, low: float, high: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    shapes, notes = [], []
    stretches = _stretches(sweep)
    for first, last, verdict in stretches:
        start = low if first == 0 else float(sweep.strengths[first - 1] + sweep.strengths[first]) / 2
        end = (
            high
            if last == len(sweep.strengths) - 1
            else float(sweep.strengths[last] + sweep.strengths[last + 1]) / 2
        )
        colour = faded(CLASSES[verdict], 0.16)
        shapes.append(
            {
                "type": "rect",
                "x0": start,
                "x1": end,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "layer": "below",
                "line": {"width": 0},
                "fillcolor": colour,
            }
        )
        if first:
            shapes.append(_upright(start, INK, "solid"))
        if (end - start) / (high - low) >= ROOM:
            notes.append(_note((start + end) / 2, 1, f"<b>{verdict}</b>", CLASSES[verdict], size=16))
    return shapes, notes


def _names(sweep: DigitSweep) -> list[dict[str, Any]]:
    """The digit beside the peak of its curve, where it stays below the verdicts' height."""
    found = []
    for digit in range(10):
        column = sweep.probabilities[:, digit]
        if column.max() >= NAMED and digit not in sweep.verdicts:
            place = int(column.argmax())
            found.append(
                {
                    "x": float(sweep.strengths[place]),
                    "y": float(column[place]),
                    "text": str(digit),
                    "yshift": 10,
                    "showarrow": False,
                    "font": {"size": 15, "color": CLASSES[digit]},
                }
            )
    return found


@dataclass(frozen=True, eq=False)
class Line:
    """One line of accuracies, with a band where there are several seeds.

    Attributes:
        name: in the legend.
        strengths: (s,).
        accuracies: (seeds, s), 0 to 1; not a number where not measured yet.
    """

    name: str
    strengths: np.ndarray
    accuracies: np.ndarray


def accuracies(lines: Sequence[Line], shown: Transformation, learned: float | None, revision: str) -> Figure:
    """Accuracy against strength: the mean over seeds, and a band from the worst seed to the best.

    Args:
        lines: at most as many as there are colours.
        shown: the transformation.
        learned: up to which strength, either way, a training showed it; None for not at all.
        revision: what the zoom belongs to.
    """
    data: list[dict[str, Any]] = []
    for place, line in enumerate(lines):
        values = line.accuracies
        data += figure.banded(
            packed(line.strengths),
            values.mean(axis=0),
            (values.min(axis=0), values.max(axis=0)) if len(values) > 1 else None,
            line.name,
            RUNS[place],
            mode="lines+markers",
            marker={"size": 7},
            line={"dash": DASHES[place]},
            hovertemplate="%{y:.1%}",
        )
    low, high = figure.ends_of(lines[0].strengths)
    shapes, notes = [], []
    if learned:
        ends = [end for end in (-learned, learned) if low <= end <= high]
        shapes = [_upright(end, QUIET, "dot") for end in ends]
        notes = [_note(ends[-1], 0, "learned with", QUIET, xanchor="left", xshift=4)]
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision=revision,
            margin={**MARGIN, "t": 34},
            shapes=shapes,
            annotations=notes,
            xaxis=_strength_axis(lines[0].strengths, shown, low, high),
            yaxis=figure.axis(range=[0, 1.04], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%"),
        ),
    }


def accuracies_alt(lines: Sequence[Line], shown: Transformation) -> str:
    """What that figure shows, in words."""
    said = [f"Accuracy against {shown.title.lower()}."]
    for line in lines:
        mean = line.accuracies.mean(axis=0)
        if np.isnan(mean).all():
            continue
        worst, best = int(np.nanargmin(mean)), int(np.nanargmax(mean))
        said.append(
            f"{line.name}: {mean[best]:.1%} at {shown.show(float(line.strengths[best]))}, "
            f"{mean[worst]:.1%} at {shown.show(float(line.strengths[worst]))}."
        )
    return " ".join(said)


def hurts(titles: Sequence[str], falls: Mapping[str, Sequence[float]]) -> Figure:
    """How much accuracy each transformation costs, as bars; the first is the highest.

    Args:
        titles: what the transformations are called.
        falls: of each line, by its name, percentage points lost by each.
    """
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": list(titles),
            "x": [round(value, 2) for value in values],
            "marker": {"color": RUNS[place]},
            "hovertemplate": "%{x:.1f} points",
        }
        for place, (name, values) in enumerate(falls.items())
    ]
    return {
        "data": data,
        "layout": figure.layout(
            BARS_HEIGHT,
            uirevision="hurts",
            barmode="group",
            bargap=0.3,
            hovermode="y unified",
            margin={"l": 120, "r": 10, "t": 34, "b": 44},
            yaxis=figure.axis(autorange="reversed", fixedrange=True, automargin=True),
            xaxis=figure.axis(
                title=figure.title("Percentage points of accuracy lost"), rangemode="tozero", fixedrange=True
            ),
        ),
    }


def breaks(
    safety: Safety, shown: Transformation, chosen: tuple[float, float] | None, names: Sequence[str]
) -> Figure:
    """Of each digit at each strength, the share that is confidently read as another, as a map.

    Args:
        safety: what was found.
        shown: the transformation.
        chosen: the range that the recipe's augmentation draws from; None for none.
        names: of the ten classes.
    """
    shares = safety.shares()
    strengths = np.array(safety.strengths)
    low, high = figure.ends_of(strengths)
    said = [[shown.show(float(strength)) for strength in strengths]] * 10
    cells = {
        "type": "heatmap",
        "x": packed(strengths),
        "y": list(names),
        "z": [[round(float(share), 4) for share in row] for row in shares],
        "zmin": 0,
        "zmax": 1,
        "colorscale": "Cividis",
        "customdata": said,
        "hovertemplate": "%{customdata}: %{z:.0%} of class %{y} read as another<extra></extra>",
        "ygap": 1,
        "colorbar": {
            "orientation": "h",
            "x": 0.96,
            "xanchor": "right",
            "y": 1,
            "yanchor": "bottom",
            "ypad": 2,
            "len": 0.4,
            "tickformat": ".0%",
            "tickvals": [0, 0.5, 1],
            "ticklabelposition": "outside top",
            "thickness": 8,
            "outlinewidth": 0,
            "tickfont": {"color": QUIET, "size": figure.LEAST_FONT},
        },
    }
    ends = [] if chosen is None else [end for end in dict.fromkeys(chosen) if end and low < end < high]
    return {
        "data": [cells],
        "layout": figure.layout(
            HEIGHT,
            uirevision=safety.name,
            hovermode="closest",
            showlegend=False,
            margin={**MARGIN, "t": 46},
            annotations=[figure.heading("Read as another digit", 1)],
            shapes=[{**_upright(end, PAPER, "dash"), "layer": "above"} for end in ends],
            xaxis=_strength_axis(strengths, shown, low, high),
            yaxis=figure.axis(type="category", dtick=1, fixedrange=True, showgrid=False, automargin=True),
        ),
    }


def breaks_alt(safety: Safety, shown: Transformation, names: Sequence[str]) -> str:
    """What that figure shows, in words."""
    shares = safety.shares()
    digit, place = np.unravel_index(int(shares.argmax()), shares.shape)
    most = f"{shares[digit, place]:.0%} of class {names[int(digit)]} at {shown.show(safety.strengths[place])}"
    what = "How many of each digit are confidently read as another"
    return f"{what}, against {shown.title.lower()}; most: {most}."


def _strength_axis(strengths: np.ndarray, shown: Transformation, low: float, high: float) -> dict[str, Any]:
    marks = _marks(float(strengths[0]), float(strengths[-1]), shown.unit == "°")
    return figure.axis(
        range=[low, high],
        tickvals=marks,
        ticktext=[shown.show(mark) for mark in marks],
        hoverformat=" ",
        tickangle=0,
        title=figure.title(shown.title),
    )


def _marks(low: float, high: float, degrees: bool, most: int = 9) -> list[float]:
    """Round numbers on an axis."""
    least = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(least))
    steps = DEGREE_STEPS if degrees else [step * power for step in (1, 2, 2.5, 5, 10)]
    step = next((step for step in steps if step >= least - 1e-9), steps[-1])
    return [
        round(step * place, 9)
        for place in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    ]


def _upright(x: float, colour: str, dash: str) -> dict[str, Any]:
    pen = {"color": colour, "width": 1.5, "dash": dash}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": pen}


def _note(x: float, y: float, text: str, colour: str, size: int = 14, **more: object) -> dict[str, Any]:
    note = {"x": x, "y": y, "yref": "paper", "yanchor": "bottom", "text": text, "showarrow": False}
    return note | {"font": {"size": size, "color": colour}} | more
