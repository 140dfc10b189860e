"""What bundled networks read in their validation digits after each of their epochs: it stands at once.

Of each network that comes with all its epochs ``course.npz`` in its folder: a byte for each epoch and digit.
"""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model import checkpoint
from model.checkpoint import CheckpointError, bundled_names, checkpoint_epochs, read_checkpoint
from model.datasets import Digits
from model.evaluation.course import Course, course
from model.evaluation.scores import read_all

FILE = "course.npz"


def read_course(folder: Path, epochs: Sequence[int], digits: Digits) -> Course:
    """Read digits with a network after each of its epochs.

    Args:
        folder: the network's, see ``model.checkpoint.write_checkpoint``.
        epochs: which; their weights are kept there.
        digits: the validation digits.

    Raises:
        CheckpointError: an epoch isn't kept, or can't be read.
    """
    read = [read_all(read_checkpoint(folder, epoch).network, digits.images) for epoch in epochs]
    return course(epochs, read, digits.labels)


def write_course(folder: Path, found: Course) -> None:
    """Keep what was read after each epoch in a network's folder.

    Args:
        folder: the network's.
        found: of its validation digits, in their order.

    Raises:
        OSError: the file can't be written.
    """
    aside = folder / f"{FILE}.part"
    with aside.open("wb") as file:
        np.savez_compressed(
            file,
            allow_pickle=False,
            epochs=np.array(found.epochs, np.int16),
            read=found.read.astype(np.uint8),
            labels=found.labels.astype(np.uint8),
        )
    aside.replace(folder / FILE)


def bundled_course(name: str) -> Course | None:
    """What a bundled network read in its validation digits after each of its epochs.

    Args:
        name: the network's.

    Returns:
        In the order of the part; None where it wasn't kept.

    Raises:
        CheckpointError: no such network is bundled, or the file is damaged or of other epochs.
    """
    if name not in bundled_names():
        raise CheckpointError(f"no network {name!r} is bundled; there are {', '.join(bundled_names())}")
    path = checkpoint.BUNDLED / name / FILE
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = Course(tuple(arrays["epochs"].tolist()), arrays["read"], arrays["labels"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if found.epochs != checkpoint_epochs(name):
        raise CheckpointError(f"{path} is of the epochs {found.epochs}, not of {checkpoint_epochs(name)}")
    return found
