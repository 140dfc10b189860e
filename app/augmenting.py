"""The mixing desk: by how much each transformation may change a digit, all at a glance.

What stands here is the augmentation of the recipe in the Training page's form: there is no second copy.
"""

import html
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from app import state
from app.prose import say
from model.annealing import is_number
from model.augmentation import TRANSFORMATIONS, Augmentation, Probabilities
from model.augmentation.transformations import alone

# What people's hands do; and more than that, so that every transformation but the flips can be seen.
GENTLE = Augmentation(
    rotation_degrees=10,
    zoom=0.1,
    aspect=0.1,
    shift_cells=1,
    shear_degrees=8,
    elastic_cells=0.8,
    thickness_cells=0.5,
)
STRONG = Augmentation(
    rotation_degrees=25,
    zoom=0.25,
    aspect=0.25,
    shift_cells=2,
    shear_degrees=20,
    elastic_cells=1.4,
    thickness_cells=1,
    noise=0.1,
    blur_cells=0.6,
    contrast=0.5,
    cutout_cells=8,
)
READY: Mapping[str, Augmentation | None] = {"None": None, "Gentle": GENTLE, "Strong": STRONG}

# A slider's steps: as fine as can be seen.
STEPS = {
    "rotation": 1,
    "zoom": 0.05,
    "aspect": 0.05,
    "shift": 0.5,
    "shear": 1,
    "elastic": 0.1,
    "thickness": 0.25,
    "noise": 0.02,
    "blur": 0.1,
    "contrast": 0.1,
    "cutout": 1,
}
# What stands beside the box of a transformation that is done or not, without any strength.
SWITCHES = {"flip": "left–right", "upside-down": "upside down"}

_HTML = (
    '<div class="lab-desk" role="group" aria-label="By how much each transformation changes a digit"></div>'
)
_JS = Path(__file__).with_name("desk.js").read_text(encoding="utf-8")
_desk = st.components.v2.component("digit_lab_desk", html=_HTML, js=_JS, isolate_styles=False)
_KEY = "desk"


def chosen() -> Augmentation:
    """The augmentation of the recipe in the form; one that changes nothing, where it has none."""
    return state.now().recipe.augmentation or Augmentation()


def choose(augmentation: Augmentation | None, **others: object) -> None:
    """Puts an augmentation into the recipe; one that changes nothing is none, as the recipe writes it."""
    kept = None if augmentation is None or not changes_anything(augmentation) else augmentation
    state.change(recipe=replace(state.now().recipe, augmentation=kept), **others)


def changes_anything(augmentation: Augmentation) -> bool:
    """Whether any digit is changed by it."""
    return any(getattr(augmentation, each.field) for each in TRANSFORMATIONS.values())


def example(name: str) -> Augmentation:
    """One transformation at a strength at which it is well seen."""
    each = TRANSFORMATIONS[name]
    done: dict[str, Any] = {each.field: True}
    return Augmentation(**done) if each.is_switch else alone(STRONG, name)


def amount(augmentation: Augmentation, name: str) -> str:
    """By how much a transformation may change a digit, in words: "±10°"; "" for not at all."""
    each = TRANSFORMATIONS[name]
    value = getattr(augmentation, each.field)
    if not value:
        return ""
    if each.is_switch:
        return f"{getattr(augmentation.probabilities, each.probability):.0%}"
    return f"{'±' if each.low < 0 and each.unit else ''}{each.show(value)}"


def show_ready() -> None:
    """Shows the ready augmentations, from none to strong."""
    now = state.now().recipe.augmentation
    names = [name for name, ready in READY.items() if ready == now]
    st.segmented_control(
        "A ready mixture",
        READY,
        label_visibility="collapsed",
        width="stretch",
        **state.bound(
            "recipe",
            lambda _: names[0] if names else None,
            # pressing the chosen one again takes nothing away
            lambda name: replace(state.now().recipe, augmentation=READY[name] if name else now),
            key="ready",
        ),
    )


def show_desk(unsafe: Mapping[str, str]) -> bool:
    """Shows the desk; what it says is `chosen()`, and the one moved last is the state's `change`.

    Args:
        unsafe: for transformations whose strength is unsafe for a digit's label, why, in plain words.

    Returns:
        Whether a slider is moving right now: more is to come.
    """
    augmentation = chosen()
    rows = [_row(name, augmentation, unsafe.get(name)) for name in TRANSFORMATIONS]
    moved = _desk(data={"rows": rows, "change": state.now().change}, key=_KEY, on_moved_change=_take).moved
    return isinstance(moved, Mapping) and moved.get("moving") is True


def show_warning(unsafe: Mapping[str, str]) -> None:
    """Says which of the chosen strengths are unsafe for the label, that of the one in focus first.

    Args:
        unsafe: as for `show_desk`.
    """
    change = state.now().change
    first, *others = sorted(unsafe, key=lambda name: name != change) or [""]
    if not first:
        return
    named = ", ".join(TRANSFORMATIONS[name].title.lower() for name in others)
    words = say("augmentation", "unsafe and more" if others else "unsafe", first=unsafe[first], others=named)
    st.html(f'<p class="lab-warning" role="status">{html.escape(words)}</p>')


def show_how_often() -> None:
    """Shows how likely each of the chosen transformations is, in a drawer."""
    with st.popover("How often", on_change="rerun", key="how often") as drawer:
        if not drawer.open:
            return
        now = chosen()
        on = [each for each in TRANSFORMATIONS.values() if getattr(now, each.field)]
        st.caption(say("augmentation", "how often" if on else "how often none"))
        for each in on:
            st.slider(
                each.title, 0.0, 1.0, step=0.05, format="percent", **_bound_probability(each.probability)
            )


def take(moved: object) -> None:
    """Takes what the desk's browser sent, as far as it makes sense: it is anybody's to edit.

    Args:
        moved: {"values": {name: value}, "change": name}.
    """
    if not isinstance(moved, Mapping):
        return
    now, values = chosen(), moved.get("values")
    fields: dict[str, Any] = {}
    for name, value in values.items() if isinstance(values, Mapping) else ():
        each = TRANSFORMATIONS.get(name)
        if each is None:
            continue
        if each.is_switch and isinstance(value, bool):
            fields[each.field] = value
        elif not each.is_switch and is_number(value):
            fields[each.field] = float(min(max(value, 0), each.limit))
    change = moved.get("change")
    others = {"change": change} if isinstance(change, str) and change in TRANSFORMATIONS else {}
    choose(replace(now, **fields), **others)


def _take() -> None:
    take((state.widget(_KEY) or {}).get("moved"))


def _row(name: str, augmentation: Augmentation, unsafe: str | None) -> dict[str, Any]:
    each = TRANSFORMATIONS[name]
    row = {"name": name, "title": each.title, "text": amount(augmentation, name), "unsafe": unsafe}
    row["value"] = getattr(augmentation, each.field)
    return row | ({"box": SWITCHES[name]} if each.is_switch else {"most": each.limit, "step": STEPS[name]})


def _bound_probability(field: str) -> dict[str, Any]:
    def changed(value: float) -> object:
        likely: Probabilities = replace(chosen().probabilities, **{field: float(value)})
        return replace(state.now().recipe, augmentation=replace(chosen(), probabilities=likely))

    return state.bound(
        "recipe", lambda _: float(getattr(chosen().probabilities, field)), changed, key=f"how often {field}"
    )
