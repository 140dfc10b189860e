"""Changing a network layer by layer: what can be is done, what can't is refused at the layer where it fails.

Every function takes a stack that stands and returns another that stands, or raises an `EditError`; the stack
that was given is never touched.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from model.layers import (
    LAYERS,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
)
from model.recipe import Recipe, RecipeError, check_stack

Layers = tuple[Layer, ...]

# A layer of each kind as it is most often used. "same" keeps the size: it fits on maps however small.
FRESH: dict[str, Layer] = {
    type(layer).__name__: layer
    for layer in (
        Conv2D(16, 3, padding="same"),
        MaxPooling2D(2),
        AveragePooling2D(2),
        BatchNormalization(),
        Dropout(0.25),
        Flatten(),
        GlobalAveragePooling2D(),
        Dense(64),
        Activation("relu"),
    )
}
# What means the same in two kinds of layers, and goes along when one becomes the other.
_CARRIED = ("padding", "bias", "pool_size")

_AT_A_LAYER = re.compile(r"layer (\d+): (.*)", re.DOTALL)  # how `check_stack` begins its messages


class EditError(RecipeError):
    """A change that can't be.

    Attributes:
        place: the layer at which it fails, by its place in the stack as it stands (from 0).
        reason: why, without the layer's number.
    """

    def __init__(self, place: int, reason: str) -> None:
        super().__init__(f"layer {place + 1}: {reason}")
        self.place = place
        self.reason = reason


def insert(layers: Sequence[Layer], place: int, layer: Layer) -> Layers:
    """Another layer between those that there are.

    Args:
        layers: a stack that stands.
        place: where the new one will be, 0 to the number of layers.
        layer: the new one.

    Raises:
        EditError: the stack would not stand; what fails in the new layer is said at the one before it.
        IndexError: there is no such place.
    """
    stack = _numbered(layers)
    _check_place(place, len(stack) + 1)
    stack.insert(place, (None, layer))
    return _checked(stack, max(place - 1, 0))


def remove(layers: Sequence[Layer], place: int) -> Layers:
    """The stack without one of its layers; raises as `insert`."""
    stack = _numbered(layers)
    _check_place(place, len(stack))
    del stack[place]
    return _checked(stack, place)


def move(layers: Sequence[Layer], place: int, to: int) -> Layers:
    """The stack with one layer elsewhere.

    Args:
        layers: a stack that stands.
        place: the layer's place.
        to: its place afterwards.

    Raises:
        EditError: the stack would not stand.
        IndexError: there is no such place.
    """
    stack = _numbered(layers)
    _check_place(place, len(stack))
    _check_place(to, len(stack))
    stack.insert(to, stack.pop(place))
    return _checked(stack, place)


def change(layers: Sequence[Layer], place: int, layer: Layer) -> Layers:
    """The stack with another layer in the place of one; raises as `insert`."""
    stack = _numbered(layers)
    _check_place(place, len(stack))
    stack[place] = (place, layer)
    return _checked(stack, place)


def converted(layer: Layer, kind: str) -> Layer:
    """A layer of another kind that keeps what means the same in both, such as the padding.

    Args:
        layer: what it was.
        kind: a name in `LAYERS`.
    """
    fresh = FRESH[kind]
    both_pool = all(isinstance(each, MaxPooling2D | AveragePooling2D) for each in (layer, fresh))
    carried = (*_CARRIED, "stride") if both_pool else _CARRIED
    kept: dict[str, Any] = {
        field.name: getattr(layer, field.name)
        for field in fields(LAYERS[kind])
        if field.name in carried and hasattr(layer, field.name)
    }
    return replace(fresh, **kept)


def fits(layers: Sequence[Layer], place: int, kind: str) -> bool:
    """Whether a new layer of a kind (as in `FRESH`) can stand at a place."""
    try:
        insert(layers, place, FRESH[kind])
    except EditError:
        return False
    return True


@dataclass(frozen=True)
class Step:
    """One change of a recipe, which can be taken back and done again.

    Only what it changed is put back: what was changed elsewhere meanwhile, such as the epochs, stays.

    Attributes:
        before: the recipe before.
        after: the recipe after.
    """

    before: Recipe
    after: Recipe

    def undone(self, recipe: Recipe) -> Recipe:
        """A recipe with this step taken back."""
        return self._with(recipe, self.before)

    def redone(self, recipe: Recipe) -> Recipe:
        """A recipe with this step done again."""
        return self._with(recipe, self.after)

    def _with(self, recipe: Recipe, source: Recipe) -> Recipe:
        changed = {
            field.name: getattr(source, field.name)
            for field in fields(Recipe)
            if getattr(self.before, field.name) != getattr(self.after, field.name)
        }
        return replace(recipe, **changed)


def _numbered(layers: Sequence[Layer]) -> list[tuple[int | None, Layer]]:
    """The layers with the places at which they stand; a new one has none."""
    return list(enumerate(layers))


def _check_place(place: int, count: int) -> None:
    if not 0 <= place < count:
        raise IndexError(f"there are {count} places, from 0; {place} is none of them")


def _checked(stack: Sequence[tuple[int | None, Layer]], here: int) -> Layers:
    """The layers of a stack, if they can stand; what fails at a layer without a place is said at `here`."""
    layers = tuple(layer for _, layer in stack)
    try:
        check_stack(layers)
    except RecipeError as error:
        at_a_layer = _AT_A_LAYER.fullmatch(str(error))
        if at_a_layer is None:  # too many of them, or none
            raise EditError(here, str(error)) from error
        place = stack[int(at_a_layer[1]) - 1][0]
        raise EditError(here if place is None else place, at_a_layer[2]) from error
    return layers
