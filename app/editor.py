"""The editor: the network's layers added, removed, moved and changed, and what that makes of their price."""

from dataclasses import replace

import streamlit as st

from app import cache, cost, diagram, state
from app.editing import acting, handing_on, settings, stack
from app.in_hand import InHand
from app.navigation import page
from app.prose import plain, say
from app.subject import Subject
from model.presets import PRESETS
from model.recipe import Recipe

# What networks are called in the list to start from, those first that people know.
KNOWN = {
    "lenet5": "LeNet-5",
    "classic": "classic",
    "vgg": "VGG-like",
    "all-convolutional": "all-convolutional",
    "dense": "dense: no convolution",
    "linear": "linear: no hidden layer",
    "quick": "quick",
    "tiny": "tiny",
    "plateau": "plateau",
    "flagship": "flagship",
}
IN_HAND = "network in hand"
HALF = 0.55  # of the multiply-adds, or less, are left by what counts as halving them


def show(hand: InHand) -> None:
    """Shows the editor of `state.now().recipe`'s layers, and the network as a picture below it.

    Args:
        hand: the digit that is sent through it.
    """
    _show_actions()
    if state.now().start is not None:
        st.caption(say("editing", "start"))
    list_place, settings_place = st.columns([8, 5], gap="medium")
    with list_place:
        stack.show()
        cost.show_expected(state.now().recipe, acting.before())
    with settings_place, st.container(border=True, key="layer"):
        settings.show()
    diagram.show(draft(hand))
    handing_on.show_code()


def show_draft_switch() -> None:
    """Shows, where there is a choice, whether the network in hand is looked at or the one that is edited."""
    now = state.now()
    if not now.draft and not acting.can_undo():
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="draft-or-not"):
        st.segmented_control(
            "Which network",
            (False, True),
            format_func=lambda is_draft: (
                f"{plain(now.recipe.name)}, as edited" if is_draft else "The network in hand"
            ),
            required=True,
            label_visibility="collapsed",
            **state.bound("draft"),
        )
        if now.draft:
            st.html(f'<p class="lab-quiet lab-draft">{say("editing", "draft")}</p>')


def draft(hand: InHand) -> Subject:
    """The network that is edited, with its first weights, and a digit on its way through.

    Args:
        hand: a digit in hand, or an example; one with pixels.
    """
    assert hand.digit is not None
    recipe = state.now().recipe
    network = cache.untrained(recipe.layers, recipe.seed)
    values = cache.untrained_values(recipe.layers, recipe.seed, hand.digit.tobytes())
    return Subject(recipe, network, False, hand, hand.digit, values)


def _show_actions() -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="editor-actions"):
        st.selectbox(
            "Start from",
            (IN_HAND, *KNOWN),
            format_func=lambda name: KNOWN.get(name, name),
            placeholder="Start from …",
            label_visibility="collapsed",
            width=205,
            **state.bound("recipe", _known_as, _started_from, key="start from"),
        )
        st.text_input(
            "Name",
            max_chars=60,
            label_visibility="collapsed",
            width=165,
            **state.bound("recipe", lambda recipe: recipe.name, handing_on.rename, key="recipe's name"),
        )
        if st.button("Train it", type="primary"):
            st.switch_page(page("training"))
        st.button("Look at it", on_click=state.change, kwargs={"side": "layers", "draft": True})
        handing_on.show()
        st.markdown(f"{say('editing', 'intro')} {_halved()}", width="content")


def _halved() -> str:
    """What the last edit did to the multiply-adds, as the answer to the question; "" before any."""
    before, now = acting.before(), state.now().recipe
    if before is None or before.layers == now.layers or not before.multiply_adds:
        return ""
    left = now.multiply_adds / before.multiply_adds
    passage = "halved" if left <= HALF else "not halved" if left < 1 else "not fewer"
    return say("editing", passage, share=f"{left:.0%}")


def _known_as(recipe: Recipe) -> str | None:
    """The name in the list of a network with just these layers; None for one of the person's own."""
    found = (name for name in KNOWN if name in PRESETS and PRESETS[name].layers == recipe.layers)
    if (name := next(found, None)) is not None:
        return name
    return IN_HAND if cache.checkpoint(state.now().model).recipe.layers == recipe.layers else None


def _started_from(name: str | None) -> Recipe:
    """Takes a network into the editor, with the settings that go with it; the digits stay those chosen."""
    now = state.now()
    if name is not None:
        source = cache.checkpoint(now.model).recipe if name == IN_HAND else PRESETS[name]
        acting.take(replace(source, dataset=now.recipe.dataset), then=0)
    return state.now().recipe
