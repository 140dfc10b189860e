"""The strip of preprocessing: from what was given to what is read, each step's picture over its switch."""

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import state
from app.in_hand import InHand
from app.pixels import to_html
from model.preprocessing import PICTURE, STEPS, Step, StepName

CELL = 119  # px wide: six stand beside the canvas, two on a phone; a frame of four times 28 px fits


def show_strip() -> list[DeltaGenerator]:
    """Shows the strip with its switches.

    Returns:
        The places for its pictures, for `show_pictures` to fill: only they change with every stroke.
    """
    places = []
    with st.container(horizontal=True, gap="small", key="steps"):
        for step in _shown():
            with st.container(width=CELL, gap=None):
                places.append(st.container())
                if step is PICTURE:
                    st.html(f'<p class="lab-step">{html.escape(step.title)}</p>')
                else:
                    _switch(step.name, step.title, step.explanation)
    return places


def show_pictures(places: list[DeltaGenerator], hand: InHand | None) -> None:
    """Shows each step's picture in its place; empty frames before there is a digit."""
    made = {step.name: step for step in hand.steps} if hand else {}
    ready = hand is not None and hand.digit is not None and not hand.steps
    read = bool(made) and hand is not None and hand.digit is not None
    plain = bool(made) and not any(step.for_photographs for step in STEPS if step.name in made)
    for step, place in zip(_shown(), places, strict=True):
        # a table drawn on a screen is no photograph, but has rules to wipe
        needless = ready or (step.for_photographs and (plain or (read and step.name not in made)))
        place.html(_needless(step) if needless else _picture(made.get(step.name)))


def _shown() -> tuple[StepName, ...]:
    """The steps that what is given may need: a drawing and a digit of the data are no photographs."""
    now = state.now()
    on_paper = now.source in ("upload", "camera")
    return (PICTURE, *(step for step in STEPS if on_paper or not step.for_photographs))


def _switch(name: str, title: str, explanation: str) -> None:
    def flip(on: bool) -> frozenset[str]:
        off = state.now().off
        return off - {name} if on else off | {name}

    st.toggle(
        title,
        help=explanation,
        **state.bound("off", lambda off: name not in off, flip, key=f"step {name}"),
    )


def _picture(step: Step | None) -> str:
    if step is None:
        return '<div class="lab-frame" aria-hidden="true"></div>'
    height, width = step.image.shape
    alt = f"{step.title}: {width} by {height} pixels{'' if step.on else ', this step is switched off'}"
    return to_html(step.image, alt, "lab-frame" if step.on else "lab-frame lab-skipped")


def _needless(step: StepName) -> str:
    said = "Already as MNIST's digits are: no step is needed." if step is PICTURE else "not needed"
    if step.for_photographs:
        said = "not needed: the paper is plain"
    return f'<div class="lab-frame lab-needless">{said}</div>'
