"""Why this answer: what hiding each place of the digit costs it, and which known digits are alike to it."""

import html

import numpy as np
import streamlit as st

from app import bulk, cache, looking_network, state
from app.bulk import Reading
from app.in_hand import InHand
from app.pixels import NEGATIVE, PALE_NEGATIVE, PALE_POSITIVE, POSITIVE, heat_over_ink, to_html
from app.prose import say
from app.until_read import until_read
from model.datasets import Digits
from model.neighbours import nearest
from model.verdict import Verdict

NEIGHBOURS = 8
FAINTEST = (
    0.01  # a fall of one percentage point still gets the fullest colour; a lesser one is as good as none
)


def show_why(hand: InHand, verdict: Verdict) -> None:
    """Shows both answers, for a digit that was read."""
    assert hand.digit is not None
    places, alike = st.columns([2, 3], gap="large")
    with places:
        st.subheader("Which ink speaks for it?", anchor=False)
        with st.spinner("Hiding one patch after the other…"):
            falls, patch = cache.occlusion(state.now().model, hand.digit.tobytes(), verdict.digit)
        st.html(_heat_html(falls, hand.digit, verdict.digit))
        st.caption(say("draw", "occlusion", digit=verdict.digit, patch=patch))
    with alike:
        st.subheader("Which known digits are like it?", anchor=False)
        _show_nearest(hand)


def _heat_html(falls: np.ndarray, digit: np.ndarray, target: int) -> str:
    most = max(float(np.abs(falls).max()), FAINTEST)
    row, column = divmod(int(np.abs(falls).argmax()), falls.shape[1])
    where = f"{('upper', 'middle', 'lower')[row * 3 // 28]} {('left', 'middle', 'right')[column * 3 // 28]}"
    alt = (
        f"The digit with a heat map: hiding ink matters most in the {where}, "
        f"where the probability of {target} falls by {_points(falls[row, column])}."
    )
    stops = ", ".join(
        f"rgb{colour}" for colour in (NEGATIVE, PALE_NEGATIVE, (255, 255, 255), PALE_POSITIVE, POSITIVE)
    )
    return f"""
<figure class="lab-heat">
  {to_html(heat_over_ink(falls, digit, most), alt)}
  <figcaption>
    <div class="lab-scale" style="background:linear-gradient(90deg,{stops})"></div>
    <div class="lab-ends"><span>{_points(-most)}<br>speaks against {target}</span><span>0</span>
    <span>{_points(most)}<br>speaks for {target}</span></div>
  </figcaption>
</figure>"""


def _points(fall: float) -> str:
    """A change of probability in percentage points, with as many digits as tell something."""
    points = 100 * float(fall)
    text = f"{points:+.1f} points" if abs(points) < 9.95 else f"{points:+.0f} points"
    return text.replace("-", "−")


def _show_nearest(hand: InHand) -> None:
    assert hand.digit is not None
    model = state.now().model
    width, most = looking_network.width(), looking_network.MOST_WIDTH
    if width > most:
        st.info(say("looking_inside", "too wide", width=width, most=most))
        return
    digits = cache.validation_digits(model)

    def work() -> Reading | np.ndarray:
        found = bulk.features(model, digits.dataset, digits.part)
        return found.values if found.finished else found

    until_read(work, lambda features: _show_alike(hand, digits, features), "Looking for digits like it")


def _show_alike(hand: InHand, digits: Digits, features: np.ndarray) -> None:
    """Shows the nearest of the digits that are described so."""
    assert hand.digit is not None
    model = state.now().model
    feature = cache.checkpoint(model).network.features(hand.digit[None])[0]
    places, _ = nearest(features, feature, NEIGHBOURS + 1)
    # a digit of the data is its own nearest neighbour, which says nothing
    found = [place for place in places if not np.array_equal(digits.images[place], hand.digit)][:NEIGHBOURS]
    seen = cache.was_learned(model, digits.dataset, digits.part)
    cells = "".join(
        f"<figure>{to_html(digits.images[place], f'Digit number {place}, labelled {digits.labels[place]}')}"
        f"<figcaption>{html.escape(digits.class_names[digits.labels[place]])}</figcaption></figure>"
        for place in found
    )
    st.html(f'<div class="lab-alike">{cells}</div>')
    passage = "nearest of learned digits" if seen[found].any() else "nearest"
    st.caption(say("draw", passage, count=len(digits), part=digits.part, width=features.shape[1]))
