"""The committee on Draw: what the network in hand and those from its recipe's other seeds read together."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from app import cache, state
from app.in_hand import InHand
from app.prose import say
from app.reading import chance
from model.cards import accuracy_sentence, points
from model.checkpoint import CheckpointError
from model.committee import Committee, has_committee, load_committee
from model.verdict import Verdict, read_digit


@dataclass(frozen=True, eq=False)
class Asked:
    """A committee that was asked for a digit.

    Attributes:
        committee: which.
        alone: what each member reads by itself, by its seed.
    """

    committee: Committee
    alone: Mapping[int, Verdict]

    def together(self, own: Verdict) -> Verdict:
        """What they read together; whether it is a digit at all is for the network in hand to say."""
        mean = np.mean([each.probabilities for each in self.alone.values()], axis=0)
        return Verdict(mean, own.evidence)


def committee() -> Committee | None:
    """The committee of which the checkpoint in hand is a member; None for any other checkpoint."""
    if not has_committee():
        return None
    try:
        found, own = load_committee(), cache.checkpoint(state.now().model)
    except CheckpointError:
        return None
    of_it = replace(own.recipe, name=found.recipe.name, seed=found.recipe.seed) == found.recipe
    return found if of_it and own.epoch == own.recipe.epochs else None


def show_choice() -> None:
    """Shows the switch, where the checkpoint in hand has others like it."""
    found = committee()
    if found is not None:
        count = len(found.members)
        st.toggle(
            "Ask the committee",
            help=say("draw", "committee", count=count),
            **state.bound("committee"),
        )


def ask(hand: InHand | None) -> Asked | None:
    """Lets the committee read the digit in hand, where that is asked for."""
    found = committee() if state.now().committee else None
    if found is None or hand is None or hand.digit is None:
        return None
    digit = hand.digit
    return Asked(found, {seed: read_digit(member, digit) for seed, member in found.members.items()})


def show_members(asked: Asked) -> None:
    """Shows what each member reads by itself, and what reading together gains."""
    each = ", ".join(
        f"seed {seed}: **{own.digit}** ({chance(own.confidence)})" for seed, own in asked.alone.items()
    )
    told = asked.committee.card["measured"]["test"]["committee"]
    low, high = (points(end) for end in told["gain_interval_95"])
    st.caption(
        say(
            "draw",
            "members",
            each=each,
            together=accuracy_sentence(
                {**told, "confidence_interval_95": told["interval_95"], "learned": 0}, "test"
            ),
            gain=points(told["gain"]),
            low=low,
            high=high,
        )
    )
