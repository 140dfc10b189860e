"""A recipe's network as the lines of a script that builds it with Keras."""

from model import layers as described
from model.layer_table import LayerRow, layer_table
from model.recipe import Recipe
from model.takeaway.names import START_FILE, plain


def building(recipe: Recipe, parent: tuple[str, int] | None) -> str:
    """The lines that build the network, with the shape and the parameters of every layer beside it.

    Args:
        recipe: what to build.
        parent: run or network, and epoch, whose weights it begins with, from a file beside the script; None
            for weights drawn from the seed.
    """
    rows = layer_table(recipe.layers)
    calls = [_layer(row.layer, recipe.l2) + "," for row in rows]
    width = min(max(map(len, calls)), 60)
    lines = [f"    {call:<{width}}  # {_words(row)}" for call, row in zip(calls, rows, strict=True)]
    start = ""
    if parent is not None:
        name, epoch = parent
        start = f"""
# This training goes on from weights that are already there: those of {plain(name)} after epoch {epoch}.
with np.load(pathlib.Path(__file__).with_name("{START_FILE}")) as start:
    network.set_weights([start[name] for name in start.files])
"""
    return f"""
# The network, layer by layer: {recipe.parameters:,} parameters.
keras.utils.set_random_seed(SEED)  # before it is built: its first weights are drawn now
network = keras.Sequential([
    keras.Input((28, 28, 1)),  # a digit: ink from 0 to 1
{chr(10).join(lines)}
], name="digits")
{start}"""


def _words(row: LayerRow) -> str:
    shape = " × ".join(map(str, row.output_shape))
    return f"gives {shape}" + (f"; learns {row.parameters:,} numbers" if row.parameters else "")


def _layer(layer: described.Layer, l2: float) -> str:
    """The call that builds a layer."""
    cost = f", kernel_regularizer=keras.regularizers.L2({l2!r})" if l2 else ""
    match layer:
        case described.Conv2D():
            said = f"{layer.filters}, {layer.kernel_size}"
            said += f", strides={layer.stride}" if layer.stride != 1 else ""
            said += f", padding={layer.padding!r}" if layer.padding != "valid" else ""
            return f"keras.layers.Conv2D({said}{_bias(layer)}{cost})"
        case described.MaxPooling2D() | described.AveragePooling2D():
            said = f"{layer.pool_size}"
            said += f", strides={layer.stride}" if layer.stride is not None else ""
            said += f", padding={layer.padding!r}" if layer.padding != "valid" else ""
            return f"keras.layers.{type(layer).__name__}({said})"
        case described.BatchNormalization():
            said = f"momentum={described.MOMENTUM!r}, epsilon={described.EPSILON!r}"
            return f"keras.layers.BatchNormalization({said})"
        case described.Dropout():
            return f"keras.layers.Dropout({layer.rate!r})"
        case described.Flatten() | described.GlobalAveragePooling2D():
            return f"keras.layers.{type(layer).__name__}()"
        case described.Dense():
            return f"keras.layers.Dense({layer.units}{_bias(layer)}{cost})"
        case described.Activation("leaky_relu"):
            return f"keras.layers.LeakyReLU({described.LEAKY_RELU_SLOPE!r})"
        case described.Activation():
            return f"keras.layers.Activation({layer.function!r})"
    raise TypeError(f"there is no Keras layer for {layer!r}")


def _bias(layer: described.Conv2D | described.Dense) -> str:
    return "" if layer.bias else ", use_bias=False"
