"""A second checkpoint beside the one in hand, the same on every page: which it is, and the choice of it."""

import html

import streamlit as st

from app import cache, network_choice, networks, state
from model.checkpoint import CheckpointError, bundled_names, checkpoint_epochs


def second() -> str | None:
    """The address of the second checkpoint: what the person chose, else a natural one to begin with."""
    return state.now().beside or another(state.now().model)


def another(model: str | None) -> str | None:
    """What to compare with at first: the same training's beginning, or its end, or another network.

    Args:
        model: the address of the checkpoint in hand.
    """
    name, epoch = networks.split(model)
    epochs = checkpoint_epochs(name)
    if len(epochs) > 1:
        return networks.to_address(name, epochs[-1] if epoch == epochs[0] else epochs[0])
    others = [each for each in bundled_names() if each != name]
    return networks.to_address(others[0]) if others else model


def pick(title: str) -> tuple[str, int] | None:
    """Shows what is in hand, and the choice of what stands beside it.

    Args:
        title: of what is in hand; may hold a run's name.

    Returns:
        The network's name and the epoch; None where it can't be read, which is said.
    """
    try:
        name, epoch = networks.split(second())
        cache.checkpoint(networks.to_address(name, epoch))
    except CheckpointError as error:
        st.error(str(error))
        st.button("Take another", on_click=state.change, kwargs={"beside": None})
        return None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="beside"):
        st.html(f"<p>In hand: <b>{html.escape(title)}</b>. Beside it:</p>", width="content")
        choose(name, epoch)
    return name, epoch


def choose(name: str, epoch: int) -> None:
    """Shows the choice of the second checkpoint: its network, and its epoch where several are kept.

    Args:
        name: the network that stands there now.
        epoch: its epoch.
    """
    titles = "Network beside it", "Epoch of the network beside it"
    network_choice.show("beside", name, epoch, titles, _address)


def _address(name: str, epoch: int | None = None) -> str:
    """The address of the second checkpoint: never None, which stands for the page's own choice."""
    address = networks.to_address(name, epoch)
    return name if address is None else address
