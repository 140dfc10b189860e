"""By how much digits are changed: the part of a recipe."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from model.annealing import is_number

# Field to the most it may be: beyond, nothing of a digit is left.
LIMITS = {
    "rotation_degrees": 180.0,
    "zoom": 0.7,
    "shift_cells": 10.0,
    "shear_degrees": 45.0,
    "elastic_cells": 4.0,
    "aspect": 0.7,
    "thickness_cells": 3.0,
    "noise": 1.0,
    "blur_cells": 3.0,
    "contrast": 1.5,
    "cutout_cells": 20.0,
}
# What probabilities were called in recipes that were written before they took their transformations' names.
_FORMER_NAMES = {"flip_upside_down": "upside_down"}


@dataclass(frozen=True)
class Probabilities:
    """How likely each change is to be made to a digit at all, 0 to 1.

    Raises:
        ValueError: one is out of its range; the message quotes it.
    """

    rotation: float = 1.0
    zoom: float = 1.0
    aspect: float = 1.0
    shift: float = 1.0
    shear: float = 1.0
    elastic: float = 1.0
    thickness: float = 1.0
    noise: float = 1.0
    blur: float = 1.0
    contrast: float = 1.0
    cutout: float = 1.0
    flip: float = 0.5
    upside_down: float = 0.5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not is_number(value) or not 0 <= value <= 1:
                raise ValueError(
                    f"augmentation: the probability of {name} must lie between 0 and 1, not {value!r}"
                )


@dataclass(frozen=True)
class Augmentation:
    """By how much digits are changed at random before each time they are learned from; 0 for not at all.

    Args:
        rotation_degrees: turned by up to so much either way, 0 to 180.
        zoom: enlarged or shrunk by up to the factor e^zoom, 0 to 0.7.
        shift_cells: moved by up to so many cells along each axis, 0 to 10.
        shear_degrees: slanted by up to so much either way, 0 to 45.
        elastic_cells: how far neighbouring places are pulled about: the standard deviation of a smooth random
            field of displacements (Simard et al. 2003, whose own setting comes to 1.4), in cells, 0 to 4.
        aspect: made wider or narrower, its area kept, until width over height is up to e^aspect times what it
            was, 0 to 0.7.
        thickness_cells: strokes made up to so many cells thicker or thinner, 0 to 3.
        noise: up to this standard deviation of Gaussian noise, each cell by itself, 1 being full ink, 0 to 1.
        blur_cells: blurred by a Gaussian of up to this standard deviation, 0 to 3.
        contrast: distances from the digit's mean grey multiplied, or divided, by up to e^contrast, 0 to 1.5.
        cutout_cells: the largest side of a square, anywhere, that is left blank (DeVries & Taylor 2017), 0 to
            20.
        flip: whether digits are mirrored left to right: a trap, for most are none then.
        flip_upside_down: whether they are mirrored top to bottom: another.
        probabilities: how likely each of them is; a mapping is taken too, as JSON has it.
        written: the share of digits, 0 to 1, in whose place comes one of the same class that code writes in a
            hand of its own (``model.augmentation.written``), before all else is done to it.

    Raises:
        ValueError: a field is out of its range; the message quotes it.
    """

    rotation_degrees: float = 0.0
    zoom: float = 0.0
    shift_cells: float = 0.0
    shear_degrees: float = 0.0
    elastic_cells: float = 0.0
    aspect: float = 0.0
    thickness_cells: float = 0.0
    noise: float = 0.0
    blur_cells: float = 0.0
    contrast: float = 0.0
    cutout_cells: float = 0.0
    flip: bool = False
    flip_upside_down: bool = False
    probabilities: Probabilities = Probabilities()
    written: float = 0.0

    def __post_init__(self) -> None:
        for name, most in LIMITS.items():
            value = getattr(self, name)
            if not is_number(value) or not 0 <= value <= most:
                raise ValueError(f"augmentation: {name} must lie between 0 and {most:g}, not {value!r}")
        if not is_number(self.written) or not 0 <= self.written <= 1:
            raise ValueError(f"augmentation: written must lie between 0 and 1, not {self.written!r}")
        for name in ("flip", "flip_upside_down"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"augmentation: {name} must be true or false, not {getattr(self, name)!r}")
        if not isinstance(self.probabilities, Probabilities):
            object.__setattr__(self, "probabilities", _probabilities(self.probabilities))

    def to_dict(self) -> dict[str, Any]:
        """The JSON form as a dict: every amount, and those probabilities that are not the usual ones."""
        plain = {name: value for name, value in vars(self).items() if name != "probabilities"}
        usual = asdict(Probabilities())
        unusual = {name: value for name, value in asdict(self.probabilities).items() if value != usual[name]}
        return plain | ({"probabilities": unusual} if unusual else {})


def _probabilities(told: object) -> Probabilities:
    names = [field.name for field in fields(Probabilities)]
    if not isinstance(told, Mapping):
        raise ValueError(
            f"augmentation: probabilities must be an object such as {{'zoom': 0.5}}, not {told!r}"
        )
    told = {_FORMER_NAMES.get(str(name), str(name)): value for name, value in told.items()}
    if unknown := sorted(set(told) - set(names)):
        raise ValueError(
            f"augmentation: there is no probability of {unknown[0]!r}; there are {', '.join(names)}"
        )
    return Probabilities(**told)
