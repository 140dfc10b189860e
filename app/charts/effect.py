"""What augmentation brought: every run's accuracy, and each recipe's mean."""

from collections.abc import Sequence

from app.charts import figure
from app.charts.figure import RUNS, Figure

HEIGHT = 190


def effect(arms: Sequence[tuple[str, Sequence[float]]]) -> Figure:
    """One row for each recipe: a dot for every run, an upright for their mean.

    Args:
        arms: name and validation accuracies, 0 to 1, of each; those of one may be none.
    """
    data = []
    for place, (name, values) in enumerate(arms):
        data += figure.seed_dots(name, name, values, RUNS[place])
    return {
        "data": data,
        "layout": figure.layout(
            HEIGHT,
            uirevision="effect",
            showlegend=False,
            hovermode="closest",
            margin={"l": 120, "r": 14, "t": 8, "b": 44},
            xaxis=figure.axis(
                tickformat=".1%",
                title={"text": "Validation accuracy", "font": {"size": figure.LEAST_FONT}},
                fixedrange=True,
            ),
            yaxis=figure.rows_axis([name for name, _ in arms]),
        ),
    }
