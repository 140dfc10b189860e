"""Guess, then see: which layer still looks like the digit, which filter answers to horizontal strokes."""

from functools import lru_cache

import numpy as np
import streamlit as st

from app import looking_network, state
from app.in_hand import InHand
from app.prose import say
from model.forward import Network
from model.probes.likeness import STROKES, likeness, stroke_answers
from model.probes.maps import feature_maps

ALIKE = 0.5  # a map of a lesser correlation is hardly taken for the digit
BEST = 3  # filters that are named


def show_layers(hand: InHand) -> None:
    """Asks for the last layer in which the digit can still be seen; answers once a guess is made."""
    assert hand.digit is not None
    name = state.now().model
    alike = _likenesses(looking_network.network(), hand.digit.tobytes())
    with st.popover("Guess: still a digit?"):
        guess = st.selectbox(
            say("filters", "guess the layer"),
            list(alike),
            index=None,
            placeholder="Choose a layer",
            key=f"guessed layer of {name}",
        )
        if guess is None:
            return
        seen = [title for title, share in alike.items() if share >= ALIKE]
        answer = seen[-1] if seen else None
        passage = "no layer looks like it" if answer is None else "the last layer that looks like it"
        st.markdown(say("filters", passage, layer=answer, guess=guess, alike=f"{ALIKE:.1f}"))
        st.html(_bars(alike, guess))


def show_strokes(place: int) -> None:
    """Asks which filter of a layer answers to horizontal strokes; answers once a guess is made.

    Args:
        place: a layer with units.
    """
    answers = _answers(looking_network.network(), place)
    word = looking_network.unit_word(place)
    with st.popover("Guess: who likes horizontal?"):
        guess = st.selectbox(
            say("filters", "guess the filter", word=word),
            range(answers.shape[1]),
            index=None,
            placeholder=f"Choose a {word}",
            format_func=lambda unit: f"{word} {unit}",
            key=f"guessed filter of {place}",
        )
        if guess is None:
            return
        prefers = answers[0] - answers[1:].max(axis=0)  # to horizontal strokes, over all others
        order = [int(unit) for unit in np.argsort(-prefers, kind="stable")]
        found = ", ".join(f"**{unit}**" for unit in order[:BEST] if prefers[unit] > 0)
        passage = "filters for horizontal" if found else "no filter for horizontal"
        st.markdown(
            say(
                "filters",
                passage,
                word=word,
                found=found,
                guess=guess,
                rank=order.index(guess) + 1,
                of=len(order),
            )
        )
        st.html(_bars(dict(zip(STROKES, answers[:, guess].tolist(), strict=True)), ""))
        st.caption(say("filters", "stroke bars", word=word, guess=guess))


@lru_cache(maxsize=32)
def _likenesses(network: Network, digit: bytes) -> dict[str, float]:
    """Of each layer with maps, how much its most alike map looks like the digit."""
    pixels = np.frombuffer(digit, np.uint8).reshape(28, 28)
    maps = feature_maps(network, pixels)
    return {
        each.title: float(likeness(pixels, each.values).max())
        for each in maps
        if each.values.ndim == 3 and "dropout" not in each.title
    }


@lru_cache(maxsize=32)
def _answers(network: Network, place: int) -> np.ndarray:
    return stroke_answers(network, place)


def _bars(amounts: dict[str, float], marked: str) -> str:
    """A bar for each amount, with its number; titles are our own."""
    most = max(*amounts.values(), 1e-9)
    rows = "".join(
        f'<div class="lab-amount{" lab-first" if title == marked else ""}"><span>{title}</span>'
        f'<span class="lab-track"><span class="lab-fill" style="width:{max(0, amount / most):.1%}"></span>'
        f'</span><span class="lab-value">{amount:.2f}</span></div>'
        for title, amount in amounts.items()
    )
    said = ", ".join(f"{title}: {amount:.2f}" for title, amount in amounts.items())
    return f'<div class="lab-amounts" role="img" aria-label="{said}">{rows}</div>'
