"""Finding the same digit again: two digits are the same when all their pixels are."""

import numpy as np


def find_rows(images: np.ndarray, among: np.ndarray) -> list[list[int]]:
    """Find each picture among others, by pixel identity.

    Args:
        images: uint8 (n, 28, 28), what to find.
        among: uint8 (m, 28, 28), where to look.

    Returns:
        n lists, in the order of `images`: the rows of `among` that are the same, ascending.
    """
    found: dict[bytes, list[int]] = {image.tobytes(): [] for image in images}
    for row, image in enumerate(among):
        if (rows := found.get(image.tobytes())) is not None:
            rows.append(row)
    return [found[image.tobytes()] for image in images]


def is_among(images: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Say of each picture whether it is among others, by pixel identity.

    Args:
        images: uint8 (n, 28, 28).
        among: uint8 (m, 28, 28).

    Returns:
        bool (n,).
    """
    known = {image.tobytes() for image in among}
    return np.array([image.tobytes() in known for image in images], bool)
