"""Trainings on the command line: told as they go, paused by Ctrl-C, listed, shown, resumed and deleted."""

import json
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from finished_run import make_run

from model import commands, terminal
from model.history import Batch
from model.presets import PRESETS
from model.runs.store import RunStore

ROOT = Path(__file__).resolve().parents[1]
LINEAR = ("train", "--preset", "linear", "--dataset", "mini")


@pytest.fixture
def run(capsys, tmp_path):
    """Runs one command with a folder of runs: its exit status, its lines of output, its errors."""

    def run(*arguments):
        status = commands.main([*map(str, arguments), "--runs", str(tmp_path)])
        out, err = capsys.readouterr()
        return status, out.splitlines(), err

    return run


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path)
    yield store
    store.close()


def test_no_runs_are_no_lines(run):
    assert run("runs") == (0, [], "")


def test_runs_are_listed_oldest_first(run, store, tmp_path):
    done = make_run(tmp_path)
    waiting = store.create(PRESETS["linear"]).id
    status, lines, _ = run("runs")
    assert status == 0
    assert re.match(rf"{done} +done +epoch 2 of 10 +60.00%  tiny$", lines[0])
    assert re.match(rf"{waiting} +queued +epoch 0 of 8 +linear$", lines[1])
    assert run("runs", "list")[1] == lines
    records = [json.loads(line) for line in run("runs", "--json")[1]]
    assert [record["run"] for record in records] == [done, waiting]
    assert [record["status"] for record in records] == ["done", "queued"]
    assert all("owner" not in record for record in records)  # it is a student's key


def test_a_run_is_shown_epoch_by_epoch(run, tmp_path):
    done = make_run(tmp_path)
    status, lines, _ = run("runs", "show", done)
    assert status == 0
    assert len(lines) == 4
    assert lines[1] == "epoch 0: validation loss 2.3000, validation accuracy 10.00%, rate 0.01, 0 s"
    assert lines[3].endswith("3 s, rate lowered to 0.005: no better validation accuracy")
    record = json.loads(run("runs", "show", done, "--json")[1][-1])
    assert [epoch["epoch"] for epoch in record["epochs"]] == [0, 1, 2]
    assert record["recipe"] == PRESETS["tiny"].to_dict()


def test_a_run_is_deleted(run, store, tmp_path):
    done = make_run(tmp_path)
    assert run("runs", "delete", done)[0] == 0
    assert store.find() == []
    assert not (tmp_path / done).exists()


@pytest.mark.parametrize("action", ["show", "resume", "delete"])
def test_which_run_has_to_be_said_and_there(run, action):
    status, _, errors = run("runs", action)
    assert status == 1
    assert f"python -m model runs {action} RUN" in errors
    pytest.importorskip("keras")  # to resume one takes the part that trains
    status, _, errors = run("runs", action, "nobody")
    assert status == 1
    assert "nobody" in errors


def test_what_is_done_cannot_be_resumed(run, tmp_path):
    pytest.importorskip("keras")
    status, _, errors = run("runs", "resume", make_run(tmp_path))
    assert status == 1
    assert "is done" in errors


def test_a_recipe_that_cannot_be_trained_leaves_no_run(run, store, tmp_path):
    pytest.importorskip("keras")
    (tmp_path / "empty").mkdir()
    status, _, errors = run("train", "--dataset", "mnist", "--data", tmp_path / "empty")
    assert status == 1
    assert "empty" in errors
    assert "Traceback" not in errors
    recipe = tmp_path / "watching.json"
    recipe.write_text(json.dumps(PRESETS["plateau"].to_dict() | {"dataset": "mnist-60000"}), "utf-8")
    status, _, errors = run("train", "--recipe", recipe)
    assert status == 1
    assert "plateau annealer watches validation accuracy" in errors
    assert store.find() == []


def test_a_training_is_told_epoch_by_epoch(run, store):
    pytest.importorskip("keras")
    status, lines, errors = run(*LINEAR, "--epochs", 1, "--json")
    assert status == 0
    answer = json.loads(lines[-1])
    assert (answer["status"], answer["epoch"]) == ("done", 1)
    assert answer["folder"] == str(store.folder / answer["run"])
    for told in (
        "linear: 7,850 parameters",
        "Learning from 3,000 digits. mini",
        "epoch 0: ",
        "epoch 1: loss",
    ):
        assert told in errors


@pytest.mark.slow
def test_ctrl_c_pauses_and_resume_goes_on(run, store, monkeypatch, request):
    pytest.importorskip("keras")
    real = terminal.Bar.batch

    def batch(self, event):
        if event.step == 30:  # in the second epoch of 24 batches
            os.kill(os.getpid(), signal.SIGINT)
        real(self, event)

    monkeypatch.setattr(terminal.Bar, "batch", batch)
    # who starts the tests in the background may have switched Ctrl-C off for them
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    status, lines, errors = run(*LINEAR, "--epochs", 3)
    assert status == 130
    assert "Traceback" not in errors
    (paused,) = store.find()
    assert (paused.status, paused.epoch) == ("paused", 1)
    again = f"python -m model runs resume {paused.id} --runs {store.folder}"
    assert lines[-1] == f"run {paused.id} is paused; to go on: {again}"

    monkeypatch.undo()
    status, lines, errors = run("runs", "resume", paused.id, "--json")
    assert status == 0
    assert json.loads(lines[-1])["status"] == "done"
    assert "epoch 2: " in errors
    assert "epoch 1: " not in errors
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_run_that_another_worker_took_is_followed(store, tmp_path, capsys):
    """As a training of a dashboard's workers, or those of DIGIT_LAB_SCHEDULER, is."""
    run = store.create(PRESETS["tiny"])
    attempt = store.claim(run.id, "another")
    store.learn_from(attempt, {"dataset": "mini", "part": "train", "count": 3000, "source": "mini."})

    def work():
        done = RunStore(tmp_path).epochs(make_run(tmp_path / "other"))
        time.sleep(0.5)
        store.pulse(attempt, [Batch(step, 1.0, 0.5, 0.1, step / 10) for step in range(24)])
        for epoch in RunStore(tmp_path / "other").epochs(RunStore(tmp_path / "other").find()[0].id) + done:
            store.finish_epoch(attempt, epoch, {}, {})
            time.sleep(0.2)
        store.end(attempt, "done")

    thread = threading.Thread(target=work)
    thread.start()
    followed = terminal._follow(store, run.id, threading.Event(), None)
    thread.join()
    assert followed.status == "done"
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch")]
    assert [line.split(":")[0] for line in told] == ["epoch 0", "epoch 1", "epoch 2"]


def test_ctrl_c_pauses_what_is_followed(store):
    run = store.create(PRESETS["tiny"])
    attempt = store.claim(run.id, "another")

    def work():
        while store.pulse(attempt)[0] == "run":
            time.sleep(0.05)
        store.end(attempt, "paused")

    thread = threading.Thread(target=work)
    thread.start()
    asked = threading.Event()
    asked.set()
    assert terminal._follow(store, run.id, asked, None).status == "paused"
    thread.join()


def test_who_follows_a_run_hears_that_its_worker_gave_it_back(store):
    run = store.create(PRESETS["tiny"])
    attempt = store.claim(run.id, "another")
    thread = threading.Timer(0.5, store.end, (attempt, "queued"))
    thread.start()
    assert terminal._follow(store, run.id, threading.Event(), None).status == "queued"
    thread.join()


def test_a_run_whose_process_was_killed_can_be_resumed(store):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    run = store.create(PRESETS["tiny"])
    store.claim(run.id, f"{platform.node()}:{process.pid}")
    assert terminal.resume(store, run.id) == run.id
    assert store.get(run.id).status == "queued"
    store.claim(run.id, f"{platform.node()}:{os.getpid()}")  # this one lives: it is only asked to go on
    terminal.resume(store, run.id)
    assert store.get(run.id).status == "running"


def test_a_scheduler_elsewhere_takes_no_folder_of_this_machine(run, store, monkeypatch, tmp_path):
    monkeypatch.setenv("DIGIT_LAB_SCHEDULER", "tcp://127.0.0.1:9")
    status, _, errors = run(*LINEAR, "--data", tmp_path)
    assert status == 1
    assert "set DIGIT_LAB_DATA where they run" in errors
    assert store.find() == []


@pytest.mark.slow
def test_ctrl_c_from_a_terminal(tmp_path):
    """The whole command in a process of its own, interrupted as a terminal does it."""
    pytest.importorskip("keras")
    command = [sys.executable, "-m", "model", *LINEAR, "--epochs", "500", "--runs", str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    told = []
    for line in process.stderr:
        told.append(line)
        if line.startswith("epoch 2: "):
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (told, err)
    assert "is paused; to go on" in out
    assert "Traceback" not in err
    store = RunStore(tmp_path)
    (run,) = store.find()
    assert run.status == "paused"
    store.close()
