"""How sure an accuracy is: Wilson's interval for a share that was counted, and one for a change of it."""

import math

Z_95 = 1.959963984540054  # the normal distribution's 97.5% point


def wilson(successes: int, count: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval (Wilson 1927) for a share.

    Unlike "share ± 2 standard errors" it stays inside 0 to 1 and is right near the ends, where accuracies
    lie.

    Args:
        successes: how many were right, 0 to ``count``.
        count: of how many, at least 1.
        z: the normal quantile; the default gives 95%.

    Returns:
        Low and high end, both from 0 to 1.

    Raises:
        ValueError: there is nothing to count, or more successes than digits.
    """
    if count < 1 or not 0 <= successes <= count:
        raise ValueError(f"an interval needs 0 to count successes of at least 1, not {successes} of {count}")
    share = successes / count
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    centre = share + z * z / (2 * count)
    scale = 1 + z * z / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def paired(lost: int, gained: int, count: int, z: float = Z_95) -> tuple[float, float]:
    """The interval of how much a share falls, where the same digits were read before and after.

    Only digits that are read right once and wrong once count; that each was read twice makes it narrower than
    the difference of two shares. A half is added to each of the four counts (Agresti & Min 2005), without
    which it is too narrow where few digits change.

    Args:
        lost: digits that were read right before and are wrong after.
        gained: the other way round.
        count: of digits in all, at least 1.
        z: as in ``wilson``.

    Returns:
        Low and high end of the fall, −1 to 1; below zero it is a gain.

    Raises:
        ValueError: there is nothing to count, or more changes than digits.
    """
    if count < 1 or min(lost, gained) < 0 or lost + gained > count:
        raise ValueError(
            f"an interval needs 0 to count changes of at least 1, not {lost}, {gained} of {count}"
        )
    total = count + 2
    fall = (lost - gained) / total
    reach = z * math.sqrt(lost + gained + 1 - (lost - gained) ** 2 / total) / total
    return max(-1.0, fall - reach), min(1.0, fall + reach)
