"""A little room kept on the disk, given up when it is full, so that the store can still write that it is."""

import os
from contextlib import suppress
from pathlib import Path

NAME = "reserve"
RESERVE_BYTES = 1_000_000  # an end takes some 40,000; every run on this disk may need one


def keep_reserve(folder: Path) -> None:
    """Take the room, if it isn't taken yet; where there is none, there is nothing to reserve."""
    path = folder / NAME
    if path.exists():
        return
    aside = folder / f"{NAME}-{os.getpid()}.part"
    try:
        aside.write_bytes(os.urandom(RESERVE_BYTES))  # nothing that a file system could make smaller
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def give_up_reserve(folder: Path) -> bool:
    """Give the room back; whether there was any."""
    try:
        (folder / NAME).unlink()
    except FileNotFoundError:
        return False
    return True
