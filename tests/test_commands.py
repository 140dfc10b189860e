"""The command line as scripts use it."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from finished_run import make_run
from PIL import Image

from model import commands, picture_files
from model.checkpoint import CheckpointError, load_checkpoint, read_checkpoint, run_ids
from model.datasets import load_digits
from model.presets import PRESETS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def run(capsys):
    """Runs one command in this process: its exit status, its lines of output, its errors."""

    def run(*arguments):
        status = commands.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out.splitlines(), err

    return run


@pytest.fixture
def runs(tmp_path):
    """A folder of runs."""
    return tmp_path / "runs"


@pytest.fixture
def tiny(runs):
    """The id of a run in it: a small network of random weights, after two epochs."""
    return make_run(runs)


@pytest.fixture
def pictures(tmp_path):
    """Three readable pictures of validation digits, a blank one, and a text file called a picture."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    digits = load_digits("mnist", "validation")
    for place in (0, 1, 2):
        Image.fromarray(255 - digits.images[place]).resize((140, 140)).save(folder / f"{place}.png")
    Image.new("L", (50, 50), 255).save(folder / "blank.png")
    (folder / "letter.png").write_text("Dear all,")
    return folder


def test_predict_reads_a_folder_and_goes_on_after_a_bad_file(run, runs, tiny, pictures):
    status, lines, _ = run("predict", pictures, "--model", tiny, "--runs", runs, "--json")
    assert status == 1
    records = [json.loads(line) for line in lines]
    assert [Path(record["file"]).name for record in records] == [
        "0.png",
        "1.png",
        "2.png",
        "blank.png",
        "letter.png",
    ]
    for record in records[:3]:
        assert record.keys() == {"file", "digit", "confidence", "probabilities", "warnings"}
        assert record["digit"] == np.argmax(record["probabilities"])
        assert sum(record["probabilities"]) == pytest.approx(1, abs=1e-4)
    for record in records[3:]:
        assert record.keys() == {"file", "error"}


def test_predict_gives_the_same_whether_alone_or_together(run, runs, tiny, pictures, monkeypatch):
    model = ("--model", tiny, "--runs", runs, "--json")
    _, together, _ = run("predict", *[pictures / f"{i}.png" for i in range(3)], *model)
    monkeypatch.setattr(picture_files, "TOGETHER", 1)
    status, alone, _ = run("predict", *[pictures / f"{i}.png" for i in range(3)], *model)
    assert status == 0
    for one, other in zip(map(json.loads, together), map(json.loads, alone), strict=True):
        np.testing.assert_allclose(one["probabilities"], other["probabilities"], atol=2e-6)


def test_predict_speaks_to_people_without_json(run, runs, tiny, pictures):
    status, lines, errors = run("predict", pictures, "--model", tiny, "--runs", runs)
    assert status == 1
    assert len(lines) == 3
    assert all(".png: " in line and "%)" in line for line in lines)
    assert "blank.png: " in errors
    assert "letter.png: " in errors


@pytest.mark.parametrize("name", ["nobody", "../../etc"])
def test_an_unknown_network_is_named(run, runs, tiny, pictures, name):
    status, _, errors = run("predict", pictures, "--model", name, "--runs", runs)
    assert status == 1
    assert "there is no network or run" in errors
    assert name == "../../etc" or tiny in errors


def test_any_epoch_of_a_run_can_read(run, runs, tiny, pictures):
    ask = ("predict", pictures / "0.png", "--runs", runs, "--json", "--model")
    read = [json.loads(run(*ask, f"{tiny}:{epoch}")[1][0])["probabilities"] for epoch in range(3)]
    assert read[0] != read[1] != read[2]
    assert json.loads(run(*ask, tiny)[1][0])["probabilities"] == read[2]
    status, _, errors = run(*ask, f"{tiny}:3")
    assert status == 1
    assert "has no epoch 3: its last is 2" in errors


def test_a_missing_file_and_an_empty_folder_are_said(run, runs, tiny, tmp_path):
    (tmp_path / "empty").mkdir()
    model = ("--model", tiny, "--runs", runs)
    status, _, errors = run("predict", tmp_path / "nothing.png", *model)
    assert status == 1
    assert "nothing.png" in errors
    status, _, errors = run("predict", tmp_path / "empty", *model)
    assert status == 1
    assert "holds no pictures" in errors


def test_evaluate_counts_as_a_plain_loop_does(run, runs, tiny):
    model = ("--model", tiny, "--runs", runs, "--json")
    status, lines, _ = run("evaluate", "--dataset", "mini", "--split", "test", *model)
    assert status == 0
    answer = json.loads(lines[-1])
    digits = load_digits("mini", "test")
    network = load_checkpoint(tiny, runs).network
    right = sum(
        int(network.probabilities(image[None])[0].argmax() == label)
        for image, label in zip(digits.images, digits.labels, strict=True)
    )
    assert answer["accuracy"] == pytest.approx(right / 1000)
    assert (answer["count"], answer["errors"]) == (1000, 1000 - right)
    assert answer["confidence_interval_95"][0] < answer["accuracy"] < answer["confidence_interval_95"][1]
    assert np.sum(answer["confusion"]) == 1000
    assert answer["learned"] == 0


def test_a_figure_over_digits_that_were_learned_from_says_so(run, tmp_path):
    recipe = dataclasses.replace(PRESETS["tiny"], dataset="mnist-60000")
    saw_it_all = make_run(tmp_path, recipe)
    ask = ("evaluate", "--model", saw_it_all, "--runs", tmp_path, "--dataset", "mini", "--split", "test")
    status, lines, _ = run(*ask)
    assert status == 0
    assert any("had learned from some of these digits" in line for line in lines)
    assert "1,000 of which it had learned from" in lines[-1]
    assert json.loads(run(*ask, "--json")[1][-1])["learned"] == 1000


def test_bad_data_is_refused_and_the_file_named(run, runs, tiny, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "t10k-images-idx3-ubyte").write_bytes(b"\x00\x00\x08\x03 too short")
    (data / "t10k-labels-idx1-ubyte").write_bytes(b"\x00\x00\x08\x01\x00\x00\x00\x01\x05")
    ask = ("evaluate", "--model", tiny, "--runs", runs, "--dataset", "mnist", "--data", data)
    status, _, errors = run(*ask)
    assert status == 1
    assert "t10k-" in errors
    assert "Traceback" not in errors


def checkpoint_epochs_of(folder):
    """The epochs that can be taken in hand."""
    found = []
    for epoch in range(5):
        with contextlib.suppress(CheckpointError):
            found.append(read_checkpoint(folder, epoch).epoch)
    return found


def test_train_evaluate_and_bundle_from_end_to_end(run, tmp_path):
    """On mini: the run appears, its score is what evaluate says, and bundling tests it once."""
    pytest.importorskip("keras")
    runs = tmp_path / "runs"
    status, lines, _ = run(
        "train", "--preset", "linear", "--dataset", "mini", "--epochs", 2, "--runs", runs, "--json"
    )
    assert status == 0
    answer = json.loads(lines[-1])
    assert run_ids(runs) == (answer["run"],)
    assert answer["validation"]["accuracy"] > 0.7
    assert answer["validation"]["count"] == 1000

    ask = ("evaluate", "--model", answer["run"], "--runs", runs, "--split", "validation", "--json")
    again = json.loads(run(*ask)[1][-1])
    assert again["confusion"] == answer["validation"]["confusion"]
    assert again["learned"] == 0

    bundled = tmp_path / "networks"
    ask = ("bundle", answer["run"], "--name", "plain", "--out", bundled, "--runs", runs)
    assert run(*ask)[0] == 0
    card = json.loads((bundled / "plain" / "card.json").read_text())
    assert {"dataset": "mini", "part": "train", "count": 3000}.items() <= card["learned_from"].items()
    assert card["accuracy"]["test"]["count"] == 1000
    assert [epoch["epoch"] for epoch in card["history"]] == [0, 1, 2]
    assert card["accuracy"]["validation"]["confusion"] == answer["validation"]["confusion"]
    assert checkpoint_epochs_of(bundled / "plain") == [2]
    assert "How it was trained" in (bundled / "plain" / "card.md").read_text("utf-8")
    status, _, errors = run(*ask)
    assert status == 1
    assert "already a network" in errors
    assert run(*ask, "--replace", "--epochs")[0] == 0
    assert checkpoint_epochs_of(bundled / "plain") == [0, 1, 2]
    start = read_checkpoint(bundled / "plain", 0)
    kept = load_checkpoint(f"{answer['run']}:0", runs)
    np.testing.assert_allclose(start.weights["01.kernel"], kept.weights["01.kernel"], atol=1e-4)


def test_a_recipe_of_ones_own_is_trained_or_refused(run, tmp_path):
    recipe = tmp_path / "mine.json"
    recipe.write_text('{"name": "mine", "layers": [{"layer": "Dense", "units": 10}]}')
    status, _, errors = run("train", "--recipe", recipe, "--runs", tmp_path)
    assert status == 1
    assert "mine.json" in errors
    assert "layer 1: Dense needs a vector" in errors


def python(*arguments, **variables):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "bundle", "runs", "download"])
def test_every_command_has_help(command):
    done = python("-m", "model", command, "--help")
    assert done.returncode == 0
    assert "--json" in done.stdout
    assert not done.stderr


def test_predict_never_imports_keras(runs, tiny, pictures):
    script = (
        "import sys; from model.commands import main; "
        f"main(['predict', {str(pictures / '0.png')!r}, '--runs', {str(runs)!r}, "
        f"'--model', {tiny!r}]);"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'keras', 'tensorflow', 'streamlit'}))"
    )
    done = python("-c", script)
    assert done.stdout.splitlines()[-1] == "[]"


def test_training_is_quiet_but_for_what_it_says(tmp_path):
    """TensorFlow's own notes stay away; what is told on the way goes to standard error."""
    pytest.importorskip("keras")
    done = python(
        *("-m", "model", "train", "--preset", "linear", "--dataset", "mini", "--epochs", "1"),
        *("--runs", str(tmp_path), "--json"),
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["run"]
    for word in ("oneDNN", "WARNING", "I0000", "cuda", "Traceback", "absl"):
        assert word not in done.stderr
