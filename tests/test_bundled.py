"""The bundled networks: whole, described by their cards, and as good as these say."""

import dataclasses
import json

import numpy as np
import pytest

from model.cards import to_markdown
from model.checkpoint import (
    BUNDLED,
    bundled_names,
    checkpoint_epochs,
    checkpoint_history,
    load_checkpoint,
)
from model.committee import load_committee
from model.datasets import load_digits
from model.evaluation import read_all, score
from model.presets import PRESETS
from model.recipe import Recipe

MOST_BYTES = 8_000_000


@pytest.mark.parametrize("name", bundled_names())
def test_a_bundled_network_is_whole_small_and_described(name):
    checkpoint = load_checkpoint(name)
    card = checkpoint.card
    assert card["name"] == name == checkpoint.recipe.name
    assert Recipe.from_dict(card["recipe"]) == checkpoint.recipe
    assert card["parameters"] == checkpoint.recipe.parameters
    assert sum(file.stat().st_size for file in (BUNDLED / name).iterdir()) < MOST_BYTES
    assert (BUNDLED / name / "card.md").read_text("utf-8") == to_markdown(card)


def test_a_network_is_in_hand_on_the_first_day():
    checkpoint = load_checkpoint()
    assert checkpoint.name in ("classic", "flagship")
    assert checkpoint.learned_from == "mnist"
    assert checkpoint.card["accuracy"]["test"]["accuracy"] >= 0.993
    assert checkpoint.card["accuracy"]["test"]["count"] == 10_000


@pytest.mark.parametrize("name", bundled_names())
def test_it_reads_digits_that_it_has_never_learned_from(name):
    """A hundred of mini's, ten of each class, about as well as its card says of many more."""
    checkpoint = load_checkpoint(name)
    digits = load_digits("mini", "test") if name == "plateau" else load_digits("mnist", "validation")
    assert not checkpoint.has_learned(digits).any()
    some = np.concatenate([np.flatnonzero(digits.labels == label)[:10] for label in range(10)])
    probabilities = checkpoint.network.probabilities(digits.images[some])
    right = (probabilities.argmax(axis=1) == digits.labels[some]).mean()
    assert right >= checkpoint.card["accuracy"]["test"]["accuracy"] - 0.03


def test_the_lesson_on_the_annealer_is_bundled_with_all_its_epochs():
    """Twice at least the rate dropped; the first drop brought validation to another level."""
    epochs = checkpoint_history("plateau")
    assert checkpoint_epochs("plateau") == tuple(range(21)) == tuple(epoch.epoch for epoch in epochs)
    drops = [epoch.epoch for epoch in epochs if epoch.watch and epoch.watch.reason == "dropped"]
    assert len(drops) >= 2
    losses = np.array([epoch.validation_loss for epoch in epochs])
    for drop in drops[:2]:
        assert losses[drop + 1 : drop + 4].mean() < losses[drop - 2 : drop + 1].mean()
    assert losses[drops[0] + 1 :].max() < losses[: drops[0] + 1].min()
    size = sum(file.stat().st_size for file in (BUNDLED / "plateau").rglob("*") if file.is_file())
    assert size < 3_000_000


def test_each_of_its_epochs_reads_as_its_record_says():
    digits = load_digits("mini", "validation")
    for epoch in checkpoint_history("plateau"):
        probabilities = load_checkpoint(f"plateau:{epoch.epoch}").network.probabilities(digits.images)
        right = (probabilities.argmax(axis=1) == digits.labels).mean()
        assert right == pytest.approx(epoch.validation_accuracy, abs=0.0021)  # half precision may turn two


@pytest.mark.slow
@pytest.mark.parametrize("name", bundled_names())
@pytest.mark.parametrize("part", ["validation", "test"])
def test_the_card_says_what_a_new_count_finds(name, part, shared_data):
    checkpoint = load_checkpoint(name)
    digits = load_digits(checkpoint.learned_from, part, shared_data / "mnist")
    found = score(read_all(checkpoint.network, digits.images), digits.labels)
    said = checkpoint.card["accuracy"][part]
    # a digit on the edge between two readings may fall to either side on another processor
    assert abs(found.errors - said["errors"]) <= 1
    assert np.abs(found.confusion - np.array(said["confusion"])).sum() <= 2


@pytest.mark.slow
def test_keras_reads_the_same_from_the_bundled_weights(shared_data):
    network_module = pytest.importorskip("model.learning.network")
    from model.forward import to_input

    checkpoint = load_checkpoint("classic")
    digits = load_digits("mnist", "test", shared_data / "mnist").images[:2000]
    network = network_module.build_network(checkpoint.recipe)
    network_module.set_weights(checkpoint.recipe, network, checkpoint.weights)
    theirs = network.predict(to_input(digits), batch_size=250, verbose=0)
    np.testing.assert_allclose(checkpoint.network.probabilities(digits), theirs, atol=1e-4)


@pytest.mark.slow
def test_quick_reads_99_of_100_after_three_epochs(shared_data, tmp_path, capsys):
    """Trained by the command line on the 55,000, scored on MNIST's test set."""
    pytest.importorskip("keras")
    from model.commands import main

    where = ("--data", str(shared_data / "mnist"), "--runs", str(tmp_path), "--json")
    assert main(["train", "--preset", "quick", *where]) == 0
    run = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    assert load_checkpoint(run, tmp_path).recipe.epochs <= 3
    assert main(["evaluate", "--model", run, "--split", "test", *where]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert answer["count"] == 10_000
    assert answer["learned"] == 0
    assert answer["accuracy"] >= 0.99


@pytest.mark.slow
def test_the_preset_plateau_drops_twice_at_another_seed(capsys):
    """`python -m benchmarks.plateau` does it at ten."""
    pytest.importorskip("keras")
    from benchmarks.plateau import main

    main(["--seeds", "4"])
    told = capsys.readouterr().out
    assert int(told.split(" drops")[0].split()[-1]) >= 2


def test_the_flagship_is_the_seed_that_was_named_and_its_committee_holds_it():
    flagship, committee = load_checkpoint("flagship"), load_committee()
    assert flagship.recipe.seed == 1
    assert dataclasses.replace(flagship.recipe, name="flagship") == dataclasses.replace(
        PRESETS["flagship"], seed=1
    )
    assert list(committee.members) == [1, 2, 3]
    digits = load_digits("mini", "validation").images[::100]
    np.testing.assert_allclose(
        committee.members[1].probabilities(digits), flagship.network.probabilities(digits), atol=0.01
    )
    seeds, test = flagship.card["seeds"]["test"], flagship.card["accuracy"]["test"]
    assert seeds["seed 1"]["accuracy"] == test["accuracy"]
    assert committee.card["measured"]["test"] == seeds
    each = [seeds[f"seed {seed}"]["accuracy"] for seed in (1, 2, 3)]
    assert seeds["mean and spread"]["accuracy"] == pytest.approx(np.mean(each), abs=1e-5)
    assert len(checkpoint_epochs("flagship")) == 10
