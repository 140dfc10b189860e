"""Two checkpoints side by side on the same digit."""

from app.in_hand import InHand


def show(hand: InHand | None) -> None:
    """Shows it, for the digit in hand."""
