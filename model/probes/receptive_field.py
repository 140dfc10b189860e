"""The receptive field: the part of the digit that one value of a layer can depend on."""

from dataclasses import dataclass

from model.forward import same_padding
from model.layers import Activation, AveragePooling2D, Conv2D, Flatten, Layer, MaxPooling2D, Shape
from model.recipe import Recipe


@dataclass(frozen=True)
class Field:
    """A rectangle on the digit or on a map, in its cells.

    Args:
        top: its first row.
        left: its first column.
        height: how many rows.
        width: how many columns.
    """

    top: int
    left: int
    height: int
    width: int


def receptive_field(recipe: Recipe, place: int, row: int = 0, column: int = 0) -> Field:
    """The cells of the digit that a value of a layer can depend on: the first of its `fields_below`.

    Args:
        recipe: whose layers.
        place: the layer's place in the recipe, from 0.
        row: of the value in the layer's map; 0 for a vector, whose field is that of the whole vector.
        column: likewise.

    Returns:
        The smallest rectangle that holds them.

    Raises:
        ValueError: there is no such layer, or no such value in its map.
    """
    return fields_below(recipe, place, row, column)[0]


def fields_below(recipe: Recipe, place: int, row: int = 0, column: int = 0) -> tuple[Field, ...]:
    """What a value of a layer can depend on in the digit, and in what every layer before it gives.

    From window to window back to the digit (Araujo et al. 2019). What lies in the padding is cut off at every
    layer, for nothing of the digit comes through it: near the border fields are smaller. Vectors are whole:
    of a vector the field is that of all its numbers, and in a vector it is all of them, in one row.

    Args:
        recipe: whose layers.
        place: the layer's place in the recipe, from 0.
        row: of the value in the layer's map; 0 for a vector.
        column: likewise.

    Returns:
        `place` + 1 rectangles, in the order of ``recipe.shapes``: in the digit, in what the first layer
        gives, and so on up to what the layer itself is given. Each is the smallest that holds what matters.

    Raises:
        ValueError: there is no such layer, or no such value in its map.

    Example:
        >>> from model.presets import PRESETS
        >>> [(field.height, field.width) for field in fields_below(PRESETS["quick"], 3, 4, 4)]
        [(10, 10), (6, 6), (3, 3), (3, 3)]
    """
    if not 0 <= place < len(recipe.layers):
        raise ValueError(f"there is no layer at place {place}: the last is at {len(recipe.layers) - 1}")
    shapes = recipe.shapes
    height, width = _sides(shapes[place + 1])
    if not 0 <= row < height or not 0 <= column < width:
        raise ValueError(f"a {height}×{width} map has no value in row {row} and column {column}")
    rows, columns = (row, row), (column, column)
    found = []
    for layer, shape in zip(reversed(recipe.layers[: place + 1]), reversed(shapes[: place + 1]), strict=True):
        height, width = _sides(shape)
        rows, columns = _back(layer, rows, height), _back(layer, columns, width)
        wide = columns if len(shape) == 3 else (0, shape[0] - 1)
        found.append(Field(rows[0], wide[0], rows[1] - rows[0] + 1, wide[1] - wide[0] + 1))
    return tuple(reversed(found))


def flattened(recipe: Recipe, place: int) -> int | None:
    """Which maps a vector is written out of, where each of its numbers is still one value of theirs.

    Args:
        recipe: whose layers.
        place: the place of the layer that gives the vector.

    Returns:
        Their place in ``recipe.shapes``: 0 for the digit itself. None for maps, and for a vector whose
        numbers were mixed since.
    """
    at = place + 1  # in the shapes
    while at and len(recipe.shapes[at]) == 1:
        layer = recipe.layers[at - 1]
        if layer.window() is None or layer == Activation("softmax"):
            return None
        at -= 1
    return at if at <= place else None


def _sides(shape: Shape) -> tuple[int, int]:
    return (shape[0], shape[1]) if len(shape) == 3 else (1, 1)


def _back(layer: Layer, span: tuple[int, int], cells: int) -> tuple[int, int]:
    """The first and last of ``cells`` that a layer looks at, along one axis, for a span of what it gives."""
    window = layer.window()
    if window is None or isinstance(layer, Flatten):
        return 0, cells - 1
    size, stride = window
    first, last = span[0] * stride, span[1] * stride + size - 1
    if isinstance(layer, (Conv2D, MaxPooling2D, AveragePooling2D)) and layer.padding == "same":
        before, _ = same_padding(cells, size, stride)
        first, last = first - before, last - before
    return max(first, 0), min(last, cells - 1)
