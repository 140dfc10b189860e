"""What the browser tests share: visitors who must leave without having met a fault."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from benchmarks.dashboard import Dashboard
from benchmarks.visitor import PATIENCE_MILLISECONDS, Visitor, browser_profile

expect.set_options(timeout=PATIENCE_MILLISECONDS)  # as for all that a visitor does

Welcome = Callable[..., Visitor]


@pytest.fixture(scope="session")
def profiles(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Browser profiles by their options, kept: who comes second finds the page's scripts in the cache."""
    kept: dict[str, BrowserContext] = {}
    with ExitStack() as stack:

        def profile(**options: object) -> BrowserContext:
            name = repr(sorted(options.items()))
            if name not in kept:
                kept[name] = stack.enter_context(browser_profile(chromium, **options))
            return kept[name]

        yield profile


@pytest.fixture
def welcome(profiles: Callable[..., BrowserContext], server: Dashboard) -> Iterator[Welcome]:
    """Lets visitors in: `welcome(color_scheme="dark")`; at the end none of them may have met a fault."""
    visitors: list[Visitor] = []

    def enter(**options: object) -> Visitor:
        visitors.append(Visitor(profiles(**options).new_page(), server.url))
        return visitors[-1]

    yield enter
    for visitor in visitors:
        visitor.page.close()
    faults = [fault for visitor in visitors for fault in visitor.faults]
    assert not faults, "\n".join(faults)


@pytest.fixture
def visitor(welcome: Welcome) -> Visitor:
    """One visitor with a window of 1280×800 and the light theme."""
    return welcome()
