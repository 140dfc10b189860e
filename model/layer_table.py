"""The layer table of a recipe: shape, parameters with their arithmetic, cost, and receptive field."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.layers import Dense, Layer, Shape
from model.recipe import INPUT_SHAPE, stack_shapes


@dataclass(frozen=True)
class LayerRow:
    """One layer in the table.

    Args:
        number: its place, counted from 1.
        layer: the layer.
        output_shape: what it gives for one digit.
        parameters: numbers it holds.
        arithmetic: how that many come about, such as ``(3·3·1 + 1)·32``; empty without any.
        multiply_adds: multiplications (each with its addition) for one digit.
        receptive_field: side, in pixels of the digit, of the square that one of its values can depend on; at
            most 28, the whole digit. Near the border part of the square lies outside the digit.
    """

    number: int
    layer: Layer
    output_shape: Shape
    parameters: int
    arithmetic: str
    multiply_adds: int
    receptive_field: int


def layer_table(layers: Sequence[Layer]) -> list[LayerRow]:
    """The table of a stack of layers.

    The receptive field grows by (window − 1) steps with every layer, a step being the product of all strides
    before it (Araujo et al. 2019).

    Args:
        layers: as in a recipe.

    Returns:
        A row for each layer, in order.

    Raises:
        RecipeError: a layer cannot stand where it stands.
    """
    shapes = stack_shapes(layers)
    whole = INPUT_SHAPE[0]
    field, step = 1, 1
    rows = []
    for number, (layer, before, after) in enumerate(zip(layers, shapes, shapes[1:], strict=False), start=1):
        window = layer.window()
        if window is None:
            field = whole if isinstance(layer, Dense) else field + (before[0] - 1) * step
        else:
            size, stride = window
            field += (size - 1) * step
            step *= stride
        field = min(field, whole)
        rows.append(
            LayerRow(
                number,
                layer,
                after,
                layer.parameters(before),
                layer.parameter_arithmetic(before),
                layer.multiply_adds(before),
                field,
            )
        )
    return rows
