"""A recipe's optimizer in Keras."""

import keras

from model.optimizers import Optimizer


def build_optimizer(described: Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer as Keras has it.

    Args:
        described: which, and its settings.

    Returns:
        A fresh one, not built yet.
    """
    rate, clip = described.learning_rate, described.clip_norm
    match described.name:
        case "adam":
            return keras.optimizers.Adam(rate, described.beta_1, described.beta_2, global_clipnorm=clip)
        case "adamw":
            return keras.optimizers.AdamW(
                rate, described.weight_decay, described.beta_1, described.beta_2, global_clipnorm=clip
            )
        case "sgd":
            return keras.optimizers.SGD(
                rate, described.momentum, nesterov=described.nesterov, global_clipnorm=clip
            )
        case "rmsprop":
            return keras.optimizers.RMSprop(rate, described.rho, described.momentum, global_clipnorm=clip)
    raise TypeError(f"there is no Keras optimizer for {described!r}")
