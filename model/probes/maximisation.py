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

# Tried on the bundled network's ten answers, which come out as figures that a person reads as digits. More
# decay or blur leaves them faint, and their units less excited.
STEPS = 100  # of the climb
RATE = 0.1  # ink, the mean change of a cell (root of the mean square) in the first step
DECAY = 0.01  # of the ink, lost in each step: what excites nothing fades
BLUR = 0.1  # how far each cell moves towards its neighbourhood in each step
JITTER_CELLS = 1  # how far the picture is shifted at most before each step, to either side
START = 0.1, 0.1  # mean and deviation of the noise that the climb begins with, ink from 0 to 1


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
        unit: which channel or unit of that layer's output. A channel's excitement is the largest value of its
            map, as in ``model.probes.dossier``.
        steps: how many.
        seed: of the noise at the beginning, and of the jitter.
        decay: share of the ink that is lost in each step (L2 regularisation).
        blur: share by which each cell moves towards the mean of its neighbourhood in each step, 0 to 1.
        jitter_cells: how far the picture is shifted at most for each step, to either side; what is shifted
            out comes in at the other side.

    Yields:
        After each step the picture so far: float32 (28, 28), ink from 0 to 1. The last is the answer. Where
        the unit is dead there is no slope to climb, and the picture fades.

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
    """What the climb climbs: a unit's value, or the largest value of a channel's map.

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
    mean, deviation = START
    picture = random.normal(mean, deviation, INPUT_SHAPE[:2]).clip(0, 1).astype(np.float32)
    for step in range(steps):
        shift = random.integers(-jitter_cells, jitter_cells + 1, 2)
        values = network.values(np.roll(picture, shift, (0, 1))[None])
        answers = values[place + 1][..., unit]
        towards = np.zeros_like(values[place + 1])
        cell = np.unravel_index(int(answers.argmax()), answers.shape)
        towards[(*map(int, cell), unit)] = 1
        slope = np.roll(backward(network, values, towards, place).inputs[0], -shift, (0, 1))
        steepness = np.sqrt(np.mean(slope**2))
        if steepness > 0:  # a unit that is dead here gives no direction
            picture = picture + np.float32(RATE * (1 - step / steps)) * slope / steepness
        picture = picture * np.float32(1 - decay)
        picture = picture + np.float32(blur) * (_neighbourhood(picture) - picture)
        picture = picture.clip(0, 1)
        yield picture


def _neighbourhood(picture: np.ndarray) -> np.ndarray:
    """Each cell's mean with its neighbours, 1 : 2 : 1 along both axes; paper lies around the picture."""
    for _ in range(2):
        padded = np.pad(picture, ((1, 1), (0, 0)))
        picture = ((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4).T
    return picture
