"""The lab's words: short Markdown passages in assets/lessons, apart from the code.

A lesson file is a row of passages, each under a line `## name`. A number in them is a field in braces, to be
filled in with what was computed.
"""

import string
from functools import cache
from pathlib import Path

LESSONS = Path(__file__).resolve().parents[1] / "assets" / "lessons"


@cache
def passages(lesson: str) -> dict[str, str]:
    """The passages of a lesson, by name, fields unfilled."""
    text = (LESSONS / f"{lesson}.md").read_text(encoding="utf-8")
    parts = (part.partition("\n") for part in text.split("\n## ")[1:])
    return {name.strip(): body.strip() for name, _, body in parts}


def plain(text: str) -> str:
    """Somebody's own words as Markdown that shows them letter by letter."""
    odd = set(string.punctuation) - set(",;()")  # those alone mean nothing in Markdown
    escaped = "".join(f"\\{c}" if c in odd else c for c in text)
    return " ".join(escaped.split())  # a line that begins anew may begin a list


def say(lesson: str, passage: str, **fields: object) -> str:
    """One passage as Markdown.

    Args:
        lesson: the file's name, without its ending.
        passage: the passage's name.
        fields: what its braces stand for. Nothing that a person typed.

    Raises:
        KeyError: no such passage, or a field is missing.
    """
    return passages(lesson)[passage].format(**fields)
