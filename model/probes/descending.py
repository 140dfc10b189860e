"""Descending: the loss of one digit, its gradient, and what one step against the gradient does.

The loss is the categorical cross-entropy, −log of the probability that the right digit gets; its gradient in
the logits is the probabilities less the label, p − y. One step of plain gradient descent takes every weight
down its own slope: w − rate · ∂L/∂w. All is as in a reading: dropout hides nothing, batch normalisation uses
its record, which no step changes. Checked against TensorFlow's gradients and finite differences.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.backward import backward
from model.forward import Network, apply_layer, to_input, weight_name
from model.layers import Layer
from model.probes.units import mixing_places
from model.recipe import CLASSES

TRACKED = ("moving_mean", "moving_variance")  # of batch normalisation: no step changes them


@dataclass(frozen=True, eq=False)
class Slope:
    """The loss of one digit, and how it changes with the logits and with every weight.

    Args:
        label: the right digit.
        probabilities: float64 (10,), what the network gives each digit.
        by_logits: float64 (10,), p − y: the gradient in what the softmax gets.
        by_weights: float32 arrays by ``model.forward.weight_name``: the gradient in all that is learned.
    """

    label: int
    probabilities: np.ndarray
    loss: float
    by_logits: np.ndarray
    by_weights: dict[str, np.ndarray]


def cross_entropies(logits: np.ndarray, labels: np.ndarray | int) -> np.ndarray:
    """−log of the probability that a softmax of the logits gives the label.

    Args:
        logits: (n, 10), what the softmax gets. They may be infinite or no numbers.
        labels: whole numbers 0 to 9, (n,) or one for all.

    Returns:
        float64 (n,), 0 or above; NaN where the logits are no longer finite.
    """
    z = np.asarray(logits, np.float64)
    z = np.where(np.isfinite(z).all(axis=1, keepdims=True), z, np.nan)
    top = z.max(axis=1)
    spread = np.log(np.exp(z - top[:, None]).sum(axis=1))
    return np.asarray(top + spread - z[np.arange(len(z)), labels])


def slope(network: Network, digit: np.ndarray, label: int) -> Slope:
    """The loss of a digit and its gradients.

    Args:
        network: what reads it.
        digit: uint8 (28, 28), or floating numbers from 0 to 1.
        label: the right digit.

    Raises:
        ValueError: the label is none of the ten digits.
    """
    if not 0 <= label < CLASSES:
        raise ValueError(f"a label is one of the digits 0 to {CLASSES - 1}, not {label}")
    values = network.values(digit[None])
    logits = values[-2].astype(np.float64)  # (1, 10)
    powers = np.exp(logits[0] - logits.max())
    probabilities = powers / powers.sum()
    by_logits = probabilities - np.eye(CLASSES)[label]
    found = backward(network, values, by_logits[None], at=len(network.layers) - 2, weights=True)
    learned = {name: array for name, array in found.weights.items() if not name.endswith(TRACKED)}
    loss = float(cross_entropies(logits, label)[0])
    return Slope(label, probabilities, loss, by_logits, learned)


def answer_place(layers: Sequence[Layer]) -> int:
    """The place of the last convolution or dense layer: the one whose units are the ten digits."""
    return mixing_places(layers)[-1]


def weights_from(names: Sequence[str], place: int) -> tuple[str, ...]:
    """Those of some weights that belong to a layer or to one after it, in order.

    Args:
        names: as ``model.forward.weight_name`` gives them.
        place: the layer's place in the recipe; 0 for all of them.
    """
    return tuple(name for name in names if int(name.partition(".")[0]) >= place)


def step(network: Network, found: Slope, rate: float, place: int = 0) -> dict[str, np.ndarray]:
    """All weights after one step of gradient descent.

    Args:
        network: left as it is.
        found: the gradients.
        rate: how far, 0 or above.
        place: the first layer that learns; those before it stay as they are.

    Returns:
        float32 arrays by ``model.forward.weight_name``; what isn't changed is the network's own array.
    """
    changed = {
        name: network.weights[name] - np.float32(rate) * found.by_weights[name]
        for name in weights_from(tuple(found.by_weights), place)
    }
    return {**network.weights, **changed}


def logits_after(
    network: Network, found: Slope, rate: float, place: int, x: np.ndarray, start: int = 0
) -> np.ndarray:
    """What the softmax would get after one step.

    Args:
        network: before the step.
        found: the gradients of the one digit that the step is for.
        rate: how far.
        place: the first layer that learns.
        x: float32 (n, ...), what the layer at ``start`` gets of some digits: ``to_input`` of them for 0.
        start: a layer not behind ``place``: what is before it is the same after the step, and needn't be
            computed again.

    Returns:
        float32 (n, 10). A step too far may bring numbers too large for float32: then they aren't finite.
    """
    weights = step(network, found, rate, place)
    with np.errstate(over="ignore", invalid="ignore"):
        for index in range(start, len(network.layers) - 1):
            own = {name: weights[weight_name(index, name)] for name in network.own_weights(index)}
            x = apply_layer(network.layers[index], x, own)
    return x


def entering(network: Network, digits: np.ndarray, place: int) -> np.ndarray:
    """What a layer gets of some digits: float32, the digits first.

    Args:
        network: what reads.
        digits: uint8 (n, 28, 28).
        place: the layer's place in the recipe.
    """
    return network.through(to_input(digits), 0, place)
