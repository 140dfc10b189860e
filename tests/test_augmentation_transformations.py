"""One transformation by itself: what it does against SciPy, what a sweep goes through, what it is called."""

import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from scipy import ndimage

from app.hand import CHANGES
from model.augmentation import (
    LIMITS,
    SMOOTHNESS,
    TRANSFORMATIONS,
    Augmentation,
    Probabilities,
    strengths,
    transform,
)
from model.augmentation.transformations import alone

CENTRE = 13.5
# Each even transformation's map from a place in the digit (x, y), about its centre, to the place it goes to.
MATRICES = {
    "rotation": lambda by: [[np.cos(np.radians(by)), -np.sin(np.radians(by))],
                            [np.sin(np.radians(by)), np.cos(np.radians(by))]],
    "zoom": lambda by: np.diag([np.exp(by), np.exp(by)]),
    "aspect": lambda by: np.diag([np.exp(by / 2), np.exp(-by / 2)]),
    "shift": lambda by: np.eye(2),
    "shear": lambda by: [[1, np.tan(np.radians(by))], [0, 1]],
    "flip": lambda by: np.diag([-1, 1]),
    "upside-down": lambda by: np.diag([1, -1]),
}  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    """Ink up to the edge, so that what comes from outside shows: uint8 (6, 28, 28)."""
    noise = np.random.default_rng(5).uniform(0, 255, (6, 28, 28))
    return ndimage.uniform_filter(noise, (0, 3, 3)).astype(np.uint8)


def test_the_pages_names_are_these_and_each_has_its_field_and_probability():
    assert tuple(TRANSFORMATIONS) == CHANGES
    assert {each.field for each in TRANSFORMATIONS.values()} == {
        *LIMITS,
        "flip",
        "flip_upside_down",
    }
    assert [field.name for field in fields(Probabilities)] == [
        each.probability for each in TRANSFORMATIONS.values()
    ]
    for name, each in TRANSFORMATIONS.items():
        assert each.name == name
        assert each.limit == LIMITS.get(each.field, 1.0)
        assert each.is_switch == isinstance(getattr(Augmentation(), each.field), bool)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_a_sweep_goes_evenly_from_end_to_end_and_over_exactly_nothing(name):
    each, through = TRANSFORMATIONS[name], strengths(name)
    assert through.dtype == np.float64
    assert len(through) == each.steps
    assert (through[0], through[-1]) == (pytest.approx(each.low), pytest.approx(each.high))
    assert 0.0 in through
    np.testing.assert_allclose(np.diff(through), np.diff(through)[0])
    shown = [each.show(strength) for strength in through]
    assert len(set(shown)) > len(through) * 0.9


def test_strengths_are_told_in_words():
    said = {
        ("rotation", -30.0): "−30°",
        ("rotation", 0.0): "0°",
        ("zoom", 0.3): "×1.35",
        ("shift", 1.0): "1 cell",
        ("shift", -2.5): "−2.5 cells",
        ("noise", 0.25): "25%",
        ("flip", 1.0): "mirrored",
        ("flip", 0.0): "as it is",
        ("upside-down", 1.0): "upside down",
        ("upside-down", 0.0): "as it is",
    }
    for (name, strength), words in said.items():
        assert TRANSFORMATIONS[name].show(strength) == words


@pytest.mark.parametrize("name", MATRICES)
def test_even_transformations_are_scipys(name, digits):
    forward = {by: np.array(MATRICES[name](by)) for by in strengths(name)[1::7]}
    for by, there in forward.items():
        moved = np.array([by if name == "shift" else 0.0, 0.0])
        back = np.linalg.inv(there)
        offset = CENTRE - back @ (CENTRE + moved)
        changed = transform(digits, name, by)
        for ours, digit in zip(changed, digits, strict=True):
            theirs = ndimage.affine_transform(
                digit.astype(float), back[::-1, ::-1], offset[::-1], order=1, mode="grid-constant"
            )  # SciPy counts rows first
            np.testing.assert_allclose(ours, theirs, atol=1.01)


def test_the_elastic_one_is_a_sum_of_gaussians_and_scipys_resampling(digits):
    knots = np.random.default_rng(9).standard_normal((1, 2, 11, 11), dtype=np.float32)[0]
    cells, middles = np.arange(28), np.arange(-8, 36, 4)
    weights = np.exp(-((cells[:, None] - middles) ** 2) / (2 * SMOOTHNESS**2))
    weights /= np.sqrt((weights**2).sum(axis=1))[:, None]
    across, down = (
        sum(
            field[i, j] * np.outer(weights[:, i], weights[:, j])
            for i in range(len(middles))
            for j in range(len(middles))
        )
        for field in knots
    )
    rows, columns = np.indices((28, 28))
    for strength in (0.7, 2.0):
        changed = transform(digits, "elastic", strength, seed=9)
        for ours, digit in zip(changed, digits, strict=True):
            theirs = ndimage.map_coordinates(
                digit.astype(float),
                [rows + strength * down, columns + strength * across],
                order=1,
                mode="grid-constant",
            )
            np.testing.assert_allclose(ours, theirs, atol=1.01)


def test_noise_is_the_same_at_all_strengths_but_for_its_scale():
    grey = np.full((3, 28, 28), 128, np.uint8)
    weak, strong = (transform(grey, "noise", by, seed=4).astype(float) - 128 for by in (0.05, 0.1))
    np.testing.assert_allclose(strong, 2 * weak, atol=1.6)
    np.testing.assert_array_equal(weak[0], weak[2])
    assert strong[0].std() == pytest.approx(25.5, rel=0.1)
    assert strong[0].mean() == pytest.approx(0, abs=3)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_no_strength_leaves_the_digit_and_the_same_seed_gives_the_same(name, digits):
    np.testing.assert_array_equal(transform(digits, name, 0.0, seed=3), digits)
    most = TRANSFORMATIONS[name].high
    some = np.linspace(0, most, len(digits))
    once, again = (transform(digits, name, some, seed=3) for _ in range(2))
    np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(once[0], digits[0])
    assert (once[-1] != digits[-1]).mean() > 0.2
    by_itself = transform(digits[-1:], name, most, seed=3)[0].astype(int)
    np.testing.assert_allclose(by_itself, once[-1], atol=1)  # its neighbours may cost it a grey level


@pytest.mark.parametrize("name", ["elastic", "noise", "cutout"])
def test_digits_share_a_seeds_chance_or_each_has_its_own(name):
    same = np.full((4, 28, 28), 128, np.uint8)
    same[:, ::3] = 30
    by = TRANSFORMATIONS[name].high / 2
    shared = transform(same, name, by, seed=1).astype(int)
    assert np.abs(shared - shared[0]).max() <= 1
    apart = transform(same, name, by, seed=[1, 2, 3, 1]).astype(int)
    assert np.abs(apart[[0, 3]] - shared[0]).max() <= 1
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(apart[one] - apart[other]).max() > 50
    with pytest.raises(ValueError, match="one for each of 4 digits, is needed, not 2"):
        transform(same, name, by, seed=[1, 2])


def test_the_same_seed_gives_the_same_in_another_process(digits):
    code = (
        "import numpy as np, zlib; from model.augmentation import *\n"
        "ink = (np.indices((28, 28)).sum(0) * 4).astype(np.uint8)[None]\n"
        "wild = Augmentation(30, .3, 2, 10, 1, .3, 1, .2, 1, .5, 8, True, True, {'zoom': .5})\n"
        "both = [augment(np.repeat(ink, 99, 0), wild, np.random.default_rng(5))]\n"
        "both += [transform(ink, name, 0.5, seed=7) for name in TRANSFORMATIONS]\n"
        "print([zlib.crc32(each.tobytes()) for each in both])"
    )
    said = [subprocess.check_output([sys.executable, "-c", code], text=True) for _ in range(2)]
    assert said[0] == said[1]


def test_what_is_not_there_is_refused(digits):
    with pytest.raises(ValueError, match=r"one of rotation, zoom, .*, flip, upside-down, not 'turn'"):
        transform(digits, "turn", 1.0)
    with pytest.raises(ValueError, match="not 'turn'"):
        strengths("turn")
    with pytest.raises(ValueError, match=r"uint8 \(n, 28, 28\), not float64"):
        transform(digits.astype(float), "zoom", 1.0)
    with pytest.raises(ValueError, match="could not be broadcast"):
        transform(digits, "zoom", np.zeros(3))


def test_one_is_left_alone_with_its_amount_and_probability():
    chosen = Augmentation(rotation_degrees=20, zoom=0.2, flip=True, probabilities=Probabilities(zoom=0.3))
    assert alone(chosen, "zoom") == Augmentation(zoom=0.2, probabilities=Probabilities(zoom=0.3))
    assert alone(chosen, "flip") == Augmentation(flip=True, probabilities=Probabilities(zoom=0.3))
    both = Augmentation(flip=True, flip_upside_down=True)
    assert alone(both, "upside-down") == Augmentation(flip_upside_down=True)
    with pytest.raises(ValueError, match="not 'turn'"):
        alone(chosen, "turn")
