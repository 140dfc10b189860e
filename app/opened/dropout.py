"""A dropout layer opened: masks drawn anew, the scale that makes up for them, the verdict under many."""

import itertools
from zlib import crc32

import numpy as np
import streamlit as st

from app import claims, live_chart, state
from app.charts import between as charts
from app.kept import kept
from app.looking.maps_view import verdict_text
from app.opened import aside, grids
from app.opened.aside import Question
from app.prose import say
from app.reading import chance
from app.subject import Subject
from model.forward import Network
from model.layers import Dropout
from model.probes import dropping
from model.probes.maps import signed
from model.recipe import CLASSES

LESSON = "dropout"
FEWEST_MASKS, MOST_MASKS = 24, 100  # to step through
MOST_BITS = 160_000  # of all masks together: they travel to the browser
READINGS = 50
SEED = 0
MOST_DRAWN = 2_000_000  # random numbers for the running means: a fiftieth of a second
FEWEST_MEANS, MOST_MEANS = 24, 200  # masks


def show(subject: Subject, place: int) -> None:
    """Shows it."""
    facets = {
        "mask": _mask,
        "scale": _scale,
        "verdicts": _verdicts,
        "experiment": lambda *_: claims.show_one("dropout"),
    }
    by_channel = ("mask",) if len(subject.shapes[place]) == 3 else ()
    aside.show(subject, place, LESSON, question(subject), facets, by_channel)


def _rate(subject: Subject, place: int) -> float:
    layer = subject.layers[place]
    assert isinstance(layer, Dropout)
    return layer.rate


def question(subject: Subject) -> Question:
    """Under how many of the masks the verdict stays what it is."""
    steps = (0, READINGS // 2, READINGS * 9 // 10, READINGS)
    options = [f"{low} to {high - 1}" for low, high in itertools.pairwise(steps)]
    read, digit = subject.reading, subject.digit.tobytes()

    def reveal() -> tuple[int, str]:
        same = int((_readings(subject.network, digit).argmax(axis=1) == read).sum())
        place = int(np.searchsorted(steps, same, side="right")) - 1
        return place, say(LESSON, "answer", count=READINGS, digit=read, same=same)

    return Question(
        say(LESSON, "ask", count=READINGS, digit=read),
        [*options, f"all {READINGS}"],
        reveal,
        f"dropout {state.now().model} {subject.is_trained} {crc32(digit)}",
        veils=("verdicts",),
    )


@kept(64)
def _readings(network: Network, digit: bytes) -> np.ndarray:
    pixels = np.frombuffer(digit, np.uint8).reshape(28, 28)
    found = dropping.readings(network, pixels, READINGS, SEED)
    found.flags.writeable = False
    return found


def _channel(subject: Subject, place: int) -> np.ndarray:
    x = subject.gets(place)
    if x.ndim == 1:
        return x[: grids.MOST_VALUES]
    return x[..., aside.channel_of(subject, place)]


def _mask(subject: Subject, place: int) -> None:
    x, rate = _channel(subject, place), _rate(subject, place)
    is_signed = signed(subject.layers)[place]
    most = float(np.abs(x).max()) * dropping.scale(rate)
    count = max(FEWEST_MASKS, min(MOST_MASKS, MOST_BITS // x.size))
    kept = dropping.masks(x.shape, rate, count, SEED).reshape(count, -1)
    scaled = x * np.float32(dropping.scale(rate))
    shown = [
        grids.Grid("while reading", "everything", x, is_signed, most),
        grids.Grid("while learning", "the rest scaled up", scaled, is_signed, most, True),
    ]
    numbers = {"scale": dropping.scale(rate)}
    view = grids.View("dropout", shown, grids.chosen_cell(x), numbers=numbers, masks=kept)
    grids.show(grids.to_content(view), "dropout masks")
    st.caption(say(LESSON, "masks", rate=f"{rate:.0%}", scale=f"{dropping.scale(rate):.3g}"))


def _scale(subject: Subject, place: int) -> None:
    x, rate = subject.gets(place), _rate(subject, place)
    count = max(FEWEST_MEANS, min(MOST_MEANS, MOST_DRAWN // x.size))
    scaled, plain = dropping.running_means(x, rate, count, SEED)
    st.latex(
        rf"\text{{scale}} = \frac{{1}}{{1 - \text{{rate}}}} = \frac{{1}}{{1 - {rate:.3g}}}"
        rf" = {dropping.scale(rate):.4g}"
    )
    without = float(x.mean())
    told = {
        "count": count,
        "scaled": f"{scaled[-1]:.4g}",
        "plain": f"{plain[-1]:.4g}",
        "without": f"{without:.4g}",
    }
    figure = charts.means(scaled, plain, without)
    live_chart.show(
        live_chart.to_content(figure, say(LESSON, "scale alt", **told)), "dropout scale", charts.MEANS_HEIGHT
    )
    st.markdown(say(LESSON, "scale", **told))


def _verdicts(subject: Subject, place: int) -> None:  # noqa: ARG001 - all dropout layers act
    found = _readings(subject.network, subject.digit.tobytes())
    read, plain = subject.reading, subject.values[-1]
    counts = np.bincount(found.argmax(axis=1), minlength=CLASSES)
    shares = found[:, read]
    layers = sum(isinstance(layer, Dropout) for layer in subject.layers)
    told = {
        "count": READINGS,
        "digit": read,
        "same": int(counts[read]),
        "plain": verdict_text(plain),
        "low": chance(float(shares.min())),
        "high": chance(float(shares.max())),
        "layers": layers,
    }
    figure = charts.verdicts(counts.tolist(), shares, read, float(plain[read]))
    live_chart.show(
        live_chart.to_content(figure, say(LESSON, "verdicts alt", **told)), "verdicts", charts.VERDICTS_HEIGHT
    )
    st.markdown(say(LESSON, "verdicts", **told))
