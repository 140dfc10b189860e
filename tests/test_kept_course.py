"""What bundled networks read after each of their epochs: what their cards say, and nothing damaged."""

import numpy as np
import pytest
from random_recipes import random_weights

from model import checkpoint
from model.checkpoint import BUNDLED, CheckpointError, checkpoint_epochs, checkpoint_history, write_checkpoint
from model.datasets import load_digits
from model.evaluation.course import course
from model.evaluation.kept_course import FILE, bundled_course, read_course, write_course
from model.history import Epoch
from model.presets import PRESETS


def test_a_bundled_course_is_what_the_record_of_the_training_says():
    found, digits = bundled_course("plateau"), load_digits("mini", "validation")
    assert found.epochs == checkpoint_epochs("plateau")
    assert np.array_equal(found.labels, digits.labels)
    recorded = [1000 * (1 - record.validation_accuracy) for record in checkpoint_history("plateau")]
    # the weights before the last are kept in half precision: a doubtful digit may be read otherwise
    np.testing.assert_allclose(found.errors, recorded, atol=1.01)
    again = read_course(BUNDLED / "plateau", (6,), digits)
    np.testing.assert_array_equal(again.read[0], found.read[6])


@pytest.fixture
def life(tmp_path, monkeypatch):
    """A bundled network "life" with three epochs."""
    monkeypatch.setattr(checkpoint, "BUNDLED", tmp_path)
    recipe = PRESETS["tiny"]
    history = [Epoch(number, 1.0, 0.5, 1.0, 0.5, 0.1, 1.0).to_dict() for number in range(3)]
    epochs = {number: random_weights(recipe, number) for number in range(2)}
    write_checkpoint(tmp_path / "life", recipe, random_weights(recipe, 9), {"history": history}, epochs)
    return tmp_path / "life"


def made(epochs):
    random = np.random.default_rng(2)
    return course(epochs, [random.integers(0, 10, 50) for _ in epochs], random.integers(0, 10, 50))


def test_what_is_kept_comes_back(life):
    assert bundled_course("life") is None
    found = made((0, 1, 2))
    write_course(life, found)
    again = bundled_course("life")
    np.testing.assert_array_equal(again.read, found.read)
    np.testing.assert_array_equal(again.labels, found.labels)
    assert again.epochs == (0, 1, 2)
    assert again.read.dtype == np.uint8
    assert [path.name for path in life.glob("*.part")] == []


def test_a_damaged_course_says_so(life):
    write_course(life, made((0, 1, 2)))
    whole = (life / FILE).read_bytes()
    for damaged in (b"", b"no archive", whole[: len(whole) // 2]):
        (life / FILE).write_bytes(damaged)
        with pytest.raises(CheckpointError, match="cannot be read"):
            bundled_course("life")
    with pytest.raises(CheckpointError, match="no network 'death' is bundled"):
        bundled_course("death")


def test_a_course_of_other_epochs_is_refused(life):
    write_course(life, made((1, 2)))
    with pytest.raises(CheckpointError, match=r"of the epochs \(1, 2\)"):
        bundled_course("life")
