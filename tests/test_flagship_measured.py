"""The flagship's measurement: each run, all together, and drawn digits by the halves of their writers."""

import dataclasses
import json

import numpy as np
import pytest
from random_recipes import random_weights

from benchmarks import flagship
from benchmarks.ablation import Drawn
from benchmarks.figures import share_of
from model.checkpoint import write_checkpoint
from model.committee import load_committee
from model.datasets import load_digits
from model.presets import PRESETS

# Two writers, three digits each: a stroke down, which is a 1, told to be a 1, a 1 and a 7.
SEGMENT = """.SEGMENT DIGIT    0 ? "{label}"
.COMMENT 8 {writer}  224
.PEN_DOWN
 250  400
 250  250
 250  100
.PEN_UP
"""
TEXT = "".join(
    SEGMENT.format(label=label, writer=writer)
    for writer, labels in ((1, "117"), (2, "111"))
    for label in labels
)


@pytest.fixture
def pen(tmp_path):
    path = tmp_path / "pen.txt"
    path.write_text(TEXT, "ascii")
    return path


class AlwaysOne:
    def probabilities(self, digits):
        return np.tile(np.eye(10, dtype=np.float32)[1], (len(digits), 1))


def test_drawn_digits_are_counted_by_width_and_half_of_the_writers(pen):
    halves = {which: Drawn(pen, which) for which in ("choose", "report", "both")}
    found = flagship.on_drawn(AlwaysOne(), halves)
    assert list(found) == ["10 px", "20 px", "30 px", "all widths"]
    assert {which: part["accuracy"] for which, part in found["10 px"].items()} == {
        "choose": pytest.approx(2 / 3, abs=1e-4),
        "report": 1.0,
        "both": pytest.approx(5 / 6, abs=1e-4),
    }
    assert found["all widths"]["both"]["count"] == 18


def test_a_share_has_its_count_and_interval():
    found = share_of(np.array([True] * 99 + [False]))
    assert (found["accuracy"], found["count"]) == (0.99, 100)
    assert found["interval_95"] == pytest.approx([0.9455, 0.9982], abs=1e-3)  # Wilson's, by hand


def test_runs_are_measured_alone_and_together_and_bundled(pen, tmp_path, monkeypatch, capsys):
    """Networks that were never trained, on mini's test digits: what counts is that the figures are theirs."""
    from model import checkpoint as room

    monkeypatch.setattr(room, "BUNDLED", tmp_path / "networks")
    monkeypatch.setattr(flagship, "load_digits", lambda _, part, __: load_digits("mini", part))
    recipes = [dataclasses.replace(PRESETS["tiny"], dataset="mini", seed=seed) for seed in (4, 2)]
    for name, recipe in zip(("first", "second"), recipes, strict=True):
        card = {"history": [], "learned_from": {}}
        write_checkpoint(tmp_path / "networks" / name, recipe, random_weights(recipe, recipe.seed), card)
    out, folder = tmp_path / "figures.json", tmp_path / "committee"
    asked = ["first", "second", "--pen", str(pen), "--out", str(out), "--committee", str(folder), "--json"]
    assert flagship.main(asked) == 0
    assert "test: mean and spread" in json.loads(capsys.readouterr().out)
    figures = json.loads(out.read_text("utf-8"))
    digits = load_digits("mini", "test")
    read = [room.load_checkpoint(name).network.probabilities(digits.images) for name in ("first", "second")]
    right = [float((each.argmax(axis=1) == digits.labels).mean()) for each in read]
    test = figures["test"]
    assert [test[f"seed {seed}"]["accuracy"] for seed in (4, 2)] == pytest.approx(right, abs=1e-5)
    assert test["mean and spread"]["accuracy"] == pytest.approx(np.mean(right), abs=1e-5)
    assert test["mean and spread"]["spread"] == pytest.approx(np.std(right, ddof=1), abs=1e-5)
    together = (np.mean(read, axis=0).argmax(axis=1) == digits.labels).mean()
    assert test["committee"]["accuracy"] == pytest.approx(together, abs=1e-5)
    assert test["committee"]["gain"] == pytest.approx(together - np.mean(right), abs=1e-5)
    assert set(figures["drawn"]["20 px"]) == {"choose", "report", "both"}
    committee = load_committee(folder)
    assert list(committee.members) == [2, 4]
    assert committee.card["measured"] == figures


def test_two_runs_of_one_seed_are_no_committee():
    with pytest.raises(SystemExit, match="a seed of its own"):
        flagship.main(["classic", "classic"])
