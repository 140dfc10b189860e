"""Pictures that any network learns within seconds, and a recipe for them: for the tests of training."""

import numpy as np

from model.annealing import Annealer
from model.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from model.optimizers import Optimizer
from model.recipe import Recipe

RECIPE = Recipe(
    "bars",
    (
        Conv2D(4, 5, stride=3, bias=False),
        BatchNormalization(),
        Activation("relu"),
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.1),
        Dense(10),
        Activation("softmax"),
    ),
    dataset="mini",
    optimizer=Optimizer("adam", 0.02),
    annealer=Annealer("one-cycle"),
    epochs=4,
    batch_size=32,
    seed=3,
)


def bars(count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Easy pictures: the label says in which of ten columns a bar stands."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, count).astype(np.uint8)
    images = random.integers(0, 60, (count, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        column = 2 + 2 * label + random.integers(2)
        image[4:24, column : column + 3] = 255
    return images, labels
