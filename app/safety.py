"""Is the label safe? Which digits a transformation turns into others, with their pictures, and a warning."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import cache, live_chart, measured, state
from app.charts import sweep as charts
from app.in_hand import InHand
from app.measured import NoDigitsError
from app.pixels import to_uri
from app.prose import say
from app.reading import chance
from app.sweep import chosen_range
from app.until_read import until_read
from model import bundled_pair
from model.augmentation.transformations import TRANSFORMATIONS, Transformation, transform
from model.datasets import DIGIT_NAMES
from model.recipe import Recipe
from model.sweeps import CONFIDENT, UNSAFE_SHARE, Change, Safety, evenly

READERS = {"bundled": "The bundled networks", "own": "The network in hand"}
FEW = 5  # pictures above the map: a row on a laptop
MANY = 10  # where there is no map: two rows
OF_CLOTHES = "fashion"  # the data set whose labels the bundled networks know nothing of


def warnings(recipe: Recipe) -> dict[str, str]:
    """Which transformations of a recipe break labels, and why, in plain words; by transformation.

    By figures that were measured beforehand, with the bundled networks: it costs nothing. They read digits,
    so that a recipe for clothes is warned of nothing.

    Args:
        recipe: with its augmentation and data set.
    """
    said: dict[str, str] = {}
    if recipe.dataset == OF_CLOTHES:
        return said
    for shown in TRANSFORMATIONS.values():
        chosen = chosen_range(recipe.augmentation, shown)
        digits = () if chosen is None else bundled_pair.safety(shown.name).unsafe_digits(*chosen)
        if chosen is not None and digits:
            passage = "warning switch" if shown.is_switch else "warning part"
            told = {"title": shown.title, "range": shown.show(chosen[1]), "digits": listed(digits)}
            said[shown.name] = say("sweeping", passage, **told)
    return said


def listed(digits: tuple[int, ...], names: Sequence[str] = DIGIT_NAMES) -> str:
    """Digits in words: "4s, 6s and 9s"; of clothes their names.

    Args:
        digits: labels, at least one.
        names: of the ten classes.
    """
    words = [f"{names[digit]}s" if names[digit].isdigit() else names[digit] for digit in digits]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def show(hand: InHand | None) -> None:  # noqa: ARG001 - the views of the page are called alike
    """Shows where the transformation in focus makes another digit of a digit.

    Args:
        hand: the digit in hand; this view looks at many.
    """
    st.fragment(_look)()


def _look() -> None:
    shown = TRANSFORMATIONS[state.now().change]
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    with left:
        reader = st.segmented_control(
            "Read by",
            list(READERS),
            format_func=READERS.__getitem__,
            default="bundled",
            required=True,
            key="labels read by",
        )
    bundled = reader == "bundled"

    def show_found(found: Safety) -> None:
        with right:
            place = st.container()
        _show_found(found, shown, bundled, place)

    if bundled:
        show_found(bundled_pair.safety(shown.name))
        return
    model = state.now().model
    try:
        until_read(lambda: measured.safety(model, shown.name), show_found, say("sweeping", "reading"))
    except NoDigitsError as error:
        st.warning(str(error))


def _show_found(found: Safety, shown: Transformation, bundled: bool, place: DeltaGenerator) -> None:
    """Shows what was found.

    Args:
        found: where the transformation breaks labels.
        shown: the transformation.
        bundled: whether the bundled networks read; else the network in hand.
        place: for the choice of a strength.
    """
    reader = "bundled" if bundled else "own"
    names = DIGIT_NAMES if bundled else cache.validation_digits(state.now().model).class_names
    if bundled and state.now().recipe.dataset == OF_CLOTHES:
        st.caption(say("sweeping", "labels of digits"))
    chosen = chosen_range(state.now().recipe.augmentation, shown)
    with place:
        strength = _strength(found, shown, chosen)
    changes = found.at(strength)
    passage = f"{'broken' if changes else 'all safe'} {'then' if shown.is_switch else 'here'}"
    words = shown.show(strength)
    here = say("sweeping", passage, strength=words, how=words.capitalize())
    st.markdown(f"{_verdict(found, shown, chosen, names)} {here}")
    pairs = Pairs(None if bundled else (state.now().model,), shown.name, strength, found.counts, names)
    few = MANY if shown.is_switch else FEW
    if changes:
        st.html(_tiles(pairs, changes[:few]))
    if not shown.is_switch:
        figure = charts.breaks(found, shown, chosen, names)
        content = live_chart.to_content(figure, charts.breaks_alt(found, shown, names))
        live_chart.show(content, f"labels of {reader}", charts.HEIGHT)
    if changes[few:]:
        with st.expander(f"{len(changes) - few} more changes, {'' if shown.is_switch else 'at '}{words}"):
            st.html(_tiles(pairs, changes[few:]))
    readers = say("sweeping", f"readers {reader}")
    st.caption(
        say("sweeping", "safety", readers=readers, count=sum(found.counts), confident=f"{CONFIDENT:.0%}")
    )


def _strength(found: Safety, shown: Transformation, chosen: tuple[float, float] | None) -> float:
    """The strength that is looked at; at first the chosen range's end, else the first unsafe one."""
    if shown.is_switch:
        return found.strengths[-1]
    start = chosen[1] if chosen else None
    if start is None:
        start = _first_unsafe(found) or found.strengths[-1]
    nearest = min(found.strengths, key=lambda strength: abs(strength - start))
    return float(
        st.select_slider(
            "Strength",
            found.strengths,
            value=nearest,
            format_func=shown.show,
            key=f"safe at {shown.name} {nearest:g} {len(found.strengths)}",
        )
    )


def _first_unsafe(found: Safety) -> float | None:
    """How far a transformation may go at most, either way, before some digit's label is unsafe."""
    ends = (end for pair in found.first_unsafe().values() for end in pair if end is not None)
    return min(map(abs, ends), default=None)


def _verdict(
    found: Safety, shown: Transformation, chosen: tuple[float, float] | None, names: Sequence[str]
) -> str:
    if chosen is None:
        first = _first_unsafe(found)
        if first is None:
            passage = "rare" if found.changes else "safe"
            return say("sweeping", f"no range and {passage}", share=f"{UNSAFE_SHARE:.0%}")
        digits = listed(found.unsafe_digits(-first, first), names)
        return say(
            "sweeping", "no switch" if shown.is_switch else "no range", first=shown.show(first), digits=digits
        )
    what = "switch" if shown.is_switch else "range"
    told = {"range": " to ".join(map(shown.show, dict.fromkeys(chosen))), "share": f"{UNSAFE_SHARE:.0%}"}
    unsafe = found.unsafe_digits(*chosen)
    if not unsafe:
        kept = "rare" if found.unsafe_digits(*chosen, share=0) else "safe"
        return say("sweeping", f"{kept} {what}", **told)
    return say("sweeping", f"unsafe {what}", digits=listed(unsafe, names), **told)


@dataclass(frozen=True)
class Pairs:
    """What the pictures of changed digits are of.

    Attributes:
        model: whose reading it is, its address in a tuple; None for the bundled networks together.
        name: the transformation's.
        strength: how strong it is.
        counts: of each class, how many digits were read.
        names: of the ten classes.
    """

    model: tuple[str | None] | None
    name: str
    strength: float
    counts: tuple[int, ...]
    names: tuple[str, ...]


def _tiles(pairs: Pairs, changes: tuple[Change, ...]) -> str:
    """Each change by its surest example: as it is and as it has become, with what is read."""
    sprite = _sprite(pairs.model, pairs.name, pairs.strength, tuple(change.example for change in changes))
    names = [html.escape(name) for name in pairs.names]
    items = "".join(
        f'<li><span><i style="--n:{2 * place}" role="img" aria-label="A {names[change.digit]}"></i>→'
        f'<i style="--n:{2 * place + 1}" role="img" aria-label="The same, transformed"></i></span>'
        f"this {names[change.digit]} now reads <b>{names[change.read]}</b> ({chance(change.confidence)} sure)"
        f"<small>{change.count} of {pairs.counts[change.digit]}</small></li>"
        for place, change in enumerate(changes)
    )
    return f'<ul class="lab-broken" style="--broken:url({sprite})">{items}</ul>'


@lru_cache(maxsize=64)
def _sprite(model: tuple[str | None] | None, name: str, strength: float, examples: tuple[int, ...]) -> str:
    """Digits before and after, side by side in one picture; for the bundled networks `model` is None."""
    if model is None:
        digits = cache.digits("mnist", "validation")
        places = evenly(digits.labels, bundled_pair.judged())
    else:
        digits, places = measured.unlearned(model)
    before = digits.images[places[list(examples)]]
    after = transform(before, name, strength, examples)  # each with the seed that it was read with
    return to_uri(
        np.concatenate([each for pair in zip(before, after, strict=True) for each in pair], axis=1), 10**4
    )
