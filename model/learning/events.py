"""What a training tells while it goes on, and what it needs to go on later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from model.history import Batch, Epoch


@dataclass(frozen=True)
class Stage:
    """What a training is busy with before there is a first point to draw.

    Args:
        text: a few plain words: "building the network", "first batch", "training".
    """

    text: str


@dataclass(frozen=True, eq=False)
class EpochEnd:
    """An epoch is finished, and this is its checkpoint.

    Args:
        epoch: its record; number 0 for the network before its first batch.
        weights: float32 arrays by ``model.forward.weight_name``, copies.
        state: all else that is needed to go on exactly from here, see ``model.learning.state``.
    """

    epoch: Epoch
    weights: Mapping[str, np.ndarray]
    state: Mapping[str, np.ndarray]


Event = Stage | Batch | EpochEnd

# What a training calls with everything that happens; true ends it: after a batch at once, after an epoch
# before the next one.
Report = Callable[[Event], bool | None]


@dataclass(frozen=True, eq=False)
class GoingOn:
    """Where a training was broken off.

    Args:
        epochs: the records so far, epoch 0 first.
        weights: what the last of them left in ``EpochEnd``, in full precision.
        state: the same.
    """

    epochs: tuple[Epoch, ...]
    weights: Mapping[str, np.ndarray]
    state: Mapping[str, np.ndarray]
