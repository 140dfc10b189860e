"""One filter's dossier: what excites it, what it is worth."""

from app.in_hand import InHand


def show(hand: InHand | None) -> None:
    """Shows it, for the digit in hand."""


def show_switches() -> None:
    """Shows which filters are switched off, and what that does to the verdict and the accuracy."""
