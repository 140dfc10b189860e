"""Augmentation: every digit a little different each time it is learned from."""

from dataclasses import dataclass

from model.annealing import is_number

# Field to the most it may be: beyond, nothing of a digit is left.
LIMITS = {
    "rotation_degrees": 180.0,
    "zoom": 0.7,
    "shift_cells": 10.0,
    "shear_degrees": 45.0,
    "elastic_cells": 4.0,
}


@dataclass(frozen=True)
class Augmentation:
    """By how much digits are changed at random before each time they are learned from; 0 for not at all.

    Args:
        rotation_degrees: turned by up to so much either way, 0 to 180.
        zoom: enlarged or shrunk by up to the factor e^zoom, 0 to 0.7.
        shift_cells: moved by up to so many cells along each axis, 0 to 10.
        shear_degrees: slanted by up to so much either way, 0 to 45.
        elastic_cells: how far neighbouring places are pulled about: the standard deviation of a smooth random
            field of displacements (Simard et al. 2003), in cells, 0 to 4.
        flip: whether half of the digits are mirrored left to right: a trap, for most digits are none then.

    Raises:
        ValueError: a field is out of its range; the message quotes it.
    """

    rotation_degrees: float = 0.0
    zoom: float = 0.0
    shift_cells: float = 0.0
    shear_degrees: float = 0.0
    elastic_cells: float = 0.0
    flip: bool = False

    def __post_init__(self) -> None:
        for name, most in LIMITS.items():
            value = getattr(self, name)
            if not is_number(value) or not 0 <= value <= most:
                raise ValueError(f"augmentation: {name} must lie between 0 and {most:g}, not {value!r}")
        if not isinstance(self.flip, bool):
            raise ValueError(f"augmentation: flip must be true or false, not {self.flip!r}")
