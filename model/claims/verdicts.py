"""What the outcomes of a claim's runs say of it: the figures that decide, their differences, the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from model.claims.catalogue import LEVEL, SHIFT, SHIFTS, Claim, Measure
from model.claims.outcomes import Outcome
from model.seeds import difference_interval, spread

# Of one pair: whether its 95% interval over seeds leaves zero, and on which side of it.
Finding = Literal["confirmed", "chance", "opposite"]
# Of the whole claim: every pair confirmed; some of them; none, for chance alone could have made it; or none,
# and one came out the other way round.
Verdict = Literal["confirmed", "partly", "not", "opposite"]


@dataclass(frozen=True)
class Comparison:
    """Two arms, of which a claim says that the first does better.

    Args:
        first: the arm that should be ahead.
        second: the other.
        difference: of the means of their figures, first minus second.
        low: the low end of its 95% interval over seeds (Welch).
        high: the high end.
        finding: what that says of the claim.
    """

    first: str
    second: str
    difference: float
    low: float
    high: float
    finding: Finding


def figure(measure: Measure, outcome: Outcome, tested: bool = True) -> float | None:
    """The figure of one run that decides.

    Args:
        measure: which.
        outcome: the run's.
        tested: for "accuracy", whether test digits count, or validation digits after the last epoch.

    Returns:
        For "accuracy" a share; for "epochs" the first epoch after which validation accuracy reached ``LEVEL``
        (one more than there were, where it never did); for "gap" validation loss minus training loss, both
        read after the last epoch, in nats; for "fall" the share of digits that is lost by a shift of
        ``SHIFT`` cells. None where the run doesn't have it, or not yet.
    """
    if measure == "epochs":
        return _epochs_to_level(outcome)
    if measure == "gap":
        if not outcome.read_loss or outcome.read_loss[-1] is None or outcome.validation_loss[-1] is None:
            return None
        return outcome.validation_loss[-1] - outcome.read_loss[-1]
    if measure == "fall":
        return outcome.shifted[0] - outcome.shifted[SHIFTS.index(SHIFT)] if outcome.shifted else None
    if not tested:
        return outcome.validation_accuracy[-1] if len(outcome.validation_accuracy) > 1 else None
    return outcome.test[0] / outcome.test[1] if outcome.test else None


def reached(outcome: Outcome) -> bool:
    """Whether a run's validation accuracy ever reached ``LEVEL``."""
    return any(share is not None and share >= LEVEL for share in outcome.validation_accuracy[1:])


def _epochs_to_level(outcome: Outcome) -> float | None:
    accuracies = outcome.validation_accuracy
    if len(accuracies) < 2:
        return None
    there = (
        epoch for epoch, share in enumerate(accuracies) if epoch and share is not None and share >= LEVEL
    )
    return float(next(there, len(accuracies)))


def can_be_tested(outcomes: Sequence[Outcome]) -> bool:
    """Whether all runs have read equally many test digits, so that what they read can be compared."""
    return len({outcome.test and outcome.test[1] for outcome in outcomes} - {None}) == 1 and all(
        outcome.test for outcome in outcomes
    )


def figures(claim: Claim, arms: Mapping[str, Sequence[Outcome]]) -> dict[str, tuple[float, ...]]:
    """The deciding figure of every run that has it, by arm.

    Args:
        claim: what is claimed.
        arms: outcomes by the arm's name.
    """
    tested = can_be_tested([outcome for outcomes in arms.values() for outcome in outcomes])
    found = {}
    for name, outcomes in arms.items():
        values = (figure(claim.measure, outcome, tested) for outcome in outcomes)
        found[name] = tuple(value for value in values if value is not None)
    return found


def compare(claim: Claim, by_arm: Mapping[str, Sequence[float]]) -> tuple[Comparison, ...]:
    """Every pair of a claim of which two runs each are known.

    Args:
        claim: what is claimed.
        by_arm: the figures, by the arm's name.
    """
    found = []
    for first, second in claim.pairs:
        ours, theirs = by_arm[first], by_arm[second]
        if min(len(ours), len(theirs)) < 2:
            continue
        low, high = difference_interval(ours, theirs)
        difference = spread(ours)[0] - spread(theirs)[0]
        ahead = low > 0 if claim.larger_is_better else high < 0
        behind = high < 0 if claim.larger_is_better else low > 0
        finding: Finding = "confirmed" if ahead else "opposite" if behind else "chance"
        found.append(Comparison(first, second, difference, low, high, finding))
    return tuple(found)


def verdict(comparisons: Sequence[Comparison]) -> Verdict | None:
    """What all pairs together say; None without any."""
    findings = {comparison.finding for comparison in comparisons}
    if not findings:
        return None
    if findings == {"confirmed"}:
        return "confirmed"
    if "confirmed" in findings:
        return "partly"
    return "opposite" if "opposite" in findings else "not"


def best(claim: Claim, by_arm: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    """The arm that is ahead on average, and those that chance alone may have put behind it; best first.

    Args:
        claim: what is claimed.
        by_arm: the figures, by the arm's name; arms with fewer than two runs are left out.
    """
    sign = -1 if claim.larger_is_better else 1
    known = {name: values for name, values in by_arm.items() if len(values) > 1}
    ranked = sorted(known, key=lambda name: sign * spread(known[name])[0])
    if not ranked:
        return ()
    first = ranked[0]
    near = []
    for name in ranked[1:]:
        low, high = difference_interval(known[first], known[name])
        if low <= 0 <= high:
            near.append(name)
    return (first, *near)
