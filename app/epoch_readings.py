"""What a network read after each of its epochs, in the same digits: brought together, and kept.

Of each epoch only what was read is kept, a byte for a digit: a training of many epochs stays whole then.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from app import bulk, cache, networks
from app.bulk import Reading
from model.checkpoint import bundled_names
from model.evaluation.course import Course, course
from model.evaluation.kept_course import bundled_course
from model.recipe import CLASSES

MOST_KEPT = 1000  # epochs of all networks, 5 kB each
READING_SECONDS = 0.3  # of the server's time for one question, as in `bulk`

_lock = threading.Lock()
_read: "OrderedDict[tuple[str, int, str, str], np.ndarray]" = OrderedDict()


def read_epochs(name: str, epochs: Sequence[int], dataset: str, part: str) -> Course | Reading:
    """What a network read after each of some epochs; asked again, it comes further.

    Args:
        name: a bundled network or a run.
        epochs: their numbers, rising; their weights are kept.
        dataset: whose digits.
        part: which part of it.

    Returns:
        The course once all is read; until then how far it has come, over all epochs together.

    Raises:
        CheckpointError: an epoch can't be read.
        DataError: the digits aren't on this machine.
    """
    digits = cache.digits(dataset, part)
    if _known(name, epochs[-1], dataset, part) is None:
        _take_bundled(name, dataset, part)
    until, found, more, problem = time.monotonic() + READING_SECONDS, [], 0, ""
    for epoch in epochs:
        known = _known(name, epoch, dataset, part)
        if known is None and time.monotonic() < until:
            reading = bulk.read_part(networks.to_address(name, epoch), dataset, part)
            if reading.finished:
                known = _keep((name, epoch, dataset, part), reading.values.argmax(axis=1))
            else:
                more, problem = len(reading.values), reading.problem
        if known is None:
            break  # those that come after it are asked for when it is done
        found.append(known)
    if len(found) == len(epochs):
        return course(epochs, found, digits.labels)
    done = len(found) * len(digits) + more
    return Reading(np.zeros((done, CLASSES), np.float32), len(epochs) * len(digits), problem)


def _take_bundled(name: str, dataset: str, part: str) -> None:
    """Takes in what came with a bundled network, if these are the digits that it was watched by."""
    if name not in bundled_names() or part != "validation":
        return
    kept, digits = bundled_course(name), cache.digits(dataset, part)
    if kept is None or not np.array_equal(kept.labels, digits.labels):
        return
    if cache.checkpoint(networks.to_address(name)).recipe.dataset == dataset:
        for epoch, read in zip(kept.epochs, kept.read, strict=True):
            _keep((name, epoch, dataset, part), read)


def _known(name: str, epoch: int, dataset: str, part: str) -> np.ndarray | None:
    with _lock:
        return _read.get((name, epoch, dataset, part))


def _keep(key: tuple[str, int, str, str], found: np.ndarray) -> np.ndarray:
    read = found.astype(np.uint8)
    read.flags.writeable = False
    with _lock:
        _read[key] = read
        _read.move_to_end(key)
        while len(_read) > MOST_KEPT:
            _read.popitem(last=False)
    return read
