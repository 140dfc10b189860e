"""Bulk evaluation beside a bare ``model.predict``: the same digits, interleaved in one process.

    python -m benchmarks.bulk [--model classic] [--digits 5000] [--rounds 7] [--json]

Each ratio is the median over the rounds of our seconds over theirs in the same round; the recipe's network is
built beforehand on both sides, as it is for everybody but the first who asks.
"""

import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.figures import parser, report
from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.forward import to_input


def seconds(call: Callable[[], np.ndarray]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    asked = parser(__doc__)
    asked.add_argument("--model", default="classic", help="a bundled network or a run")
    asked.add_argument("--digits", type=int, default=5000, help="how many, up to 5,000")
    asked.add_argument("--rounds", type=int, default=7)
    options = asked.parse_args(arguments)
    from model.learning.bulk import read_in_bulk  # not above: Keras takes seconds to import
    from model.learning.network import build_network, set_weights

    checkpoint = load_checkpoint(options.model)
    images = load_digits("mnist", "validation").images[: options.digits]
    recipe, network = checkpoint.recipe.to_json(), build_network(checkpoint.recipe)
    set_weights(checkpoint.recipe, network, checkpoint.weights)
    whole = to_input(images)
    players: dict[str, Callable[[], np.ndarray]] = {
        "predict": lambda: network.predict(whole, verbose=0),
        "predict, batches of 500": lambda: network.predict(whole, batch_size=500, verbose=0),
        "our forward pass": lambda: checkpoint.network.probabilities(images[:500]),
        "bulk": lambda: read_in_bulk(recipe, checkpoint.weights, images),
    }
    for call in players.values():
        call()
    rounds = [{name: seconds(call) for name, call in players.items()} for _ in range(options.rounds)]
    found: dict = {"model": checkpoint.address, "digits": len(images)}
    found |= {
        f"bulk over {name}": round(statistics.median(turn["bulk"] / turn[name] for turn in rounds), 2)
        for name in ("predict", "predict, batches of 500")
    }
    for name in players:
        digits = 500 if name == "our forward pass" else len(images)
        pace = statistics.median(digits / turn[name] for turn in rounds)
        found[f"{name}, digits a second"] = round(pace)
    report(found, options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
