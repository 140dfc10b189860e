"""The verdict: what a network says about one digit, and in plain words how sure it is."""

from dataclasses import dataclass

import numpy as np

from model.forward import Network

# Below this it says that it is unsure. Of MNIST's 5,000 validation digits the bundled classic reads 42 so,
# 74% of them right; of the others it reads 99.6% right.
SURE = 0.9
RIVAL = 0.2  # a second guess this likely is named
SPREAD = 3.0  # as many equally likely digits, by perplexity, count as "spread out"


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a network says about one digit.

    Args:
        probabilities: float32 (10,), adding up to 1.
    """

    probabilities: np.ndarray

    @property
    def ranking(self) -> tuple[int, ...]:
        """The ten digits, likeliest first."""
        return tuple(int(d) for d in np.argsort(-self.probabilities, kind="stable"))

    @property
    def digit(self) -> int:
        """The likeliest digit."""
        return self.ranking[0]

    @property
    def confidence(self) -> float:
        """Its probability, 0 to 1."""
        return float(self.probabilities.max())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to tell a person about this confidence, in whole sentences; none when it is high."""
        said = []
        if self.confidence < SURE:
            said.append(f"It is not sure: it gives this reading only {self.confidence:.0%}.")
        p = self.probabilities[self.probabilities > 0].astype(np.float64)
        perplexity = float(np.exp(-(p * np.log(p)).sum()))
        second = self.ranking[1]
        if perplexity >= SPREAD:
            said.append(f"Its guess is spread out, as if over {round(perplexity)} digits alike.")
        elif self.probabilities[second] >= RIVAL:
            said.append(f"It could also be a {second}.")
        return tuple(said)


def read_digit(network: Network, digit: np.ndarray) -> Verdict:
    """Let a network read one digit.

    Args:
        network: what reads.
        digit: uint8 (28, 28), ink bright on black.

    Returns:
        Its verdict.
    """
    return Verdict(network.probabilities(digit[None])[0])
