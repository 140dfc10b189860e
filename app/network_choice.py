"""The choice of a checkpoint: a network, and one of its epochs where several are kept."""

from collections.abc import Callable

import streamlit as st

from app import networks, state
from model.checkpoint import checkpoint_epochs


def show(
    field: str,
    name: str,
    epoch: int,
    titles: tuple[str, str],
    to_address: Callable[..., str | None] = networks.to_address,
) -> None:
    """Shows the choice; a network or an epoch alone is none.

    Args:
        field: of the state, which holds the checkpoint's address.
        name: the network that stands there now.
        epoch: its epoch.
        titles: what the choice of the network is called, and the slider over its epochs.
        to_address: gives the address of a network's last epoch, and of another.
    """
    names, epochs = networks.choices(name), checkpoint_epochs(name)
    if len(names) > 1:
        st.selectbox(
            titles[0],
            names,
            format_func=networks.label,
            label_visibility="collapsed",
            width=230,
            **state.bound(field, lambda _: name, to_address, key=f"network of {field}"),
        )
    if len(epochs) > 1:
        st.select_slider(
            titles[1],
            epochs,
            format_func=networks.epoch_title,
            label_visibility="collapsed",
            width=190,
            **state.bound(
                field,
                lambda _: epoch,
                lambda chosen: to_address(name, chosen),
                key=f"epoch of {field} {name}",
            ),
        )
