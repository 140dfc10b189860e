"""How sure an accuracy is: Wilson's interval for a share that was counted."""

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
