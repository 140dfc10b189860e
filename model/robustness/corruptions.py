"""The fifteen corruptions of MNIST-C, each in five strengths.

Written after what Mu and Gilmer say of them (2019, "MNIST-C: A Robustness Benchmark for Computer Vision",
arXiv:1906.02337), who published one strength of each. The five here are the lab's own: from hardly seen to
hard for a person. So an accuracy here is no accuracy on their files.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from model.augmentation.changes import Changes, apply_changes
from model.augmentation.places import check_digits
from model.robustness.draws import drawn
from model.robustness.scribbled import canny_edges, dotted_line, zigzag
from model.robustness.smears import glass_blur, motion_blur
from model.robustness.speckles import impulse_noise, shot_noise
from model.robustness.weather import brightness, fog, spatter, stripe

STRENGTHS = (1, 2, 3, 4, 5)
FULL_INK = 255
_Even = Callable[[np.ndarray, Any], dict[str, np.ndarray]]  # signs (n, 2) and how strong, to changes
_Inking = Callable[[np.ndarray, Any, Sequence[int]], np.ndarray]


@dataclass(frozen=True)
class Corruption:
    """One way of making digits worse.

    Args:
        name: what it is called in the code.
        title: what it is called on screen.
        what: what it does, in a few words.
        amounts: of each strength, 1 to 5; what they mean is the corruption's own.
        kind: "noise", "blur", "place", "light" or "lines".
    """

    name: str
    title: str
    what: str
    amounts: tuple[Any, ...]
    kind: str


def _turned(signs: np.ndarray, degrees: float) -> dict[str, np.ndarray]:
    return {"turned_degrees": degrees * signs[:, 0]}


def _slanted(signs: np.ndarray, degrees: float) -> dict[str, np.ndarray]:
    return {"slanted_degrees": degrees * signs[:, 0]}


def _shrunk(signs: np.ndarray, factor: float) -> dict[str, np.ndarray]:
    return {"enlarged": np.full(len(signs), factor, np.float32)}


def _moved(signs: np.ndarray, cells: float) -> dict[str, np.ndarray]:
    return {"moved_x": cells * signs[:, 0], "moved_y": cells * signs[:, 1]}


_EVEN: Mapping[str, _Even] = {"shear": _slanted, "scale": _shrunk, "rotate": _turned, "translate": _moved}
_INKING: Mapping[str, _Inking] = {
    "shot noise": shot_noise,
    "impulse noise": impulse_noise,
    "glass blur": glass_blur,
    "motion blur": motion_blur,
    "brightness": brightness,
    "stripe": stripe,
    "fog": fog,
    "spatter": spatter,
    "dotted line": dotted_line,
    "zigzag": zigzag,
    "canny edges": canny_edges,
}
_ALL = (
    Corruption(
        "shot noise", "Shot noise", "so little light that it is counted", (30, 12, 6, 3, 1.5), "noise"
    ),
    Corruption("impulse noise", "Impulse noise", "salt and pepper", (0.03, 0.07, 0.12, 0.2, 0.3), "noise"),
    Corruption(
        "glass blur",
        "Glass blur",
        "seen through frosted glass",
        ((0.6, 1, 1), (0.9, 1, 1), (1.2, 1, 1), (0.7, 2, 1), (1.0, 2, 1)),
        "blur",
    ),
    Corruption("motion blur", "Motion blur", "moved while it was taken", (2, 4, 6, 8, 11), "blur"),
    Corruption("shear", "Shear", "slanted to one side", (12, 20, 28, 36, 45), "place"),
    Corruption("scale", "Scale", "shrunk", (0.85, 0.75, 0.65, 0.55, 0.45), "place"),
    Corruption("rotate", "Rotate", "turned to one side", (12, 22, 32, 44, 57), "place"),
    Corruption("brightness", "Brightness", "all of it brighter", (0.1, 0.2, 0.35, 0.5, 0.7), "light"),
    Corruption("translate", "Translate", "moved off the middle", (1, 2, 3, 4, 6), "place"),
    Corruption("stripe", "Stripe", "ink and paper swapped in a stripe", (2, 4, 7, 10, 14), "light"),
    Corruption(
        "fog",
        "Fog",
        "clouds before it",
        ((0.12, 2.2), (0.25, 2.0), (0.5, 1.8), (1.0, 1.6), (2.0, 1.4)),
        "light",
    ),
    Corruption("spatter", "Spatter", "splotches on it", (0.04, 0.08, 0.13, 0.2, 0.28), "light"),
    Corruption("dotted line", "Dotted line", "dotted lines across it", (1, 2, 3, 4, 5), "lines"),
    Corruption("zigzag", "Zigzag", "zigzags across it", (1, 2, 3, 4, 5), "lines"),
    Corruption("canny edges", "Canny edges", "fading into its outline", (0.3, 0.5, 0.7, 0.85, 1.0), "lines"),
)
CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType({each.name: each for each in _ALL})


def corrupt(digits: np.ndarray, name: str, strength: int, seed: int | Sequence[int] = 0) -> np.ndarray:
    """Make every digit worse.

    Args:
        digits: uint8 (n, 28, 28), ink bright on black.
        name: of the corruption, see ``CORRUPTIONS``.
        strength: 1 (hardly seen) to 5 (hard for a person); 0 for not at all.
        seed: of what is random in it: the i-th digit gets seed + i; or n seeds.

    Returns:
        uint8 (n, 28, 28), new.

    Raises:
        ValueError: no such corruption or strength, these are no digits, or the seeds aren't as many.
    """
    if name not in CORRUPTIONS:
        raise ValueError(f"a corruption is one of {', '.join(CORRUPTIONS)}, not {name!r}")
    if strength not in (0, *STRENGTHS):
        raise ValueError(f"a strength is 0 to {STRENGTHS[-1]}, not {strength!r}")
    check_digits(digits)
    seeds = range(seed, seed + len(digits)) if isinstance(seed, int) else seed
    if len(seeds) != len(digits):
        raise ValueError(f"one seed, or one for each of {len(digits)} digits, is needed, not {len(seeds)}")
    if strength == 0 or not len(digits):
        return digits.copy()
    amount = CORRUPTIONS[name].amounts[strength - 1]
    if name in _EVEN:
        signs = drawn(seeds, lambda random: random.choice((-1.0, 1.0), 2)).astype(np.float32)
        return apply_changes(digits, replace(Changes.none(len(digits)), **_EVEN[name](signs, amount)))
    changed = _INKING[name](digits.astype(np.float32) / FULL_INK, amount, seeds)
    return np.rint(np.clip(changed, 0, 1) * FULL_INK).astype(np.uint8)
