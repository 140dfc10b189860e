"""The gallery: the digits that are most worth a look, and what people read in them."""

import html
from collections.abc import Mapping

import streamlit as st

from app import cache, judging, state
from app.judging import Judged
from app.mistaken import neighbours, one_digit, opinions, paging
from app.mistaken.errors import choose_part, names_of, reading, show_missing
from app.mistaken.tiles import tiles
from app.pixels import to_html
from app.prose import say
from app.until_read import until_read
from model.datasets import DataError
from model.evaluation.mistakes import ranked
from model.runs.records import RunError

TITLES = {"loss": "Worst", "doubt": "Least sure", "sure and wrong": "Sure and wrong"}
ORDER = "order of the gallery"
NO_GUESS = "the gallery without a guess"
MOST_SHOWN = 28  # on a page
# Northcutt, Athalye and Mueller 2021, "Pervasive Label Errors in Test Sets Destabilize Machine Learning
# Benchmarks", table 2: label errors found by five people each, among MNIST's test digits.
LABEL_ERRORS, LABELS_CHECKED = 15, 10_000


def show() -> None:
    """Shows the gallery of the checkpoint in hand."""
    name, part = state.now().model, state.now().judged
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="judging"):
        choose_part()
        st.segmented_control(
            "Order",
            list(TITLES),
            format_func=TITLES.__getitem__,
            required=True,
            label_visibility="collapsed",
            **state.lasting(ORDER, "loss"),
        )
        st.checkbox("Show them without a guess", **state.lasting(NO_GUESS, False))
    until_read(lambda: judging.judged(name, part), _show, reading(part))


def _show(found: Judged) -> None:
    names, order = names_of(found), state.remembered(ORDER, "loss")
    ordered = ranked(found.probabilities, found.labels, order).tolist()
    row = f"{order} of {found.name} {found.dataset} {found.part}"
    places = list(paging.page(ordered, MOST_SHOWN, row))
    if not places:
        st.html(f'<p class="lab-quiet">{say("mistakes", "no mistake")}</p>')
        return
    if found.digits is None:
        show_missing(found, places)
        paging.turn(len(ordered), MOST_SHOWN, row)
        return
    try:
        answers = opinions.own(found)
    except RunError as error:
        st.warning(str(error))
        answers = {}
    held = one_digit.in_hand(*found.where)
    chosen = places[0] if held is None else held
    is_told = bool(state.remembered(NO_GUESS))
    with st.container(key="gallery"):
        left, right = st.container(gap="small"), st.container(gap="small")
    with left:
        _show_tiles(found, names, places, chosen, answers, is_told)
        paging.turn(len(ordered), MOST_SHOWN, row)
        st.caption(say("mistakes", f"order by {order}"))
        if found.dataset in ("mnist", "mnist-60000") and found.part == "test":
            st.caption(say("mistakes", "label errors", errors=LABEL_ERRORS, count=LABELS_CHECKED))
    with right:
        _show_one(found, names, chosen, answers.get(chosen), is_told)


def _show_tiles(
    found: Judged,
    names: tuple[str, ...],
    places: list[int],
    chosen: int,
    answers: Mapping[int, str],
    is_told: bool,
) -> None:
    assert found.digits is not None
    read = found.probabilities.argmax(axis=1)
    said, captions = [], []
    for place in places:
        tell = is_told or place in answers
        said.append(one_digit.said(found, names, place) if tell else f"number {place:,}")
        captions.append(f"{names[found.labels[place]][:5]} → {names[read[place]][:5]}" if tell else "?")
    cells = tiles(found.digits.images[places], places, said, captions, chosen)
    one_digit.choose(cells, "digits of the gallery", *found.where)


def _show_one(found: Judged, names: tuple[str, ...], place: int, answer: str | None, is_told: bool) -> None:
    assert found.digits is not None
    tell = is_told or answer is not None
    if tell:
        one_digit.show(found, names, place)
    else:
        picture = to_html(found.digits.images[place], f"Digit number {place} of the {found.part} digits")
        st.html(f'<div class="lab-mistake lab-asked-about">{picture}</div>')
    with st.container(key="opinion"):
        opinions.ask(found, place, answer, names, int(found.labels[place]) if tell else None)
    if answer is not None:
        try:
            st.html(opinions.told(found, place, names))
        except RunError as error:
            st.warning(str(error))
    if tell:
        _show_alike(found, place)


def _show_alike(found: Judged, place: int) -> None:
    """Shows the training digits that are most like one."""
    assert found.digits is not None
    digit, dataset = found.digits.images[place].tobytes(), cache.checkpoint(found.name).recipe.dataset
    try:
        with st.spinner("Looking through the training digits…"):
            near = neighbours.alike(found.name, dataset, digit)
        training = cache.digits(dataset, "train")
    except DataError:
        st.caption(say("mistakes", "no training digits"))
        return
    figures = "".join(
        f"<figure>{to_html(training.images[each], f'A training digit labelled {label}')}"
        f"<figcaption>{html.escape(label)}</figcaption></figure>"
        for each, label in ((each, training.class_names[training.labels[each]]) for each in near)
    )
    st.html(f'<div class="lab-near">{figures}</div>')
    st.caption(say("mistakes", "alike", count=len(training)))
