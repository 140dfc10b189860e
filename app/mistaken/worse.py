"""Digits made worse: the digit in hand under fifteen corruptions, and how many are still read right."""

import html
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import streamlit as st

from app import beside, choices, networks, state
from app.measured import NoDigitsError
from app.mistaken import one_trial, sheet, trying
from app.mistaken.sheet import Cell
from app.mistaken.trying import Found, Scene, Tried
from app.prose import plain, say
from app.reading import chance
from model.checkpoint import CheckpointError, checkpoint_epochs
from model.datasets import DataError
from model.robustness import CORRUPTIONS
from model.robustness.results import Share, corruption_error, difference, mean_right
from model.robustness.trials import TRIALS
from model.runs.records import RunError

NAMES = tuple(CORRUPTIONS)
NO_GUESS, GUESS = "worse digits without a guess", "the costliest kind"
VIEW, ALL, ONE = "view of worse digits", "All fifteen", "One by one"
BESIDE, NOBODY, ANOTHER = "beside worse digits", "nobody", "another"
BESIDE_TITLES = {
    NOBODY: "Nobody beside it",
    "without": "Beside it: without augmentation",
    "with": "Beside it: with augmentation",
    ANOTHER: "Beside it: another network",
}
FIGURES, HAND, OTHER, DIFFERENCE = "figures of worse digits", "In hand", "Beside it", "Difference"
TICK_SECONDS = 0.5
DEEPEST = 0.5  # a difference of shares that gets the deepest colour


def show() -> None:
    """Shows the digit made worse; the figures once somebody has guessed."""
    try:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="worse"):
            view = st.segmented_control(
                "View", (ALL, ONE), required=True, label_visibility="collapsed", **state.lasting(VIEW, ALL)
            )
            scene = trying.scene(_everybody())
            names = one_trial.choose() if view == ONE else NAMES
            if view == ALL and is_told() and len(scene.everybody) > 1:
                st.segmented_control(
                    "Figures",
                    (HAND, OTHER, DIFFERENCE),
                    required=True,
                    label_visibility="collapsed",
                    **state.lasting(FIGURES, HAND),
                )
        _ask()
        draw = one_trial.show if view == ONE else _sheet
        if not is_told():
            draw(scene, [])
        else:
            _watch(scene, names, draw)
    except (CheckpointError, DataError, NoDigitsError, RunError) as error:
        st.warning(str(error))


def is_told() -> bool:
    """Whether the figures may be seen: after a guess, or where somebody wanted them without one."""
    return bool(state.remembered(NO_GUESS)) or state.remembered(GUESS) is not None


def _ask() -> None:
    if is_told():
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="guess-worse"):
        st.pills(
            say("worse", "guess", count=len(NAMES)),
            tuple(sheet.KINDS),
            format_func=sheet.KINDS.__getitem__,
            width="content",
            **state.lasting(GUESS),
        )
        st.checkbox("Show it without a guess", **state.lasting(NO_GUESS, False))


def _everybody() -> tuple[Tried, ...]:
    """Who is tried: the network in hand, and whoever was chosen beside it."""
    model = state.now().model
    hand = Tried(_title(model), model)
    chosen = st.selectbox(
        "Who stands beside it",
        tuple(BESIDE_TITLES),
        format_func=BESIDE_TITLES.__getitem__,
        label_visibility="collapsed",
        width=290,
        **state.lasting(BESIDE, ANOTHER if state.now().beside else NOBODY),
    )
    if chosen == ANOTHER:
        other = beside.second()
        name, epoch = networks.split(other)
        beside.choose(name, epoch)
        other = networks.to_address(name, epoch)
        return (hand,) if other == model else (hand, Tried(_title(other), other))
    sides = {"without": "without augmentation", "with": "with augmentation"}
    return (hand,) if chosen == NOBODY else (hand, Tried(sides[chosen], side=chosen))


def _title(address: str | None) -> str:
    name, epoch = networks.split(address)
    last = epoch == checkpoint_epochs(name)[-1]
    return networks.label(name) + ("" if last else f", {networks.epoch_title(epoch)}")


def _watch(scene: Scene, names: Sequence[str], draw: one_trial.Draw) -> None:
    """Shows what is known, and goes on as long as there is more to come."""
    found = [trying.find(who, names, scene.sample) for who in scene.everybody]
    problem = next((each.problem for each in found if each.problem), "")
    if problem or all(each.finished for each in found):
        draw(scene, found)
        if problem:
            st.error(say("mistakes", "no reading", problem=plain(problem)))
            st.button("Try again")  # a rerun is all that it takes
        return
    st.fragment(_wait, run_every=TICK_SECONDS)(scene, names, draw)


def _wait(scene: Scene, names: Sequence[str], draw: one_trial.Draw) -> None:
    try:
        found = [trying.find(who, names, scene.sample) for who in scene.everybody]
    except (CheckpointError, DataError, RunError):
        st.rerun()  # who shows the page says what is wrong
    if any(each.problem for each in found) or all(each.finished for each in found):
        st.rerun()  # without the clock
    read, total = (sum(counts) for counts in zip(*((each.read, each.total) for each in found), strict=True))
    passage = "reading on" if read else "reading begins"
    saying = say("worse", "reading")
    st.progress(read / total, say("mistakes", passage, saying=saying, count=read, total=total))
    draw(scene, found)


def _sheet(scene: Scene, found: Sequence[Found]) -> None:
    """All corruptions of the digit; below each picture how many digits are still read right."""
    known = [each.right for each in found]
    if found and all(each.finished for each in found):
        st.html(f'<p class="lab-note" role="status">{_answer(scene, known)}</p>')
    figures = state.remembered(FIGURES, HAND) if len(known) > 1 else HAND
    trials = [TRIALS[name] for name in NAMES]
    cells = {name: _row(scene, known, name, figures) for name in NAMES}
    shown = sheet.sheet(trials, _source(scene.digit.tobytes()), cells)
    if choices.show(shown, "sheet of worse digits", _open):
        st.rerun()  # all of the view, and not only what is read bit by bit
    st.caption(
        say(
            "worse",
            "sheet told" if known else "sheet",
            count=len(scene.sample.places),
            what=scene.what,
            strengths=len(TRIALS[NAMES[0]].strengths),
        )
    )


@lru_cache(maxsize=32)
def _source(digit: bytes) -> str:
    """One digit, its 784 bytes, in every strength of every corruption: what it takes longest to pack."""
    trials = [TRIALS[name] for name in NAMES]
    return sheet.to_source(trials, [trying.pictures(digit, name) for name in NAMES])


def _open(name: str) -> None:
    """Lets a corruption be looked at by itself; the browser says which, so it may be none."""
    if name in NAMES:
        state.remember(one_trial.TRIAL, name)
        state.remember(VIEW, ONE)


def _row(scene: Scene, known: Sequence[dict[str, np.ndarray]], name: str, figures: str) -> list[Cell]:
    """What stands below the pictures of one corruption."""
    trial = TRIALS[name]
    if not known or any(name not in right for right in known):
        return [Cell() for _ in trial.strengths]
    shares = [right[name].mean(axis=(0, 2)) for right in known]
    read = trying.readings(scene.everybody[0], scene.digit.tobytes(), name)
    misread = scene.misread(scene.everybody[0], name)
    cells = []
    for place, strength in enumerate(trial.strengths):
        told = [f"{who.title} {share[place]:.1%}" for who, share in zip(scene.everybody, shares, strict=True)]
        as_what, sure = scene.names[int(read[place].argmax())], chance(float(read[place].max()))
        said = f"{trial.title}, {trial.show(strength)}: {', '.join(told)} right; "
        said += f"this one: {as_what}, {sure} sure"
        if figures == DIFFERENCE and len(shares) > 1:
            apart = float(shares[0][place] - shares[1][place])
            text = f"{100 * apart:+.0f}".replace("-", "−") if abs(apart) >= 0.005 else "0"
            cells.append(Cell(text, float(np.clip(apart / DEEPEST, -1, 1)), said, bool(misread[place])))
        else:
            share = float(shares[figures == OTHER and len(shares) > 1][place])
            cells.append(Cell(f"{share:.0%}", 1 - share, said, bool(misread[place])))
    return cells


def _answer(scene: Scene, known: Sequence[dict[str, np.ndarray]]) -> str:
    """What came of the guess, and the means: HTML."""
    right, names = known[0], [html.escape(who.title) for who in scene.everybody]
    wrong = {
        kind: float(np.mean([1 - right[name].mean() for name in NAMES if TRIALS[name].kind == kind]))
        for kind in sheet.KINDS
    }
    worst, guess = max(wrong, key=lambda kind: wrong[kind]), state.remembered(GUESS)
    told = {"worst": sheet.KINDS[worst], "most": f"{wrong[worst]:.0%}"}
    if guess is not None:
        told |= {"guess": sheet.KINDS[guess], "guessed": f"{wrong[guess]:.0%}"}
    passage = "costliest" if guess is None else "guessed right" if guess == worst else "guessed wrong"
    said = [say("worse", passage, **told)]
    means = [mean_right(each, NAMES) for each in known]
    said.append(say("worse", "mean", title=names[0], **_interval(means[0])))
    if len(known) > 1:
        said.append(say("worse", "mean beside", title=names[1], **_interval(means[1])))
        apart = difference(known[0], known[1], NAMES)
        passage = "chance" if apart.low <= 0 <= apart.high else "ahead" if apart.share > 0 else "behind"
        said.append(say("worse", passage, title=names[0], other=names[1], **_points(apart)))
        relative = corruption_error(known[0], known[1], NAMES)
        if relative is not None:
            said.append(say("worse", "corruption error", relative=f"{relative:.2f}"))
    return " ".join(said)


def _interval(found: Share) -> dict[str, str]:
    return {"share": f"{found.share:.1%}", "low": f"{found.low:.1%}", "high": f"{found.high:.1%}"}


def _points(found: Share) -> dict[str, str]:
    """A difference in points, and its interval, the smaller end first; of who is behind how far behind."""
    ends = sorted((found.low, found.high)) if found.share >= 0 else sorted((-found.high, -found.low))
    low, high = (f"{100 * end:.1f}".replace("-", "−") for end in ends)
    return {"points": f"{100 * abs(found.share):.1f}", "low": low, "high": high}
