"""The flagship measured: runs of its recipe, a seed each, alone and together, on test digits and drawn ones.

    python -m benchmarks.flagship RUN RUN RUN --data MNIST --pen pendigits-orig.tra [--runs DIR]
                                  [--committee assets/committee] [--out flagship.json] [--every 1] [--json]

Of each run the accuracy on MNIST's test digits, their mean and spread; of the runs together, as a committee,
what that gains; of both the accuracy on drawn digits at pen widths of 10, 20 and 30 px, of the writers by
whom choices were made and of the others. Seeds are named before the trainings, and none is left out. With
`--committee` the members are bundled; `--out` keeps what `python -m model bundle --figures` puts on the
card of the first run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ablation import Drawn
from benchmarks.figures import parser, report, share_of
from benchmarks.pen_digits import HALVES
from model.checkpoint import Checkpoint, load_checkpoint
from model.committee import gain, write_committee
from model.datasets import load_digits
from model.evaluation import read_all
from model.seeds import spread
from model.sweeps import Together
from model.verdict import Reader


def on_drawn(network: Reader, halves: dict[str, Drawn]) -> dict[str, dict[str, Any]]:
    """The accuracy on drawn digits: by width of the pen, then by half of the writers."""
    right = {which: drawn.right(network) for which, drawn in halves.items()}
    widths = list(next(iter(right.values())))
    found = {f"{width:g} px": {which: share_of(right[which][width]) for which in right} for width in widths}
    together = {which: share_of(np.concatenate(list(each.values()))) for which, each in right.items()}
    return found | {"all widths": together}


def on_test(runs: Sequence[Checkpoint], data: Path | None) -> dict[str, Any]:
    """The accuracy on test digits: of each run, on the average, and together."""
    digits = load_digits("mnist", "test", data)
    read = [read_all(run.network, digits.images) for run in runs]
    singles = [share_of(each.argmax(axis=1) == digits.labels) for each in read]
    mean, deviation = spread([single["accuracy"] for single in singles])
    found: dict[str, Any] = {seed_of(run): single for run, single in zip(runs, singles, strict=True)}
    found["mean and spread"] = {"accuracy": round(mean, 5), "spread": round(deviation, 5), "runs": len(runs)}
    if len(runs) > 1:
        gained = gain(read, digits.labels)
        found["committee"] = share_of(np.mean(read, axis=0).argmax(axis=1) == digits.labels) | {
            "gain": round(gained.difference, 5),
            "gain_interval_95": [round(end, 5) for end in gained.interval_95],
        }
    return found


def seed_of(run: Checkpoint) -> str:
    """What figures call a run: the seed by which alone it differs from the others."""
    return f"seed {run.recipe.seed}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print what came of it."""
    options = parser(__doc__)
    options.add_argument("run_ids", nargs="+", metavar="RUN", help="finished runs, or bundled networks")
    options.add_argument("--data", type=Path, metavar="DIR", help="a folder with MNIST's files")
    options.add_argument("--pen", type=Path, metavar="FILE", help="pendigits-orig.tra")
    options.add_argument("--runs", type=Path, metavar="DIR", help="where runs are kept")
    options.add_argument("--committee", type=Path, metavar="DIR", help="bundle the runs as a committee there")
    options.add_argument("--out", type=Path, metavar="FILE", help="where the figures are kept")
    options.add_argument("--every", type=int, default=1, metavar="N", help="take every n-th drawn digit only")
    chosen = options.parse_args(arguments)

    runs = [load_checkpoint(run_id, chosen.runs) for run_id in chosen.run_ids]
    members = {run.recipe.seed: run for run in runs}
    if len(members) < len(runs):
        raise SystemExit(f"each run needs a seed of its own, not {[run.recipe.seed for run in runs]}")
    figures: dict[str, Any] = {"test": on_test(runs, chosen.data)}
    if chosen.pen is not None:
        halves = {which: Drawn(chosen.pen, which, chosen.every) for which in HALVES}
        figures["drawn"] = on_drawn(runs[0].network, halves)
        each = {seed_of(run): on_drawn(run.network, halves)["all widths"] for run in runs[1:]}
        figures["drawn, each"] = {seed_of(runs[0]): figures["drawn"]["all widths"]} | each
        if len(runs) > 1:
            together = Together([run.network for run in runs])
            figures["drawn, committee"] = on_drawn(together, halves)
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    if chosen.committee is not None:
        weights = {seed: run.weights for seed, run in members.items()}
        write_committee(chosen.committee, runs[0].recipe, weights, {"measured": figures})
    report(
        {f"{what}: {name}": found for what, part in figures.items() for name, found in part.items()},
        chosen.json,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
