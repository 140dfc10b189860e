"""What a change of the network does to its accuracy: the same validation digits read before and after it."""

from collections.abc import Callable

import numpy as np

from app import cache, looking_network, portions, state
from app.prose import say
from model.cards import percent
from model.intervals import paired

# Which digits of a part of a data set are read right: bool (stop − start,).
Reading = Callable[[str, str, int, int], np.ndarray]


def change(after: Reading) -> str:
    """The accuracy before and after a change, and the interval of the difference, as Markdown.

    Args:
        after: reads digits with the changed network: the data set, its part, the first digit, the one behind
            the last; keeps what it gives.

    Raises:
        DataError: there are no validation digits on this machine.
    """
    name = state.now().model
    digits = cache.validation_digits(name)
    count = min(looking_network.TESTED, len(digits))

    def read(start: int) -> tuple[np.ndarray, np.ndarray]:
        where = digits.dataset, digits.part, start, min(start + looking_network.PORTION, count)
        return cache.is_right(name, (), *where), after(*where)

    saying = f"Reading {count} validation digits…"
    found = portions.walk(range(0, count, looking_network.PORTION), read, saying)
    return sentence(*(np.concatenate(column) for column in zip(*found, strict=True)))


def sentence(before: np.ndarray, after: np.ndarray) -> str:
    """What became of the accuracy, as Markdown.

    Args:
        before: bool (n,), which digits are read right before the change.
        after: likewise after it.
    """
    count = len(before)
    low, high = paired(int((before & ~after).sum()), int((after & ~before).sum()), count)
    shares = [percent(float(right.mean()), count) for right in (before, after)]
    apart = float(after.mean() - before.mean())
    told = {"apart": _points(apart), "low": _points(-high), "high": _points(-low)}
    return say("architecture", "change", count=count, before=shares[0], after=shares[1], **told)


def _points(share: float) -> str:
    text = f"{100 * share:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")
