"""What a filter is worth, class by class: guessed first, then counted, on more and more digits."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import bulk, cache, state
from app.dossier_html import Change, classes_html
from app.prose import plain, say
from app.until_read import TICK_SECONDS
from model.intervals import paired
from model.recipe import CLASSES

NO_GUESS = "without a guess"


@dataclass(frozen=True, eq=False)
class Loss:
    """What becomes of digits when a filter is taken out; those that were read so far.

    Attributes:
        lost: int64 (10,), of each class how many are read right with it only.
        gained: int64 (10,), how many without it only.
        asked: int64 (10,), how many were read.
        right: how many are read right with it, of all classes.
        total: how many there are to read.
    """

    lost: np.ndarray
    gained: np.ndarray
    asked: np.ndarray
    right: int
    total: int

    @property
    def count(self) -> int:
        """How many digits were read, of all classes."""
        return int(self.asked.sum())

    def changes(self) -> list[Change]:
        """Of each class how many digits more are read right without it, with the interval."""
        found = []
        for lost, gained, asked in np.stack([self.lost, self.gained, self.asked], axis=-1).tolist():
            low, high = paired(lost, gained, max(1, asked))
            found.append(Change(gained - lost, -high * asked, -low * asked))
        return found


def show(place: int, unit: int, means: np.ndarray) -> None:
    """Shows how a filter answers to each class; what is lost without it when a class has been guessed.

    Args:
        place: its layer.
        unit: its number.
        means: float (10,), its mean answer to digits of each class; not a number where there are none.
    """
    st.fragment(_look)(place, unit, means)


def _look(place: int, unit: int, means: np.ndarray) -> None:
    names = cache.validation_digits(state.now().model).class_names
    table = st.container(gap="xsmall")
    with st.container(gap="xsmall", key="guess-class"):
        guess = None
        if not state.widget(NO_GUESS):
            guess = st.pills(
                say("looking_inside", "guess class"),
                range(len(names)),
                format_func=names.__getitem__,
                key=f"guess {state.now().model} {place} {unit}",
            )
        st.checkbox("Show it without a guess", key=NO_GUESS)
    with table:
        if guess is None and not state.widget(NO_GUESS):
            st.html(classes_html(means, names))
            return
        unfinished = not _read(place, unit)[1]
        st.fragment(_count, run_every=TICK_SECONDS if unfinished else None)(
            place, unit, means, guess, unfinished
        )


def _count(place: int, unit: int, means: np.ndarray, guess: int | None, polling: bool) -> None:
    """Shows what is known so far."""
    names = cache.validation_digits(state.now().model).class_names
    found, finished, problem = _read(place, unit)
    if found.count:
        st.html(classes_html(means, names, found.changes(), sentences(found, guess, names)))
    else:
        st.html(classes_html(means, names))
    if problem:
        st.error(say("mistakes", "no reading", problem=plain(problem)))
    elif not finished:
        told = say("looking_inside", "reading on", count=found.count, total=found.total)
        st.progress(found.count / found.total, told)
    elif polling:
        st.rerun()  # without the clock


def _read(place: int, unit: int) -> tuple[Loss, bool, str]:
    """What is lost without a filter, as far as is known; whether that is all, and why no more will come."""
    name = state.now().model
    digits = cache.validation_digits(name)
    both = [bulk.read_part(name, digits.dataset, digits.part, each) for each in ((), ((place, unit),))]
    count = min(len(reading.values) for reading in both)
    right = [reading.values[:count].argmax(axis=1) == digits.labels[:count] for reading in both]
    whole = bulk.together(both)
    return compared(right[0], right[1], digits.labels), whole.finished, whole.problem


def compared(whole: np.ndarray, left: np.ndarray, labels: np.ndarray) -> Loss:
    """What became of each class.

    Args:
        whole: bool (n,), which of the first n digits are read right with the filter.
        left: likewise without it.
        labels: (total,), of all digits; total ≥ n.
    """
    known = labels[: len(whole)]
    counted = (known[whole & ~left], known[left & ~whole], known)
    lost, gained, asked = (np.bincount(each, minlength=CLASSES) for each in counted)
    return Loss(lost, gained, asked, int(whole.sum()), len(labels))


def sentences(found: Loss, guess: int | None, names: Sequence[str]) -> str:
    """What is lost in all, and what became of the guess, in words.

    Args:
        found: what was read so far.
        guess: the class that a person expected to lose most; None for no guess.
        names: of the classes.
    """
    lost, gained = int(found.lost.sum()), int(found.gained.sum())
    passage = "lost" if lost > gained else "gained" if lost < gained else "no change"
    low, high = paired(lost, gained, found.count)
    if passage == "gained":
        low, high = -high, -low
    told: dict[str, object] = {"lost": abs(lost - gained), "count": found.count}
    told |= {"before": f"{found.right / found.count:.1%}", "low": _points(low), "high": _points(high)}
    said = say("looking_inside", passage, **told)
    if guess is None:
        return said
    falls = (found.lost - found.gained).tolist()
    most = max(falls)
    worst = [name for name, fall in zip(names, falls, strict=True) if fall == most]
    passage = "guess without loss" if most <= 0 else "guess right" if falls[guess] == most else "guess wrong"
    told = {"guess": names[guess], "fall": max(0, falls[guess]), "worst": " and ".join(worst), "most": most}
    return f"{say('looking_inside', passage, **told)} {said}"


def _points(share: float) -> str:
    text = f"{100 * share:.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")
