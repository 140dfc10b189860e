"""Weighing: what each input adds to a unit of a dense layer, and which cell of which map it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.forward import Weights
from model.layers import Activation, BatchNormalization, Dropout, Flatten, Layer, Shape
from model.recipe import stack_shapes


@dataclass(frozen=True, eq=False)
class Weighing:
    """One unit's sum, number by number.

    Args:
        inputs: float64 (n,), what the layer gets.
        weights: float64 (n,), the unit's.
        bias: the unit's own number; 0.0 for a layer without.
    """

    inputs: np.ndarray
    weights: np.ndarray
    bias: float

    @property
    def products(self) -> np.ndarray:
        """What each input adds: itself times its weight; float64 (n,)."""
        return self.inputs * self.weights

    @property
    def adds(self) -> float:
        """All products above zero, added up."""
        return float(self.products.clip(min=0).sum())

    @property
    def takes(self) -> float:
        """All products below zero, added up: zero or less."""
        return float(self.products.clip(max=0).sum())

    @property
    def total(self) -> float:
        """What the unit gives: all products and the bias, added up."""
        return float(self.products.sum()) + self.bias

    def strongest(self, count: int) -> np.ndarray:
        """The places of the inputs whose products are farthest from zero, strongest first: int64."""
        return np.argsort(-np.abs(self.products), kind="stable")[:count]

    def minus(self, other: "Weighing") -> "Weighing":
        """What sets this unit apart from another of the same layer: their difference, input by input.

        Args:
            other: the other unit, with the same inputs.

        Returns:
            A weighing whose total is the difference of the two totals.
        """
        return Weighing(self.inputs, self.weights - other.weights, self.bias - other.bias)


def weigh(weights: Weights, x: np.ndarray, unit: int) -> Weighing:
    """One unit of a dense layer, written out.

    Args:
        weights: the layer's own: "kernel" (n, units), and "bias" (units,) if it has one.
        x: (n,), what the layer gets of one digit.
        unit: which unit, from 0.

    Returns:
        Inputs, weights and bias in double precision: their sum is the layer's own to its seven digits.

    Raises:
        ValueError: there is no such unit.
    """
    kernel = weights["kernel"]
    if not 0 <= unit < kernel.shape[1]:
        raise ValueError(f"the units are 0 to {kernel.shape[1] - 1}, not {unit}")
    bias = float(weights["bias"][unit]) if "bias" in weights else 0.0
    return Weighing(np.asarray(x, np.float64), np.asarray(kernel[:, unit], np.float64), bias)


def maps_before(layers: Sequence[Layer], place: int) -> Shape | None:
    """The maps that the numbers of a layer's input were, cell by cell, before they were flattened.

    Normalisation, activation and dropout after the flattening leave every number in its place.

    Args:
        layers: as in a recipe.
        place: the layer's place, from 0.

    Returns:
        Height, width and channels; None where a number isn't one cell's (after another dense layer, or after
        global average pooling).
    """
    shapes = stack_shapes(layers)
    for before in range(place - 1, -1, -1):
        layer = layers[before]
        if isinstance(layer, Flatten):
            if len(shapes[before]) == 3:
                return shapes[before]
        elif not isinstance(layer, Activation | BatchNormalization | Dropout):
            break
    return None


def place_in_vector(shape: Shape, row: int, column: int, channel: int) -> int:
    """Where flattening puts a value: rows one after another, the channels of a cell together.

    Args:
        shape: height, width and channels of the maps.
        row: from 0.
        column: from 0.
        channel: from 0.

    Raises:
        ValueError: the maps have no such value.
    """
    height, width, channels = shape
    if not (0 <= row < height and 0 <= column < width and 0 <= channel < channels):
        raise ValueError(f"maps of {height}×{width}×{channels} have no value at {(row, column, channel)}")
    return (row * width + column) * channels + channel


def place_in_maps(shape: Shape, index: int) -> tuple[int, int, int]:
    """Where a number of a flattened vector stood: row, column and channel, each from 0.

    Args:
        shape: height, width and channels of the maps.
        index: its place in the vector, from 0.

    Raises:
        ValueError: the vector has no such place.
    """
    height, width, channels = shape
    if not 0 <= index < height * width * channels:
        raise ValueError(f"a vector of {height * width * channels} numbers has no place {index}")
    cell, channel = divmod(index, channels)
    return cell // width, cell % width, channel
