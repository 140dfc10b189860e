"""Is it a digit at all? The evidence that a network finds in a picture, and how little of it is too little.

A softmax shares out certainty whatever it gets: what nothing speaks for, and what two readings speak for,
look the same afterwards. Before the softmax they don't: pictures that are no digits give small numbers there
(Hendrycks et al. 2022, "Scaling Out-of-Distribution Detection for Real-World Settings"). So the largest of
them is the evidence. The least that is accepted is chosen on validation digits, so that of others too no more
than a given share is lost: the upper end of an interval is held to it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.datasets import Digits
from model.forward import Network
from model.intervals import wilson
from model.robustness.strangers import KINDS, strangers

MOST_REFUSED = 0.005  # of digits: what asking for evidence may cost
STRANGERS, SEED = 150, 10_000  # of each kind, other ones than the Mistakes page shows


def evidence(network: Network, digits: np.ndarray) -> np.ndarray:
    """What speaks for the likeliest reading of each digit: the largest number that the softmax gets.

    Args:
        network: what reads.
        digits: uint8 (n, 28, 28), ink bright on black.

    Returns:
        float32 (n,).
    """
    return network.logits(digits).max(axis=1)


def choose_least(found: np.ndarray, most_refused: float = MOST_REFUSED) -> float:
    """The largest evidence that may be asked for without refusing more digits than that.

    Args:
        found: float (n,), the evidence in each validation digit; at least one.
        most_refused: share of digits, 0 to below 1. So few validation digits are refused that their share's
            95% interval ends no higher; where they are too few to say so, none.

    Raises:
        ValueError: no digits, or no such share.
    """
    if not len(found) or not 0 <= most_refused < 1:
        raise ValueError(f"a share below 1 of some digits may be refused, not {most_refused} of {len(found)}")
    refused = 0
    while wilson(refused + 1, len(found))[1] <= most_refused:
        refused += 1
    return float(np.sort(found)[refused])


def refusal_card(network: Network, parts: Mapping[str, Digits]) -> dict[str, Any]:
    """What a card tells of refusing: the least evidence, and whom it refuses.

    Args:
        network: what reads.
        parts: digits by the part's name, "validation" among them: by those it is chosen.

    Returns:
        JSON-ready.
    """
    found = {name: evidence(network, digits.images) for name, digits in parts.items()}
    least = choose_least(found["validation"])

    def refused(some: np.ndarray) -> dict[str, int]:
        return {"refused": int((some < least).sum()), "count": len(some)}

    return {
        "least_evidence": least,
        "digits": {name: refused(some) for name, some in found.items()},
        "strangers": {kind: refused(evidence(network, strangers(kind, STRANGERS, SEED))) for kind in KINDS},
    }
