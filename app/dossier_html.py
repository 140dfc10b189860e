"""A filter's dossier as HTML: itself, the digits that excite it most and least, its worth class by class."""

import html
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from app import mosaic
from app.pixels import signed_colours
from app.prose import say
from model.datasets import Digits
from model.probes.dossier import Dossier

COLUMNS = 3  # digits in a row
KERNEL_COLUMNS, KERNEL = 8, 18  # a row of input channels, and about the px of a kernel's side
MANY_CHANNELS = 64  # beyond them twice as many stand in a row of the same width
NUMBERED = 5  # cells to a side, in which a number can still be read
DARK = 0.62  # of a colour's strength: beyond it white numbers are read better


class Change(NamedTuple):
    """A change of a number of digits, with its 95% interval.

    Args:
        digits: how many more; below zero fewer.
        low: the interval's low end.
        high: its high end.
    """

    digits: int
    low: float
    high: float

    @property
    def may_be_chance(self) -> bool:
        """Whether no change at all lies within the interval."""
        return self.low <= 0 <= self.high


def filter_html(title: str, kernel: np.ndarray | None, answer: np.ndarray | None, digit: str | None) -> str:
    """A filter itself: its weights, and what it makes of the digit in hand.

    Args:
        title: what it is called.
        kernel: float (side, side, input channels); None for a unit of a dense layer.
        answer: its map of the digit in hand, float (height, width), or its value, float (); None without one.
        digit: the digit in hand as an `<img>`.
    """
    parts = [f"<h3>{html.escape(title.capitalize())}</h3>"]
    if kernel is not None:
        parts.append(_kernel(kernel))
    if answer is not None and digit is not None:
        parts.append(_answer(answer, digit))
    return f'<div class="lab-unit">{"".join(parts)}</div>'


def _kernel(kernel: np.ndarray) -> str:
    side, _, channels = kernel.shape
    if channels == 1 and side <= NUMBERED:
        return _numbers(kernel[..., 0])
    if channels <= MANY_CHANNELS:
        picture = mosaic.of_maps(kernel, KERNEL_COLUMNS, True, scale=max(3, KERNEL // side))
    else:
        picture = mosaic.of_maps(kernel, 2 * KERNEL_COLUMNS, True, scale=max(1, KERNEL // 2 // side))
    alt = f"Its weights, {side} by {side} for each of {channels} channels; blue is positive, orange negative"
    return (
        f'<figure class="lab-kernel"><img src="{mosaic.as_source(picture)}" alt="{alt}"><figcaption>'
        f"{side} × {side} weights for each of {channels} channels</figcaption></figure>"
    )


def _numbers(kernel: np.ndarray) -> str:
    """A kernel as a table of its numbers, each on its colour."""
    most = float(np.abs(kernel).max()) or 1.0
    colours = signed_colours(kernel, most)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="background:rgb{tuple(int(c) for c in colour)};'
            f'color:{"#fff" if abs(weight) > DARK * most else "#23221f"}">{_signed(weight, True)}</td>'
            for weight, colour in zip(weights, row, strict=True)
        )
        + "</tr>"
        for weights, row in zip(kernel, colours, strict=True)
    )
    return f'<table class="lab-weights" aria-label="Its weights"><tbody>{rows}</tbody></table>'


def _answer(answer: np.ndarray, digit: str) -> str:
    said = say("looking_inside", "answer", most=f"{float(answer.max()):.2f}".replace("-", "−"))
    if answer.ndim == 0:
        return f'<p class="lab-small">{html.escape(said)}</p>'
    signed = bool(answer.min() < 0)
    picture = mosaic.of_maps(answer[..., None], 1, signed)
    alt = f"Its map of the digit in hand, {answer.shape[0]} by {answer.shape[1]}"
    return (
        f'<div class="lab-answer-map">{digit}<span aria-hidden="true">→</span>'
        f'<img src="{mosaic.as_source(picture)}" alt="{alt}"></div>'
        f'<p class="lab-small">{html.escape(said)}</p>'
    )


def examples_html(dossier: Dossier, digits: Digits) -> str:
    """The digits that excite a filter most, and those that excite it least.

    Args:
        dossier: what is known of the filter.
        digits: those that it was shown.
    """
    passage = "examples" if dossier.values.max() > dossier.values.min() else "dead"
    said = say("looking_inside", passage, count=f"{len(digits):,}")
    return (
        '<div class="lab-examples">'
        f"{_examples('These excite it most', dossier.most, dossier.values, digits)}"
        f"{_examples('These leave it cold', dossier.least, dossier.values, digits)}</div>"
        f'<p class="lab-small">{html.escape(said)}</p>'
    )


def _examples(title: str, places: np.ndarray, responses: np.ndarray, digits: Digits) -> str:
    picture = mosaic.as_source(mosaic.of_digits(digits.images[places], COLUMNS))
    labels = ", ".join(digits.class_names[digits.labels[place]] for place in places)
    low, high = float(responses[places].min()), float(responses[places].max())
    values = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
    return (
        f'<figure><h4>{title}</h4><img src="{picture}" alt="{title}: digits labelled {html.escape(labels)}">'
        f"<figcaption>answers {values.replace('-', '−')}</figcaption></figure>"
    )


def classes_html(
    means: np.ndarray, names: Sequence[str], changes: Sequence[Change] | None = None, said: str = ""
) -> str:
    """For each class how strongly a filter answers on average, and what changes without it.

    Args:
        means: float (10,), its mean answer to digits of each class; not a number where there are none.
        names: what the classes are called.
        changes: how many digits of each class are read right more without it; None before that is known.
            One that may be chance is drawn pale.
        said: what that comes to, in words; plain text.
    """
    means = np.nan_to_num(means)
    low, high = min(0.0, float(means.min())), max(0.0, float(means.max()))
    reach = (high - low) or 1.0
    most = max([5.0, *(max(abs(change.low), abs(change.high)) for change in changes or ())])
    rows = []
    for place, (name, mean) in enumerate(zip(names, means.tolist(), strict=True)):
        start, length = (min(mean, 0) - low) / reach, abs(mean) / reach
        change = None if changes is None else changes[place]
        rows.append(
            f'<tr><th scope=row>{html.escape(name)}</th><td><i style="margin-left:{start:.1%};'
            f'width:{length:.1%}"></i></td><td class="lab-figure">{_signed(mean)}</td>'
            f'<td>{_change_bar(change, most)}</td><td class="lab-figure">{_change(change)}</td></tr>'
        )
    head = "<th></th><th colspan=2>mean answer</th><th colspan=2>right without it</th>"
    return (
        '<table class="lab-classes"><colgroup><col class="lab-c"><col><col class="lab-f"><col>'
        f'<col class="lab-f"></colgroup><thead>'
        f"<tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f'<p class="lab-small" role="status">{html.escape(said)}</p>'
    )


def _change_bar(change: Change | None, most: float) -> str:
    """A bar as long as the change, and on it the interval as a line, as far as it lies on the same side."""
    if change is None or not change.digits:
        return ""
    kind, side = ("lab-fewer", -1) if change.digits < 0 else ("lab-more", 1)
    near, far = sorted((side * change.low, side * change.high))
    start = max(0.0, near)
    return (
        f'<div class="lab-change-of"><i class="{kind}{" lab-pale" * change.may_be_chance}"'
        f' style="width:{abs(change.digits) / most:.1%}"></i>'
        f'<b style="left:{start / most:.1%};width:{(far - start) / most:.1%}"></b></div>'
    )


def _change(change: Change | None) -> str:
    if change is None:
        return "?"
    return f"{change.digits:+d}".replace("-", "−") if change.digits else "0"


def _signed(number: float, plus: bool = False) -> str:
    return f"{number:{'+' if plus else ''}.2f}".replace("-", "−")
