"""Checkpoints come back as they were kept, and damaged ones are refused."""

import dataclasses

import numpy as np
import pytest
from random_recipes import random_weights

from model import checkpoint as checkpoints
from model.checkpoint import (
    CheckpointError,
    load_checkpoint,
    new_run_id,
    read_checkpoint,
    run_ids,
    runs_folder,
    write_checkpoint,
)
from model.presets import PRESETS

RECIPE = PRESETS["tiny"]


@pytest.fixture
def runs(tmp_path):
    write_checkpoint(tmp_path / "20260101-tiny", RECIPE, random_weights(RECIPE, 1), {"name": "tiny"})
    return tmp_path


def test_what_is_written_is_read_back(runs):
    found = load_checkpoint("20260101-tiny", runs)
    assert found.recipe == RECIPE
    assert found.card == {"name": "tiny"}
    expected = random_weights(RECIPE, 1)
    assert found.weights.keys() == expected.keys()
    assert all(np.array_equal(found.weights[name], expected[name]) for name in expected)
    assert found.network.probabilities(np.zeros((1, 28, 28), np.uint8)).shape == (1, 10)


def test_writing_again_replaces_it(runs):
    write_checkpoint(runs / "20260101-tiny", RECIPE, random_weights(RECIPE, 2), {"name": "again"})
    found = load_checkpoint("20260101-tiny", runs)
    assert found.card == {"name": "again"}
    assert np.array_equal(found.weights["00.kernel"], random_weights(RECIPE, 2)["00.kernel"])
    assert sorted(path.name for path in (runs / "20260101-tiny").iterdir()) == [
        "card.json",
        "recipe.json",
        "weights.npz",
    ]


def test_a_folder_without_weights_is_no_finished_run(runs):
    (runs / "20260102-broken-off").mkdir()
    (runs / "20260102-broken-off" / "recipe.json").write_text(RECIPE.to_json())
    assert run_ids(runs) == ("20260101-tiny",)


@pytest.mark.parametrize("name", ["nobody", "../20260101-tiny", "20260101-tiny/", "", "/etc", "a\0b"])
def test_a_name_is_looked_up_and_never_a_path(runs, name):
    with pytest.raises(CheckpointError, match="there is no network or run"):
        load_checkpoint(name, runs)


def break_weights(folder):
    (folder / "weights.npz").write_bytes(b"PK no archive")


def pickle_weights(folder):
    np.savez(folder / "weights.npz", **{"00.kernel": np.array([{"an": "object"}], object)})


def lose_a_layer(folder):
    weights = random_weights(RECIPE, 1)
    del weights["00.kernel"]
    np.savez(folder / "weights.npz", **weights)


def break_recipe(folder):
    (folder / "recipe.json").write_text('{"name": "x"}')


def lose_card(folder):
    (folder / "card.json").unlink()


@pytest.mark.parametrize("damage", [break_weights, pickle_weights, lose_a_layer, break_recipe, lose_card])
def test_a_damaged_checkpoint_is_refused_and_named(runs, damage):
    damage(runs / "20260101-tiny")
    with pytest.raises(CheckpointError, match="20260101-tiny cannot be read"):
        read_checkpoint(runs / "20260101-tiny")


def test_weights_that_do_not_fit_are_never_written(tmp_path):
    weights = random_weights(PRESETS["linear"], 1)
    with pytest.raises(ValueError, match="do not fit the recipe"):
        write_checkpoint(tmp_path / "odd", RECIPE, weights, {})
    assert not (tmp_path / "odd").exists()


def test_the_default_is_the_flagship_once_there_is_one(monkeypatch, tmp_path):
    monkeypatch.setattr(checkpoints, "BUNDLED", tmp_path)
    with pytest.raises(CheckpointError, match="no network is bundled"):
        load_checkpoint()
    for name in ("classic", "flagship"):
        write_checkpoint(tmp_path / name, RECIPE, random_weights(RECIPE, 1), {})
        assert load_checkpoint().name == name


def test_run_ids_are_safe_and_do_not_repeat():
    odd = dataclasses.replace(RECIPE, name="../Größe 5×5!")
    ids = {new_run_id(odd) for _ in range(50)}
    assert len(ids) == 50
    assert all(set(i) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for i in ids)


def test_where_runs_are_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("DIGIT_LAB_HOME", raising=False)
    assert runs_folder(tmp_path) == tmp_path
    assert runs_folder().parts[-2:] == ("digit-lab", "runs")
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    assert runs_folder() == tmp_path / "runs"
