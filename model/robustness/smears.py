"""Blur: through frosted glass, and by moving.

All take float32 (n, 28, 28), 0 the paper and 1 full ink, how strong, and n seeds, and give the same form.
"""

from collections.abc import Sequence

import numpy as np

from model.augmentation.inking import blur
from model.augmentation.places import SIDE
from model.robustness.draws import drawn

_STEPS_A_CELL = 2  # along a movement's way: finer ones change nothing that a grey level shows


def glass_blur(ink: np.ndarray, glass: tuple[float, int, int], seeds: Sequence[int]) -> np.ndarray:
    """Frosted glass: blurred a little, then every cell changes places with one nearby, and blurred again.

    Args:
        ink: as above.
        glass: the blur's standard deviation in cells, how far a cell may go in both directions, and how
            often all cells are gone through.
        seeds: as above.
    """
    deviation, reach, rounds = glass
    width = np.full(len(ink), deviation, np.float32)
    shuffled, each = blur(ink, width), np.arange(len(ink))
    steps = drawn(
        seeds,
        lambda random: random.integers(-reach, reach + 1, (rounds, SIDE - 2 * reach, SIDE - 2 * reach, 2)),
    )
    for turn in range(rounds):
        # from the last cell to the first, as the paper's own frosted glass (Hendrycks and Dietterich 2019)
        for row in reversed(range(SIDE - 2 * reach)):
            for column in reversed(range(SIDE - 2 * reach)):
                down, across = steps[:, turn, row, column].T + np.array([[row + reach], [column + reach]])
                here = shuffled[:, row + reach, column + reach].copy()
                shuffled[:, row + reach, column + reach] = shuffled[each, down, across]
                shuffled[each, down, across] = here
    return blur(shuffled, width)


def motion_blur(ink: np.ndarray, cells: float, seeds: Sequence[int]) -> np.ndarray:
    """Moved while it was taken: the mean over a straight way, in a direction of chance.

    Args:
        ink: as above.
        cells: the way's length.
        seeds: as above.
    """
    import cv2  # takes a tenth of a second; the dashboard's first page is to come without it

    kernels = ways(drawn(seeds, lambda random: random.uniform(0, np.pi)), cells)
    moved = np.empty_like(ink)
    for digit, kernel, blurred in zip(ink, kernels, moved, strict=True):
        cv2.filter2D(digit, -1, kernel, dst=blurred, borderType=cv2.BORDER_CONSTANT)
    return moved


def ways(angles: np.ndarray, cells: float) -> np.ndarray:
    """How long a movement stays over each cell around where it is in the middle.

    Args:
        angles: (n,), of its direction, in radians from across to down.
        cells: its length.

    Returns:
        float32 (n, k, k), k odd; each adds up to 1.
    """
    stops = np.linspace(-cells / 2, cells / 2, 1 + round(_STEPS_A_CELL * cells))
    reach = int(np.ceil(cells / 2)) + 1
    kernels = np.zeros((len(angles), 2 * reach + 1, 2 * reach + 1), np.float32)
    each = np.arange(len(angles))[:, None]
    places = (
        reach + np.stack([np.sin(angles), np.cos(angles)])[:, :, None] * stops
    )  # down, across: (2, n, stops)
    whole = np.floor(places).astype(np.intp)
    part = places - whole
    for down, across in np.ndindex(2, 2):  # a place between four cells counts for them as it is near
        weight = np.abs(1 - down - part[0]) * np.abs(1 - across - part[1])
        np.add.at(kernels, (each, whole[0] + down, whole[1] + across), weight / len(stops))
    return kernels
