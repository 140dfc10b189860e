"""What changes the learning rate while a network learns.

The rate formulas stand here once, in NumPy, where they can be drawn without training anything; training
applies them. They are proven equal to Keras's own schedules and callbacks.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.history import Epoch, Watch

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
    if isinstance(value, int):
        return not isinstance(value, bool)  # however large: `math.isfinite` can't tell of all of them
    return isinstance(value, float) and math.isfinite(value)


def rate_at(annealer: Annealer, highest: float, step: int, steps_per_epoch: int, epochs: int) -> float:
    """The learning rate for one batch, as far as it is known beforehand.

    Args:
        annealer: how the rate changes.
        highest: the recipe's rate, above 0.
        step: the batch, counted from 0 over the whole training.
        steps_per_epoch: batches in an epoch, at least 1.
        epochs: in the whole training, at least 1.

    Returns:
        The rate. For plateau, whose drops only the training shows, it stays ``highest``: see ``Plateau``.
    """
    return float(_rates(annealer, highest, np.array([step]), steps_per_epoch, epochs)[0])


def rate_curve(annealer: Annealer, highest: float, steps_per_epoch: int, epochs: int) -> np.ndarray:
    """The learning rate of every batch of a training, to be drawn before it: ``rate_at``, all at once.

    Args:
        annealer: how the rate changes.
        highest: the recipe's rate, above 0.
        steps_per_epoch: batches in an epoch, at least 1.
        epochs: in the whole training, at least 1.

    Returns:
        float64 (epochs × steps_per_epoch,). For plateau it stays ``highest``, which is what happens as long
        as validation goes on improving.
    """
    return _rates(annealer, highest, np.arange(epochs * steps_per_epoch), steps_per_epoch, epochs)


def _rates(annealer: Annealer, highest: float, step: np.ndarray, per_epoch: int, epochs: int) -> np.ndarray:
    steps = epochs * per_epoch
    match annealer.name:
        case "step":
            return highest * annealer.factor ** (step // (annealer.every * per_epoch))
        case "exponential":
            return highest * annealer.factor ** (step / (annealer.every * per_epoch))
        case "cosine":
            # Keras's CosineDecay; the climb starts where one-cycle's does, since a first rate of 0 would
            # waste a batch
            climb = int(annealer.warm_up * steps)
            lowest = min(annealer.min_lr, highest)
            up = highest / START_DIVISOR * (1 + (START_DIVISOR - 1) * step / max(climb, 1))
            down = _half_cosine(highest, lowest, np.clip((step - climb) / (steps - climb), 0, 1))
            return np.where(step < climb, up, down)
        case "one-cycle":
            # PyTorch's OneCycleLR
            lowest, peak = highest / START_DIVISOR, WARM_UP_SHARE * steps - 1
            last = max(steps - 1, peak + 1e-9)
            up = _half_cosine(lowest, highest, step / peak if peak > 0 else np.ones(step.shape))
            down = _half_cosine(highest, lowest / END_DIVISOR, np.clip((step - peak) / (last - peak), 0, 1))
            return np.where(step <= peak, up, down)
    return np.full(step.shape, highest, dtype=np.float64)  # plateau, none


def _half_cosine(start: float, end: float, share: np.ndarray) -> np.ndarray:
    return end + (start - end) / 2 * (1 + np.cos(np.pi * share))


def is_better(monitor: str, value: float, best: float | None, min_delta: float) -> bool:
    """Whether a monitored value counts as better than the best so far, as Keras's callbacks decide.

    Args:
        monitor: "accuracy", of which more is better, or "loss", of which less is.
        value: the new value.
        best: the best before; None when there is none yet, and anything is better.
        min_delta: by how much it must be better.

    Returns:
        Whether it is. Compared in single precision, as Keras does.
    """
    if best is None:
        return True
    if monitor == "loss":
        return bool(np.float32(value + min_delta) < np.float32(best))
    return bool(np.float32(value - min_delta) > np.float32(best))


def monitored(monitor: str, epoch: Epoch) -> float:
    """The value of an epoch's record that is watched.

    Raises:
        ValueError: the epoch has no validation digits to be watched.
    """
    value = epoch.validation_loss if monitor == "loss" else epoch.validation_accuracy
    if value is None:
        raise ValueError(f"epoch {epoch.epoch} has no validation {monitor} that could be watched")
    return value


class Plateau:
    """Reduce-on-plateau: multiply the rate by ``factor`` when the watched value has stopped improving.

    Step by step what ``keras.callbacks.ReduceLROnPlateau`` does, single precision included. It knows nothing
    but the values it was given, so that a training that goes on gives it the recorded ones again.

    Args:
        annealer: factor, patience, min_delta, cooldown, min_lr and monitor.
        rate: what the training begins with.

    Attributes:
        rate: what the next epoch begins with.

    Example:
        >>> plateau = Plateau(Annealer("plateau", patience=1), 0.1)
        >>> [plateau.after(accuracy).reason for accuracy in (0.8, 0.9, 0.9)]
        ['better', 'better', 'dropped']
        >>> plateau.rate
        0.05
    """

    def __init__(self, annealer: Annealer, rate: float) -> None:
        self.rate = _as_kept(rate)
        self._annealer = annealer
        self._best: float | None = None
        self._waited = self._cooldown = 0

    def after(self, value: float) -> Watch:
        """Take the watched value after an epoch.

        Args:
            value: validation accuracy or loss, as the annealer asks for.

        Returns:
            What was seen, and what was done about it.
        """
        annealer, before, best = self._annealer, self.rate, self._best
        if self._cooldown:
            self._cooldown -= 1
            self._waited = 0
        if is_better(annealer.monitor, value, best, annealer.min_delta):
            self._best, self._waited, reason = value, 0, "better"
        elif self._cooldown:
            reason = "cooling down"
        else:
            reason = self._wait()
        return Watch(
            monitor=annealer.monitor,
            value=value,
            best=best,
            min_delta=annealer.min_delta,
            patience_left=0 if reason == "dropped" else max(0, annealer.patience - self._waited),
            cooldown_left=self._cooldown,
            rate_before=before,
            rate_after=self.rate,
            reason=reason,
        )

    def _wait(self) -> str:
        self._waited += 1
        if self._waited < self._annealer.patience:
            return "waiting"
        if np.float32(self.rate) <= np.float32(self._annealer.min_lr):
            return "at the lowest rate"
        kept = float(np.float32(self.rate))
        self.rate = _as_kept(max(kept * self._annealer.factor, self._annealer.min_lr))
        self._waited, self._cooldown = 0, self._annealer.cooldown
        return "dropped"


def _as_kept(rate: float) -> float:
    """A rate in single precision, as an optimizer keeps it, in the fewest decimal digits that say it."""
    return float(str(np.float32(rate)))


class Annealing:
    """The learning rate of a training as it goes, whichever annealer it has.

    Args:
        annealer: how the rate changes.
        highest: the recipe's rate.
        steps_per_epoch: batches in an epoch.
        epochs: in the whole training.
        done: the records of the epochs that are already done, in order; epoch 0 counts for nothing.
    """

    def __init__(
        self,
        annealer: Annealer,
        highest: float,
        steps_per_epoch: int,
        epochs: int,
        done: Sequence[Epoch] = (),
    ) -> None:
        self._annealer, self._highest = annealer, highest
        self._steps_per_epoch, self._epochs = steps_per_epoch, epochs
        self._plateau = Plateau(annealer, highest) if annealer.name == "plateau" else None
        for epoch in done:
            if epoch.epoch > 0:
                self.after(epoch)

    def rate(self, step: int) -> float:
        """The rate for a batch, counted from 0 over the whole training; with plateau, for the next one."""
        if self._plateau is not None:
            return self._plateau.rate
        return rate_at(self._annealer, self._highest, step, self._steps_per_epoch, self._epochs)

    def after(self, epoch: Epoch) -> Watch:
        """Take the record of the epoch that has just ended, and say what was done about it.

        Raises:
            ValueError: plateau has nothing to watch.
        """
        if self._plateau is not None:
            return self._plateau.after(monitored(self._annealer.monitor, epoch))
        step = epoch.epoch * self._steps_per_epoch
        return Watch("", None, None, 0.0, 0, 0, self.rate(step - 1), self.rate(step), "by schedule")
