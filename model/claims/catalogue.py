"""The claims as data: for each the recipes that are compared, and the figure that decides.

Everything here was named before the first training: recipes, seeds, what is measured, and which recipe the
claim says is ahead. None of it was tuned. The recipes of a claim differ in what the claim is about and in
nothing else, and most claims share one small network, which is trained once for all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from model.annealing import Annealer
from model.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling2D,
)
from model.optimizers import Optimizer
from model.recipe import CLASSES, Recipe

SEEDS = (1, 2, 3)
LEARNED = {"mini": 3_000, "mnist": 55_000}  # digits in the train parts that claims learn from

# What decides: the share of test digits read right; the first epoch whose validation accuracy reaches a
# level; by how much the loss of validation digits exceeds that of training digits; by how much accuracy falls
# when digits are shifted.
Measure = Literal["accuracy", "epochs", "gap", "fall"]
LEVEL = 0.98  # validation accuracy that counts as "has learned it" where epochs are counted
SHIFTS = tuple(range(7))  # cells; beyond them ink leaves the picture
SHIFT = 2  # cells: what is called small, and decides


@dataclass(frozen=True)
class Arm:
    """One of the recipes that are compared.

    Args:
        name: what sets it apart, in a few words.
        recipe: at the first of the seeds.
    """

    name: str
    recipe: Recipe

    def with_seed(self, seed: int) -> Recipe:
        """The recipe that a run of this seed trains."""
        return replace(self.recipe, seed=seed)


@dataclass(frozen=True)
class Claim:
    """One claim and the experiment that tests it.

    Args:
        name: its word in a link.
        title: a word or two for a list.
        arms: what is compared, in the order in which it is shown.
        measure: the figure that decides.
        pairs: what is claimed: of each pair of arms, by their names, that the first does better than the
            second; that is a larger share for "accuracy" and a smaller figure for all others.
    """

    name: str
    title: str
    arms: tuple[Arm, ...]
    measure: Measure
    pairs: tuple[tuple[str, str], ...]

    @property
    def larger_is_better(self) -> bool:
        """Which way the figure points."""
        return self.measure == "accuracy"

    def arm(self, name: str) -> Arm:
        """One of the arms.

        Raises:
            KeyError: there is none of that name.
        """
        return {arm.name: arm for arm in self.arms}[name]

    def recipes(self) -> list[Recipe]:
        """What is trained: every arm with every seed, so that the arms grow side by side."""
        return [arm.with_seed(seed) for seed in SEEDS for arm in self.arms]


_ANSWER = (Flatten(), Dense(CLASSES), Activation("softmax"))


def _convolution(filters: int, stride: int = 1, normalised: bool = False) -> tuple[Layer, ...]:
    between = (BatchNormalization(),) if normalised else ()
    return (Conv2D(filters, 3, stride=stride, padding="same"), *between, Activation("relu"))


def _network(
    filters: tuple[int, int] = (8, 16), pooling: Sequence[Layer] = (MaxPooling2D(2),), **settings: bool
) -> tuple[Layer, ...]:
    first, second = filters
    return (
        *_convolution(first, **settings),
        *pooling,
        *_convolution(second, **settings),
        *pooling,
        *_ANSWER,
    )


# 3,000 digits teach the differences in seconds that 55,000 teach in minutes, and leave more to be done
# better. Annealed, because the last epochs of a constant rate go up and down by more than some of the
# differences.
_BASE = Recipe(
    name="claims: two convolutions",
    layers=_network(),
    dataset="mini",
    optimizer=Optimizer("adam", learning_rate=3e-3),
    annealer=Annealer("cosine"),
    epochs=15,
    batch_size=64,
    seed=SEEDS[0],
)
# Where epochs are counted the rate stays, or every arm would be at its best in the last one. Many batches an
# epoch, so that normalisation's moving statistics have come to where they belong by the end of the first.
_COUNTED = replace(
    _BASE,
    name="claims: epochs counted",
    dataset="mnist",
    optimizer=Optimizer("adam", learning_rate=1e-3),
    annealer=Annealer("none"),
    epochs=5,
    batch_size=128,
)
_RATE = replace(_BASE, name="claims: a rate", annealer=Annealer("none"), epochs=12)
# Enough parameters to learn 3,000 digits by heart, and epochs to do it.
_BY_HEART = replace(
    _BASE,
    name="claims: by heart",
    optimizer=Optimizer("adam", learning_rate=1e-3),
    annealer=Annealer("none"),
    epochs=20,
)


def _with_layers(name: str, layers: Sequence[Layer], base: Recipe = _BASE) -> Recipe:
    return replace(base, name=f"claims: {name}", layers=tuple(layers))


def _dropping(rate: float) -> tuple[Layer, ...]:
    hidden = (Flatten(), Dense(128), Activation("relu"))
    drop = (Dropout(rate),) if rate else ()
    return (*_network()[: -len(_ANSWER)], *hidden, *drop, Dense(CLASSES), Activation("softmax"))


def _strided() -> tuple[Layer, ...]:
    return (*_convolution(8, stride=2), *_convolution(16, stride=2), *_ANSWER)


def _shallow() -> tuple[Layer, ...]:
    return (*_convolution(16), MaxPooling2D(4), *_ANSWER)


def _deep() -> tuple[Layer, ...]:
    pooled = (MaxPooling2D(2),)
    return (*_convolution(8) * 2, *pooled, *_convolution(16) * 2, *pooled, *_ANSWER)


def _dense(units: int) -> tuple[Layer, ...]:
    return (Flatten(), Dense(units), Activation("relu"), Dense(CLASSES), Activation("softmax"))


def _dropout_arm(name: str, rate: float) -> Arm:
    return Arm(name, _with_layers(f"dropout {rate:g}" if rate else "no dropout", _dropping(rate), _BY_HEART))


def _rate_arm(rate: float) -> Arm:
    recipe = replace(_RATE, name=f"claims: rate {rate:g}", optimizer=Optimizer("sgd", learning_rate=rate))
    return Arm(f"rate {rate:g}", recipe)


def _filters_arm(first: int, second: int) -> Arm:
    recipe = _with_layers(f"{first} and {second} filters", _network((first, second)))
    return Arm(f"{first} and {second} filters", _BASE if recipe.layers == _BASE.layers else recipe)


_MAXIMUM = Arm("maximum", _BASE)
_AVERAGE = Arm("average", _with_layers("average pooling", _network(pooling=(AveragePooling2D(2),))))
_STRIDES = Arm("strides", _with_layers("strides", _strided()))
_RATES = tuple(map(_rate_arm, (0.003, 0.03, 0.3)))  # each ten times the one before
_WIDTHS = (_filters_arm(4, 8), _filters_arm(8, 16), _filters_arm(16, 32))
_DEPTHS = (
    Arm("one layer", _with_layers("one convolution", _shallow())),
    Arm("two layers", _BASE),
    Arm("four layers", _with_layers("four convolutions", _deep())),
)
_CONVOLUTION = Arm("convolution", _BASE)
# As many parameters as the convolutional one to within a few in a hundred, and ten times as many.
_AS_LARGE = Arm("dense, as large", _with_layers("dense, as large", _dense(11)))
_LARGER = Arm("dense, larger", _with_layers("dense, larger", _dense(128)))

CLAIMS: dict[str, Claim] = {
    claim.name: claim
    for claim in (
        Claim(
            "normalisation",
            "Normalisation",
            (
                Arm("without", _COUNTED),
                Arm("with", _with_layers("normalised", _network(normalised=True), _COUNTED)),
            ),
            "epochs",
            (("with", "without"),),
        ),
        Claim(
            "dropout",
            "Dropout",
            (
                _dropout_arm("none", 0.0),
                _dropout_arm("a quarter", 0.25),
                _dropout_arm("half", 0.5),
            ),
            "gap",
            (("a quarter", "none"), ("half", "none")),
        ),
        Claim(
            "rate",
            "Learning rate",
            _RATES,
            "accuracy",
            ((_RATES[1].name, _RATES[2].name),),
        ),
        Claim(
            "pooling",
            "Pooling",
            (_MAXIMUM, _AVERAGE, _STRIDES),
            "accuracy",
            (("maximum", "average"), ("maximum", "strides")),
        ),
        Claim(
            "shift",
            "Small shifts",
            (_MAXIMUM, _AVERAGE, _STRIDES),
            "fall",
            (("maximum", "strides"), ("average", "strides")),
        ),
        Claim(
            "filters",
            "Filters",
            _WIDTHS,
            "accuracy",
            tuple((more.name, fewer.name) for fewer, more in pairwise(_WIDTHS)),
        ),
        Claim(
            "depth",
            "Depth",
            _DEPTHS,
            "accuracy",
            tuple((more.name, fewer.name) for fewer, more in pairwise(_DEPTHS)),
        ),
        Claim(
            "convolution",
            "No convolution",
            (_CONVOLUTION, _AS_LARGE, _LARGER),
            "accuracy",
            ((_CONVOLUTION.name, _AS_LARGE.name), (_CONVOLUTION.name, _LARGER.name)),
        ),
    )
}
