"""A pooling layer opened: window by window, by maximum and by average; what a shift of the digit does."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from app import claims, live_chart, mosaic, state
from app.charts import between as charts
from app.claiming import again
from app.kept import kept
from app.opened import aside, grids
from app.opened.aside import Question
from app.pixels import to_html
from app.prose import say
from app.subject import Subject
from model.claims.catalogue import CLAIMS
from model.editing import converted
from model.forward import Network
from model.layers import AveragePooling2D, MaxPooling2D
from model.probes import pooling
from model.probes.maps import signed
from model.recipe import Recipe

LESSON = "pooling"
DIRECTIONS = {"right": (0, 1), "down": (1, 0), "left": (0, -1), "up": (-1, 0)}
CELLS = (1, 2, 3, 4)
MOST_NAME = 50  # letters of the recipe's name that its copies keep
STAGES = ("digit", "before", "first", "average", "maximum")


def show(subject: Subject, place: int) -> None:
    """Shows it."""
    facets = {"windows": _windows, "shift": _shift, "experiment": _experiment}
    aside.show(subject, place, LESSON, _question(subject, place), facets, ("windows", "shift"))


def _experiment(subject: Subject, place: int) -> None:
    """The claim with its bundled runs, and the same with the network that is looked at."""
    claims.show_one("pooling")
    again.show_with(CLAIMS["pooling"], both_ways(subject.recipe, place))


def both_ways(recipe: Recipe, place: int) -> tuple[Recipe, Recipe]:
    """A recipe with maximum and with average pooling: itself, and its copy that differs in this alone.

    Args:
        recipe: the one.
        place: of a pooling layer; all of its kind become the other kind in the copy.
    """
    kinds = {"maximum": "MaxPooling2D", "average": "AveragePooling2D"}
    own = type(recipe.layers[place]).__name__

    def pooled(word: str, kind: str) -> Recipe:
        layers = tuple(
            converted(layer, kind) if type(layer).__name__ == own else layer for layer in recipe.layers
        )
        return replace(recipe, layers=layers, name=f"{recipe.name[:MOST_NAME]}, {word}")

    maximum, average = (pooled(word, kind) for word, kind in kinds.items())
    return maximum, average


def _question(subject: Subject, place: int) -> Question:
    """How many values are left: four answers, of which one is right."""
    layer = subject.layers[place]
    assert isinstance(layer, pooling.Pooling)
    gets, gives = subject.gets(place).size, subject.gives(place).size
    share = round(gets / gives)
    others = sorted({1, 2, 4, 9, 16, share} - {share}, key=lambda other: abs(other - share))[:3]
    options = sorted([share, *others])
    kept = "all" if share == 1 else f"about 1 in {share}"
    passage = "answer maximum" if isinstance(layer, MaxPooling2D) else "answer average"
    answer = say(LESSON, passage, gets=f"{gets:,}", gives=f"{gives:,}", kept=kept)
    return Question(
        say(LESSON, "ask", count=f"{gets:,}"),
        ["all" if option == 1 else f"1 in {option}" for option in options],
        lambda: (options.index(share), answer),
        f"pooling {place} {gets} {gives}",
        asks_size=True,
    )


def _windows(subject: Subject, place: int) -> None:
    x = subject.gets(place)
    layer = subject.layers[place]
    assert isinstance(layer, pooling.Pooling)
    channel = aside.channel_of(subject, place)
    cell = grids.chosen_cell(subject.gives(place)[..., channel])
    is_signed = signed(subject.layers)[place]
    told = _question(subject, place).is_answered
    asked = layer, x[..., channel].tobytes(), x.shape[:2], is_signed, cell, told
    grids.show(_windows_content(*asked), "windows")
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
    layer: pooling.Pooling,
    channel: bytes,
    shape: tuple[int, int],
    is_signed: bool,
    cell: tuple[int, int],
    told: bool,
) -> bytes:
    """The grids; the size of what goes out is asked for, and not told before it may be."""
    x = np.frombuffer(channel, np.float32).reshape(*shape, 1)
    pooled = pooling.both(layer, x[None])
    rows, columns = pooling.windows(layer, x.shape)
    most = float(np.abs(x).max())
    is_average = isinstance(layer, AveragePooling2D)
    out = pooled.maximum.shape[1:3]
    note = f"{out[0]} × {out[1]}" if told else ""
    shown = [
        grids.Grid("what comes in", f"{shape[0]} × {shape[1]}", x[..., 0], is_signed, most),
        grids.Grid("maximum", note, pooled.maximum[0, ..., 0], is_signed, most, not is_average),
        grids.Grid("average", note, pooled.average[0, ..., 0], is_signed, most, is_average),
    ]
    return grids.to_content(grids.View("pooling", shown, cell, rows, columns))


def _shift(subject: Subject, place: int) -> None:
    st.fragment(_look_at_shift)(subject, place)


def _look_at_shift(subject: Subject, place: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        direction = _choice("Move the digit", list(DIRECTIONS), "shift direction")
        cells = _choice("by cells", list(CELLS), "shift cells")
    down, across = (step * cells for step in DIRECTIONS[direction])
    found = _shifted(subject.network, place, subject.digit.tobytes(), down, across)
    left, right = st.columns([1, 1], gap="medium")
    left.html(_pictures(subject, place, found, aside.channel_of(subject, place)))
    with right, st.container(key="shift-guess"):
        guess = st.pills(
            "**Guess:** which changes least?",
            STAGES,
            format_func=lambda stage: say(LESSON, f"stage {stage}"),
            **state.lasting(f"shift guess {place}"),
        )
        if guess is None:
            st.caption(say(LESSON, "shift first"))
        else:
            _show_changes(found, guess)


def _choice(label: str, options: Sequence[Any], key: str) -> Any:  # noqa: ANN401 - of the options' type
    st.html(f'<p class="lab-small">{label}</p>', width="content")
    return st.segmented_control(
        label,
        options,
        required=True,
        label_visibility="collapsed",
        width="content",
        **state.lasting(key, options[0]),
    )


def _show_changes(found: pooling.Shift, guess: str) -> None:
    """How much each stage changes, and whether the guess was right."""
    names = {stage: say(LESSON, f"stage {stage}") for stage in STAGES}
    least = min(STAGES, key=found.changes.__getitem__)
    st.markdown(
        say(
            LESSON,
            "shift right" if guess == least else "shift wrong",
            least=names[least],
            guess=names[guess],
            change=f"{found.changes[least]:.0%}",
            guessed=f"{found.changes[guess]:.0%}",
        )
    )
    figure = charts.changes(list(names.values()), [found.changes[stage] for stage in STAGES])
    told = ", ".join(f"{names[stage]}: {found.changes[stage]:.0%}" for stage in STAGES)
    live_chart.show(live_chart.to_content(figure, f"Change. {told}."), "shift", charts.CHANGES_HEIGHT)


@kept(32)
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
    titles = [say(LESSON, f"stage {stage}") for stage, _, _ in rows]
    lines: dict[str, list[str]] = {"as it is": [], "shifted": [], "difference": []}
    for title, (_, (was, now), is_signed) in zip(titles, rows, strict=True):
        most = float(np.abs(np.stack([was, now])).max()) or 1.0
        for name, values, sign in (
            ("as it is", was, is_signed),
            ("shifted", now, is_signed),
            ("difference", now - was, True),
        ):
            lines[name].append(to_html(_picture(values, sign, most), f"{title}, {name}"))
    head = "".join(f"<th scope=col>{title}</th>" for title in titles)
    body = "".join(
        f"<tr><th scope=row>{name}</th>{''.join(f'<td>{each}</td>' for each in pictures)}</tr>"
        for name, pictures in lines.items()
    )
    return f'<table class="lab-shift"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'


def _picture(values: np.ndarray, is_signed: bool, most: float) -> np.ndarray:
    return mosaic.of_maps(values[..., None], 1, is_signed, most, scale=max(1, 96 // max(values.shape)), gap=0)
