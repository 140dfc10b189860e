"""The committee on Draw, without a browser: when it may be asked, what it says, and what its members say."""

import functools
import re
from dataclasses import replace

import numpy as np
import pytest
from random_recipes import random_weights
from test_app_pages import SEVEN, html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import asking_all
from app.reading import chance
from model import committee
from model.checkpoint import write_checkpoint
from model.forward import Network
from model.preprocessing import to_digit
from model.presets import PRESETS
from model.strokes import draw_strokes, encode_strokes

RECIPE = replace(PRESETS["tiny"], epochs=2)
SEEDS = (1, 2, 3)
SHARE = {"accuracy": 0.975, "count": 1000, "interval_95": [0.964, 0.983]}
GAIN = {"gain": 0.002, "gain_interval_95": [-0.001, 0.005]}
STROKES = encode_strokes([SEVEN])


@pytest.fixture(autouse=True)
def three(networks, tmp_path, monkeypatch):  # noqa: F811
    """A network "one" with two epochs, whose recipe's three seeds make a committee."""
    weights = {seed: random_weights(RECIPE, seed) for seed in SEEDS}
    card = {"learned_from": {"dataset": "mnist"}, "history": []}
    write_checkpoint(networks / "one", replace(RECIPE, name="one"), weights[1], card)
    folder = tmp_path / "committee"
    committee.write_committee(folder, RECIPE, weights, {"measured": {"test": {"committee": SHARE | GAIN}}})
    for name in ("has_committee", "load_committee"):
        monkeypatch.setattr(asking_all, name, functools.partial(getattr(committee, name), folder))
    return folder


def toggles(app):
    return [toggle for toggle in app.toggle if toggle.label == "Ask the committee"]


def drawn_seven():
    return to_digit(255 - draw_strokes([SEVEN]), is_drawing=True).digit


def test_a_network_with_sisters_can_be_asked_together_and_another_cannot():
    assert not toggles(opened(strokes=STROKES))
    assert not toggles(opened(model="one", several="1"))
    app = opened(model="one", strokes=STROKES)
    (toggle,) = toggles(app)
    assert not toggle.value
    assert "The network reads" in html_of(app)
    toggle.set_value(True)
    well(app.run())
    assert "The committee reads" in html_of(app)
    assert links_of(app)[0]["committee"] == "1"


def test_it_says_the_mean_and_beside_it_what_each_says_alone():
    app = opened(model="one", strokes=STROKES, committee="1")
    each = [
        Network(RECIPE.layers, random_weights(RECIPE, seed)).probabilities(drawn_seven()[None])[0]
        for seed in SEEDS
    ]
    mean = np.mean(each, axis=0)
    said = re.search(r'aria-label="Probabilities\. ([^"]*)"', html_of(app))[1]
    assert said == ", ".join(f"{digit}: {chance(p)}" for digit, p in enumerate(mean))
    (caption,) = [text.value for text in app.caption if "Together" in text.value]
    for seed, alone in zip(SEEDS, each, strict=True):
        assert f"seed {seed}: **{alone.argmax()}** ({chance(alone.max())})" in caption
    assert "97.5% of 1,000 test digits" in caption
    assert "0.20 points more" in caption
    assert "-0.10 to 0.50" in " ".join(caption.split())


def test_without_a_digit_nobody_is_asked():
    app = opened(model="one", committee="1")
    assert "Nothing to read yet" in html_of(app)
    assert not [text for text in app.caption if "Together" in text.value]


def test_a_broken_committee_takes_nothing_with_it(three):
    (three / "seed-2.npz").write_bytes(b"")
    committee._load.cache_clear()
    app = opened(model="one", strokes=STROKES, committee="1")
    assert not toggles(app)
    assert "The network reads" in html_of(app)
