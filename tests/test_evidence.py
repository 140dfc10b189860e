"""What is no digit is said to be none: the evidence, the least of it, and where it is told."""

import json

import numpy as np
import pytest
from PIL import Image
from random_recipes import random_recipe, random_weights
from scipy.stats import binomtest
from test_app_pages import html_of, networks, opened  # noqa: F401 - a fixture

from model import commands
from model.cards import to_markdown
from model.checkpoint import BUNDLED, load_checkpoint, read_checkpoint
from model.datasets import load_digits
from model.evaluation.evidence import MOST_REFUSED, choose_least, evidence, refusal_card
from model.forward import Network
from model.robustness.strangers import strangers
from model.several import find_digits
from model.verdict import NO_DIGIT, read_digits

DIGITS = load_digits("mini", "test")


@pytest.mark.parametrize("seed", range(5))
def test_evidence_is_the_largest_number_before_the_softmax(seed):
    recipe = random_recipe(seed)
    network = Network(recipe.layers, random_weights(recipe, seed))
    few = DIGITS.images[:20]
    before, after = network.values(few)[-2:]
    np.testing.assert_allclose(network.logits(few), before, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(evidence(network, few), before.max(axis=1), rtol=1e-4, atol=1e-4)
    e = np.exp(before - before.max(axis=1, keepdims=True))
    np.testing.assert_allclose(after, e / e.sum(axis=1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("count", [1, 7, 199, 250, 5000])
@pytest.mark.parametrize("most", [0.0, 0.005, 0.3])
def test_the_least_is_the_largest_that_refuses_no_more_than_is_allowed(count, most):
    found = np.random.default_rng(count).normal(size=count)
    least = choose_least(found, most)
    refused, one_more = int((found < least).sum()), int((found <= least).sum())
    assert one_more == refused + 1
    ends = [binomtest(k, count).proportion_ci(method="wilson").high for k in (refused, one_more)]
    assert refused <= most * count
    assert refused == 0 or ends[0] <= most
    assert ends[1] > most
    with pytest.raises(ValueError, match="a share below 1 of some digits may be refused"):
        choose_least(found[:0], most)


def test_a_network_says_what_is_no_digit_by_its_evidence(networks):  # noqa: F811
    plain = load_checkpoint("classic").network
    few = DIGITS.images[:50]
    found = evidence(plain, few)
    least = float(np.median(found))
    strict = Network(plain.layers, plain.weights, least)
    verdicts = read_digits(strict, few)
    assert [verdict.is_digit for verdict in verdicts] == (found >= least).tolist()
    np.testing.assert_allclose([v.probabilities for v in verdicts], plain.probabilities(few), atol=1e-6)
    for verdict in verdicts:
        assert (NO_DIGIT in verdict.warnings) == (not verdict.is_digit)
    assert all(verdict.is_digit for verdict in read_digits(plain, few))


@pytest.mark.parametrize("name", sorted(path.name for path in BUNDLED.iterdir()))
def test_the_bundled_networks_tell_what_they_refuse_and_do_so(name):
    checkpoint = read_checkpoint(BUNDLED / name)
    found = checkpoint.card["refusal"]
    assert checkpoint.network.least_evidence == found["least_evidence"]
    validation = found["digits"]["validation"]
    assert validation["refused"] <= MOST_REFUSED * validation["count"]
    assert found["digits"]["test"]["refused"] <= 0.005 * found["digits"]["test"]["count"]
    scribbles = read_digits(checkpoint.network, strangers("scribbles", 150, 20_000))
    share = sum(not verdict.is_digit for verdict in scribbles) / 150
    told = found["strangers"]["scribbles"]
    assert share == pytest.approx(told["refused"] / told["count"], abs=0.15)
    assert "it says that a picture is probably no digit" in to_markdown(checkpoint.card)
    assert (BUNDLED / name / "card.md").read_text("utf-8") == to_markdown(checkpoint.card)


def test_an_earlier_epoch_takes_everything_for_a_digit():
    assert read_checkpoint(BUNDLED / "plateau", 3).network.least_evidence is None


def test_a_card_counts_who_is_refused():
    checkpoint = read_checkpoint(BUNDLED / "plateau")
    network = checkpoint.network
    parts = {"validation": load_digits("mini", "validation"), "test": DIGITS}
    found = json.loads(json.dumps(refusal_card(network, parts)))
    for name, digits in parts.items():
        refused = int((evidence(network, digits.images) < found["least_evidence"]).sum())
        assert found["digits"][name] == {"refused": refused, "count": len(digits)}
    assert found == checkpoint.card["refusal"]


@pytest.fixture
def strict(networks):  # noqa: F811
    """The default network takes nothing for a digit."""
    file = networks / "classic" / "card.json"
    refusal = {"least_evidence": 1e9, "digits": {}, "strangers": {}}
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"refusal": refusal}), "utf-8")


def test_draw_says_that_it_is_probably_none(strict):
    shown = html_of(opened("Draw", **{"from": "data", "digit": "mini-test-7"}))
    assert "Probably no digit" in shown
    assert NO_DIGIT in shown
    shown = html_of(opened("Draw", model="other", **{"from": "data", "digit": "mini-test-7"}))
    assert "The network reads" in shown
    assert NO_DIGIT not in shown


def test_predict_says_so_too_of_one_and_of_several(strict, tmp_path, capsys):
    page = np.full((60, 120), 255, np.uint8)
    for place in range(2):
        page[16:44, 20 + 50 * place : 48 + 50 * place] -= DIGITS.images[place]
    file = tmp_path / "two.png"
    Image.fromarray(page).save(file)
    for more in ((), ("--several",)):
        assert commands.main(["predict", str(file), "--json", *more]) == 0
        *_, last = map(json.loads, capsys.readouterr().out.splitlines())
        assert NO_DIGIT in last["warnings"]
        assert commands.main(["predict", str(file), "--model", "other", "--json", *more]) == 0
        assert NO_DIGIT not in capsys.readouterr().out
    found = find_digits(page, load_checkpoint("classic").network)
    assert not any(digit.verdict.is_digit for digit in found.digits)
