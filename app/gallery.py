"""Several uploaded pictures at a glance, each with its reading; and all readings as a table to take away."""

import csv
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import cache, portions, several, state
from app.hand import Picture, Refusal
from app.in_hand import InHand, of_picture
from app.pixels import to_html
from app.reading import chance
from model.forward import Network
from model.upright import UPSIDE_DOWN, is_upside_down
from model.verdict import Verdict, read_digits

COLUMNS = ("file", "digits read", "confidence", "warnings")


@dataclass(frozen=True, eq=False)
class Row:
    """What was read in one picture.

    Attributes:
        name: its file's name: never trusted.
        digits: what is read, line by line with " / " between; "" where nothing is.
        confidence: the probability of the reading, of several digits that of the least sure one; None where
            there is none.
        remarks: doubts, or why nothing is read.
        picture: uint8 (height, width), as it is read; None where it can't be.
    """

    name: str
    digits: str
    confidence: float | None
    remarks: str
    picture: np.ndarray | None


def show_gallery() -> None:
    """Shows a card for each picture, if there are several, and a button that takes the table away."""
    chosen = state.now()
    if len(chosen.pictures) < 2:
        return
    st.subheader("All your pictures", anchor=False)
    rows = _numbers() if chosen.several else _digits()
    cards = "".join(_card(place, row, place == chosen.picture) for place, row in enumerate(rows))
    st.html(f'<div class="lab-gallery">{cards}</div>')
    st.download_button("Take the table away (CSV)", to_csv(rows), "digits.csv", "text/csv", on_click="ignore")


def _digits() -> list[Row]:
    """A row for each picture of one digit; all are read in one batch."""
    chosen = state.now()
    hands = [of_picture(picture, chosen.off) for picture in chosen.pictures]
    digits = [hand.digit for hand in hands if hand.digit is not None]
    network = cache.checkpoint(chosen.model).network
    verdicts = iter(read_digits(network, np.stack(digits)) if digits else ())
    return [_row(network, hand, None if hand.digit is None else next(verdicts)) for hand in hands]


def _row(network: Network, hand: InHand, verdict: Verdict | None) -> Row:
    if verdict is None or hand.digit is None:
        return Row(hand.what, "", None, hand.problem or "", None)
    turned = [UPSIDE_DOWN] if is_upside_down(network, [hand.digit], [verdict]) else []
    remarks = " ".join([*verdict.warnings, *hand.remarks, *turned])
    return Row(hand.what, str(verdict.digit), verdict.confidence, remarks, hand.digit)


def _numbers() -> list[Row]:
    """A row for each picture of several digits."""
    chosen = state.now()

    def read(picture: Picture | Refusal) -> Row:
        if isinstance(picture, Refusal):
            return Row(picture.name, "", None, picture.reason, None)
        found = several.in_picture(chosen.model, picture, chosen.off)
        if found.problem:
            return Row(picture.name, "", None, found.problem, None)
        least = min(digit.verdict.confidence for digit in found.digits)
        remarks = [
            f"Number {number}: {warning}"
            for number, digit in enumerate(found.digits, start=1)
            for warning in digit.warnings
        ]
        remarks += found.remarks
        return Row(picture.name, " / ".join(found.texts), least, " ".join(remarks), found.ink)

    return portions.walk(chosen.pictures, read, "Reading your pictures, one after the other…")


def _card(place: int, row: Row, chosen: bool) -> str:
    head = f'<b class="lab-file">{place + 1}. {html.escape(row.name)}</b>'
    if row.confidence is None or row.picture is None:
        body = f'<span class="lab-thumb"></span><span>{html.escape(row.remarks)}</span>'
    else:
        body = (
            f"{to_html(row.picture, f'Picture {place + 1} as it is read', 'lab-thumb')}"
            f"<span><b>{html.escape(row.digits)}</b> ({chance(row.confidence)}) "
            f"{html.escape(row.remarks)}</span>"
        )
    return f'<div class="lab-card{" lab-chosen" if chosen else ""}">{head}<div>{body}</div></div>'


def to_csv(rows: Sequence[Row]) -> bytes:
    """The readings as a table for a spreadsheet: a header, then a line for each picture (RFC 4180).

    What a spreadsheet would take for a formula gets an apostrophe before it, as OWASP advises against "CSV
    injection"; a file's name may begin a remark too. The byte order mark tells Excel that it is UTF-8.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for row in rows:
        confidence = "" if row.confidence is None else f"{row.confidence:.4f}"
        table.writerow((_harmless(row.name), row.digits, confidence, _harmless(row.remarks)))
    return text.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
