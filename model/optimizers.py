"""What turns gradients into steps: a description that ``model.learning`` builds with Keras."""

from dataclasses import dataclass

from model.annealing import is_number

OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")


@dataclass(frozen=True)
class Optimizer:
    """What turns gradients into steps. Fields that a method doesn't have are left alone by it.

    Args:
        name: "adam" (Kingma and Ba 2015), "adamw" (Loshchilov and Hutter 2019), "sgd" or "rmsprop" (Hinton).
        learning_rate: the step's size at the start, or for one-cycle and a warm-up the highest, above 0 up
            to 1.
        beta_1: how much of the past steps' direction Adam and AdamW keep, 0 to below 1.
        beta_2: how much of the past gradients' squares they keep, 0 to below 1.
        momentum: how much of the past step SGD and RMSprop keep, 0 to below 1.
        nesterov: whether SGD looks ahead along its momentum (Nesterov 1983).
        rho: how much of the past gradients' squares RMSprop keeps, 0 to below 1.
        weight_decay: the share of each weight, times the rate, that AdamW takes off at each step, 0 to 1.
        clip_norm: the gradients' joint length is cut down to this, above 0; None for no clipping.

    Raises:
        ValueError: a field is out of its range; the message quotes it.
    """

    name: str = "adam"
    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    momentum: float = 0.9
    nesterov: bool = False
    rho: float = 0.9
    weight_decay: float = 0.004
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        if self.name not in OPTIMIZERS:
            raise ValueError(f"optimizer: name must be one of {', '.join(OPTIMIZERS)}, not {self.name!r}")
        if not is_number(self.learning_rate) or not 0 < self.learning_rate <= 1:
            raise ValueError(
                f"optimizer: learning_rate must be above 0 and at most 1, not {self.learning_rate!r}"
            )
        for name in ("beta_1", "beta_2", "momentum", "rho"):
            value = getattr(self, name)
            if not is_number(value) or not 0 <= value < 1:
                raise ValueError(f"optimizer: {name} must be from 0 to below 1, not {value!r}")
        if not isinstance(self.nesterov, bool):
            raise ValueError(f"optimizer: nesterov must be true or false, not {self.nesterov!r}")
        if not is_number(self.weight_decay) or not 0 <= self.weight_decay <= 1:
            raise ValueError(f"optimizer: weight_decay must be from 0 to 1, not {self.weight_decay!r}")
        if self.clip_norm is not None and (not is_number(self.clip_norm) or not 0 < self.clip_norm <= 1e6):
            raise ValueError(f"optimizer: clip_norm must be above 0 and at most 1e6, not {self.clip_norm!r}")
