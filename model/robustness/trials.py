"""Trials: every way of making digits worse that networks are compared under, each in several strengths.

The fifteen corruptions in their five strengths, and seven of the transformations that a training may use,
from end to end of their sweeps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from model.augmentation.transformations import TRANSFORMATIONS, transform
from model.robustness.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from model.sweeps import some_strengths

CLEAN = "clean"  # the trial in which nothing is changed
SWEPT = ("rotation", "shift", "zoom", "thickness", "noise", "blur", "cutout")


@dataclass(frozen=True)
class Trial:
    """One way of making digits worse.

    Args:
        name: what it is called in the code, and where its results are kept.
        title: what it is called on screen.
        what: what it does, in a few words.
        kind: "noise", "blur", "place", "light" or "lines" for a corruption, "sweep" for a transformation.
        strengths: ascending; a corruption's are 1 to 5, a transformation's its own, 0 among them.
    """

    name: str
    title: str
    what: str
    kind: str
    strengths: tuple[float, ...]

    def show(self, strength: float) -> str:
        """A strength in words."""
        if self.kind == "sweep":
            return TRANSFORMATIONS[self.name].show(strength)
        return f"strength {strength:g}" if strength else "as it is"

    def worsen(self, digits: np.ndarray, strength: float, seed: int = 0) -> np.ndarray:
        """Make digits worse.

        Args:
            digits: uint8 (n, 28, 28), ink bright on black.
            strength: one of its own; 0 leaves them as they are.
            seed: of what is random in it: the i-th digit gets seed + i.

        Returns:
            uint8 (n, 28, 28), new.
        """
        if self.kind == "sweep":
            return transform(digits, self.name, strength, range(seed, seed + len(digits)))
        return digits.copy() if self.name == CLEAN else corrupt(digits, self.name, int(strength), seed)

    def series(self, digits: np.ndarray, seed: int = 0) -> np.ndarray:
        """The same digits in all its strengths, one after the other: uint8 (strengths · n, 28, 28)."""
        return np.concatenate([self.worsen(digits, strength, seed) for strength in self.strengths])

    def right(self, read: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Which digits of a series were read right.

        Args:
            read: float (strengths · n, 10) probabilities, or the readings themselves (strengths · n,).
            labels: (n,), what they are.

        Returns:
            bool (strengths, n).
        """
        readings = read.argmax(axis=1) if read.ndim == 2 else read
        found: np.ndarray = readings.reshape(len(self.strengths), len(labels)) == labels
        return found


_ALL = (
    Trial(CLEAN, "As they are", "nothing", CLEAN, (0,)),
    *(Trial(each.name, each.title, each.what, each.kind, STRENGTHS) for each in CORRUPTIONS.values()),
    *(
        Trial(
            name,
            TRANSFORMATIONS[name].title,
            "from end to end",
            "sweep",
            tuple(map(float, some_strengths(name))),
        )
        for name in SWEPT
    ),
)
TRIALS: Mapping[str, Trial] = MappingProxyType({each.name: each for each in _ALL})
