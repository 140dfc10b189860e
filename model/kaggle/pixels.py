"""A test.csv as bare pixels in a file: what a worker makes of it, so that nobody else needs to parse text.

Of 51 MB of text become 22 MB of bytes, digit after digit. How long that file is tells how far the worker is.
"""

from pathlib import Path

import numpy as np

from model.datasets.digits import SIDE, DataError
from model.datasets.pixel_table import read_pieces
from model.kaggle.submission import TEST_ROWS

DIGIT_BYTES = SIDE * SIDE


def to_pixels(table: str, pixels: str, rows: int | None = TEST_ROWS) -> int:
    """Read a test.csv, only a piece of it in memory at a time, and write its digits' pixels to another file.

    Args:
        table: the file that is read.
        pixels: the file that is written; what is there goes.
        rows: how many digits there have to be; None for any number.

    Returns:
        How many digits there are.

    Raises:
        DataError: whatever is wrong with it, see ``pixel_table.read_pieces``; or a file can't be opened. It
            names "test.csv", as the person who gave it would.
    """
    count = 0
    try:
        with Path(table).open("rb") as stream, Path(pixels).open("wb") as written:
            for piece in read_pieces(stream, "test.csv", labelled=False, rows=rows):
                written.write(piece.images.tobytes())
                written.flush()
                count += len(piece.images)
    except OSError as error:
        raise DataError("test.csv", f"cannot be read ({error.strerror or error})") from error
    return count


def written_digits(pixels: Path) -> int:
    """How many digits such a file holds so far; 0 while it isn't there."""
    try:
        return pixels.stat().st_size // DIGIT_BYTES
    except FileNotFoundError:
        return 0


def read_pixels(pixels: Path) -> np.ndarray:
    """The digits of such a file: uint8 (n, 28, 28), read-only. They stay in the file until looked at.

    Raises:
        OSError: it isn't there.
    """
    return np.memmap(pixels, np.uint8, "r").reshape(-1, SIDE, SIDE)
