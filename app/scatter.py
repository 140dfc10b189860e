"""Digits as points in a plane: each is seen by pointing at it, and taken in hand by a click or with Enter."""

from typing import Any

from app import state
from app.chart_scripts import component

_HTML = """
<div class="lab-scatter" role="application" tabindex="0">
  <canvas></canvas>
  <div class="lab-tip" hidden><i></i><span></span></div>
</div>
<p class="lab-spoken" role="status" aria-live="polite"></p>
"""

_scatter = component("scatter", _HTML, told="taken")


def show(content: dict[str, Any], key: str) -> int | None:
    """Shows digits as points, or lets those of the chart with this key glide to their new places.

    Args:
        content: `points`, whole numbers from 0 to 1,000, to the right and downwards; `labels` and `read`,
            classes; `sure`, in words; `ringed`, whether misread ones stand out; `names` of the classes;
            `hand`, another point or None; `columns` of the sheet of digits, which the page knows as
            --lab-scatter-digits; `alt`, what is shown, in words.
        key: the chart's own.

    Returns:
        The place of the digit that the person has just taken; None for none.
    """
    _scatter(data=content, key=key, on_taken_change=lambda: None)
    taken = getattr(state.widget(key), "taken", None)
    # what a browser sends is anybody's to write
    return taken if type(taken) is int and 0 <= taken < len(content["points"]) else None
