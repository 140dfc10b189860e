"""Early stopping: ending a training when validation has stopped improving."""

from dataclasses import dataclass

from model.annealing import MONITORS, is_number


@dataclass(frozen=True)
class EarlyStopping:
    """When a training ends before its last epoch.

    Args:
        patience: epochs without anything better that are waited for, 1 to 500.
        min_delta: how much better counts as better, from 0.
        monitor: "accuracy" or "loss", of the validation digits.

    Raises:
        ValueError: a field is out of its range; the message quotes it.
    """

    patience: int = 10
    min_delta: float = 0.0
    monitor: str = "accuracy"

    def __post_init__(self) -> None:
        whole = isinstance(self.patience, int) and not isinstance(self.patience, bool)
        if not whole or not 1 <= self.patience <= 500:
            raise ValueError(
                f"early_stopping: patience must be a whole number from 1 to 500, not {self.patience!r}"
            )
        if not is_number(self.min_delta) or not 0 <= self.min_delta <= 10:
            raise ValueError(f"early_stopping: min_delta must lie between 0 and 10, not {self.min_delta!r}")
        if self.monitor not in MONITORS:
            raise ValueError(
                f"early_stopping: monitor must be one of {', '.join(MONITORS)}, not {self.monitor!r}"
            )
