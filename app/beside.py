"""A second checkpoint beside the one in hand, the same on every page: which it is, and the choice of it."""

import streamlit as st

from app import networks, state
from model.checkpoint import bundled_names, checkpoint_epochs


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


def choose(name: str, epoch: int) -> None:
    """Shows the choice of the second checkpoint: its network, and its epoch where several are kept.

    Args:
        name: the network that stands there now.
        epoch: its epoch.
    """
    st.selectbox(
        "Network beside it",
        networks.choices(name),
        format_func=networks.label,
        label_visibility="collapsed",
        width=230,
        **state.bound("beside", lambda _: name, _address, key="network beside"),
    )
    epochs = checkpoint_epochs(name)
    if len(epochs) > 1:
        st.select_slider(
            "Epoch of the network beside it",
            epochs,
            format_func=lambda each: f"epoch {each}" if each else "untrained",
            label_visibility="collapsed",
            width=220,
            **state.bound(
                "beside", lambda _: epoch, lambda chosen: _address(name, chosen), key=f"epoch beside {name}"
            ),
        )


def _address(name: str, epoch: int | None = None) -> str:
    """The address of the second checkpoint: never None, which stands for the page's own choice."""
    address = networks.to_address(name, epoch)
    return name if address is None else address
