"""Why this verdict: which ink speaks for a digit, or why not another; several methods, side by side."""

import html

import numpy as np
import streamlit as st

from app import cache, dossier_view, looking_network, state
from app.in_hand import InHand
from app.pixels import signed_colours, to_html
from app.prose import say
from app.reading import chance
from model.probes.randomised import agreement
from model.probes.saliency import Method, methods_for
from model.recipe import CLASSES
from model.verdict import read_digit

OCCLUSION = "occlusion"  # the one that tells about the probability itself
FAINTEST = 0.01  # a fall of one point of probability still gets the fullest colour; less is as good as none
INK = 0.55  # how dark full ink is drawn where a map says nothing
LEAST = 1e-30  # of a map that is nothing but zeros
SANITY_SEED = 0
SANITY = "sanity switch"
WAITING = (
    '<div class="lab-waiting lab-square lab-why-map" role="status" aria-label="This is being computed"></div>'
)


def show(hand: InHand | None) -> None:
    """Shows which ink speaks for and against a reading of the digit in hand.

    Args:
        hand: the digit in hand, if there is one.
    """
    if hand is None or hand.digit is None:
        st.info(say("looking_inside", "no digit"))
        return
    if looking_network.out():
        dossier_view.show_switches()
    network = looking_network.network()
    verdict = read_digit(network, hand.digit)
    asked = state.now().target
    target = verdict.digit if asked is None else asked
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="asked-about"):
        st.html(f'<p class="lab-asked">{_question(target, verdict.digit)}</p>', width="content")
        st.segmented_control(
            "The digit asked about",
            range(CLASSES),
            required=True,
            label_visibility="collapsed",
            width="content",
            **state.bound(
                "target", lambda _: target, lambda chosen: None if chosen == verdict.digit else chosen
            ),
        )
        share = chance(float(verdict.probabilities[target]))
        st.html(f'<p class="lab-small">{share} sure of it</p>', width="content")
        sane = st.toggle("Sanity check: random weights", key=SANITY)
    sanity = html.escape(say("looking_inside", "sanity", seed=SANITY_SEED)) if sane else ""
    st.html(f'<p class="lab-small lab-above">{_bold(f"{_legend(target)} {sanity}")}</p>')
    _show_maps(methods_for(network), hand.digit, target, sane)


def _show_maps(methods: dict[str, Method], digit: np.ndarray, target: int, sane: bool) -> None:
    """A card for each method, each filled as soon as it is known."""
    cards = {}
    with st.container(key="why-maps"):
        for name, method in methods.items():
            cards[name] = st.empty()
            cards[name].html(_card(method, [WAITING] * (1 + sane)))
    for name, method in methods.items():
        found = _map(name, digit, target, None)
        pictures = [_picture(found, digit, f"{method.title}, the network in hand", name, "as trained" * sane)]
        if sane:
            cards[name].html(_card(method, [*pictures, WAITING]))
            other = _map(name, digit, target, SANITY_SEED)
            alike = f"{agreement(np.abs(found)[digit > 0], np.abs(other)[digit > 0]):.2f}".replace("-", "−")
            said = f"random: alike <b>{alike}</b>"
            pictures.append(_picture(other, digit, f"{method.title}, random weights", name, said))
        cards[name].html(_card(method, pictures))


def _map(name: str, digit: np.ndarray, target: int, random_seed: int | None) -> np.ndarray:
    model, out = state.now().model, looking_network.out()
    if name == OCCLUSION:
        return cache.occlusion(model, digit.tobytes(), target, out, random_seed)[0]
    return cache.saliency(model, out, digit.tobytes(), target, name, random_seed)


def _question(target: int, read: int) -> str:
    if target == read:
        return f"Why is it a <b>{read}</b>?"
    return f"It is read as {read}. Why not <b>{target}</b>?"


def _legend(target: int) -> str:
    return html.escape(say("looking_inside", "why intro", target=target))


def _bold(text: str) -> str:
    """A passage's bold words as HTML; everything else, which is HTML already, as it stands."""
    parts = text.split("**")
    return "".join(f"<b>{part}</b>" if place % 2 else part for place, part in enumerate(parts))


def _card(method: Method, pictures: list[str]) -> str:
    """A method's title, its pictures (two with the sanity switch) and what it asks."""
    kind = "lab-method lab-two" if len(pictures) > 1 else "lab-method"
    return (
        f'<section class="{kind}"><h4>{html.escape(method.title)}</h4><div>{"".join(pictures)}</div>'
        f'<p class="lab-small">{html.escape(method.explanation)}</p></section>'
    )


def _picture(found: np.ndarray, digit: np.ndarray, what: str, name: str, caption: str) -> str:
    """A map over the digit, with its words; `caption`: HTML."""
    strongest = float(np.abs(found).max())
    row, column = divmod(int(np.abs(found).argmax()), found.shape[1])
    where = f"{('upper', 'middle', 'lower')[row * 3 // 28]} {('left', 'middle', 'right')[column * 3 // 28]}"
    side = "for" if found[row, column] > 0 else "against"
    alt = f"{what}: what matters most is in the {where}, and speaks {side} it."
    if not strongest:
        alt, caption = f"{what}: nothing matters.", f"{caption} nothing speaks for it"
    picture = over_ink(found, digit, max(strongest, FAINTEST if name == OCCLUSION else LEAST))
    figcaption = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure class="lab-why-map">{to_html(picture, alt)}{figcaption}</figure>'


def over_ink(found: np.ndarray, digit: np.ndarray, most: float, scale: int = 10) -> np.ndarray:
    """A signed map over the digit, whose ink is grey where the map says little and gives way elsewhere.

    Much of what these maps say lies on the ink itself, where a dark shade over the colour would hide it.

    Args:
        found: float (28, 28).
        digit: uint8 (28, 28), ink bright on black.
        most: the value that gets the fullest colour.
        scale: px for each cell.

    Returns:
        uint8 (28 · scale, 28 · scale, 3).
    """
    ink = digit / 255 * (1 - np.clip(np.abs(found) / most, 0, 1)) ** 2
    cells = signed_colours(found, most) * (1 - INK * ink[..., None])
    return np.rint(cells).astype(np.uint8).repeat(scale, axis=0).repeat(scale, axis=1)
