"""Twenty faults done to real trainings: none loses a run or a finished epoch (benchmarks/faults.py)."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks.dashboard import ROOT
from benchmarks.faults import SCENES

pytestmark = pytest.mark.slow

COUNTS = {"workers": 8, "servers": 4, "stops": 2, "schedulers": 2, "disks": 2, "memory": 2}


def can_mount(folder) -> bool:
    """Whether a small tmpfs can be mounted here."""
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "digit-lab", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        return False
    subprocess.run(["umount", str(folder)], check=True)
    return True


def test_there_are_twenty():
    assert COUNTS.keys() == SCENES.keys()
    assert sum(COUNTS.values()) == 20


@pytest.mark.parametrize("scene", COUNTS)
def test_runs_survive(scene, tmp_path):
    if scene == "disks" and not can_mount(tmp_path):
        pytest.skip("takes the right to mount a small tmpfs")
    counts = [f"--{name}={count if name == scene else 0}" for name, count in COUNTS.items()]
    command = [sys.executable, "-m", "benchmarks.faults", "--json", *counts]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures[scene]["faults"] == COUNTS[scene]
    assert figures["wrong"] == []
