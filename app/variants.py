"""The grid of variants: the digit in hand in 64 changed copies, or a batch as training will be given it.

What is shown is what training gets: the same functions, with the same seeds.
"""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from app import augmenting, cache, state
from app.change_words import captions
from app.in_hand import InHand
from app.pixels import signed_colours
from app.prose import say
from model.augmentation import TRANSFORMATIONS, Augmentation, apply_changes, draw_changes
from model.augmentation.serving import batches_in, training_batch
from model.recipe import Recipe

COUNT, COLUMNS, SIDE, GAP = 64, 8, 28, 2  # digits shown, digits in a row, cells, cells between two
MOST_SEED = 10**6  # as the link takes it
WRONG = "#e69f00"  # Okabe and Ito's orange: seen on black in both themes
MOST_WRONG = 3  # wrong readings that are told apart

_HTML = """
<figure class="lab-variants">
  <div class="lab-grid" role="img" tabindex="0"><span class="lab-frame-one" hidden></span></div>
  <p class="lab-off-note"></p>
  <div class="lab-before"><i role="img" aria-label="The digit before"></i><b>Before</b></div>
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
        captions: what is to be said of each.
    """

    before: np.ndarray
    after: np.ndarray
    captions: Sequence[str]


def show(hand: InHand) -> None:
    """Shows the digit in hand in 64 variants, and how the network reads them.

    Args:
        hand: a digit in hand that can be read.
    """
    assert hand.digit is not None
    chosen, augmentation = state.now(), augmenting.chosen()
    if chosen.shown == "one":
        title = TRANSFORMATIONS[chosen.change].title
        wanted, instead = augmenting.only(augmentation, chosen.change), augmenting.example(chosen.change)
        amount = augmenting.amount(instead, chosen.change)
        what, note = title, say("augmentation", "off one", title=title, amount=amount)
    else:
        wanted, instead = augmentation, augmenting.GENTLE
        what, note = "All together", say("augmentation", "off all")
    if augmenting.changes_anything(wanted):
        instead, note = wanted, ""
    alt = f"{COUNT} variants of the digit in hand, changed by {what.lower()}{', an example' if note else ''}"
    _grid(data=_variants_content(hand.digit.tobytes(), instead, chosen.variants, note, alt), key="variants")
    _show_below("Other changes")
    if note:
        st.html(f'<p class="lab-read">{say("augmentation", "not read")}</p>')
    else:
        _show_reading(chosen.model, hand, instead, chosen.variants)


def show_batch() -> None:
    """Shows the next batch of the recipe's training, as `fit` will be given it.

    Raises:
        DataError: the training digits are not on this machine.
    """
    chosen = state.now()
    digits = cache.digits(chosen.recipe.dataset, "train")
    epoch, batch = divmod(chosen.variants, batches_in(len(digits), chosen.recipe.batch_size))
    content = _batch_content(chosen.recipe, epoch, batch)
    _grid(data=content, key="variants")
    _show_below("Next batch")
    fields = {
        "count": content["count"],
        "size": chosen.recipe.batch_size,
        "epoch": epoch + 1,
        "batch": batch + 1,
        "seed": chosen.recipe.seed,
        "source": digits.source,
    }
    st.html(f'<p class="lab-read">{html.escape(say("augmentation", "batch", **fields))}</p>')


def _show_below(more: str) -> None:
    with st.container(horizontal=True, gap="small"):
        st.button(more, on_click=_step)


def _step() -> None:
    state.change(variants=(state.now().variants + 1) % (MOST_SEED + 1))


def _show_reading(model: str | None, hand: InHand, augmentation: Augmentation, seed: int) -> None:
    """How the network reads the variants: a moment after them, for reading takes longer than changing."""
    assert hand.digit is not None
    digit = hand.digit.tobytes()
    read = _readings(model, digit, augmentation, seed)
    plain = int(cache.checkpoint(model).network.probabilities(hand.digit[None])[0].argmax())
    meant = plain if hand.label is None else hand.label
    st.html(_reading_html(read, meant, hand.label is not None))


def _reading_html(read: np.ndarray, meant: int, is_labelled: bool) -> str:
    """How many are read as what is meant, and a frame round each of the others, over the grid.

    Args:
        read: int (n,), what is read in each.
        meant: what should be.
        is_labelled: whether a person said so; otherwise it is the reading of the unchanged digit.
    """
    wrong = np.flatnonzero(read != meant)
    others = np.bincount(read[wrong], minlength=10)
    order = [int(digit) for digit in np.argsort(-others, kind="stable") if others[digit]]
    most = ", ".join(f"{others[digit]} as {digit}" for digit in order[:MOST_WRONG])
    rest = ", …" if len(order) > MOST_WRONG else ""
    said = say(
        "augmentation",
        "read labelled" if is_labelled else "read",
        right=len(read) - len(wrong),
        count=len(read),
        digit=meant,
        others=f"; {most}{rest}" if order else "",
    )
    frames = "".join(
        f"<rect x='{place % COLUMNS * (SIDE + GAP)}' y='{place // COLUMNS * (SIDE + GAP)}'"
        f" width='{SIDE}' height='{SIDE}'/>"
        for place in wrong
    )
    wide, high = _extent(len(read))
    drawn = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {wide} {high}'>"
        f"<g fill='none' stroke='{WRONG}' stroke-width='2'>{frames}</g></svg>"
    )
    uri = "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode()
    return (
        f"<style>.lab-variants {{ --wrong: url({uri}) }}</style>"
        f'<p class="lab-read" role="status">{html.escape(said)}</p>'
    )


@lru_cache(maxsize=64)
def _variants(digit: bytes, augmentation: Augmentation, seed: int) -> Variants:
    before = np.broadcast_to(np.frombuffer(digit, np.uint8).reshape(1, SIDE, SIDE), (COUNT, SIDE, SIDE))
    changes = draw_changes(COUNT, augmentation, np.random.default_rng(seed))
    after = apply_changes(before, changes)
    after.flags.writeable = False
    return Variants(before, after, captions(changes))


@lru_cache(maxsize=64)
def _readings(model: str | None, digit: bytes, augmentation: Augmentation, seed: int) -> np.ndarray:
    after = _variants(digit, augmentation, seed).after
    read = cache.checkpoint(model).network.probabilities(after).argmax(axis=1)
    read.flags.writeable = False
    return read


@lru_cache(maxsize=32)
def _variants_content(
    digit: bytes, augmentation: Augmentation, seed: int, note: str, alt: str
) -> dict[str, Any]:
    return _content(_variants(digit, augmentation, seed), note, alt)


@lru_cache(maxsize=16)
def _batch_content(recipe: Recipe, epoch: int, batch: int) -> dict[str, Any]:
    digits = cache.digits(recipe.dataset, "train")
    after, labels, places = training_batch(recipe, digits, epoch, batch)
    few = slice(COUNT)
    names = [f"labelled {digits.class_names[label]}" for label in labels[few]]
    shown = Variants(digits.images[places[few]], after[few], names)
    alt = (
        f"{len(names)} digits of batch {batch + 1} of epoch {epoch + 1}, as training gets them: "
        + ", ".join(digits.class_names[label] for label in labels[few])
    )
    return _content(shown, "", alt)


def _content(shown: Variants, note: str, alt: str) -> dict[str, Any]:
    """What travels to the browser: three pictures with all digits in them, and words."""
    change = shown.after.astype(np.int16) - shown.before
    return {
        "before": _to_uri(shown.before, None),
        "after": _to_uri(shown.after, None),
        # half of a difference in 8 bits: 128 is none
        "difference": _to_uri(np.uint8(128 + (change >> 1)), _signed_palette()),
        "count": len(shown.after),
        "rows": -(-len(shown.after) // COLUMNS),
        "captions": list(shown.captions),
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
    return COLUMNS * (SIDE + GAP) - GAP, rows * (SIDE + GAP) - GAP


def _to_uri(digits: np.ndarray, palette: bytes | None) -> str:
    """All digits in one picture, as the source of an image: uint8 (n, 28, 28), grey, or by a palette."""
    wide, high = _extent(len(digits))
    blank = 0 if palette is None else 128
    sheet = np.full((high + GAP, wide + GAP), blank, np.uint8)
    for place, digit in enumerate(digits):
        top, left = place // COLUMNS * (SIDE + GAP), place % COLUMNS * (SIDE + GAP)
        sheet[top : top + SIDE, left : left + SIDE] = digit
    picture = Image.fromarray(sheet[:high, :wide])
    if palette is not None:
        picture.putpalette(palette)
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=6)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
