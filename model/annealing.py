"""What changes the learning rate while a network learns.

The rate formulas stand here once, in NumPy, where they can be drawn without training anything; training
applies them.
"""

import math
from dataclasses import dataclass

ANNEALERS = ("plateau", "step", "exponential", "cosine", "one-cycle", "none")
MONITORS = ("accuracy", "loss")
# Why the rate is what it is after an epoch: plateau's reasons, then the one of all the others.
REASONS = ("better", "waiting", "cooling down", "dropped", "at the lowest rate", "by schedule")

# Smith and Topin 2018, with the shares that PyTorch's OneCycleLR made usual.
WARM_UP_SHARE = 0.3  # of all steps: the climb to the highest rate
START_DIVISOR = 25.0  # the climb begins at highest / 25 ...
END_DIVISOR = 1e4  # ... and the descent ends at (highest / 25) / 10,000


@dataclass(frozen=True)
class Annealer:
    """How the learning rate changes during a training. Fields that a method doesn't have are left alone.

    Args:
        name: "plateau" (multiply the rate by ``factor`` when the monitored value has not become better for
            ``patience`` epochs), "step" (multiply it by ``factor`` every ``every`` epochs), "exponential"
            (the same, but smoothly, batch by batch), "cosine" (climb in a straight line over ``warm_up`` of
            all batches, then half a cosine down to ``min_lr``), "one-cycle" (climb to the recipe's rate,
            then fall to almost nothing) or "none".
        factor: what plateau, step and exponential multiply the rate by, above 0 and below 1.
        patience: epochs without anything better that plateau waits for, 1 to 100.
        min_delta: how much better counts as better for plateau, 0 to 10.
        cooldown: epochs after a drop in which plateau counts nothing, 0 to 100.
        min_lr: the rate that plateau never goes below and that cosine ends with, 0 to 1.
        monitor: what plateau watches: "accuracy" or "loss" of the validation digits.
        every: epochs between two steps, 1 to 500.
        warm_up: the share of all batches in which cosine climbs, 0 to 0.9.

    Raises:
        ValueError: a field is out of its range; the message quotes it.
    """

    name: str = "plateau"
    factor: float = 0.5
    patience: int = 2
    min_delta: float = 0.0
    cooldown: int = 0
    min_lr: float = 1e-5
    monitor: str = "accuracy"
    every: int = 5
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        for name, choices in (("name", ANNEALERS), ("monitor", MONITORS)):
            value = getattr(self, name)
            if value not in choices:
                raise ValueError(f"annealer: {name} must be one of {', '.join(choices)}, not {value!r}")
        if not is_number(self.factor) or not 0 < self.factor < 1:
            raise ValueError(f"annealer: factor must lie between 0 and 1, not {self.factor!r}")
        for name, low, high in (("patience", 1, 100), ("cooldown", 0, 100), ("every", 1, 500)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(
                    f"annealer: {name} must be a whole number from {low} to {high}, not {value!r}"
                )
        for name, highest in (("min_lr", 1.0), ("min_delta", 10.0), ("warm_up", 0.9)):
            value = getattr(self, name)
            if not is_number(value) or not 0 <= value <= highest:
                raise ValueError(f"annealer: {name} must lie between 0 and {highest:g}, not {value!r}")


def is_number(value: object) -> bool:
    """Whether a field holds a finite number (true and false are none)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def one_cycle_rate(step: int, steps: int, highest: float) -> float:
    """The learning rate at one step of a one-cycle training.

    Half a cosine up from ``highest / 25`` over the first 30% of the steps, half a cosine down to almost
    nothing over the rest.

    Args:
        step: the batch, counted from 0.
        steps: batches in the whole training, at least 1.
        highest: the highest rate.

    Returns:
        The rate for that batch, above 0.
    """
    lowest = highest / START_DIVISOR
    peak = WARM_UP_SHARE * steps - 1
    if step <= peak:
        return _half_cosine(lowest, highest, step / peak)
    last = max(steps - 1, peak + 1e-9)
    return _half_cosine(highest, lowest / END_DIVISOR, min(1.0, (step - peak) / (last - peak)))


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
