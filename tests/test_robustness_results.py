"""Trials, and what bundled networks make of them: kept digit by digit, compared as pairs, read again."""

import numpy as np
import pytest
from random_recipes import random_weights
from scipy import stats

from benchmarks import robustness as benchmark
from model import bundled_pair
from model.augmentation.transformations import TRANSFORMATIONS, transform
from model.checkpoint import bundled_names, load_checkpoint
from model.datasets import load_digits
from model.forward import Network
from model.presets import PRESETS
from model.robustness import CORRUPTIONS, corrupt, results
from model.robustness.trials import CLEAN, SWEPT, TRIALS

NETWORKS = [Network(PRESETS["tiny"].layers, random_weights(PRESETS["tiny"], seed)) for seed in (1, 2)]


@pytest.fixture
def some():
    digits = load_digits("mini", "test")
    return digits.images[:6], digits.labels[:6]


def test_there_is_a_trial_for_each_corruption_and_for_what_hands_and_cameras_do():
    assert set(TRIALS) == {CLEAN, *CORRUPTIONS, *SWEPT}
    for name in SWEPT:
        shown = TRANSFORMATIONS[name]
        assert (TRIALS[name].strengths[0], TRIALS[name].strengths[-1]) == (shown.low, shown.high)
        assert 0 in TRIALS[name].strengths


@pytest.mark.parametrize("name", ["fog", "zigzag", "rotation", "cutout", CLEAN])
def test_a_series_holds_the_digits_strength_by_strength(name, some):
    images, labels = some
    trial = TRIALS[name]
    series = trial.series(images, seed=5)
    assert len(series) == len(trial.strengths) * len(images)
    for place, strength in enumerate(trial.strengths):
        if name in CORRUPTIONS:
            expected = corrupt(images, name, int(strength), 5)
        elif name == CLEAN:
            expected = images
        else:
            expected = transform(images, name, strength, range(5, 11))
        assert np.array_equal(series[place * 6 : place * 6 + 6], expected)
    read = np.tile(labels, len(trial.strengths))
    read[7 % len(read)] += 1
    right = trial.right(read, labels)
    assert right.shape == (len(trial.strengths), 6)
    assert right.sum() == right.size - 1
    assert trial.right(np.eye(10)[read % 10], labels).sum() == right.sum()


def test_strengths_are_told_in_words():
    assert TRIALS["fog"].show(3) == "strength 3"
    assert TRIALS["fog"].show(0) == "as it is"
    assert TRIALS["rotation"].show(30) == "30°"


def test_what_is_kept_comes_back_and_belongs_to_its_networks(tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    right = {
        name: random.random((2, len(TRIALS[name].strengths), results.COUNT)) < 0.7
        for name in ("fog", "rotation")
    }
    results.write_results(tmp_path / "both.json", NETWORKS, right)
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    results._read.cache_clear()
    kept = results.bundled_results("both", NETWORKS)
    assert kept is not None
    assert list(kept) == ["fog", "rotation"]
    for name, found in right.items():
        assert np.array_equal(kept[name], found)
        assert not kept[name].flags.writeable
    assert results.bundled_results("both", NETWORKS[::-1]) is None
    assert results.bundled_results("nobody", NETWORKS) is None
    results._read.cache_clear()


def test_a_mean_counts_every_trial_alike_and_is_as_sure_as_its_digits():
    random = np.random.default_rng(1)
    right = {"fog": random.random((1, 5, 400)) < 0.8, "rotation": random.random((1, 13, 400)) < 0.4}
    found = results.mean_right(right, ["fog", "rotation"])
    values = [(right["fog"][0, :, i].mean() + right["rotation"][0, :, i].mean()) / 2 for i in range(400)]
    assert found.share == pytest.approx(np.mean(values))
    ends = stats.norm.interval(0.95, np.mean(values), stats.sem(values))
    assert (found.low, found.high) == pytest.approx(ends)


def test_a_difference_is_of_pairs():
    random = np.random.default_rng(2)
    hard = random.random(500)[None, None] < np.linspace(0.2, 0.9, 5)[None, :, None]
    base, better = {"fog": hard & (random.random(hard.shape) < 0.9)}, {"fog": hard}
    found = results.difference(better, base, ["fog"])
    apart = better["fog"][0].mean(axis=0) - base["fog"][0].mean(axis=0)
    assert found.share == pytest.approx(apart.mean())
    assert (found.low, found.high) == pytest.approx(stats.norm.interval(0.95, apart.mean(), stats.sem(apart)))
    alone = results.mean_right(better, ["fog"])
    assert found.high - found.low < alone.high - alone.low  # the same digits: surer than two means
    with pytest.raises(ValueError, match="500 digits can't be compared with 9 others"):
        results.difference(better, {"fog": np.ones((1, 5, 9), bool)}, ["fog"])


def test_the_mean_corruption_error_by_hand():
    def wrong(*shares):
        return np.stack([np.arange(100) >= 100 * share for share in shares])[None]

    ours = {"fog": wrong(0.1, 0.3), "stripe": wrong(0.5, 0.5)}
    theirs = {"fog": wrong(0.2, 0.6), "stripe": wrong(0.5, 0.0)}
    assert results.corruption_error(ours, theirs, ["fog", "stripe"]) == pytest.approx((0.5 + 2) / 2)
    assert results.corruption_error(ours, {"fog": wrong(0.0, 0.0)}, ["fog"]) is None


def test_the_command_goes_on_where_it_was_broken_off(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(benchmark, "FOLDER", tmp_path)
    monkeypatch.setattr(benchmark, "TRIALS", {name: TRIALS[name] for name in (CLEAN, "stripe")})
    network = NETWORKS[:1]
    digits, places = results.tried_digits()
    labels = digits.labels[places]
    lies = {CLEAN: np.zeros((1, 1, len(labels)), bool)}
    results.write_results(tmp_path / "tiny.json", network, lies)
    benchmark.measure("tiny", network)
    _, found = results.read_results(tmp_path / "tiny.json")
    assert not found[CLEAN].any()  # it was there, and isn't read again
    read = network[0].probabilities(corrupt(digits.images[places], "stripe", 2)).argmax(axis=1)
    assert np.array_equal(found["stripe"][0, 1], read == labels)
    benchmark.measure("tiny", NETWORKS[1:])  # with other weights all is read anew
    _, found = results.read_results(tmp_path / "tiny.json")
    read = NETWORKS[1].probabilities(digits.images[places]).argmax(axis=1)
    assert np.array_equal(found[CLEAN][0, 0], read == labels)
    assert "Stripe" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["classic", "plateau", *bundled_pair.SIDES])
def test_the_bundled_results_are_what_the_bundled_networks_read(name):
    networks = benchmark.readers()[name]()
    kept = results.bundled_results(name, networks)
    assert kept is not None, "run python -m benchmarks.robustness"
    assert set(kept) == set(TRIALS)
    digits, places = results.tried_digits()
    assert len(places) == len(set(places.tolist())) == results.COUNT
    first = 50  # each digit's chance is its own: so some can be read without the others
    images, labels = digits.images[places[:first]], digits.labels[places[:first]]
    for trial, place in ((CLEAN, 0), ("spatter", 2), ("rotation", 8)):
        changed = TRIALS[trial].worsen(images, TRIALS[trial].strengths[place])
        for network, right in zip(networks, kept[trial], strict=True):
            read = network.probabilities(changed).argmax(axis=1) == labels
            assert np.count_nonzero(read != right[place, :first]) <= 1  # a resampling may round otherwise


def test_none_of_the_bundled_networks_has_learned_from_these_digits():
    digits, places = results.tried_digits()
    for name in bundled_names():
        assert not load_checkpoint(name).has_learned(digits)[places].any()
