"""Where the digits lie: the last hidden layer's description in two dimensions."""

from app.in_hand import InHand


def show(hand: InHand | None) -> None:
    """Shows it, for the digit in hand."""
