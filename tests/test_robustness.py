"""Corruptions against plain loops and SciPy, pictures of no digit, thresholds counted by hand."""

import numpy as np
import pytest
from scipy import ndimage

from model.checkpoint import load_checkpoint
from model.datasets import load_digits
from model.robustness import CORRUPTIONS, STRENGTHS, corrupt
from model.robustness.refusing import choose_threshold, refusal, slipped_through
from model.robustness.smears import glass_blur, motion_blur, ways
from model.robustness.speckles import impulse_noise, shot_noise
from model.robustness.strangers import KINDS, strangers
from model.robustness.weather import clouds, fog, spatter

CHANCE = ("shot noise", "impulse noise", "glass blur", "motion blur", "shear", "rotate", "translate", "fog",
          "spatter", "dotted line", "zigzag")  # fmt: skip


@pytest.fixture(scope="module")
def some():
    """60 of mini's digits and their labels."""
    digits = load_digits("mini", "test")
    return digits.images[:60], digits.labels[:60]


# All of them


def test_there_are_the_papers_fifteen():
    assert len(CORRUPTIONS) == 15
    for name, each in CORRUPTIONS.items():
        assert each.name == name
        assert len(each.amounts) == len(STRENGTHS)
        assert each.title
        assert each.what


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_corruption_keeps_its_promises(name, some):
    digits, _ = some
    before = digits.copy()
    assert np.array_equal(corrupt(digits, name, 0), digits)
    far = []
    for strength in STRENGTHS:
        changed = corrupt(digits, name, strength, seed=7)
        assert changed.dtype == np.uint8
        assert changed.shape == digits.shape
        assert np.array_equal(changed, corrupt(digits, name, strength, seed=7))
        alone = corrupt(digits[41:42], name, strength, seed=7 + 41)
        assert np.abs(changed[41].astype(int) - alone[0]).max() <= 1  # a resampling may round otherwise
        far.append(np.abs(changed.astype(float) - digits).mean())
    assert far == sorted(far), "a higher strength changes less"
    assert far[0] > 0.5, "the first strength changes nothing"
    assert np.array_equal(digits, before)
    again = corrupt(digits, name, 3, seed=1000)
    assert (not np.array_equal(again, corrupt(digits, name, 3, seed=7))) == (name in CHANCE)
    assert corrupt(digits[:0], name, 3).shape == (0, 28, 28)


def test_what_can_not_be_is_refused(some):
    digits, _ = some
    for arguments, said in (
        (("snow", 1), "not 'snow'"),
        (("fog", 6), "0 to 5, not 6"),
        (("fog", 1, [1, 2]), "each of 60 digits, is needed, not 2"),
    ):
        with pytest.raises(ValueError, match=said):
            corrupt(digits, *arguments)
    with pytest.raises(ValueError, match="digits must be uint8"):
        corrupt(digits / 255, "fog", 1)


# Noise


def test_shot_noise_counts_photons():
    ink = np.full((400, 28, 28), 0.3, np.float32)
    noisy = shot_noise(ink, 20, range(400))
    counts = noisy * 20
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-4)
    assert noisy.mean() == pytest.approx(0.3, rel=0.01)
    assert noisy.var() == pytest.approx(0.3 / 20, rel=0.02)  # a Poisson count's variance is its mean
    assert shot_noise(0 * ink[:2], 20, range(2)).max() == 0  # no light, no noise


def test_impulse_noise_hits_its_share_of_cells():
    ink = np.full((200, 28, 28), 0.5, np.float32)
    noisy = impulse_noise(ink, 0.2, range(200))
    assert (noisy == 1).mean() == pytest.approx(0.1, abs=0.003)
    assert (noisy == 0).mean() == pytest.approx(0.1, abs=0.003)
    assert (noisy == 0.5).mean() == pytest.approx(0.8, abs=0.005)


# Blur


def test_frosted_glass_moves_ink_about_and_loses_none():
    ink = np.random.default_rng(0).random((5, 28, 28)).astype(np.float32)
    moved = glass_blur(ink, (1e-4, 2, 2), range(5))  # hardly any blur: what remains is the shuffling
    for before, after in zip(ink, moved, strict=True):
        np.testing.assert_array_equal(np.sort(before, axis=None), np.sort(after, axis=None))
        assert (before != after).mean() > 0.5


@pytest.mark.parametrize("reach", [1, 2])
def test_frosted_glass_by_a_plain_loop(reach):
    ink = np.random.default_rng(1).random((3, 28, 28)).astype(np.float32)
    found = glass_blur(ink, (1e-4, reach, 2), [11, 12, 13])
    for digit, seed, ours in zip(ink, [11, 12, 13], found, strict=True):
        side = 28 - 2 * reach
        steps = np.random.default_rng(seed).integers(-reach, reach + 1, (2, side, side, 2))
        expected = digit.copy()
        for turn in range(2):
            for row in range(side - 1, -1, -1):
                for column in range(side - 1, -1, -1):
                    here = row + reach, column + reach
                    there = tuple(np.add(here, steps[turn, row, column]))
                    expected[here], expected[there] = expected[there], expected[here]
        np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_motion_blur_is_the_mean_of_moved_copies():
    ink = np.zeros((4, 28, 28), np.float32)
    ink[:, 8:20, 8:20] = np.random.default_rng(2).random((4, 12, 12))
    found = motion_blur(ink, 6, range(4))
    for digit, seed, ours in zip(ink, range(4), found, strict=True):
        angle = np.random.default_rng(seed).uniform(0, np.pi)
        stops = np.linspace(-3, 3, 13)
        copies = [
            ndimage.shift(digit, (stop * np.sin(angle), stop * np.cos(angle)), order=1, mode="constant")
            for stop in stops
        ]
        np.testing.assert_allclose(ours, np.mean(copies, axis=0), atol=1e-5)
    np.testing.assert_allclose(ways(np.linspace(0, 3, 7), 11).sum(axis=(1, 2)), 1, atol=1e-6)


# Place


@pytest.mark.parametrize("strength", STRENGTHS)
def test_a_turn_and_a_move_are_scipys(strength, some):
    digits, _ = some
    degrees = CORRUPTIONS["rotate"].amounts[strength - 1]
    cells = CORRUPTIONS["translate"].amounts[strength - 1]
    turned, moved = corrupt(digits, "rotate", strength), corrupt(digits, "translate", strength)
    for digit, turn, move in zip(digits[:8], turned, moved, strict=False):
        both = [
            ndimage.rotate(digit.astype(float), sign * degrees, reshape=False, order=1) for sign in (-1, 1)
        ]
        assert min(np.abs(turn - each).mean() for each in both) < 0.6  # of 255: places are rounded
        ways = [
            ndimage.shift(digit, (down * cells, right * cells), order=0)
            for down in (-1, 1)
            for right in (-1, 1)
        ]
        assert any(np.array_equal(move, each) for each in ways)


def test_all_four_corners_are_moved_to(some):
    digits = np.repeat(some[0][:1], 40, axis=0)
    assert len({picture.tobytes() for picture in corrupt(digits, "translate", 2)}) == 4
    turned = corrupt(digits, "rotate", 2).astype(int)
    others = turned[np.abs(turned - turned[0]).max(axis=(1, 2)) > 1]
    assert 5 < len(others) < 35
    assert (np.abs(others - others[0]) <= 1).all()  # two ways of turning, up to a grey level
    assert len({picture.tobytes() for picture in corrupt(digits, "scale", 2)}) == 1


def test_what_is_shrunk_keeps_its_middle_and_loses_ink_by_the_square():
    digits = np.zeros((1, 28, 28), np.uint8)
    digits[:, 6:22, 6:22] = 255
    for strength, factor in zip(STRENGTHS, CORRUPTIONS["scale"].amounts, strict=True):
        small = corrupt(digits, "scale", strength)[0].astype(float)
        assert small.sum() / digits.sum() == pytest.approx(factor**2, abs=0.06)
        assert ndimage.center_of_mass(small) == pytest.approx((13.5, 13.5), abs=0.05)


# Light


def test_brightness_and_stripe_by_hand(some):
    digits, _ = some
    more = CORRUPTIONS["brightness"].amounts[2]
    expected = np.minimum(np.rint(digits + more * 255.0), 255)
    assert np.abs(corrupt(digits, "brightness", 3) - expected).max() <= 1
    striped = corrupt(digits, "stripe", 4)
    assert np.array_equal(striped[:, :, 9:19], 255 - digits[:, :, 9:19])
    assert np.array_equal(striped[:, :, :9], digits[:, :, :9])
    assert np.array_equal(striped[:, :, 19:], digits[:, :, 19:])


def slow_cloud(seed, decay, side=32):
    """Diamond and square, one place at a time, on a grid that goes round."""
    pull = np.random.default_rng(seed).uniform(-1, 1, (side, side))
    cloud = np.zeros((side, side))
    step, rough = side, 1.0
    while step > 1:
        half = step // 2
        for row in range(half, side, step):
            for column in range(half, side, step):
                corners = [
                    cloud[(row + a) % side, (column + b) % side] for a in (-half, half) for b in (-half, half)
                ]
                cloud[row, column] = np.mean(corners) + rough * pull[row, column]
        for row in range(0, side, half):
            for column in range((row + half) % step, side, step):
                around = [(half, 0), (-half, 0), (0, half), (0, -half)]
                mean = np.mean([cloud[(row + a) % side, (column + b) % side] for a, b in around])
                cloud[row, column] = mean + rough * pull[row, column]
        step, rough = half, rough / decay
    return (cloud - cloud.min()) / (cloud.max() - cloud.min())


def test_clouds_by_a_plain_loop():
    found = clouds([3, 4], 1.8)
    for cloud, seed in zip(found, [3, 4], strict=True):
        np.testing.assert_allclose(cloud, slow_cloud(seed, 1.8), atol=1e-12)
        assert (cloud.min(), cloud.max()) == (0, 1)


def test_fog_leaves_the_brightest_at_full_and_hides_contrast(some):
    ink = some[0].astype(np.float32) / 255
    thin, thick = (fog(ink, (thickness, 2.0), range(60)) for thickness in (0.2, 3.0))
    assert max(thin.max(), thick.max()) <= 1 + 1e-6
    on = ink > 0.9

    def contrast(pictures):
        return pictures[on].mean() - pictures[~on].mean()

    assert contrast(thick) < 0.5 * contrast(thin) < contrast(ink)


def test_splotches_hide_their_share(some):
    ink = some[0].astype(np.float32) / 255
    hidden = spatter(ink, 0.2, range(60)) != ink
    assert hidden.mean() == pytest.approx(0.2, abs=0.02)
    assert len(np.unique(spatter(ink, 0.2, range(60))[hidden])) == 1


# Lines


@pytest.mark.parametrize("name", ["dotted line", "zigzag"])
def test_lines_only_add_ink_and_reach_from_border_to_border(name):
    paper = np.zeros((50, 28, 28), np.uint8)
    drawn = corrupt(paper, name, 1)
    assert (drawn.max(axis=(1, 2)) > 150).all()
    for picture in drawn:
        rows, columns = np.nonzero(picture)
        assert max(np.ptp(rows), np.ptp(columns)) >= 22
    lit = [(corrupt(paper, name, strength) > 0).mean() for strength in STRENGTHS]
    assert lit == sorted(lit)
    full = np.full((2, 28, 28), 255, np.uint8)
    assert np.array_equal(corrupt(full, name, 5), full)


def test_edges_are_where_the_ink_ends():
    digits = np.zeros((1, 28, 28), np.uint8)
    digits[0, 8:20, 10:18] = 255
    edges = corrupt(digits, "canny edges", 5)[0]
    assert set(np.unique(edges)) == {0, 255}
    inside = ndimage.binary_erosion(digits[0] > 0, iterations=2)
    outside = ~ndimage.binary_dilation(digits[0] > 0, iterations=2)
    assert not edges[inside | outside].any()
    assert (edges > 0).sum() >= 30  # the way round is 36 cells


@pytest.mark.slow
def test_a_real_network_reads_less_the_stronger_it_is():
    digits = load_digits("mnist", "validation")
    network = load_checkpoint("classic").network
    accuracies = np.array(
        [
            [
                np.mean(
                    network.probabilities(corrupt(digits.images[:300], name, strength)).argmax(axis=1)
                    == digits.labels[:300]
                )
                for strength in STRENGTHS
            ]
            for name in CORRUPTIONS
        ]
    )
    by_strength = accuracies.mean(axis=0).tolist()
    assert by_strength == sorted(by_strength, reverse=True)
    assert by_strength[0] > 0.93
    for name, (first, *_, last) in zip(CORRUPTIONS, accuracies, strict=True):
        assert first >= last, name
        assert first > 0.75, name


# What is no digit


@pytest.mark.parametrize("kind", KINDS)
def test_strangers_come_of_their_seeds(kind):
    found = strangers(kind, 30, seed=5)
    assert found.dtype == np.uint8
    assert found.shape == (30, 28, 28)
    assert np.array_equal(found[10:], strangers(kind, 20, seed=15))
    different = len({picture.tobytes() for picture in found})
    assert different >= (10 if kind == "blank" else 29)
    assert strangers(kind, 0).shape == (0, 28, 28)
    if kind in ("letters", "scribbles", "shapes"):  # as much ink as digits have, and none at the border
        shares = (found > 128).mean(axis=(1, 2))
        assert 0.03 < shares.min() <= shares.max() < 0.45
        assert found[:, [0, -1]].max() == found[:, :, [0, -1]].max() == 0
        for picture in found:
            assert ndimage.center_of_mass(picture) == pytest.approx((13.5, 13.5), abs=6)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="not 'words'"):
        strangers("words", 3)


# Thresholds


@pytest.fixture(scope="module")
def read():
    """Probabilities of 500 readings, some of the same confidence, and labels."""
    random = np.random.default_rng(4)
    probabilities = random.dirichlet(np.full(10, 0.2), 500).round(2)
    labels = np.where(random.random(500) < probabilities.max(axis=1), probabilities.argmax(axis=1), 0)
    return probabilities, labels


def test_what_a_threshold_does_by_a_plain_loop(read):
    probabilities, labels = read
    for threshold in sorted({float(row.max()) for row in probabilities}):
        rows = [i for i in range(500) if probabilities[i].max() >= threshold]
        wrong = sum(probabilities[i].argmax() != labels[i] for i in rows)
        found = refusal(probabilities, labels, threshold)
        assert (found.threshold, found.count, found.answered, found.wrong) == (
            threshold,
            500,
            len(rows),
            wrong,
        )
        assert found.coverage == len(rows) / 500
        low, high = found.error_interval_95
        assert low - 1e-9 <= found.error <= high + 1e-9


@pytest.mark.parametrize("most_wrong", [0.0, 0.02, 0.1, 0.5, 1.0])
def test_the_lowest_threshold_that_will_do_is_chosen(read, most_wrong):
    probabilities, labels = read
    chosen = choose_threshold(probabilities, labels, most_wrong)
    every = [refusal(probabilities, labels, t) for t in np.unique(probabilities.max(axis=1))]
    fitting = [each for each in every if each.error <= most_wrong]
    assert chosen == (fitting[0] if fitting else None)


def test_thresholds_have_ends():
    sure, labels = np.eye(10), np.arange(10)
    assert choose_threshold(sure, labels, 0).coverage == 1
    assert choose_threshold(sure, (labels + 1) % 10, 0.5) is None
    never = refusal(sure, labels, 1.5)
    assert (never.answered, never.error, never.error_interval_95) == (0, 0.0, (0.0, 1.0))
    assert slipped_through(sure, 1.0) == 10
    assert slipped_through(sure, 1.5) == 0
    with pytest.raises(ValueError, match=r"from 0 to 1, not 1\.5"):
        choose_threshold(sure, labels, 1.5)
    with pytest.raises(ValueError, match="no threshold for 10 readings and 0 labels"):
        choose_threshold(sure, labels[:0], 0.5)
