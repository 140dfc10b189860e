"""Robustness: how a network reads digits that are worse than those it learned from, and what are no digits.

Laws of this folder: NumPy, OpenCV and Pillow only, whole batches at a time, uint8 in and out. All chance
comes from a seed: the i-th digit gets seed + i, so that it is changed alike whichever stand beside it and
whoever reads it. Strength 0 leaves every cell as it is.

- `corruptions`: the fifteen of MNIST-C by name, each in five strengths;
- `speckles`, `smears`, `weather`, `scribbled`: how each is done;
- `strangers`: pictures of what is no digit;
- `refusing`: a threshold on the confidence, chosen on validation digits, and what it costs.
"""

from model.robustness.corruptions import CORRUPTIONS, STRENGTHS, Corruption, corrupt

__all__ = ["CORRUPTIONS", "STRENGTHS", "Corruption", "corrupt"]
