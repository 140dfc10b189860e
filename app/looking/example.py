"""A digit to look at: the one in hand, or, until there is one, a validation digit."""

import streamlit as st

from app import cache, giving
from app.in_hand import InHand
from app.prose import say


def hand_or_example(hand: InHand | None) -> InHand:
    """The digit in hand; without one a validation digit, and that is said.

    Args:
        hand: what the person gave, if they did.

    Raises:
        DataError: there is no digit in hand, and there are no validation digits.
    """
    if hand is not None and hand.digit is not None:
        return hand
    digits = cache.digits("mnist", "validation")
    st.html(f'<p class="lab-quiet">{say("filters", "example")}</p>', width="content")
    st.button("Another digit", type="tertiary", on_click=giving.take_another_digit)
    return InHand("an example", digits.images[0], label=int(digits.labels[0]))
