"""The record of a training: what every batch and every epoch left behind.

The same records come from the training loop as events, lie in the run store, and are drawn on the pages.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Watch:
    """What the annealer saw after an epoch, and what it did.

    Args:
        monitor: "accuracy" or "loss", of the validation digits; "" for an annealer that watches nothing.
        value: the monitored value after this epoch; None where nothing is watched.
        best: the best value before this epoch; None at the first.
        min_delta: how much better than ``best`` a value must be to count as better: the band's width.
        patience_left: epochs without a rise that are still waited for; 0 when the rate was lowered just now.
        cooldown_left: epochs after a drop in which nothing is counted.
        rate_before: the rate of the epoch's last batch.
        rate_after: the rate that the next epoch begins with.
        reason: why, one of ``model.annealing.REASONS``.
    """

    monitor: str
    value: float | None
    best: float | None
    min_delta: float
    patience_left: int
    cooldown_left: int
    rate_before: float
    rate_after: float
    reason: str


@dataclass(frozen=True)
class Batch:
    """What one batch left.

    Args:
        step: counted from 0 over the whole training, so that it doesn't start again with every epoch.
        loss: this batch's own mean categorical cross-entropy in nats, no running mean.
        accuracy: share of this batch's digits read right, 0 to 1.
        learning_rate: the rate that it was learned with.
        seconds: of training so far, as in ``Epoch``.
    """

    step: int
    loss: float
    accuracy: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Epoch:
    """What one finished epoch left in the record.

    Args:
        epoch: counted from 1; 0 is the network before its first batch.
        loss: mean categorical cross-entropy over the epoch's batches, in nats (with label smoothing and L2 if
            the recipe asks for them); None for epoch 0.
        accuracy: share of the training digits read right while they were learned from, 0 to 1; None for 0.
        validation_loss: the same loss over the validation digits, after the epoch; None without them.
        validation_accuracy: share of the validation digits read right, 0 to 1; None without them.
        learning_rate: the rate of the epoch's last batch; for epoch 0 that of the first batch to come.
        seconds: of training since it began, pauses not counted.
        watch: what the annealer saw and did; None for epoch 0.
    """

    epoch: int
    loss: float | None
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float
    watch: Watch | None = None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Epoch":
        """The record of a JSON form; one without a watch (an older card) is taken as well."""
        watch = record.get("watch")
        return cls(**{**record, "watch": None if watch is None else Watch(**watch)})
