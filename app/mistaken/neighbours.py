"""The training digits that are most like a digit: what the network may have learned from that it reads so.

To let the network describe them all would take a worker half a minute. So those that have the most ink in
common with the digit are found first, and of these the ones that the network finds most alike.
"""

from functools import lru_cache

import numpy as np

from app import cache
from model.datasets import Digits
from model.neighbours import nearest

CANDIDATES = 100  # digits that the network looks at: a tenth of a second for the largest bundled one
SHOWN = 6
CHUNK = 5000  # digits compared together: 16 MB of them as floating numbers


@lru_cache(maxsize=256)
def alike(name: str | None, dataset: str, digit: bytes) -> tuple[int, ...]:
    """The places of the training digits that are most like one, the nearest first.

    Args:
        name: the network's address.
        dataset: whose train part it is.
        digit: the digit's 784 bytes; if it is among them itself, it is left out.

    Raises:
        DataError: the data set's files aren't here.
    """
    pixels = np.frombuffer(digit, np.uint8).reshape(28, 28)
    training = cache.digits(dataset, "train")
    found = _most_ink_in_common(training, pixels)
    network = cache.checkpoint(name).network
    described = network.features(np.concatenate([pixels[None], training.images[found]]))
    order, _ = nearest(described[1:], described[0], min(SHOWN, len(found)))
    return tuple(found[order].tolist())


def _most_ink_in_common(training: Digits, pixels: np.ndarray) -> np.ndarray:
    """Places of the digits whose pixels are nearest, by Euclidean distance: int64."""
    asked = pixels.ravel().astype(np.float32)
    distances = np.empty(len(training), np.float32)
    for start in range(0, len(training), CHUNK):
        few = training.images[start : start + CHUNK].reshape(-1, asked.size).astype(np.float32)
        few -= asked
        distances[start : start + len(few)] = np.einsum("ij,ij->i", few, few)
    distances[distances == 0] = np.inf  # the digit itself
    count = min(CANDIDATES, len(training))
    near = np.argpartition(distances, count - 1)[:count]
    return near[np.argsort(distances[near], kind="stable")]
