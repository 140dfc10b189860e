"""MNIST as Kaggle's competition "Digit Recognizer" gives it: ``train.csv``, a row per digit.

The header is label,pixel0,…,pixel783; pixels run along the rows of the picture
(https://www.kaggle.com/c/digit-recognizer/data). Its 42,000 digits are a choice from all of MNIST: 35,985
from its training set and 6,015 from its test set.
"""

from pathlib import Path

import numpy as np

from model.datasets.pixel_table import LABELLED, read_table

HEADER = LABELLED
ROWS = 42_000


def read_train_csv(path: Path, rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Read Kaggle's labelled digits.

    Args:
        path: the file.
        rows: how many digits there have to be; None for any number.

    Returns:
        images, uint8 (n, 28, 28), and labels, uint8 (n,).

    Raises:
        DataError: whatever is wrong with the file, with line and column: see ``pixel_table.read_pieces``.
    """
    images, labels = read_table(path, labelled=True, rows=rows)
    assert labels is not None  # a labelled table has them
    return images, labels
