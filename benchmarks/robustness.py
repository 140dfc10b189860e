"""How the bundled networks read digits made worse: `assets/robustness`, which the Mistakes page shows.

    python -m benchmarks.robustness                    # what is missing, network by network
    python -m benchmarks.robustness --only plateau     # one of them

Every trial in `model.robustness.trials` on the same 500 validation digits, none of which the networks have
learned from. After each trial the file is written: what was broken off goes on where it was. A network with
other weights than those in the file is measured anew.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from model import bundled_pair
from model.checkpoint import bundled_names, load_checkpoint
from model.forward import Network
from model.robustness.results import (
    FOLDER,
    fingerprint,
    mean_right,
    read_results,
    tried_digits,
    write_results,
)
from model.robustness.trials import TRIALS


def readers() -> Mapping[str, Callable[[], Sequence[Network]]]:
    """Who reads, by the file's name: each bundled network after its last epoch, and each side of the pair."""
    single = {name: partial(_alone, name) for name in bundled_names()}
    return single | {side: partial(bundled_pair.networks, side) for side in bundled_pair.SIDES}


def _alone(name: str) -> Sequence[Network]:
    return (load_checkpoint(name).network,)


def measure(name: str, networks: Sequence[Network]) -> None:
    """Read the digits under every trial that isn't in the file yet.

    Args:
        name: of the file.
        networks: who read.
    """
    path = FOLDER / f"{name}.json"
    right: dict[str, np.ndarray] = {}
    if path.exists():
        known, kept = read_results(path)
        right = dict(kept) if known == fingerprint(networks) else {}
    digits, places = tried_digits()
    images, labels = digits.images[places], digits.labels[places]
    for trial in TRIALS.values():
        if trial.name in right:
            continue
        begun = time.perf_counter()
        series = trial.series(images)
        right[trial.name] = np.stack(
            [trial.right(network.probabilities(series), labels) for network in networks]
        )
        write_results(path, networks, {each: right[each] for each in TRIALS if each in right})
        found = mean_right(right, [trial.name])
        print(
            f"{name}, {trial.title}: {found.share:.1%} right, {time.perf_counter() - begun:.1f} s", flush=True
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    who = readers()
    parser.add_argument("--only", nargs="+", choices=tuple(who), default=tuple(who))
    FOLDER.mkdir(exist_ok=True)
    for name in parser.parse_args(arguments).only:
        measure(name, who[name]())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
