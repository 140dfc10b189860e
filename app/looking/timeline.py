"""The epochs of the network in hand on one line: the rate, its drops, and what it read in the digit.

It plays: the browser asks for the next epoch when the one before is drawn (`timeline.js`), and the whole page
follows, for the epoch is the state's.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from app import cache, looking_network, networks, state
from app.chart_scripts import component
from app.charts.figure import thinned
from app.fields import rate_text
from app.in_hand import InHand
from app.prose import say
from model.checkpoint import checkpoint_epochs, checkpoint_history
from model.history import Epoch
from model.verdict import Verdict

MOST_READ = 40  # epochs whose reading stands in the line
READING_SECONDS = 0.25  # for readings that nobody has asked for yet; the rest follow with the next look
MOST_REMEMBERED = 10_000  # readings, some 10 MB with their digits
SPEEDS = (1, 2, 4, 8)  # epochs a second

_OPTIONS = "".join(
    f"<option value={speed}{' selected' if speed == 2 else ''}>{speed} a second</option>" for speed in SPEEDS
)
_HTML = f"""
<div class="lab-timeline">
  <button class="lab-play" type="button">▶ Play</button>
  <select class="lab-speed" aria-label="Epochs a second">{_OPTIONS}</select>
  <div class="lab-line" role="img" aria-label="The epochs"></div>
  <div class="lab-said"><b></b><br><span></span></div>
</div>
"""
_KEY = "timeline"

_timeline = component("timeline", _HTML)


def show(hand: InHand) -> None:
    """Shows the line, if several epochs are kept; one that is clicked there is taken in hand."""
    name, epoch = networks.split(state.now().model)
    epochs = checkpoint_epochs(name)
    if len(epochs) < 2:
        _offer_another()
        return

    def take() -> None:
        asked = getattr(state.widget(_KEY), "epoch", None)
        if type(asked) is int and asked in epochs:  # what a browser sends is anybody's to write
            state.change(model=networks.to_address(name, asked))

    records = course(name)
    told = {record.epoch for record in records}
    shown = [number for number in epochs if number in told]
    wanted = sorted({epochs[place] for place in thinned(len(epochs), MOST_READ)} | {epoch})
    reads = _reads(name, epoch, wanted, looking_network.out(), hand)
    data = _line(shown, records, epoch, reads)
    # the rest is read when these are on screen
    data["more"] = len(wanted) - len(reads)
    _timeline(data=data, key=_KEY, on_epoch_change=take, on_more_change=lambda: None)


def _offer_another() -> None:
    """Says that there is no more to scrub, and offers a network that has more."""
    others = networks.timelines()
    st.html(f'<p class="lab-quiet">{say("filters", "one epoch")}</p>', width="content")
    if others:
        address = networks.to_address(others[0])
        st.button(f"Take {others[0]}", type="tertiary", on_click=state.change, kwargs={"model": address})


def course(name: str) -> list[Epoch]:
    """All epochs from the first to the last whose weights are kept: the rate has its course over them."""
    kept, history = checkpoint_epochs(name), checkpoint_history(name)
    return [record for record in history if kept[0] <= record.epoch <= kept[-1]]


def drops(records: Sequence[Epoch]) -> list[int]:
    """The epochs after which the annealer lowered the rate because validation didn't improve."""
    return [record.epoch for record in records if record.watch and record.watch.reason == "dropped"]


def _line(
    kept: Sequence[int], records: Sequence[Epoch], epoch: int, reads: list[tuple[int, int, float, bool]]
) -> dict[str, Any]:
    """What the line shows."""
    here = next(record for record in records if record.epoch == epoch)
    fallen = drops(records)
    accuracy = here.validation_accuracy
    said = f"rate {rate_text(here.learning_rate)}"
    said += "" if accuracy is None else f" · {accuracy:.1%} right"
    alt = f"The learning rate over {records[-1].epoch} epochs"
    alt += f", dropped after epoch {', '.join(map(str, fallen))}" if fallen else ""
    alt += f". Here: epoch {epoch}, {said}."
    alt += "".join(f" At epoch {number} it reads {digit}." for number, digit, *_ in reads)
    return {
        "epochs": list(kept),
        "course": [record.epoch for record in records],
        "rates": [record.learning_rate for record in records],
        "drops": fallen,
        "reads": reads,
        "at": epoch,
        "title": f"epoch {epoch}" if epoch else "untrained",
        "said": said,
        "alt": alt,
    }


def _reads(
    name: str, epoch: int, wanted: Sequence[int], out: cache.Out, hand: InHand
) -> list[tuple[int, int, float, bool]]:
    """What the network read in the digit at each epoch: (epoch, digit, how sure, whether that is right)."""
    assert hand.digit is not None
    digit, begun, found = hand.digit.tobytes(), time.monotonic(), []
    for number in sorted(wanted, key=lambda each: (each != epoch, each)):
        known = _readings.get((name, number, out, digit))
        if known is None:
            if time.monotonic() - begun > READING_SECONDS and number != epoch:
                continue
            known = _remember(name, number, out, digit)
        read, sure = known
        found.append((number, read, sure, hand.label is None or read == hand.label))
    return sorted(found)


# What was read: (network, epoch, filters that are off, digit) to (reading, how sure). A class's digits over
# all epochs, then anew.
_readings: dict[tuple[str, int, cache.Out, bytes], tuple[int, float]] = {}


def _remember(name: str, epoch: int, out: cache.Out, digit: bytes) -> tuple[int, float]:
    if len(_readings) > MOST_REMEMBERED:
        _readings.clear()
    network = cache.network(networks.to_address(name, epoch), out)
    verdict = Verdict(network.probabilities(np.frombuffer(digit, np.uint8).reshape(1, 28, 28))[0])
    read = verdict.digit, round(verdict.confidence, 3)
    _readings[name, epoch, out, digit] = read
    return read
