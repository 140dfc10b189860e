"""Arrays in files: written aside, brought to the disk, then put in place in one step; compact on request."""

import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

Arrays = Mapping[str, np.ndarray]


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Put arrays into a file that is either whole or not there, whatever happens on the way.

    Args:
        path: ends in ``.npz``; its folder is made if need be.
        arrays: numbers by name.

    Raises:
        OSError: the disk is full, or refuses; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_suffix(".part")
    try:
        with aside.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def read_arrays(path: Path, prefix: str = "") -> dict[str, np.ndarray]:
    """The arrays in a file.

    Args:
        path: what ``write_arrays`` wrote.
        prefix: only those whose names begin so; it is left out of the names.

    Raises:
        OSError: it is not there or cannot be read.
        ValueError: it is damaged, or holds what is no array of numbers.
    """
    try:
        # opened here: NumPy would leave the file of a damaged archive open
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name[len(prefix) :]: arrays[name] for name in arrays.files if name.startswith(prefix)}
    except (BadZipFile, EOFError, TypeError, zlib.error) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error


def to_half(arrays: Arrays) -> dict[str, np.ndarray]:
    """Floating arrays in half precision where every value fits its range, the others as float32.

    Half precision keeps 11 binary digits (a relative error of at most 1/2048) up to 65,504 and down to 6e-5;
    smaller values are off by at most 3e-8.
    """
    with np.errstate(over="ignore"):
        halves = {name: np.asarray(array, np.float32).astype(np.float16) for name, array in arrays.items()}
    return {
        name: half if np.isfinite(half).all() else np.asarray(arrays[name], np.float32)
        for name, half in halves.items()
    }


def to_single(arrays: Arrays) -> dict[str, np.ndarray]:
    """The same arrays as float32."""
    return {name: np.asarray(array, np.float32) for name, array in arrays.items()}


def _sync_folder(folder: Path) -> None:
    # Where folders can be opened (not on Windows), the new name is brought to the disk as well.
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
