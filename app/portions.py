"""Long work in portions, each kept by a cache: a bar shows how far it is if it takes a person's time."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

Portion = TypeVar("Portion")
Result = TypeVar("Result")

PATIENCE_SECONDS = 0.3  # work that takes longer shows how far it is


def walk(portions: Sequence[Portion], work: Callable[[Portion], Result], saying: str) -> list[Result]:
    """Does one portion after the other; whoever comes later finds those that are done in the cache.

    Args:
        portions: what to work on, in order.
        work: does one of them; keeps what it gives.
        saying: what is being done, in words, beside the bar.

    Returns:
        What `work` gave, in order.
    """
    bar, begun = st.empty(), time.monotonic()
    results = []
    for count, portion in enumerate(portions, start=1):
        results.append(work(portion))
        if time.monotonic() - begun > PATIENCE_SECONDS and count < len(portions):
            bar.progress(count / len(portions), saying)
    bar.empty()
    return results
