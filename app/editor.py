"""The editor: layers added, removed, moved and changed."""

from app.in_hand import InHand


def show(hand: InHand) -> None:
    """Shows the editor of `state.now().recipe`'s layers."""
