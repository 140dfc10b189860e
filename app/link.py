"""What a person chose as the query of a link, and back.

A link is anybody's to edit, so every field is checked by itself: what is odd is left out, said so, and the
rest still counts. Pictures that a person uploads stay theirs: they don't fit in a link.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app import networks
from app.hand import (
    CHANGES,
    LOOKS,
    MOST_COMPARED,
    MOST_NUMBERS,
    MOST_OUT,
    ORDERS,
    PARTS,
    PEN_WIDTHS,
    SHOWN,
    SIDES,
    SIGHTS,
    SOURCES,
    STEP_RATES,
    STEPPING,
    TEMPERATURES,
    TRIALS,
    VIEWS,
    DataDigit,
    State,
)
from app.recipe_link import decode_recipe, encode_recipe
from model.checkpoint import CheckpointError, checkpoint_epochs, default_name, parse_address
from model.datasets import DATASETS, parts_of
from model.preprocessing import STEPS
from model.recipe import CLASSES, MAX_LAYERS
from model.several import MOST_DIGITS
from model.strokes import decode_strokes, encode_strokes

# Browsers and servers agree on addresses up to some 8,000 characters; one field gets half.
LONGEST = 4000

STEP_NAMES = tuple(step.name for step in STEPS)


def _to_model(text: str) -> str | None:
    try:
        return networks.to_address(*parse_address(text))
    except CheckpointError as error:
        raise ValueError("there is no network, or no such epoch of it, of that name here") from error


def _to_beside(text: str) -> str:
    return _to_model(text) or default_name()  # by its name: None stands for the page's own choice


def _to_start(text: str) -> str:
    try:
        name, epoch = parse_address(text)
        if epoch not in checkpoint_epochs(name):
            raise ValueError("a training starts from NAME:EPOCH")
    except CheckpointError as error:
        raise ValueError("there is no network of that name here") from error
    return text


def _to_run(text: str) -> str:
    if text not in networks.timelines() and not networks.is_run(text):
        raise ValueError("there is no run of that name here")
    return text


def _to_runs(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(".")))
    if len(names) > MOST_COMPARED:
        raise ValueError(f"at most {MOST_COMPARED} runs are compared")
    return tuple(map(_to_run, names))


def _one_of(choices: Sequence[str]) -> Callable[[str], str]:
    def take(text: str) -> str:
        if text not in choices:
            raise ValueError(f"it is one of {', '.join(choices)}")
        return text

    return take


def _one_of_numbers(choices: Sequence[float]) -> Callable[[str], float]:
    by_text = {f"{choice:g}": choice for choice in choices}

    def take(text: str) -> float:
        return by_text[_one_of(tuple(by_text))(text)]

    return take


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


def _to_flag(text: str) -> bool:
    if text != "1":
        raise ValueError("it is 1 or absent")
    return True


def _to_number(low: int, high: int) -> Callable[[str], int]:
    def take(text: str) -> int:
        if not re.fullmatch("[0-9]{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"it is a whole number from {low} to {high}")
        return int(text)

    return take


def _to_units(text: str) -> tuple[tuple[int, int], ...]:
    pairs = text.split(".")
    if len(pairs) > MOST_OUT or not all(re.fullmatch("[0-9]{1,2}-[0-9]{1,4}", pair) for pair in pairs):
        raise ValueError(f"filters that are switched off read like 0-3.0-5, at most {MOST_OUT}")
    return tuple(
        dict.fromkeys((int(place), int(unit)) for place, _, unit in (p.partition("-") for p in pairs))
    )


def _to_cell(text: str) -> tuple[int, int]:
    match = re.fullmatch("([0-9]{1,2})-([0-9]{1,4})", text)
    if match is None:
        raise ValueError("a value of a map reads like 12-7: its row and its column")
    return int(match[1]), int(match[2])


def _to_confused(text: str) -> tuple[int, int]:
    if not re.fullmatch("[0-9]-[0-9]", text):
        raise ValueError("a cell of the confusion matrix reads like 4-9: the label and the reading")
    return int(text[0]), int(text[2])


def _to_word(text: str) -> str:
    if not re.fullmatch("[a-z0-9-]{1,40}", text):
        raise ValueError("it is a word of small letters")
    return text


def _to_stand_ins(text: str) -> tuple[tuple[int, str], ...]:
    pairs = text.split(".")
    if len(pairs) > MOST_COMPARED or not all(re.fullmatch("[0-9]_.+", pair) for pair in pairs):
        raise ValueError(f"runs in the place of others read like 0_NAME.1_NAME, at most {MOST_COMPARED}")
    return tuple(dict.fromkeys((int(pair[0]), _to_run(pair[2:])) for pair in pairs))


def _to_kernel(text: str) -> tuple[float, ...]:
    numbers = text.split("_")
    if len(numbers) > MOST_NUMBERS or not all(
        re.fullmatch("-?[0-9]{1,3}([.][0-9]{1,6})?", n) for n in numbers
    ):
        raise ValueError(f"a kernel reads like 1_0_-1.5, at most {MOST_NUMBERS} numbers")
    return tuple(map(float, numbers))


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
    Field("from", "source", str, _one_of(SOURCES)),
    Field("strokes", "strokes", encode_strokes, decode_strokes),
    Field("digit", "data_digit", lambda d: f"{d.dataset}-{d.part}-{d.index}", _to_data_digit),
    Field("corner", "in_corner", lambda _: "1", _to_flag),
    Field("off", "off", lambda names: ".".join(sorted(names)), _to_steps),
    Field("pen", "pen_width", str, _to_number(*PEN_WIDTHS)),
    Field("why", "why", lambda _: "1", _to_flag),
    Field("committee", "committee", lambda _: "1", _to_flag),
    Field("recipe", "recipe", encode_recipe, decode_recipe),
    Field("start", "start", str, _to_start),
    Field("trial", "trial", str, _one_of(TRIALS)),
    Field("run", "run", str, _to_run),
    Field("compare", "compared", ".".join, _to_runs),
    Field("view", "view", str, _one_of(VIEWS)),
    Field("change", "change", str, _one_of(CHANGES)),
    Field("show", "shown", str, _one_of(SHOWN)),
    Field("variants", "variants", str, _to_number(0, 10**6)),
    Field("look", "look", str, _one_of(LOOKS)),
    Field("scale", "own_scale", lambda _: "1", _to_flag),
    Field("order", "order", str, _one_of(ORDERS)),
    Field("layer", "layer", str, _to_number(0, MAX_LAYERS - 1)),
    Field("unit", "unit", str, _to_number(0, 4095)),
    Field("channel", "channel", str, _to_number(0, 4095)),
    Field("out", "out", lambda pairs: ".".join(f"{place}-{unit}" for place, unit in pairs), _to_units),
    Field("target", "target", str, _to_number(0, CLASSES - 1)),
    Field("label", "label", str, _to_number(0, CLASSES - 1)),
    Field("temperature", "temperature", "{:g}".format, _one_of_numbers(TEMPERATURES)),
    Field("rate", "step_rate", "{:g}".format, _one_of_numbers(STEP_RATES)),
    Field("steps", "stepping", str, _one_of(STEPPING)),
    Field("others", "step_others", lambda _: "1", _to_flag),
    Field("beside", "beside", str, _to_beside),
    Field("side", "side", str, _one_of(SIDES)),
    Field("draft", "draft", lambda _: "1", _to_flag),
    Field("cell", "cell", lambda cell: f"{cell[0]}-{cell[1]}", _to_cell),
    Field(
        "kernel",
        "kernel",
        lambda numbers: "_".join(f"{n:.6f}".rstrip("0").rstrip(".") for n in numbers),
        _to_kernel,
    ),
    Field("facet", "facet", str, _to_word),
    Field("claim", "claim", str, _to_word),
    Field("arms", "stand_ins", lambda pairs: ".".join(f"{arm}_{name}" for arm, name in pairs), _to_stand_ins),
    Field("sight", "sight", str, _one_of(SIGHTS)),
    Field("judged", "judged", str, _one_of(PARTS)),
    Field("confused", "confused", lambda pair: f"{pair[0]}-{pair[1]}", _to_confused),
    Field("several", "several", lambda _: "1", _to_flag),
    Field("found", "found", str, _to_number(0, MOST_DIGITS - 1)),
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
