"""Where the digits lie: the last hidden layer's description of them, brought into two dimensions."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st

from app import bulk, cache, dossier_view, embedding, looking_network, mosaic, networks, scatter, state
from app.bulk import Reading
from app.hand import DataDigit
from app.in_hand import InHand
from app.prose import say
from app.reading import chance
from app.until_read import until_read
from model.checkpoint import checkpoint_epochs
from model.datasets import Digits
from model.probes import places

SHOWN = 1000  # digits: enough to see groups, few enough to meet one with the pointer, a second's reading
COLUMNS = 40  # of the sheet of digits
PLAIN, NEIGHBOURLY = "PCA", "t-SNE"
SPREAD = 0.998  # of the digits lie in the picture; a few outliers would press all others together
MOST_RINGED = 0.3  # of the digits; of a network that misreads more, the rings would hide the colours
METHOD = "way to two dimensions"


@dataclass(frozen=True, eq=False)
class _Described:
    """How a network describes some digits, and the plane on which they lie furthest apart.

    Attributes:
        features: float32 (n, d).
        projection: onto that plane, turned as that of the training's last epoch.
    """

    features: np.ndarray
    projection: places.Projection


def show(hand: InHand | None) -> None:
    """Shows some validation digits as the network in hand sees them: alike ones near each other.

    Args:
        hand: the digit in hand, which is shown among them.
    """
    digits = cache.validation_digits(state.now().model)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        way = st.segmented_control(
            "From many numbers to two",
            [PLAIN, NEIGHBOURLY],
            default=PLAIN,
            required=True,
            label_visibility="collapsed",
            key=METHOD,
        )
        st.markdown(say("looking_inside", "lie guess"))
    width, most = looking_network.width(), looking_network.MOST_WIDTH
    if width > most:
        st.info(say("looking_inside", "too wide", width=width, most=most))
        return
    if looking_network.out():
        dossier_view.show_switches()
    if width < 2:
        st.info(say("looking_inside", "no plane"))
        return
    name, out = state.now().model, looking_network.out()
    until_read(
        lambda: _features(name, out, digits),
        lambda found: _show(found, hand, digits, str(way)),
        "How it describes digits",
    )


def _show(found: _Described, hand: InHand | None, digits: Digits, way: str) -> None:
    """Shows digits whose descriptions are known."""
    features, projection = found.features, found.projection
    points = projection.points
    if way != PLAIN:
        embedded = embedding.show(state.now().model, looking_network.out(), features)
        if embedded is None:
            return
        points = places.to_map(embedded, like=projection.points)  # so that epochs are turned alike
    spot = None
    if hand is not None and hand.digit is not None:
        feature = looking_network.network().features(hand.digit[None])
        spot = projection.place(feature)[0] if way == PLAIN else places.among(features, points, feature[0])
    content = _content(points, spot, features, digits, way)
    st.html(_sheet(digits.dataset, digits.part))
    taken = scatter.show(content, f"lie by {way}")
    wrong = sum(label != read for label, read in zip(content["labels"], content["read"], strict=True))
    told = {"width": features.shape[1], "wrong": wrong, "ringed": " (ringed)" * content["ringed"]}
    if way == PLAIN:
        told |= {"count": len(features), "explained": f"{float(projection.explained.sum()):.0%}"}
        st.caption(say("looking_inside", "lie", **told))
    else:
        st.caption(say("looking_inside", "lie embedded", method=way, **told))
    if taken is not None:
        state.change(source="data", data_digit=DataDigit(digits.dataset, digits.part, taken), in_corner=False)
        st.rerun()  # all of the page: the digit in hand stands in its bar


def _features(name: str | None, out: cache.Out, digits: Digits) -> _Described | Reading:
    """How a network describes the digits that are shown."""
    own, epoch = networks.split(name)
    last = checkpoint_epochs(own)[-1]
    whole = networks.to_address(own, last)
    where = digits.dataset, digits.part, SHOWN
    asked = [bulk.features(name, *where, out), bulk.features(whole, *where)]
    if not all(each.finished for each in asked):
        return bulk.together(asked)
    found, after = asked[0].values, asked[1].values
    last_plane = cache.plane((whole, (), *where), after)
    if epoch == last and not out:
        return _Described(found, last_plane)
    return _Described(found, places.align(cache.plane((name, out, *where), found), last_plane.points))


def _content(
    points: np.ndarray, spot: np.ndarray | None, features: np.ndarray, digits: Digits, way: str
) -> dict[str, Any]:
    """What the chart shows, in whole thousandths of its sides."""
    low, high = np.quantile(points, [1 - SPREAD, SPREAD], axis=0)
    if spot is not None:
        low, high = np.minimum(low, spot), np.maximum(high, spot)
    reach = np.where(high > low, high - low, 1)

    def placed(each: np.ndarray) -> list[Any]:
        share = np.clip((each - low) / reach, 0, 1)
        share[..., 1] = 1 - share[..., 1]  # upwards is upwards
        return np.rint(1000 * share).astype(int).tolist()

    read = looking_network.answers(features)
    labels = digits.labels[: len(points)]
    wrong = int((read.argmax(axis=1) != labels).sum())
    alt = (
        f"{len(points):,} validation digits as points, by {way}, coloured by class; {wrong} are misread. "
        "Arrow keys walk from digit to digit, Enter takes one in hand."
    )
    return {
        "points": placed(points),
        "labels": labels.tolist(),
        "read": read.argmax(axis=1).tolist(),
        "ringed": wrong <= MOST_RINGED * len(points),
        "sure": [chance(float(each)) for each in read.max(axis=1)],
        "names": list(digits.class_names),
        "hand": None if spot is None else placed(spot),
        "columns": COLUMNS,
        "alt": alt,
    }


@lru_cache(maxsize=4)
def _sheet(dataset: str, part: str) -> str:
    """The digits as one picture, apart from the chart: it travels but once."""
    images = cache.digits(dataset, part).images[:SHOWN]
    sheet = mosaic.of_digits(images, COLUMNS, gap=0)[..., 0]
    return f"<style>.lab-tip {{ --lab-scatter-digits: url({mosaic.as_source(sheet)}) }}</style>"
