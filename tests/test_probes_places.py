"""Places in two dimensions: components against NumPy's SVD, alignment against a known turn, maps by kinds."""

import numpy as np
import pytest
from random_recipes import random_weights
from sklearn.manifold import TSNE, trustworthiness

from model.forward import Network
from model.layers import Activation, Conv2D, Flatten, GlobalAveragePooling2D
from model.presets import PRESETS
from model.probes.places import STAGES, Projection, align, among, pca, summary, t_sne, to_map
from model.recipe import Recipe
from model.workers.calls import T_SNE, call


@pytest.fixture(scope="module")
def features():
    """What a network makes of noise and strokes: as features are, above zero and of uneven spread."""
    random = np.random.default_rng(3)
    digits = random.integers(0, 256, (300, 28, 28)).astype(np.uint8)
    digits[:, random.integers(0, 20, 300)] = 0
    recipe = PRESETS["quick"]
    return Network(recipe.layers, random_weights(recipe, 2)).features(digits)


@pytest.fixture(scope="module")
def clusters():
    random = np.random.default_rng(5)
    kinds = np.repeat(np.arange(4), 40)
    return (random.normal(0, 6, (4, 64))[kinds] + random.normal(size=(160, 64))).astype(np.float32), kinds


def test_components_are_those_of_the_svd(clusters):
    features, _ = clusters
    found = pca(features)
    centred = features.astype(np.float64) - features.mean(axis=0)
    _, strengths, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(np.sum(found.axes * axes[:2], axis=1)), 1, atol=1e-5)
    np.testing.assert_allclose(found.explained, strengths[:2] ** 2 / (strengths**2).sum(), rtol=1e-4)
    np.testing.assert_allclose(np.abs(found.points), np.abs(centred @ axes[:2].T), rtol=1e-3, atol=1e-3)
    largest = np.abs(found.axes).argmax(axis=1)
    assert (found.axes[[0, 1], largest] > 0).all()
    np.testing.assert_allclose(found.place(features), found.points, atol=1e-4)
    np.testing.assert_allclose(found.place(features.mean(axis=0)), 0, atol=1e-4)


def test_what_a_network_s_features_explain_is_what_the_svd_says(features):
    strengths = np.linalg.svd(features - features.mean(axis=0), compute_uv=False)
    expected = strengths[:2] ** 2 / (strengths**2).sum()
    np.testing.assert_allclose(pca(features).explained, expected, rtol=1e-2)


def test_in_few_directions_the_rest_explains_nothing():
    line = np.outer(np.arange(20), [3, 4, 0]).astype(np.float32)
    found = pca(line)
    assert found.explained == pytest.approx([1, 0], abs=1e-6)
    np.testing.assert_allclose(np.abs(found.axes[0]), [0.6, 0.8, 0], atol=1e-5)
    same = pca(np.ones((5, 3), np.float32))
    assert (same.points == 0).all()
    assert (same.explained == 0).all()


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (5,)])
def test_two_axes_need_two_digits_and_two_dimensions(shape):
    with pytest.raises(ValueError, match="principal components"):
        pca(np.zeros(shape, np.float32))


@pytest.mark.parametrize("mirrored", [False, True])
def test_alignment_undoes_a_turn_and_a_mirror(clusters, mirrored):
    features, _ = clusters
    found = pca(features)
    turn = np.array([[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]], np.float32)
    if mirrored:
        turn = turn @ np.diag([1, -1]).astype(np.float32)
    turned = Projection(found.points @ turn, found.mean, turn.T @ found.axes, found.explained)
    back = align(turned, found.points)
    np.testing.assert_allclose(back.points, found.points, atol=1e-3)
    np.testing.assert_allclose(back.axes, found.axes, atol=1e-5)
    np.testing.assert_allclose(back.place(features), back.points, atol=1e-3)


def test_alignment_changes_no_distance_and_explains_as_much(clusters):
    features, _ = clusters
    later = features + np.random.default_rng(1).normal(0, 2, features.shape).astype(np.float32)
    reference, found = pca(features), pca(later)
    aligned = align(found, reference.points)
    np.testing.assert_allclose(
        np.linalg.norm(aligned.points, axis=1), np.linalg.norm(found.points, axis=1), rtol=1e-4
    )
    assert aligned.explained.sum() == pytest.approx(found.explained.sum(), rel=1e-5)
    total = np.square(later - later.mean(axis=0)).sum()
    np.testing.assert_allclose(aligned.explained, np.square(aligned.points).sum(axis=0) / total, rtol=1e-3)
    for sign in ([1, 1], [1, -1], [-1, 1], [-1, -1]):
        other = found.points * sign
        nearer = np.square(aligned.points - reference.points).sum()
        assert nearer <= np.square(other - reference.points).sum() * (1 + 1e-5)
    with pytest.raises(ValueError, match="can't be aligned"):
        align(found, reference.points[:-1])


def test_a_summary_keeps_almost_all_and_leaves_what_is_short(clusters):
    features, _ = clusters
    assert summary(features[:, :50]).shape == (160, 50)
    assert (summary(features[:, :50]) == features[:, :50]).all()
    short = summary(features, 20)
    assert short.shape == (160, 20)
    assert np.square(short).sum() > 0.8 * np.square(features - features.mean(axis=0)).sum()


def test_a_new_digit_lies_amid_its_neighbours(clusters):
    features, kinds = clusters
    points = np.random.default_rng(0).normal(size=(160, 2)).astype(np.float32) * 0.1 + kinds[:, None]
    assert (among(features, points, features[17]) == points[17]).all()
    new = features[kinds == 2].mean(axis=0)
    np.testing.assert_allclose(among(features, points, new), [2, 2], atol=0.2)
    assert among(features[:3], points[:3], new).shape == (2,)


def test_too_few_digits_make_no_map():
    with pytest.raises(ValueError, match="at least 10 digits, not 9"):
        t_sne(np.zeros((9, 4), np.float32))


def test_a_stage_goes_on_from_the_one_before():
    features = np.zeros((10, 4), np.float32)
    with pytest.raises(ValueError, match="stage 1 of a map goes on from nothing"):
        t_sne(features, 1)
    with pytest.raises(ValueError, match="stage 0 of a map goes on from points"):
        t_sne(features, 0, np.zeros((10, 2), np.float32))


@pytest.mark.slow
def test_a_map_keeps_neighbours_near(clusters):
    features, kinds = clusters
    stages = [call(T_SNE, features, 0, None, 3)]
    for stage in range(1, len(STAGES)):
        stages.append(call(T_SNE, features, stage, stages[-1], 3))
    for raw in stages:  # the classes lie apart from the first stage on
        points = to_map(raw)
        assert (points.shape, points.dtype) == ((160, 2), np.float32)
        assert np.abs(points).max() == pytest.approx(1)
        distances = np.linalg.norm(points[:, None] - points, axis=2) + np.eye(160) * 1e9
        assert (kinds[distances.argmin(axis=1)] == kinds).mean() > 0.95
    np.testing.assert_array_equal(call(T_SNE, features, len(STAGES) - 1, stages[-2], 3), stages[-1])


def test_in_stages_it_is_as_good_a_map_as_in_one(clusters):
    features, _ = clusters
    points = None
    for stage in range(len(STAGES)):
        points = t_sne(features, stage, points)
    whole = TSNE(2, init="pca", random_state=0).fit_transform(features)
    near = [trustworthiness(features, each, n_neighbors=10) for each in (points, whole)]
    assert near[0] > near[1] - 0.01


def test_a_map_is_turned_after_another():
    """Turned by 70 degrees, mirrored, moved and made larger: it comes back."""
    points = np.random.default_rng(1).normal(size=(50, 2)) * (2, 1)
    angle = np.radians(70)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([1, -1])
    again = to_map(5 * points @ turn + (3, -8), like=points)
    np.testing.assert_allclose(again, to_map(points), atol=1e-5)


def test_a_network_without_a_dense_layer_describes_digits_too():
    recipe = Recipe(
        "convolutions",
        (Conv2D(3, 3, 2), Conv2D(10, 3), GlobalAveragePooling2D(), Flatten(), Activation("softmax")),
    )
    network = Network(recipe.layers, random_weights(recipe, 1))
    digits = np.random.default_rng(3).integers(0, 256, (4, 28, 28)).astype(np.uint8)
    described = network.features(digits)
    assert described.shape == (4, 13 * 13 * 3)
    np.testing.assert_allclose(described, network.values(digits)[1].reshape(4, -1), rtol=1e-5)
    assert network.features(digits[:0]).shape == (0, 13 * 13 * 3)
