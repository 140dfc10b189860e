"""What is claimed of layers, measured."""

from app.in_hand import InHand


def show(hand: InHand) -> None:
    """Shows one claim with its measurement."""
