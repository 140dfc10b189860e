"""Bundling a run: its card with calibration and pictures, some of its epochs, what was measured before."""

import dataclasses
import json

import numpy as np
import pytest
from PIL import Image
from random_recipes import random_weights

from benchmarks.ablation import PARTS, ladder
from model import bundling
from model.cards import to_markdown
from model.checkpoint import Checkpoint, checkpoint_epochs, read_checkpoint
from model.datasets import Digits, load_digits
from model.evaluation.calibration import fit_temperature
from model.evaluation.kept_course import bundled_course
from model.history import Epoch
from model.presets import PRESETS

RECIPE = dataclasses.replace(PRESETS["tiny"], dataset="mini", epochs=3)
SHARE = {"accuracy": 0.975, "count": 1000, "interval_95": [0.964, 0.983]}
TOGETHER = SHARE | {"gain": 0.002, "gain_interval_95": [0.001, 0.003]}
FIGURES = {  # as `benchmarks.flagship` keeps them
    "test": {
        **{f"seed {seed}": SHARE for seed in (1, 2)},
        "mean and spread": {"accuracy": 0.976, "spread": 0.0014, "runs": 2},
        "committee": TOGETHER,
    },
    "drawn": {"10 px": {"report": SHARE}},
    "drawn, each": {f"seed {seed}": {"report": SHARE} for seed in (1, 2)},
    "drawn, committee": {"all widths": {"report": SHARE}},
}


@pytest.fixture(scope="module")
def checkpoint():
    from model.cards import training_card

    history = [Epoch(n, 1.0, 0.5, 1.0, 0.5, 0.01, float(n)) for n in range(4)]
    learned_from = {"dataset": "mini", "part": "train", "count": 3000}
    card = training_card(RECIPE, learned_from, history, 3.0, None)
    return Checkpoint("a-run", RECIPE, random_weights(RECIPE, 5), card, 3)


@pytest.fixture(scope="module")
def bundled(checkpoint, tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks") / "new"
    measured = {"drawn": {"10 px": {"choose": SHARE, "report": SHARE}}}
    return folder, bundling.bundle_network(checkpoint, "new", folder, measured=measured)


def test_what_is_bundled_is_a_network_with_its_card(bundled, checkpoint):
    folder, card = bundled
    again = read_checkpoint(folder)
    assert again.card == json.loads(json.dumps(card))
    assert again.recipe.name == "new"
    np.testing.assert_array_equal(
        again.network.probabilities(np.zeros((1, 28, 28), np.uint8)),
        checkpoint.network.probabilities(np.zeros((1, 28, 28), np.uint8)),
    )
    assert card["accuracy"]["test"]["count"] == card["accuracy"]["validation"]["count"] == 1000
    assert {file.name for file in folder.iterdir()} == {
        "card.json", "card.md", "recipe.json", "weights.npz", "test.npz", "validation.npz", "failures.png"
    }  # fmt: skip
    assert (folder / "card.md").read_text("utf-8") == to_markdown(card)


def test_the_card_says_how_far_confidence_holds(bundled, checkpoint):
    _, card = bundled
    digits = load_digits("mini", "validation")
    read = checkpoint.network.probabilities(digits.images)
    assert card["calibration"]["temperature"] == pytest.approx(fit_temperature(read, digits.labels), abs=1e-3)
    text = to_markdown(card)
    assert "its confidence is off by" in text
    assert "| 10 px | 97.50% (96.40 to 98.30) | 97.50% (96.40 to 98.30) |" in text


def test_the_surest_mistakes_are_drawn_in_the_cards_order(bundled):
    folder, card = bundled
    failures = card["accuracy"]["test"]["failures"]
    picture = np.asarray(Image.open(folder / "failures.png"))
    side = 28 * 3 + 2 * 6
    assert picture.shape == (side, side * len(failures))
    test = load_digits("mini", "test")
    for place, failure in enumerate(failures):
        own = picture[6:-6:3, place * side + 6 : (place + 1) * side - 6 : 3]
        (index,) = np.flatnonzero(test.indices == failure["index"])
        np.testing.assert_array_equal(own, 255 - test.images[index])
    assert "(failures.png)" in (folder / "card.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("last", "most", "kept"),
    [
        (40, 10, (0, 1, 2, 3, 4, 6, 10, 16, 25)),
        (5, None, (0, 1, 2, 3, 4)),
        (3, 10, (0, 1, 2)),
        (60, 2, (0, 1)),
        (0, None, ()),
    ],
)
def test_early_epochs_lie_closer(last, most, kept):
    assert bundling.spread_epochs(last, most) == kept


def test_kept_epochs_can_be_taken_in_hand(checkpoint, tmp_path, monkeypatch):
    from model import checkpoint as room

    monkeypatch.setattr(bundling, "load_checkpoint", lambda *_: checkpoint)
    monkeypatch.setattr(room, "BUNDLED", tmp_path)
    bundling.bundle_network(checkpoint, "new", tmp_path / "new", epochs=(0, 2))
    assert checkpoint_epochs("new") == (0, 2, 3)


def test_with_kept_epochs_their_mistakes_stand_at_once(checkpoint, tmp_path, monkeypatch):
    from model import checkpoint as room

    first = dataclasses.replace(checkpoint, weights=random_weights(RECIPE, 6))
    monkeypatch.setattr(bundling, "load_checkpoint", lambda *_: first)
    monkeypatch.setattr(room, "BUNDLED", tmp_path)
    bundling.bundle_network(checkpoint, "new", tmp_path / "new", epochs=(0,))
    found, digits = bundled_course("new"), load_digits("mini", "validation")
    assert found.epochs == (0, 3)
    np.testing.assert_array_equal(found.labels, digits.labels)
    last = checkpoint.network.probabilities(digits.images).argmax(axis=1)
    np.testing.assert_array_equal(found.read[1], last)
    # the weights of earlier epochs are kept in half precision: a doubtful digit may be read otherwise
    began = first.network.probabilities(digits.images).argmax(axis=1)
    assert (found.read[0] == began).mean() > 0.98


def test_the_ablations_rows_are_told_as_their_seeds_mean(tmp_path, bundled):
    rows = [
        {
            "title": title,
            "digits": 10_000,
            "recipe": dataclasses.replace(RECIPE, seed=seed, epochs=6).to_dict(),
            "validation": SHARE | {"accuracy": 0.98 + 0.01 * seed},
            "pen": SHARE,
            "seconds": 3.0,
        }
        for title in ("the network alone", "+ more")
        for seed in (0, 1)
    ]
    ablation, figures = tmp_path / "ablation.json", tmp_path / "figures.json"
    ablation.write_text(json.dumps(rows), "utf-8")
    figures.write_text(json.dumps(FIGURES), "utf-8")
    measured = bundling.read_measured(ablation, figures)
    assert measured["drawn"] == FIGURES["drawn"]
    text = to_markdown({**bundled[1], **measured})
    assert "| the network alone | 98.50% | 97.50% |" in text
    assert f"{RECIPE.parameters:,} parameters, 6 epochs of 10,000 digits; 2 seeds" in text
    assert "| seed 1 | 97.50% (96.40 to 98.30) | 97.50% (96.40 to 98.30) |" in text
    assert "they read 97.60% of the test digits; from seed to seed that differs by 0.14 points" in text
    assert "0.20 points more than one of them (95%: 0.10 to 0.30)" in text
    assert bundling.read_measured(None, None) == {}
    with pytest.raises(ValueError, match="not the figures of a benchmark"):
        bundling.read_measured(figures, None)


def test_a_card_keeps_no_path_of_the_machine_that_trained(bundled):
    card = bundled[1]
    assert card["recipe"]["name"] == card["name"]
    assert "source" not in card["learned_from"]


def test_a_card_without_them_says_nothing_of_them(bundled):
    card = {
        name: value for name, value in bundled[1].items() if name not in ("calibration", "drawn", "picture")
    }
    text = to_markdown(card)
    assert not any(word in text for word in ("confidence holds", "drawn digits", "each part", ".png"))


def test_digits_are_drawn_by_their_index_not_their_place():
    digits = Digits(
        images=np.stack([np.full((28, 28), level, np.uint8) for level in (10, 20, 30)]),
        labels=np.zeros(3, np.uint8),
        indices=np.array([7, 3, 9]),
        dataset="mini",
        part="test",
        source="",
        class_names=tuple("0123456789"),
    )
    picture = np.asarray(bundling.draw_failures(digits, [9, 7]))
    assert (picture[40, 40], picture[40, 140]) == (225, 245)


def test_the_ablation_ends_with_the_recipe_itself_and_begins_bare():
    recipe = PRESETS["flagship"]
    rows = ladder(recipe)
    assert len(rows) == len(PARTS) + 2
    assert rows[-2][1] == recipe
    averaging = dataclasses.replace(recipe, averaging=0.1)
    assert ladder(averaging)[-1] == ("+ averaged weights", averaging)
    assert rows[0][1] == dataclasses.replace(recipe, augmentation=None, averaging=0.0)
    assert len({row.to_json() for _, row in rows}) == len(rows), "a part that does nothing"
