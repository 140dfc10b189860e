"""What the Architecture page explains: a network, and what it makes of one digit, value by value.

The network is the checkpoint in hand; or the recipe that is being edited, with its first, random weights, so
that what a person builds can be looked at before it has learned anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app import cache, state
from app.in_hand import InHand
from model.forward import Network, Weights
from model.layers import Layer, Shape
from model.recipe import Recipe


@dataclass(frozen=True, eq=False)
class Subject:
    """A network with a digit on its way through.

    Attributes:
        recipe: whose layers.
        network: the layers with their weights.
        is_trained: whether the weights have learned anything; False for a recipe that is being edited.
        hand: the digit, and what it is called.
        digit: uint8 (28, 28), its pixels.
        values: read-only float32, without the digits' axis: the input, then what every layer gives.
    """

    recipe: Recipe
    network: Network
    is_trained: bool
    hand: InHand
    digit: np.ndarray
    values: tuple[np.ndarray, ...]

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The network's layers."""
        return self.recipe.layers

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of one digit: as it comes in, then after every layer."""
        return self.recipe.shapes

    @property
    def place(self) -> int:
        """The layer that is looked at."""
        return chosen_place(self.layers)

    @property
    def reading(self) -> int:
        """What the network reads in the digit."""
        return int(self.values[-1].argmax())

    def gets(self, place: int) -> np.ndarray:
        """What a layer gets of this digit: float32, (height, width, channels) or (units,)."""
        return self.values[place]

    def gives(self, place: int) -> np.ndarray:
        """What a layer makes of it."""
        return self.values[place + 1]

    def weights(self, place: int) -> Weights:
        """A layer's own arrays, by the names of `Layer.weight_shapes`."""
        return self.network.own_weights(place)


def chosen_place(layers: Sequence[Layer]) -> int:
    """The layer that is looked at: the person's choice; the first where a network has no such layer.

    Args:
        layers: the network's.
    """
    chosen = state.now().layer or 0
    return chosen if chosen < len(layers) else 0


def subject(hand: InHand) -> Subject:
    """What the page explains now.

    Args:
        hand: a digit in hand, or an example; one with pixels.
    """
    assert hand.digit is not None
    digit = hand.digit
    chosen = state.now()
    if chosen.draft:
        recipe = chosen.recipe
        network = cache.untrained(recipe.layers, recipe.seed)
        kept = cache.untrained_values(recipe.layers, recipe.seed, digit.tobytes())
        return Subject(recipe, network, False, hand, digit, kept)
    checkpoint = cache.checkpoint(chosen.model)
    kept = cache.values(chosen.model, digit.tobytes())
    return Subject(checkpoint.recipe, checkpoint.network, True, hand, digit, kept)
