"""The digit in hand, ready to be read: what the person gave, brought into MNIST's form."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from app import cache, several, state
from app.hand import Picture, Refusal, State
from model.datasets import DataError
from model.preprocessing import Preprocessed, Step, to_digit
from model.several import SEVERAL, looks_like_several
from model.strokes import CANVAS_SIDE

CORNER_SIDE = (
    112  # px of the paper that MNIST's whole frame takes in the corner: the ink is then some 80 px long
)
CORNER_GAP = 8


@dataclass(frozen=True, eq=False)
class InHand:
    """The digit in hand.

    Attributes:
        what: what it is, in words that continue "in hand: …"; may hold a file's name.
        digit: uint8 (28, 28), ink bright on black; None if there is nothing to read.
        steps: how it came into this form; none for a digit of the data, which has it already.
        problem: why there is nothing to read, in plain words.
        label: what a person says that it is; only digits of the data have a label.
        remarks: what may be amiss with it although it can be read, in whole sentences.
    """

    what: str
    digit: np.ndarray | None
    steps: tuple[Step, ...] = ()
    problem: str | None = None
    label: int | None = None
    remarks: tuple[str, ...] = ()


def in_hand() -> InHand | None:
    """The digit in hand; None if the person hasn't given one yet."""
    chosen = state.now()
    if chosen.source == "data":
        return _data_digit(chosen)
    if chosen.several:
        return _one_of_several(chosen)
    if chosen.source == "draw":
        if not chosen.strokes:
            return None
        prepared = cache.prepared_drawing(chosen.strokes, chosen.off)
        made = prepared.digit, prepared.steps, prepared.problem
        return InHand("your drawing", *made, remarks=_several(prepared))
    picture = chosen.photo if chosen.source == "camera" else _chosen_picture(chosen)
    return None if picture is None else of_picture(picture, chosen.off)


@lru_cache(maxsize=64)
def _several(prepared: Preprocessed) -> tuple[str, ...]:
    """A remark, where more than one digit is in what is read as one."""
    return (f"{SEVERAL} Choose “A number” to read each.",) if looks_like_several(prepared) else ()


def _one_of_several(chosen: State) -> InHand | None:
    picture = several.given(chosen)
    what = "your drawing" if picture is None else picture.name
    found = several.found(chosen)
    if found is None:
        return None
    if isinstance(found, Refusal) or found.problem:
        return InHand(what, None, problem=found.reason if isinstance(found, Refusal) else found.problem)
    place = several.place_in_hand(chosen, found.digits)
    prepared = several.followed(chosen, found.digits[place])
    what = f"number {place + 1} of {len(found.digits)} in {what}"
    return InHand(what, prepared.digit, prepared.steps, prepared.problem)


def of_picture(picture: Picture | Refusal, off: frozenset[str]) -> InHand:
    """A picture that a person gave, as a digit in hand."""
    if isinstance(picture, Refusal):
        return InHand(picture.name, None, problem=picture.reason)
    prepared = cache.prepared_picture(picture, off)
    made = prepared.digit, prepared.steps, prepared.problem
    return InHand(picture.name, *made, remarks=(*_several(prepared), *prepared.remarks))


def _chosen_picture(chosen: State) -> Picture | Refusal | None:
    return chosen.pictures[chosen.picture] if chosen.picture < len(chosen.pictures) else None


def _data_digit(chosen: State) -> InHand:
    place = chosen.data_digit
    try:
        digits = cache.digits(place.dataset, place.part)
    except DataError as error:
        return InHand(f"a {place.part} digit of {place.dataset}", None, problem=str(error))
    index = place.index % len(digits)
    seen = cache.was_learned(chosen.model, place.dataset, place.part)[index]
    kind = "a training digit" if seen else f"a {place.part} digit"
    what, image, label = f"{kind}, number {index:,}", digits.images[index], int(digits.labels[index])
    if not chosen.in_corner:
        return InHand(what, image, label=label)
    prepared = to_digit(_written_small(image), chosen.off, is_drawing=True)
    return InHand(what, prepared.digit, prepared.steps, prepared.problem, label)


def _written_small(image: np.ndarray) -> np.ndarray:
    """A digit of the data as if written into a corner of the paper: uint8 (280, 280), dark on light."""
    paper = np.full((CANVAS_SIDE, CANVAS_SIDE), 255, np.uint8)
    written = Image.fromarray(255 - image).resize((CORNER_SIDE, CORNER_SIDE), Image.Resampling.BICUBIC)
    corner = slice(CORNER_GAP, CORNER_GAP + CORNER_SIDE)
    paper[corner, corner] = np.asarray(written)
    return paper
