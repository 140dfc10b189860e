"""A finished run of random weights, as a store keeps it: for the tests of what looks at runs."""

from random_recipes import random_weights

from model.history import Epoch, Watch
from model.presets import PRESETS
from model.runs.store import RunStore


def make_run(folder, recipe=PRESETS["tiny"], weights=None, epochs=2, learned=None):
    """A finished run of random weights in a store, and its id."""
    store = RunStore(folder)
    run = store.create(recipe)
    attempt = store.claim(run.id, "a test")
    learned = learned or recipe.dataset
    store.learn_from(attempt, {"dataset": learned, "part": "train", "count": 3000, "source": "a test"})
    for number in range(epochs + 1):
        record = Epoch(number, None, None, 2.3, 0.1, 0.01, 0.0)
        if number:
            watch = Watch("accuracy", 0.2, 0.1, 0.0, 0, 0, 0.01, 0.005, "dropped")
            record = Epoch(number, 0.5, 0.8, 0.25 * number, 0.3 * number, 0.01, 1.5 * number, watch)
        store.finish_epoch(attempt, record, weights or random_weights(recipe, number), {})
    store.end(attempt, "done")
    store.close()
    return run.id
