"""What changes the learning rate while a network learns.

The rate formulas stand here once, in NumPy, where they can be drawn without training anything; training
applies them.
"""

import math
from dataclasses import dataclass

ANNEALERS = ("plateau", "one-cycle", "none")

# Smith and Topin 2018, with the shares that PyTorch's OneCycleLR made usual.
WARM_UP_SHARE = 0.3  # of all steps: the climb to the highest rate
START_DIVISOR = 25.0  # the climb begins at highest / 25 ...
END_DIVISOR = 1e4  # ... and the descent ends at (highest / 25) / 10,000


@dataclass(frozen=True)
class Annealer:
    """How the learning rate changes during a training.

    Args:
        name: "plateau" (multiply the rate by ``factor`` when validation accuracy has not risen for
            ``patience`` epochs), "one-cycle" (climb to the recipe's rate, then fall to almost nothing) or
            "none".
        factor: what plateau multiplies the rate by, above 0 and below 1.
        patience: epochs without a rise that plateau waits for, 1 to 100.
        min_lr: the rate that plateau never goes below, from 0.

    Raises:
        ValueError: a field is out of its range; the message quotes it.
    """

    name: str = "plateau"
    factor: float = 0.5
    patience: int = 2
    min_lr: float = 1e-5

    def __post_init__(self) -> None:
        if self.name not in ANNEALERS:
            raise ValueError(f"annealer: name must be one of {', '.join(ANNEALERS)}, not {self.name!r}")
        if not is_number(self.factor) or not 0 < self.factor < 1:
            raise ValueError(f"annealer: factor must lie between 0 and 1, not {self.factor!r}")
        whole = isinstance(self.patience, int) and not isinstance(self.patience, bool)
        if not whole or not 1 <= self.patience <= 100:
            raise ValueError(
                f"annealer: patience must be a whole number from 1 to 100, not {self.patience!r}"
            )
        if not is_number(self.min_lr) or not 0 <= self.min_lr <= 1:
            raise ValueError(f"annealer: min_lr must lie between 0 and 1, not {self.min_lr!r}")


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
