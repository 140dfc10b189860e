"""The bundled networks' test readings: what their cards say, digit by digit."""

import numpy as np
import pytest

from model import checkpoint as checkpoints
from model.checkpoint import BUNDLED, CheckpointError, bundled_names, read_checkpoint
from model.datasets import load_digits
from model.evaluation import kept, score
from model.evaluation.kept import bundled_readings, write_readings


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_networks_readings_are_what_its_card_counts(name):
    found, card = bundled_readings(name), read_checkpoint(BUNDLED / name).card
    assert found is not None
    assert (
        score(found.probabilities, found.labels).confusion.tolist() == card["accuracy"]["test"]["confusion"]
    )
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)
    for failure in card["accuracy"]["test"]["failures"][:5]:
        sure = found.probabilities.max(axis=1)
        assert np.isclose(sure, failure["confidence"], atol=6e-5).any()  # four figures there


def test_readings_of_mini_are_what_the_network_says():
    checkpoint, digits = read_checkpoint(BUNDLED / "plateau"), load_digits("mini", "test")
    found = bundled_readings("plateau")
    assert np.array_equal(found.labels, digits.labels)
    expected = checkpoint.network.probabilities(digits.images)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)


def test_what_was_read_is_kept_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "BUNDLED", tmp_path)
    monkeypatch.setattr(kept, "bundled_names", lambda: ("near",))
    (tmp_path / "near").mkdir()
    assert bundled_readings("near") is None
    probabilities = np.full((3, 10), 0.05, np.float32)
    probabilities[:, 4], probabilities[:, 7] = 0.3, [0.3000001, 0.2999999, 0.3]
    write_readings(tmp_path / "near", probabilities, np.array([7, 4, 0], np.uint8))
    found = bundled_readings("near")
    assert np.array_equal(found.probabilities, probabilities)
    assert found.labels.tolist() == [7, 4, 0]
    assert bundled_readings("near") is found
    assert not found.probabilities.flags.writeable
    write_readings(tmp_path / "near", probabilities[:2], np.array([7, 4], np.uint8))
    assert len(bundled_readings("near").labels) == 2
    with pytest.raises(ValueError, match=r"not \(3, 10\)"):
        write_readings(tmp_path / "near", probabilities, np.zeros(2, np.uint8))
    whole = (tmp_path / "near" / "test.npz").read_bytes()
    for damaged in (b"no archive", b"", whole[: len(whole) // 2]):
        (tmp_path / "near" / "test.npz").write_bytes(damaged)
        with pytest.raises(CheckpointError, match="cannot be read"):
            bundled_readings("near")
    with pytest.raises(CheckpointError, match="no network 'far' is bundled"):
        bundled_readings("far")
