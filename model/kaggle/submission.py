"""The answers for Kaggle's test.csv, and the file that Kaggle takes.

Its form, as the competition's sample has it (https://www.kaggle.com/c/digit-recognizer/data): a header, then
a line for each digit, in the order of test.csv and counted from 1.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from model.datasets.digits import CLASSES, DataError
from model.datasets.pixel_table import Piece, read_pieces
from model.verdict import Reader

TEST_ROWS = 28_000  # what Kaggle's test.csv holds; a submission with other ids isn't taken
HEADER = "ImageId,Label"


def answers(
    reader: Reader,
    stream: BinaryIO,
    name: Path | str = "test.csv",
    rows: int | None = TEST_ROWS,
    on_progress: Callable[[int], None] = lambda _: None,
) -> np.ndarray:
    """Read the digits of a test.csv; only a piece of the file is in memory at a time.

    Args:
        reader: a network; or several, see ``model.sweeps.Together``.
        stream: the file's bytes, from its start.
        name: of the file, for errors.
        rows: how many digits there have to be; None for any number.
        on_progress: called with the number of digits that were read since the last call.

    Returns:
        The digits' probabilities, float32 (n, 10), in the file's order.

    Raises:
        DataError: whatever is wrong with the file, with line and column: see ``pixel_table.read_pieces``.
    """
    done = []
    for piece in read_pieces(stream, name, labelled=False, rows=rows):
        done.append(reader.probabilities(piece.images))
        on_progress(len(done[-1]))
    return np.concatenate(done)


def check_test(
    path: Path, rows: int | None = TEST_ROWS, on_progress: Callable[[int], None] = lambda _: None
) -> int:
    """See that a test.csv is whole, without reading its digits: before a training that it is meant for.

    Args:
        path: the file.
        rows: how many digits there have to be; None for any number.
        on_progress: called with the number of bytes that were read since the last call.

    Returns:
        How many digits it holds.

    Raises:
        DataError: as ``answers``; or the file can't be opened.
    """
    count = before = 0
    for piece in _pieces(path, rows):
        count += len(piece.images)
        on_progress(piece.bytes_read - before)
        before = piece.bytes_read
    return count


def submission_text(readings: np.ndarray) -> str:
    r"""The file that Kaggle takes, as text.

    Args:
        readings: integers (n,), 0 to 9, in the order of test.csv.

    Returns:
        ``ImageId,Label``, then ``1,2`` and so on; every line ends with a line feed.

    Raises:
        ValueError: they are no digits, or there are none.

    Example:
        >>> submission_text(np.array([2, 0]))
        'ImageId,Label\n1,2\n2,0\n'
    """
    whole = np.issubdtype(readings.dtype, np.integer)
    if (
        readings.ndim != 1
        or not len(readings)
        or not whole
        or readings.min() < 0
        or readings.max() >= CLASSES
    ):
        raise ValueError(f"a submission needs digits from 0 to 9, not {readings.dtype} {readings.shape}")
    lines = (f"{number},{digit}" for number, digit in enumerate(readings.tolist(), start=1))
    return "\n".join([HEADER, *lines, ""])


def write_submission(path: Path, readings: np.ndarray) -> None:
    """Write the file that Kaggle takes, in one step: what stands there is whole.

    Args:
        path: where; its folder has to be there.
        readings: as ``submission_text`` takes them.

    Raises:
        OSError: it can't be written.
    """
    aside = path.with_name(f"{path.name}.part")
    aside.write_bytes(submission_text(readings).encode("ascii"))
    aside.replace(path)


def _pieces(path: Path, rows: int | None) -> Iterator[Piece]:
    try:
        with path.open("rb") as stream:
            yield from read_pieces(stream, path, labelled=False, rows=rows)
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror or error})") from error
