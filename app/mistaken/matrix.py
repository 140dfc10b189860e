"""The confusion matrix as HTML: a row for each label, a column for each reading, a button in each cell."""

import html
from collections.abc import Sequence

import numpy as np

from model.cards import percent
from model.evaluation import Score
from model.recipe import CLASSES

Cell = tuple[int, int]  # label, reading
LONGEST = 5  # letters of a class's name above a column


def blank(names: Sequence[str]) -> str:
    """The matrix before anything is told: each cell is a guess."""
    cells = [
        [
            _button((label, read), "", f"labelled {names[label]}, read as {names[read]}")
            for read in range(CLASSES)
        ]
        for label in range(CLASSES)
    ]
    for same in range(CLASSES):
        cells[same][same] = '<span class="lab-right"></span>'
    return _table(names, [[f"<td>{cell}</td>" for cell in row] for row in cells], "lab-blank")


def filled(
    score: Score, names: Sequence[str], shares: bool, opened: Cell | None = None, guess: Cell | None = None
) -> str:
    """The matrix with its figures.

    All mistakes are coloured on one scale, so that they can be compared; what is right has no colour, for it
    would outshine them all.

    Args:
        score: what was read.
        names: of the classes.
        shares: whether the figures are percent of their row's digits; else they are counts.
        opened: the cell whose digits are shown beside it.
        guess: the cell that the person expected to be the largest.
    """
    counts = score.confusion
    most = max(1, int((counts - np.diag(np.diag(counts))).max()))
    rows: list[list[str]] = []
    for label in range(CLASSES):
        total = int(counts[label].sum())
        rows.append([])
        for read in range(CLASSES):
            count = int(counts[label, read])
            text = _figure(count, total, shares)
            said = f"labelled {names[label]}, read as {names[read]}: {count:,} of {total:,}"
            kind = "lab-right" if label == read else ""
            heat = 0 if label == read else (count / most) ** 0.5
            marks = f"{kind} {'lab-guessed' if (label, read) == guess else ''}".strip()
            button = _button((label, read), text, said, (label, read) == opened)
            rows[-1].append(f'<td class="{marks}" style="--heat:{heat:.3f}">{button}</td>')
    return _table(names, rows, "")


def _figure(count: int, total: int, shares: bool) -> str:
    if not count:
        return ""
    return f"{100 * count / total:.1f}" if shares else str(count)


def _button(cell: Cell, text: str, said: str, pressed: bool = False) -> str:
    said = html.escape(said)
    return (
        f'<button type="button" tabindex="-1" data-choice="{cell[0]}-{cell[1]}" aria-label="{said}"'
        f' title="{said}" aria-pressed="{"true" if pressed else "false"}">{text}</button>'
    )


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], kind: str) -> str:
    head = "".join(
        f'<th scope="col" title="{html.escape(name)}">{html.escape(name[:LONGEST])}</th>' for name in names
    )
    long = " data-long" if max(map(len, names)) > 1 else ""
    body = "".join(
        f'<tr><th scope="row"{long} title="{html.escape(name)}">{html.escape(name)}</th>{"".join(row)}</tr>'
        for name, row in zip(names, rows, strict=True)
    )
    return (
        f'<table class="lab-confusions {kind}"><caption>Rows: the label. Columns: what is read.</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def classes(score: Score, names: Sequence[str]) -> str:
    """Precision, recall and F1 of each class, with the counts behind them and their intervals."""
    rows = []
    for report in score.reports:
        of_read = _share(report.right, report.read, report.precision, report.precision_interval_95)
        of_own = _share(report.right, report.count, report.recall, report.recall_interval_95)
        f1 = percent(report.f1, max(2, report.count))
        rows.append(
            f'<tr><th scope="row">{html.escape(names[report.digit])}</th>{of_read}{of_own}<td>{f1}</td></tr>'
        )
    head = "".join(f'<th scope="col">{title}</th>' for title in ("Precision", "Recall", "F1"))
    return (
        f'<table class="lab-reports"><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _share(right: int, count: int, share: float, interval: tuple[float, float]) -> str:
    if not count:
        return '<td class="lab-quiet">none</td>'
    low, high = (percent(end, count).rstrip("%") for end in interval)
    return (
        f'<td><b>{percent(share, count)}</b> <span class="lab-quiet">{right:,} of {count:,}'
        f'<span class="lab-ends-of">{low} to {high}</span></span></td>'
    )
