"""Mistakes over the epochs: which were there from the first, what drops of the rate healed, what returned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import cache, live_chart, networks, state
from app.charts import course as charts
from app.charts.figure import thinned
from app.epoch_readings import read_epochs
from app.fields import rate_text
from app.mistaken import asking, one_digit, paging
from app.mistaken.tiles import tiles
from app.prose import say
from app.until_read import until_read
from model.checkpoint import checkpoint_epochs, checkpoint_history
from model.datasets import DataError, Digits
from model.evaluation.course import Course
from model.history import Epoch
from model.recipe import Recipe

LESSON = "sureness"
MOST_EPOCHS = 40  # read and drawn, those around a drop always among them
MOST_SHOWN = 16  # digits that healed, and that came, on a page
MOST_DROPS = 5  # told one by one
DROPPING = ("plateau", "step")  # annealers that let the rate stand, and then drop it
QUARTERS = ("none", "a quarter", "half", "three quarters", "all")


@dataclass(frozen=True, eq=False)
class Training:
    """One training, as this view looks at it.

    Attributes:
        name: a bundled network or a run.
        epoch: the one in hand.
        records: of its epochs, by their number.
        epochs: those that are read, rising.
        drops: those after which the rate was dropped, and whose next one is read.
        digits: the validation digits.
    """

    name: str
    epoch: int
    records: Mapping[int, Epoch]
    epochs: tuple[int, ...]
    drops: tuple[int, ...]
    digits: Digits

    def after(self, epoch: int) -> int:
        """The epoch that comes after one, of those that are read."""
        return self.epochs[self.epochs.index(epoch) + 1]


def show() -> None:
    """Shows the mistakes of every epoch of the training whose checkpoint is in hand."""
    try:
        training = _training()
    except DataError as error:
        st.error(str(error))
        return
    if training is None:
        _offer()
        return
    digits = training.digits
    until_read(
        lambda: read_epochs(training.name, training.epochs, digits.dataset, digits.part),
        lambda found: _show(training, found),
        say(LESSON, "reading epochs", epochs=len(training.epochs)),
    )


def _training() -> Training | None:
    """The training in hand; None if it has too few epochs to go through."""
    name, epoch = networks.split(state.now().model)
    records = {record.epoch: record for record in checkpoint_history(name)}
    kept = [number for number in checkpoint_epochs(name) if number and number in records]
    if len(kept) < 2:
        return None
    recipe = cache.checkpoint(state.now().model).recipe
    fallen = drops(recipe, list(records.values()))
    places = [kept.index(drop) + step for drop in fallen if drop in kept for step in (0, 1)]
    epochs = tuple(kept[place] for place in thinned(len(kept), MOST_EPOCHS, places))
    shown = tuple(drop for drop in fallen if drop in epochs[:-1])
    return Training(name, epoch, records, epochs, shown, cache.validation_digits(state.now().model))


def drops(recipe: Recipe, records: Sequence[Epoch]) -> list[int]:
    """The epochs after which the rate was dropped; none where it changes all the time.

    Args:
        recipe: the training's.
        records: of its epochs.
    """
    if recipe.annealer.name not in DROPPING:
        return []
    return [
        record.epoch
        for record in records
        if record.watch and record.watch.rate_after < record.watch.rate_before
    ]


def _offer() -> None:
    """Says that there are no epochs to go through, and offers a network that has them."""
    st.info(say(LESSON, "one epoch"))
    for name in networks.timelines()[:1]:
        if st.button(f"Take {name}", type="primary"):
            state.change(model=networks.to_address(name))
            st.rerun()


def _show(training: Training, found: Course) -> None:
    left, right = st.columns([5, 8], gap="medium")
    early, late = _asked(training)
    with left:
        guess, shown = _ask(training, found, early, late)
        if shown:
            st.markdown(_answer(found, early, late, guess))
            if training.drops:
                st.html(_table(training, found))
    until = len(training.epochs) if shown else training.epochs.index(early) + 1
    with right:
        _draw(training, found, until, shown)
    digits = training.digits
    learned = int(cache.was_learned(state.now().model, digits.dataset, digits.part).sum())
    if learned:
        st.caption(say("mistakes", "these are learned digits", learned=learned))
    if shown:
        _show_epoch(training, found)


def _asked(training: Training) -> tuple[int, int]:
    """The two epochs that the question is about: around the first drop, else the first and the last."""
    if training.drops:
        return training.drops[0], training.after(training.drops[0])
    return training.epochs[0], training.epochs[-1]


def _ask(training: Training, found: Course, early: int, late: int) -> tuple[int | None, bool]:
    told: dict[str, object] = {"early": early, "late": late, "mistakes": _mistakes(found, early)}
    passage = "guess healed"
    if training.drops:
        passage = "guess drop"
        told |= {"before": _rate(training, early), "after": _rate(training, late)}
    return asking.ask(say(LESSON, passage, **told), QUARTERS, f"healed in {training.name}")


def _answer(found: Course, early: int, late: int, guess: int | None) -> str:
    healed, mistakes = len(found.healed_between(early, late)), _mistakes(found, early)
    told = {"healed": healed, "broken": len(found.broken_between(early, late)), "early": early, "late": late}
    told |= {"mistakes": mistakes, "left": _mistakes(found, late)}
    said = asking.answered(guess, nearest_quarter(healed, mistakes), QUARTERS) + say(LESSON, "healed", **told)
    began, ever = _mistakes(found, found.epochs[0]), int(found.wrong.any(axis=0).sum())
    told = {"began": began, "first": found.epochs[0], "stubborn": len(found.stubborn())}
    told |= {"back": int((found.forgotten > 0).sum()), "ever": ever}
    return f"{said} {say(LESSON, 'in all', **told)}"


def nearest_quarter(part: int, whole: int) -> int:
    """Which of `QUARTERS` a share is nearest to."""
    return round(4 * part / whole) if whole else 0


def _mistakes(found: Course, epoch: int) -> int:
    return int(found.errors[found.epochs.index(epoch)])


def _rate(training: Training, epoch: int) -> str:
    """The rate that an epoch learned with, as people write it."""
    return rate_text(float(f"{training.records[epoch].learning_rate:.2g}"))


def _draw(training: Training, found: Course, until: int, shown: bool) -> None:
    rates = [training.records[epoch].learning_rate for epoch in training.epochs]
    chosen = training.epoch if shown and training.epoch in training.epochs else None
    told = training.epochs, found.steps, rates, training.drops
    figure = charts.course(*told, chosen, until, training.name)
    alt = charts.course_alt(training.epochs[:until], found.steps, training.drops)
    content = live_chart.to_content(figure, alt)
    live_chart.show(content, "course", charts.HEIGHT)


def _table(training: Training, found: Course) -> str:
    """What the epoch after each drop healed, and what came new in it."""
    heads = ("after epoch", "rate", "mistakes", "healed", "new")
    rows = []
    for drop in training.drops[:MOST_DROPS]:
        late = training.after(drop)
        cells = (
            str(drop),
            f"{_rate(training, drop)} → {_rate(training, late)}",
            f"{_mistakes(found, drop)} → {_mistakes(found, late)}",
            str(len(found.healed_between(drop, late))),
            str(len(found.broken_between(drop, late))),
        )
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th scope=col>{each}</th>" for each in heads)
    body = "".join(rows)
    return (
        f'<div class="lab-figures"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _show_epoch(training: Training, found: Course) -> None:
    """The digits that healed and that came in the epoch in hand, and ways to the epochs after drops."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="epochs-after-drops"):
        ways = say(LESSON, "ways") if training.drops else ""
        st.markdown(say(LESSON, "scrub", epoch=training.epoch, ways=ways), width="content")
        for drop in training.drops[:MOST_DROPS]:
            late = training.after(drop)
            if late == training.epoch:
                continue
            if st.button(f"Epoch {late}", key=f"to epoch {late}", type="tertiary"):
                state.change(model=networks.to_address(training.name, late))
                st.rerun()  # all of the page: the epoch in hand stands in its bar
    if training.epoch not in training.epochs[1:]:
        st.caption(say(LESSON, "no epoch before", first=training.epochs[0]))
        return
    before = training.epochs[training.epochs.index(training.epoch) - 1]
    read = found.read[[training.epochs.index(before), training.epochs.index(training.epoch)]]
    between = before, training.epoch
    row = f"{training.name}, epoch {training.epoch}"
    _show_digits(training.digits, True, found.healed_between(*between), read[0], row)
    _show_digits(training.digits, False, found.broken_between(*between), read[1], row)


def _show_digits(digits: Digits, is_healed: bool, places: np.ndarray, read: np.ndarray, row: str) -> None:
    passage, words = (
        ("healed digits", "read as {} before") if is_healed else ("broken digits", "now read as {}")
    )
    row = f"{passage} of {row}"
    shown = list(paging.page(places.tolist(), MOST_SHOWN, row))
    st.markdown(say(LESSON, passage, count=len(places), shown=len(shown)))
    if not shown:
        return
    names = digits.class_names
    pairs = [(names[digits.labels[place]], names[read[place]]) for place in shown]
    said = [
        f"number {place:,}: labelled {label}, {words.format(wrong)}"
        for place, (label, wrong) in zip(shown, pairs, strict=True)
    ]
    # what was read before, and what is read now
    captions = [f"{wrong} → {label}" if is_healed else f"{label} → {wrong}" for label, wrong in pairs]
    where = digits.dataset, digits.part, len(digits)
    cells = tiles(digits.images[shown], shown, said, captions, one_digit.in_hand(*where))
    one_digit.choose(cells, passage, *where)
    paging.turn(len(places), MOST_SHOWN, row)
