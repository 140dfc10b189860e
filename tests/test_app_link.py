"""What a person chose goes into a link and comes back; an odd link opens what makes sense of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from synthetic_runs import grow, plateau_recipe

from app import link, networks, workroom
from app.hand import (
    LOOKS,
    MOST_NUMBERS,
    ORDERS,
    PARTS,
    PEN_WIDTHS,
    SIDES,
    SIGHTS,
    SOURCES,
    TRIALS,
    VIEWS,
    DataDigit,
    State,
)
from app.link import FIELDS, LONGEST, STEP_NAMES, from_link, to_link
from app.recipe_link import decode_recipe, encode_recipe
from model.annealing import ANNEALERS, Annealer
from model.augmentation import Augmentation
from model.datasets import DATASETS, parts_of
from model.early_stopping import EarlyStopping
from model.presets import PRESETS
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
    committee=some.booleans(),
    recipe=some.sampled_from(list(PRESETS.values())),
    trial=some.sampled_from(TRIALS),
    view=some.sampled_from(VIEWS),
    look=some.sampled_from(LOOKS),
    own_scale=some.booleans(),
    order=some.sampled_from(ORDERS),
    side=some.sampled_from(SIDES),
    draft=some.booleans(),
    channel=some.none() | some.integers(0, 4095),
    cell=some.none() | some.tuples(some.integers(0, 27), some.integers(0, 4095)),
    kernel=some.none()
    | some.lists(some.integers(-99_000_000, 99_000_000), min_size=1, max_size=MOST_NUMBERS).map(
        lambda millionths: tuple(n / 1e6 for n in millionths)
    ),
    facet=some.none() | some.from_regex("[a-z0-9-]{1,40}", fullmatch=True),
    claim=some.none() | some.from_regex("[a-z0-9-]{1,40}", fullmatch=True),
    sight=some.sampled_from(SIGHTS),
    judged=some.sampled_from(PARTS),
    confused=some.none() | some.tuples(some.integers(0, 9), some.integers(0, 9)),
    several=some.booleans(),
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
        "guess",
        "winner",
    }  # a person's own pictures and guesses; a tool taken up for a moment
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
        ("cell", ["3"]),
        ("kernel", ["nan_1"]),
        ("kernel", ["_".join(["1"] * (MOST_NUMBERS + 1))]),
        ("facet", ["<b>"]),
        ("confused", ["4-10"]),
        ("judged", ["train"]),
        ("sight", ["Errors"]),
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


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run with three epochs after epoch 0, in a store of its own."""
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    yield grow(workroom.store(), plateau_recipe(epochs=3)).id
    workroom.close()


def test_a_checkpoint_goes_into_the_link_by_its_name_and_epoch(run):
    state = State(model=f"{run}:2", run=run, compared=(run, run[:-1]), start=f"{run}:0")
    link = to_link(state)
    assert link["model"] == f"{run}:2"
    assert from_link({name: [link[name]] for name in ("model", "run", "start")}) == (
        replace(state, compared=()),
        (),
    )


def test_a_run_without_an_epoch_is_taken_at_its_last(run):
    assert from_link({"model": [run]})[0].model == f"{run}:3"


@pytest.mark.parametrize("field", ["model", "start", "run", "compare"])
def test_a_run_or_epoch_that_is_not_there_is_ignored(field, run):
    for text in (f"{run}x", f"{run}:4", "../" + run, f"{run}:-1", ""):
        state, ignored = from_link({field: [text]} | ({} if field == "run" else {"run": [run]}))
        assert (state.model, state.start, state.compared) == (None, None, ())
        assert len(ignored) == 1


def test_runs_in_the_place_of_a_claims_own_go_into_the_link_with_their_arms(run):
    state = State(stand_ins=((2, run), (0, run)))
    link = to_link(state)
    assert link == {"arms": f"2_{run}.0_{run}"}
    assert from_link({"arms": [link["arms"]]}) == (state, ())
    for text in (f"2_{run}x", f"{run}", "2_", f"22_{run}", ".".join([f"1_{run}"] * 25), ""):
        state, ignored = from_link({"arms": [text]})
        assert state.stand_ins == ()
        assert len(ignored) == 1


def test_the_default_network_is_in_no_link():
    assert from_link({"model": [networks.default_name()]}) == (State(), ())


recipes = some.builds(
    replace,
    some.sampled_from(list(PRESETS.values())),
    epochs=some.integers(1, 500),
    seed=some.integers(0, 2**32 - 1),
    annealer=some.builds(Annealer, some.sampled_from(ANNEALERS), patience=some.integers(1, 9)),
    augmentation=some.none() | some.builds(Augmentation, some.floats(0, 180)),
    early_stopping=some.none() | some.builds(EarlyStopping, some.integers(1, 20)),
    name=some.sampled_from([*PRESETS, "my own"]),
)


@given(recipes)
def test_a_recipe_goes_into_the_link_as_what_differs_from_its_preset(recipe):
    text = encode_recipe(recipe)
    assert decode_recipe(text) == recipe
    if recipe == PRESETS.get(recipe.name):
        assert text == recipe.name
    elif recipe.layers == getattr(PRESETS.get(recipe.name), "layers", None):
        assert "Conv2D" not in text
        assert len(text) < 800


@pytest.mark.parametrize(
    "text",
    [
        "quack",
        "{",
        "[]",
        "9",
        '{"preset":"quick","epochs":0}',
        '{"preset":[]}',
        '{"preset":"quick","x":1}',
        f'{{"preset":"quick","l2":1{"0" * 400}}}',  # more than a float can hold
        '{"preset":"quick","l2":1e999}',
    ],
)
def test_what_is_no_recipe_is_ignored(text):
    state, ignored = from_link({"recipe": [text]})
    assert state == State()
    assert len(ignored) == 1


def test_a_drawing_too_long_for_a_link_is_left_out(monkeypatch):
    monkeypatch.setattr(link, "LONGEST", 10)
    scribble = Stroke(tuple((float(x % 280), float(x * 7 % 280)) for x in range(50)))
    assert to_link(State(strokes=(scribble,))) == {}
