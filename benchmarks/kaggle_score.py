r"""What networks that learned from Kaggle's train.csv alone score on its 28,000, each by itself and together.

    python -m model kaggle --train train.csv --test test.csv --out submission.csv \
                           --recipe assets/kaggle/honest.json --seed 1                      # and 2, 3
    python -m benchmarks.kaggle_score RUN [RUN ...] --data MNIST --test test.csv [--runs DIR] [--json]

Kaggle keeps the labels to itself; MNIST's files have them. A network that may have seen any digit outside
train.csv is refused. Nothing is chosen by these figures.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.figures import parser, report, share_of
from benchmarks.leak import test_digits
from model.checkpoint import load_checkpoint
from model.datasets import KAGGLE_42000
from model.evaluation import read_all

MOST = 5  # networks of a committee


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, and print what each scores."""
    options = parser(__doc__)
    options.add_argument("run", nargs="+", help=f"up to {MOST} runs")
    options.add_argument("--data", type=Path, required=True, help="the folder with MNIST's files")
    options.add_argument("--test", type=Path, required=True, help="Kaggle's test.csv")
    options.add_argument("--runs", type=Path, metavar="DIR", help="the folder of runs")
    chosen = options.parse_args(arguments)
    if len(set(chosen.run)) < len(chosen.run) or len(chosen.run) > MOST:
        options.error(f"up to {MOST} different runs, not {' '.join(chosen.run)}")
    checkpoints = [load_checkpoint(run, chosen.runs) for run in chosen.run]
    for checkpoint in checkpoints:
        if checkpoint.learned_datasets != (KAGGLE_42000,):
            options.error(
                f"{checkpoint.name} learned from {' and '.join(checkpoint.learned_datasets) or 'nothing'}, "
                "not from train.csv alone"
            )
    images, labels, _ = test_digits(chosen.test, chosen.data)
    read = [read_all(checkpoint.network, images) for checkpoint in checkpoints]
    figures = {
        f"{checkpoint.name}, seed {checkpoint.recipe.seed}": share_of(each.argmax(axis=1) == labels)
        for checkpoint, each in zip(checkpoints, read, strict=True)
    }
    if len(read) > 1:
        figures[f"all {len(read)} together"] = share_of(np.mean(read, axis=0).argmax(axis=1) == labels)
    report(figures, chosen.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
