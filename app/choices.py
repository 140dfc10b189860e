"""Cells to choose from, in rows: a table's or a mosaic's. A click or Enter tells which; arrow keys walk.

What stands in them is HTML that Python makes; each cell is a `<button data-choice="…">`.
"""

from collections.abc import Callable

from app import state
from app.chart_scripts import component

LONGEST = 20  # characters that a choice may have

_choices = component("choices", '<div class="lab-choices"></div>', told="chosen")


def show(html: str, key: str, take: Callable[[str], None]) -> bool:
    """Shows cells, or brings those with this key up to date.

    Args:
        html: with a button for each cell; all in it that isn't our own is escaped.
        key: the cells' own.
        take: called with what was chosen, before the page runs again. It is what the browser says, which
            anybody may write.

    Returns:
        Whether something was chosen just now.
    """

    def chosen() -> str | None:
        told = getattr(state.widget(key), "chosen", None)
        return told if isinstance(told, str) and len(told) <= LONGEST else None

    def hand_on() -> None:
        choice = chosen()
        if choice is not None:
            take(choice)

    _choices(data={"html": html}, key=key, on_chosen_change=hand_on)
    return chosen() is not None
