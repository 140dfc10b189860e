"""What is done to each digit: drawn at random within the amounts of an augmentation, and carried out."""

from dataclasses import dataclass, replace

import numpy as np

from model.augmentation.amounts import Augmentation, Probabilities
from model.augmentation.inking import blur, cut_out, set_contrast, thicken
from model.augmentation.places import SIDE, Resampler, check_digits, draw_knots, even_maps

# Digits that are changed at a time: their places stay in the processor's own memory, and their product of
# matrices is below the size from which OpenBLAS wakes a second thread, which training needs for itself.
_AT_ONCE = 64
FULL_INK = 255
# What has come to be drawn after the others: few recipes ask for it.
_FURTHER = (
    "aspect",
    "thickness_cells",
    "noise",
    "blur_cells",
    "contrast",
    "cutout_cells",
    "flip_upside_down",
)


@dataclass(frozen=True, eq=False)
class Changes:
    """What is done to each of n digits, in this order; lengths in cells, all arrays of n numbers.

    The first eight, and the knots, move ink about: one resampling does them. What is None is not done.

    Args:
        mirrored: bool, whether left and right change places.
        upside_down: bool, whether top and bottom do.
        enlarged: the factor by which it grows; below 1 it shrinks.
        stretched: the factor on its width over its height, its area kept.
        slanted_degrees: by how much it leans; above 0 the foot goes to the right.
        turned_degrees: above 0 clockwise.
        moved_x: to the right.
        moved_y: down.
        knots: float32 (n, 2, 11, 11), the strengths across and down of the knots by which it is pulled about,
            see ``Resampler``: the field of how far has their standard deviation everywhere.
        thickened: by how many cells strokes are thicker; below 0 thinner.
        blurred: the standard deviation of the Gaussian, in cells.
        contrasted: the factor on distances from the mean grey.
        noise: float32 (n, 28, 28), what is added to the ink, 1 being full ink.
        cut: float32 (n, 3): the side of the blank square, and its middle across and down.
    """

    mirrored: np.ndarray
    upside_down: np.ndarray
    enlarged: np.ndarray
    stretched: np.ndarray
    slanted_degrees: np.ndarray
    turned_degrees: np.ndarray
    moved_x: np.ndarray
    moved_y: np.ndarray
    knots: np.ndarray | None = None
    thickened: np.ndarray | None = None
    blurred: np.ndarray | None = None
    contrasted: np.ndarray | None = None
    noise: np.ndarray | None = None
    cut: np.ndarray | None = None

    @classmethod
    def none(cls, count: int) -> "Changes":
        """No change to any of so many digits."""
        no, one, zero = np.zeros(count, bool), np.ones(count, np.float32), np.zeros(count, np.float32)
        return cls(no, no, one, one, zero, zero, zero, zero)

    def __len__(self) -> int:
        return len(self.mirrored)

    def __getitem__(self, few: slice) -> "Changes":
        kept = {name: values for name, values in vars(self).items() if values is not None}
        return Changes(**{name: values[few] for name, values in kept.items()})


def augment(digits: np.ndarray, augmentation: Augmentation, random: np.random.Generator) -> np.ndarray:
    """Change every digit at random, each with a single resampling.

    Args:
        digits: uint8 (n, 28, 28), ink bright on black.
        augmentation: by how much.
        random: what the changes are drawn from; the same state gives the same changes.

    Returns:
        uint8 (n, 28, 28), new.
    """
    return apply_changes(digits, draw_changes(len(digits), augmentation, random))


def apply_changes(digits: np.ndarray, changes: Changes) -> np.ndarray:
    """Do to every digit what is told.

    Args:
        digits: uint8 (n, 28, 28), ink bright on black.
        changes: of as many.

    Returns:
        uint8 (n, 28, 28), new.
    """
    check_digits(digits)
    changed = np.empty_like(digits, order="C")
    maps, resampler = even_maps(changes), Resampler(min(len(digits), _AT_ONCE))
    for start in range(0, len(digits), _AT_ONCE):
        few = slice(start, start + _AT_ONCE)
        told = changes[few]
        places = resampler.source_places(maps[:, few], told.knots)
        resampler.resample(digits[few], places, changed[few])
        _ink_anew(changed[few], told)
    return changed


def draw_changes(count: int, augmentation: Augmentation, random: np.random.Generator) -> Changes:
    """Draw what is done to each digit.

    Strengths are uniform within their limits. What is drawn for one transformation does not depend on which
    others there are, so that they can be compared.

    Args:
        count: of digits.
        augmentation: by how much.
        random: what they are drawn from; it must know its seed, as those of ``default_rng`` do.
    """
    said, likely = augmentation, augmentation.probabilities
    mirror, zoom, slant, turn, across, down = random.uniform(-1, 1, (6, count)).astype(np.float32)
    knots = draw_knots(count, random) if said.elastic_cells else None
    done = dict.fromkeys(vars(likely), np.ones(count, bool))
    shares = np.full((8, count), 0.5, np.float32)
    if likely != Probabilities() or any(getattr(said, name) for name in _FURTHER):
        # a stream of its own: what it is asked for changes nothing of the above
        further = random.spawn(1)[0]
        shares = further.random(shares.shape, np.float32)
        chances = further.random((len(done), count), np.float32)
        done = {name: chance < vars(likely)[name] for name, chance in zip(done, chances, strict=True)}
    stretch, thicker, contrast = 2 * shares[:3] - 1
    speckle, fade, cut, *middle = shares[3:]
    changes = Changes(
        mirrored=(mirror < 2 * likely.flip - 1) & said.flip,
        upside_down=done["upside_down"] & said.flip_upside_down,
        enlarged=np.exp(zoom * said.zoom * done["zoom"]),
        stretched=np.exp(stretch * said.aspect * done["aspect"]),
        slanted_degrees=slant * said.shear_degrees * done["shear"],
        turned_degrees=turn * said.rotation_degrees * done["rotation"],
        moved_x=across * said.shift_cells * done["shift"],
        moved_y=down * said.shift_cells * done["shift"],
    )
    rest: dict[str, np.ndarray] = {}
    if knots is not None:
        knots *= (np.float32(said.elastic_cells) * done["elastic"])[:, None, None, None]
        rest["knots"] = knots
    if said.thickness_cells:
        rest["thickened"] = thicker * said.thickness_cells * done["thickness"]
    if said.blur_cells:
        rest["blurred"] = fade * said.blur_cells * done["blur"]
    if said.contrast:
        rest["contrasted"] = np.exp(contrast * said.contrast * done["contrast"])
    if said.noise:
        rest["noise"] = draw_grain(count, further) * (speckle * said.noise * done["noise"])[:, None, None]
    if said.cutout_cells:
        side = cut * said.cutout_cells * done["cutout"]
        rest["cut"] = np.stack([side, *(SIDE * each - 0.5 for each in middle)], axis=-1)
    return replace(changes, **rest)


def draw_grain(count: int, random: np.random.Generator) -> np.ndarray:
    """Noise of standard deviation 1, each cell by itself: float32 (count, 28, 28)."""
    return random.standard_normal((count, SIDE, SIDE), dtype=np.float32)


def _ink_anew(digits: np.ndarray, changes: Changes) -> None:
    """Change the ink of digits that stand where they are to stand, in place."""
    told = (changes.thickened, changes.blurred, changes.contrasted, changes.noise, changes.cut)
    if all(change is None for change in told):
        return
    ink = digits.astype(np.float32)
    if changes.thickened is not None:
        ink = thicken(ink, changes.thickened)
    if changes.blurred is not None:
        ink = blur(ink, changes.blurred)
    if changes.contrasted is not None:
        ink = set_contrast(ink, changes.contrasted)
    if changes.noise is not None:
        ink += FULL_INK * changes.noise
    if changes.cut is not None:
        ink = cut_out(ink, *changes.cut.T)
    digits[:] = np.clip(np.rint(ink, out=ink), 0, FULL_INK, out=ink)
