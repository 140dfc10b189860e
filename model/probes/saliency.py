"""Why this verdict: which ink a reading rests on, by the gradients of its logit.

A logit is the number that the softmax gets for one of the ten readings. It is asked for rather than the
probability, which hardly moves any more where a network is sure (Simonyan, Vedaldi and Zisserman 2013).
Every map can be made for any of the ten: "why not 9?" is the map of 9's logit.

A method is only offered in ``METHODS`` if its map changes with the network: for the same network with random
weights (``model.probes.randomised``) it must show something else, or else it draws the digit, not the
reason (Adebayo et al. 2018). Guided backpropagation fails that, and isn't here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from model.backward import backward
from model.forward import Network, same_padding, to_input
from model.layers import Activation, BatchNormalization, Conv2D, Dropout, Layer
from model.occlusion import occlusion_map
from model.recipe import CLASSES, INPUT_SHAPE, stack_shapes

SAMPLES = 50  # noisy copies; beyond that the map hardly changes (Smilkov et al. 2017)
NOISE = 0.15  # of the range of ink; the paper's figures look best between 0.1 and 0.2
STEPS = 64  # from paper to digit, to begin with
MOST_STEPS = 512  # never seen to be needed; float32 itself leaves a gap where two logits all but agree
COMPLETE = 0.01  # the gap that integrated gradients may leave, as a share of the difference of the logits
CHUNK = 4  # pictures followed back together: their maps stay in the processor's cache


def gradient(network: Network, digit: np.ndarray, target: int) -> np.ndarray:
    """How the target's logit changes with the ink of each cell (Simonyan et al. 2013).

    Args:
        network: what reads.
        digit: uint8 (28, 28), ink bright on black.
        target: which of the ten readings to ask about, 0 to 9.

    Returns:
        float32 (28, 28), the logit's change for one more unit of ink, ink going from 0 to 1: positive where
        more ink would speak for the target. Not only ink: a cell of paper says what ink there would do.

    Raises:
        ValueError: the digit is none, or the target is out of range.
    """
    return _logits_and_gradients(network, _as_ink(digit, target)[None], target)[1][0]


def smooth_gradient(
    network: Network,
    digit: np.ndarray,
    target: int,
    samples: int = SAMPLES,
    noise: float = NOISE,
    seed: int = 0,
) -> np.ndarray:
    """SmoothGrad (Smilkov et al. 2017): the mean gradient over noisy copies of the digit.

    A single gradient is made of a network's many small kinks; what is left in the mean holds nearby as well.

    Args:
        network: what reads.
        digit: uint8 (28, 28), ink bright on black.
        target: which of the ten readings to ask about, 0 to 9.
        samples: how many copies, at least 1.
        noise: standard deviation of the noise, as a fraction of the range of the digit's ink.
        seed: of the noise.

    Returns:
        float32 (28, 28), signed, in ``gradient``'s unit.

    Raises:
        ValueError: the digit is none, or target, samples or noise is out of range.
    """
    ink = _as_ink(digit, target)
    if samples < 1 or noise < 0:
        raise ValueError(f"no mean over {samples} samples with noise {noise}: at least 1 and 0 are needed")
    random = np.random.default_rng(seed)
    copies = random.standard_normal((samples, *ink.shape), np.float32)
    copies *= np.float32(noise * np.ptp(ink))
    copies += ink
    return _logits_and_gradients(network, copies, target)[1].mean(axis=0)


def integrated_gradients(network: Network, digit: np.ndarray, target: int, steps: int = STEPS) -> np.ndarray:
    """Integrated gradients (Sundararajan, Taly and Yan 2017): the logit shared out among the ink.

    Starting from blank paper the ink is turned up to the digit; each cell gets what its own ink added on the
    way. The map adds up to the digit's logit minus blank paper's: nothing is lost. The logit is known at each
    point of the way, so it shows where a step of the trapezium rule goes wrong; such steps are halved until
    no more than 1% is missing.

    Args:
        network: what reads.
        digit: uint8 (28, 28), ink bright on black.
        target: which of the ten readings to ask about, 0 to 9.
        steps: into how many the way is cut at first, at least 1; at most some 512 come of it.

    Returns:
        float32 (28, 28), in units of the logit: positive where the ink speaks for the target, negative where
        against. Zero where there is no ink.

    Raises:
        ValueError: the digit is none, or target or steps is out of range.
    """
    ink = _as_ink(digit, target)
    if steps < 1:
        raise ValueError(f"no way from paper to digit in {steps} steps: at least 1 is needed")
    ways = np.linspace(0, 1, steps + 1)
    heights, slopes = _along(network, ink, ways, target)
    while True:
        parts = ink * (slopes[1:] + slopes[:-1]) / 2 * np.diff(ways)[:, None, None]  # (steps, 28, 28)
        gaps = parts.sum(axis=(1, 2)) - np.diff(heights)
        rise = heights[-1] - heights[0]
        if abs(gaps.sum()) <= COMPLETE * abs(rise) or len(gaps) >= max(MOST_STEPS, steps):
            return parts.sum(axis=0).astype(np.float32)
        worst = np.argsort(-np.abs(gaps), kind="stable")[: max(len(gaps) // 4, 1)]
        halves = (ways[worst] + ways[worst + 1]) / 2
        more = _along(network, ink, halves, target)
        order = np.argsort(np.concatenate([ways, halves]))
        ways = np.concatenate([ways, halves])[order]
        heights = np.concatenate([heights, more[0]])[order]
        slopes = np.concatenate([slopes, more[1]])[order]


def grad_cam(network: Network, digit: np.ndarray, target: int, place: int | None = None) -> np.ndarray:
    """Grad-CAM (Selvaraju et al. 2017): where a layer's maps speak for the target.

    Each map is weighed by the mean of the logit's gradient over its cells; of the sum only what speaks for
    the target is kept. It is coarse, for it sees as sharply as the layer. Each cell is drawn at the middle of
    the part of the digit that it sees (the paper stretches the map, which is off for maps without padding),
    and between them by straight lines.

    Args:
        network: what reads.
        digit: uint8 (28, 28), ink bright on black.
        target: which of the ten readings to ask about, 0 to 9.
        place: the layer whose maps are asked, by its place in the recipe, from 0; None for the last
            convolution's, after what normalises and activates it.

    Returns:
        float32 (28, 28), not negative, in units of the logit's slope.

    Raises:
        ValueError: the digit is none, the target is out of range, or there are no maps at that place, or
            nowhere in the network.
    """
    ink = _as_ink(digit, target)
    place = last_maps(network.layers) if place is None else place
    shapes = stack_shapes(network.layers)[1:]
    if place is None or not 0 <= place < len(shapes) or len(shapes[place]) != 3:
        raise ValueError(f"Grad-CAM needs a layer that gives maps; place {place} of this network has none")
    values = network.values(ink[None])
    found = backward(network, values, _towards(values, target), at=len(network.layers) - 2)
    weights = found.values[place].mean(axis=(1, 2))  # (1, channels)
    coarse = np.maximum(values[place + 1][0] @ weights[0], 0)  # (height, width)
    between = _between(_centres(network.layers[: place + 1]))
    return (between @ coarse @ between.T).astype(np.float32)


@dataclass(frozen=True)
class Method:
    """One way to ask why.

    Args:
        name: its key in ``METHODS``.
        title: as people call it.
        explanation: one sentence on what its map shows.
        is_signed: whether the map also has what speaks against the target, so is drawn around zero.
        function: (network, digit, target) to float32 (28, 28).
        needs_maps: whether only networks with a layer that gives maps can be asked.
    """

    name: str
    title: str
    explanation: str
    is_signed: bool
    function: Callable[[Network, np.ndarray, int], np.ndarray]
    needs_maps: bool = False


METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method(
            "gradient",
            "Gradient",
            "What a little more ink in each cell would do to the answer.",
            True,
            gradient,
        ),
        Method(
            "smooth_gradient",
            "SmoothGrad",
            "The same, as a mean over noisy copies of the digit: what holds nearby as well.",
            True,
            smooth_gradient,
        ),
        Method(
            "integrated_gradients",
            "Integrated gradients",
            "What each cell's ink added to the answer on the way from blank paper to this digit.",
            True,
            integrated_gradients,
        ),
        Method(
            "grad_cam",
            "Grad-CAM",
            "Where the last convolution's maps speak for the answer: coarse, but near the decision.",
            False,
            grad_cam,
            needs_maps=True,
        ),
        Method(
            "occlusion",
            "Occlusion",
            "How much surer or less sure the network is when a patch of the digit is hidden.",
            True,
            occlusion_map,
        ),
    )
}


def methods_for(network: Network) -> dict[str, Method]:
    """Those of ``METHODS`` that this network can be asked with: Grad-CAM needs a layer that gives maps."""
    has_maps = last_maps(network.layers) is not None
    return {name: method for name, method in METHODS.items() if has_maps or not method.needs_maps}


def last_maps(layers: tuple[Layer, ...]) -> int | None:
    """The place that Grad-CAM asks by default.

    Args:
        layers: as in a recipe.

    Returns:
        Where the last convolution's maps come out of what normalises and activates them, which may be after a
        pooling; without a convolution, the last layer that gives maps; None if no layer does.
    """
    maps = [place for place, shape in enumerate(stack_shapes(layers)[1:]) if len(shape) == 3]
    convolutions = [place for place in maps if isinstance(layers[place], Conv2D)]
    if not convolutions:
        return maps[-1] if maps else None
    place = convolutions[-1]
    for later in range(place + 1, maps[-1] + 1):
        if isinstance(layers[later], Activation):
            return later
        if place == later - 1 and isinstance(layers[later], (BatchNormalization, Dropout)):
            place = later
    return place


def _as_ink(digit: np.ndarray, target: int) -> np.ndarray:
    """The digit from 0 to 1, float32 (28, 28), if it is one and the target as well."""
    if not 0 <= target < CLASSES:
        raise ValueError(f"the target is one of the ten readings, 0 to 9, not {target}")
    return to_input(digit[None])[0, ..., 0]


def _towards(values: list[np.ndarray], target: int) -> np.ndarray:
    """The gradient of the target's logit by all logits."""
    towards = np.zeros_like(values[-2])
    towards[:, target] = 1
    return towards


def _logits_and_gradients(network: Network, inks: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Of many pictures the target's logit, float32 (n,), and its gradient by the ink, (n, 28, 28)."""
    logits, gradients = [], []
    for start in range(0, len(inks), CHUNK):
        values = network.values(inks[start : start + CHUNK])
        logits.append(values[-2][:, target])
        found = backward(network, values, _towards(values, target), at=len(network.layers) - 2)
        gradients.append(found.inputs)
    return np.concatenate(logits), np.concatenate(gradients)


def _along(network: Network, ink: np.ndarray, ways: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
    """The same on the way from blank paper (0) to the digit (1)."""
    return _logits_and_gradients(network, ways.astype(np.float32)[:, None, None] * ink, target)


def _centres(layers: tuple[Layer, ...]) -> np.ndarray:
    """Where each cell of the last layer's maps looks, along one axis: float64, in cells of the digit.

    Digits and windows are square, so that both axes have the same.
    """
    cells, first, step = INPUT_SHAPE[0], 0.0, 1.0
    for layer, shape in zip(layers, stack_shapes(layers)[1:], strict=True):
        size, stride = layer.window() or (1, 1)
        padding = getattr(layer, "padding", "valid")
        before = same_padding(cells, size, stride)[0] if padding == "same" else 0
        first += ((size - 1) / 2 - before) * step
        step *= stride
        cells = shape[0]
    return first + step * np.arange(cells)


def _between(centres: np.ndarray) -> np.ndarray:
    """The matrix (28, n) that draws n values at their centres and straight lines between them.

    Beyond the outermost centres it goes on with their values.
    """
    places = np.arange(INPUT_SHAPE[0])
    return np.stack([np.interp(places, centres, row) for row in np.eye(len(centres))], axis=1)
