"""Comparing runs: curves on the same axes, what differs in their recipes, whether a difference is real."""

import html
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from app import live_chart, state
from app.charts import overlay
from app.charts.curves import HEIGHT
from app.charts.overlay import Group, grouped
from app.charts.words import overlay_alt
from app.progress import standing_html
from app.prose import say
from app.seen import Snapshot
from app.snapshots import snapshot
from model.cards import percent
from model.checkpoint import VALIDATION_COUNTS
from model.intervals import Z_95, wilson
from model.recipe import Recipe
from model.runs.records import NoRunError, RunError
from model.seeds import difference_interval, spread

MOST_GROUPS = 8  # as many colours as can be told apart
MOST_RUNS = 24
PLACES = "places of the recipes compared"  # under this name the session keeps their colours
TICK_SECONDS = 1.0
MOST_TOLD = 3  # guesses in words; the chart has them all
MOST_NAMED = 2  # fields in a legend; the table has them all


def show(run_ids: Sequence[str]) -> None:
    """Shows several runs on the same axes, and what differs between them; anew each second while one trains.

    Args:
        run_ids: runs' ids, or names of bundled networks. The first `MOST_RUNS` of them are shown, in at most
            `MOST_GROUPS` recipes; runs that differ only in their seed become one mean with a band.

    Raises:
        RunError: one of them isn't there.
    """
    runs = [snapshot(run_id) for run_id in run_ids[:MOST_RUNS]]
    every = TICK_SECONDS if any(run.unfinished for run in runs) else None
    places = overlay.placed([run.recipe for run in runs], state.kept(PLACES, {}))
    state.keep(PLACES, places)
    st.fragment(_look, run_every=every)(tuple(run_ids[:MOST_RUNS]), every is not None, tuple(places.items()))


def _look(run_ids: tuple[str, ...], polling: bool, places: tuple[tuple[str, int], ...]) -> None:
    try:
        runs = tuple(snapshot(run_id) for run_id in run_ids)
    except NoRunError:
        st.rerun()  # it was deleted: the page knows what to say
    except RunError as error:  # the store doesn't answer now; the next tick asks again
        st.warning(str(error))
        return
    if polling and not any(run.unfinished for run in runs):
        st.rerun()
    content, said, table = _made(runs, places)
    st.html(standing_html(runs))
    live_chart.show(content, "comparing", HEIGHT)
    st.html(said)
    st.html(table)


@lru_cache(maxsize=16)
def _made(runs: tuple[Snapshot, ...], places: tuple[tuple[str, int], ...]) -> tuple[bytes, str, str]:
    """The chart, the answer and the table, made once for all who look at the same runs."""
    groups = sorted(grouped(runs, dict(places))[:MOST_GROUPS], key=lambda group: group.place)
    fields = differences([group.runs[0].recipe for group in groups])
    names = [_legend(group, fields, place) for place, group in enumerate(groups)]
    content = live_chart.to_content(overlay.overlay(groups, names), overlay_alt(groups))
    notes = [_guess(groups), is_it_real(groups)]
    said = "".join(f'<p class="lab-note" role="status">{html.escape(note)}</p>' for note in notes if note)
    return content, f'<div class="lab-answer-to">{said}</div>', _table(groups, fields)


def differences(recipes: Sequence[Recipe]) -> dict[str, list[str]]:
    """What differs between recipes, by field, each as it is in every recipe; seeds and names are left out."""
    flat = [_flat(recipe.to_dict()) for recipe in recipes]
    flat = [
        each | {"layers": f"{recipe.parameters:,} parameters"}
        for each, recipe in zip(flat, recipes, strict=True)
    ]
    layers = {repr(recipe.layers) for recipe in recipes}
    names = dict.fromkeys(name for each in flat for name in each if name not in ("seed", "name"))
    table = {name: [_text(each.get(name)) for each in flat] for name in names}
    differ = {
        name: values
        for name, values in table.items()
        if (len(layers) > 1 if name == "layers" else len(set(values)) > 1)
    }
    # two kinds of annealer are settings of two different things
    apart = "annealer" in differ
    return {name: values for name, values in differ.items() if not (apart and name.startswith("annealer "))}


def _flat(part: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in part.items():
        label = f"{before}{name}".replace("_", " ").removesuffix(" name")
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{label} ")
        elif name != "layers":
            flat[label] = value
    return flat


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _legend(group: Group, fields: Mapping[str, Sequence[str]], place: int) -> str:
    told = [f"{name} {values[place]}" for name, values in list(fields.items())[:MOST_NAMED]]
    if len(group.runs) > 1:
        told.append(f"mean of {len(group.runs)} seeds")
    elif not told:
        told.append(f"seed {group.runs[0].recipe.seed}")
    return f"{group.letter}: {', '.join(told)}"


def is_it_real(groups: Sequence[Group]) -> str:
    """Whether the best two recipes differ by more than chance, in plain words; "" with nothing to compare.

    Over several seeds by Welch's interval; with one run each by what the count of validation digits allows.
    """
    ranked = sorted(
        (group for group in groups if group.final_accuracies),
        key=lambda group: -spread(group.final_accuracies)[0],
    )
    if len(ranked) < 2:
        if ranked and len(ranked[0].final_accuracies) > 1:
            mean, deviation = spread(ranked[0].final_accuracies)
            count = len(ranked[0].final_accuracies)
            return say("comparing", "one recipe", seeds=count, mean=f"{mean:.2%}", spread=_points(deviation))
        return ""
    first, second = ranked[:2]
    (mean, _), (other, _) = spread(first.final_accuracies), spread(second.final_accuracies)
    told = {"first": first.letter, "second": second.letter, "apart": _points(mean - other)}
    told |= {"mean": f"{mean:.2%}", "other": f"{other:.2%}"}
    so_far = say("comparing", "so far") + " " if any(run.unfinished for g in ranked for run in g.runs) else ""
    if min(len(first.final_accuracies), len(second.final_accuracies)) >= 2:
        low, high = difference_interval(first.final_accuracies, second.final_accuracies)
        passage = "real over seeds" if low > 0 else "chance over seeds"
        return so_far + say("comparing", passage, **told, low=_points(low), high=_points(high))
    count = min(VALIDATION_COUNTS.get(group.runs[0].recipe.dataset, 1000) for group in (first, second))
    reach = Z_95 * ((mean * (1 - mean) + other * (1 - other)) / count) ** 0.5
    passage = "more than counting" if mean - other > reach else "no more than counting"
    return so_far + say("comparing", passage, **told, count=count, reach=_points(reach))


def _points(share: float) -> str:
    return f"{100 * share:.2f}".replace("-", "−")


def _guess(groups: Sequence[Group]) -> str:
    """What was guessed, of a pair's annealer or of an accuracy, and what came; "" while it isn't over."""
    runs = [run for group in groups for run in group.runs]
    guesses = [run.run.notes.get("guess") for run in runs if run.run]
    guess = next((each["winner"] for each in guesses if isinstance(each, Mapping) and "winner" in each), None)
    if guess is None or len(runs) != 2:
        return " ".join(_accuracy_guess(group, value) for group, value in overlay.guesses(groups)[:MOST_TOLD])
    if guess not in ("with", "without", "neither") or any(run.unfinished for run in runs):
        return ""
    ends = {}
    for run in runs:
        accuracy = run.epochs[-1].validation_accuracy if run.epochs else None
        if accuracy is None:
            return ""
        ends["without" if run.recipe.annealer.name == "none" else "with"] = accuracy
    if len(ends) != 2:
        return ""
    higher = "neither" if ends["with"] == ends["without"] else max(ends, key=lambda name: ends[name])
    shown = {name.replace("out", "_out"): f"{value:.2%}" for name, value in ends.items()}
    passage = "guess was right" if guess == higher else "guess was wrong"
    return say("comparing", passage, guess=guess, with_it=shown["with"], without_it=shown["with_out"])


def _accuracy_guess(group: Group, guess: float) -> str:
    mean, deviation = spread(group.final_accuracies)
    seeds = len(group.final_accuracies)
    told = {"letter": group.letter, "guess": f"{guess:.1%}", "mean": f"{mean:.2%}"}
    told |= {"apart": _points(abs(mean - guess))}
    if seeds == 1:
        return say("comparing", "guess of one run", **told)
    return say("comparing", "guess over seeds", **told, seeds=seeds, spread=_points(deviation))


def _table(groups: Sequence[Group], fields: Mapping[str, Sequence[str]]) -> str:
    head = "".join(
        f'<th scope=col><i style="background:var(--lab-run-{group.place + 1})"></i>{group.letter}</th>'
        for group in groups
    )
    rows = [(name, values) for name, values in fields.items()]
    rows.append(("seeds" if any(len(g.runs) > 1 for g in groups) else "seed", [_seeds(g) for g in groups]))
    rows.append(("validation accuracy", [_accuracy(group) for group in groups]))
    rows.append(("epochs done", [_epochs(group) for group in groups]))
    body = "".join(
        f"<tr><th scope=row>{html.escape(name)}</th>"
        + "".join(f"<td>{html.escape(value)}</td>" for value in values)
        + "</tr>"
        for name, values in rows
    )
    caption = "What differs" if fields else "Nothing differs but the seeds"
    return (
        f'<div class="lab-differs"><table><caption>{caption}</caption>'
        f"<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _seeds(group: Group) -> str:
    return ", ".join(str(run.recipe.seed) for run in group.runs)


def _accuracy(group: Group) -> str:
    values = group.final_accuracies
    if not values:
        return "–"
    if len(values) > 1:
        mean, deviation = spread(values)
        return f"{mean:.2%} ± {_points(deviation)}"
    count = VALIDATION_COUNTS.get(group.runs[0].recipe.dataset)
    if not count:
        return f"{values[0]:.1%}"
    low, high = wilson(round(values[0] * count), count)
    return f"{percent(values[0], count)} ({percent(low, count).rstrip('%')} to {percent(high, count)})"


def _epochs(group: Group) -> str:
    done = sorted({run.epochs[-1].epoch if run.epochs else 0 for run in group.runs})
    total = group.runs[0].recipe.epochs
    return f"{done[0]} of {total}" if len(done) == 1 else f"{done[0]} to {done[-1]} of {total}"
