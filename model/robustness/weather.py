"""Light and weather: brightness, fog, splotches, and a stripe in which ink and paper change roles.

All take float32 (n, 28, 28), 0 the paper and 1 full ink, how strong, and n seeds, and give the same form.
"""

from collections.abc import Sequence

import numpy as np

from model.augmentation.inking import blur
from model.augmentation.places import SIDE
from model.robustness.draws import drawn

_SPLOTCH = 0.6  # the ink of a splotch: neither paper nor a pen's
_SPLOTCH_WIDTH = 1.5  # cells: the blur that makes splotches of single speckles
_CLOUD = 32  # cells on a side of the cloud that fog is cut from: the power of two above 28


def brightness(ink: np.ndarray, more: float, seeds: Sequence[int]) -> np.ndarray:  # noqa: ARG001 - no chance
    """Everything brighter, the paper as well, up to full ink."""
    return np.minimum(ink + np.float32(more), 1)


def fog(ink: np.ndarray, fogged: tuple[float, float], seeds: Sequence[int]) -> np.ndarray:
    """Clouds before the picture, by the diamond-square algorithm (Fournier, Fussell and Carpenter 1982).

    Args:
        ink: as above.
        fogged: how much brighter the thickest fog is than full ink, and the factor by which the clouds' waves
            become lower at each halving of their length: the lower, the more ragged.
        seeds: as above.
    """
    thickness, decay = fogged
    cloud = clouds(seeds, decay)[:, :SIDE, :SIDE]
    full = ink.max(axis=(1, 2), keepdims=True)
    return np.asarray((ink + thickness * cloud) * full / (full + thickness), np.float32)


def clouds(seeds: Sequence[int], decay: float) -> np.ndarray:
    """Plasma fractals from 0 to 1, that fit together at their edges: float64 (n, 32, 32).

    Each square's middle is the mean of its corners, then each side's middle the mean of its four neighbours,
    both with a little chance added; and so on with squares half as wide and less chance.
    """
    pull = drawn(seeds, lambda random: random.uniform(-1, 1, (_CLOUD, _CLOUD)))
    cloud = np.zeros_like(pull)
    step, rough = _CLOUD, 1.0
    while step > 1:
        half = step // 2
        corners = cloud[:, ::step, ::step]
        middles = (corners + np.roll(corners, -1, 1)) / 4
        middles = middles + np.roll(middles, -1, 2)
        cloud[:, half::step, half::step] = middles + rough * pull[:, half::step, half::step]
        middles = cloud[:, half::step, half::step]
        for down, across, near in ((0, half, 1), (half, 0, 2)):
            # the corners on the side, and the middles of the two squares that share it
            ends = corners + np.roll(corners, -1, 3 - near)
            beside = middles + np.roll(middles, 1, near)
            place = np.s_[:, down::step, across::step]
            cloud[place] = (ends + beside) / 4 + rough * pull[place]
        step, rough = half, rough / decay
    low, high = cloud.min(axis=(1, 2), keepdims=True), cloud.max(axis=(1, 2), keepdims=True)
    return (cloud - low) / (high - low)


def spatter(ink: np.ndarray, share: float, seeds: Sequence[int]) -> np.ndarray:
    """Splotches that hide what is below: blurred noise, where it is highest.

    Args:
        ink: as above.
        share: of the cells that are hidden, 0 to 1.
        seeds: as above.
    """
    noise = drawn(seeds, lambda random: random.standard_normal((SIDE, SIDE))).astype(np.float32)
    liquid = blur(noise, np.full(len(ink), _SPLOTCH_WIDTH, np.float32))
    edge = np.quantile(liquid, 1 - share, axis=(1, 2), keepdims=True)
    return np.where(liquid > edge, np.float32(_SPLOTCH), ink)


def stripe(ink: np.ndarray, cells: int, seeds: Sequence[int]) -> np.ndarray:  # noqa: ARG001 - no chance
    """Ink and paper change roles in a vertical stripe in the middle, so many cells wide."""
    first = (SIDE - cells) // 2
    striped = ink.copy()
    striped[:, :, first : first + cells] = 1 - ink[:, :, first : first + cells]
    return striped
