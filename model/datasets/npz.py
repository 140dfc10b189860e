"""MNIST as Keras keeps it: one NumPy archive, ``mnist.npz``, with x_train, y_train, x_test and y_test.

See https://keras.io/api/datasets/mnist/. It is read without unpickling, so that reading it runs no code.
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from model.datasets.digits import DataError


def read_npz(path: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Read one part of Keras's archive.

    Args:
        path: the archive.
        part: "train" or "test".

    Returns:
        images, uint8 (n, 28, 28), and labels, uint8 (n,), as they stand in the file: their form is unchecked.

    Raises:
        DataError: the file is missing, truncated, not an archive, or lacks these arrays; or they hold
            something else than whole numbers from 0 to 255.
    """
    try:
        with path.open("rb") as file:  # opened here, for np.load leaves a broken file open
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(path, "is a single array, not an archive of x_train, y_train, x_test, y_test")
            images, labels = (_bytes(path, f"{axis}_{part}", archive) for axis in "xy")
    except (zipfile.BadZipFile, zlib.error, EOFError, MemoryError) as error:
        raise DataError(path, f"the archive is truncated or damaged ({error}). Fetch it again") from error
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror or error})") from error
    except DataError:
        raise
    except ValueError as error:  # NumPy's word for pickled objects and for anything that is no array
        raise DataError(path, f"is not a NumPy archive of plain numbers ({error})") from error
    return images, labels


def _bytes(path: Path, name: str, archive: np.lib.npyio.NpzFile) -> np.ndarray:
    if name not in archive:
        raise DataError(path, f"has no array {name}, only {', '.join(archive.files) or 'nothing'}")
    array = archive[name]
    if array.dtype.kind not in "iu":
        raise DataError(path, f"{name} is {array.dtype}, expected whole numbers from 0 to 255")
    if array.dtype != np.uint8 and array.size and (array.min() < 0 or array.max() > 255):
        span = f"from {array.min()} to {array.max()}"
        raise DataError(path, f"{name} holds values {span}, outside 0 to 255")
    return array.astype(np.uint8, copy=False)
