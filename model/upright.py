"""Which way up? Whether more speaks for a picture's digits once they are turned upside down.

A 6 turned over is a 9, and a 0, a 1 or an 8 hardly changes: of one digit alone it can seldom be known. But of
most others nothing is left that a network knows, and with every further digit of a page the doubt shrinks.
"""

from collections.abc import Sequence

import numpy as np

from model.verdict import Reader, Verdict, read_digits

# What must speak for the turned digits beyond what speaks for them as they are: all together, and on average.
# Of 5,000 validation digits by ones, threes, fours or eights `flagship` finds at most 0.4% of the groups
# upside down, and of the same turned over 41% of single ones, 86% of threes and 99% of eights.
LEAST_GAIN, LEAST_MEAN_GAIN = 6.0, 1.0
MOST_ASKED = 50  # digits: more need not be read again

UPSIDE_DOWN = "It may be upside down: turned over, it would be read with less doubt."


def turn_over(digits: np.ndarray) -> np.ndarray:
    """Digits upside down, in MNIST's form again.

    Args:
        digits: uint8 (n, 28, 28), each with its centre of mass between 14 and 15 px from the frame's edges.

    Returns:
        uint8 (n, 28, 28), likewise.
    """
    # the centre of mass was between 14 and 15 from one edge: from the other it is between 13 and 14
    return np.roll(digits[:, ::-1, ::-1], 1, axis=(1, 2))


def is_upside_down(network: Reader, digits: Sequence[np.ndarray], verdicts: Sequence[Verdict]) -> bool:
    """Whether far more speaks for digits if they are turned over, all of them.

    Args:
        network: what reads.
        digits: uint8 (28, 28) each, of one picture.
        verdicts: what it reads in each.

    Returns:
        False too where the network doesn't know what speaks for a digit, and without any digit.
    """
    known = [verdict.evidence for verdict in verdicts[:MOST_ASKED] if verdict.evidence is not None]
    if not known or len(known) < len(digits[:MOST_ASKED]):
        return False
    turned = read_digits(network, turn_over(np.stack(digits[:MOST_ASKED])))
    gain = sum(verdict.evidence or 0.0 for verdict in turned) - sum(known)
    return gain > max(LEAST_GAIN, LEAST_MEAN_GAIN * len(known))
