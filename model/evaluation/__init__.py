"""An honest test: the score and its interval, which digits were read wrong, and how far the confidence holds.

Laws of this folder: NumPy and the standard library only; all that is computed from probabilities (n, 10) and
labels (n,), whoever read them. Nothing is chosen here on the digits that it is measured on.

- `scores`: accuracy, confusions, precision, recall and F1 with their counts;
- `mistakes`: which digits to look at first: worst by loss, least sure, surest and wrong;
- `calibration`: reliability diagram, expected calibration error, temperature;
- `comparing`: two networks on the same digits, by McNemar's exact test;
- `course`: mistakes over the epochs, when they came and when they healed;
- `kept`: the bundled networks' readings of their test digits.
"""

from model.evaluation.scores import CHUNK, Score, read_all, score

__all__ = ["CHUNK", "Score", "read_all", "score"]
