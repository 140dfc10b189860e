"""The recipe: everything that fixes a training, in one frozen and validated object with a JSON form."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from model.annealing import Annealer, is_number
from model.augmentation import Augmentation
from model.datasets import DATASETS
from model.early_stopping import EarlyStopping
from model.layers import Activation, Layer, LayerError, Shape, layer_from_dict
from model.optimizers import Optimizer

INPUT_SHAPE: Shape = (28, 28, 1)
CLASSES = 10

# Larger ones would neither train nor be looked at on a laptop.
MAX_LAYERS = 64
MAX_PARAMETERS = 5_000_000
MAX_MULTIPLY_ADDS = 500_000_000
MAX_JSON_CHARACTERS = 100_000
# Digits whose mean and variance batch normalisation gets for averaged weights: the statistics of a map are
# then right to a few percent of its spread, and even wide maps of so many fit a small computer's memory.
SETTLED_BY = 2000


class RecipeError(ValueError):
    """A recipe that cannot be: its message says where, what was received, and what would do."""


# The parts of a recipe that are objects of their own, also in JSON.
_PARTS: Mapping[str, type] = {
    "optimizer": Optimizer,
    "annealer": Annealer,
    "augmentation": Augmentation,
    "early_stopping": EarlyStopping,
}
_MAY_BE_NONE = ("augmentation", "early_stopping")


@dataclass(frozen=True)
class Recipe:
    """Everything that fixes a training.

    Args:
        name: a word or two for people, up to 60 characters.
        layers: from the digit (28, 28, 1) to ten probabilities; the last is a softmax over ten.
        dataset: whose train part it learns from: mnist (the 55,000 without mini's digits), mnist-60000,
            mini, fashion or kaggle-42000. So the recipe records which digits were learned from.
        optimizer: what turns gradients into steps.
        annealer: what changes the learning rate.
        epochs: times through the training digits, 1 to 500.
        batch_size: digits a step, 1 to 4,096.
        seed: for the first weights, the order of the digits and dropout, 0 to 2³² − 1.
        augmentation: how digits are changed before each time they are learned from; None for not at all. For
            fashion its ``written`` is 0, whatever was said: code writes digits, no clothes.
        early_stopping: when to end before the last epoch; None for never.
        label_smoothing: the share of each label that is spread evenly over the ten classes, 0 to below 1
            (Szegedy et al. 2016).
        l2: what the squares of all kernels' weights cost in the loss, each, 0 to 1; 0 for none.
        averaging: what is looked at and tested is a running mean of the weights, which remembers about this
            share of all steps, 0 to below 1; 0 takes the weights as they are. A share, so that the mean of a
            short training doesn't consist of its beginning.

    Raises:
        RecipeError: something cannot be; for a layer the message gives its number, counted from 1.

    Example:
        >>> from model.layers import Dense, Flatten
        >>> Recipe("linear", (Flatten(), Dense(10), Activation("softmax"))).shapes[-1]
        (10,)
    """

    name: str
    layers: tuple[Layer, ...]
    dataset: str = "mnist"
    optimizer: Optimizer = field(default_factory=Optimizer)
    annealer: Annealer = field(default_factory=Annealer)
    epochs: int = 10
    batch_size: int = 128
    seed: int = 0
    augmentation: Augmentation | None = None
    early_stopping: EarlyStopping | None = None
    label_smoothing: float = 0.0
    l2: float = 0.0
    averaging: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        if not isinstance(self.name, str) or not 1 <= len(self.name.strip()) <= 60:
            raise RecipeError(f"name must have 1 to 60 characters, not {self.name!r}")
        if self.dataset not in DATASETS:
            raise RecipeError(f"dataset must be one of {', '.join(DATASETS)}, not {self.dataset!r}")
        for name, low, high in (("epochs", 1, 500), ("batch_size", 1, 4096), ("seed", 0, 2**32 - 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise RecipeError(f"{name} must be a whole number from {low} to {high}, not {value!r}")
        if not is_number(self.label_smoothing) or not 0 <= self.label_smoothing < 1:
            raise RecipeError(f"label_smoothing must be from 0 to below 1, not {self.label_smoothing!r}")
        if not is_number(self.l2) or not 0 <= self.l2 <= 1:
            raise RecipeError(f"l2 must lie between 0 and 1, not {self.l2!r}")
        if not is_number(self.averaging) or not 0 <= self.averaging < 1:
            raise RecipeError(f"averaging must be from 0 to below 1, not {self.averaging!r}")
        if self.dataset == "fashion" and self.augmentation is not None:  # code writes digits, no clothes
            object.__setattr__(self, "augmentation", replace(self.augmentation, written=0.0))
        check_stack(self.layers)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of one digit: as it comes in, then after every layer."""
        return stack_shapes(self.layers)

    @property
    def parameters(self) -> int:
        """How many numbers the network holds, tracked ones of batch normalisation included."""
        return sum(layer.parameters(shape) for layer, shape in zip(self.layers, self.shapes, strict=False))

    @property
    def multiply_adds(self) -> int:
        """Multiplications (each with its addition) that one reading takes in convolution and dense layers."""
        return multiply_adds(self.layers)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form as a dict, layers in order."""
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return (
            plain
            | {
                "layers": [layer.to_dict() for layer in self.layers],
            }
            | {name: part and _plain(part) for name in _PARTS for part in (getattr(self, name),)}
        )

    def to_json(self) -> str:
        """The JSON form as text, for people to read and change."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_dict(cls, description: object) -> "Recipe":
        """The recipe of a JSON form; a field that is left out takes its default.

        Args:
            description: what ``to_dict`` gives.

        Returns:
            The recipe, validated.

        Raises:
            RecipeError: something is missing, unknown or out of range.
        """
        known = _only_known("recipe", description, [f.name for f in fields(cls)])
        for name in ("name", "layers"):
            if name not in known:
                raise RecipeError(f"recipe: the field {name!r} is missing")
        layers = known["layers"]
        if not isinstance(layers, Sequence) or isinstance(layers, str):
            raise RecipeError(f"recipe: layers must be a list, not {layers!r}")
        known["layers"] = tuple(_numbered(number, layer) for number, layer in enumerate(layers, start=1))
        for name, kind in _PARTS.items():
            if name in known and (known[name] is not None or name not in _MAY_BE_NONE):
                part = _only_known(name, known[name], [f.name for f in fields(kind)])
                try:
                    known[name] = kind(**part)
                except ValueError as error:
                    raise RecipeError(str(error)) from error
        return cls(**known)

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """The recipe of a JSON text.

        Raises:
            RecipeError: not JSON, too long (over 100,000 characters), or not a recipe.
        """
        if len(text) > MAX_JSON_CHARACTERS:
            raise RecipeError(f"a recipe has at most {MAX_JSON_CHARACTERS:,} characters, not {len(text):,}")
        try:
            description = json.loads(text)
        except (ValueError, RecursionError) as error:  # a whole number of 5,000 digits is JSON, but too long
            raise RecipeError(f"this is not JSON: {error}") from error
        return cls.from_dict(description)


def stack_shapes(layers: Sequence[Layer]) -> tuple[Shape, ...]:
    """The shapes of one digit through a stack: as it comes in, then after every layer.

    Raises:
        RecipeError: a layer cannot stand where it stands; the message gives its number, counted from 1.
    """
    shapes = [INPUT_SHAPE]
    for number, layer in enumerate(layers, start=1):
        try:
            shapes.append(layer.output_shape(shapes[-1]))
        except LayerError as error:
            raise RecipeError(f"layer {number}: {error}") from error
    return tuple(shapes)


def multiply_adds(layers: Sequence[Layer]) -> int:
    """Multiplications (each with its addition) that one digit takes through a stack.

    Raises:
        RecipeError: as in ``stack_shapes``.
    """
    return sum(layer.multiply_adds(shape) for layer, shape in zip(layers, stack_shapes(layers), strict=False))


def check_stack(layers: Sequence[Layer]) -> None:
    """Refuse a stack of layers that cannot read digits here.

    Raises:
        RecipeError: the layer's number and the reason.
    """
    if not 1 <= len(layers) <= MAX_LAYERS:
        raise RecipeError(f"a network has 1 to {MAX_LAYERS} layers, not {len(layers)}")
    for number, layer in enumerate(layers, start=1):
        if not isinstance(layer, Layer):
            raise RecipeError(f"layer {number}: {layer!r} is no layer")
    shapes = stack_shapes(layers)
    last = len(layers)
    if layers[-1] != Activation("softmax"):
        raise RecipeError(
            f"layer {last}: the last layer must be a softmax, which makes probabilities, not {layers[-1]}"
        )
    if shapes[-1] != (CLASSES,):
        given = "×".join(map(str, shapes[-1]))
        raise RecipeError(
            f"layer {last}: the softmax must give one probability for each of the {CLASSES} digits, "
            f"but gets {given} values: let a dense layer of {CLASSES} units stand before it"
        )
    total = cost = 0
    for number, (layer, shape) in enumerate(zip(layers, shapes, strict=False), start=1):
        total += layer.parameters(shape)
        cost += layer.multiply_adds(shape)
        if total > MAX_PARAMETERS:
            raise RecipeError(
                f"layer {number}: with {layer.parameters(shape):,} parameters of its own it brings the "
                f"network to {total:,}; at most {MAX_PARAMETERS:,} are allowed"
            )
        if cost > MAX_MULTIPLY_ADDS:
            raise RecipeError(
                f"layer {number}: with {layer.multiply_adds(shape):,} multiply-adds of its own it brings a "
                f"reading to {cost:,}; at most {MAX_MULTIPLY_ADDS:,} are allowed"
            )


def _plain(part: Any) -> dict[str, Any]:  # noqa: ANN401 - one of _PARTS
    return part.to_dict() if isinstance(part, Augmentation) else asdict(part)


def _numbered(number: int, description: object) -> Layer:
    try:
        return layer_from_dict(description)
    except LayerError as error:
        raise RecipeError(f"layer {number}: {error}") from error


def _only_known(owner: str, description: object, names: Sequence[str]) -> dict[str, Any]:
    if not isinstance(description, Mapping):
        raise RecipeError(
            f"{owner}: an object with the fields {', '.join(names)} is needed, not {description!r}"
        )
    if unknown := sorted(set(map(str, description)) - set(names)):
        raise RecipeError(f"{owner}: there is no field {unknown[0]!r}; there are {', '.join(names)}")
    return dict(description)
