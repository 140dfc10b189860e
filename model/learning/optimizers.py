"""A recipe's optimizer in Keras."""

from typing import Any

import keras

from model.optimizers import Optimizer


def build_optimizer(described: Optimizer, kept: float = 0.0) -> keras.optimizers.Optimizer:
    """The optimizer as Keras has it.

    Args:
        described: which, and its settings.
        kept: of the weights' running mean at each step; 0 where none is wanted.

    Returns:
        A fresh one, not built yet.
    """
    rate = described.learning_rate
    further: dict[str, Any] = {"global_clipnorm": described.clip_norm}
    if kept:
        further |= {"use_ema": True, "ema_momentum": kept}
    match described.name:
        case "adam":
            return keras.optimizers.Adam(rate, described.beta_1, described.beta_2, **further)
        case "adamw":
            return keras.optimizers.AdamW(
                rate, described.weight_decay, described.beta_1, described.beta_2, **further
            )
        case "sgd":
            return keras.optimizers.SGD(rate, described.momentum, nesterov=described.nesterov, **further)
        case "rmsprop":
            return keras.optimizers.RMSprop(rate, described.rho, described.momentum, **further)
    raise TypeError(f"there is no Keras optimizer for {described!r}")
