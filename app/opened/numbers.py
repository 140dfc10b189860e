"""A square of numbers that a person types, such as a kernel: every change counts at once."""

import math
from collections.abc import Callable

import numpy as np

from app import state
from app.chart_scripts import component
from app.pixels import NEGATIVE, PALE_NEGATIVE, PALE_POSITIVE, POSITIVE, ZERO

LARGEST = 999.0  # a link keeps three digits before the point
DECIMALS = 6  # and as many behind it
LARGEST_SIDE = 7  # cells: more could neither be read nor typed

_HTML = '<div class="lab-numbers" role="group"></div>\n'

_numbers = component("numbers", _HTML, told="numbers", kept=True)


def typed(key: str, count: int) -> tuple[float, ...] | None:
    """What a person has typed into a table.

    Args:
        key: the table's own.
        count: how many numbers it has.

    Returns:
        They, row by row, as a link keeps them; None as long as nothing was typed, or not that many.
    """
    told = getattr(state.widget(key), "numbers", None)
    # what a browser sends is anybody's to write
    if not isinstance(told, list) or len(told) != count:
        return None
    if not all(type(n) in (int, float) and math.isfinite(n) and abs(n) <= LARGEST for n in told):
        return None
    return rounded(np.array(told))


def rounded(kernel: np.ndarray) -> tuple[float, ...]:
    """A kernel's numbers, row by row, as a link keeps them."""
    return tuple(round(float(n), DECIMALS) for n in kernel.ravel())


def show(kernel: np.ndarray, label: str, key: str, on_typed: Callable[[tuple[float, ...]], None]) -> None:
    """Shows a table of numbers to type in, or brings the one with this key up to date.

    Args:
        kernel: float (side, side), what stands in it.
        label: what it is, for who can't see it; plain text.
        key: the table's own.
        on_typed: takes what was typed, before the page runs.
    """

    def take() -> None:
        numbers = typed(key, kernel.size)
        if numbers is not None:
            on_typed(numbers)

    data = {
        "side": len(kernel),
        "numbers": rounded(kernel),
        "label": label,
        "largest": LARGEST,
        "stops": [NEGATIVE, PALE_NEGATIVE, ZERO, PALE_POSITIVE, POSITIVE],
    }
    _numbers(data=data, key=key, on_numbers_change=take)
