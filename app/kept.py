"""Results kept for networks, without keeping the networks: they may be many, and take megabytes each."""

import weakref
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

from model.forward import Network

Others = ParamSpec("Others")
Result = TypeVar("Result")
OfNetwork = Callable[Concatenate[Network, Others], Result]


def kept(most: int) -> Callable[[OfNetwork[Others, Result]], OfNetwork[Others, Result]]:
    """Keeps the latest results of a function whose first argument is a network.

    As `functools.lru_cache` does, but it holds on to what was found alone: the network goes when nobody else
    has it. What the function gives must not be changed, and should not hold the network's arrays.

    Args:
        most: so many results are kept.
    """

    def keep(function: OfNetwork[Others, Result]) -> OfNetwork[Others, Result]:
        @lru_cache(maxsize=most)
        def found(network: "weakref.ref[Network]", *others: Others.args, **named: Others.kwargs) -> Result:
            asked = network()
            assert asked is not None  # who asks has it
            return function(asked, *others, **named)

        @wraps(function)
        def ask(network: Network, *others: Others.args, **named: Others.kwargs) -> Result:
            return found(weakref.ref(network), *others, **named)  # type: ignore[arg-type]

        return ask

    return keep
