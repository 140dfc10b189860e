"""Why this verdict: which ink speaks for a digit, by several methods side by side."""

from app.in_hand import InHand


def show(hand: InHand | None) -> None:
    """Shows it, for the digit in hand."""
