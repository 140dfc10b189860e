"""Augmentation: every digit a little different each time it is learned from.

Laws of this folder: NumPy and OpenCV only, whole batches at a time. Whatever moves ink about is done in one
resampling, because each one blurs; what only changes how strong the ink is comes after it. All chance comes
from a seed, and strength zero leaves every cell exactly as it is.

- `amounts`: by how much, as a recipe says it;
- `changes`: what is done to each digit, drawn at random from the amounts;
- `places`: where a changed digit takes its ink from, and the resampling;
- `inking`: thickness, blur, contrast, noise and cut-out;
- `transformations`: one change by itself, at exactly the strength that is told;
- `written`: digits that code writes, in the ways in which people form them;
- `serving`: which digits, changed how, make up a batch of a training.
"""

from model.augmentation.amounts import LIMITS, Augmentation, Probabilities
from model.augmentation.changes import Changes, apply_changes, augment, draw_changes
from model.augmentation.places import SMOOTHNESS, even_maps, resample, source_places
from model.augmentation.transformations import TRANSFORMATIONS, Transformation, strengths, transform

__all__ = [
    "LIMITS",
    "SMOOTHNESS",
    "TRANSFORMATIONS",
    "Augmentation",
    "Changes",
    "Probabilities",
    "Transformation",
    "apply_changes",
    "augment",
    "draw_changes",
    "even_maps",
    "resample",
    "source_places",
    "strengths",
    "transform",
]
