"""The grid of variants: the digit in hand in 64 changed copies, or a batch as training will be given it.

What is shown is what training gets: the same functions, with the same seeds.
"""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from app import augmenting, cache, giving, state
from app.change_words import captions
from app.in_hand import InHand
from app.pixels import signed_colours
from app.prose import say
from model.augmentation import TRANSFORMATIONS, Augmentation, apply_changes, draw_changes
from model.augmentation.serving import batches_in, training_batch
from model.augmentation.transformations import alone
from model.recipe import Recipe

COUNT, COLUMNS, SIDE, GAP = 64, 8, 28, 2  # digits shown, digits in a row, cells, cells between two
PITCH = SIDE + GAP
MOST_SEED = 10**6  # as the link takes it
WRONG = "#e69f00"  # Okabe and Ito's orange: seen on black in both themes
BUILT_IN = "mini"  # the data set that needs no files
MOST_OTHERS = 3  # other readings that are told apart

_HTML = """
<figure class="lab-variants">
  <div class="lab-grid" role="img" tabindex="0" aria-label="The pictures are on their way">
    <span class="lab-frame-one" hidden></span></div>
  <p class="lab-off-note"></p>
  <div class="lab-before">
    <i role="img" aria-label="The digit before"></i><b>Before</b><span class="lab-what"></span></div>
  <div class="lab-after">
    <i role="img" aria-label="The digit after"></i><b>After</b><span class="lab-done"></span></div>
  <div class="lab-difference">
    <i role="img" aria-label="The difference: blue where ink came, orange where it went"></i><b>Difference</b>
    <span><u class="lab-came"></u>ink came<br><u class="lab-went"></u>ink went</span></div>
  <p class="lab-spoken" role="status" aria-live="polite"></p>
</figure>
"""
_JS = Path(__file__).with_name("variants.js").read_text(encoding="utf-8")
_grid = st.components.v2.component("digit_lab_variants", html=_HTML, js=_JS, isolate_styles=False)


@dataclass(frozen=True, eq=False)
class Variants:
    """Digits before and after a change.

    Args:
        before: uint8 (n, 28, 28), n ≤ 64.
        after: likewise.
        whats: what each is.
        captions: what was done to each.
    """

    before: np.ndarray
    after: np.ndarray
    whats: Sequence[str]
    captions: Sequence[str]


def some_digit() -> InHand:
    """A typical 2 of the validation digits, for who has no digit in hand."""
    digits = cache.validation_digits(state.now().model)
    place = _typical(digits.dataset, digits.part, 2)
    return InHand(
        f"{digits.part} digit number {place:,}", digits.images[place], label=int(digits.labels[place])
    )


@lru_cache(maxsize=16)
def _typical(dataset: str, part: str, label: int) -> int:
    """The place of the digit that is nearest to the mean picture of its class."""
    digits = cache.digits(dataset, part)
    places = np.flatnonzero(digits.labels == label)
    images = digits.images[places].astype(np.float32)
    return int(places[((images - images.mean(axis=0)) ** 2).sum(axis=(1, 2)).argmin()])


def show(hand: InHand, is_moving: bool) -> None:
    """Shows the digit in hand in 64 variants, and how the network reads them.

    Args:
        hand: a digit in hand that can be read.
        is_moving: whether a slider is just being moved: then there is no time to read.
    """
    assert hand.digit is not None
    chosen, augmentation = state.now(), augmenting.chosen()
    if chosen.shown == "one":
        what = TRANSFORMATIONS[chosen.change].title
        wanted, instead = alone(augmentation, chosen.change), augmenting.example(chosen.change)
        amount = augmenting.amount(instead, chosen.change)
        note = say("augmentation", "off one", title=what, amount=amount)
    else:
        what, wanted, instead = "everything together", augmentation, augmenting.GENTLE
        note = say("augmentation", "off all")
    if augmenting.changes_anything(wanted):
        instead, note = wanted, ""
    digit, seed = hand.digit.tobytes(), chosen.variants
    _grid(data=_variants_content(digit, hand.what, instead, seed, note, what.lower()), key="variants")
    place = _show_below("Other changes")
    if note:
        _say(place, say("augmentation", "not read"))
    elif not is_moving:
        plain = int(cache.checkpoint(chosen.model).network.probabilities(hand.digit[None])[0].argmax())
        meant = plain if hand.label is None else hand.label
        read = _readings(chosen.model, digit, instead, seed)
        passage = "read" if hand.label is None else "read labelled"
        told = {"right": int((read == meant).sum()), "count": COUNT, "digit": meant}
        _say(place, say("augmentation", passage, others=_others(read, meant), **told), read != meant)
    if chosen.shown == "one":
        st.html(f'<p class="lab-change">{say("augmentation", f"change {chosen.change}")}</p>')


def show_batch(is_moving: bool) -> None:
    """Shows the next batch of the recipe's training, as `fit` will be given it.

    Args:
        is_moving: as for `show`.

    Raises:
        DataError: the training digits are not on this machine.
    """
    chosen = state.now()
    recipe = chosen.recipe
    digits = cache.digits(recipe.dataset, "train")
    batches = batches_in(len(digits), recipe.batch_size)
    epoch, batch = divmod(chosen.variants % (recipe.epochs * batches), batches)  # after the last the first
    after, labels, _ = _batch(recipe, epoch, batch)
    _grid(data=_batch_content(recipe, epoch, batch), key="variants")
    place = _show_below("Next batch")
    told = {"epoch": epoch + 1, "batch": batch + 1, "seed": recipe.seed, "size": len(labels)}
    words = say("augmentation", "batch" if len(labels) <= COUNT else "batch part", count=COUNT, **told)
    if is_moving:
        _say(place, words)
        return
    read = cache.checkpoint(chosen.model).network.probabilities(after[:COUNT]).argmax(axis=1)
    wrong = read != labels[:COUNT]
    passage = "batch read" if wrong.any() else "batch all read"
    right = say("augmentation", passage, right=int((~wrong).sum()), count=len(read))
    _say(place, f"{words} {right}", wrong)


def show_no_batch(reason: Exception) -> None:
    """Says that the recipe's digits are not on this machine, and offers those that always are.

    Args:
        reason: why they can't be read, as the data's own error says it.
    """
    recipe = state.now().recipe
    st.warning(say("augmentation", "batch without files", dataset=recipe.dataset))
    built_in = replace(recipe, dataset=BUILT_IN)
    st.button("Learn from mini", on_click=state.change, kwargs={"recipe": built_in, "variants": 0})
    st.caption(f"{reason}.")


def _show_below(more: str) -> DeltaGenerator:
    """Shows the buttons below the grid; returns the place for a sentence beside them."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="below-variants"):
        st.button(more, on_click=_step)
        if state.now().shown != "batch":
            st.button("Another digit", on_click=giving.take_another_digit)
        place = st.empty()
    # Reading takes longer than changing: until it is done, nothing old may stand beside the new pictures.
    _say(place, "")
    return place


def _step() -> None:
    state.change(variants=(state.now().variants + 1) % (MOST_SEED + 1))


def _say(place: DeltaGenerator, words: str, wrong: np.ndarray | None = None) -> None:
    """Says a sentence, and draws a frame round the digits that are read wrongly, over the grid."""
    frames = _frames(wrong) if wrong is not None and wrong.any() else "none"
    place.html(
        f"<style>.lab-variants {{ --wrong: {frames} }}</style>"
        f'<p class="lab-read" role="status">{html.escape(words)}</p>'
    )


def _frames(wrong: np.ndarray) -> str:
    """Frames round some of the grid's digits, as the source of a background."""
    wide, high = _extent(len(wrong))
    rectangles = "".join(
        f"<rect x='{place % COLUMNS * PITCH + 1}' y='{place // COLUMNS * PITCH + 1}'"
        f" width='{SIDE - 2}' height='{SIDE - 2}'/>"
        for place in map(int, np.flatnonzero(wrong))
    )
    drawn = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {wide} {high}'>"
        f"<g fill='none' stroke='{WRONG}' stroke-width='2'>{rectangles}</g></svg>"
    )
    return f"url(data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()})"


def _others(read: np.ndarray, meant: int) -> str:
    """What else was read: "; framed: 31 as 5, 2 as 8"; "" for nothing else."""
    counts = np.bincount(read[read != meant], minlength=10)
    order = [int(digit) for digit in np.argsort(-counts, kind="stable") if counts[digit]]
    most = ", ".join(f"{counts[digit]} as {digit}" for digit in order[:MOST_OTHERS])
    return f"; framed: {most}{', and others' if len(order) > MOST_OTHERS else ''}" if order else ""


@lru_cache(maxsize=64)
def _variants(digit: bytes, augmentation: Augmentation, seed: int) -> tuple[np.ndarray, list[str]]:
    """The variants, uint8 (64, 28, 28), read-only, and what was done to each."""
    changes = draw_changes(COUNT, augmentation, np.random.default_rng(seed))
    after = apply_changes(_repeated(digit), changes)
    after.flags.writeable = False
    return after, captions(changes)


def _repeated(digit: bytes) -> np.ndarray:
    return np.broadcast_to(np.frombuffer(digit, np.uint8).reshape(1, SIDE, SIDE), (COUNT, SIDE, SIDE))


@lru_cache(maxsize=64)
def _readings(model: str | None, digit: bytes, augmentation: Augmentation, seed: int) -> np.ndarray:
    read = (
        cache.checkpoint(model).network.probabilities(_variants(digit, augmentation, seed)[0]).argmax(axis=1)
    )
    read.flags.writeable = False
    return read


@lru_cache(maxsize=32)
def _variants_content(
    digit: bytes, what: str, augmentation: Augmentation, seed: int, note: str, change: str
) -> dict[str, Any]:
    after, done = _variants(digit, augmentation, seed)
    alt = say("augmentation", "alt example" if note else "alt", count=COUNT, change=change)
    return _content(Variants(_repeated(digit), after, [what] * COUNT, done), note, alt)


@lru_cache(maxsize=16)
def _batch(recipe: Recipe, epoch: int, batch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return training_batch(recipe, cache.digits(recipe.dataset, "train"), epoch, batch)


@lru_cache(maxsize=16)
def _batch_content(recipe: Recipe, epoch: int, batch: int) -> dict[str, Any]:
    digits = cache.digits(recipe.dataset, "train")
    after, labels, places = _batch(recipe, epoch, batch)
    names = [digits.class_names[label] for label in labels[:COUNT]]
    whats = [
        f"training digit number {place:,}, labelled {name}"
        for place, name in zip(places, names, strict=False)
    ]
    said = {"count": len(names), "epoch": epoch + 1, "batch": batch + 1, "labels": ", ".join(names)}
    shown = Variants(digits.images[places[:COUNT]], after[:COUNT], whats, [""] * len(names))
    return _content(shown, "", say("augmentation", "alt batch", **said))


def _content(shown: Variants, note: str, alt: str) -> dict[str, Any]:
    """What travels to the browser: three pictures with all digits in them, and words."""
    change = shown.after.astype(np.int16) - shown.before
    return {
        "before": _to_uri(shown.before, None),
        "after": _to_uri(shown.after, None),
        # half of a difference in 8 bits: 128 is none
        "difference": _to_uri((128 + (change >> 1)).astype(np.uint8), _signed_palette()),
        "count": len(shown.after),
        "rows": -(-len(shown.after) // COLUMNS),
        "whats": list(shown.whats),
        "captions": list(shown.captions),
        # shown enlarged, until a person chooses another
        "first": int(np.abs(change).sum(axis=(1, 2)).argmax()),
        "note": note,
        "alt": alt,
    }


@lru_cache(maxsize=1)
def _signed_palette() -> bytes:
    """The colours of differences from −128 to 127."""
    return signed_colours(np.arange(256) - 128, 127.0).tobytes()


def _extent(count: int) -> tuple[int, int]:
    """Cells of a sheet of digits: across, down."""
    rows = -(-count // COLUMNS)
    return COLUMNS * PITCH - GAP, rows * PITCH - GAP


def _to_uri(digits: np.ndarray, palette: bytes | None) -> str:
    """All digits in one picture, as the source of an image: uint8 (n, 28, 28), grey, or by a palette."""
    wide, high = _extent(len(digits))
    blank = 0 if palette is None else 128
    sheet = np.full((high + GAP, wide + GAP), blank, np.uint8)
    for place, digit in enumerate(digits):
        top, left = place // COLUMNS * PITCH, place % COLUMNS * PITCH
        sheet[top : top + SIDE, left : left + SIDE] = digit
    picture = Image.fromarray(sheet[:high, :wide])
    if palette is not None:
        picture.putpalette(palette)
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=6)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
