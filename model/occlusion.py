"""Occlusion (Zeiler and Fergus 2014): hide a patch of the digit, read again, and see what that costs.

Needs forward passes only, so it says what matters for any network, and in the verdict's own unit.
"""

import numpy as np

from model.forward import Network

PATCH = 5  # cells; about the width of a pen stroke on 28×28, so that a hidden patch cuts the stroke
STRIDE = 1


def occlusion_map(
    network: Network, digit: np.ndarray, target: int, patch: int = PATCH, stride: int = STRIDE
) -> np.ndarray:
    """How much the probability of one reading falls when ink is hidden, cell by cell.

    A square of ``patch`` cells is set to paper at every place; a cell's value is the mean fall over all the
    squares that hid it. Squares without ink change nothing and are not read.

    Args:
        network: what reads.
        digit: uint8 (28, 28), ink bright on black.
        target: which of the ten readings to ask about, 0 to 9.
        patch: the square's side, in cells, 1 to 28.
        stride: the step between squares, in cells, 1 to ``patch``.

    Returns:
        float32 (28, 28), from −1 to 1: positive where the ink speaks for the target, negative where against.
        Zero far from any ink.

    Raises:
        ValueError: target, patch or stride is out of range.
    """
    if not 0 <= target <= 9 or not 1 <= patch <= 28 or not 1 <= stride <= patch:
        raise ValueError(f"no occlusion map for target {target}, patch {patch} and stride {stride}")
    side = len(digit)
    # squares may stand half outside, so that the border's cells are hidden as often as the others
    starts = range(1 - patch, side, stride)
    squares = [
        (slice(max(top, 0), top + patch), slice(max(left, 0), left + patch))
        for top in starts
        for left in starts
    ]
    inked = [square for square in squares if digit[square].any()]
    hidden = np.repeat(digit[None], len(inked) + 1, axis=0)
    for copy, square in zip(hidden, inked, strict=False):
        copy[square] = 0
    probabilities = network.probabilities(hidden)[:, target]
    falls, whole = probabilities[:-1], probabilities[-1]
    total = np.zeros((side, side), np.float32)
    for square, left_over in zip(inked, falls, strict=True):
        total[square] += whole - left_over
    times = np.zeros((side, side), np.float32)
    for square in squares:
        times[square] += 1
    return total / times
