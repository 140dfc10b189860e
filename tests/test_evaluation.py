"""Scores counted by hand and by plain loops."""

import numpy as np
import pytest
from random_recipes import random_weights

from model.evaluation import CHUNK, Score, read_all, score
from model.forward import Network
from model.presets import PRESETS


def one_hot(readings):
    return np.eye(10)[readings]


def test_a_score_counted_by_hand():
    labels = np.array([0, 1, 2, 2, 9])
    found = score(one_hot([0, 1, 2, 7, 9]), labels)
    assert (found.count, found.errors, found.accuracy) == (5, 1, 0.8)
    assert found.confusion[2, 7] == 1
    assert found.most_confused() == [(2, 7, 1)]
    assert found.per_class[2] == {"digit": 2, "count": 2, "errors": 1, "accuracy": 0.5}
    assert np.isnan(found.per_class[3]["accuracy"])
    assert found.confidence_interval_95[0] < 0.8 < found.confidence_interval_95[1]


def test_the_confusion_matrix_counts_every_pair():
    random = np.random.default_rng(0)
    labels, readings = random.integers(0, 10, (2, 3000))
    found = score(one_hot(readings), labels)
    for label, reading in np.ndindex(10, 10):
        assert found.confusion[label, reading] == ((labels == label) & (readings == reading)).sum()
    assert found.errors == (labels != readings).sum()
    times = [n for _, _, n in found.most_confused(20)]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize("count", [3, 7, 999, 10_000])
def test_an_accuracy_is_scikit_learns_to_the_last_digit(count):
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(count)
    for _ in range(20):
        labels = random.integers(0, 10, count)
        readings = np.where(random.random(count) < 0.1, random.integers(0, 10, count), labels)
        found = score(one_hot(readings), labels)
        assert found.accuracy == metrics.accuracy_score(labels, readings)


def test_the_json_form_has_what_scripts_rely_on():
    found = score(one_hot([3, 3]), np.array([3, 5]), learned=1).to_dict()
    assert found["accuracy"] == 0.5
    assert (found["count"], found["errors"], found["learned"]) == (2, 1, 1)
    assert len(found["confidence_interval_95"]) == 2
    assert np.array(found["confusion"]).shape == (10, 10)


def test_readings_and_labels_must_match():
    with pytest.raises(ValueError, match="not 2 and 1"):
        score(one_hot([1, 2]), np.array([1]))
    with pytest.raises(ValueError, match="not 0 and 0"):
        score(np.zeros((0, 10)), np.array([], int))


def test_reading_many_reports_progress_and_changes_nothing():
    recipe = PRESETS["linear"]
    network = Network(recipe.layers, random_weights(recipe, 1))
    images = np.random.default_rng(0).integers(0, 256, (2 * CHUNK + 3, 28, 28)).astype(np.uint8)
    steps = []
    probabilities = read_all(network, images, steps.append)
    assert steps == [CHUNK, CHUNK, 3]
    np.testing.assert_allclose(probabilities, network.probabilities(images), atol=1e-6)
    assert read_all(network, images[:0]).shape == (0, 10)


def test_a_perfect_score_has_no_mistakes():
    found = Score(np.diag(np.full(10, 4)))
    assert found.accuracy == 1
    assert found.most_confused() == []
