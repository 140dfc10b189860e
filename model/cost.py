"""What a training costs: how long an epoch took before, and, until that is known, about how long it will."""

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from model.history import Epoch
from model.layers import BatchNormalization, Conv2D, Flatten
from model.recipe import Recipe

# What changes how many epochs are needed, not how long one takes.
_FREE = ("name", "epochs", "seed", "annealer", "early_stopping", "label_smoothing")


def speed_key(recipe: Recipe) -> str:
    """A name for all recipes whose epochs take equally long, under which a measured speed is kept."""
    plain = {name: value for name, value in recipe.to_dict().items() if name not in _FREE}
    plain["optimizer"] = recipe.optimizer.name
    plain["l2"], plain["averaging"] = recipe.l2 > 0, recipe.averaging > 0
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return f"seconds an epoch: {digest[:32]}"


def measured_seconds(epochs: Sequence[Epoch]) -> float | None:
    """Seconds an epoch took in a run.

    Args:
        epochs: its record, epoch 0 first.

    Returns:
        The mean over all but the first, in which the network was still being built; None before the second.
    """
    finished = [epoch for epoch in epochs if epoch.epoch > 0]
    if len(finished) < 2:
        return None
    return (finished[-1].seconds - finished[0].seconds) / (finished[-1].epoch - finished[0].epoch)


# Digits that an epoch learns from, and that it reads afterwards as validation.
DIGITS = {
    "mnist": (55_000, 5_000),
    "mnist-60000": (60_000, 0),
    "mini": (3_000, 1_000),
    "fashion": (55_000, 5_000),
    "kaggle-42000": (37_800, 4_200),
}
READING_SHARE = 1 / 3  # a digit that is only read goes forward, one that is learned from also back
BYTES = 4  # of a float32

_SIDE = 384  # of the matrices: a product of 2 ms, from memory that is close at hand
_VALUES = 2**20  # of the arrays: 4 MB each, as large as a layer's values for a batch
_TIMES = 8  # the least of them: the first fill the caches, and others share them


@dataclass(frozen=True)
class Machine:
    """How fast a machine is.

    Attributes:
        products: multiply-adds a second in products of matrices, as one core does them, times the cores.
        bytes: bytes a second that are read and written, likewise, in arrays larger than a core's own memory.
    """

    products: float
    bytes: float


@dataclass(frozen=True)
class Work:
    """What learning from one digit asks of a machine.

    Attributes:
        products: multiply-adds of convolutions and dense layers, forward.
        maps: numbers that convolutions give.
        normalised: numbers that batch normalisations give.
        others: numbers that all other layers give, but for flatten, which moves nothing.
        steps: batches, as a share of one.
        calls: layers that are called for a batch, likewise: small ones cost little else.
    """

    products: float
    maps: float
    normalised: float
    others: float
    steps: float
    calls: float


def work(recipe: Recipe) -> Work:
    """What learning from one digit with a recipe asks of a machine."""
    maps = normalised = others = 0
    for layer, shape in zip(recipe.layers, recipe.shapes[1:], strict=True):
        values = math.prod(shape)
        match layer:
            case Conv2D():
                maps += values
            case BatchNormalization():
                normalised += values
            case Flatten():
                pass
            case _:
                others += values
    steps = 1 / recipe.batch_size
    return Work(recipe.multiply_adds, maps, normalised, others, steps, len(recipe.layers) * steps)


def measure_machine() -> Machine:
    """Times a few products of matrices and a few sums of arrays: some 30 ms.

    What counts is the time that the processor spends on them, not the clock: so it is the speed of a machine
    that does nothing else, whatever it does meanwhile. NumPy must compute in one thread, as in the dashboard.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    matrix = np.ones((_SIDE, _SIDE), np.float32)
    product = np.empty_like(matrix)
    first, second = np.ones((2, _VALUES), np.float32)
    total = np.empty_like(first)
    multiplying = _least_seconds(lambda: np.matmul(matrix, matrix, out=product))
    adding = _least_seconds(lambda: np.add(first, second, out=total))
    return Machine(products=cores * _SIDE**3 / multiplying, bytes=cores * 3 * first.nbytes / adding)


def _least_seconds(act: Callable[[], object]) -> float:
    times = []
    for _ in range(_TIMES):
        start, count = time.thread_time(), 0
        while time.thread_time() == start or not count:  # on Windows this clock ticks 64 times a second
            act()
            count += 1
        times.append((time.thread_time() - start) / count)
    return min(times)


# What each of `shares` counts for, in their order. Fitted by `python -m benchmarks.epoch_seconds` to epochs
# of networks of every kind, timed as the dashboard times them.
FITTED = (5.1, 80.0, 69.0, 7.2, 3.0, 0.49)


def estimated_seconds(recipe: Recipe, machine: Machine) -> float:
    """About how long an epoch takes, validation included, on a machine that does nothing else.

    Args:
        recipe: what is trained.
        machine: as `measure_machine` finds it.

    Returns:
        Seconds: of every second network right to within a third, of nearly all to within a factor of two, as
        `benchmarks.epoch_seconds` says in detail.
    """
    learned, read = DIGITS[recipe.dataset]
    parts = zip(FITTED, shares(work(recipe), machine), strict=True)
    return (learned + READING_SHARE * read) * sum(constant * part for constant, part in parts)


def shares(asked: Work, machine: Machine) -> tuple[float, ...]:
    """The parts of a digit's time, in seconds, before each is weighed by its constant in `FITTED`."""
    return (
        asked.products / machine.products,
        asked.maps * BYTES / machine.bytes,
        asked.normalised * BYTES / machine.bytes,
        asked.others * BYTES / machine.bytes,
        asked.steps / 1000,  # milliseconds
        asked.calls / 1000,
    )
