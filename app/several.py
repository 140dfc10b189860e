"""Several digits at once: what was drawn on the wide canvas or given as a picture, and what is read in it."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from app import cache
from app.hand import Picture, Refusal, State
from model.forward import Network
from model.preprocessing import Preprocessed, Writing
from model.several import FoundDigit, Several, find_digits, find_page, follow
from model.strokes import CANVAS_SIDE, FARTHEST, Stroke, draw_strokes

WIDE = 3  # canvases side by side: room for eight digits, and on a laptop for the reading beside them


def draw_wide(strokes: Iterable[Stroke]) -> np.ndarray:
    """Draws strokes on the wide canvas, as `draw_strokes` does on the square one.

    Returns:
        uint8 (280, 840), ink bright on black.
    """
    strokes = tuple(strokes)
    squares = [
        draw_strokes(
            Stroke(
                tuple((max(-FARTHEST, x - place * CANVAS_SIDE), y) for x, y in stroke.points),
                stroke.width,
                stroke.ink,
            )
            for stroke in strokes
        )
        for place in range(WIDE)
    ]
    return np.hstack(squares)


# By the network itself: its address may come to stand for another. A drawing or a picture is its own key.
@lru_cache(maxsize=32)
def _in_drawing(network: Network, strokes: tuple[Stroke, ...], off: frozenset[str]) -> Several:
    return find_digits(255 - draw_wide(strokes), network, is_drawing=True, off=off)


@lru_cache(maxsize=64)
def _in_picture(network: Network, picture: Picture, off: frozenset[str]) -> Several:
    return find_digits(picture.pixels, network, off=off)


# Only what is in hand is followed step by step: a large picture's steps take megabytes.
@lru_cache(maxsize=8)
def _drawn_page(strokes: tuple[Stroke, ...], off: frozenset[str]) -> Writing:
    return find_page(255 - draw_wide(strokes), is_drawing=True, off=off)


@lru_cache(maxsize=8)
def _page(picture: Picture, off: frozenset[str]) -> Writing:
    return find_page(picture.pixels, off=off)


def in_picture(model: str | None, picture: Picture, off: frozenset[str]) -> Several:
    """The digits in a picture that a person gave, as a network reads them; `off`: steps switched off."""
    return _in_picture(cache.checkpoint(model).network, picture, off)


def given(chosen: State) -> Picture | Refusal | None:
    """The picture that was uploaded or taken and is in hand, or why it is none; None without one."""
    if chosen.source == "camera":
        return chosen.photo
    if chosen.source == "upload" and chosen.picture < len(chosen.pictures):
        return chosen.pictures[chosen.picture]
    return None


def found(chosen: State) -> Several | Refusal | None:
    """The digits in what was given.

    Args:
        chosen: the state, with `several` on and another source than the data.

    Returns:
        The digits; or why there can be none; None where nothing was given yet.
    """
    if chosen.source == "draw":
        network = cache.checkpoint(chosen.model).network
        return _in_drawing(network, chosen.strokes, chosen.off) if chosen.strokes else None
    picture = given(chosen)
    return in_picture(chosen.model, picture, chosen.off) if isinstance(picture, Picture) else picture


def followed(chosen: State, digit: FoundDigit) -> Preprocessed:
    """How one of the digits in what was given came into MNIST's form.

    Args:
        chosen: the state in which it was found.
        digit: one of `found`'s.
    """
    picture = given(chosen)
    page = (
        _page(picture, chosen.off)
        if isinstance(picture, Picture)
        else _drawn_page(chosen.strokes, chosen.off)
    )
    return follow(page, digit, chosen.off)


def place_in_hand(chosen: State, digits: tuple[FoundDigit, ...]) -> int:
    """Which of the digits is in hand, from 0: the person's choice, or the last where there are fewer."""
    return min(chosen.found, len(digits) - 1)
