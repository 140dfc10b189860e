"""MNIST as Kaggle's competition "Digit Recognizer" gives it: ``train.csv``, a row per digit.

The header is label,pixel0,…,pixel783; pixels run along the rows of the picture
(https://www.kaggle.com/c/digit-recognizer/data). Its 42,000 digits are a choice from all of MNIST: 35,985
from its training set and 6,015 from its test set.
"""

from pathlib import Path

import numpy as np

from model.datasets.digits import CLASSES, SIDE, DataError

HEADER = ("label", *(f"pixel{i}" for i in range(SIDE * SIDE)))


def read_train_csv(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read Kaggle's labelled digits.

    Args:
        path: the file.

    Returns:
        images, uint8 (n, 28, 28), and labels, uint8 (n,).

    Raises:
        DataError: the file is missing or empty; a column is missing, extra or out of order; a row has another
            number of values; a value isn't a whole number or lies outside 0–255 (a label: 0–9). It names the
            line.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            _check_header(path, file.readline().rstrip("\r\n"))
            if not file.readline().strip():
                raise DataError(path, "holds a header and no digits")
        rows = np.loadtxt(path, np.uint8, comments=None, delimiter=",", skiprows=1, ndmin=2, encoding="utf-8")
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise DataError(path, "is not a text file") from error
    except DataError:
        raise
    except ValueError as error:
        raise DataError(path, _first_fault(path) or str(error)) from error
    labels = rows[:, 0]
    if rows.shape[1] != len(HEADER) or (labels >= CLASSES).any():
        raise DataError(path, _first_fault(path) or f"its rows have {rows.shape[1]} values")
    return rows[:, 1:].reshape(-1, SIDE, SIDE), labels.copy()


def _check_header(path: Path, line: str) -> None:
    names = tuple(line.split(","))
    if names == HEADER:
        return
    if not line:
        raise DataError(path, "the file is empty")
    missing = [name for name in HEADER if name not in names]
    extra = [name for name in names if name not in HEADER]
    if len(missing) == len(HEADER):
        raise DataError(path, f"has no header label,pixel0,…,pixel783; its first line starts {line[:40]!r}")
    if missing:
        raise DataError(path, f"{len(missing)} of its columns are missing, first {missing[0]!r}")
    if extra:
        raise DataError(path, f"{len(extra)} columns too many, first {extra[0]!r}")
    if len(names) > len(HEADER):
        raise DataError(path, f"has {len(names)} columns, some of them twice; expected {len(HEADER)}")
    at = next(i for i, (name, wanted) in enumerate(zip(names, HEADER, strict=True)) if name != wanted)
    fault = f"its columns are in another order: column {at + 1} is {names[at]!r}, not {HEADER[at]!r}"
    raise DataError(path, fault)


def _first_fault(path: Path) -> str | None:
    """Look for the first bad value line by line: slow, but only done once something is known to be wrong."""
    with path.open(encoding="utf-8-sig") as file:
        next(file)
        for number, line in enumerate(file, start=2):
            values = line.strip().split(",")
            if values == [""]:
                continue
            if len(values) != len(HEADER):
                return f"line {number} has {len(values)} values instead of {len(HEADER)}"
            for name, value in zip(HEADER, values, strict=True):
                most = CLASSES - 1 if name == "label" else 255
                try:
                    whole = int(value)
                except ValueError:
                    return f"line {number}, {name}: {value!r} is not a whole number"
                if not 0 <= whole <= most:
                    return f"line {number}, {name}: {whole} is outside 0 to {most}"
    return None
