"""What augmentation brought: every run's accuracy, and each recipe's mean."""

from collections.abc import Sequence

from app.charts import figure
from app.charts.figure import RUNS, Figure
from model.seeds import spread

HEIGHT = 190


def effect(arms: Sequence[tuple[str, Sequence[float]]]) -> Figure:
    """One row for each recipe: a dot for every run, an upright for their mean.

    Args:
        arms: name and validation accuracies, 0 to 1, of each; those of one may be none.
    """
    data = []
    for place, (name, values) in enumerate(arms):
        dots = {"size": 11, "color": RUNS[place], "opacity": 0.75}
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": list(values),
                "y": [name] * len(values),
                "marker": dots,
                "hovertemplate": "%{x:.2%}",
            }
        )
        if len(values) > 1:
            mark = {"symbol": "line-ns", "size": 26, "line": {"width": 3, "color": RUNS[place]}}
            mean = {"type": "scatter", "mode": "markers", "name": f"{name}, mean", "marker": mark}
            data.append(mean | {"x": [spread(values)[0]], "y": [name], "hovertemplate": "%{x:.2%}"})
    names = [name for name, _ in arms]
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
            yaxis=figure.axis(
                type="category",
                automargin=True,
                categoryorder="array",
                categoryarray=names[::-1],
                range=[-0.6, len(names) - 0.4],
                showgrid=False,
                fixedrange=True,
            ),
        ),
    }
