"""The model bar, the same on every page: the network in hand, how well it reads, and the digit in hand."""

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import cache, network_choice, networks, state
from app.in_hand import InHand
from app.pixels import to_html
from model.cards import percent
from model.checkpoint import Checkpoint, CheckpointError, bundled_names, checkpoint_epochs


def has_network() -> bool:
    """Whether the network in hand can be read; if not, says so, and offers the others."""
    try:
        cache.checkpoint(state.now().model)
        checkpoint_epochs(networks.split(state.now().model)[0])  # its run may be deleted, and it still kept
    except CheckpointError as error:
        st.title("No network in hand", anchor=False)
        st.error(str(error))
        others = bundled_names()
        if others:
            st.selectbox(
                "Take another in hand", others, **state.bound("model", lambda _: None, networks.to_address)
            )
        return False
    return True


def show() -> DeltaGenerator:
    """Shows the bar, at the top of a page.

    Returns:
        The place for the digit in hand, for the page to fill with `show_digit` as soon as it knows it.
    """
    name, epoch = networks.split(state.now().model)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="model-bar"):
        network_choice.show("model", name, epoch, ("Network in hand", "Epoch"))
        network = _network(cache.checkpoint(state.now().model), alone=len(networks.choices(name)) == 1)
        st.html(f'<div class="lab-network">{network}</div>')
        place = st.container(width="content")
    _show_ignored_in_link()
    return place


def show_digit(hand: InHand | None) -> None:
    """Shows the digit in hand, in its place in the bar."""
    st.html(_digit(hand))


def _show_ignored_in_link() -> None:
    """Says what in the link made no sense here; nothing, usually."""
    ignored = state.ignored_in_link()
    if ignored:
        said = " ".join(html.escape(sentence) for sentence in ignored)
        st.html(f'<p class="lab-note" role="status">In the link, {said}</p>')


def _network(checkpoint: Checkpoint, alone: bool) -> str:
    name = f"<b>{html.escape(checkpoint.name)}</b> " if alone else ""
    for part in ("test", "validation"):
        score = checkpoint.card.get("accuracy", {}).get(part)
        if score:
            break
    else:
        return f"{name}not measured yet"
    count = score["count"]
    low, high = score["confidence_interval_95"]
    # Digits that a network has learned from prove nothing: such a figure is said to be one.
    seen = f"; it had learned from {score['learned']:,} of them" if score.get("learned") else ""
    return (
        f"{name}reads <b>{percent(score['accuracy'], count)}</b> of {count:,} {part} digits right"
        f' <span class="lab-quiet">(95% interval {percent(low, count)} to {percent(high, count)}'
        f"{seen})</span>"
    )


def _digit(hand: InHand | None) -> str:
    if hand is None:
        return '<div class="lab-hand"><span class="lab-thumb"></span><span>No digit in hand yet</span></div>'
    what = html.escape(hand.what)
    if hand.digit is None:
        return f'<div class="lab-hand"><span class="lab-thumb"></span><span>In hand: {what}</span></div>'
    picture = to_html(hand.digit, "The digit in hand", "lab-thumb")
    return f'<div class="lab-hand">{picture}<span>In hand: {what}</span></div>'
