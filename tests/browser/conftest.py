"""What the browser tests share: visitors who must leave without having met a fault."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from benchmarks.dashboard import Dashboard
from benchmarks.visitor import Visitor, visit

Welcome = Callable[..., Visitor]


@pytest.fixture
def welcome(chromium: Browser, server: Dashboard) -> Iterator[Welcome]:
    """Lets visitors in: `welcome(color_scheme="dark")`; at the end none of them may have met a fault."""
    visitors = []
    with ExitStack() as stack:

        def enter(**options: object) -> Visitor:
            visitors.append(stack.enter_context(visit(chromium, server.url, **options)))
            return visitors[-1]

        yield enter
    faults = [fault for visitor in visitors for fault in visitor.faults]
    assert not faults, "\n".join(faults)


@pytest.fixture
def visitor(welcome: Welcome) -> Visitor:
    """One visitor with a window of 1280×800 and the light theme."""
    return welcome(color_scheme="light")
