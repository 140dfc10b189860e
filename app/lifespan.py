"""What the server does once: it warms up before the first visitor comes."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Imports what the pages need and reads one blank digit, so that no visitor waits for it."""
    from app import cache

    cache.warm_up()
    gc.collect()
    # What is alive now stays alive: a collection during a rerun needn't walk over it.
    gc.freeze()
    yield
