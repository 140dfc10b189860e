"""Reading the digit, or the digits, in each of many picture files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.pictures import PictureError, open_picture
from model.preprocessing import to_digit
from model.several import SEVERAL, find_digits, looks_like_several
from model.upright import UPSIDE_DOWN, is_upside_down
from model.verdict import Reader, Verdict, read_digits

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif")
TOGETHER = 256  # pictures read in one batch: bounds the memory whatever the folder's size


def read_pictures(network: Reader, paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Read files and folders of pictures.

    Args:
        network: what reads them.
        paths: files as they are; of each folder its picture files, in alphabetical order.

    Yields:
        For each file, in order: file, digit, confidence, probabilities (ten) and warnings; or file and error.

    Raises:
        ValueError: a folder holds no pictures.
    """
    for batch in _in_batches(_picture_files(paths), TOGETHER):
        yield from _read(network, batch)


def read_numbers(network: Reader, paths: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Read files and folders of pictures with several digits each.

    Args:
        network: what reads them.
        paths: as for `read_pictures`.

    Yields:
        For each digit, file by file and in reading order: file, line and place (both from 1), digit,
        confidence, probabilities (ten), box and warnings; for a file without digits file and error. A box is
        left, top, width and height as shares of the upright picture's width and height: they hold whatever
        size it was shrunk to.

    Raises:
        ValueError: a folder holds no pictures.
    """
    for path in _picture_files(paths):
        record: dict[str, Any] = {"file": str(path)}
        try:
            found = find_digits(open_picture(path, path.name), network)
        except (PictureError, OSError) as error:
            yield record | {"error": str(error)}
            continue
        if found.problem:
            yield record | {"error": found.problem}
        for number, line in enumerate(found.lines, start=1):
            for place, digit in enumerate(line, start=1):
                box = [round(part, 4) for part in found.share(digit.box)]
                read = _reading(digit.verdict) | {"warnings": [*digit.warnings, *found.remarks]}
                yield record | {"line": number, "place": place} | read | {"box": box}


def _picture_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files as given, and of each folder its picture files, in alphabetical order."""
    for path in paths:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*") if p.suffix.lower() in PICTURES and p.is_file())
            if not found:
                raise ValueError(f"{path} holds no pictures ({', '.join(PICTURES)})")
            yield from found
        else:
            yield path


def _in_batches(items: Iterator[Path], size: int) -> Iterator[list[Path]]:
    batch: list[Path] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(network: Reader, paths: Sequence[Path]) -> list[dict[str, Any]]:
    """A record for each file, in order: what was read, or why it could not be."""
    records: list[dict[str, Any]] = []
    digits, owners = [], []
    for path in paths:
        record: dict[str, Any] = {"file": str(path)}
        records.append(record)
        try:
            prepared = to_digit(open_picture(path, path.name))
        except (PictureError, OSError) as error:
            record["error"] = str(error)
            continue
        if prepared.digit is None:
            record["error"] = prepared.problem
        else:
            digits.append(prepared.digit)
            several = (f"{SEVERAL} Ask for --several.",) if looks_like_several(prepared) else ()
            owners.append((record, (*several, *prepared.remarks)))
    if digits:
        verdicts = read_digits(network, np.stack(digits))
        for (record, remarks), digit, verdict in zip(owners, digits, verdicts, strict=True):
            record |= _reading(verdict)
            record["warnings"] += remarks
            if is_upside_down(network, [digit], [verdict]):
                record["warnings"].append(UPSIDE_DOWN)
    return records


def _reading(verdict: Verdict) -> dict[str, Any]:
    return {
        "digit": verdict.digit,
        "confidence": round(verdict.confidence, 6),
        "probabilities": [round(float(p), 6) for p in verdict.probabilities],
        "warnings": list(verdict.warnings),
    }
