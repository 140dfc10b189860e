"""The one test that counts: a finished run on the test digits, after all choices are made."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.cards import part_card
from model.datasets import learned_mask, load_digits
from model.evaluation import read_all, score
from model.forward import Network
from model.recipe import Recipe


def final_score(recipe_json: str, weights: Mapping[str, np.ndarray], learned_from: str) -> dict[str, Any]:
    """Read all test digits of a recipe's dataset, once.

    Args:
        recipe_json: the recipe, as ``Recipe.to_json`` writes it.
        weights: arrays by ``model.forward.weight_name``.
        learned_from: the dataset that the network really learned from, see ``learned_mask``.

    Returns:
        What a card says of a part of the data: accuracy, count, interval and so on; JSON-ready.

    Raises:
        DataError: the test digits are not on this machine.
    """
    recipe = Recipe.from_json(recipe_json)
    digits = load_digits(recipe.dataset, "test")
    probabilities = read_all(Network(recipe.layers, weights), digits.images)
    return part_card(score(probabilities, digits.labels, int(learned_mask(learned_from, digits).sum())))
