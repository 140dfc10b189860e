"""A batch normalisation opened: a batch before and after, γ and β by hand, learning against reading."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from app import address, cache, claims, live_chart, mosaic, state
from app.charts import between as charts
from app.kept import kept
from app.looking.maps_view import verdict_text
from app.opened import aside, grids
from app.opened.aside import Question
from app.opened.formula import in_brackets, number
from app.pixels import to_html
from app.prose import say
from app.subject import Subject
from model.datasets import DataError
from model.forward import Network, Weights, to_input
from model.layers import EPSILON, MOMENTUM
from model.probes import normalising
from model.probes.normalising import Spread, Statistics

LESSON = "normalisation"
NAMES = {"gamma": "gamma", "beta": "beta", "mean": "moving_mean", "variance": "moving_variance"}
SIZES = (32, 128)  # digits in a batch
COMPANY = (2, 8, 32, 128)  # digits in the batches that a digit is read in, itself among them
FRESH = {"gamma": 1, "beta": 0, "mean": 0, "variance": 1}  # before anything is learned
ROOM = 2.0  # sliders reach so far beyond what was learned


@dataclass(frozen=True, eq=False)
class Batch:
    """What a layer gets of a batch, and what it makes of it while reading and while learning.

    Attributes:
        before: how its values are spread.
        own: the batch's own statistics.
        read: mean and deviation of what goes out while reading, by the record: float32 (channels,) each.
    """

    before: Spread
    own: Statistics
    read: tuple[np.ndarray, np.ndarray]


def show(subject: Subject, place: int) -> None:
    """Shows it."""
    facets = {
        "batch": _batch,
        "values": _values,
        "scale": _scale,
        "learning": _learning,
        "experiment": lambda *_: claims.show_one("normalisation"),
    }
    by_channel = ("batch", "scale") if len(subject.shapes[place]) == 1 else ("batch", "values", "scale")
    aside.show(subject, place, LESSON, _question(subject, place), facets, by_channel)


def _question(subject: Subject, place: int) -> Question:
    """Where a channel's values lie afterwards: at β, spread by γ; as before while nothing is learned."""
    own, channel = subject.weights(place), aside.channel_of(subject, place)
    numbers = _numbers(own, channel)
    is_fresh = all(numbers[name] == value for name, value in FRESH.items())
    told = {name: aside.told(value) for name, value in numbers.items()}
    told["spread"] = aside.told(numbers["variance"] ** 0.5)
    return Question(
        say(LESSON, "ask", channel=channel, **told),
        ("mean 0, spread 1", "mean β, spread |γ|", "as before"),
        lambda: (
            2 if is_fresh else 1,
            say(LESSON, "answer fresh" if is_fresh else "answer", channel=channel, **told),
        ),
        f"normalisation {place}",
        veils=("batch", "values"),
    )


def _numbers(own: Weights, channel: int) -> dict[str, float]:
    return {name: float(own[array][channel]) for name, array in NAMES.items()}


def _batch(subject: Subject, place: int) -> None:
    channel = aside.channel_of(subject, place)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<p class="lab-small">{say(LESSON, "size")}</p>', width="content")
        size = st.segmented_control(
            "Digits in the batch",
            SIZES,
            required=True,
            label_visibility="collapsed",
            **state.lasting("batch size", SIZES[0]),
        )
    try:
        found = _of_batch(subject, place, size)
    except DataError as error:
        st.warning(str(error))
        return
    own = subject.weights(place)
    record = normalising.recorded(own)
    # a reading is one factor and one offset a channel: the spread is moved by them
    factor = own["gamma"] / record.deviation
    after = found.before.moved(factor, own["beta"] - factor * record.mean)
    mean, deviation = float(record.mean[channel]), float(np.sqrt(record.variance[channel]))
    ends = np.array([mean, mean - deviation, mean + deviation])
    marks = ends.tolist(), (factor[channel] * (ends - mean) + own["beta"][channel]).tolist()
    figure = charts.spreads(found.before, after, channel, marks)
    told = {
        "channel": channel,
        "count": size,
        "mean": aside.told(found.own.mean[channel]),
        "spread": aside.told(found.own.variance[channel] ** 0.5),
        "mean_after": aside.told(found.read[0][channel]),
        "spread_after": aside.told(found.read[1][channel]),
        "mean_record": aside.told(record.mean[channel]),
        "spread_record": aside.told(record.variance[channel] ** 0.5),
    }
    alt = say(LESSON, "batch", **told)
    live_chart.show(live_chart.to_content(figure, alt), "normalisation spreads", charts.SPREADS_HEIGHT)
    st.caption(alt)
    means = charts.channels((found.own.mean, np.sqrt(found.own.variance)), found.read, channel, "channel")
    live_chart.show(
        live_chart.to_content(means, say(LESSON, "channels", count=size)),
        "normalisation channels",
        charts.CHANNELS_HEIGHT,
    )
    st.caption(say(LESSON, "channels", count=size))


def _of_batch(subject: Subject, place: int, size: int) -> Batch:
    """A batch through the layer: the digit in hand and validation digits.

    Raises:
        DataError: there are no validation digits on this machine.
    """
    digits = cache.validation_digits(state.now().model)
    with st.spinner(f"Reading {size} validation digits…"):
        return _computed(subject.network, place, digits.dataset, digits.part, size)


@kept(64)
def _computed(network: Network, place: int, dataset: str, part: str, size: int) -> Batch:
    x = network.through(to_input(cache.digits(dataset, part).images[:size]), 0, place)
    own, weights = normalising.batch_statistics(x), network.own_weights(place)
    record = normalising.recorded(weights)
    factor = weights["gamma"] / record.deviation
    read = factor * (own.mean - record.mean) + weights["beta"], np.abs(factor) * np.sqrt(own.variance)
    return Batch(normalising.spread(x), own, read)


def _values(subject: Subject, place: int) -> None:
    x, y, own = subject.gets(place), subject.gives(place), subject.weights(place)
    if x.ndim == 3:
        channel = aside.channel_of(subject, place)
        x, y = x[..., channel], y[..., channel]
        cell = grids.chosen_cell(y)
        value, numbers = float(x[cell]), _numbers(own, channel)
        all_numbers: dict[str, float | list[float]] = {**numbers, "epsilon": EPSILON}
    else:  # a vector: every unit has statistics of its own
        cell = grids.chosen_cell(y)
        value, numbers = float(x[cell[1]]), _numbers(own, cell[1])
        all_numbers = {name: own[array].tolist() for name, array in NAMES.items()} | {"epsilon": EPSILON}
    shown = [grids.Grid("before", "", x, True), grids.Grid("after", "", y, True, None, True)]
    view = grids.View("normalisation", shown, cell, numbers=all_numbers)
    grids.show(grids.to_content(view), "normalisation values")
    with st.container(key="normalisation-formula"):
        st.latex(_formula(numbers, value))
    st.caption(say(LESSON, "values"))


def _formula(numbers: dict[str, float], value: float) -> str:
    """γ · (x − mean) / √(variance + ε) + β with the values plugged in, as LaTeX."""
    deviation = (numbers["variance"] + EPSILON) ** 0.5
    result = numbers["gamma"] * (value - numbers["mean"]) / deviation + numbers["beta"]
    return (
        r"\gamma\,\frac{x-\mu}{\sqrt{\sigma^2+\varepsilon}}+\beta = "
        rf"{number(numbers['gamma'])} \cdot \frac{{{number(value)} - {in_brackets(numbers['mean'])}}}"
        rf"{{\sqrt{{{number(numbers['variance'])} + {number(EPSILON)}}}}} + {in_brackets(numbers['beta'])}"
        rf" = {number(result)}"
    )


def _scale(subject: Subject, place: int) -> None:
    st.fragment(_look_at_scale)(subject, place)


def _look_at_scale(subject: Subject, place: int) -> None:
    channel = aside.channel_of(subject, place)
    own = subject.weights(place)
    learned = float(own["gamma"][channel]), float(own["beta"][channel])
    now = _held(learned)
    left, right = st.columns([4, 5], gap="medium")
    with left:
        for which, title in enumerate(("γ, the factor", "β, the offset")):
            _slider(title, which, learned, f"{title} of {place} {channel}")
        everywhere = st.toggle(say(LESSON, "everywhere"), **state.lasting(f"everywhere in {place}", False))
        if now != learned:
            st.button("Put back what was learned", on_click=state.change, kwargs={"kernel": None})
        st.caption(say(LESSON, "scale", gamma=aside.told(learned[0]), beta=aside.told(learned[1])))
    with right:
        given, after = _rescaled(subject.network, place, channel, everywhere, now, subject.digit.tobytes())
        st.html(_maps(subject, place, channel, given))
        st.markdown(f"{verdict_text(subject.values[-1])} → **{verdict_text(after)}**")
    address.follow("Architecture", "gamma and beta")


def _reach(learned: float) -> float:
    """How far a slider goes to either side."""
    return round(abs(learned) + ROOM, 1)


def _held(learned: tuple[float, float]) -> tuple[float, ...]:
    """γ and β as the person changed them, as far as the sliders go; where they didn't, as learned."""
    changed = state.now().kernel
    if changed is None or len(changed) != len(learned):
        return learned
    ends = map(_reach, learned)
    return tuple(min(max(value, -end), end) for value, end in zip(changed, ends, strict=True))


def _slider(title: str, which: int, learned: tuple[float, float], key: str) -> None:
    """A slider for one of a channel's two numbers, around what was learned."""

    def from_widget(value: float) -> tuple[float, ...]:
        # the other slider may have been moved since this one was drawn
        return tuple(value if place == which else other for place, other in enumerate(_held(learned)))

    bound = state.bound("kernel", lambda _: _held(learned)[which], from_widget, key)
    st.slider(title, -_reach(learned[which]), _reach(learned[which]), step=0.01, **bound)


@kept(64)
def _rescaled(
    network: Network, place: int, channel: int, everywhere: bool, scale: tuple[float, ...], digit: bytes
) -> tuple[np.ndarray, np.ndarray]:
    """What a channel gives with another γ and β, and what the network then reads."""
    changed = normalising.rescaled(network, place, None if everywhere else channel, *scale)
    values = changed.values(np.frombuffer(digit, np.uint8).reshape(1, 28, 28))
    return values[place + 1][0, ..., channel].copy(), values[-1][0]


def _maps(subject: Subject, place: int, channel: int, changed: np.ndarray) -> str:
    """The channel's map before the layer, after it as learned, and after it as changed; a vector's value."""
    x, y = subject.gets(place)[..., channel], subject.gives(place)[..., channel]
    if x.ndim == 0:
        return f'<p class="lab-small">before {x:.3g} · learned {y:.3g} · now <b>{changed:.3g}</b></p>'
    most = float(max(np.abs(each).max() for each in (y, changed))) or 1.0
    figures = []
    for values, name, scale in (
        (x, "before", float(np.abs(x).max()) or 1.0),
        (y, "as learned", most),
        (changed, "now", most),
    ):
        picture = mosaic.of_maps(
            values[..., None], 1, True, scale, scale=max(1, 140 // max(values.shape)), gap=0
        )
        figures.append(
            f"<figure>{to_html(picture, f'The map {name}')}<figcaption>{name}</figcaption></figure>"
        )
    return f'<div class="lab-three">{"".join(figures)}</div>'


def _learning(subject: Subject, place: int) -> None:
    try:
        rows = _in_company(subject)
        found = _of_batch(subject, place, COMPANY[2])
    except DataError as error:
        st.warning(str(error))
        return
    own = subject.weights(place)
    record = normalising.recorded(own)
    left, right = st.columns([6, 5], gap="medium")
    with left:
        figure = charts.against_record(
            (record.mean, np.sqrt(record.variance)), (found.own.mean, np.sqrt(found.own.variance)), "channel"
        )
        alt = say(LESSON, "record", count=COMPANY[2], momentum=f"{MOMENTUM:.0%}")
        live_chart.show(live_chart.to_content(figure, alt), "normalisation record", charts.RECORD_HEIGHT)
        st.caption(alt)
    with right:
        cells = "".join(f"<tr><td>{company}</td><td>{verdict}</td></tr>" for company, verdict in rows)
        head = "<tr><th scope=col>normalised by</th><th scope=col>the network</th></tr>"
        st.html(f'<table class="lab-plain"><thead>{head}</thead><tbody>{cells}</tbody></table>')
        st.caption(say(LESSON, "company"))


def _in_company(subject: Subject) -> list[tuple[str, str]]:
    """What the network says of the digit by the record, and as while learning in batches of several sizes."""
    digits = cache.validation_digits(state.now().model)
    rows = [("the record, as in a reading", verdict_text(subject.values[-1]))]
    with st.spinner("Reading the digit in company…"):
        for size in COMPANY:
            read = _read_in_company(
                subject.network, subject.digit.tobytes(), digits.dataset, digits.part, size
            )
            rows.append((f"a batch of {size} with it", verdict_text(read)))
    return rows


@kept(128)
def _read_in_company(network: Network, digit: bytes, dataset: str, part: str, size: int) -> np.ndarray:
    pixels = np.frombuffer(digit, np.uint8).reshape(1, 28, 28)
    others = cache.digits(dataset, part).images
    apart = others[[place for place in range(size) if others[place].tobytes() != digit][: size - 1]]
    return normalising.learning_values(network, np.concatenate([pixels, apart]))[0]
