"""A pooling layer opened: window by window, by maximum and by average; what a shift of the digit does."""

from functools import lru_cache

import numpy as np
import streamlit as st

from app import claims, live_chart, mosaic
from app.charts import between as charts
from app.opened import aside, grids
from app.opened.aside import Question
from app.pixels import to_html
from app.prose import say
from app.subject import Subject
from model.forward import Network
from model.layers import AveragePooling2D, MaxPooling2D
from model.probes import pooling
from model.probes.maps import signed

LESSON = "pooling"
DIRECTIONS = {"right": (0, 1), "down": (1, 0), "left": (0, -1), "up": (-1, 0)}
CELLS = (1, 2, 3, 4)
STAGES = ("digit", "before", "first", "average", "maximum")


def show(subject: Subject, place: int) -> None:
    """Shows it."""
    facets = {"windows": _windows, "shift": _shift, "experiment": lambda *_: claims.show_one("pooling")}
    aside.show(subject, place, LESSON, _question(subject, place), facets, ("windows", "shift"))


def _question(subject: Subject, place: int) -> Question:
    """How many values are left: four answers, of which one is right."""
    layer = subject.layers[place]
    assert isinstance(layer, pooling.Pooling)
    gets, gives = subject.gets(place).size, subject.gives(place).size
    share = round(gets / gives)
    others = sorted({1, 2, 4, 9, 16, share} - {share}, key=lambda other: abs(other - share))[:3]
    options = sorted([share, *others])
    kept = "all" if share == 1 else f"about 1 in {share}"
    return Question(
        say(LESSON, "ask", count=f"{gets:,}"),
        ["all" if option == 1 else f"1 in {option}" for option in options],
        options.index(share),
        say(
            LESSON,
            "answer maximum" if isinstance(layer, MaxPooling2D) else "answer average",
            gets=f"{gets:,}",
            gives=f"{gives:,}",
            kept=kept,
        ),
        f"pooling {place} {gets} {gives}",
    )


def _windows(subject: Subject, place: int) -> None:
    x = subject.gets(place)
    layer = subject.layers[place]
    assert isinstance(layer, pooling.Pooling)
    channel = aside.channel_of(subject, place)
    cell = grids.chosen_cell(subject.gives(place)[..., channel])
    is_signed = signed(subject.layers)[place]
    grids.show(_windows_content(layer, x[..., channel].tobytes(), x.shape[:2], is_signed, cell), "windows")
    own, pooled = x[..., channel], pooling.both(layer, x[None, ..., channel : channel + 1])
    below = float((own < 0).mean())
    passage = "signs" if is_signed else "no signs"
    st.caption(
        say(
            LESSON,
            passage,
            below=f"{below:.0%}",
            maximum=f"{float((pooled.maximum < 0).mean()):.0%}",
            average=f"{float((pooled.average < 0).mean()):.0%}",
        )
    )


@lru_cache(maxsize=64)
def _windows_content(
    layer: pooling.Pooling, channel: bytes, shape: tuple[int, int], is_signed: bool, cell: tuple[int, int]
) -> bytes:
    x = np.frombuffer(channel, np.float32).reshape(*shape, 1)
    pooled = pooling.both(layer, x[None])
    rows, columns = pooling.windows(layer, x.shape)
    most = float(np.abs(x).max())
    is_average = isinstance(layer, AveragePooling2D)
    out = pooled.maximum.shape[1:3]
    note = f"{out[0]} × {out[1]}"
    shown = [
        grids.Grid("what comes in", f"{shape[0]} × {shape[1]}", x[..., 0], is_signed, most),
        grids.Grid("maximum", note, pooled.maximum[0, ..., 0], is_signed, most, not is_average),
        grids.Grid("average", note, pooled.average[0, ..., 0], is_signed, most, is_average),
    ]
    return grids.to_content(grids.View("pooling", shown, cell, rows, columns))


def _shift(subject: Subject, place: int) -> None:
    st.fragment(_look_at_shift)(subject, place)


def _look_at_shift(subject: Subject, place: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        direction = st.segmented_control(
            "Move the digit", list(DIRECTIONS), default="right", required=True, key="shift direction"
        )
        cells = st.segmented_control("by cells", CELLS, default=1, required=True, key="shift cells")
        guess = st.segmented_control(
            "**Guess:** which changes least?",
            STAGES,
            format_func=lambda stage: say(LESSON, f"stage {stage}"),
            key=f"shift guess {place}",
        )
    down, across = (step * cells for step in DIRECTIONS[direction])
    found = _shifted(subject.network, place, subject.digit.tobytes(), down, across)
    channel = aside.channel_of(subject, place)
    left, right = st.columns([5, 6], gap="medium")
    left.html(_pictures(subject, place, found, channel))
    with right:
        if guess is None:
            st.info(say(LESSON, "shift first"))
            return
        figure = charts.changes([say(LESSON, f"stage {stage}") for stage in STAGES], found.changes.values())
        told = ", ".join(f"{say(LESSON, f'stage {stage}')}: {found.changes[stage]:.0%}" for stage in STAGES)
        live_chart.show(live_chart.to_content(figure, f"Change. {told}."), "shift", charts.CHANGES_HEIGHT)
        least = min(STAGES, key=found.changes.__getitem__)
        st.markdown(
            say(
                LESSON,
                "shift right" if guess == least else "shift wrong",
                least=say(LESSON, f"stage {least}"),
                guess=say(LESSON, f"stage {guess}"),
                change=f"{found.changes[least]:.0%}",
                guessed=f"{found.changes[guess]:.0%}",
            )
        )


@lru_cache(maxsize=64)
def _shifted(network: Network, place: int, digit: bytes, down: int, across: int) -> pooling.Shift:
    pixels = np.frombuffer(digit, np.uint8).reshape(28, 28)
    return pooling.shift(network, place, pixels, down, across)


def _pictures(subject: Subject, place: int, found: pooling.Shift, channel: int) -> str:
    """The digit, what comes in, and both poolings of it: before the shift, after it, and the difference."""
    rows = [
        ("digit", np.stack([subject.digit, found.digit]).astype(np.float32), False),
        ("before", found.before[..., channel], signed(subject.layers)[place]),
        ("maximum", found.after.maximum[..., channel], signed(subject.layers)[place]),
        ("average", found.after.average[..., channel], signed(subject.layers)[place]),
    ]
    cells = []
    for stage, (was, now), is_signed in rows:
        title = say(LESSON, f"stage {stage}")
        most = float(np.abs(np.stack([was, now])).max()) or 1.0
        pictures = [
            to_html(_picture(was, is_signed, most), f"{title}, as it is"),
            to_html(_picture(now, is_signed, most), f"{title}, shifted"),
            to_html(_picture(now - was, True, most), f"{title}, the difference"),
        ]
        cells.append(f"<tr><th scope=row>{title}</th>{''.join(f'<td>{each}</td>' for each in pictures)}</tr>")
    head = (
        "<tr><th></th><th scope=col>as it is</th><th scope=col>shifted</th><th scope=col>difference</th></tr>"
    )
    return f'<table class="lab-shift"><thead>{head}</thead><tbody>{"".join(cells)}</tbody></table>'


def _picture(values: np.ndarray, is_signed: bool, most: float) -> np.ndarray:
    return mosaic.of_maps(values[..., None], 1, is_signed, most, scale=max(1, 96 // max(values.shape)), gap=0)
