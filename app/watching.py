"""Watching a run: how far it is, its curves, the annealer under X-ray, what it has learned to see."""

from functools import lru_cache

import streamlit as st

from app import learned, live_chart, workroom, xray
from app.charts import annealer, curves
from app.charts.words import curves_alt, preview_alt
from app.progress import duration, progress_html
from app.seen import Snapshot
from app.snapshots import snapshot
from model.recipe import Recipe
from model.runs.records import NoRunError, RunError

TICK_SECONDS = 0.8  # a point is on screen within 2 s of its batch, and ten watchers cost little


def show(run_id: str) -> None:
    """Shows a run as it stands, and keeps it up to date for as long as it is unfinished.

    When its status changes (it begins, pauses, ends), the whole page runs again, its controls included.

    Args:
        run_id: a run's id; or a bundled network's name, whose training then is shown as it was.

    Raises:
        RunError: there is no such run.
    """
    seen = snapshot(run_id)
    every = TICK_SECONDS if seen.unfinished else None
    st.fragment(_look, run_every=every)(run_id, _status(seen))
    learned.show(run_id, seen.unfinished)


def preview(recipe: Recipe) -> None:
    """Shows the rate curve that a recipe's annealer plans, before anything is trained.

    The chart stays while the recipe changes.
    """
    live_chart.show(_previewed(recipe), "preview of the rate", annealer.PREVIEW_HEIGHT)


def _look(run_id: str, status: str) -> None:
    try:
        seen = snapshot(run_id)
    except NoRunError:
        st.rerun()  # it was deleted: the page knows what to say
    except RunError as error:  # the store doesn't answer now; the next tick asks again
        st.warning(str(error))
        return
    if _status(seen) != status:
        st.rerun()
    st.html(progress_html(seen, _place(seen)))
    live_chart.show(_drawn(seen), f"curves of {run_id}", curves.HEIGHT)
    xray.show(seen)


def _place(seen: Snapshot) -> str:
    """Where a run that waits stands in the queue, in words; "" for any other."""
    if seen.run is None or seen.run.status != "queued":
        return ""
    place = workroom.place(seen.run)
    ahead = f"{place.ahead} before it" if place.ahead else "the next to start"
    return ahead if place.seconds is None else f"{ahead}, in about {duration(place.seconds)}"


def _status(seen: Snapshot) -> str:
    return seen.run.status if seen.run else ""


# A snapshot is one object for all who watch: what is made of it is made once.
@lru_cache(maxsize=32)
def _drawn(seen: Snapshot) -> bytes:
    return live_chart.to_content(curves.curves(seen), curves_alt(seen))


@lru_cache(maxsize=64)
def _previewed(recipe: Recipe) -> bytes:
    return live_chart.to_content(annealer.preview(recipe), preview_alt(recipe))
