"""Noise of the sensor: shot noise, impulse noise.

All take float32 (n, 28, 28), 0 the paper and 1 full ink, how strong, and n seeds, and give the same form.
"""

from collections.abc import Sequence

import numpy as np

from model.augmentation.places import SIDE
from model.robustness.draws import drawn


def shot_noise(ink: np.ndarray, photons: float, seeds: Sequence[int]) -> np.ndarray:
    """Count light instead of measuring it: every cell becomes a Poisson count over its expectation.

    Args:
        ink: as above.
        photons: expected in a cell of full ink; the fewer, the noisier.
        seeds: as above.
    """
    counts = np.empty_like(ink)
    for digit, count, seed in zip(ink, counts, seeds, strict=True):
        count[:] = np.random.default_rng(seed).poisson(digit.astype(np.float64) * photons)
    return np.minimum(counts / np.float32(photons), 1)


def impulse_noise(ink: np.ndarray, share: float, seeds: Sequence[int]) -> np.ndarray:
    """Salt and pepper: some cells, chosen by chance, become full ink or paper, half of them each.

    Args:
        ink: as above.
        share: of the cells, 0 to 1.
        seeds: as above.
    """
    chance = drawn(seeds, lambda random: random.random((SIDE, SIDE)))
    return np.where(chance < share / 2, 0, np.where(chance < share, 1, ink)).astype(np.float32)
