"""Digits as a table of text, a row for each and a column for each pixel: read in pieces, and checked.

So Kaggle gives them, and so they come back from spreadsheets and scripts: with other separators, in other
encodings, with columns moved about, cut off. Whatever is wrong is named with its line and its column, and
however large the file is, only a piece of it is in memory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from model.datasets.digits import CLASSES, SIDE, DataError

PIXELS = tuple(f"pixel{i}" for i in range(SIDE * SIDE))
LABELLED = ("label", *PIXELS)
PIECE_BYTES = 1 << 20  # some 450 digits; what is worked out from them takes twenty times as much for a moment
LONGEST_LINE = 1 << 16  # bytes; a whole row of 785 three-figure numbers has 3,141
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_KINDS = (
    (b"\xff\xfe", "is UTF-16 text, not plain text: save it again as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text, not plain text: save it again as UTF-8"),
    (b"PK\x03\x04", "is a ZIP archive (or a spreadsheet): unpack it, or save it as CSV"),
    (b"\x1f\x8b", "is packed with gzip: unpack it first"),
)
_RETURNS = "has carriage returns without line feeds (old programs end a line so): save it with line feeds"
_COMMA, _NEW_LINE, _ZERO = ord(","), ord("\n"), ord("0")
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
_QUOTED = 20  # characters of what was found that a message quotes


@dataclass(frozen=True, eq=False)
class Piece:
    """Some rows of a table.

    Args:
        images: uint8 (n, 28, 28).
        labels: uint8 (n,); None in a table without labels.
        first: how many rows came before.
        bytes_read: how much of the file is read so far, this piece included.
    """

    images: np.ndarray
    labels: np.ndarray | None
    first: int
    bytes_read: int


def read_pieces(
    stream: BinaryIO, name: Path | str, labelled: bool, rows: int | None = None
) -> Iterator[Piece]:
    """Read a table piece by piece.

    Args:
        stream: the file's bytes, from its start.
        name: of the file, for errors.
        labelled: whether its first column is the label.
        rows: how many digits there have to be; None for any number from 1.

    Yields:
        The rows in order, up to some 500 at a time.

    Raises:
        DataError: it is empty, of another kind or encoding, parted by something else than commas; a column is
            missing, extra or in another place; a row has another number of values, a value isn't a whole
            number or out of range; or there are more rows, or fewer. It names the line, counted from 1, and
            the column.
    """
    try:
        yield from _read(stream, name, LABELLED if labelled else PIXELS, rows)
    except OSError as error:
        raise DataError(name, f"cannot be read ({error.strerror or error})") from error


def read_table(path: Path, labelled: bool, rows: int | None = None) -> tuple[np.ndarray, np.ndarray | None]:
    """Read a whole table.

    Args:
        path: the file.
        labelled: whether its first column is the label.
        rows: how many digits there have to be; None for any number from 1.

    Returns:
        images, uint8 (n, 28, 28), and labels, uint8 (n,), or None.

    Raises:
        DataError: as ``read_pieces``; or the file can't be opened.
    """
    try:
        with path.open("rb") as stream:
            pieces = list(read_pieces(stream, path, labelled, rows))
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror or error})") from error
    labels = [piece.labels for piece in pieces if piece.labels is not None]
    return np.concatenate([piece.images for piece in pieces]), np.concatenate(labels) if labels else None


def _read(stream: BinaryIO, name: Path | str, columns: tuple[str, ...], rows: int | None) -> Iterator[Piece]:
    header = stream.readline(LONGEST_LINE)
    _check_kind(name, header)
    if b"\r" in header.rstrip(b"\r\n"):
        raise DataError(name, _RETURNS)
    try:
        _check_header(name, header.removeprefix(_BYTE_ORDER_MARK).decode("utf-8").rstrip("\r\n"), columns)
    except UnicodeDecodeError as error:
        raise DataError(name, "is not a text file") from error
    line, rest, bytes_read, done = 2, b"", len(header), 0
    while True:
        block = stream.read(PIECE_BYTES)
        bytes_read += len(block)
        rest += block
        # up to the end of the last line that isn't empty: empty ones may be the file's end
        filled = len(rest[: rest.rfind(b"\n") + 1].rstrip(b"\r\n"))
        end = rest.find(b"\n", filled) + 1 if filled else 0
        rest = rest[:end] + _shortened(rest[end:])
        if len(rest) - end > LONGEST_LINE:
            line += rest.count(b"\n", 0, end)
            if rest.startswith((b"\n", b"\r\n"), end):
                raise DataError(name, f"line {line} is empty")
            if b"\r" in rest[end:-1]:
                raise DataError(name, f"line {line} {_RETURNS}")
            raise DataError(name, f"line {line} has no end after {LONGEST_LINE:,} characters: is this CSV?")
        if not block:
            end = len(rest)
            rest = rest.rstrip(b"\r\n")
        whole, rest = rest[:end].replace(b"\r\n", b"\n"), rest[end:]
        if whole:
            whole += b"" if whole.endswith(b"\n") else b"\n"
            values = _values(whole, len(columns))
            if values is None:
                values = _carefully(name, whole, columns, line)
            if rows is not None and done + len(values) > rows:
                raise DataError(name, f"has more than {rows:,} rows; line {rows + 2} is one too many")
            line += len(values)
            yield _piece(values, columns, done, bytes_read)
            done += len(values)
        if not block:
            break
    if not done:
        raise DataError(name, "holds a header and no digits")
    if rows is not None and done < rows:
        raise DataError(name, f"{rows - done:,} rows are missing: it has {done:,} instead of {rows:,}")


def _shortened(rest: bytes) -> bytes:
    """What follows a line; many empty lines at its start become one, for they are to take no memory."""
    filled = rest.lstrip(b"\r\n")
    blank = len(rest) - len(filled)
    return b"\n" + filled if b"\n" in rest[:blank] and blank > len(b"\r\n") else rest


def _piece(values: np.ndarray, columns: tuple[str, ...], first: int, bytes_read: int) -> Piece:
    labels = values[:, 0].copy() if columns[0] == "label" else None
    images = values[:, -SIDE * SIDE :].reshape(-1, SIDE, SIDE)
    return Piece(np.ascontiguousarray(images), labels, first, bytes_read)


def _check_kind(name: Path | str, start: bytes) -> None:
    if not start:
        raise DataError(name, "the file is empty")
    for mark, fault in _OTHER_KINDS:
        if start.startswith(mark):
            raise DataError(name, fault)
    if b"\0" in start:
        raise DataError(name, "is not a text file, or UTF-16: save it again as UTF-8")


def _check_header(name: Path | str, line: str, columns: tuple[str, ...]) -> None:
    names = tuple(line.split(","))
    if names == columns:
        return
    if not line.strip():
        raise DataError(name, "line 1 is empty: it should be the header")
    for separator, word in ((";", "semicolons"), ("\t", "tabs")):
        if len(line.split(separator)) > len(names):
            raise DataError(name, f"its columns are parted by {word}: save it with commas")
    missing = [each for each in columns if each not in names]
    extra = [each for each in names if each not in columns]
    if len(missing) == len(columns):
        wanted = f"{columns[0]},{columns[1]},…,{columns[-1]}"
        raise DataError(name, f"has no header {wanted}; its first line starts {line[:40]!r}")
    if missing:
        hint = ": this looks like test.csv" if missing == ["label"] else ""
        raise DataError(name, f"{len(missing)} of its columns are missing, first {missing[0]!r}{hint}")
    if extra:
        at = names.index(extra[0]) + 1
        hint = ": this looks like train.csv" if extra == ["label"] else ""
        raise DataError(name, f"{len(extra)} columns too many, first {_quoted(extra[0])}, column {at}{hint}")
    if len(names) > len(columns):
        raise DataError(name, f"has {len(names)} columns, some of them twice; expected {len(columns)}")
    at = next(i for i, (each, wanted) in enumerate(zip(names, columns, strict=True)) if each != wanted)
    fault = f"its columns are in another order: column {at + 1} is {names[at]!r}, not {columns[at]!r}"
    raise DataError(name, fault)


def _values(block: bytes, columns: int) -> np.ndarray | None:
    """The values of whole lines: uint8 (n, columns); None unless all is as plain as Kaggle writes it.

    Where the separators stand, and so how long each number is, is found for the whole block at once.
    """
    text = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero((text == _COMMA) | (text == _NEW_LINE))
    lengths = np.diff(ends, prepend=-1) - 1
    if len(ends) % columns or lengths.min() < 1 or lengths.max() > 3:
        return None
    kinds = text[ends].reshape(-1, columns)
    if (kinds[:, -1] != _NEW_LINE).any() or (kinds[:, :-1] != _COMMA).any():
        return None
    figures = text - np.uint8(_ZERO)  # what is no figure becomes 10 or more
    values = np.zeros(len(ends), np.uint16)
    for place, power in enumerate((1, 10, 100)):
        there = np.flatnonzero(lengths > place) if place else slice(None)
        found = figures[ends[there] - 1 - place]
        if (found > 9).any():
            return None
        values[there] += found * np.uint16(power)
    table = values.reshape(-1, columns)
    label_fits = columns == len(PIXELS) or (table[:, 0] < CLASSES).all()
    return table.astype(np.uint8) if label_fits and (values <= 255).all() else None


def _carefully(name: Path | str, block: bytes, columns: tuple[str, ...], line: int) -> np.ndarray:
    """The values of whole lines one by one, spaces around them and leading zeros taken; or what is wrong."""
    table = []
    for number, row in enumerate(block.split(b"\n")[:-1], start=line):
        try:
            texts = row.decode("utf-8").split(",")
        except UnicodeDecodeError as error:
            raise DataError(name, f"is not a text file: line {number} holds other bytes") from error
        if texts == [""]:
            raise DataError(name, f"line {number} is empty")
        if b"\r" in row:
            raise DataError(name, f"line {number} {_RETURNS}")
        if len(texts) != len(columns):
            raise DataError(name, f"line {number} has {len(texts)} values instead of {len(columns)}")
        table.append([_value(name, number, at, column, texts[at]) for at, column in enumerate(columns)])
    return np.array(table, np.uint8)


def _value(name: Path | str, line: int, at: int, column: str, text: str) -> int:
    most = CLASSES - 1 if column == "label" else 255
    place = f"line {line}, column {at + 1} ({column})"
    if not _WHOLE.fullmatch(plain := text.strip(" ")):
        raise DataError(name, f"{place}: {_quoted(text)} is not a whole number from 0 to {most}")
    if not 0 <= (value := int(plain)) <= most:
        raise DataError(name, f"{place}: {value} is outside 0 to {most}")
    return value


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _QUOTED else text[:_QUOTED] + "…")
