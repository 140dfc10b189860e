"""The averaging layer opened."""

from app.subject import Subject


def show(subject: Subject, place: int) -> None:
    """Shows it."""
