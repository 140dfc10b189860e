"""What networks make of thousands of digits, for everybody at once: here, or by the workers if it takes long.

Nothing here waits. Whoever asks gets what is known so far and asks again (`until_read` does so for a page);
what is known is kept, and shared by all who want to know the same of the same network.
"""

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app import cache, networks, workroom
from model.checkpoint import bundled_names, checkpoint_epochs
from model.evaluation.kept import PARTS, Readings, bundled_readings
from model.forward import Network
from model.probes.dossier import responses as largest_responses
from model.probes.units import feature_width, mixing_places, response_end, units_of
from model.recipe import CLASSES, multiply_adds
from model.runs.records import RunError
from model.workers.calls import FEATURES_OF_PART, READ_IN_BULK, READ_PART, RESPONSES_OF_PART

Key = tuple[Hashable, str | None, Hashable]

READING_SECONDS = 0.25  # of the server's time for one question: while somebody waits it hardly rests
PORTION = 50  # digits read here between two looks at the clock
# Multiply-adds that are done here: in a large network half a second of one core, in a small one, most of
# whose time goes elsewhere, a second and a half, bit by bit. To ask a worker takes longer.
HERE = 3e9
# And all together that are done here as long as no worker is awake: some five seconds of one core. To wake
# one takes ten, and what it imports would take the processor from who reads.
ALONE = 1e11
LOOK = 1000  # digits that a worker reads at a time: half a second of it, so that others come in between
# Looks that are on their way in the whole server, a second for each worker so that none waits for a question.
# Whoever has none on the way may ask for one all the same: then nobody waits for ever.
IN_FLIGHT = 4
MOST_BYTES = 128_000_000  # of what is kept (a reading takes 40 bytes a digit), and of pictures that wait
FORGOTTEN_SECONDS = 10.0  # after which nobody waits for a reading: whoever does asks twice a second
PATIENCE_SECONDS = 1.0  # before what failed is tried again, if anybody asks

_lock = threading.Lock()
_readers = ThreadPoolExecutor(2, thread_name_prefix="reader")  # NumPy lets both read at the same time
_jobs: "OrderedDict[Key, _Job]" = OrderedDict()  # the one that was asked for longest ago comes first
_flying: list["Future[Any]"] = []  # all looks on their way


# What a worker does, as it is done here.
_HERE: dict[str, Callable[..., np.ndarray]] = {
    READ_PART: Network.probabilities,
    FEATURES_OF_PART: Network.features,
    RESPONSES_OF_PART: lambda network, images, place: largest_responses(network, place, images),
}


@dataclass(frozen=True, eq=False)
class Reading:
    """What a network makes of digits, as far as it has come.

    Attributes:
        values: float32 (k, width), of the first k digits, such as the ten probabilities; read-only.
        total: how many digits there are.
        problem: why no more will come, in plain words; "" when all is well.
    """

    values: np.ndarray
    total: int
    problem: str = ""

    @property
    def finished(self) -> bool:
        """Whether all of them are read."""
        return len(self.values) == self.total


@dataclass(eq=False)
class _Job:
    """Digits that are read bit by bit. Its lock is held by who works on it, which only one does at a time."""

    name: str | None
    values: np.ndarray  # float32 (total, width), filled from the front
    images: Callable[[], np.ndarray]
    each: int  # multiply-adds for one of them
    part: tuple[str, str] | None = None  # data set and part, where a worker can read them itself
    work: str = READ_PART  # which of `_HERE`
    extra: tuple[int, ...] = ()  # what that work asks besides digits
    out: cache.Out = ()  # filters that are switched off
    known: int = 0  # how many are read in a row
    found: dict[int, np.ndarray] = field(default_factory=dict)  # by their first digit, further on
    flying: dict[int, "Future[Any]"] = field(default_factory=dict)  # likewise, on their way
    made: np.ndarray | None = None  # what `images` gave
    has_help: bool = False  # whether a worker has read some of them
    problem: str = ""
    failed: float = 0.0  # on the monotonic clock
    asked: float = field(default_factory=time.monotonic)  # when somebody last wanted to know
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reading(self, problem: str = "") -> Reading:
        """How far it has come."""
        read = self.values[: self.known]
        read.flags.writeable = False
        return Reading(read, len(self.values), problem or self.problem)

    def add(self, read: np.ndarray) -> None:
        """Takes what was made of the digits that come next."""
        self.values[self.known : self.known + len(read)] = read
        self.known += len(read)
        if self.known == len(self.values):
            self.made = None

    def fail(self, problem: str) -> None:
        """Remembers why it can't go on."""
        self.problem, self.failed = problem, time.monotonic()


def read_part(name: str | None, dataset: str, part: str, out: cache.Out = ()) -> Reading:
    """What a network reads in one part of a data set, as far as it has come; asked again, it comes further.

    Args:
        name: the network's address; None for the default one.
        dataset: a data set's name.
        part: one of its parts.
        out: filters that are switched off, as for `cache.network`.

    Returns:
        The ten probabilities of each digit.

    Raises:
        CheckpointError: there is no such network.
        DataError: the data set's files are missing or damaged, and the readings don't come with the network.
    """
    kept = None if out else bundled(to_address(name), dataset, part)
    if kept is not None:
        return Reading(kept.probabilities, len(kept.labels))
    return _of_part(READ_PART, name, dataset, part, CLASSES, out=out)


def responses(name: str | None, place: int, dataset: str, part: str) -> Reading:
    """How strongly the units of a layer answer to each digit, see `model.probes.dossier.responses`.

    Args:
        name: as in `read_part`.
        place: a layer with units.
        dataset: likewise.
        part: likewise.

    Raises:
        CheckpointError, DataError: as in `read_part`.
    """
    layers = cache.checkpoint(name).recipe.layers
    end, width = response_end(layers, place), units_of(layers[place])
    return _of_part(RESPONSES_OF_PART, name, dataset, part, width, end, extra=(place,))


def features(
    name: str | None, dataset: str, part: str, total: int | None = None, out: cache.Out = ()
) -> Reading:
    """How the last hidden layer describes each digit, see `Network.features`.

    Args:
        name: as in `read_part`.
        dataset: likewise.
        part: likewise.
        total: how many of its first digits; None for all.
        out: likewise.

    Raises:
        CheckpointError, DataError: as in `read_part`.
    """
    layers = cache.checkpoint(name).recipe.layers
    end, width = mixing_places(layers)[-1], feature_width(layers)
    return _of_part(FEATURES_OF_PART, name, dataset, part, width, end, total, out=out)


def read_images(name: str | None, key: Hashable, images: Callable[[], np.ndarray], total: int) -> Reading:
    """What a network reads in digits that are made by code; else as `read_part`.

    Args:
        name: as there.
        key: what names these digits for everybody: the readings are kept under it.
        images: makes them, uint8 (total, 28, 28), ink bright on black; called if they must be read.
        total: how many they are.
    """
    address = to_address(name)
    empty = np.zeros((total, CLASSES), np.float32)
    each = cache.checkpoint(address).recipe.multiply_adds
    return _go_on(("images", address, key), lambda: _Job(address, empty, images, each))


def together(readings: Sequence[Reading]) -> Reading:
    """Several readings as one, to tell how far they are: their values one behind the other.

    Args:
        readings: at least one.
    """
    problem = next((reading.problem for reading in readings if reading.problem), "")
    read = np.concatenate([reading.values for reading in readings])
    return Reading(read, sum(reading.total for reading in readings), problem)


def to_address(name: str | None) -> str | None:
    """The one address under which is kept what a checkpoint makes of digits."""
    return networks.to_address(*networks.split(name))


def bundled(address: str | None, dataset: str, part: str) -> Readings | None:
    """The readings that come with a bundled network: of its own data set, after its last epoch."""
    name, epoch = networks.split(address)
    if part not in PARTS or name not in bundled_names() or epoch != checkpoint_epochs(name)[-1]:
        return None
    return bundled_readings(name, part) if cache.checkpoint(address).recipe.dataset == dataset else None


def _of_part(
    work: str,
    name: str | None,
    dataset: str,
    part: str,
    width: int,
    end: int | None = None,
    total: int | None = None,
    extra: tuple[int, ...] = (),
    out: cache.Out = (),
) -> Reading:
    """A reading by the layers before `end` (None for all), which give `width` values for each digit."""
    address = to_address(name)
    each = multiply_adds(cache.checkpoint(name).recipe.layers[:end])

    def make() -> _Job:
        count = min(total or sys.maxsize, len(cache.digits(dataset, part)))
        empty = np.zeros((count, width), np.float32)
        where = dataset, part
        return _Job(
            address, empty, lambda: cache.digits(*where).images[:count], each, where, work, extra, out
        )

    return _go_on(((work, *extra), address, (dataset, part, total, out)), make)


def _go_on(key: Key, make: Callable[[], _Job]) -> Reading:
    """Brings a job a little further, unless somebody else is just doing so; says how far it is."""
    with _lock:
        job = _jobs.get(key)
    if job is None:
        made = make()
        with _lock:
            job = _jobs.setdefault(key, made)
    with _lock:
        if key in _jobs:
            _jobs.move_to_end(key)
            job.asked = time.monotonic()
        _make_room(key)
    reading = job.reading()
    if reading.finished or not job.lock.acquire(blocking=False):
        return reading
    try:
        if job.problem and time.monotonic() < job.failed + PATIENCE_SECONDS:
            return reading
        job.problem = ""
        is_small, can_here = len(job.values) * job.each <= HERE, PORTION * job.each <= HERE
        if not is_small and (not can_here or job.flying or workroom.is_awake() or _to_do() > ALONE):
            _let_read(job)
        if can_here and not job.has_help:
            _read_here(job)
            if not is_small and job.reading().finished:
                workroom.wake()  # the next one will be quicker
        return job.reading(workroom.problem() if job.flying else "")
    finally:
        job.lock.release()


def _to_do() -> float:
    """Multiply-adds that somebody waits for."""
    late = time.monotonic() - FORGOTTEN_SECONDS
    with _lock:
        waiting = [job for job in _jobs.values() if job.asked > late]
    return sum((len(job.values) - job.known) * job.each for job in waiting)


def _make_room(kept: Key) -> None:
    """Forgets what was asked for longest ago: first what is finished, then what nobody waits for any more.

    A job that somebody waits for stays, whatever it takes: begun anew at every question, it would never end.

    Args:
        kept: the job that was asked for just now.
    """
    late = time.monotonic() - FORGOTTEN_SECONDS
    others = [(key, job) for key, job in _jobs.items() if key != kept]
    done = [key for key, job in others if job.known == len(job.values)]
    for key in [*done, *(key for key, job in others if key not in done and job.asked < late)]:
        if _bytes() <= MOST_BYTES:
            break
        del _jobs[key]


def _bytes() -> int:
    """How much memory all jobs hold; pictures that several of them read count once, those in a file never."""
    made = {id(job.made): job.made for job in _jobs.values() if job.made is not None}
    in_memory = sum(images.nbytes for images in made.values() if not isinstance(images, np.memmap))
    return in_memory + sum(job.values.nbytes for job in _jobs.values())


def _images(job: _Job) -> np.ndarray:
    if job.made is None:
        job.made = job.images()
    return job.made


def _read_here(job: _Job) -> None:
    until = time.monotonic() + READING_SECONDS
    network, images = cache.network(job.name, job.out), _images(job)

    def read(start: int) -> np.ndarray:
        return _HERE[job.work](network, images[start : start + PORTION], *job.extra)

    while job.known < len(job.values):
        # two portions at once
        for found in _readers.map(read, range(job.known, len(job.values), PORTION)[:2]):
            job.add(found)
        if time.monotonic() > until:
            break


def _let_read(job: _Job) -> None:
    """Takes in what workers have read, and asks them for more."""
    for start, future in list(job.flying.items()):
        if future.done():
            del job.flying[start]
            error = future.exception()
            if error is None:
                job.found[start], job.has_help = future.result(), True
            else:
                job.fail(str(error) or type(error).__name__)
    for start in sorted(job.found):
        if start > job.known:
            break
        job.add(job.found.pop(start)[job.known - start :])  # the first of them may have been read here
    if job.problem or job.known == len(job.values):
        return
    try:
        for start in range(job.known // LOOK * LOOK, len(job.values), LOOK):
            if start not in job.found and start not in job.flying:
                if job.flying and _looks_on_their_way() >= IN_FLIGHT:
                    break
                job.flying[start] = _ask(job, start)
    except RunError as error:
        job.fail(str(error))


def _looks_on_their_way() -> int:
    with _lock:
        _flying[:] = [future for future in _flying if not future.done()]
        return len(_flying)


def _ask(job: _Job, start: int) -> "Future[Any]":
    recipe = cache.checkpoint(job.name).recipe
    network = recipe.to_json(), dict(cache.network(job.name, job.out).weights)
    stop = min(start + LOOK, len(job.values))
    if job.part is None:
        future = workroom.look(READ_IN_BULK, *network, np.asarray(_images(job)[start:stop]))
    else:
        future = workroom.look(job.work, *network, *job.part, start, stop, *job.extra)
    with _lock:
        _flying.append(future)
    return future
