"""The layers a recipe can stack: what each one is, what shape it gives, what it learns and what it costs.

A layer here is only a description (a frozen dataclass). ``model.forward`` computes it in NumPy and
``model.learning.network`` builds it in Keras; both take names and defaults from Keras, so that a learner
who reads Keras's documentation reads about the same thing.

Shapes are those of one digit, without the batch: (height, width, channels) for maps, (units,) for vectors.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Literal

Shape = tuple[int, ...]
Padding = Literal["valid", "same"]

ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid", "softmax", "linear")
PADDINGS = ("valid", "same")
LEAKY_RELU_SLOPE = 0.2  # Keras's default for the function leaky_relu
EPSILON = 1e-3  # Keras's default: keeps batch normalisation from dividing by zero
MOMENTUM = 0.99  # Keras's default: how slowly the moving statistics of batch normalisation follow


class LayerError(ValueError):
    """A layer that cannot be: its message says what was received and what would do."""


def _whole(owner: str, name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise LayerError(f"{owner}: {name} must be a whole number from {low} to {high}, not {value!r}")


def _choice(owner: str, name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise LayerError(f"{owner}: {name} must be one of {', '.join(choices)}, not {value!r}")


def _truth(owner: str, name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise LayerError(f"{owner}: {name} must be true or false, not {value!r}")


@dataclass(frozen=True)
class Layer:
    """What all layers share. Most have nothing to learn, keep the shape and multiply nothing."""

    title: ClassVar[str] = "layer"

    def output_shape(self, shape: Shape) -> Shape:
        """The shape this layer gives for one digit of ``shape``.

        Raises:
            LayerError: this layer cannot stand on that shape.
        """
        return shape

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:  # noqa: ARG002
        """The arrays it needs, by Keras's names: what it learns, and what it tracks while learning.

        Args:
            shape: what comes in, without the batch.

        Returns: name to shape, in Keras's order; empty for a layer without weights.
        """
        return {}

    def parameters(self, shape: Shape) -> int:
        """How many numbers it holds for an input of ``shape`` (trained or tracked)."""
        return sum(math.prod(weight) for weight in self.weight_shapes(shape).values())

    def parameter_arithmetic(self, shape: Shape) -> str:  # noqa: ARG002
        """The sum that gives ``parameters``, written out, such as ``(3·3·1 + 1)·32``; empty without any."""
        return ""

    def multiply_adds(self, shape: Shape) -> int:  # noqa: ARG002
        """Multiplications (each with its addition) for one digit, counting convolution and dense alone."""
        return 0

    def window(self) -> tuple[int, int] | None:
        """Side and stride of the square it looks at for one cell of its output; None when it looks at all."""
        return 1, 1

    def to_dict(self) -> dict[str, Any]:
        """Its JSON form: the layer's name under ``layer``, then its fields."""
        return {"layer": type(self).__name__} | {f.name: getattr(self, f.name) for f in fields(self)}


def _map(owner: str, shape: Shape) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise LayerError(
            f"{owner} needs maps (height, width, channels), but gets a vector of {shape[0]}: "
            "put it before the flatten layer"
        )
    return shape[0], shape[1], shape[2]


def window_counts(owner: str, shape: Shape, size: int, stride: int, padding: Padding) -> tuple[int, int]:
    """How many windows fit down and across.

    Args:
        owner: the layer's name, for the error.
        shape: ``(height, width, channels)`` of the map.
        size: the window's side, in cells.
        stride: the step from window to window, in cells.
        padding: "valid" takes only windows inside the map, ``(n - size) // stride + 1``; "same" pads with
            zeros until there are ``ceil(n / stride)``, as TensorFlow does.

    Raises:
        LayerError: no window fits.
    """
    height, width, _ = _map(owner, shape)
    if padding == "same":
        return math.ceil(height / stride), math.ceil(width / stride)
    if size > min(height, width):
        raise LayerError(
            f"{owner}: a {size}×{size} window does not fit on a {height}×{width} map "
            'without padding: make it smaller, or pad with "same"'
        )
    return (height - size) // stride + 1, (width - size) // stride + 1


@dataclass(frozen=True)
class Conv2D(Layer):
    """Convolution: every filter slides over the map and gives one channel (LeCun et al. 1998).

    Args:
        filters: how many, 1 to 512.
        kernel_size: the kernel's side in cells, 1 to 28.
        stride: the step in cells, 1 to 8, at most the kernel's side: learning with a longer one, which leaves
            cells out, overruns TensorFlow 2.21's memory (1×1 kernels, a step of 2).
        padding: "valid" or "same".
        bias: whether each filter adds a learned number.
    """

    filters: int
    kernel_size: int = 3
    stride: int = 1
    padding: Padding = "valid"
    bias: bool = True

    title: ClassVar[str] = "convolution"

    def __post_init__(self) -> None:
        _whole("Conv2D", "filters", self.filters, 1, 512)
        _whole("Conv2D", "kernel_size", self.kernel_size, 1, 28)
        _whole("Conv2D", "stride", self.stride, 1, min(8, self.kernel_size))
        _choice("Conv2D", "padding", self.padding, PADDINGS)
        _truth("Conv2D", "bias", self.bias)

    def output_shape(self, shape: Shape) -> Shape:
        """Maps of ``filters`` channels."""
        return (*window_counts("Conv2D", shape, self.kernel_size, self.stride, self.padding), self.filters)

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """A kernel (side, side, channels in, filters), and a bias (filters,)."""
        kernel = (self.kernel_size, self.kernel_size, shape[-1], self.filters)
        return {"kernel": kernel} | ({"bias": (self.filters,)} if self.bias else {})

    def parameter_arithmetic(self, shape: Shape) -> str:
        """Cells of one kernel, one more for the bias, times the filters."""
        cells = f"{self.kernel_size}·{self.kernel_size}·{shape[-1]}"
        return f"({cells} + 1)·{self.filters}" if self.bias else f"{cells}·{self.filters}"

    def multiply_adds(self, shape: Shape) -> int:
        """Every output cell multiplies one whole kernel."""
        height, width, filters = self.output_shape(shape)
        return height * width * filters * self.kernel_size**2 * shape[-1]

    def window(self) -> tuple[int, int]:
        """The kernel's side and stride."""
        return self.kernel_size, self.stride


@dataclass(frozen=True)
class _Pooling2D(Layer):
    """A window that slides and keeps one number of what it sees, channel by channel."""

    pool_size: int = 2
    stride: int | None = None
    padding: Padding = "valid"

    def __post_init__(self) -> None:
        owner = type(self).__name__
        _whole(owner, "pool_size", self.pool_size, 1, 28)
        if self.stride is not None:
            _whole(owner, "stride", self.stride, 1, 28)
        _choice(owner, "padding", self.padding, PADDINGS)

    @property
    def step(self) -> int:
        """The stride in cells: the window's own side unless another was asked for, as in Keras."""
        return self.pool_size if self.stride is None else self.stride

    def output_shape(self, shape: Shape) -> Shape:
        """Smaller maps, as many channels."""
        counts = window_counts(type(self).__name__, shape, self.pool_size, self.step, self.padding)
        return (*counts, shape[-1])

    def window(self) -> tuple[int, int]:
        """The window's side and stride."""
        return self.pool_size, self.step


@dataclass(frozen=True)
class MaxPooling2D(_Pooling2D):
    """Max pooling: keeps the largest value of each window.

    Args:
        pool_size: the window's side in cells, 1 to 28.
        stride: the step in cells; None for the window's own side.
        padding: "valid" or "same".
    """

    title: ClassVar[str] = "max pooling"


@dataclass(frozen=True)
class AveragePooling2D(_Pooling2D):
    """Average pooling: keeps the mean of each window (padding cells are not counted in the mean).

    Args:
        pool_size: the window's side in cells, 1 to 28.
        stride: the step in cells; None for the window's own side.
        padding: "valid" or "same".
    """

    title: ClassVar[str] = "average pooling"


@dataclass(frozen=True)
class BatchNormalization(Layer):
    """Batch normalisation (Ioffe and Szegedy 2015): each channel brought to mean 0, spread 1, then rescaled.

    While learning it uses the batch's own mean and variance and keeps a moving record of them; that record
    (two of its four arrays) is what a reading uses.
    """

    title: ClassVar[str] = "batch normalisation"

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """Gamma and beta, learned; moving mean and variance, tracked: one number each per channel."""
        channels = (shape[-1],)
        return dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), channels)

    def parameter_arithmetic(self, shape: Shape) -> str:
        """Four numbers a channel."""
        return f"4·{shape[-1]}"


@dataclass(frozen=True)
class Dropout(Layer):
    """Dropout (Srivastava et al. 2014): hides a random share of the values, while learning only.

    Args:
        rate: the share that is hidden, 0 up to (not including) 1.
    """

    rate: float = 0.5

    title: ClassVar[str] = "dropout"

    def __post_init__(self) -> None:
        number = isinstance(self.rate, (int, float)) and not isinstance(self.rate, bool)
        if not number or not 0 <= self.rate < 1:
            raise LayerError(f"Dropout: rate must be a number from 0 to below 1, not {self.rate!r}")


@dataclass(frozen=True)
class Flatten(Layer):
    """Flatten: the maps' numbers written one after another, row by row, the channels of a cell together."""

    title: ClassVar[str] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        """One vector with every number."""
        return (math.prod(shape),)


@dataclass(frozen=True)
class GlobalAveragePooling2D(Layer):
    """Global average pooling (Lin et al. 2013): each channel's mean over its whole map."""

    title: ClassVar[str] = "global average pooling"

    def output_shape(self, shape: Shape) -> Shape:
        """One number a channel."""
        return (_map("GlobalAveragePooling2D", shape)[2],)

    def window(self) -> None:
        """It looks at the whole map."""
        return


@dataclass(frozen=True)
class Dense(Layer):
    """Dense: every unit weighs every number of the vector before it and adds them up.

    Args:
        units: how many, 1 to 4,096.
        bias: whether each unit adds a learned number.
    """

    units: int
    bias: bool = True

    title: ClassVar[str] = "dense"

    def __post_init__(self) -> None:
        _whole("Dense", "units", self.units, 1, 4096)
        _truth("Dense", "bias", self.bias)

    def output_shape(self, shape: Shape) -> Shape:
        """A vector of ``units``."""
        if len(shape) != 1:
            raise LayerError(
                f"Dense needs a vector, but gets maps of {'×'.join(map(str, shape))}: "
                "put a flatten or global average pooling layer before it"
            )
        return (self.units,)

    def weight_shapes(self, shape: Shape) -> dict[str, Shape]:
        """A kernel (inputs, units), and a bias (units,)."""
        return {"kernel": (shape[-1], self.units)} | ({"bias": (self.units,)} if self.bias else {})

    def parameter_arithmetic(self, shape: Shape) -> str:
        """A weight for every input, one more for the bias, times the units."""
        return f"({shape[-1]} + 1)·{self.units}" if self.bias else f"{shape[-1]}·{self.units}"

    def multiply_adds(self, shape: Shape) -> int:
        """Every unit multiplies every input once."""
        return shape[-1] * self.units

    def window(self) -> None:
        """It looks at everything."""
        return


@dataclass(frozen=True)
class Activation(Layer):
    """Activation: one function over every value (softmax: over the last axis together).

    Args:
        function: relu, leaky_relu (slope 0.2), tanh, sigmoid, softmax or linear.
    """

    function: str = "relu"

    title: ClassVar[str] = "activation"

    def __post_init__(self) -> None:
        _choice("Activation", "function", self.function, ACTIVATIONS)

    def output_shape(self, shape: Shape) -> Shape:
        """The same shape; a softmax needs more than one value."""
        if self.function == "softmax" and shape[-1] == 1:
            raise LayerError("Activation: a softmax over a single value always gives 1; use a sigmoid")
        return shape


LAYERS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Conv2D,
        MaxPooling2D,
        AveragePooling2D,
        BatchNormalization,
        Dropout,
        Flatten,
        GlobalAveragePooling2D,
        Dense,
        Activation,
    )
}


def layer_from_dict(description: object) -> Layer:
    """The layer of a JSON form.

    Args:
        description: what ``Layer.to_dict`` gives: ``{"layer": "Conv2D", "filters": 32, ...}``. A field left
            out takes its default.

    Raises:
        LayerError: not such an object, no such layer, a field it does not have, or one it needs is missing.
    """
    if not isinstance(description, Mapping):
        raise LayerError(f'a layer is an object such as {{"layer": "Flatten"}}, not {description!r}')
    rest = dict(description)
    name = rest.pop("layer", None)
    kind = LAYERS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise LayerError(f"there is no layer {name!r}; there are {', '.join(LAYERS)}")
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(set(map(str, rest)) - set(known)):
        raise LayerError(f"{name} has no field {unknown[0]!r}; it has {', '.join(known) or 'none'}")
    needed = [n for n, f in known.items() if f.default is MISSING and n not in rest]
    if needed:
        raise LayerError(f"{name} needs the field {needed[0]!r}")
    return kind(**rest)
