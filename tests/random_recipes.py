"""Random networks that can be built: any layers in any order that fits, drawn from a seed."""

import numpy as np

from model.layers import (
    ACTIVATIONS,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    LayerError,
    MaxPooling2D,
)
from model.recipe import INPUT_SHAPE, Recipe


def random_recipe(seed: int) -> Recipe:
    """A recipe of 4 to some 14 layers; every kind of layer and every option comes up over many seeds."""
    random = np.random.default_rng(seed)
    layers: list[Layer] = []
    shape = INPUT_SHAPE

    def stack(layer: Layer) -> None:
        nonlocal shape
        try:
            shape = layer.output_shape(shape)
        except LayerError:
            return  # does not fit here; another may
        layers.append(layer)

    for _ in range(random.integers(1, 7)):
        stack(_random_map_layer(random))
        if random.random() < 0.3:
            stack(_random_elementwise(random))
    stack(GlobalAveragePooling2D() if random.random() < 0.3 else Flatten())
    for _ in range(random.integers(0, 3)):
        stack(Dense(int(random.integers(1, 40)), bias=bool(random.integers(2))))
        stack(_random_elementwise(random))
    layers += [Dense(10, bias=bool(random.integers(2))), Activation("softmax")]
    return Recipe(f"random {seed}", tuple(layers), seed=seed)


def _random_map_layer(random: np.random.Generator) -> Layer:
    size, stride = int(random.integers(1, 6)), int(random.integers(1, 4))
    padding = ("valid", "same")[random.integers(2)]
    match random.integers(6):
        case 0 | 1 | 2:
            filters = int(random.integers(1, 13))
            return Conv2D(filters, size, min(stride, size), padding, bool(random.integers(2)))
        case 3:
            return MaxPooling2D(size, None if random.random() < 0.5 else stride, padding)
        case 4:
            return AveragePooling2D(size, None if random.random() < 0.5 else stride, padding)
        case _:
            return _random_elementwise(random)


def _random_elementwise(random: np.random.Generator) -> Layer:
    match random.integers(3):
        case 0:
            return BatchNormalization()
        case 1:
            return Dropout(float(random.uniform(0, 0.9)))
        case _:
            return Activation(str(random.choice(ACTIVATIONS)))


def random_weights(recipe: Recipe, seed: int) -> dict[str, np.ndarray]:
    """Weights that make every layer matter: no zeros, no ones, no tiny variances."""
    from model.forward import weight_shapes

    random = np.random.default_rng(seed)
    weights = {}
    for name, shape in weight_shapes(recipe.layers).items():
        if name.endswith("kernel"):
            array = random.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape)
        elif name.endswith(("gamma", "moving_variance")):
            array = random.uniform(0.5, 2, shape)
        else:
            array = random.normal(0, 0.3, shape)
        weights[name] = array.astype(np.float32)
    return weights
