"""Several runs on the same axes; the same recipe over several seeds as their mean, with a band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.charts import figure
from app.charts.curves import (
    ACCURACY,
    HEIGHT,
    LOSS,
    RATES,
    accuracy_axis,
    epoch_axis,
    guess_mark,
    guessed_accuracy,
    loss_axis,
    rate_axis,
)
from app.charts.figure import DASHES, RUNS, Figure, faded, packed
from app.seen import Snapshot
from model.history import Epoch
from model.recipe import Recipe

MOST_POINTS = 480  # epochs drawn, of all groups together


@dataclass(frozen=True)
class Group:
    """The runs of one recipe, which differ at most in their seeds.

    Args:
        letter: "A", "B", and so on: its name in the chart and in the table.
        runs: at least one.
        place: of its colour and its letter, from 0.
    """

    letter: str
    runs: tuple[Snapshot, ...]
    place: int = 0

    @property
    def final_accuracies(self) -> list[float]:
        """The validation accuracy after the last finished epoch of each run that has one."""
        last = [run.epochs[-1].validation_accuracy for run in self.runs if len(run.epochs) > 1]
        return [accuracy for accuracy in last if accuracy is not None]


def grouped(runs: Sequence[Snapshot], places: Mapping[str, int] | None = None) -> list[Group]:
    """The runs by recipe: those that differ only in their seed and their name belong together.

    Args:
        runs: any number of them.
        places: of the recipes, as `placed` gives them; None for the order of their first runs.

    Returns:
        The groups, by their first runs.
    """
    found: dict[str, list[Snapshot]] = {}
    for run in runs:
        found.setdefault(_recipe_key(run.recipe), []).append(run)
    groups = []
    for number, (key, each) in enumerate(found.items()):
        place = number if places is None else places.get(key, number)
        groups.append(Group(chr(ord("A") + place), tuple(each), place))
    return groups


def placed(recipes: Sequence[Recipe], before: Mapping[str, int]) -> dict[str, int]:
    """Gives each recipe a place among the colours, and lets it keep the one that it had.

    Whoever leaves a run out, or takes another to it, finds all others under their letters, in their colours.

    Args:
        recipes: those that are shown now.
        before: what this returned for those that were shown before; {} at first.

    Returns:
        Places by recipe, whoever was shown longest ago first; where there are more recipes than colours, the
        last of them have none.
    """
    shown = list(dict.fromkeys(_recipe_key(recipe) for recipe in recipes))[: len(RUNS)]
    places = {key: place for key, place in before.items() if key not in shown}
    places |= {key: before[key] for key in shown if key in before}
    for key in shown:
        if key not in places:
            free = set(range(len(RUNS))) - set(places.values())
            places[key] = min(free) if free else places.pop(next(old for old in places if old not in shown))
    return places


def _recipe_key(recipe: Recipe) -> str:
    return replace(recipe, seed=0, name="-").to_json()


def guesses(groups: Sequence[Group]) -> list[tuple[Group, float]]:
    """The accuracies that were guessed before, of those groups whose runs have all come to their ends.

    Returns:
        Each group with each of its guesses, 0 to 1; usually all runs of a group have the same one.
    """
    found = []
    for group in groups:
        values = dict.fromkeys(guessed_accuracy(run) for run in group.runs)
        is_over = not any(run.unfinished for run in group.runs) and group.final_accuracies
        found += [(group, value) for value in values if value is not None and is_over]
    return found


def overlay(groups: Sequence[Group], names: Sequence[str]) -> Figure:
    """Validation loss and accuracy of several runs, and their rates, on one time axis.

    Args:
        groups: at most as many as there are colours.
        names: what each is called in the legend.

    Returns:
        The figure.
    """
    runs = [run for group in groups for run in group.runs]
    most = max(8, MOST_POINTS // len(groups))
    data: list[dict[str, Any]] = []
    for group, name in zip(groups, names, strict=True):
        look = RUNS[group.place], DASHES[group.place]
        data += (
            _mean(group, name, look, most)
            if len(group.runs) > 1
            else _single(group.runs[0], name, look, most)
        )
    for group, guess in guesses(groups):
        words = f"your guess for {group.letter}" if len(groups) > 1 else "your guess"
        data.append(guess_mark(guess, max(run.epochs[-1].epoch for run in group.runs if run.epochs), words))
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision=" ".join(run.name for run in runs),
            annotations=[
                figure.heading("Validation loss", LOSS[1]),
                figure.heading("Validation accuracy", ACCURACY[1]),
                figure.heading("Learning rate", RATES[1]),
            ],
            xaxis=epoch_axis(max(run.recipe.epochs for run in runs), anchor="y3"),
            yaxis=figure.axis(domain=LOSS, **loss_axis(runs, batches=False)),
            yaxis2=figure.axis(domain=ACCURACY, **accuracy_axis(runs)),
            yaxis3=figure.axis(domain=RATES, **rate_axis(runs)),
        ),
    }


PANELS = (
    ("y", "validation_loss", "%{y:.4f}"),
    ("y2", "validation_accuracy", "%{y:.2%}"),
    ("y3", "learning_rate", "%{y:.3~g}"),
)


def _single(run: Snapshot, name: str, look: tuple[str, str], most: int) -> list[dict[str, Any]]:
    shown = [run.epochs[place] for place in figure.thinned(len(run.epochs), most)]
    x = packed([epoch.epoch for epoch in shown], "i2")
    return [
        _line(x, packed(_values(shown, field)), name, look, yaxis, hover) for yaxis, field, hover in PANELS
    ]


def _mean(group: Group, name: str, look: tuple[str, str], most: int) -> list[dict[str, Any]]:
    length = min(len(run.epochs) for run in group.runs)  # as far as all of them have come
    places = figure.thinned(length, most)
    x = packed(places, "i2")
    drawn = []
    for yaxis, field, hover in PANELS:
        table = np.array(
            [_values([run.epochs[place] for place in places], field) for run in group.runs], float
        )
        if not table.size or np.isnan(table).all():
            continue
        edge = {"yaxis": yaxis, "hoverinfo": "skip", "showlegend": False, "line": {"width": 0}}
        band = {"fill": "tonexty", "fillcolor": faded(look[0], 0.22)}
        drawn += [
            figure.line(x, packed(table.max(axis=0)), name, look[0], **edge),
            figure.line(x, packed(table.min(axis=0)), name, look[0], **edge, **band),
            _line(x, packed(table.mean(axis=0)), name, look, yaxis, hover),
        ]
    return drawn


def _line(x: object, y: object, name: str, look: tuple[str, str], yaxis: str, hover: str) -> dict[str, Any]:
    shape = "vh" if yaxis == "y3" else "linear"
    pen = {"dash": look[1], "shape": shape}
    legend = {"legendgroup": name, "showlegend": yaxis == "y"}
    return figure.line(x, y, name, look[0], yaxis=yaxis, line=pen, hovertemplate=hover, **legend)


def _values(epochs: Sequence[Epoch], field: str) -> list[float | None]:
    return [getattr(epoch, field) for epoch in epochs]
