"""The sanity switch: the same network with random weights (Adebayo et al. 2018).

A picture that is said to explain a network must look different for one that has learned nothing. If it
doesn't, it shows the digit, or the layers' shapes, but not what was learned.
"""

from collections.abc import Sequence

import numpy as np

from model.checkpoint import Checkpoint
from model.forward import Network, weight_name
from model.layers import Layer
from model.recipe import stack_shapes


def randomised(source: Checkpoint | Network, seed: int = 0, from_place: int = 0) -> Network:
    """A network of the same layers whose weights have been drawn anew.

    They are drawn as Keras draws the first ones: kernels uniformly within ±√(6 / (numbers in + numbers out))
    (Glorot and Bengio 2010), everything else as it stands before learning.

    Args:
        source: a network or a checkpoint, left as it is.
        seed: of the draw.
        from_place: layers before this place in the recipe keep their weights; so a cascade from the last
            layer down can be made.

    Returns:
        The random network.
    """
    network = source.network if isinstance(source, Checkpoint) else source
    fresh = first_network(network.layers, seed).weights  # all of them, so that a cascade's steps share draws
    kept = [name for name in network.weights if int(name.partition(".")[0]) < from_place]
    return Network(network.layers, {**fresh, **{name: network.weights[name] for name in kept}})


def first_network(layers: Sequence[Layer], seed: int = 0) -> Network:
    """A network that has learned nothing: its weights as they are first drawn, as `randomised` says.

    Args:
        layers: as in a recipe.
        seed: of the draw.

    Raises:
        RecipeError: a layer cannot stand where it stands.
    """
    random = np.random.default_rng(seed)
    weights = {
        weight_name(place, name): _fresh(name, own, random)
        for place, (layer, shape) in enumerate(zip(layers, stack_shapes(layers), strict=False))
        for name, own in layer.weight_shapes(shape).items()
    }
    return Network(layers, weights)


def agreement(first: np.ndarray, second: np.ndarray) -> float:
    """How far two maps order the cells alike: Spearman's rank correlation, the measure of Adebayo et al.

    Where a digit has no ink, many maps are zero for any network. So give only the inked cells of both:
    ``agreement(map[digit > 0], other[digit > 0])``.

    Args:
        first: the numbers of one map.
        second: as many, in the same order, of the other.

    Returns:
        From −1 to 1: 1 for the same order, about 0 for maps that have nothing to do with each other. Of a map
        whose cells are all the same: 0, for it orders nothing.
    """
    ranks = [_ranks(values.ravel()) for values in (first, second)]
    (one, spread), (other, other_spread) = ((r - r.mean(), r.std()) for r in ranks)
    return float((one * other).mean() / (spread * other_spread)) if spread and other_spread else 0.0


def _ranks(values: np.ndarray) -> np.ndarray:
    """Each number's place in order; equal ones share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]


def _fresh(name: str, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    if name == "kernel":
        window = np.prod(shape[:-2])  # 1 for a dense layer
        limit = np.sqrt(6 / (window * (shape[-2] + shape[-1])))
        return random.uniform(-limit, limit, shape).astype(np.float32)
    if name in ("gamma", "moving_variance"):
        return np.ones(shape, np.float32)
    return np.zeros(shape, np.float32)
