"""The network as a picture: every layer a block with its shape, its cost and its maps of the digit."""

from app.subject import Subject


def show(subject: Subject) -> None:
    """Shows the picture; a layer that is chosen there is `state.now().layer`."""
