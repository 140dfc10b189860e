"""What an edit does: it is done, and can be taken back; or it is refused, and nothing is lost."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from app import state
from app.subject import chosen_place
from model.editing import EditError, Layers, Step
from model.layers import LayerError
from model.recipe import Recipe

MOST_STEPS = 20  # that can be taken back

_DONE, _UNDONE, _REFUSED = "edits done", "edits undone", "edit refused"


@dataclass(frozen=True)
class Refused:
    """An edit that couldn't be.

    Attributes:
        layers: the network as it stood, and stands.
        place: the layer at which it fails.
        what: what was asked: "added", "removed", "moved" or "changed".
        reason: why it can't be.
    """

    layers: Layers
    place: int
    what: str
    reason: str


def attempt(what: str, place: int, edit: Callable[[Layers], Layers], then: int | None = None) -> None:
    """Tries to edit the layers; what can't be is refused at its layer, and the network stays as it was.

    Args:
        what: "added", "removed", "moved" or "changed".
        place: the layer that it is about.
        edit: from the layers to others; raises EditError or LayerError.
        then: the layer to look at afterwards; None for the one that is looked at.
    """
    recipe = state.now().recipe
    try:
        layers = edit(recipe.layers)
    except (EditError, LayerError) as error:
        if what != "added":
            choose(place)
        at, reason = (error.place, error.reason) if isinstance(error, EditError) else (place, str(error))
        state.keep(_REFUSED, Refused(recipe.layers, at, what, reason))
    else:
        take(replace(recipe, layers=layers), then)


def take(recipe: Recipe, then: int | None = None) -> None:
    """Puts another recipe in the place of the one that is edited; this can be taken back.

    Args:
        recipe: the other.
        then: the layer to look at afterwards; None for the one that is looked at.
    """
    before = state.now().recipe
    if recipe != before:
        steps: tuple[Step, ...] = (*state.kept(_DONE, ()), Step(before, recipe))
        state.keep(_DONE, steps[-MOST_STEPS:])
        state.keep(_UNDONE, ())
    _show(recipe, then)


def choose(place: int) -> None:
    """Looks at another layer."""
    _show(state.now().recipe, place)


def undo() -> None:
    """Takes the last edit back, if there is one."""
    done: tuple[Step, ...] = state.kept(_DONE, ())
    if done:
        state.keep(_DONE, done[:-1])
        state.keep(_UNDONE, (*state.kept(_UNDONE, ()), done[-1]))
        _show(done[-1].undone(state.now().recipe), None)


def redo() -> None:
    """Does again what was taken back last, if there is something."""
    undone: tuple[Step, ...] = state.kept(_UNDONE, ())
    if undone:
        state.keep(_UNDONE, undone[:-1])
        state.keep(_DONE, (*state.kept(_DONE, ()), undone[-1]))
        _show(undone[-1].redone(state.now().recipe), None)


def can_undo() -> bool:
    """Whether there is an edit to take back."""
    return bool(state.kept(_DONE, ()))


def can_redo() -> bool:
    """Whether there is one to do again."""
    return bool(state.kept(_UNDONE, ()))


def before() -> Recipe | None:
    """The recipe before the last edit; None if there was none, or it isn't what stands now."""
    done: tuple[Step, ...] = state.kept(_DONE, ())
    return done[-1].before if done and done[-1].after.layers == state.now().recipe.layers else None


def refused() -> Refused | None:
    """What was asked last and couldn't be; None if it could."""
    found: Refused | None = state.kept(_REFUSED)
    return found if found and found.layers == state.now().recipe.layers else None


def chosen() -> int:
    """The layer that is looked at, by its place."""
    return chosen_place(state.now().recipe.layers)


def _show(recipe: Recipe, layer: int | None) -> None:
    """Puts a recipe into the state, and with it what refers to its layers."""
    now = state.now()
    state.keep(_REFUSED, None)
    fields: dict[str, object] = {"recipe": recipe}
    if recipe.layers != now.recipe.layers:
        fields["start"] = None  # the weights of another network fit no more
    place = min(chosen() if layer is None else layer, len(recipe.layers) - 1)
    if place != now.layer or recipe.layers != now.recipe.layers:
        fields |= {"layer": place, "unit": None, "cell": None, "facet": None, "kernel": None}
    state.change(**fields)
