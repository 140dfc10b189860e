"""The runs that a claim is judged by: the bundled ones, or those that a person put in their place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from app import cache, state
from app.portions import walk
from app.prose import say
from app.seen import Snapshot
from app.snapshots import snapshot
from model.checkpoint import CheckpointError
from model.claims.catalogue import CLAIMS, Arm, Claim
from model.claims.outcomes import Outcome, accuracy_by_shift, outcome_of, outcomes, read_loss, shifted_places
from model.datasets import DataError
from model.recipe import Recipe
from model.runs.records import RunError

NOTE = "claim"  # the note by which a run is known as part of such an experiment; it holds the claim's name
ALONE = "alone"  # in that note: such runs are compared with one another, and with no bundled ones
READ = 500  # digits read with a run that a person put there, of each kind that is asked for


@dataclass(frozen=True)
class Shown:
    """One arm of a claim as it is shown.

    Args:
        arm: which.
        recipe: what its runs trained: the arm's own, or another that stands in its place.
        outcomes: of its runs that have finished at least one epoch.
        runs: those that a person put there, as they stand; empty where the bundled ones are shown.
    """

    arm: Arm
    recipe: Recipe
    outcomes: tuple[Outcome, ...]
    runs: tuple[Snapshot, ...] = ()

    @property
    def unfinished(self) -> bool:
        """Whether some of its runs wait or train."""
        return any(run.unfinished for run in self.runs)


def chosen_claim() -> Claim:
    """The claim that the person looks at; the first where the link names none that there is."""
    return CLAIMS.get(state.now().claim or "", next(iter(CLAIMS.values())))


def stand_ins(claim: Claim) -> tuple[tuple[str, ...], ...]:
    """The runs that stand in the place of a claim's own: for each arm their names, as the person chose."""
    chosen = state.now().stand_ins if state.now().claim in (claim.name, None) else ()
    return tuple(tuple(name for arm, name in chosen if arm == place) for place in range(len(claim.arms)))


def gathered(claim: Claim, names: Sequence[Sequence[str]]) -> list[Shown]:
    """The arms with their runs, in the claim's order.

    Args:
        claim: which.
        names: of the runs in the place of each arm's own, as `stand_ins` gives them. Those that are gone are
            left out.
    """
    found = []
    for arm, chosen in zip(claim.arms, names, strict=True):
        runs = tuple(run for run in map(_find, chosen) if run is not None)
        if not runs:
            found.append(Shown(arm, arm.recipe, outcomes(arm)))
            continue
        known = tuple(_outcome(run) for run in runs if len(run.epochs) > 1)
        found.append(Shown(arm, runs[0].recipe, known, runs))
    if any(_is_alone(run) for shown in found for run in shown.runs):
        found = [shown if shown.runs else replace(shown, outcomes=()) for shown in found]
    if any(shown.runs for shown in found) and not any(shown.unfinished for shown in found):
        return _read(claim, found)
    return found


def is_there(name: str) -> bool:
    """Whether a run of that name can be looked at."""
    return _find(name) is not None


def _find(name: str) -> Snapshot | None:
    try:
        return snapshot(name)
    except (RunError, CheckpointError):  # it was deleted since it was chosen
        return None


def _is_alone(seen: Snapshot) -> bool:
    """Whether a run learned with a network and digits of its own, unlike the bundled ones."""
    return bool(seen.run and (seen.run.notes.get(NOTE) or {}).get(ALONE))


def _outcome(seen: Snapshot) -> Outcome:
    test = seen.run.notes.get("test") if seen.run else None
    counted = (int(test["count"]) - int(test["errors"]), int(test["count"])) if test else None
    return outcome_of(seen.recipe, seen.epochs, test=counted, seconds=seen.epochs[-1].seconds)


def _read(claim: Claim, arms: Sequence[Shown]) -> list[Shown]:
    """The arms with what only reading digits can tell of a person's runs, where the claim asks for it."""
    if claim.measure not in ("gap", "fall"):
        return list(arms)
    addresses = [_address(run) for shown in arms for run in shown.runs if len(run.epochs) > 1]
    saying = say("claims", "reading", runs=len(addresses))
    work = _training_loss if claim.measure == "gap" else _by_shift
    walk(addresses, work, saying)
    found = []
    for shown in arms:
        with_epochs = [run for run in shown.runs if len(run.epochs) > 1]
        if not with_epochs:
            found.append(shown)
            continue
        known = []
        for run, outcome in zip(with_epochs, shown.outcomes, strict=True):
            if claim.measure == "gap":
                loss = _training_loss(_address(run))
                known.append(replace(outcome, read_loss=() if loss is None else (loss,)))
            else:
                known.append(replace(outcome, shifted=_by_shift(_address(run))))
        found.append(replace(shown, outcomes=tuple(known)))
    return found


def _address(run: Snapshot) -> str:
    return f"{run.name}:{run.epochs[-1].epoch}"


@lru_cache(maxsize=128)
def _training_loss(address: str) -> float | None:
    """The loss of the first training digits of a checkpoint; None where they aren't on this machine."""
    checkpoint = cache.checkpoint(address)
    try:
        digits = cache.digits(checkpoint.recipe.dataset, "train")
    except DataError:
        return None
    return read_loss(checkpoint.network, digits.images[:READ], digits.labels[:READ])


@lru_cache(maxsize=128)
def _by_shift(address: str) -> tuple[float, ...]:
    digits = cache.validation_digits(address)
    places = shifted_places(digits.labels, min(READ, len(digits)))
    network = cache.checkpoint(address).network
    return accuracy_by_shift(network, digits.images[places], digits.labels[places])


def by_name(arms: Sequence[Shown]) -> Mapping[str, Sequence[Outcome]]:
    """The outcomes by the arms' names."""
    return {shown.arm.name: shown.outcomes for shown in arms}
