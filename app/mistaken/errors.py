"""A view of the Mistakes page."""


def show() -> None:
    """Shows it."""
