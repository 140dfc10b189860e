"""Likeness: how much of a digit is left in a layer's maps, and which strokes a filter answers to."""

import math
from functools import cache

import numpy as np

from model.forward import Network
from model.preprocessing import to_digit
from model.probes.dossier import responses
from model.recipe import INPUT_SHAPE
from model.strokes import CANVAS_SIDE, Stroke, draw_strokes

# Strokes to show to filters: their names, and how far they are turned from lying flat.
STROKES = {"horizontal": 0, "rising": 45, "upright": 90, "falling": 135}
_HALF_STROKE = 0.3  # of the canvas's side


def likeness(digit: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """How much each map of a layer looks like the digit: the correlation of their cells, without its sign.

    A map is compared as it is seen, each of its cells as large as the part of the digit that it stands for;
    one that shows the digit in negative looks like it as well.

    Args:
        digit: uint8 (28, 28), or floating numbers.
        maps: float (height, width, channels).

    Returns:
        float32 (channels,), 0 to 1; 0 for a map that is the same all over.
    """
    height, width, channels = maps.shape
    rows = np.arange(INPUT_SHAPE[0]) * height // INPUT_SHAPE[0]
    columns = np.arange(INPUT_SHAPE[1]) * width // INPUT_SHAPE[1]
    seen = maps[rows[:, None], columns].reshape(-1, channels).astype(np.float64)  # (784, channels)
    ink = np.asarray(digit, np.float64).ravel()
    seen, ink = seen - seen.mean(axis=0), ink - ink.mean()
    lengths = np.linalg.norm(seen, axis=0) * np.linalg.norm(ink)
    return np.divide(np.abs(ink @ seen), lengths, out=np.zeros(channels), where=lengths > 1e-12).astype(
        np.float32
    )


@cache
def stroke_digits() -> np.ndarray:
    """One straight stroke in each direction of `STROKES`, brought into a digit's form: uint8 (4, 28, 28)."""
    drawn = []
    for degrees in STROKES.values():
        middle, reach = CANVAS_SIDE / 2, CANVAS_SIDE * _HALF_STROKE
        across, up = reach * math.cos(math.radians(degrees)), reach * math.sin(math.radians(degrees))
        stroke = Stroke(((middle - across, middle + up), (middle + across, middle - up)))  # rows go downward
        digit = to_digit(255 - draw_strokes([stroke])).digit
        assert digit is not None  # there is ink
        drawn.append(digit)
    found = np.stack(drawn)
    found.flags.writeable = False
    return found


def stroke_answers(network: Network, place: int) -> np.ndarray:
    """How strongly each unit of a layer answers to a straight stroke in each direction.

    Args:
        network: what looks.
        place: a layer with units.

    Returns:
        float32 (4, units): in the order of `STROKES`, the largest value in the unit's map.

    Raises:
        ValueError: there are no such units.
    """
    return responses(network, place, stroke_digits())
