"""The measured effect: the same recipe without, with, and with the unsafe flip, over seeds, in one press."""

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from app import cost, live_chart, recipe_form, state, take_away, workroom
from app.charts import effect as charts
from app.progress import duration
from app.prose import say
from app.snapshots import snapshot
from model.augmentation import LIMITS, Augmentation, Probabilities
from model.datasets import parts_of
from model.recipe import Recipe
from model.runs.records import Run, RunError
from model.seeds import difference_interval, spread

ARMS = ("without", "with", "with the flip")
SEEDS = 3
NOTE = "effect"  # the note by which a run is known as part of such an experiment; it holds the guess
TICK_SECONDS = 1.0
UNFINISHED = ("queued", "running", "paused")


@dataclass(frozen=True)
class Arm:
    """The runs of one of the three recipes.

    Attributes:
        name: one of `ARMS`.
        runs: as they stand, by seed.
        accuracies: validation accuracy at the end of each run that is done.
        tests: test accuracy of each run that was tested.
    """

    name: str
    runs: tuple[Run, ...]
    accuracies: tuple[float, ...]
    tests: tuple[float, ...]


def recipes(recipe: Recipe) -> list[Recipe]:
    """The recipes of the experiment: for every seed without, with, and with the flip.

    Args:
        recipe: with some augmentation.

    Raises:
        ValueError: it has none.
    """
    if not can_be_measured(recipe):
        raise ValueError("a recipe without augmentation, but for flips, has nothing to compare")
    chosen = recipe.augmentation or Augmentation()
    usual = replace(chosen.probabilities, flip=Probabilities().flip)
    without_flip = replace(chosen, flip=False, flip_upside_down=False)
    arms = (None, without_flip, replace(without_flip, flip=True, probabilities=usual))
    return [
        replace(recipe, augmentation=arm, seed=(recipe.seed + place) % 2**32)
        for place in range(SEEDS)
        for arm in arms
    ]


def can_be_measured(recipe: Recipe) -> bool:
    """Whether a recipe has any augmentation besides flips."""
    return recipe.augmentation is not None and any(getattr(recipe.augmentation, name) for name in LIMITS)


def show() -> None:
    """Shows the press that begins the experiment, and what came of the newest one."""
    with st.container(gap="small"):
        _ask()
        found = experiment()
        if found:
            unfinished = any(run.status in UNFINISHED for run in found)
            st.fragment(_look, run_every=TICK_SECONDS if unfinished else None)(
                tuple(run.id for run in found), unfinished
            )


def experiment() -> list[Run]:
    """The runs of the experiment that the link names, else of the person's newest; none without any."""
    if not workroom.has_runs():
        return []
    named = [run for run in map(_find, state.now().compared) if run is not None and NOTE in run.notes]
    if named:
        return named
    own = [run for run in workroom.my_runs() if NOTE in run.notes]
    return [run for run in reversed(own) if run.experiment == own[0].experiment]


def _find(run_id: str) -> Run | None:
    try:
        return workroom.store().get(run_id)
    except RunError:  # a bundled network's name, or a run that was deleted
        return None


def _ask() -> None:
    recipe = state.now().recipe
    st.markdown(say("sweeping", "effect", seeds=SEEDS, runs=SEEDS * len(ARMS)))
    ready = can_be_measured(recipe)
    problem = _problem(recipe) if ready else None
    left, right = st.columns([2, 1], gap="medium", vertical_alignment="bottom")
    with left:
        guess = st.selectbox(
            "Guess: which ends highest?", ARMS, index=None, placeholder="which?", key="guess of the effect"
        )
    with right:
        pressed = st.button(
            f"Train {SEEDS * len(ARMS)} runs",
            type="primary",
            width="stretch",
            disabled=not ready or problem is not None,
        )
    if not ready:
        st.caption(say("sweeping", "effect nothing"))
        return
    if problem is not None:
        st.warning(problem)
        return
    expected = [cost.expected_seconds(each) for each in recipes(recipe)[: len(ARMS)]]
    total = duration(SEEDS * recipe.epochs * sum(seconds for seconds, _ in expected))
    is_measured = all(measured for _, measured in expected)
    st.caption(say("sweeping", "effect cost" if is_measured else "effect cost estimated", time=total))
    if pressed:
        _begin(recipe, guess, recipe.epochs * max(seconds for seconds, _ in expected))


def _problem(recipe: Recipe) -> str | None:
    """Why nothing could be told of the recipe in the form after all its runs; None if something can."""
    if "validation" not in parts_of(recipe.dataset):
        return say("sweeping", "effect without validation")
    return recipe_form.problem()


def _begin(recipe: Recipe, guess: str | None, seconds: float) -> None:
    made = workroom.submit(recipes(recipe), notes={NOTE: {"guess": guess}}, expected_seconds=seconds)
    if isinstance(made, str):
        st.warning(made)
        return
    state.change(run=made[0].id, compared=tuple(run.id for run in made))
    st.rerun()


def _look(run_ids: tuple[str, ...], polling: bool) -> None:
    try:
        arms = gathered([run for run in map(_find, run_ids) if run is not None])
    except RunError as error:
        st.warning(str(error))
        return
    runs = [run for arm in arms for run in arm.runs]
    unfinished = any(run.status in UNFINISHED for run in runs)
    if polling and not unfinished:
        st.rerun()
    if unfinished:
        _show_progress(runs)
    if any(arm.accuracies for arm in arms):
        figure = charts.effect([(arm.name, arm.accuracies) for arm in arms])
        told = "; ".join(f"{arm.name}: {_mean(arm.accuracies)}" for arm in arms)
        content = live_chart.to_content(figure, f"Validation accuracy of every run. Mean, {told}.")
        live_chart.show(content, "measured effect", charts.HEIGHT)
    said = "".join(f'<p class="lab-note" role="status">{note}</p>' for note in _notes(arms, unfinished))
    st.html(f'<div class="lab-answer-to">{said}</div>{_table(arms)}')
    for run in runs:
        if run.status == "failed":
            st.warning(f"{_arm(run.recipe)}, seed {run.recipe.seed}: {run.reason}")
    if not unfinished:
        _test(runs)


def gathered(runs: Sequence[Run]) -> list[Arm]:
    """The runs by arm, in the order of `ARMS`.

    Args:
        runs: of one experiment.

    Raises:
        RunError: the store doesn't answer.
    """
    found = []
    for name in ARMS:
        own = tuple(run for run in runs if _arm(run.recipe) == name)
        ends = [_end(run) for run in own if run.status == "done"]
        tests = tuple(float(run.notes["test"]["accuracy"]) for run in own if "test" in run.notes)
        found.append(Arm(name, own, tuple(end for end in ends if end is not None), tests))
    return found


def _end(run: Run) -> float | None:
    return snapshot(run.id).epochs[-1].validation_accuracy


def _arm(recipe: Recipe) -> str:
    if recipe.augmentation is None:
        return ARMS[0]
    return ARMS[2] if recipe.augmentation.flip else ARMS[1]


def _show_progress(runs: Sequence[Run]) -> None:
    epochs = sum(max(0, run.epoch) for run in runs)
    total = sum(run.recipe.epochs for run in runs)
    done = sum(run.status == "done" for run in runs)
    told = say("sweeping", "effect progress", done=done, runs=len(runs), epochs=epochs, total=total)
    st.progress(min(1.0, epochs / max(1, total)), told)
    paused = sum(run.status == "paused" for run in runs)
    if paused:
        st.caption(say("sweeping", "effect paused", paused=paused))
    if problem := workroom.problem():
        st.warning(problem)


def _notes(arms: Sequence[Arm], unfinished: bool) -> list[str]:
    """Whether the differences are real, and how the guess did."""
    said = []
    for name, base in ((1, 0), (2, 1)):
        first, second = arms[name], arms[base]
        if min(len(first.accuracies), len(second.accuracies)) >= 2:
            said.append(_difference(first, second, first.accuracies, second.accuracies))
    if not said:
        return [say("sweeping", "effect not yet")]
    guess = next((run.notes[NOTE].get("guess") for arm in arms for run in arm.runs), None)
    if guess in ARMS and not unfinished and all(arm.accuracies for arm in arms):
        best = max(arms, key=lambda arm: spread(arm.accuracies)[0]).name
        passage = "effect guess right" if best == guess else "effect guess wrong"
        said.append(say("sweeping", passage, guess=guess, best=best))
    return [_bold(each) for each in said]


def _difference(first: Arm, second: Arm, ours: Sequence[float], theirs: Sequence[float]) -> str:
    low, high = difference_interval(ours, theirs)
    apart = spread(ours)[0] - spread(theirs)[0]
    passage = "effect better" if low > 0 else "effect worse" if high < 0 else "effect chance"
    if passage != "effect chance":
        apart, (low, high) = abs(apart), sorted((abs(low), abs(high)))
    told = {"apart": _points(apart), "low": _points(low), "high": _points(high)}
    return say("sweeping", passage, name=first.name, base=second.name, **told)


def _bold(text: str) -> str:
    """A passage's bold words as HTML; everything else as it stands."""
    parts = html.escape(text).split("**")
    return "".join(f"<b>{part}</b>" if place % 2 else part for place, part in enumerate(parts))


def _points(share: float) -> str:
    return f"{100 * share:.2f}".replace("-", "−")


def _mean(values: Sequence[float]) -> str:
    if not values:
        return "–"
    mean, deviation = spread(values)
    return f"{mean:.2%}" + (f" ± {_points(deviation)}" if len(values) > 1 else "")


def _table(arms: Sequence[Arm]) -> str:
    tested = any(arm.tests for arm in arms)
    head = ["", "validation accuracy", "seeds done", *(["test accuracy"] if tested else [])]
    rows = [
        [
            _mean(arm.accuracies),
            f"{len(arm.accuracies)} of {len(arm.runs)}",
            *([_mean(arm.tests)] if tested else []),
        ]
        for arm in arms
    ]
    body = "".join(
        f"<tr><th scope=row>{arm.name}</th>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
        for arm, row in zip(arms, rows, strict=True)
    )
    heads = "".join(f"<th scope=col>{each}</th>" for each in head)
    return (
        f'<div class="lab-effect"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _test(runs: Sequence[Run]) -> None:
    """The test digits are read once, by all runs together, after all choices."""
    done = [run for run in runs if run.status == "done" and workroom.is_mine(run)]
    ready = [run for run in done if "test" in parts_of(run.recipe.dataset)]
    untested = [run for run in ready if "test" not in run.notes]
    if not untested:
        tested = next((run.notes["test"] for run in runs if "test" in run.notes), None)
        if tested:
            arms = gathered(runs)
            said = [
                _difference(arms[name], arms[base], arms[name].tests, arms[base].tests)
                for name, base in ((1, 0), (2, 1))
                if min(len(arms[name].tests), len(arms[base].tests)) >= 2
            ]
            st.markdown(" ".join(said))
            st.caption(say("sweeping", "effect tested", count=tested["count"]))
        return
    st.caption(say("sweeping", "effect test", runs=len(untested)))
    if st.button("Test them, once"):
        bar = st.progress(0.0, "Reading the test digits…")
        for place, run in enumerate(untested, start=1):
            if problem := take_away.test_run(run):
                st.error(problem)
                return
            bar.progress(place / len(untested), "Reading the test digits…")
        st.rerun()
