"""What trials found, digit by digit, and what follows from it; the bundled networks' results come along.

They lie in ``assets/robustness``, a file for each network, made by ``python -m benchmarks.robustness``. All
read the same 500 digits, and it is kept of each whether it was read right: so two networks are compared on
the same digits, and not only their means.
"""

import base64
import functools
import hashlib
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from model.datasets import Digits, load_digits
from model.forward import Network
from model.intervals import Z_95
from model.robustness.trials import TRIALS
from model.sweeps import evenly

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "robustness"
# mini's validation digits: no network that comes with the project has learned from any of them, whichever
# data set it learned from. As many as here tell an accuracy of 95% to within 2 points.
DATASET, PART, COUNT = "mini", "validation", 500

Right = Mapping[str, np.ndarray]  # trial to bool (networks, strengths, n): which digits were read right


@dataclass(frozen=True)
class Share:
    """A share over digits, with its 95% interval.

    Args:
        share: 0 to 1; a difference of shares −1 to 1.
        low: the interval's lower end.
        high: its upper end.
    """

    share: float
    low: float
    high: float


def tried_digits() -> tuple[Digits, np.ndarray]:
    """The part of the data that the bundled results are of, and the places of their digits in it."""
    digits = load_digits(DATASET, PART)
    return digits, evenly(digits.labels, COUNT)


def mean_right(right: Right, names: Sequence[str]) -> Share:
    """How many digits are read right on average, every trial and in it every strength counting alike.

    The interval is over the digits: each gives one number, its own mean over trials, strengths and networks.

    Args:
        right: what was found.
        names: of the trials, at least one.
    """
    return _over_digits(_by_digit(right, names))


def difference(right: Right, base: Right, names: Sequence[str]) -> Share:
    """How far one mean is above another that is of the same digits; the interval is of the paired difference.

    Args:
        right: what was found.
        base: what was found with the networks that they are compared with.
        names: of the trials.

    Raises:
        ValueError: they aren't of as many digits.
    """
    ours, theirs = _by_digit(right, names), _by_digit(base, names)
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} digits can't be compared with {len(theirs)} others")
    return _over_digits(ours - theirs)


def corruption_error(right: Right, base: Right, names: Sequence[str]) -> float | None:
    """The mean corruption error (Hendrycks and Dietterich 2019, "Benchmarking Neural Network Robustness").

    Of each corruption the errors of one network in all strengths over those of another; the mean of that.

    Args:
        right: what was found.
        base: what was found with the other one.
        names: of the corruptions.

    Returns:
        1 where both fail as often, below 1 where the first fails less; None where the other never fails under
        some corruption.
    """
    errors = [(1 - right[name].mean(), 1 - base[name].mean()) for name in names]
    if not all(theirs for _, theirs in errors):
        return None
    return float(np.mean([ours / theirs for ours, theirs in errors]))


def fingerprint(networks: Sequence[Network]) -> str:
    """What tells networks from others: 16 hexadecimal digits of a hash over their weights."""
    return _fingerprint(tuple(networks))


@functools.lru_cache(maxsize=8)  # a network's weights never change
def _fingerprint(networks: tuple[Network, ...]) -> str:
    found = hashlib.sha256()
    for network in networks:
        for name in sorted(network.weights):
            found.update(name.encode())
            found.update(np.ascontiguousarray(network.weights[name], "<f4").tobytes())
    return found.hexdigest()[:16]


def bundled_results(name: str, networks: Sequence[Network]) -> Right | None:
    """What was found beforehand.

    Args:
        name: a bundled network, or a side of the bundled pair.
        networks: whose results are asked for; those of others of that name, such as another epoch, won't do.

    Returns:
        By trial, read-only; None where nothing was measured with these networks.
    """
    if name not in {path.stem for path in FOLDER.glob("*.json")}:
        return None
    known, right = _read(name)
    return right if known == fingerprint(networks) else None


def write_results(path: Path, networks: Sequence[Network], right: Right) -> None:
    """Keep what was found.

    Args:
        path: of the file.
        networks: who read.
        right: what was found, of some trials or of all.
    """
    content = {
        "dataset": DATASET,
        "part": PART,
        "count": COUNT,
        "networks": len(networks),
        "fingerprint": fingerprint(networks),
        "right": {name: _pack(found) for name, found in right.items()},
    }
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(content, indent=0) + "\n", "utf-8")
    aside.replace(path)


def read_results(path: Path) -> tuple[str, Right]:
    """What `write_results` kept: the networks' fingerprint, and what was found."""
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    right = {
        name: _unpack(text, (content["networks"], len(TRIALS[name].strengths), content["count"]))
        for name, text in content["right"].items()
    }
    return content["fingerprint"], MappingProxyType(right)


@functools.cache
def _read(name: str) -> tuple[str, Right]:
    return read_results(FOLDER / f"{name}.json")


def _pack(right: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(np.packbits(right).tobytes(), 9)).decode()


def _unpack(text: str, shape: tuple[int, ...]) -> np.ndarray:
    bits = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
    right = np.unpackbits(bits, count=math.prod(shape)).astype(bool).reshape(shape)
    right.flags.writeable = False
    return right


def _by_digit(right: Right, names: Sequence[str]) -> np.ndarray:
    """Of each digit its mean over trials, strengths and networks: float64 (n,)."""
    # strengths first, so that a trial with more of them counts no more
    return np.mean([right[name].mean(axis=(0, 1)) for name in names], axis=0)


def _over_digits(values: np.ndarray) -> Share:
    mean = float(values.mean())
    reach = Z_95 * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Share(mean, mean - reach, mean + reach)
