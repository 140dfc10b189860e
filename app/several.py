"""Several digits at once: what was drawn on the wide canvas or given as a picture, and what is read in it."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from app import cache
from app.hand import Picture, Refusal, State
from model.forward import Network
from model.several import FoundDigit, Several, find_digits
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
def _in_drawing(network: Network, strokes: tuple[Stroke, ...]) -> Several:
    return find_digits(255 - draw_wide(strokes), network, is_drawing=True)


@lru_cache(maxsize=64)
def _in_picture(network: Network, picture: Picture) -> Several:
    return find_digits(picture.pixels, network)


def in_picture(model: str | None, picture: Picture) -> Several:
    """The digits in a picture that a person gave, as a network reads them."""
    return _in_picture(cache.checkpoint(model).network, picture)


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
        return _in_drawing(cache.checkpoint(chosen.model).network, chosen.strokes) if chosen.strokes else None
    picture = given(chosen)
    return in_picture(chosen.model, picture) if isinstance(picture, Picture) else picture


def place_in_hand(chosen: State, digits: tuple[FoundDigit, ...]) -> int:
    """Which of the digits is in hand, from 0: the person's choice, or the last where there are fewer."""
    return min(chosen.found, len(digits) - 1)
