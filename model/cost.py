"""What a training costs: how long an epoch took before, and, until that is known, about how long it will."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from model.history import Epoch
from model.layers import BatchNormalization, Conv2D, Dense, Flatten
from model.recipe import Recipe

# What changes how many epochs are needed, not how long one takes.
_FREE = ("name", "epochs", "seed", "annealer", "early_stopping", "label_smoothing")


def speed_key(recipe: Recipe) -> str:
    """A name for all recipes whose epochs take equally long, under which a measured speed is kept."""
    plain = {name: value for name, value in recipe.to_dict().items() if name not in _FREE}
    plain["optimizer"] = recipe.optimizer.name
    plain["l2"] = recipe.l2 > 0
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
_ROUNDS = 4  # the best of them: what else the machine does meanwhile only makes it slower


@dataclass(frozen=True)
class Machine:
    """How fast a machine is.

    Attributes:
        products: multiply-adds a second in products of matrices, on all cores together.
        bytes: bytes a second that it reads and writes, likewise, in arrays larger than a core's own memory.
    """

    products: float
    bytes: float


@dataclass(frozen=True)
class Work:
    """What learning from one digit asks of a machine.

    Attributes:
        convolved: multiply-adds of the convolutions, forward.
        weighed: multiply-adds of the dense layers, forward.
        maps: numbers that convolutions give.
        normalised: numbers that batch normalisations give.
        others: numbers that all other layers give, but for flatten, which moves nothing.
        steps: batches, as a share of one.
        stepped: parameters that a step changes, times `steps`.
    """

    convolved: float
    weighed: float
    maps: float
    normalised: float
    others: float
    steps: float
    stepped: float


def work(recipe: Recipe) -> Work:
    """What learning from one digit with a recipe asks of a machine."""
    convolved = weighed = maps = normalised = others = 0
    for layer, before, after in zip(recipe.layers, recipe.shapes, recipe.shapes[1:], strict=False):
        values = int(np.prod(after))
        match layer:
            case Conv2D():
                convolved += layer.multiply_adds(before)
                maps += values
            case Dense():
                weighed += layer.multiply_adds(before)
                others += values
            case BatchNormalization():
                normalised += values
            case Flatten():
                pass
            case _:
                others += values
    steps = 1 / recipe.batch_size
    return Work(convolved, weighed, maps, normalised, others, steps, recipe.parameters * steps)


def measure_machine() -> Machine:
    """Times a few products of matrices and a few sums of arrays on all cores at once: some 0.1 s."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:

        def fastest(make: Callable[[], Callable[[], object]], repeats: int) -> float:
            """Seconds of one act of one core, while all cores act."""
            acts = [make() for _ in range(cores)]

            def repeat(act: Callable[[], object]) -> None:
                for _ in range(repeats):
                    act()

            times = []
            for _ in range(_ROUNDS):
                start = time.perf_counter()
                list(pool.map(repeat, acts))
                times.append((time.perf_counter() - start) / repeats)
            return min(times)

        def product() -> Callable[[], object]:
            first = np.ones((_SIDE, _SIDE), np.float32)
            given = np.empty_like(first)
            return lambda: np.matmul(first, first, out=given)

        def addition() -> Callable[[], object]:
            first, second = np.ones((2, _VALUES), np.float32)
            given = np.empty_like(first)
            return lambda: np.add(first, second, out=given)

        return Machine(
            products=cores * _SIDE**3 / fastest(product, 4),
            bytes=cores * 3 * _VALUES * BYTES / fastest(addition, 6),
        )


# What each of `shares` counts for, in their order. Fitted by `python -m benchmarks.epoch_seconds` to epochs
# of some twenty networks, each timed as the dashboard times them.
FITTED = (3.0, 3.0, 10.0, 40.0, 10.0, 1.0, 20.0)


def estimated_seconds(recipe: Recipe, machine: Machine) -> float:
    """About how long an epoch takes, validation included, on a machine that does nothing else.

    Args:
        recipe: what is trained.
        machine: as `measure_machine` finds it.

    Returns:
        Seconds: of most networks right to within a third, as `benchmarks.epoch_seconds` says in detail.
    """
    learned, read = DIGITS[recipe.dataset]
    parts = zip(FITTED, shares(work(recipe), machine), strict=True)
    return (learned + READING_SHARE * read) * sum(constant * part for constant, part in parts)


def shares(asked: Work, machine: Machine) -> tuple[float, ...]:
    """The parts of a digit's time, in seconds, before each is weighed by its constant in `FITTED`."""
    return (
        asked.convolved / machine.products,
        asked.weighed / machine.products,
        asked.maps * BYTES / machine.bytes,
        asked.normalised * BYTES / machine.bytes,
        asked.others * BYTES / machine.bytes,
        asked.steps / 1000,
        asked.stepped * BYTES / machine.bytes,
    )
