"""Work has a name from a fixed list; a worker has a name that says when it has ended."""

import ast
import importlib
import os
import platform
import subprocess
import sys
import time
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from model.workers import calls
from model.workers.calls import CALLS, call
from model.workers.identity import has_died, process_of, worker_name

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("path", sorted(CALLS))
def test_each_call_is_a_public_function_of_the_model(path):
    module, _, name = path.partition(":")
    assert module.startswith("model.")
    source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
    functions = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert name in functions
    assert not name.startswith("_")


@pytest.mark.parametrize("path", ["os:system", "model.learning.work:Path", "model.workers.calls:call", ":"])
def test_nothing_else_can_be_called(path):
    with pytest.raises(ValueError, match="no work for the workers"):
        call(path, "echo")


def test_a_call_hands_over_its_arguments_and_brings_back_the_result(monkeypatch):
    monkeypatch.setattr(calls, "CALLS", frozenset({"operator:sub"}))
    assert call("operator:sub", 5, 3) == 2


def test_this_process_lives():
    name = worker_name()
    assert process_of(name) == os.getpid()
    assert not has_died(name)


def test_a_process_that_has_ended_is_known_by_its_name():
    process = subprocess.Popen([sys.executable, "-c", ""])
    name = f"{platform.node()}:{process.pid}"
    process.wait()
    assert has_died(name)
    assert not has_died(f"another-{name}"), "of another machine nothing is known"


@pytest.mark.parametrize("name", ["", "foreman", "host:", "host:abc", "host:-1"])
def test_other_names_are_of_no_process(name):
    assert process_of(name) is None
    assert not has_died(name)


def test_threads_import_one_after_the_other(monkeypatch):
    """TensorFlow's modules import one another in circles: two threads that begin at once never end."""
    inside, most = 0, 0

    def slow_import(name):
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.05)
        inside -= 1
        return importlib.import_module("model.final_test")

    monkeypatch.setattr(calls, "importlib", types.SimpleNamespace(import_module=slow_import))
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(calls.load, [calls.FINAL_SCORE] * 4))) == 1
    assert most == 1
