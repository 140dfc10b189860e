"""Activation maximisation: the picture that a unit answers to most, found by climbing its gradient.

Erhan et al. 2009; held to plausible pictures as in Yosinski et al. 2015, by decay, blur and jitter, for else
the climb ends in noise that excites the unit and says nothing. It is one answer among many: another seed
climbs another hill. Real digits that excite the unit say more, and should be looked at first.
"""

from collections.abc import Iterator

import numpy as np

from model.backward import backward
from model.forward import Network
from model.recipe import INPUT_SHAPE, stack_shapes

CHUNK = 8  # pictures read together

# Tried on the bundled networks: the ten answers' pictures excite their units more than any of 100 real digits
# do, and a person makes out figures in them. With more decay or blur they stay faint.
STEPS = 100  # of the climb
RATE = (
    0.3  # ink, the change of a cell that matters (root of the mean square) in the first step; 0 by the last
)
DECAY = 0.03  # of the ink, lost in each step: what excites nothing fades
BLUR = 0.1  # how far each cell moves towards its neighbourhood in the first step; 0 by the last
JITTER_CELLS = 1  # how far the picture is shifted at most before each step of the first half, to either side
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
    jitter_cells: int = JITTER_CELLS,
) -> Iterator[np.ndarray]:
    """Climb towards a picture that excites one unit.

    Args:
        network: what the unit belongs to.
        place: its layer's place in the recipe, from 0.
        unit: which channel or unit of that layer's output. Of a channel it is the map's middle cell that is
            excited: there the picture shows what the filter looks for, once.
        steps: how many.
        seed: of the noise at the beginning, and of the jitter.
        decay: share of the ink that is lost in each step (L2 regularisation).
        blur: share by which each cell moves towards the mean of its neighbourhood in the first step, 0 to 1;
            less and less later.
        jitter_cells: how far the picture is shifted at most for each step of the first half, to either side;
            what is shifted out comes in at the other side.

    Yields:
        After each step the picture so far: float32 (28, 28), ink from 0 to 1. The last is the answer.
        What the unit doesn't see stays paper; for one that is dead everywhere that is all.

    Raises:
        ValueError: there is no such layer or unit, or a setting is out of range.
    """
    shapes = stack_shapes(network.layers)[1:]
    if not 0 <= place < len(shapes) or not 0 <= unit < shapes[place][-1]:
        raise ValueError(f"there is no unit {unit} at place {place} of this network")
    if steps < 1 or not 0 <= decay < 1 or not 0 <= blur <= 1 or jitter_cells < 0:
        raise ValueError(f"no climb of {steps} steps, decay {decay}, blur {blur}, jitter {jitter_cells}")
    return _climb(network, place, unit, steps, seed, decay, blur, jitter_cells)


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
    unit: int,
    steps: int,
    seed: int,
    decay: float,
    blur: float,
    jitter_cells: int,
) -> Iterator[np.ndarray]:
    random = np.random.default_rng(seed)
    beginnings = _noise(random)
    chunks = (beginnings[i : i + CHUNK] for i in range(0, BEGINNINGS, CHUNK))
    answers = np.concatenate([_middle(network.values(chunk)[place + 1])[:, unit] for chunk in chunks])
    best_first = iter(beginnings[np.argsort(-answers, kind="stable")])
    picture = next(best_first)
    seen = np.zeros(picture.shape, bool)
    for step in range(steps):
        left = 1 - step / steps
        shift = random.integers(-jitter_cells, jitter_cells + 1, 2) * (left > 0.5)
        values = network.values(np.roll(picture, shift, (0, 1))[None])
        towards = np.zeros_like(values[place + 1])
        _middle(towards)[:, unit] = 1
        slope = np.roll(backward(network, values, towards, place).inputs[0], -shift, (0, 1))
        matters = slope != 0
        if matters.any():
            picture = picture + RATE * left * slope / np.sqrt(np.mean(slope[matters] ** 2))
            picture = picture * (1 - decay)
            picture = picture + blur * left * (_neighbourhood(picture) - picture)
            picture = picture.clip(0, 1).astype(np.float32)
            seen |= matters
        else:
            picture = next(best_first, picture)
        yield np.where(seen, picture, np.float32(0))


def _middle(values: np.ndarray) -> np.ndarray:
    """A view of the maps' middle cell, or of a vector as it is: (n, units)."""
    return values[:, values.shape[1] // 2, values.shape[2] // 2] if values.ndim == 4 else values


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
