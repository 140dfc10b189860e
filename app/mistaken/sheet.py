"""The sheet of trials: one digit in every strength of every corruption, and below each picture a figure."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from app import mosaic
from model.robustness.trials import Trial

# The kinds of corruption in three columns of about the same height, and what they are called.
COLUMNS = (("noise", "lines"), ("place", "blur"), ("light",))
KINDS = {"noise": "Noise", "lines": "Lines", "place": "Place", "blur": "Blur", "light": "Light"}


@dataclass(frozen=True)
class Cell:
    """What stands below one picture.

    Attributes:
        text: the figure; "" while there is none.
        amount: how deep its colour is, −1 to 1; below 0 it is the other colour.
        said: more of it, for who points at it or can't see it; plain text.
        is_misread: whether the picture is framed: it is read as something else.
    """

    text: str = ""
    amount: float = 0.0
    said: str = ""
    is_misread: bool = False


def sheet(
    trials: Sequence[Trial], source: str, cells: Mapping[str, Sequence[Cell]], chosen: str | None = None
) -> str:
    """All trials, each a row of pictures; `app.choices` tells which row was chosen, by the trial's name.

    Args:
        trials: corruptions.
        source: of their pictures, see `to_source`.
        cells: of each what stands below its pictures, one for each strength.
        chosen: the trial that is open; None for none.
    """
    rows = {each.name: place for place, each in enumerate(trials)}
    columns = []
    for kinds in COLUMNS:
        own = [each for kind in kinds for each in trials if each.kind == kind]
        tables = [
            _table(KINDS[kind], list(of_kind), rows, cells, chosen)
            for kind, of_kind in groupby(own, key=lambda each: each.kind)
        ]
        columns.append(f"<div>{''.join(tables)}</div>")
    style = f"--sheet:url({source});--columns:{_width(trials)}"
    return f'<div class="lab-sheet" style="{style}">{"".join(columns)}</div>'


def to_source(trials: Sequence[Trial], pictures: Sequence[np.ndarray]) -> str:
    """The pictures of all trials as one, a row for each.

    Args:
        trials: corruptions.
        pictures: of each uint8 (strengths, 28, 28).
    """
    return mosaic.as_source(mosaic.of_digits(np.concatenate(pictures), _width(trials), gap=0))


def _width(trials: Sequence[Trial]) -> int:
    return max(len(each.strengths) for each in trials)


def _table(
    title: str,
    trials: Sequence[Trial],
    rows: Mapping[str, int],
    cells: Mapping[str, Sequence[Cell]],
    chosen: str | None,
) -> str:
    head = "".join(f'<th scope="col">{strength:g}</th>' for strength in trials[0].strengths)
    body = ""
    for each in trials:
        name, row = html.escape(each.title), rows[each.name]
        figures = "".join(_cell(cell, place, row) for place, cell in enumerate(cells[each.name]))
        body += (
            f'<tr><th scope="row"><button type="button" tabindex="-1" data-choice="{each.name}"'
            f' aria-pressed="{"true" if each.name == chosen else "false"}"'
            f' title="{name}: {html.escape(each.what)}">{name}</button></th>{figures}</tr>'
        )
    return f'<table><thead><tr><th scope="col">{title}</th>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cell(cell: Cell, column: int, row: int) -> str:
    framed = ' class="lab-misread"' if cell.is_misread else ""
    colour = f"<b{tint(cell.amount)}>{cell.text}</b>" if cell.text else ""
    said = f' title="{html.escape(cell.said)}"' if cell.said else ""
    return f'<td{said}><i{framed} style="--x:{column};--y:{row}"></i>{colour}</td>'


def tint(amount: float) -> str:
    """The attributes of what is coloured by an amount.

    Args:
        amount: −1 to 1; 0 has no colour, below it is the other colour.
    """
    other = ' class="lab-below"' if amount < 0 else ""
    return f'{other} style="--deep:{abs(amount):.0%}"'
