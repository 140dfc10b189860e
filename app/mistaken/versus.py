"""Two networks on the same digits: which only one of them reads right, and whether that may be chance."""

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import beside, bulk, cache, judging, measured, networks, state
from app.bulk import Reading
from app.judging import Judged
from app.measured import NoDigitsError
from app.mistaken import asking, errors, one_digit, paging
from app.mistaken.tiles import tiles
from app.prose import say
from app.until_read import until_read
from model.evaluation.comparing import Comparison, compare

LESSON = "sureness"
MOST_SHOWN = 16  # digits that only one of them reads right, on a page
CHANCE = 0.05  # below it a difference is taken for real, as is the custom
LEAST = 100  # digits that neither has learned from
OPTIONS = ("the one in hand", "the one beside it", "nobody can tell")


@dataclass(frozen=True, eq=False)
class Pair:
    """Two networks that have read the same digits.

    Attributes:
        first: the digits as the network in hand reads them, and itself.
        second: what the other says of them, float32 (n, 10).
        names: of both, as people read them.
        places: int64 (m,), the digits that neither has learned from.
    """

    first: Judged
    second: np.ndarray
    names: tuple[str, str]
    places: np.ndarray

    @property
    def counted(self) -> Comparison:
        """The four counts of the digits that neither has learned from."""
        first, second, labels = (
            each[self.places] for each in (self.first.probabilities, self.second, self.first.labels)
        )
        return compare(first, second, labels)


def show() -> None:
    """Shows the choice of the second network, a question, and what both read."""
    picked = beside.pick(named(state.now().model))
    if picked is None:
        return
    other = networks.to_address(*picked)
    if other == state.now().model:
        st.info(say(LESSON, "the same"))
        return
    own, part = state.now().model, state.now().judged
    until_read(lambda: _work(own, other, part), _show, errors.reading(part))


def named(address: str | None) -> str:
    """A checkpoint as people read it: "plateau, epoch 5"."""
    name, epoch = networks.split(address)
    return f"{networks.label(name)}, {networks.epoch_title(epoch)}"


def _work(own: str | None, other: str | None, part: str) -> Pair | Reading | str:
    """Both readings; or, in plain words, why there is nothing to compare."""
    first = judging.judged(own, part)
    if isinstance(first, Reading):
        return first
    allowed = np.ones(len(first.labels), bool)
    if first.digits is not None:
        try:
            measured.check_alike(first.digits, cache.validation_digits(other))
        except NoDigitsError as error:
            return str(error)
        for each in (own, other):
            allowed &= ~cache.was_learned(each, first.dataset, first.part)
    places = np.flatnonzero(allowed)
    if len(places) < LEAST:
        return say(LESSON, "too few", count=len(places), least=LEAST)
    second = bulk.read_part(other, first.dataset, first.part)
    if not second.finished:
        return second
    return Pair(first, second.values, (named(own), named(other)), places)


def _show(pair: Pair | str) -> None:
    if isinstance(pair, str):
        st.info(pair)
        return
    counted = pair.counted
    key = f"better of {pair.first.name} {pair.first.part} and {pair.names[1]}"
    left, right = st.columns([5, 8], gap="medium")
    with left:
        st.markdown(say(LESSON, "two", count=counted.count, part=pair.first.part))
        guess, shown = asking.ask(say(LESSON, "guess better"), OPTIONS, key)
        if shown:
            st.markdown(asking.answered(guess, verdict(counted), OPTIONS) + sentence(counted, pair.names))
    if not shown:
        return
    with right:
        st.html(_table(counted, pair.names))
        if len(pair.places) < len(pair.first.labels):
            left_out = len(pair.first.labels) - len(pair.places)
            st.caption(say(LESSON, "left out", count=left_out))
    if pair.first.digits is None:
        st.info(say("mistakes", "no pictures"))
        return
    for place, one in enumerate(pair.names):
        _show_digits(pair, place, one)


def verdict(counted: Comparison) -> int:
    """Which of `OPTIONS` holds."""
    if counted.p_value >= CHANCE:
        return 2
    return 0 if counted.only_first > counted.only_second else 1


def sentence(counted: Comparison, names: tuple[str, str]) -> str:
    """What the counts say, in Markdown.

    Args:
        counted: on the same digits.
        names: of both networks.
    """
    ahead = counted.only_first - counted.only_second
    low, high = (end * counted.count for end in counted.difference_interval_95)
    if ahead < 0:
        low, high = -high, -low
    better, other = names if ahead >= 0 else names[::-1]
    told = {"better": better, "other": other, "ahead": abs(ahead), "count": counted.count}
    told |= {"low": f"{low:.0f}".replace("-", "−"), "high": f"{high:.0f}", "p": chance_text(counted.p_value)}
    told |= {"differ": counted.only_first + counted.only_second}
    passage = "no difference" if ahead == 0 else "chance" if counted.p_value >= CHANCE else "difference"
    return say(LESSON, passage, **told)


def chance_text(p_value: float) -> str:
    """A probability as one says it: "3.1%", "less than 0.01%"."""
    return "less than 0.01%" if p_value < 1e-4 else f"{100 * p_value:.2g}%" if p_value < 1 else "100%"


def _table(counted: Comparison, names: tuple[str, str]) -> str:
    """The four counts; what only one reads right is what counts."""
    first, second = (html.escape(name) for name in names)
    return (
        f'<div class="lab-two"><table><thead><tr><td></td><th scope=col>{second}:<br>right</th>'
        f"<th scope=col>{second}:<br>wrong</th></tr></thead><tbody>"
        f"<tr><th scope=row>{first}: right</th><td>{counted.both_right:,}</td>"
        f'<td class="lab-only-first"><b>{counted.only_first:,}</b></td></tr>'
        f"<tr><th scope=row>{first}: wrong</th>"
        f'<td class="lab-only-second"><b>{counted.only_second:,}</b></td>'
        f"<td>{counted.both_wrong:,}</td></tr></tbody></table></div>"
    )


def _show_digits(pair: Pair, place: int, one: str) -> None:
    """The digits that one of them alone reads right, where the other is surest first."""
    only, found = only_right(pair, place).tolist(), pair.first
    row = f"{' and '.join(pair.names)} {found.dataset} {found.part}, {place}"
    places = list(paging.page(only, MOST_SHOWN, row))
    st.markdown(say(LESSON, "only one", name=one, shown=len(places), count=len(only)))
    if not places:
        return
    assert found.digits is not None
    names = errors.names_of(found)
    wrong = (pair.second if place == 0 else found.probabilities)[places].argmax(axis=1)
    pairs = [(names[found.labels[each]], names[read]) for each, read in zip(places, wrong, strict=True)]
    said = [
        f"number {each:,}: labelled {label}, the other reads {read}"
        for each, (label, read) in zip(places, pairs, strict=True)
    ]
    captions = [f"{label}, not {read}" for label, read in pairs]
    shown = tiles(found.digits.images[places], places, said, captions, one_digit.in_hand(*found.where))
    one_digit.choose(shown, f"only {place}", *found.where)
    paging.turn(len(only), MOST_SHOWN, row)


def only_right(pair: Pair, place: int) -> np.ndarray:
    """The digits that one of the two alone reads right, where the other is surest first: int64 places.

    Args:
        pair: both.
        place: 0 for the first, 1 for the second.
    """
    both = pair.first.probabilities[pair.places], pair.second[pair.places]
    right = [each.argmax(axis=1) == pair.first.labels[pair.places] for each in both]
    only = np.flatnonzero(right[place] & ~right[1 - place])
    sure = both[1 - place][only].max(axis=1)
    found: np.ndarray = pair.places[only[np.argsort(-sure, kind="stable")]]
    return found
