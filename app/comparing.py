"""Comparing runs: their curves on the same axes, what differs in their recipes, and whether a difference is real."""

from collections.abc import Sequence

from app import live_chart
from app.charts import overlay
from app.snapshots import snapshot

MOST_RUNS = 8  # as many colours as can be told apart


def show(run_ids: Sequence[str]) -> None:
    """Shows several runs on the same axes, and what differs between them.

    Args:
        run_ids: runs' ids, or names of bundled networks; at most `MOST_RUNS` are shown.

    Raises:
        RunError: one of them isn't there.
    """
    seen = [snapshot(run_id) for run_id in run_ids[:MOST_RUNS]]
    live_chart.show(
        live_chart.to_content(overlay.overlay(seen), overlay.alt(seen)), "comparing", overlay.HEIGHT
    )
