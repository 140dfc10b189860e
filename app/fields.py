"""Widgets tied to the fields of the recipe in the form."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from app import state
from model.recipe import Recipe

Change = Callable[[Any], Any]


def _same(value: Any) -> Any:  # noqa: ANN401 - whatever the field holds
    return value


def bound(name: str, to_widget: Change = _same, from_widget: Change = _same) -> dict[str, Any]:
    """Ties a widget to a field of the recipe, as `state.bound` to one of the state."""

    def changed(value: object) -> Recipe:
        return replace(state.now().recipe, **{name: from_widget(value)})

    return state.bound(
        "recipe", lambda recipe: to_widget(getattr(recipe, name)), changed, key=f"recipe {name}"
    )


def bound_part(
    part: str, name: str, to_widget: Change = _same, from_widget: Change = _same
) -> dict[str, Any]:
    """Ties a widget to a field of one of the recipe's parts, such as the annealer's patience."""

    def changed(value: object) -> Recipe:
        recipe = state.now().recipe
        return replace(recipe, **{part: replace(getattr(recipe, part), **{name: from_widget(value)})})

    return state.bound(
        "recipe",
        lambda recipe: to_widget(getattr(getattr(recipe, part), name)),
        changed,
        key=f"recipe {part} {name}",
    )


def choices_with(choices: Iterable[float], value: float) -> list[float]:
    """Choices in order, with the present value among them."""
    return sorted({*choices, value})


def rate_text(rate: float) -> str:
    """A small number as people write it: "0.003", "0.00001"; "0" for nothing."""
    return f"{rate:.8f}".rstrip("0").rstrip(".")
