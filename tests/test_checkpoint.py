"""Checkpoints come back as they were kept, by name and epoch, and damaged ones are refused."""

import dataclasses
import subprocess
import sys
import timeit

import numpy as np
import pytest
from random_recipes import random_weights

from model import checkpoint as checkpoints
from model.checkpoint import (
    VALIDATION_COUNTS,
    CheckpointError,
    checkpoint_epochs,
    checkpoint_history,
    load_checkpoint,
    new_run_id,
    parse_address,
    read_checkpoint,
    run_ids,
    runs_folder,
    write_checkpoint,
)
from model.datasets import DATASETS, load_digits, parts_of
from model.history import Epoch
from model.intervals import wilson
from model.presets import PRESETS
from model.runs import tables
from model.runs.store import RunStore

RECIPE = dataclasses.replace(PRESETS["tiny"], dataset="mini", epochs=3)
LEARNED = {"dataset": "mini", "part": "train", "count": 3000, "source": "mini"}
CARD = {
    "name": "tiny",
    "dataset": "mini",
    "learned_from": LEARNED,
    "accuracy": {"validation": {"count": 1000, "accuracy": 0.9}, "test": {"count": 1000, "accuracy": 0.91}},
}


def record(epoch):
    loss = None if epoch == 0 else 2.0 / epoch
    return Epoch(epoch, loss, loss and 0.8, 0.5, np.float32(0.1 + epoch / 5).item(), 0.01, 10.0 * epoch)


@pytest.fixture
def folder(tmp_path):
    """A bundled network with all its epochs."""
    card = CARD | {"history": [record(epoch).to_dict() for epoch in range(4)]}
    earlier = {epoch: random_weights(RECIPE, epoch) for epoch in range(3)}
    write_checkpoint(tmp_path / "lesson", RECIPE, random_weights(RECIPE, 3), card, earlier)
    return tmp_path / "lesson"


@pytest.fixture
def bundled(folder, monkeypatch):
    monkeypatch.setattr(checkpoints, "BUNDLED", folder.parent)
    return "lesson"


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def run(runs):
    """A run with four epochs in a store of its own."""
    return new_run(runs, RECIPE, 3).id


def new_run(runs, recipe, last, parent=None, before=()):
    store = RunStore(runs)
    attempt = store.claim(store.create(recipe, parent=parent).id, "worker")
    store.learn_from(attempt, LEARNED | {"dataset": recipe.dataset, "before": list(before)})
    for epoch in range(last + 1):
        store.finish_epoch(attempt, record(epoch), random_weights(recipe, epoch), {})
    store.end(attempt, "done")
    store.close()
    return attempt.run


def halves(epoch):
    return {name: array.astype(np.float16) for name, array in random_weights(RECIPE, epoch).items()}


def same(found, given):
    return found.keys() == given.keys() and all(np.array_equal(found[name], given[name]) for name in given)


def test_what_is_written_is_read_back(folder):
    found = read_checkpoint(folder)
    assert (found.name, found.epoch, found.address) == ("lesson", 3, "lesson:3")
    assert found.recipe == RECIPE
    assert found.card["accuracy"] == CARD["accuracy"]
    assert same(found.weights, random_weights(RECIPE, 3))
    assert found.network.probabilities(np.zeros((1, 28, 28), np.uint8)).shape == (1, 10)


def test_every_epoch_of_a_bundled_network_is_at_hand(bundled):
    assert checkpoint_epochs(bundled) == (0, 1, 2, 3)
    assert checkpoint_history(f"{bundled}:1") == tuple(record(epoch) for epoch in range(4))
    for epoch in range(3):
        found = load_checkpoint(f"{bundled}:{epoch}")
        assert found.epoch == epoch
        assert same(found.weights, halves(epoch))
        assert all(array.dtype == np.float32 for array in found.weights.values())
    assert same(load_checkpoint(f"{bundled}:3").weights, random_weights(RECIPE, 3))


def test_an_earlier_epochs_card_says_nothing_of_the_last(bundled):
    card = load_checkpoint(f"{bundled}:1").card
    assert [entry["epoch"] for entry in card["history"]] == [0, 1]
    assert card["seconds"] == 10
    assert card["accuracy"].keys() == {"validation"}
    said = card["accuracy"]["validation"]
    assert (said["accuracy"], said["count"], said["errors"], said["learned"]) == (0.3, 1000, 700, 0)
    assert said["confidence_interval_95"] == list(wilson(300, 1000))


def test_a_network_bundled_without_its_epochs_has_the_last(bundled, folder):
    card = CARD | {"history": [record(epoch).to_dict() for epoch in range(1, 3)]}
    write_checkpoint(folder, RECIPE, random_weights(RECIPE, 9), card)
    assert checkpoint_epochs(bundled) == (2,)
    assert load_checkpoint(f"{bundled}:2").epoch == load_checkpoint(bundled).epoch == 2
    with pytest.raises(CheckpointError, match="has no epoch 1: only 2 is kept"):
        load_checkpoint(f"{bundled}:1")
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "recipe.json", "weights.npz"]


def test_a_run_is_taken_in_hand_by_its_epoch(run, runs):
    assert run_ids(runs) == (run,)
    assert checkpoint_epochs(run, runs) == (0, 1, 2, 3)
    assert checkpoint_history(run, runs) == tuple(record(epoch) for epoch in range(4))
    found = load_checkpoint(f"{run}:1", runs)
    assert (found.name, found.epoch, found.recipe) == (run, 1, RECIPE)
    assert same(found.weights, halves(1))
    for address in (run, f"{run}:3"):
        found = load_checkpoint(address, runs)
        assert found.address == f"{run}:3"
        assert same(found.weights, random_weights(RECIPE, 3))  # in full: it is one of the newest two


def test_a_runs_card_says_what_its_records_say(run, runs):
    card = load_checkpoint(f"{run}:2", runs).card
    assert card["learned_from"] == LEARNED | {"before": []}
    assert (card["dataset"], card["seconds"], card["parameters"]) == ("mini", 20.0, RECIPE.parameters)
    assert [entry["epoch"] for entry in card["history"]] == [0, 1, 2]
    said = card["accuracy"]["validation"]
    assert (said["accuracy"], said["count"], said["errors"]) == (0.5, 1000, 500)
    assert said["confidence_interval_95"] == list(wilson(500, 1000))


def test_validation_is_counted_as_the_data_is():
    watched = {name for name in DATASETS if "validation" in parts_of(name)}
    assert watched == set(VALIDATION_COUNTS)
    for name in watched - {"fashion", "kaggle-42000"}:  # whose files aren't here; as many by their constants
        assert VALIDATION_COUNTS[name] == len(load_digits(name, "validation"))


def test_what_a_fork_has_learned_from_includes_its_parents_digits(runs):
    parent = new_run(runs, dataclasses.replace(RECIPE, dataset="mnist-60000"), 1)
    fork = new_run(runs, dataclasses.replace(RECIPE, dataset="mnist"), 1, (parent.id, 1), ["mnist-60000"])
    validation = load_digits("mnist", "validation")
    untrained = load_checkpoint(f"{parent.id}:0", runs)
    assert untrained.learned_datasets == ()
    assert not untrained.has_learned(validation).any()
    found = load_checkpoint(fork.id, runs)
    assert found.learned_from == "mnist"
    assert found.learned_datasets == ("mnist", "mnist-60000")
    assert found.has_learned(validation).all()
    assert found.card["accuracy"]["validation"]["learned"] == 5000
    alone = load_checkpoint(new_run(runs, dataclasses.replace(RECIPE, dataset="mnist"), 1).id, runs)
    assert not alone.has_learned(validation).any()


def test_a_run_that_has_only_begun_is_not_at_hand(runs):
    store = RunStore(runs)
    run = store.create(RECIPE)
    store.close()
    assert run_ids(runs) == ()
    assert checkpoint_epochs(run.id, runs) == ()
    with pytest.raises(CheckpointError, match="has no epoch yet"):
        load_checkpoint(run.id, runs)


@pytest.mark.parametrize("epoch", [4, 9999])
def test_an_epoch_that_is_not_there_is_refused(run, runs, bundled, epoch):
    for name in (run, bundled):
        with pytest.raises(CheckpointError, match=f"has no epoch {epoch}: its last is 3"):
            load_checkpoint(f"{name}:{epoch}", runs)


ODD = [
    "nobody",
    "../lesson",
    "lesson/",
    "",
    "/etc",
    "a\0b",
    "lesson:",
    "lesson:-1",
    "lesson:1:1",
    "lesson:٣",
    "lesson\n",
]


@pytest.mark.parametrize("name", ODD)
def test_a_name_is_looked_up_and_never_a_path(run, runs, bundled, name):
    for ask in (load_checkpoint, checkpoint_history, checkpoint_epochs):
        with pytest.raises(CheckpointError, match="there is no network or run"):
            ask(name, runs)


def test_what_there_is_is_told_but_not_a_thousand(runs, bundled):
    store = RunStore(runs)
    for _ in range(12):
        attempt = store.claim(store.create(RECIPE).id, "worker")
        store.finish_epoch(attempt, record(0), random_weights(RECIPE, 0), {})
    store.close()
    with pytest.raises(CheckpointError, match=r"there are: lesson, .* and 3 more$") as caught:
        load_checkpoint("nobody", runs)
    assert run_ids(runs)[-1] in str(caught.value)


def test_an_address_is_a_name_and_perhaps_an_epoch():
    assert parse_address("classic") == ("classic", None)
    assert parse_address("classic:0") == ("classic", 0)
    assert parse_address("20260101-tiny-a1b2c3:12") == ("20260101-tiny-a1b2c3", 12)


def break_weights(folder):
    (folder / "weights.npz").write_bytes(b"PK\3\4 no archive")


def pickle_weights(folder):
    np.savez(folder / "weights.npz", **{"00.kernel": np.array([{"an": "object"}], object)})


def lose_a_layer(folder):
    weights = random_weights(RECIPE, 1)
    del weights["00.kernel"]
    np.savez(folder / "weights.npz", **weights)


def break_recipe(folder):
    (folder / "recipe.json").write_text('{"name": "x"}')


def break_history(folder):
    (folder / "card.json").write_text('{"history": [{"epoch": 1}]}')


def lose_card(folder):
    (folder / "card.json").unlink()


DAMAGES = [break_weights, pickle_weights, lose_a_layer, break_recipe, break_history, lose_card]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_refused_and_named(folder, damage):
    damage(folder)
    with pytest.raises(CheckpointError, match="lesson cannot be read"):
        read_checkpoint(folder)


def test_a_runs_damaged_weights_are_refused_and_named(run, runs):
    for path in (runs / run / "epochs").iterdir():
        path.write_bytes(b"PK\3\4 no archive")
    with pytest.raises(CheckpointError, match=f"run {run} cannot be read"):
        load_checkpoint(f"{run}:0", runs)


def test_weights_that_do_not_fit_are_never_written(tmp_path):
    fitting, odd = random_weights(RECIPE, 1), random_weights(PRESETS["linear"], 1)
    for weights, epochs in ((odd, {}), (fitting, {0: odd})):
        with pytest.raises(ValueError, match="do not fit the recipe"):
            write_checkpoint(tmp_path / "odd", RECIPE, weights, {}, epochs)
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
    assert all(parse_address(i) == (i, None) for i in ids)


def test_where_runs_are_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("DIGIT_LAB_HOME", raising=False)
    assert runs_folder(tmp_path) == tmp_path
    assert runs_folder().parts[-2:] == ("digit-lab", "runs")
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    assert runs_folder() == tmp_path / "runs"


def test_a_store_elsewhere_is_found_by_its_variable(monkeypatch, tmp_path, runs):
    run = new_run(runs, RECIPE, 0)
    monkeypatch.setenv("DIGIT_LAB_STORE", f"sqlite:///{runs / 'runs.sqlite'}")
    assert run_ids(tmp_path / "files") == (run.id,)
    monkeypatch.setenv("DIGIT_LAB_STORE", "postgresql://nobody@localhost:1/runs")
    with pytest.raises(CheckpointError, match="the store of runs doesn't answer"):
        run_ids(tmp_path / "files")


def test_a_first_page_needs_no_database(tmp_path):
    script = (
        "import sys\nfrom model.checkpoint import run_ids, load_checkpoint\nfrom model.runs import queue\n"
        "assert run_ids() == ()\nload_checkpoint()\n"
        "sys.exit('sqlalchemy' in sys.modules or 'psycopg' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={"DIGIT_LAB_HOME": str(tmp_path), "PYTHONPATH": "."}
    )
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_rerun_is_not_kept_waiting_by_many_runs(runs):
    row = {"recipe": RECIPE.to_json(), "status": "done", "experiment": "", "created": 0.0, "epoch": 3}
    with RunStore(runs)._writing() as connection:
        connection.execute(tables.runs.insert(), [row | {"id": f"run-{number}"} for number in range(500)])
    assert len(run_ids(runs)) == 500
    best = min(timeit.repeat(lambda: (run_ids(runs), checkpoints.bundled_names()), number=1, repeat=50))
    assert best < 0.002
