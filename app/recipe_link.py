"""A recipe as a few characters of a link: a preset's name, or what differs from it, as JSON.

So a teacher's link opens the form with the class's recipe in it, and one can read it in the address.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from model.layers import Layer
from model.presets import PRESETS
from model.recipe import Recipe

PRESET = "preset"


def encode_recipe(recipe: Recipe) -> str:
    """A recipe as text: "quick", or `{"preset":"quick","epochs":5,"optimizer":{"name":"sgd"}}`."""
    preset = PRESETS.get(recipe.name)
    if recipe == preset:
        return recipe.name
    plain = recipe.to_dict()
    if preset is not None:
        plain = {PRESET: recipe.name} | _differences(preset.to_dict(), plain)
    if "layers" in plain:
        plain["layers"] = [_short(layer) for layer in recipe.layers]
    return json.dumps(plain, separators=(",", ":"))


def decode_recipe(text: str) -> Recipe:
    """The recipe of such a text.

    Raises:
        ValueError: it is none; the message quotes nothing of the text.
    """
    if text in PRESETS:
        return PRESETS[text]
    try:
        plain = json.loads(text)
        if isinstance(plain, dict) and PRESET in plain:
            plain = _merged(PRESETS[plain.pop(PRESET)].to_dict(), plain)
        return Recipe.from_dict(plain)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"a recipe is one of {', '.join(PRESETS)}, or JSON") from error


def changes(recipe: Recipe) -> tuple[str, ...]:
    """The fields in which a recipe differs from the preset of its name; none if it is the preset."""
    preset = PRESETS.get(recipe.name)
    return () if preset is None else tuple(_differences(preset.to_dict(), recipe.to_dict()))


def _short(layer: Layer) -> dict[str, Any]:
    """A layer's JSON form without what is as usual: of the longest networks a link holds no more."""
    usual = {field.name: field.default for field in fields(layer)}
    return {
        name: value for name, value in layer.to_dict().items() if name not in usual or value != usual[name]
    }


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What differs, a part's fields each by itself where both have that part."""
    found: dict[str, Any] = {}
    for name, value in after.items():
        old = before.get(name)
        if value == old:
            continue
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            value = _differences(old, value)
        found[name] = value
    return found


def _merged(before: Mapping[str, Any], differences: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for name, value in differences.items():
        old = before.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            value = _merged(old, value)
        merged[name] = value
    return merged
