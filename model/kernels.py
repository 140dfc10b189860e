"""Named kernels: the filters that people made by hand before networks learned them, for any side.

They are written as networks apply them (nothing is flipped): a kernel lies on a patch as it is printed here.
"""

from collections.abc import Callable

import numpy as np


def identity(size: int) -> np.ndarray:
    """Every cell as it is: a one in the middle; of an even side up and left of it, as padding has it.

    Args:
        size: the kernel's side in cells.

    Returns:
        float32 (size, size), as all kernels here.
    """
    kernel = np.zeros((size, size), np.float32)
    kernel[(size - 1) // 2, (size - 1) // 2] = 1
    return kernel


def box_blur(size: int) -> np.ndarray:
    """The mean of the patch."""
    return np.full((size, size), 1 / size**2, np.float32)


def soft_blur(size: int) -> np.ndarray:
    """A mean that counts the middle most: the binomial numbers down times across, nearly a Gauss curve."""
    return (np.outer(_binomial(size), _binomial(size)) / 4 ** (size - 1)).astype(np.float32)


def sharpen(size: int) -> np.ndarray:
    """The cell, and what it has more than the mean of its patch once again."""
    return 2 * identity(size) - box_blur(size)


def edges(size: int) -> np.ndarray:
    """All edges, whichever way they run: the cell as often as the patch has cells, less all of them."""
    return size**2 * identity(size) - 1


def upright_edges(size: int) -> np.ndarray:
    """Edges that run up and down, brighter on the right (Sobel and Feldman 1968; for any side)."""
    return np.outer(_binomial(size), _slope(size)).astype(np.float32)


def level_edges(size: int) -> np.ndarray:
    """Edges that run from left to right, brighter below."""
    return upright_edges(size).T.copy()


def emboss(size: int) -> np.ndarray:
    """The picture as if in relief, lit from the upper left."""
    rows, columns = np.indices((size, size))
    return (rows + columns - (size - 1) + identity(size)).astype(np.float32)


def spot(size: int) -> np.ndarray:
    """Bright spots on dark: a soft blur less a box blur (the larger the kernel, the wider the spot)."""
    return soft_blur(size) - box_blur(size)


def nothing(size: int) -> np.ndarray:
    """Nothing but zeros: the channel isn't heard any more."""
    return np.zeros((size, size), np.float32)


# The least side at which each is what its name says.
_NAMED: dict[str, tuple[int, Callable[[int], np.ndarray]]] = {
    "identity": (1, identity),
    "blur": (2, box_blur),
    "soft blur": (3, soft_blur),
    "sharpen": (2, sharpen),
    "all edges": (2, edges),
    "upright edges": (2, upright_edges),
    "level edges": (2, level_edges),
    "emboss": (3, emboss),
    "bright spots": (3, spot),
    "nothing": (1, nothing),
}
NAMES = tuple(_NAMED)


def named_kernels(size: int) -> dict[str, np.ndarray]:
    """All kernels that make sense at a side, by name.

    Args:
        size: the kernel's side in cells, 1 or more.

    Returns:
        Name to float32 (size, size).

    Example:
        >>> named_kernels(3)["upright edges"].tolist()
        [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
    """
    return {name: make(size) for name, (least, make) in _NAMED.items() if size >= least}


def _binomial(size: int) -> np.ndarray:
    """1; 1 1; 1 2 1; 1 3 3 1; …: whole numbers (size,)."""
    row = np.ones(1)
    for _ in range(size - 1):
        row = np.convolve(row, [1, 1])
    return row


def _slope(size: int) -> np.ndarray:
    """What rises from left to right, smoothed: −1 1; −1 0 1; −1 −2 0 2 1 for a side of 5; ….

    Raises:
        ValueError: a single cell has no slope.
    """
    if size < 2:
        raise ValueError(f"a kernel needs a side of 2 or more to show a slope, not {size}")
    return np.convolve(_binomial(size - 1), [-1, 1])
