"""What is loaded or computed once and shared by all sessions. The only user of Streamlit's caches.

Nothing that is handed out here may be changed by who receives it: arrays are read-only, records frozen.
"""

from collections.abc import Hashable
from contextlib import suppress
from functools import lru_cache

import numpy as np
import streamlit as st

from app.hand import Picture
from model.checkpoint import Checkpoint, CheckpointError, load_checkpoint
from model.datasets import DataError, Digits, load_digits, parts_of
from model.forward import Network
from model.layers import Layer
from model.occlusion import occlusion_map
from model.preprocessing import Preprocessed, to_digit
from model.probes.ablation import without
from model.probes.places import Projection, pca
from model.probes.randomised import first_network, randomised
from model.probes.saliency import METHODS
from model.recipe import CLASSES
from model.strokes import Stroke, draw_strokes
from model.verdict import read_digit

Out = tuple[tuple[int, int], ...]  # filters that are switched off: (place of their layer, number)

# Sides and steps of the patches that are hidden, in cells; larger steps look as smooth and take less time.
PATCHES = ((5, 2), (7, 2), (9, 3), (13, 3))
REACTION = 0.1  # a fall in probability that can be seen on the scale


@st.cache_resource(max_entries=32, show_spinner=False)
def checkpoint(name: str | None) -> Checkpoint:
    """A network with its recipe and card.

    Args:
        name: a checkpoint's address, as the state keeps it; None for the default network.

    Raises:
        CheckpointError: there is none of that name, or its files are broken.
    """
    return load_checkpoint(name)


@st.cache_resource(max_entries=8, show_spinner=False)
def digits(dataset: str, part: str) -> Digits:
    """One part of a data set.

    Raises:
        DataError: its files are missing or damaged.
    """
    return load_digits(dataset, part)


def validation_digits(name: str | None) -> Digits:
    """The digits at hand to show to a network: those that it has never learned from, where there are any.

    Args:
        name: the network, as for `checkpoint`.

    Returns:
        The validation part of what the network was trained on; for one without such a part, or where its
        files aren't here, MNIST's own, and `was_learned` then says which of them it has seen.

    Raises:
        DataError: it learned to read other things than digits, and their files are missing or damaged.
    """
    dataset = checkpoint(name).recipe.dataset
    if "validation" in parts_of(dataset):
        try:
            return digits(dataset, "validation")
        except DataError:
            if dataset == "fashion":
                raise
    return digits("mnist", "validation")


@st.cache_resource(max_entries=8, show_spinner=False)
def was_learned(name: str | None, dataset: str, part: str) -> np.ndarray:
    """Which digits of a part the network has learned from: bool (n,), read-only."""
    mask = checkpoint(name).has_learned(digits(dataset, part))
    mask.flags.writeable = False
    return mask


@st.cache_resource(max_entries=16, show_spinner=False)
def network(name: str | None, out: Out = ()) -> Network:
    """A network without some of its filters.

    Args:
        name: the network, as for `checkpoint`.
        out: the filters, in order, each as the place of its layer in the recipe and its number, from 0.
    """
    return without(checkpoint(name).network, out)


@st.cache_resource(max_entries=8, show_spinner=False)
def random_network(name: str | None, seed: int) -> Network:
    """A network as another, but with fresh random weights: it has learned nothing."""
    return randomised(checkpoint(name).network, seed)


@st.cache_resource(max_entries=4000, show_spinner=False)
def is_right(name: str | None, out: Out, dataset: str, part: str, start: int, stop: int) -> np.ndarray:
    """Which digits a network without some filters reads right: bool (stop − start,), read-only.

    Args:
        name: the network.
        out: as for `network`.
        dataset: whose digits are read.
        part: which part of it.
        start: the first digit's place in that part.
        stop: the place after the last.
    """
    known = digits(dataset, part)
    read = network(name, out).probabilities(known.images[start:stop]).argmax(axis=1)
    found: np.ndarray = read == known.labels[start:stop]
    found.flags.writeable = False
    return found


def right(
    name: str | None, out: Out, dataset: str, part: str, start: int, stop: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many digits of each class such a network reads right, and how many there are; as `is_right`."""
    labels = digits(dataset, part).labels[start:stop]
    found = is_right(name, out, dataset, part, start, stop)
    counted = [np.bincount(each, minlength=CLASSES).tolist() for each in (labels[found], labels)]
    return tuple(counted[0]), tuple(counted[1])


@st.cache_resource(max_entries=512, show_spinner=False)
def saliency(
    name: str | None, out: Out, digit: bytes, target: int, method: str, random_seed: int | None = None
) -> np.ndarray:
    """Which ink speaks for a reading, by one of the methods in `model.probes.saliency`.

    Args:
        name: the network.
        out: as for `network`.
        digit: the digit's 784 bytes.
        target: the reading asked about.
        method: its name in `METHODS`.
        random_seed: ask a network with random weights in its stead; None for the network itself.

    Returns:
        float32 (28, 28), read-only.
    """
    asked = network(name, out) if random_seed is None else random_network(name, random_seed)
    found = METHODS[method].function(asked, np.frombuffer(digit, np.uint8).reshape(28, 28), target)
    found.flags.writeable = False
    return found


@st.cache_resource(max_entries=256, show_spinner=False)
def occlusion(
    name: str | None, digit: bytes, target: int, out: Out = (), random_seed: int | None = None
) -> tuple[np.ndarray, int]:
    """What hiding each place of a digit costs its reading; see `occlusion_map`.

    A network that is sure of a digit often stays so whatever small patch is hidden: then larger ones are
    tried, until it reacts.

    Args:
        name: the network.
        digit: the digit's 784 bytes.
        target: the reading asked about.
        out: as for `network`.
        random_seed: as for `saliency`.

    Returns:
        The falls in its probability, float32 (28, 28), read-only, and the side of the patch, in cells.
    """
    asked = network(name, out) if random_seed is None else random_network(name, random_seed)
    pixels = np.frombuffer(digit, np.uint8).reshape(28, 28)
    for patch, stride in PATCHES:
        falls = occlusion_map(asked, pixels, target, patch, stride)
        if np.abs(falls).max() >= REACTION:
            break
    falls.flags.writeable = False
    return falls, patch


@st.cache_resource(max_entries=64, show_spinner=False)
def plane(key: Hashable, _features: np.ndarray) -> Projection:  # noqa: ARG001 - what is looked up
    """The plane on which digits lie furthest apart, by a network's description of them.

    Args:
        key: what tells this description from all others.
        _features: float32 (n, d); as its name begins so, it is no part of what is looked up.
    """
    return pca(_features)


@st.cache_resource(max_entries=32, show_spinner=False)
def values(name: str | None, digit: bytes, out: Out = ()) -> tuple[np.ndarray, ...]:
    """Every value on a digit's way through the network, its own first axis dropped; all read-only."""
    return _values(network(name, out), digit)


def _values(asked: Network, digit: bytes) -> tuple[np.ndarray, ...]:
    pixels = np.frombuffer(digit, np.uint8).reshape(1, 28, 28)
    kept = tuple(value[0] for value in asked.values(pixels))
    for value in kept:
        value.flags.writeable = False
    return kept


@st.cache_resource(max_entries=16, show_spinner=False)
def untrained(layers: tuple[Layer, ...], seed: int) -> Network:
    """A network with its first weights, as they are drawn before it learns.

    Args:
        layers: its layers.
        seed: of the draw.
    """
    return first_network(layers, seed)


@st.cache_resource(max_entries=32, show_spinner=False)
def untrained_values(layers: tuple[Layer, ...], seed: int, digit: bytes) -> tuple[np.ndarray, ...]:
    """Every value on a digit's way through such a network, as `values` gives them."""
    return _values(untrained(layers, seed), digit)


# Streamlit's caches would take longer to hash these keys than the work takes; a picture is its own key.
@lru_cache(maxsize=64)
def prepared_drawing(strokes: tuple[Stroke, ...], off: frozenset[str]) -> Preprocessed:
    """A drawing, dark on light as on the canvas, brought into MNIST's form; `off`: steps switched off."""
    return to_digit(255 - draw_strokes(strokes), off, is_drawing=True)


@lru_cache(maxsize=64)
def prepared_picture(picture: Picture, off: frozenset[str]) -> Preprocessed:
    """A picture brought into MNIST's form; `off`: steps switched off."""
    return to_digit(picture.pixels, off)


def warm_up() -> None:
    """Loads what the first visitor needs: the default network, and its validation digits.

    What can't be loaded is no reason not to start: the page that needs it says what is the matter.
    """
    with suppress(CheckpointError, DataError):
        read_digit(checkpoint(None).network, np.zeros((28, 28), np.uint8))
        validation_digits(None)
