"""A recipe's network in Keras, and its weights in the project's own form."""

from collections.abc import Mapping

import keras
import numpy as np

from model import layers as described
from model.forward import weight_name
from model.learning.normalisation import FusedBatchNormalization
from model.learning.optimizers import build_optimizer
from model.recipe import INPUT_SHAPE, Recipe


def build_network(recipe: Recipe, fused: bool = False) -> keras.Sequential:
    """The recipe's network, with fresh weights drawn from its seed.

    Args:
        recipe: layer by layer what to build.
        fused: whether batch normalisation is computed by one operation, which is quicker to train. The
            default is made of Keras's own layers only, for what is saved or compared.

    Returns:
        A built ``Sequential`` from (n, 28, 28, 1), ink 0 to 1, to (n, 10), one Keras layer for each of the
        recipe's. Not compiled.
    """
    keras.utils.set_random_seed(recipe.seed)
    return keras.Sequential(
        [keras.Input(INPUT_SHAPE), *(_build_layer(layer, recipe.l2, fused) for layer in recipe.layers)],
        name="digits",
    )


def compile_network(recipe: Recipe, network: keras.Sequential, kept: float = 0.0) -> None:
    """Give a network its optimizer and its loss, ready for ``fit``.

    Args:
        recipe: what the network was built from.
        network: the network, changed in place.
        kept: of the weights' running mean at each step; 0 where none is wanted.
    """
    network.compile(
        optimizer=build_optimizer(recipe.optimizer, kept),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    network.optimizer.build(network.trainable_variables)  # so that its memory can be kept and put back


def _build_layer(layer: described.Layer, l2: float, fused: bool) -> keras.layers.Layer:
    cost = keras.regularizers.L2(l2) if l2 else None
    match layer:
        case described.Conv2D():
            return keras.layers.Conv2D(
                layer.filters,
                layer.kernel_size,
                layer.stride,
                layer.padding,
                use_bias=layer.bias,
                kernel_regularizer=cost,
            )
        case described.MaxPooling2D():
            return keras.layers.MaxPooling2D(layer.pool_size, layer.step, layer.padding)
        case described.AveragePooling2D():
            return keras.layers.AveragePooling2D(layer.pool_size, layer.step, layer.padding)
        case described.BatchNormalization():
            kind = FusedBatchNormalization if fused else keras.layers.BatchNormalization
            return kind(momentum=described.MOMENTUM, epsilon=described.EPSILON)
        case described.Dropout():
            return keras.layers.Dropout(layer.rate)
        case described.Flatten():
            return keras.layers.Flatten()
        case described.GlobalAveragePooling2D():
            return keras.layers.GlobalAveragePooling2D()
        case described.Dense():
            return keras.layers.Dense(layer.units, use_bias=layer.bias, kernel_regularizer=cost)
        case described.Activation("leaky_relu"):
            return keras.layers.LeakyReLU(described.LEAKY_RELU_SLOPE)
        case described.Activation():
            return keras.layers.Activation(layer.function)
    raise TypeError(f"there is no Keras layer for {layer!r}")


def get_weights(recipe: Recipe, network: keras.Sequential) -> dict[str, np.ndarray]:
    """Copies of the weights of a network, by the names that ``model.forward`` uses.

    Args:
        recipe: what the network was built from.
        network: the network.

    Returns:
        float32 arrays by ``weight_name``.
    """
    return {
        name: np.array(keras.ops.convert_to_numpy(variable))
        for name, variable in _variables(recipe, network).items()
    }


def set_weights(recipe: Recipe, network: keras.Sequential, weights: Mapping[str, np.ndarray]) -> None:
    """Put weights into a network.

    Args:
        recipe: what the network was built from.
        network: the network, changed in place.
        weights: arrays by ``weight_name``, all of them.
    """
    for name, variable in _variables(recipe, network).items():
        variable.assign(weights[name])


def _variables(recipe: Recipe, network: keras.Sequential) -> dict[str, keras.Variable]:
    found = {}
    for index, (layer, built, shape) in enumerate(
        zip(recipe.layers, network.layers, recipe.shapes, strict=False)
    ):
        own = {variable.name: variable for variable in built.variables}
        for name in layer.weight_shapes(shape):
            found[weight_name(index, name)] = own[name]
    return found
