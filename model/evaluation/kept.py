"""The bundled networks' readings of their digits, one by one, so that the honest test stands offline.

Of each network ``test.npz`` and ``validation.npz`` in its folder: the probabilities, and the labels. So
only the pictures themselves need the data set's files. Half precision won't do: it takes every confidence
above 99.98% for certainty, and calibration and thresholds are about those.
"""

import functools
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model import checkpoint
from model.checkpoint import CheckpointError, bundled_names
from model.recipe import CLASSES

PARTS = ("validation", "test")  # the training digits are learned from, which is no test
MOST_UNPACKED = 8  # files; 410 kB for 10,000 digits


@dataclass(frozen=True, eq=False)
class Readings:
    """What a network said of labelled digits.

    Args:
        probabilities: float32 (n, 10).
        labels: uint8 (n,).
    """

    probabilities: np.ndarray
    labels: np.ndarray


def write_readings(folder: Path, probabilities: np.ndarray, labels: np.ndarray, part: str = "test") -> None:
    """Keep a network's readings of its digits in its folder.

    Args:
        folder: the network's.
        probabilities: float32 (n, 10), in the order of the part.
        labels: uint8 (n,).
        part: one of ``PARTS``.

    Raises:
        ValueError: they aren't as many, or no such part is kept.
        OSError: the file can't be written.
    """
    if probabilities.shape != (len(labels), CLASSES):
        raise ValueError(f"{len(labels)} labels need readings ({len(labels)}, 10), not {probabilities.shape}")
    path = _file(folder, part)
    aside = folder / f"{path.name}.part"
    with aside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, probabilities=probabilities, labels=labels)
    aside.replace(path)


def bundled_readings(name: str, part: str = "test") -> Readings | None:
    """What a bundled network said of its digits after its last epoch.

    Args:
        name: the network's.
        part: one of ``PARTS``.

    Returns:
        In the order of the part, read-only; None where they weren't kept.

    Raises:
        CheckpointError: no such network is bundled, or the file is damaged.
        ValueError: no such part is kept.
    """
    if name not in bundled_names():
        raise CheckpointError(f"no network {name!r} is bundled; there are {', '.join(bundled_names())}")
    path = _file(checkpoint.BUNDLED / name, part)
    if not path.exists():
        return None
    stamp = path.stat()
    return _unpack(path, (stamp.st_ino, stamp.st_mtime_ns, stamp.st_size))


@functools.lru_cache(maxsize=MOST_UNPACKED)
def _unpack(path: Path, _stamp: tuple[int, int, int]) -> Readings:
    # a file that is written anew has another stamp
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = Readings(arrays["probabilities"], arrays["labels"])
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    for array in (found.probabilities, found.labels):
        array.flags.writeable = False
    return found


def _file(folder: Path, part: str) -> Path:
    if part not in PARTS:
        raise ValueError(f"readings are kept of {' and '.join(PARTS)} digits, not of {part!r}")
    return folder / f"{part}.npz"
