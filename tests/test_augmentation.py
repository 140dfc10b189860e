"""Augmentation: what is drawn, where the ink then comes from, and the one resampling, against SciPy."""

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from model.augmentation import (
    LIMITS,
    SMOOTHNESS,
    TRANSFORMATIONS,
    Augmentation,
    Changes,
    Probabilities,
    augment,
    draw_changes,
    even_maps,
    resample,
    source_places,
)
from model.presets import PRESETS
from model.recipe import Recipe

EVEN = Augmentation(rotation_degrees=20, zoom=0.2, shift_cells=2, shear_degrees=15)
ELASTIC = dataclasses.replace(EVEN, elastic_cells=1.4)
ALL = Augmentation(
    **{name: most / 4 for name, most in LIMITS.items()},
    flip=True,
    flip_upside_down=True,
    probabilities={"zoom": 0.5, "flip": 0.25},
)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def digits():
    """Blurry noise with ink up to the edge, so that what comes from outside shows."""
    noise = rng(7).uniform(0, 255, (300, 28, 28))
    return ((noise + np.roll(noise, 1, 1) + np.roll(noise, 1, 2)) / 3).astype(np.uint8)


def change(**told):
    """One digit's changes: none but those told."""
    return dataclasses.replace(Changes.none(1), **{name: np.array([value]) for name, value in told.items()})


def places_of(changes):
    return source_places(even_maps(changes), changes.knots)


def apply(digit, **told):
    return resample(digit[None], source_places(even_maps(change(**told))))[0]


def test_each_limit_is_kept_and_quoted():
    for name, most in LIMITS.items():
        Augmentation(**{name: most})
        with pytest.raises(ValueError, match=f"{name} must lie between 0 and {most:g}, not"):
            Augmentation(**{name: most * 1.01})
        with pytest.raises(ValueError, match=name):
            Augmentation(**{name: True})
    with pytest.raises(ValueError, match="flip must be true or false, not 1"):
        Augmentation(flip=1)


@pytest.mark.parametrize("told", [{"zoom": 1.5}, {"flip": -0.1}, {"shear": True}, {"noise": "often"}])
def test_a_probability_lies_between_0_and_1(told):
    (name,) = told
    with pytest.raises(ValueError, match=f"the probability of {name} must lie between 0 and 1, not"):
        Augmentation(probabilities=told)


def test_a_probability_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no probability of 'turn'; there are rotation, zoom"):
        Augmentation(probabilities={"turn": 0.5})
    with pytest.raises(ValueError, match=r"probabilities must be an object such as .*, not 0\.5"):
        Augmentation(probabilities=0.5)


@pytest.mark.parametrize("augmentation", [Augmentation(), EVEN, ALL])
def test_json_gives_the_same_augmentation_back(augmentation):
    recipe = dataclasses.replace(PRESETS["quick"], augmentation=augmentation)
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_json_names_only_probabilities_that_are_not_the_usual_ones():
    assert "probabilities" not in EVEN.to_dict()
    assert ALL.to_dict()["probabilities"] == {"zoom": 0.5, "flip": 0.25}


def test_recipes_from_before_there_were_more_changes_are_still_read():
    plain = PRESETS["quick"].to_dict() | {
        "augmentation": {
            "rotation_degrees": 10,
            "zoom": 0.1,
            "shift_cells": 1,
            "shear_degrees": 0.0,
            "elastic_cells": 0.0,
            "flip": False,
        }
    }
    assert Recipe.from_dict(plain).augmentation == Augmentation(rotation_degrees=10, zoom=0.1, shift_cells=1)


def test_a_probability_under_its_former_name_is_still_read():
    told = Augmentation(flip_upside_down=True, probabilities={"flip_upside_down": 0.2, "zoom": 0.4})
    assert told.probabilities == Probabilities(upside_down=0.2, zoom=0.4)
    assert told.to_dict()["probabilities"] == {"zoom": 0.4, "upside_down": 0.2}


def test_no_change_leaves_every_cell_as_it_is(digits):
    np.testing.assert_array_equal(augment(digits, Augmentation(), rng()), digits)


@pytest.mark.parametrize("augmentation", [EVEN, ELASTIC], ids=["even", "elastic"])
def test_the_resampling_is_scipys(digits, augmentation):
    places = places_of(draw_changes(len(digits), augmentation, rng()))
    ours = resample(digits, places)
    for digit, (across, down), changed in zip(digits, places, ours, strict=True):
        theirs = map_coordinates(digit.astype(float), [down, across], order=1, mode="grid-constant")
        np.testing.assert_allclose(changed, theirs, atol=1)


def test_neighbours_in_a_batch_leave_no_trace(digits):
    wild = Augmentation(180, 0.7, 10, 45, 4)
    places = places_of(draw_changes(5, wild, rng(1)))
    crowd = np.full((5, 28, 28), 255, np.uint8)
    crowd[2] = 0
    assert resample(crowd, places)[2].max() == 0
    crowd[2] = digits[0]
    np.testing.assert_allclose(resample(crowd, places)[2], resample(crowd[2:3], places[2:3])[0], atol=1)


def test_a_large_batch_is_changed_as_its_parts_are(digits):
    changes = draw_changes(len(digits), ELASTIC, rng(2))
    together = augment(digits, ELASTIC, rng(2))
    assert len(changes) == len(digits)
    for start in (0, 37, 250):
        few = slice(start, start + 50)
        np.testing.assert_allclose(together[few], resample(digits[few], places_of(changes[few])), atol=1)


def test_even_changes_do_what_they_say(digits):
    digit = digits[0]
    np.testing.assert_array_equal(apply(digit, mirrored=True), digit[:, ::-1])
    np.testing.assert_array_equal(apply(digit, turned_degrees=90.0), np.rot90(digit, -1))  # clockwise
    moved = apply(digit, moved_x=3.0, moved_y=-2.0)
    np.testing.assert_array_equal(moved[:26, 3:], digit[2:, :25])
    assert moved[26:].max() == moved[:, :3].max() == 0
    spot = np.zeros((28, 28), np.uint8)
    spot[20, 14] = 255  # 6.5 below the centre, half a cell to the right
    assert apply(spot, enlarged=2.0)[26:28, 14:16].min() > 100
    lean = apply(spot, slanted_degrees=45.0)[20]
    assert lean[20:22].tolist() == [0, 0] or lean.argmax() in (20, 21)
    assert lean.argmax() > 14


def test_all_even_changes_together_are_their_matrices_one_after_another():
    told = {
        "mirrored": True,
        "upside_down": True,
        "enlarged": 1.2,
        "stretched": 1.44,
        "slanted_degrees": 12.0,
        "turned_degrees": -30.0,
        "moved_x": 1.5,
        "moved_y": -2.5,
    }
    turn, slant = np.radians(-30), np.tan(np.radians(12))
    steps = [
        np.diag([-1, 1, 1]),
        np.diag([1, -1, 1]),
        np.diag([1.2, 1.2, 1]),
        np.diag([1.2, 1 / 1.2, 1]),
        [[1, slant, 0], [0, 1, 0], [0, 0, 1]],
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]],
        [[1, 0, 1.5], [0, 1, -2.5], [0, 0, 1]],
    ]
    there = np.eye(3)
    for step in steps:
        there = np.array(step) @ there
    centre = np.array([[1, 0, 13.5], [0, 1, 13.5], [0, 0, 1]])
    back = np.linalg.inv(centre @ there @ np.linalg.inv(centre))
    places = source_places(even_maps(change(**told)))[0]
    for row, column in ((0, 0), (3, 22), (27, 5)):
        np.testing.assert_allclose(places[:, row, column], (back @ [column, row, 1])[:2], atol=1e-4)


def test_changes_fill_their_ranges_evenly():
    drawn = draw_changes(20_000, dataclasses.replace(EVEN, flip=True), rng(3))
    for values, most in (
        (drawn.turned_degrees, 20),
        (np.log(drawn.enlarged), 0.2),
        (drawn.moved_x, 2),
        (drawn.moved_y, 2),
        (drawn.slanted_degrees, 15),
    ):
        assert np.abs(values).max() == pytest.approx(most, rel=1e-3)
        quarters = np.histogram(values, bins=4, range=(-most, most))[0]
        np.testing.assert_allclose(quarters, 5_000, atol=250)  # four standard deviations
    assert drawn.mirrored.mean() == pytest.approx(0.5, abs=0.015)
    assert not draw_changes(100, EVEN, rng()).mirrored.any()


def test_further_changes_fill_their_ranges_evenly_too():
    amounts = {
        name: LIMITS[name] / 3
        for name in ("aspect", "thickness_cells", "blur_cells", "contrast", "cutout_cells")
    }
    drawn = draw_changes(20_000, Augmentation(**amounts, flip_upside_down=True), rng(3))
    for values, most, least in (
        (np.log(drawn.stretched), amounts["aspect"], -amounts["aspect"]),
        (drawn.thickened, amounts["thickness_cells"], -amounts["thickness_cells"]),
        (np.log(drawn.contrasted), amounts["contrast"], -amounts["contrast"]),
        (drawn.blurred, amounts["blur_cells"], 0),
        (drawn.cut[:, 0], amounts["cutout_cells"], 0),
        (drawn.cut[:, 1], 27.5, -0.5),
        (drawn.cut[:, 2], 27.5, -0.5),
    ):
        quarters = np.histogram(values, bins=4, range=(least, most))[0]
        assert quarters.sum() >= 19_998  # all but what rounding puts over the edge
        np.testing.assert_allclose(quarters, 5_000, atol=250)
    assert drawn.upside_down.mean() == pytest.approx(0.5, abs=0.015)
    noise = draw_changes(2_000, Augmentation(noise=0.6), rng(3)).noise.std(axis=(1, 2))
    np.testing.assert_allclose(np.histogram(noise, bins=3, range=(0, 0.6))[0], 667, atol=100)


def test_a_probability_is_the_share_of_digits_that_are_changed():
    names = {each.field: each.probability for each in TRANSFORMATIONS.values()}
    noise = rng(7).integers(40, 200, (1, 28, 28), dtype=np.uint8)
    same = np.repeat(noise, 1_000, axis=0)
    chosen = {field: {field: LIMITS[field]} for field in LIMITS} | {
        "flip": {"flip": True},
        "flip_upside_down": {"flip_upside_down": True},
    }
    for field, told in chosen.items():
        name, shares = names[field], []
        for likely in (0.0, 0.3, 1.0):
            changed = augment(same, Augmentation(**told, probabilities={name: likely}), rng(8))
            shares.append((changed != noise).any(axis=(1, 2)).mean())
        assert shares[0] == 0
        assert shares[1] == pytest.approx(0.3 * shares[2], abs=0.05)
        assert shares[2] > 0.9, f"{field}: only what is too weak for a grey level may leave a digit as it is"


@pytest.mark.parametrize("field", [*LIMITS, "flip_upside_down"])
def test_what_is_drawn_for_one_does_not_depend_on_the_others(field):
    others = dataclasses.replace(ALL, probabilities={})
    told = {field: getattr(ALL, field)}
    alone, among = (draw_changes(50, each, rng(6)) for each in (Augmentation(**told), others))
    none = Changes.none(50)
    for name, values in vars(alone).items():
        if values is not None and (getattr(none, name) is None or (values != getattr(none, name)).any()):
            np.testing.assert_array_equal(values, getattr(among, name))


def test_what_is_drawn_at_once_has_nothing_to_do_with_each_other():
    drawn = draw_changes(20_000, EVEN, rng(4))
    kinds = [drawn.turned_degrees, drawn.enlarged, drawn.moved_x, drawn.moved_y, drawn.slanted_degrees]
    assert np.abs(np.corrcoef(kinds) - np.eye(5)).max() < 0.03


def test_the_elastic_field_is_as_strong_and_as_smooth_as_it_says():
    knots = [draw_changes(1_000, ELASTIC, rng(seed)).knots for seed in range(10)]
    still = even_maps(Changes.none(1_000))
    pulled = np.concatenate([source_places(still, each) - source_places(still) for each in knots])
    np.testing.assert_allclose(pulled.std(axis=0), 1.4, rtol=0.04)  # in the corners as in the middle
    here, there = pulled[:, 0, 14, 10], pulled[:, 0, 14, 14]
    # two places share what one Gaussian and its like, so far moved, have in common
    expected = np.exp(-(4**2) / (4 * SMOOTHNESS**2))
    assert np.corrcoef(here, there)[0, 1] == pytest.approx(expected, abs=0.02)
    assert np.corrcoef(here, pulled[:, 1, 14, 10])[0, 1] == pytest.approx(0, abs=0.03)


def test_the_same_random_state_gives_the_same_digits_and_elastic_leaves_the_even_ones(digits):
    np.testing.assert_array_equal(augment(digits, ELASTIC, rng(6)), augment(digits, ELASTIC, rng(6)))
    assert (augment(digits, ELASTIC, rng(6)) != augment(digits, ELASTIC, rng(8))).mean() > 0.5
    with_pull, without = (draw_changes(50, a, rng(6)) for a in (ELASTIC, EVEN))
    np.testing.assert_array_equal(with_pull.turned_degrees, without.turned_degrees)
    assert without.knots is None


def test_what_is_no_digit_is_refused(digits):
    places = places_of(draw_changes(2, EVEN, rng()))
    with pytest.raises(ValueError, match=r"uint8 \(n, 28, 28\), not float64"):
        resample(digits[:2].astype(float), places)
    with pytest.raises(ValueError, match="up to 1000 digits are resampled at once, not 1001"):
        resample(np.zeros((1001, 28, 28), np.uint8), places)
    with pytest.raises(ValueError, match=r"places must be \(3, 2, 28, 28\)"):
        resample(digits[:3], places)


def test_describing_an_augmentation_needs_no_opencv():
    import subprocess
    import sys

    code = "import sys, model.augmentation; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
