"""What a person chose goes into a link and comes back; an odd link opens what makes sense of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app import link
from app.hand import PEN_WIDTHS, SOURCES, DataDigit, State
from app.link import FIELDS, LONGEST, STEP_NAMES, from_link, to_link
from model.datasets import DATASETS, parts_of
from model.strokes import Stroke, decode_strokes, encode_strokes

coordinates = some.integers(0, 280).map(float)
strokes = some.builds(
    Stroke,
    points=some.lists(some.tuples(coordinates, coordinates), min_size=1, max_size=12).map(tuple),
    width=some.integers(*PEN_WIDTHS).map(float),
    ink=some.booleans(),
)
data_digits = some.sampled_from([(d, p) for d in DATASETS for p in parts_of(d)]).flatmap(
    lambda place: some.builds(DataDigit, some.just(place[0]), some.just(place[1]), some.integers(0, 59_999))
)
states = some.builds(
    State,
    source=some.sampled_from(SOURCES),
    # as a link keeps them: whole pixels, needless points left out
    strokes=some.lists(strokes, max_size=4).map(
        lambda drawn: decode_strokes(encode_strokes(drawn)) if drawn else ()
    ),
    data_digit=data_digits,
    in_corner=some.booleans(),
    off=some.frozensets(some.sampled_from(STEP_NAMES)),
    pen_width=some.integers(*PEN_WIDTHS),
    why=some.booleans(),
)


@given(states)
def test_a_link_opens_the_state_that_it_was_made_of(state):
    query = {name: [text] for name, text in to_link(state).items()}
    assert from_link(query) == (state, ())


def test_the_first_state_has_an_empty_link():
    assert to_link(State()) == {}
    assert from_link({}) == (State(), ())


def test_every_choice_that_fits_a_link_is_in_it():
    kept_out = {
        "pictures",
        "picture",
        "photo",
        "erasing",
    }  # a person's own pictures; a tool taken up for a moment
    assert {field.attribute for field in FIELDS} | kept_out == set(State.__dataclass_fields__)


@given(
    some.dictionaries(some.sampled_from([*(f.parameter for f in FIELDS), "other"]), some.lists(some.text()))
)
def test_whatever_a_link_says_it_opens_a_state(query):
    state, ignored = from_link(query)
    assert isinstance(state, State)
    known = {field.parameter for field in FIELDS}
    assert len(ignored) <= sum(bool(texts) for name, texts in query.items() if name in known)
    again, _ = from_link({name: [text] for name, text in to_link(state).items()})
    assert again == state


@pytest.mark.parametrize(
    ("parameter", "texts"),
    [
        ("model", ["nobody"]),
        ("model", ["../../../etc/passwd"]),
        ("model", ["<script>alert(1)</script>"]),
        ("from", ["mars"]),
        ("strokes", ["%00%ff"]),
        ("strokes", ["9" * (LONGEST + 1)]),
        ("digit", ["mnist-validation--1"]),
        ("digit", ["mnist-validation-999999"]),
        ("digit", ["mnist-60000-validation-3"]),
        ("digit", ["cifar-test-3"]),
        ("off", ["centre.sleep"]),
        ("off", [""]),
        ("pen", ["0"]),
        ("pen", ["1e2"]),
        ("pen", ["٢٠"]),
        ("pen", ["20", "30"]),
        ("why", ["true"]),
        ("corner", ["0"]),
    ],
)
def test_an_odd_field_is_ignored_and_said_so(parameter, texts):
    state, ignored = from_link(
        {parameter: texts, "from": ["data"]} if parameter != "from" else {"from": texts}
    )
    expected = State() if parameter == "from" else State(source="data")
    assert state == expected
    assert len(ignored) == 1
    assert f"“{parameter}” was ignored" in ignored[0]


def test_a_network_goes_into_the_link_by_its_name(monkeypatch):
    monkeypatch.setattr(link, "network_names", lambda: ("classic", "20260101-run"))
    state = replace(State(), model="20260101-run")
    assert to_link(state) == {"model": "20260101-run"}
    assert from_link({"model": ["20260101-run"]}) == (state, ())
    monkeypatch.setattr(link, "default_name", lambda: "classic")
    assert from_link({"model": ["classic"]}) == (State(), ())


def test_a_drawing_too_long_for_a_link_is_left_out(monkeypatch):
    monkeypatch.setattr(link, "LONGEST", 10)
    scribble = Stroke(tuple((float(x % 280), float(x * 7 % 280)) for x in range(50)))
    assert to_link(State(strokes=(scribble,))) == {}
