"""A card tells what was measured, as JSON and as Markdown."""

import json

import numpy as np
import pytest

from model import cards
from model.evaluation import score
from model.history import Epoch, Watch
from model.presets import PRESETS

HISTORY = (
    Epoch(0, None, None, 2.31, 0.1, 0.0004, 0.0),
    Epoch(
        1, 0.25, 0.91, None, None, 0.0123, 6.0, Watch("", None, None, 0, 0, 0, 0.0123, 0.01, "by schedule")
    ),
)


@pytest.fixture
def read():
    """200 readings, of which number 3 (a 3) and number 14 (a 4) are wrong."""
    labels = np.arange(200) % 10
    probabilities = np.full((200, 10), 0.01)
    probabilities[np.arange(200), labels] = 0.91
    probabilities[3] = probabilities[14] = 0.0
    probabilities[3, 5] = 1.0
    probabilities[14, [9, 4]] = 0.6, 0.4
    return probabilities, labels


@pytest.fixture
def card(read):
    learned_from = {"dataset": "mnist", "part": "train", "count": 55_000}
    begun = cards.training_card(PRESETS["tiny"], learned_from, HISTORY, 12.34, score(*read))
    return cards.with_test(begun, *read, np.arange(1000, 1200), learned=0)


def test_the_card_is_json_and_tells_what_was_measured(card, read):
    again = json.loads(json.dumps(card))
    assert again["parameters"] == PRESETS["tiny"].parameters
    assert again["learned_from"]["count"] == 55_000
    assert again["accuracy"]["test"]["errors"] == 2
    assert again["accuracy"]["validation"]["accuracy"] == 0.99
    assert again["recipe"]["seed"] == PRESETS["tiny"].seed
    assert tuple(Epoch.from_dict(record) for record in again["history"]) == HISTORY


def test_failures_are_the_wrong_ones_surest_first(card):
    assert card["accuracy"]["test"]["failures"] == [
        {"index": 1003, "label": 3, "read": 5, "confidence": 1.0},
        {"index": 1014, "label": 4, "read": 9, "confidence": 0.6},
    ]


def test_the_markdown_holds_the_cards_own_numbers(card):
    text = cards.to_markdown(card)
    for piece in (
        "816 parameters",
        "55,000 digits",
        "99.0% of 200 test digits",
        "seed 1",
        "number 1003 (3 read as 5, 100.0% sure)",
        "12 sec",
        "| 0 | 0.0004 | – | – | 2.3100 | 10.00% |",
        "| 1 | 0.012 | 0.2500 | 91.00% | – | – |",
    ):
        assert piece in text
    assert "nan" not in text.lower()
    assert "Commonest mistakes on test digits: 3 read as 5: 1; 4 read as 9: 1." in text


def test_the_markdown_names_what_only_some_recipes_ask_for(card):
    plain = cards.to_markdown(card)
    assert "augmentation" not in plain
    recipe = card["recipe"] | {"augmentation": {"zoom": 0.1}, "label_smoothing": 0.1, "l2": 0.001}
    assert "; augmentation; label smoothing 0.1; L2 0.001; seed" in cards.to_markdown(
        card | {"recipe": recipe}
    )
    without = {name: value for name, value in card["recipe"].items() if name != "l2"}  # an older card
    assert cards.to_markdown(card | {"recipe": without}) == plain


def test_digits_that_were_learned_from_are_owned_up_to(read):
    part = cards.part_card(score(*read, learned=150))
    assert "150 of which it had learned from" in cards.accuracy_sentence(part, "test")
    assert "learned" not in cards.accuracy_sentence(cards.part_card(score(*read)), "test")


@pytest.mark.parametrize(
    ("share", "count", "shown"),
    [
        (0.9942, 10_000, "99.42%"),
        (0.9942, 1_000, "99.4%"),
        (0.5, 10, "50%"),
        (1, 1, "100%"),
        (0.98765, 500, "98.8%"),
    ],
)
def test_a_share_is_shown_with_the_digits_it_deserves(share, count, shown):
    assert cards.percent(share, count) == shown


def test_a_difference_is_told_in_points():
    assert [cards.points(share) for share in (0.00126, -0.02, 0)] == ["0.13", "-2.00", "0.00"]
