"""Who is tried with digits made worse, on which digits, and what came of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from app import bulk, cache, measured, networks
from app.in_hand import in_hand
from app.measured import NoDigitsError
from model import bundled_pair
from model.datasets import Digits
from model.forward import Network
from model.robustness import results
from model.robustness.trials import CLEAN, TRIALS, Trial
from model.sweeps import Together

Address = str | None
DIGIT_SEED = (
    0  # of what is random in the pictures of one digit: the same lines in all five strengths, only more
)
EXAMPLE = 3  # the class of the digit that is shown until there is one in hand
AT_A_TIME = 2  # trials that are read at a time, so that no worker waits for the next


@dataclass(frozen=True, eq=False)
class Sample:
    """Digits to try networks with, which none of them has learned from.

    Attributes:
        digits: the part of the data that they are from.
        places: int (n,), theirs in it.
        is_bundled: whether they are those that the bundled results are of.
    """

    digits: Digits
    places: np.ndarray
    is_bundled: bool

    @property
    def images(self) -> np.ndarray:
        """uint8 (n, 28, 28)."""
        return self.digits.images[self.places]

    @property
    def labels(self) -> np.ndarray:
        """uint8 (n,)."""
        return self.digits.labels[self.places]

    @property
    def key(self) -> tuple[str, str, bytes]:
        """What names these digits."""
        return self.digits.dataset, self.digits.part, self.places.tobytes()


@dataclass(frozen=True)
class Tried:
    """Who is tried: a checkpoint, or a side of the bundled pair with all its seeds.

    Attributes:
        title: what it is called on screen; may hold a run's name.
        address: the checkpoint's; meaningless for a side.
        side: of the bundled pair; None for a checkpoint.
    """

    title: str
    address: Address = None
    side: bundled_pair.Side | None = None


@lru_cache(maxsize=32)
def sample(addresses: tuple[Address, ...]) -> Sample:
    """The digits to try some checkpoints with: where they may, those that the bundled results are of.

    Args:
        addresses: of the checkpoints, at least one.

    Raises:
        NoDigitsError: there are no digits that all can be tried with.
        DataError: their data set's files aren't here.
    """
    digits, places = _bundled()
    for address in addresses:
        if cache.validation_digits(address).class_names != digits.class_names or (
            cache.was_learned(address, digits.dataset, digits.part)[places].any()
        ):
            return Sample(*measured.unlearned(addresses), False)
    return Sample(digits, places, True)


@lru_cache(maxsize=1)
def _bundled() -> tuple[Digits, np.ndarray]:
    return results.tried_digits()


@dataclass(frozen=True, eq=False)
class Found:
    """What is known of somebody's trials.

    Attributes:
        right: by trial bool (networks, strengths, n), which digits were read right; of those that are done.
        read: how many digits were read, of all trials whose results don't come along.
        total: how many those are.
        problem: why it can't go on, in plain words; "" when all is well.
    """

    right: dict[str, np.ndarray]
    read: int
    total: int
    problem: str = ""

    @property
    def finished(self) -> bool:
        """Whether all trials are done."""
        return self.read == self.total


def find(who: Tried, names: Sequence[str], tried: Sample) -> Found:
    """What is known of some trials; brings the first ones that aren't done a little further.

    Args:
        who: is tried.
        names: of the trials.
        tried: the digits.

    Raises:
        NoDigitsError: the bundled pair was tried with other digits.
        CheckpointError: there is no such network.
    """
    known = _known(who) if tried.is_bundled else None
    right: dict[str, np.ndarray] = {}
    read = total = reading = 0
    problem, begun = "", time.monotonic()
    for name in names:
        if known is not None and name in known:
            right[name] = known[name]
            continue
        count = len(TRIALS[name].strengths) * len(tried.places)
        total += count
        if who.side is not None:
            raise NoDigitsError("The network in hand has learned from the digits that the bundled pair read.")
        # what is done already takes no time: so this ends only who reads anew
        if reading < AT_A_TIME and time.monotonic() - begun < bulk.READING_SECONDS:
            far = bulk.read_images(
                who.address, ("worse", name, *tried.key), partial(_series, name, tried), count
            )
            read, problem = read + len(far.values), problem or far.problem
            if far.finished:
                right[name] = TRIALS[name].right(far.values, tried.labels)[None]
            else:
                reading += 1
    return Found(right, read, total, problem)


def _known(who: Tried) -> results.Right | None:
    return results.bundled_results(who.side or networks.split(who.address)[0], _networks(who))


def _networks(who: Tried) -> tuple[Network, ...]:
    """Who reads: one network, or those of all seeds."""
    return (cache.checkpoint(who.address).network,) if who.side is None else bundled_pair.networks(who.side)


def _series(name: str, tried: Sample) -> np.ndarray:
    return TRIALS[name].series(tried.images)


@lru_cache(maxsize=512)
def pictures(digit: bytes, name: str) -> np.ndarray:
    """One digit in all strengths of a trial: uint8 (strengths, 28, 28), read-only.

    Args:
        digit: its 784 bytes.
        name: the trial's.
    """
    made = TRIALS[name].series(np.frombuffer(digit, np.uint8).reshape(1, 28, 28), DIGIT_SEED)
    made.flags.writeable = False
    return made


@lru_cache(maxsize=512)
def readings(who: Tried, digit: bytes, name: str) -> np.ndarray:
    """What somebody reads in those pictures, its networks on average: float32 (strengths, 10), read-only."""
    shown = pictures(digit, name)
    read = Together(_networks(who)).probabilities(shown)
    read.flags.writeable = False
    return read


@dataclass(frozen=True, eq=False)
class Scene:
    """Who is tried, and with what.

    Attributes:
        everybody: the network in hand first.
        sample: the digits that everybody is tried with.
        digit: uint8 (28, 28), the one that is shown.
        label: what it is, as its data set says; None for a person's own.
        what: what it is, in words.
        names: of the classes.
    """

    everybody: tuple[Tried, ...]
    sample: Sample
    digit: np.ndarray
    label: int | None
    what: str
    names: tuple[str, ...]

    def series(self, trial: Trial) -> np.ndarray:
        """The digit in all strengths of a trial, as it is among them: uint8 (strengths, 28, 28)."""
        made = pictures(self.digit.tobytes(), trial.name)
        return made if trial.kind == "sweep" else np.concatenate([self.digit[None], made])

    def readings(self, who: Tried, trial: Trial) -> np.ndarray:
        """What somebody reads in those: float32 (strengths, 10)."""
        names = (trial.name,) if trial.kind == "sweep" else (CLEAN, trial.name)
        return np.concatenate([readings(who, self.digit.tobytes(), name) for name in names])

    def misread(self, who: Tried, name: str) -> np.ndarray:
        """In which strengths of a trial somebody takes the digit for another: bool (strengths,)."""
        return readings(who, self.digit.tobytes(), name).argmax(axis=1) != self.own(who)

    def own(self, who: Tried) -> int:
        """What the digit should be read as: its label, else what this network reads in it as it is."""
        if self.label is not None:
            return self.label
        return int(readings(who, self.digit.tobytes(), CLEAN)[0].argmax())


def scene(everybody: tuple[Tried, ...]) -> Scene:
    """The network in hand, whoever is beside it, and the digit in hand, or an example until there is one.

    Args:
        everybody: who is tried, the network in hand first.

    Raises:
        NoDigitsError: there are no digits that all can be tried with.
        DataError: their data set's files aren't here.
    """
    tried = sample(tuple(who.address for who in everybody if who.side is None))
    names = tried.digits.class_names
    hand = in_hand()
    if hand is not None and hand.digit is not None:
        return Scene(everybody, tried, hand.digit, hand.label, hand.what, names)
    place = int(np.flatnonzero(tried.labels == EXAMPLE)[0])
    return Scene(everybody, tried, tried.images[place], EXAMPLE, "an example", names)
