"""Several runs on the same axes."""

from collections.abc import Sequence

from app.charts import figure
from app.charts.curves import (
    ACCURACY,
    HEIGHT,
    LOSS,
    RATES,
    accuracy_axis,
    epoch_axis,
    epochs_to_draw,
    loss_axis,
    rate_axis,
)
from app.charts.figure import DASHES, RUNS, Figure, packed
from app.seen import Snapshot


def overlay(runs: Sequence[Snapshot]) -> Figure:
    """Validation loss and accuracy of several runs, and their rates."""
    data = []
    for place, seen in enumerate(runs):
        shown = epochs_to_draw(seen)
        x = packed([epoch.epoch for epoch in shown], "i2")
        pen = {"dash": DASHES[place]}
        for y, values in (
            ("y", [epoch.validation_loss for epoch in shown]),
            ("y2", [epoch.validation_accuracy for epoch in shown]),
            ("y3", [epoch.learning_rate for epoch in shown]),
        ):
            data.append(
                figure.line(x, packed(values), seen.name, RUNS[place], yaxis=y, line=pen, showlegend=y == "y")
            )
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision=" ".join(seen.name for seen in runs),
            annotations=[
                figure.heading("Validation loss", LOSS[1]),
                figure.heading("Validation accuracy", ACCURACY[1]),
                figure.heading("Learning rate", RATES[1]),
            ],
            xaxis=epoch_axis(max(seen.recipe.epochs for seen in runs), anchor="y3"),
            yaxis=figure.axis(domain=LOSS, **loss_axis(runs)),
            yaxis2=figure.axis(domain=ACCURACY, **accuracy_axis(runs)),
            yaxis3=figure.axis(domain=RATES, **rate_axis(runs)),
        ),
    }


def alt(runs: Sequence[Snapshot]) -> str:
    """What the overlay shows, in words."""
    return f"Validation loss, validation accuracy and learning rate of {len(runs)} runs on the same axes."
