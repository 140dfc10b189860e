"""Cells to choose from, in rows: a table's or a mosaic's. A click or Enter tells which; arrow keys walk.

What stands in them is HTML that Python makes; each cell is a `<button data-choice="…">`.
"""

from app import state
from app.chart_scripts import component

LONGEST = 20  # characters that a choice may have

_choices = component("choices", '<div class="lab-choices"></div>', told="chosen")


def show(html: str, key: str) -> str | None:
    """Shows cells, or brings those with this key up to date.

    Args:
        html: with a button for each cell; all in it that isn't our own is escaped.
        key: the cells' own.

    Returns:
        The choice that was made just now, as the browser says it: to be checked; None for none.
    """
    _choices(data={"html": html}, key=key, on_chosen_change=lambda: None)
    chosen = getattr(state.widget(key), "chosen", None)
    return chosen if isinstance(chosen, str) and len(chosen) <= LONGEST else None
