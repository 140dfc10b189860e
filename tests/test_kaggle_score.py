"""Kaggle's score is told of networks that have seen nothing but train.csv, each by itself and together."""

import dataclasses
import json

import numpy as np
import pytest
from random_recipes import random_weights

from benchmarks import kaggle_score
from model import checkpoint
from model.datasets import KAGGLE_42000, load_digits
from model.forward import Network
from model.intervals import wilson
from model.presets import PRESETS

DIGITS = load_digits("mini", "test")
RECIPE = dataclasses.replace(PRESETS["tiny"], dataset=KAGGLE_42000)


@pytest.fixture(autouse=True)
def networks(tmp_path, monkeypatch):
    for name, seed, dataset in (("one", 1, KAGGLE_42000), ("two", 2, KAGGLE_42000), ("other", 3, "mnist")):
        recipe = dataclasses.replace(RECIPE, seed=seed)
        card = {"learned_from": {"dataset": dataset}, "accuracy": {}}
        checkpoint.write_checkpoint(tmp_path / name, recipe, random_weights(recipe, seed), card)
    monkeypatch.setattr(checkpoint, "BUNDLED", tmp_path)
    seen = np.zeros(len(DIGITS), bool)
    monkeypatch.setattr(kaggle_score, "test_digits", lambda *_: (DIGITS.images, DIGITS.labels, seen))


def scored(capsys, *runs):
    assert kaggle_score.main([*runs, "--data", "here", "--test", "test.csv", "--json"]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_each_and_all_together_are_scored(capsys):
    found = scored(capsys, "one", "two")
    read = [
        Network(RECIPE.layers, random_weights(RECIPE, seed)).probabilities(DIGITS.images) for seed in (1, 2)
    ]
    for name, each in zip(found, (*read, (read[0] + read[1]) / 2), strict=True):
        right = int((each.argmax(axis=1) == DIGITS.labels).sum())
        assert found[name]["accuracy"] == pytest.approx(right / len(DIGITS), abs=2e-3)
        assert found[name]["interval_95"] == pytest.approx(wilson(right, len(DIGITS)), abs=2e-3)
    assert list(found) == ["one, seed 1", "two, seed 2", "all 2 together"]
    assert list(scored(capsys, "one")) == ["one, seed 1"]


@pytest.mark.parametrize(
    ("runs", "why"),
    [
        (("one", "other"), "other learned from mnist, not from train.csv alone"),
        (("one", "one"), "up to 5 different runs, not one one"),
    ],
)
def test_what_may_have_seen_more_is_refused(capsys, runs, why):
    with pytest.raises(SystemExit):
        scored(capsys, *runs)
    assert why in capsys.readouterr().err
