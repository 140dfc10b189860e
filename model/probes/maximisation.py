"""Activation maximisation: the picture that a unit answers to most, found by climbing its gradient.

Erhan et al. 2009; held to plausible pictures as in Yosinski et al. 2015, by decay and blur, for else the
climb ends in noise that excites the unit and says nothing. It is one answer among many: another beginning
climbs another hill. Real digits that excite the unit say more, and should be looked at first.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from model.backward import backward
from model.forward import Network
from model.recipe import INPUT_SHAPE, stack_shapes

CHUNK = 8  # pictures read together

# Tried on the bundled networks. From the most exciting digit on, each live unit of "plateau" is excited more
# than by any real digit, 1.4 times as much as a rule; from noise, up to half of them less, whatever the
# number of steps. Less, too, where decay doesn't fade as the steps do (in the end it takes more ink than they
# add), and where the picture is shifted about before each step.
STEPS = 100  # of the climb
RATE = (
    0.3  # ink, the change of a cell that matters (root of the mean square) in the first step; 0 by the last
)
DECAY = 0.03  # of the ink, lost in the first step, so that what excites nothing fades; 0 by the last
BLUR = 0.1  # how far each cell moves towards its neighbourhood in the first step; 0 by the last
# Noise that the climb may begin with, from fine to coarse: it takes the most exciting, and the next one where
# it gets stuck, for where no activation lets anything through there is no slope.
BEGINNINGS = 64
GRAINS = 8
START = 0.5, 0.5  # mean and deviation of the noise, ink from 0 to 1: strong enough to wake most units


def maximise(
    network: Network,
    place: int,
    unit: int,
    steps: int = STEPS,
    seed: int = 0,
    decay: float = DECAY,
    blur: float = BLUR,
    start: np.ndarray | None = None,
) -> Iterator[np.ndarray]:
    """Climb towards a picture that excites one unit.

    Args:
        network: what the unit belongs to.
        place: its layer's place in the recipe, from 0.
        unit: which channel or unit of that layer's output. Of a channel it is one cell of the map that is
            excited: there the picture shows what the filter looks for, once.
        steps: how many.
        seed: of the noise at the beginning.
        decay: share of the ink that is lost in the first step (L2 regularisation); less and less later.
        blur: share by which each cell moves towards the mean of its neighbourhood in the first step, 0 to 1;
            less and less later.
        start: uint8 (28, 28), a digit to begin with: then the cell is the one that it excites most. None for
            noise, and the map's middle cell.

    Yields:
        After each step the picture so far: float32 (28, 28), ink from 0 to 1. The last is the answer.
        What the unit doesn't see stays paper; for one that is dead everywhere that is all.

    Raises:
        ValueError: there is no such layer or unit, or a setting is out of range.
    """
    shapes = stack_shapes(network.layers)[1:]
    if not 0 <= place < len(shapes) or not 0 <= unit < shapes[place][-1]:
        raise ValueError(f"there is no unit {unit} at place {place} of this network")
    if steps < 1 or not 0 <= decay < 1 or not 0 <= blur <= 1:
        raise ValueError(f"no climb of {steps} steps, decay {decay}, blur {blur}")
    shape = shapes[place]
    if start is None:
        cell: tuple[int, ...] = (shape[0] // 2, shape[1] // 2) if len(shape) == 3 else ()
        beginnings = _most_exciting_first(network, place, (*cell, unit), _noise(np.random.default_rng(seed)))
    else:
        values = network.values(start[None])[place + 1][0, ..., unit]
        cell = tuple(map(int, np.unravel_index(int(values.argmax()), values.shape)))
        beginnings = iter([start.astype(np.float32) / 255])
    return _climb(network, place, (*cell, unit), steps, decay, blur, beginnings)


def excitement(network: Network, pictures: np.ndarray, place: int, unit: int) -> np.ndarray:
    """How much pictures excite a unit: its value, or a channel's largest, as in ``model.probes.dossier``.

    Args:
        network: what the unit belongs to.
        pictures: as ``model.forward.to_input`` takes them; few.
        place: the layer's place in the recipe, from 0.
        unit: which channel or unit.

    Returns:
        float32 (n,).
    """
    values = network.values(pictures)[place + 1][..., unit]
    return values.reshape(len(values), -1).max(axis=1)


def _climb(
    network: Network,
    place: int,
    spot: tuple[int, ...],
    steps: int,
    decay: float,
    blur: float,
    beginnings: Iterator[np.ndarray],
) -> Iterator[np.ndarray]:
    """Climb towards what excites one value of a layer.

    Args:
        network: what it belongs to.
        place: the layer's.
        spot: where the value stands in what the layer gives: (row, column, channel), or (unit,).
        steps: as in ``maximise``.
        decay: likewise.
        blur: likewise.
        beginnings: pictures to begin with, at least one; the next one is taken where the first has no slope.
    """
    picture = next(beginnings)
    seen = np.zeros(picture.shape, bool)
    for step in range(steps):
        left = 1 - step / steps
        values = network.values(picture[None])
        towards = np.zeros_like(values[place + 1])
        towards[(0, *spot)] = 1
        slope = backward(network, values, towards, place).inputs[0]
        matters = slope != 0
        if matters.any():
            picture = picture + RATE * left * slope / np.sqrt(np.mean(slope[matters] ** 2))
            picture = picture * (1 - decay * left)
            picture = picture + blur * left * (_neighbourhood(picture) - picture)
            picture = picture.clip(0, 1).astype(np.float32)
            seen |= matters
        else:
            picture = next(beginnings, picture)
        yield np.where(seen, picture, np.float32(0))


def _most_exciting_first(
    network: Network, place: int, spot: tuple[int, ...], pictures: np.ndarray
) -> Iterator[np.ndarray]:
    chunks = (pictures[start : start + CHUNK] for start in range(0, len(pictures), CHUNK))
    of_each: tuple[Any, ...] = (slice(None), *spot)
    answers = np.concatenate([network.values(chunk)[place + 1][of_each] for chunk in chunks])
    return iter(pictures[np.argsort(-answers, kind="stable")])


def _noise(random: np.random.Generator) -> np.ndarray:
    """Pictures of noise, from fine to coarse: float32 (BEGINNINGS, 28, 28)."""
    mean, deviation = START
    pictures = []
    for number in range(BEGINNINGS):
        picture = random.standard_normal(INPUT_SHAPE[:2])
        for _ in range(number % GRAINS):
            picture = _neighbourhood(picture)
        pictures.append(mean + deviation * (picture - picture.mean()) / picture.std())
    return np.clip(pictures, 0, 1).astype(np.float32)


def _neighbourhood(picture: np.ndarray) -> np.ndarray:
    """Each cell's mean with its neighbours, 1 : 2 : 1 along both axes; paper lies around the picture."""
    for _ in range(2):
        padded = np.pad(picture, ((1, 1), (0, 0)))
        picture = ((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4).T
    return picture
