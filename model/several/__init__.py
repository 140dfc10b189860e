"""Several digits in one picture: found, parted where they touch, and read in order.

First come the pieces of connected ink (`pieces`), of which some are parts of one digit and some are no digits
but dots, dashes and slashes (`parts`). A piece that is wide may be several digits that touch: it is cut at
the places where little ink stands in the way (`cuts`), and which of these cuts count, the network decides
that is to read them: those between which it is surest (`choosing`). So did LeCun, Bottou, Bengio & Haffner
(1998), "Gradient-based learning applied to document recognition", part V, with LeNet itself.
"""

from model.several.finding import (
    MOST_DIGITS,
    SEVERAL,
    FoundDigit,
    Several,
    find_digits,
    find_page,
    follow,
    looks_like_several,
)

__all__ = [
    "MOST_DIGITS",
    "SEVERAL",
    "FoundDigit",
    "Several",
    "find_digits",
    "find_page",
    "follow",
    "looks_like_several",
]
