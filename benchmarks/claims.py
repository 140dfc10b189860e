"""The measurements behind the claims of the Architecture page: every recipe of each, over three seeds.

    python -m benchmarks.claims --data MNIST                  # trains what is missing, then tells
    python -m benchmarks.claims --data MNIST --file AGAIN.jsonl
    python -m benchmarks.claims tell

Each run is one line of `assets/claims/runs.jsonl`, written when it is done: broken off, the same command goes
on. Recipes and seeds are in `model/claims/catalogue.py`, named before the first training. The test digits
(MNIST's 10,000, from which none of the networks has learned) are read once by each run, after its last epoch.
"""

import argparse
import functools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from model.claims.catalogue import CLAIMS, SEEDS, Claim
from model.claims.outcomes import (
    ALL_EPOCHS,
    NO_NUMBER,
    RUNS,
    Outcome,
    accuracy_by_shift,
    is_asked,
    outcome_of,
    read_loss,
    read_runs,
    shifted_places,
    to_line,
)
from model.claims.verdicts import compare, figures, verdict
from model.datasets import Digits, load_digits
from model.evaluation import score
from model.forward import to_input
from model.history import Epoch
from model.recipe import Recipe
from model.seeds import spread

READ = 1000  # training digits read after every epoch, where the gap to validation is asked for


def wanted(claims: Sequence[Claim]) -> list[Recipe]:
    """What is to be trained for some claims, nothing twice: what two claims share is one run."""
    found: list[Recipe] = []
    for claim in claims:
        found += [recipe for recipe in claim.recipes() if recipe not in found]
    return found


@functools.lru_cache
def digits(dataset: str, part: str, data: Path | None) -> Digits:
    """One part of a data set, read once for all runs."""
    return load_digits(dataset, part, data)


class InKeras:
    """A network read by Keras: the same as ours, and a few times quicker for many thousand digits.

    Args:
        recipe: whose layers.
    """

    def __init__(self, recipe: Recipe) -> None:
        from model.learning.network import build_network

        self._recipe, self._network = recipe, build_network(recipe)

    def take(self, weights: Mapping[str, np.ndarray]) -> None:
        """Take other weights, by ``model.forward.weight_name``."""
        from model.learning.network import set_weights

        set_weights(self._recipe, self._network, weights)

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """As ``Network.probabilities``: float32 (n, 10)."""
        return np.asarray(self._network.predict(to_input(images), batch_size=500, verbose=0))


def measured(recipe: Recipe, data: Path | None) -> Outcome:
    """Train one recipe and read what its claims ask for."""
    from model.learning.events import EpochEnd, Event  # not above: Keras takes seconds to import
    from model.learning.training import train

    network = InKeras(recipe)
    learned = digits(recipe.dataset, "train", data)
    watched = digits(recipe.dataset, "validation", data)
    epochs: list[Epoch] = []
    read: list[float] = []

    def report(event: Event) -> None:
        if isinstance(event, EpochEnd):
            epochs.append(event.epoch)
            network.take(event.weights)
            if is_asked("gap", recipe):
                read.append(read_loss(network, learned.images[:READ], learned.labels[:READ]))

    ending = ALL_EPOCHS
    try:
        train(recipe, (learned.images, learned.labels), (watched.images, watched.labels), report)
    except FloatingPointError:
        ending = NO_NUMBER
    test = digits("mnist", "test", data)
    scored = score(network.probabilities(test.images), test.labels)
    shifted: tuple[float, ...] = ()
    if is_asked("fall", recipe):
        chosen = shifted_places(watched.labels)
        shifted = accuracy_by_shift(network, watched.images[chosen], watched.labels[chosen])
    return outcome_of(
        recipe,
        epochs,
        read_loss=tuple(read),
        test=(scored.count - scored.errors, scored.count),
        shifted=shifted,
        seconds=epochs[-1].seconds,
        ending=ending,
    )


def train_missing(recipes: Sequence[Recipe], file: Path, data: Path | None) -> None:
    """Train what a file lacks; every run is added to it as soon as it is done."""
    done = read_runs(file)
    missing = [recipe for recipe in recipes if recipe not in done]
    print(f"{len(recipes)} runs, {len(recipes) - len(missing)} of them are done", flush=True)
    for count, recipe in enumerate(missing, start=1):
        start = time.perf_counter()
        outcome = measured(recipe, data)
        with file.open("a", encoding="utf-8") as out:
            out.write(to_line(recipe, outcome) + "\n")
        assert outcome.test is not None
        print(
            f"{count} of {len(missing)}: {recipe.name}, seed {recipe.seed}: test "
            f"{outcome.test[0] / outcome.test[1]:.2%}, {time.perf_counter() - start:.0f} s, {outcome.ending}",
            flush=True,
        )


def tell(claims: Sequence[Claim], file: Path) -> None:
    """Print what a file's runs say of some claims."""
    runs = read_runs(file)
    for claim in claims:
        found = {
            arm.name: [runs[recipe] for recipe in map(arm.with_seed, SEEDS) if recipe in runs]
            for arm in claim.arms
        }
        by_arm = figures(claim, found)
        pairs = compare(claim, by_arm)
        print(f"{claim.name}: {verdict(pairs) or 'not yet'} ({claim.measure})")
        for name, values in by_arm.items():
            told = "{:.4f} ± {:.4f}".format(*spread(values)) if values else "no runs"
            print(f"  {name}: {told} of {len(values)} seeds")
        for pair in pairs:
            print(
                f"  {pair.first} − {pair.second}: {pair.difference:+.4f} "
                f"(95%: {pair.low:+.4f} to {pair.high:+.4f}), {pair.finding}"
            )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what is missing, or only tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=("train", "tell"), default="train")
    parser.add_argument("--data", type=Path, help="the folder with MNIST's files")
    parser.add_argument("--only", nargs="+", choices=CLAIMS, default=tuple(CLAIMS), metavar="CLAIM")
    parser.add_argument("--file", type=Path, default=RUNS, help="where the runs are kept")
    options = parser.parse_args(arguments)
    claims = [CLAIMS[name] for name in options.only]
    if options.what == "train":
        train_missing(wanted(claims), options.file, options.data)
    tell(claims, options.file)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
