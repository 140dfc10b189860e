"""The bundled networks' readings of their test digits, one by one, so that the honest test stands offline.

Of each network ``test.npz`` in its folder: the probabilities in half precision, and the labels. So only the
pictures themselves need the data set's files.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.checkpoint import BUNDLED, CheckpointError, bundled_names
from model.recipe import CLASSES

FILE = "test.npz"


@dataclass(frozen=True, eq=False)
class Readings:
    """What a network said of labelled digits.

    Args:
        probabilities: float32 (n, 10), to three figures or so; the likeliest is the one that was read.
        labels: uint8 (n,).
    """

    probabilities: np.ndarray
    labels: np.ndarray


def write_readings(folder: Path, probabilities: np.ndarray, labels: np.ndarray) -> None:
    """Keep a network's readings of its test digits in its folder.

    Args:
        folder: the network's.
        probabilities: float32 (n, 10), in the order of the test part.
        labels: uint8 (n,).

    Raises:
        ValueError: they aren't as many.
        OSError: the file can't be written.
    """
    if probabilities.shape != (len(labels), CLASSES):
        raise ValueError(f"{len(labels)} labels need readings ({len(labels)}, 10), not {probabilities.shape}")
    half = probabilities.astype(np.float16)
    read, rows = probabilities.argmax(axis=1), np.arange(len(labels))
    # Two that are nearly alike may be equal in half precision: what was read must stay the likeliest.
    tied = half.argmax(axis=1) != read
    half[rows[tied], read[tied]] = np.nextafter(half[tied].max(axis=1), np.float16(2))
    aside = folder / f"{FILE}.part"
    with aside.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, probabilities=half, labels=labels)
    aside.replace(folder / FILE)


def bundled_readings(name: str) -> Readings | None:
    """What a bundled network said of its test digits.

    Args:
        name: the network's.

    Returns:
        In the order of the test part; None where they weren't kept.

    Raises:
        CheckpointError: no such network is bundled, or the file is damaged.
    """
    if name not in bundled_names():
        raise CheckpointError(f"no network {name!r} is bundled; there are {', '.join(bundled_names())}")
    path = BUNDLED / name / FILE
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Readings(arrays["probabilities"].astype(np.float32), arrays["labels"])
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
