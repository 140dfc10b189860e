"""Which view opens which layer."""

from collections.abc import Callable

from app.opened import (
    activation,
    averaging,
    convolution,
    dense,
    dropout,
    flattening,
    normalisation,
    pooling,
    softmax,
)
from app.subject import Subject
from model.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
)

VIEWS: dict[type[Layer], Callable[[Subject, int], None]] = {
    Conv2D: convolution.show,
    MaxPooling2D: pooling.show,
    AveragePooling2D: pooling.show,
    BatchNormalization: normalisation.show,
    Dropout: dropout.show,
    Flatten: flattening.show,
    GlobalAveragePooling2D: averaging.show,
    Dense: dense.show,
    Activation: activation.show,
}


def holds_back(subject: Subject) -> bool:
    """Whether the map of the layer that is looked at is asked about below, and waits for the answer."""
    return isinstance(subject.layers[subject.place], Conv2D) and convolution.holds_back(
        subject, subject.place
    )


def show(subject: Subject, place: int) -> None:
    """Opens a layer.

    Args:
        subject: the network and the digit.
        place: the layer's place in the recipe, from 0.
    """
    layer = subject.layers[place]
    if layer == Activation("softmax"):
        softmax.show(subject, place)
    else:
        VIEWS[type(layer)](subject, place)
