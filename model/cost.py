"""What a training costs: what decides how long an epoch takes, and how long it took before."""

import hashlib
import json
from collections.abc import Sequence

from model.history import Epoch
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
