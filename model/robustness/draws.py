"""Chance, digit by digit: what each seed gives, whichever stand beside it."""

from collections.abc import Callable, Sequence

import numpy as np

Draw = Callable[[np.random.Generator], np.ndarray | float]


def drawn(seeds: Sequence[int], draw: Draw) -> np.ndarray:
    """What each seed gives.

    Args:
        seeds: n of them, from 0.
        draw: from a fresh generator, always of the same shape.

    Returns:
        float64 or int64 (n, ...).
    """
    return np.stack([np.asarray(draw(np.random.default_rng(seed))) for seed in seeds])
