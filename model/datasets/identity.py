"""Whether files hold what they say: their form first, then whether they are the data set that was asked for.

MNIST and Fashion-MNIST come as files of the same names and sizes, and so do Kuzushiji-MNIST and others. Their
mean ink tells them apart: 0.131 and 0.286 of full ink (the values everyone normalises with), Kuzushiji-MNIST
0.192.
"""

from pathlib import Path

import numpy as np

from model.datasets.digits import CLASSES, SIDE, DataError
from model.datasets.matching import find_rows
from model.datasets.mini import read_mini

TITLES = {"mnist": "MNIST", "fashion": "Fashion-MNIST", "kaggle": "Digit Recognizer"}
# Of the last, Kaggle's own name for its competition, only a table is ever read.
COUNTS = {"train": 60_000, "test": 10_000}  # of the first two
MEAN_INK = {"mnist": 0.131, "fashion": 0.286}  # of full ink
MEAN_TOLERANCE = 0.005  # MNIST's two files have 0.1307 and 0.1325; the nearest other data set is 0.06 away


def check_form(images_file: Path, images: np.ndarray, labels_file: Path, labels: np.ndarray) -> None:
    """Check that images and labels are digits and belong together.

    Args:
        images_file: for the error.
        images: uint8, should be (n, 28, 28) with n > 0.
        labels_file: for the error.
        labels: uint8, should be (n,) with values 0–9.

    Raises:
        DataError: the file and what is wrong with it.
    """
    if images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        size = " × ".join(str(side) for side in images.shape[1:]) or "no"
        raise DataError(images_file, f"holds pictures of {size} pixels, expected {SIDE} × {SIDE}")
    if len(images) == 0:
        raise DataError(images_file, "holds no pictures at all")
    if labels.ndim != 1:
        raise DataError(labels_file, f"holds labels of shape {labels.shape}, expected one for each picture")
    if len(labels) != len(images):
        raise DataError(labels_file, f"holds {len(labels):,} labels, but there are {len(images):,} pictures")
    if (wrong := np.flatnonzero(labels >= CLASSES)).size:
        raise DataError(labels_file, f"label number {wrong[0]} is {labels[wrong[0]]}; labels are 0 to 9")


def check_is(dataset: str, part: str, file: Path, images: np.ndarray) -> None:
    """Check that images are those of the data set that was asked for, and all of them.

    Args:
        dataset: "mnist" or "fashion".
        part: "train" or "test", of the files (60,000 and 10,000).
        file: for the error.
        images: uint8 (n, 28, 28).

    Raises:
        DataError: another number of pictures, or those of another data set.
    """
    title = TITLES[dataset]
    if len(images) != COUNTS[part]:
        raise DataError(file, f"holds {len(images):,} pictures; {title}'s {part} file has {COUNTS[part]:,}")
    mean = float(images.mean()) / 255
    if abs(mean - MEAN_INK[dataset]) > MEAN_TOLERANCE:
        like = [TITLES[other] for other, ink in MEAN_INK.items() if abs(mean - ink) <= MEAN_TOLERANCE]
        raise DataError(
            file,
            f"these are not {title}'s pictures: their mean ink is {mean:.3f}, not {MEAN_INK[dataset]:.3f}"
            + (f" (they look like {like[0]}'s; keep each in a folder of its own)" if like else ""),
        )


def find_mini(file: Path, images: np.ndarray, labels: np.ndarray, all_of_it: bool) -> np.ndarray:
    """Find mini's digits within MNIST's, pixel by pixel, and check them.

    Args:
        file: for the error.
        images: uint8 (n, 28, 28), MNIST's training images or a part of them.
        labels: uint8 (n,).
        all_of_it: whether every one of mini's 5,000 must be there, as in MNIST's 60,000; otherwise (Kaggle's
            choice from all 70,000) some must.

    Returns:
        int64 (5000,): the row of each of mini's digits, in the order of mini's file; -1 where it isn't there.

    Raises:
        DataError: mini's digits are missing, occur twice, or have other labels: so this isn't MNIST.
    """
    mini_images, mini_labels = read_mini()
    found = find_rows(mini_images, images)
    rows = np.array([where[0] if where else -1 for where in found], np.int64)
    there = rows >= 0
    missing = int((~there).sum())
    if (all_of_it and missing) or not there.any():
        raise DataError(file, f"not MNIST's training digits: {missing:,} of mini's 5,000 are not there")
    if twice := sum(len(where) > 1 for where in found):
        raise DataError(file, f"not MNIST's training digits: {twice:,} of mini's 5,000 are there twice")
    if wrong := int((labels[rows[there]] != mini_labels[there]).sum()):
        raise DataError(file, f"not MNIST's labels: {wrong:,} of mini's 5,000 digits have another one")
    return rows
