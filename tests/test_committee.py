"""The committee: its members' mean, what it gains with its interval, and its files."""

import json

import numpy as np
import pytest
from random_recipes import random_weights

from model import committee
from model.checkpoint import CheckpointError
from model.commands import main
from model.forward import Network
from model.presets import PRESETS

RECIPE = PRESETS["tiny"]
SEEDS = (3, 1, 2)
DIGITS = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    members = {seed: random_weights(RECIPE, seed) for seed in SEEDS}
    committee.write_committee(tmp_path / "committee", RECIPE, members, {"measured": {"test": 0.5}})
    return tmp_path / "committee"


def test_it_says_the_mean_of_what_its_members_say(folder):
    found = committee.load_committee(folder)
    assert list(found.members) == [1, 2, 3]
    alone = [Network(RECIPE.layers, random_weights(RECIPE, seed)).probabilities(DIGITS) for seed in SEEDS]
    # the weights were kept in half precision
    np.testing.assert_allclose(found.probabilities(DIGITS), np.mean(alone, axis=0), atol=5e-3)
    assert np.abs(alone[0] - alone[1]).max() > 0.1
    assert found.recipe == RECIPE
    assert found.card == {"measured": {"test": 0.5}, "seeds": [1, 2, 3]}


def test_a_committee_that_isnt_there_or_is_broken_is_said_so(folder, tmp_path):
    assert not committee.has_committee(tmp_path)
    with pytest.raises(CheckpointError, match=r"no committee is bundled in .*: name a network or a run"):
        committee.load_committee(tmp_path)
    (folder / "seed-2.npz").unlink()
    with pytest.raises(CheckpointError, match=r"cannot be read: .*seed-2"):
        committee.load_committee(folder)


def test_writing_again_is_seen_at_once(folder):
    assert len(committee.load_committee(folder).members) == 3
    committee.write_committee(folder, RECIPE, {7: random_weights(RECIPE, 7)}, {})
    assert list(committee.load_committee(folder).members) == [7]
    with pytest.raises(ValueError, match="needs members"):
        committee.write_committee(folder, RECIPE, {}, {})


def test_the_gain_is_counted_digit_by_digit():
    """Three members, four digits, all zeros: the sums are written out."""
    right, wrong, sure = [0.6, 0.4], [0.4, 0.6], [0.1, 0.9]
    read = np.zeros((3, 4, 10))
    read[:, 0, :2] = right, right, wrong  # together right
    read[:, 1, :2] = right, right, sure  # together wrong, though two were right
    read[:, 2, :2] = right, right, right
    read[:, 3, :2] = wrong, wrong, wrong
    found = committee.gain(read, np.zeros(4, int))
    assert found.members == (0.75, 0.75, 0.25)
    assert found.together == 0.5
    assert found.difference == pytest.approx(0.5 - 1.75 / 3)
    gains = np.array([1 - 2 / 3, 0 - 2 / 3, 0, 0])
    reach = 1.96 * np.std(gains, ddof=1) / 2
    assert found.interval_95 == pytest.approx((gains.mean() - reach, gains.mean() + reach), abs=1e-4)
    assert found.count == 4


def test_predict_reads_with_the_committee(folder, tmp_path, capsys, monkeypatch):
    from PIL import Image

    monkeypatch.setattr(committee, "load_committee", lambda: _committee(folder))
    picture = np.zeros((28, 28), np.uint8)
    picture[4:24, 13:16] = 255
    Image.fromarray(picture).save(tmp_path / "one.png")
    said = {}
    for name in ("committee", "classic"):
        assert main(["predict", str(tmp_path / "one.png"), "--model", name, "--json"]) == 0
        said[name] = json.loads(capsys.readouterr().out)["probabilities"]
    assert len(said["committee"]) == 10
    assert said["committee"] != said["classic"]


def _committee(folder, load=committee.load_committee):
    return load(folder)


def test_any_reader_is_found_by_its_name(folder, monkeypatch):
    monkeypatch.setattr(committee, "load_committee", lambda: "the committee")
    assert committee.load_reader("committee") == "the committee"
    assert isinstance(committee.load_reader("classic"), Network)
    with pytest.raises(CheckpointError, match="no network or run"):
        committee.load_reader("committees")
