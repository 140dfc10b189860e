"""How long an epoch takes on this machine: a few batches of the real training, timed."""

import numpy as np

from model.datasets import load_digits, parts_of
from model.history import Batch
from model.learning.events import Event
from model.learning.training import train
from model.recipe import Recipe

WARM_UP_BATCHES = 4  # the first ones build what the others use
LEAST_BATCHES = 3
MOST_BATCHES = 40
MOST_SECONDS = 1.5  # of timed batches; a student waits for the answer
# A digit that is only read goes forward; one that is learned from also back, which takes about twice as long.
READING_SHARE = 1 / 3


def seconds_an_epoch(recipe_json: str) -> float:
    """Train a few batches and say how long a whole epoch would take, validation included.

    Args:
        recipe_json: the recipe, as ``Recipe.to_json`` writes it.

    Returns:
        Seconds.

    Raises:
        RecipeError: it is none.
        DataError: its digits are not on this machine.
        FloatingPointError: the loss became no number within these few batches.
    """
    recipe = Recipe.from_json(recipe_json)
    training = load_digits(recipe.dataset, "train")
    watched = "validation" in parts_of(recipe.dataset)
    validation = load_digits(recipe.dataset, "validation") if watched else None
    few = slice(0, (WARM_UP_BATCHES + MOST_BATCHES) * recipe.batch_size)
    times: list[float] = []

    def report(event: Event) -> bool:
        if isinstance(event, Batch):
            times.append(event.seconds)
        timed = times[WARM_UP_BATCHES:]
        if len(timed) <= LEAST_BATCHES:  # gaps between batches are one fewer
            return False
        return len(timed) > MOST_BATCHES or timed[-1] - timed[0] > MOST_SECONDS

    train(
        recipe,
        (training.images[few], training.labels[few]),
        None if validation is None else (validation.images[:1], validation.labels[:1]),
        report,
    )
    # the median doesn't mind what else the machine did in between
    pace = float(np.median(np.diff(times[WARM_UP_BATCHES:] or times))) if len(times) > 1 else times[0]
    digits = len(training) + READING_SHARE * (0 if validation is None else len(validation))
    return pace * digits / recipe.batch_size
