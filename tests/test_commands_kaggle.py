"""``python -m model kaggle`` as people use it: a network or a training, a submission, or a fault in words."""

import dataclasses
import json

import numpy as np
import pytest
from finished_run import make_run

from model import commands
from model.checkpoint import load_checkpoint
from model.datasets.mini import read_mini
from model.datasets.pixel_table import LABELLED, PIXELS
from model.kaggle.leak import FILE
from model.recipe import Recipe
from model.runs.store import RunStore

COUNT = 60
HONEST = FILE.with_name("honest.json")


@pytest.fixture
def kaggle(capsys):
    """Runs the command in this process: its exit status, its lines of output, its errors."""

    def run(*arguments):
        status = commands.main(["kaggle", *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out.splitlines(), err

    return run


@pytest.fixture
def test_csv(tmp_path):
    """A test.csv of 60 of mini's digits."""
    path = tmp_path / "test.csv"
    rows = read_mini()[0][::83][:COUNT].reshape(COUNT, 784).astype(str)
    path.write_text("\r\n".join(map(",".join, (PIXELS, *rows))) + "\r\n", "ascii")
    return path


@pytest.fixture
def train_csv(tmp_path):
    """A train.csv of Kaggle's size: mini's digits again and again."""
    images, labels = read_mini()
    texts = np.array([str(value) for value in range(256)], object)
    rows = texts[np.column_stack([labels, images.reshape(-1, 784)])]
    lines = [",".join(row) + "\n" for row in rows]
    path = tmp_path / "mine.csv"
    with path.open("w", encoding="ascii") as file:
        file.write(",".join(LABELLED) + "\n")
        for _ in range(8):
            file.writelines(lines)
        file.writelines(lines[::5] * 2)
    yield path
    path.unlink()  # 70 MB


def read(path):
    header, *rows = path.read_text("ascii").splitlines()
    assert header == "ImageId,Label"
    ids, labels = np.array([row.split(",") for row in rows], int).T
    assert ids.tolist() == list(range(1, COUNT + 1))
    return labels


def test_a_networks_answers_are_what_it_reads(kaggle, test_csv, tmp_path):
    runs, out = tmp_path / "runs", tmp_path / "submission.csv"
    names = make_run(runs), f"{make_run(runs)}:1"
    digits = read_mini()[0][::83][:COUNT]
    networks = [load_checkpoint(name, runs).network for name in names]
    ask = ("--test", test_csv, "--out", out, "--runs", runs, "--any-rows", "--json", "--model")
    status, lines, errors = kaggle(*ask, names[0])
    assert status == 0
    assert "Not from train.csv alone" in errors
    assert json.loads(lines[-1]) == {
        "out": str(out),
        "count": COUNT,
        "models": [f"{names[0]}:2"],
        "learned_from": ["mnist"],
        "validation": None,
    }
    assert np.array_equal(read(out), networks[0].probabilities(digits).argmax(axis=1))

    assert kaggle(*ask, *names)[0] == 0
    together = sum(network.probabilities(digits) for network in networks)
    assert np.array_equal(read(out), together.argmax(axis=1))


def test_what_is_wrong_is_said_and_nothing_is_written(kaggle, test_csv, tmp_path):
    out, runs = tmp_path / "submission.csv", tmp_path / "runs"
    status, _, errors = kaggle("--test", test_csv, "--out", out, "--runs", runs)
    assert status == 1
    assert f"{test_csv}: 27,940 rows are missing: it has 60 instead of 28,000" in errors
    test_csv.write_bytes(test_csv.read_bytes().replace(b"\r\n0,", b"\r\nNaN,", 1))
    status, _, errors = kaggle("--test", test_csv, "--out", out, "--any-rows")
    assert status == 1
    assert "line 2, column 1 (pixel0): 'NaN' is not a whole number from 0 to 255" in errors
    assert "Traceback" not in errors
    status, _, errors = kaggle("--test", test_csv, "--out", tmp_path / "no" / "way.csv")
    assert status == 1
    assert "there is no folder" in errors
    status, _, errors = kaggle("--test", test_csv, "--out", out, "--seed", 3)
    assert status == 1
    assert "name its digits with --train" in errors
    assert not out.exists()


def test_a_bad_test_csv_is_found_before_a_training(kaggle, test_csv, tmp_path):
    test_csv.write_text("pixel0\n1\n")
    runs = tmp_path / "runs"
    ask = ("--train", tmp_path / "none.csv", "--test", test_csv, "--out", tmp_path / "s.csv", "--runs", runs)
    assert "783 of its columns are missing" in kaggle(*ask)[2]
    assert not runs.exists()


def test_who_breaks_a_training_off_is_told_how_to_go_on(kaggle, test_csv, tmp_path, monkeypatch):
    runs, train = tmp_path / "runs", tmp_path / "my data" / "train.csv"

    def broken_off(store, queue, data):
        assert data == train
        run = store.get(queue())
        attempt = store.claim(run.id, "a test")
        store.end(attempt, "paused")
        return store.get(run.id), True

    monkeypatch.setattr(commands, "carry_out", broken_off)
    out = tmp_path / "submission.csv"
    ask = ("--train", train, "--test", test_csv, "--out", out, "--any-rows", "--runs", runs)
    status, lines, _ = kaggle(*ask)
    assert status == 130
    (run,) = RunStore(runs).find()
    resumed = f"python -m model runs resume {run.id} --data '{train}' --runs {runs}"
    assert lines[-2] == f"run {run.id} is paused; to go on: {resumed}"
    asked = f"--test {test_csv} --out {out} --runs {runs} --any-rows"
    assert lines[-1] == f"and once it is done: python -m model kaggle --model {run.id} {asked}"


def test_the_honest_recipe_learns_from_train_csv_alone(kaggle, test_csv, tmp_path, monkeypatch):
    asked = []

    def look(store, queue, data):
        asked.append(store.get(queue()))
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "carry_out", look)
    ask = ("--train", tmp_path / "train.csv", "--test", test_csv, "--out", tmp_path / "s.csv", "--any-rows")
    kaggle(*ask, "--recipe", HONEST, "--seed", 3, "--runs", tmp_path / "runs")
    recipe = Recipe.from_json(HONEST.read_text("utf-8"))
    assert asked[0].recipe == dataclasses.replace(recipe, seed=3)
    assert recipe.dataset == "kaggle-42000"
    assert recipe.augmentation.written == 0  # no digit but those of the file, changed
    assert not recipe.augmentation.flip


@pytest.mark.slow
def test_a_bad_train_csv_leaves_no_run(kaggle, test_csv, tmp_path):
    pytest.importorskip("keras")
    runs, bad = tmp_path / "runs", tmp_path / "train.csv"
    bad.write_text(",".join(LABELLED) + "\n" + ",".join(["3"] * 785) + "\n", "ascii")
    ask = ("--train", bad, "--test", test_csv, "--out", tmp_path / "s.csv", "--any-rows", "--runs", runs)
    status, _, errors = kaggle(*ask)
    assert status == 1
    assert f"{bad}: 41,999 rows are missing: it has 1 instead of 42,000" in errors
    assert RunStore(runs).find() == []


@pytest.mark.slow
def test_it_learns_from_train_csv_alone(kaggle, train_csv, test_csv, tmp_path):
    pytest.importorskip("keras")
    runs, out = tmp_path / "runs", tmp_path / "submission.csv"
    ask = ("--train", train_csv, "--test", test_csv, "--out", out, "--any-rows", "--runs", runs)
    status, lines, errors = kaggle(*ask, "--preset", "linear", "--epochs", 1, "--seed", 5, "--json")
    assert status == 0
    assert "Not from train.csv alone" not in errors
    answer = json.loads(lines[-1])
    assert answer["learned_from"] == ["kaggle-42000"]
    assert answer["validation"]["count"] == 4200
    assert answer["validation"]["learned"] == 0
    checkpoint = load_checkpoint(answer["models"][0], runs)
    assert (checkpoint.recipe.dataset, checkpoint.recipe.seed) == ("kaggle-42000", 5)
    assert checkpoint.card["learned_from"]["count"] == 37_800
    assert checkpoint.card["accuracy"]["validation"]["accuracy"] == pytest.approx(
        answer["validation"]["accuracy"], abs=3 / 4200
    )
    labels = read_mini()[1][::83][:COUNT]
    assert (read(out) == labels).mean() > 0.8
