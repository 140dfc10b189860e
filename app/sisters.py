"""Sisters: runs of one recipe that differ in their seed alone. They are measured together: a mean, a band."""

from collections.abc import Mapping
from dataclasses import replace

from app import networks, workroom
from model.runs.records import Run

MOST = 8  # seeds that are measured together: more would take a minute, and tell little more


def choices(in_hand: str) -> dict[str, tuple[str, ...]]:
    """What a person can choose to measure, and which networks each choice stands for.

    Args:
        in_hand: the name in hand, which stands for its sisters, if it has any.

    Returns:
        Name to names, in the order of `networks.choices`. A finished run stands for all finished runs of its
        recipe, one for each seed, by seed; those aren't listed themselves. Anything else stands for itself.
    """
    finished = {run.id: run for run in _runs(in_hand) if run.status == "done"}
    families: dict[object, list[Run]] = {}
    for run in sorted(finished.values(), key=lambda run: run.id != in_hand):
        families.setdefault(_family(run), []).append(run)
    found: dict[str, tuple[str, ...]] = {}
    for name in networks.choices(in_hand):
        if name not in finished:
            found[name] = (name,)
            continue
        family = families[_family(finished[name])]
        found[family[0].id] = _by_seed(family)
    return found


def title(name: str, stands_for: Mapping[str, tuple[str, ...]]) -> str:
    """What a choice is called: as `networks.label`, with its number of seeds where there are several."""
    seeds = len(stands_for[name])
    return networks.label(name) + (f", {seeds} seeds" if seeds > 1 else "")


def _runs(in_hand: str) -> list[Run]:
    """The person's runs, newest first, and those beside the run in hand, which a link may have brought."""
    own = workroom.my_runs()
    if not networks.is_run(in_hand) or any(run.id == in_hand for run in own):
        return own
    brought = workroom.store().get(in_hand)
    return own + [run for run in workroom.store().find() if run.experiment == brought.experiment]


def _family(run: Run) -> object:
    return replace(run.recipe, seed=0, name="-").to_json(), run.parent


def _by_seed(family: list[Run]) -> tuple[str, ...]:
    """One run for each seed: the first of the list."""
    seeds: dict[int, str] = {}
    for run in family:
        seeds.setdefault(run.recipe.seed, run.id)
    return tuple(seeds[seed] for seed in sorted(list(seeds)[:MOST]))
