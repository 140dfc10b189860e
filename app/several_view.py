"""Several digits on the screen: the number that is read, a box around each digit, and one of them in hand."""

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import several, state
from app.hand import Refusal
from app.pixels import to_uri
from app.prose import say
from app.reading import chance, nothing_html
from model.cards import percent
from model.several import FoundDigit, Several
from model.verdict import SURE, Verdict

LONGEST = 1000  # px of a picture with boxes: more than a screen shows of it


def show_number(canvas: DeltaGenerator) -> Verdict | None:
    """Shows what is read in all digits, and lets one of them be taken in hand.

    Args:
        canvas: where the canvas is: its boxes are laid over it.

    Returns:
        What is read in the digit in hand; None where there is none.
    """
    chosen = state.now()
    found = several.found(chosen)
    if found is None:
        st.html(nothing_html("Nothing to read yet", say("draw", f"give several by {chosen.source}")))
        return None
    problem = found.reason if isinstance(found, Refusal) else found.problem
    if isinstance(found, Refusal) or problem:
        st.html(nothing_html("Not read", problem or ""))
        return None
    digits = found.digits
    place = several.place_in_hand(chosen, digits)
    st.html(number_html(found))
    if chosen.source == "draw":
        canvas.html(boxes_html(found, place))
    else:
        st.html(boxes_html(found, place, with_picture=True))
    st.pills(
        "Which digit is in hand",
        range(len(digits)),
        format_func=lambda number: label(digits[number], number),
        required=True,
        **state.bound("found", lambda _: place),
    )
    st.html(digit_html(digits[place], place, len(digits)))
    return digits[place].verdict


def label(digit: FoundDigit, place: int) -> str:
    """A digit's number and its reading, as Markdown; with a question mark where the network isn't sure."""
    doubt = "" if digit.verdict.is_digit and digit.verdict.confidence >= SURE else "?"
    return f":gray[{place + 1}.] **{digit.verdict.digit}{doubt}**"  # each is another: two digits may be alike


def number_html(found: Several) -> str:
    """The number that is read, line by line, and how sure the network is of its least sure digit."""
    digits = found.digits
    least = min(digits, key=lambda digit: digit.verdict.confidence)
    nth = digits.index(least) + 1
    lines = "".join(f"<div>{html.escape(text)}</div>" for text in found.texts)
    long = " lab-long" if max(map(len, found.texts)) > 8 or len(found.lines) > 2 else ""
    count = f"{len(digits)} digit{'s' if len(digits) > 1 else ''}"
    if len(found.lines) > 1:
        count += f" on {len(found.lines)} lines"
    sure = chance(least.verdict.confidence)
    least_sure = f"; least sure of number {nth}, a {least.verdict.digit}: {sure}" if len(digits) > 1 else ""
    remarks = "".join(f'<div class="lab-next lab-doubtful">{html.escape(r)}</div>' for r in found.remarks)
    return f"""
<div class="lab-number{long}" role="status">
  <div class="lab-label">The network reads</div>
  <div class="lab-lines">{lines}</div>
  <div class="lab-next">{count}{least_sure}</div>{remarks}
</div>"""


def digit_html(digit: FoundDigit, place: int, count: int) -> str:
    """The digit in hand in words: which it is, what is read in it, and any doubt."""
    verdict = digit.verdict
    _, second, third = verdict.ranking[:3]
    p = verdict.probabilities
    said = (
        f"<b>Number {place + 1} of {count}</b>: a <b>{verdict.digit}</b>, {chance(verdict.confidence)} sure, "
        f"then {second} ({chance(p[second])}), {third} ({chance(p[third])})."
    )
    doubt = html.escape(" ".join(digit.warnings))
    return f'<p class="lab-which" role="status">{said} <span class="lab-doubtful">{doubt}</span></p>'


def boxes_html(found: Several, place: int, with_picture: bool = False) -> str:
    """A box around each digit, with what is read in it and how sure the network is.

    Args:
        found: the digits.
        place: which of them is in hand.
        with_picture: whether they lie on a picture of what is written; else on what is there already.
    """
    shown = found.writing if with_picture else found.page
    picture = ""
    if with_picture:
        ink = found.ink[shown.top : shown.bottom, shown.left : shown.right]
        said = html.escape(" / ".join(found.texts))
        picture = f'<img src="{to_uri(255 - ink, LONGEST)}" alt="Your picture, read as {said}">'
    boxes = "".join(
        _box_html(digit, found.share(digit.box, shown), number == place)
        for number, digit in enumerate(found.digits)
    ) + "".join(
        f'<i class="lab-no-digit" style="{_style(found.share(mark, shown))}"></i>' for mark in found.marks
    )
    over = "" if with_picture else " lab-over"
    return (
        f'<div class="lab-boxes{over}" style="--lab-aspect:{shown.width / shown.height:.3f}" '
        f'aria-hidden="{"false" if with_picture else "true"}">{picture}{boxes}</div>'
    )


def _box_html(digit: FoundDigit, share: tuple[float, float, float, float], in_hand: bool) -> str:
    kind = " lab-in-hand" if in_hand else ""
    kind += "" if digit.verdict.is_digit and digit.verdict.confidence >= SURE else " lab-unsure"
    sure = percent(digit.verdict.confidence, 100) if digit.verdict.confidence < 0.995 else ">99%"
    return (
        f'<i class="lab-box{kind}" style="{_style(share)}">'
        f"<b>{digit.verdict.digit}</b><span>{sure}</span></i>"
    )


def _style(share: tuple[float, float, float, float]) -> str:
    names = ("left", "top", "width", "height")
    return ";".join(f"{name}:{part:.2%}" for name, part in zip(names, share, strict=True))
