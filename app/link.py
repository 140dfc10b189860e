"""What a person chose as the query of a link, and back.

A link is anybody's to edit, so every field is checked by itself: what is odd is left out, said so, and the
rest still counts. Pictures that a person uploads stay theirs: they don't fit in a link.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from app.hand import PEN_WIDTHS, SOURCES, DataDigit, State
from model.checkpoint import CheckpointError, bundled_names, default_name, run_ids
from model.datasets import DATASETS, parts_of
from model.preprocessing import STEPS
from model.strokes import decode_strokes, encode_strokes

# Browsers and servers agree on addresses up to some 8,000 characters; one field gets half.
LONGEST = 4000

STEP_NAMES = tuple(step.name for step in STEPS)


def network_names() -> tuple[str, ...]:
    """Every network that can be taken in hand: the bundled ones, then the finished runs."""
    return (*bundled_names(), *run_ids())


def kept_name(name: str) -> str | None:
    """A network's name as the state keeps it: None for the default one, so that it isn't two in any cache."""
    with suppress(CheckpointError):
        return None if name == default_name() else name
    return name


def _to_model(text: str) -> str | None:
    if text not in network_names():
        raise ValueError("there is no network of that name here")
    return kept_name(text)


def _to_source(text: str) -> str:
    if text not in SOURCES:
        raise ValueError(f"a digit comes from one of {', '.join(SOURCES)}")
    return text


def _to_data_digit(text: str) -> DataDigit:
    # a data set's own name may hold a hyphen ("mnist-60000"): the part and the place come last
    match = re.fullmatch(r"([a-z0-9-]+)-([a-z]+)-([0-9]{1,5})", text)
    if match is None or match[1] not in DATASETS or match[2] not in parts_of(match[1]):
        raise ValueError("a digit of the data reads like mnist-validation-123")
    return DataDigit(match[1], match[2], int(match[3]))


def _to_steps(text: str) -> frozenset[str]:
    names = text.split(".")
    if not set(names) <= set(STEP_NAMES):
        raise ValueError(f"the steps are {', '.join(STEP_NAMES)}")
    return frozenset(names)


def _to_pen_width(text: str) -> int:
    low, high = PEN_WIDTHS
    if not re.fullmatch("[0-9]{1,3}", text) or not low <= int(text) <= high:
        raise ValueError(f"a pen is {low} to {high} px wide")
    return int(text)


def _to_flag(text: str) -> bool:
    if text != "1":
        raise ValueError("it is 1 or absent")
    return True


@dataclass(frozen=True)
class Field:
    """How one field of the state goes into a link.

    Attributes:
        parameter: its name in the link.
        attribute: its name in `State`.
        encode: value to text.
        decode: text to value; raises ValueError, with a reason in plain words.
    """

    parameter: str
    attribute: str
    encode: Callable[[Any], str]
    decode: Callable[[str], Any]


FIELDS = (
    Field("model", "model", str, _to_model),
    Field("from", "source", str, _to_source),
    Field("strokes", "strokes", encode_strokes, decode_strokes),
    Field("digit", "data_digit", lambda d: f"{d.dataset}-{d.part}-{d.index}", _to_data_digit),
    Field("corner", "in_corner", lambda _: "1", _to_flag),
    Field("off", "off", lambda names: ".".join(sorted(names)), _to_steps),
    Field("pen", "pen_width", str, _to_pen_width),
    Field("why", "why", lambda _: "1", _to_flag),
)

DEFAULT = State()


def to_link(state: State) -> dict[str, str]:
    """The query of the link that opens this state; what is as at first is left out.

    Args:
        state: what the person chose.

    Returns:
        Parameter to text. A drawing too long for a link is left out.
    """
    query = {
        field.parameter: field.encode(getattr(state, field.attribute))
        for field in FIELDS
        if getattr(state, field.attribute) != getattr(DEFAULT, field.attribute)
    }
    return {parameter: text for parameter, text in query.items() if len(text) <= LONGEST}


def from_link(query: Mapping[str, Sequence[str]]) -> tuple[State, tuple[str, ...]]:
    """The state that a link asks for.

    Args:
        query: parameter to its values, as many as the link names; parameters that aren't ours are none of our
            business.

    Returns:
        The state, and for each field that was ignored one sentence in plain words (plain text: what the link
        said isn't quoted).
    """
    values: dict[str, Any] = {}
    ignored = []
    for field in FIELDS:
        texts = query.get(field.parameter, ())
        if not texts:
            continue
        try:
            if len(texts) > 1:
                raise ValueError(f"it is given {len(texts)} times")
            if len(texts[0]) > LONGEST:
                raise ValueError(f"it has more than {LONGEST:,} characters")
            values[field.attribute] = field.decode(texts[0])
        except ValueError as error:
            ignored.append(f"“{field.parameter}” was ignored: {error}.")
    return State(**values), tuple(ignored)
