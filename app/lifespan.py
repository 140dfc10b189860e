"""What the server does once: it warms up, for the first page before a visitor comes, for the others after."""

import ctypes
import gc
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from streamlit.dataframe_util import is_dataframe_like

LARGE_BYTES = 2 << 20  # more than most arrays of a reading, which else would be mapped anew for every layer
THREADS = "OPENBLAS_NUM_THREADS"
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
FIRST_PAGE_SECONDS = 3.0  # by then the browser that was opened with the server has drawn it


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Imports what the pages need and takes the default network in hand, so that no visitor waits for it."""
    _give_memory_back()
    _import_numpy()
    # Here, not above: what they register needs a server that runs.
    from app import cache, gallery, giving, journey, model_bar, panel, steps, tables, why, workroom  # noqa: F401

    def take_network() -> None:
        cache.warm_up()
        workroom.warm_up()
        _freeze()

    # Beside the server, which meanwhile hands the first browser its scripts: they take over a second.
    threading.Thread(target=take_network, daemon=True).start()
    later = threading.Timer(FIRST_PAGE_SECONDS, _after_first_page)
    later.daemon = True
    later.start()
    yield
    later.cancel()
    tables.close()
    workroom.close()


def _give_memory_back() -> None:
    # By default glibc keeps what large arrays leave for the next ones, some 30 MB after a look at every page.
    # https://man7.org/linux/man-pages/man3/mallopt.3.html
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        for parameter in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD):
            libc.mallopt(parameter, LARGE_BYTES)


def _import_numpy() -> None:
    # A reading is a row of small matrix products. NumPy's second thread spends its time waiting for them at
    # full speed: with one thread a rerun takes a third of the processor's time, and no longer by the clock.
    chosen = os.environ.get(THREADS)
    os.environ.setdefault(THREADS, "1")
    import numpy  # noqa: F401

    if chosen is None:
        del os.environ[THREADS]  # the processes that this one starts decide for themselves


def _after_first_page() -> None:
    # The first component that is handed a dictionary, the canvas, makes Streamlit import pandas and pyarrow
    # to look at it: better once the first page stands, and before somebody wants to draw.
    is_dataframe_like({})
    from app import chart_scripts, comparing, watching, workroom  # noqa: F401 - what the next pages need
    from app.looking import filters_view, maps_view, take_away, timeline  # noqa: F401

    chart_scripts.pack()
    _freeze()

    workroom.go_on()


def _freeze() -> None:
    # What is alive now stays alive: a collection during a rerun needn't walk over it.
    gc.collect()
    gc.freeze()
