"""What a benchmark says at its end: a table for people or, with --json, one JSON object in the last line."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from model.intervals import wilson


def parser(description: str | None) -> argparse.ArgumentParser:
    """Returns a parser of the command line with what every benchmark takes."""
    arguments = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--json", action="store_true", help="end with one JSON object")
    return arguments


def summary(seconds: Sequence[float]) -> dict[str, float | int]:
    """Returns the count, median and 95th percentile of times in seconds, in milliseconds."""
    return {
        "count": len(seconds),
        "median_ms": round(float(np.median(seconds)) * 1000, 2),
        "p95_ms": round(float(np.percentile(seconds, 95)) * 1000, 2),
    }


def share(right: int, count: int) -> dict[str, Any]:
    """Returns an accuracy with its count and its 95% interval."""
    low, high = wilson(right, count)
    return {
        "accuracy": round(right / count, 5),
        "count": count,
        "interval_95": [round(low, 5), round(high, 5)],
    }


def share_of(hits: np.ndarray) -> dict[str, Any]:
    """Returns the same of readings of which each was right or wrong, bool of any shape."""
    return share(int(hits.sum()), hits.size)


def report(figures: dict, as_json: bool) -> None:
    """Prints `figures`, which may hold further tables: a line each, or all as one JSON object."""
    if as_json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        if isinstance(figure, dict):
            print(f"{name}:", ", ".join(f"{key} {value}" for key, value in figure.items()))
        else:
            print(f"{name}: {figure}")
