"""One transformation by itself, at exactly the strength that is told: what sweeps and pages are made of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType

import numpy as np

from model.augmentation.amounts import LIMITS, Augmentation
from model.augmentation.changes import Changes, apply_changes, draw_grain
from model.augmentation.places import SIDE, check_digits, draw_knots

MINUS = "−"
DONE_FROM = 0.5  # the strength from which on a switch is on

# What n strengths, and a seed for each, make of a Changes: its fields to their arrays.
_Change = Callable[[np.ndarray, Iterable[int]], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Transformation:
    """A transformation, its place in a recipe, and the strengths that a sweep goes through.

    Args:
        name: as sweeps, pages and links call it.
        field: the field of ``Augmentation`` that sets how strong it may be.
        title: a word or two for people.
        unit: of a strength: "°", "cells", or "" for a factor's logarithm, a share, a yes or no.
        low: the first strength of a sweep.
        high: the last.
        steps: how many, evenly from low to high; zero is among them.
        show: a strength in words, such as "30°", "×1.35", "2 cells".
    """

    name: str
    field: str
    title: str
    unit: str
    low: float
    high: float
    steps: int
    show: Callable[[float], str]

    @property
    def probability(self) -> str:
        """The field of ``Probabilities`` that sets how often it is done."""
        return self.name.replace("-", "_")

    @property
    def is_switch(self) -> bool:
        """Whether it is done or not, without any strength between."""
        return self.steps == 2

    @property
    def limit(self) -> float:
        """The most that a recipe may say; 1 for a yes or no."""
        return LIMITS.get(self.field, 1.0)


def _number(value: float, digits: int = 2) -> str:
    text = f"{abs(value):.{digits}f}".rstrip("0").rstrip(".") if digits else f"{abs(value):.0f}"
    return f"{MINUS if value < 0 and text != '0' else ''}{text}"


def _degrees(value: float) -> str:
    return f"{_number(value, 1)}°"


def _cells(value: float) -> str:
    text = _number(value)
    return f"{text} {'cell' if text.removeprefix(MINUS) == '1' else 'cells'}"


def _factor(value: float) -> str:
    return f"×{np.exp(value):.2f}"


def _share(value: float) -> str:
    return f"{_number(100 * value, 0)}%"


def _done(words: str) -> Callable[[float], str]:
    return lambda value: words if value >= DONE_FROM else "as it is"


_ALL = (
    Transformation("rotation", "rotation_degrees", "Rotation", "°", -180, 180, 73, _degrees),
    Transformation("zoom", "zoom", "Zoom", "", -0.7, 0.7, 29, _factor),
    Transformation("aspect", "aspect", "Aspect", "", -0.7, 0.7, 29, _factor),
    Transformation("shift", "shift_cells", "Shift", "cells", -10, 10, 41, _cells),
    Transformation("shear", "shear_degrees", "Shear", "°", -45, 45, 31, _degrees),
    Transformation("elastic", "elastic_cells", "Elastic", "cells", 0, 4, 41, _cells),
    Transformation("thickness", "thickness_cells", "Thickness", "cells", -3, 3, 25, _cells),
    Transformation("noise", "noise", "Noise", "", 0, 1, 21, _share),
    Transformation("blur", "blur_cells", "Blur", "cells", 0, 3, 31, _cells),
    Transformation("contrast", "contrast", "Contrast", "", -1.5, 1.5, 31, _factor),
    Transformation("cutout", "cutout_cells", "Cut-out", "cells", 0, 20, 21, _cells),
    Transformation("flip", "flip", "Flip", "", 0, 1, 2, _done("mirrored")),
    Transformation("upside-down", "flip_upside_down", "Flip over", "", 0, 1, 2, _done("upside down")),
)
TRANSFORMATIONS: Mapping[str, Transformation] = MappingProxyType({each.name: each for each in _ALL})


def strengths(name: str) -> np.ndarray:
    """The strengths of a sweep.

    Args:
        name: of a transformation.

    Returns:
        float64 (steps,), rising; exactly zero is among them.

    Raises:
        ValueError: there is no such transformation.
    """
    each = _called(name)
    step = (each.high - each.low) / (each.steps - 1)
    return np.round(np.linspace(each.low, each.high, each.steps) / step) * step


def transform(
    digits: np.ndarray, name: str, strengths: np.ndarray | float, seed: int | Iterable[int] = 0
) -> np.ndarray:
    """Change every digit by one transformation, at exactly the strength that is told.

    What is random about it is fixed by the seed and only scaled by the strength: the field of displacements,
    the noise, the place that is cut out. A shift goes to the right; below 0, to the left.

    Args:
        digits: uint8 (n, 28, 28), ink bright on black.
        name: of the transformation.
        strengths: (n,), or one for all; see ``Transformation`` for their meaning. A flip is done from 0.5 on.
        seed: of what is random: one for all digits, which then share it, or n.

    Returns:
        uint8 (n, 28, 28), new; where the strength is zero, exactly the digit. Which digits stand beside it
        may change a cell by a grey level.

    Raises:
        ValueError: there is no such transformation, or these are no digits.

    Example:
        >>> ink = np.eye(28, dtype=np.uint8)[None] * 255
        >>> bool((transform(ink, "rotation", 90.0) == np.rot90(ink, -1, (1, 2))).all())
        True
    """
    _called(name)
    check_digits(digits)
    each = np.broadcast_to(np.asarray(strengths, np.float32), len(digits))
    seeds = [seed] * len(digits) if isinstance(seed, (int, np.integer)) else list(seed)
    if len(seeds) != len(digits):
        raise ValueError(f"one seed, or one for each of {len(digits)} digits, is needed, not {len(seeds)}")
    return apply_changes(digits, replace(Changes.none(len(digits)), **_CHANGES[name](each, seeds)))


def alone(augmentation: Augmentation, name: str) -> Augmentation:
    """An augmentation with one of its transformations left: the same amount, the same probability.

    Args:
        augmentation: with any.
        name: of the transformation that stays.

    Raises:
        ValueError: there is no such transformation.
    """
    kept = ("probabilities", _called(name).field)
    return replace(
        Augmentation(),
        **{
            field.name: getattr(augmentation, field.name)
            for field in fields(Augmentation)
            if field.name in kept
        },
    )


def _called(name: str) -> Transformation:
    if name not in TRANSFORMATIONS:
        raise ValueError(f"a transformation is one of {', '.join(TRANSFORMATIONS)}, not {name!r}")
    return TRANSFORMATIONS[name]


def _drawn(seeds: Iterable[int], draw: Callable[[np.random.Generator], np.ndarray]) -> np.ndarray:
    """What each seed gives, (n, ...); the same seed is drawn from once."""
    seeds = list(seeds)
    each = {seed: draw(np.random.default_rng(seed)) for seed in set(seeds)}
    return np.stack([each[seed] for seed in seeds])


def _pull(by: np.ndarray, seeds: Iterable[int]) -> dict[str, np.ndarray]:
    return {"knots": _drawn(seeds, lambda random: draw_knots(1, random)[0]) * by[:, None, None, None]}


def _speckle(by: np.ndarray, seeds: Iterable[int]) -> dict[str, np.ndarray]:
    return {"noise": _drawn(seeds, lambda random: draw_grain(1, random)[0]) * by[:, None, None]}


def _cut(by: np.ndarray, seeds: Iterable[int]) -> dict[str, np.ndarray]:
    middles = _drawn(seeds, lambda random: random.uniform(-0.5, SIDE - 0.5, 2).astype(np.float32))
    return {"cut": np.concatenate([by[:, None], middles], axis=1)}


_CHANGES: Mapping[str, _Change] = {
    "rotation": lambda by, _: {"turned_degrees": by},
    "zoom": lambda by, _: {"enlarged": np.exp(by)},
    "aspect": lambda by, _: {"stretched": np.exp(by)},
    "shift": lambda by, _: {"moved_x": by},
    "shear": lambda by, _: {"slanted_degrees": by},
    "elastic": _pull,
    "thickness": lambda by, _: {"thickened": by},
    "noise": _speckle,
    "blur": lambda by, _: {"blurred": by},
    "contrast": lambda by, _: {"contrasted": np.exp(by)},
    "cutout": _cut,
    "flip": lambda by, _: {"mirrored": by >= DONE_FROM},
    "upside-down": lambda by, _: {"upside_down": by >= DONE_FROM},
}
