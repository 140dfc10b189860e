"""Worse digits and no digits as Streamlit runs them, without a browser: pictures, guesses, what they cost."""

import json
import re
import zlib
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from random_recipes import random_weights
from test_app_pages import html_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import bulk, cache, choices, state
from app.bulk import Reading
from app.mistaken import one_trial, sheet, strangers, trying, worse
from app.mistaken.trying import Scene, Tried
from model.checkpoint import load_checkpoint, write_checkpoint
from model.datasets import load_digits
from model.intervals import wilson
from model.presets import PRESETS
from model.robustness import CORRUPTIONS, corrupt, results
from model.robustness.refusing import choose_threshold
from model.robustness.strangers import KINDS
from model.robustness.strangers import strangers as made_strangers
from model.robustness.trials import TRIALS
from model.sweeps import evenly

FEW = 20  # digits that everybody is tried with


@pytest.fixture(autouse=True, scope="module")
def nothing_known():
    """What is read is kept from test to test, whose networks are the same, but not beyond this file."""

    def forget():
        for kept in (trying.sample, trying._bundled, trying.pictures, trying.readings, strangers._made):
            kept.cache_clear()
        bulk._jobs.clear()

    forget()
    yield
    forget()


@pytest.fixture(autouse=True)
def few_digits(networks, monkeypatch):  # noqa: F811
    """Few digits to try networks with, all read at once."""
    monkeypatch.setattr(results, "COUNT", FEW)
    monkeypatch.setattr(strangers, "COUNT", 12)
    monkeypatch.setattr(bulk, "READING_SECONDS", 60.0)


def looking(sight="worse digits", **query):
    return opened("Mistakes", sight=sight, **{"from": "data", "digit": "mnist-validation-7"} | query)


def choose(app, kind, label, value):
    next(each for each in app.get(kind) if each.label.startswith(label)).set_value(value)
    return well(app.run())


def untold(app):
    return choose(app, "checkbox", "Show it without a guess", True)


def figures(app):
    """The charts on the page, unpacked."""
    packed = [e.proto.bytes for e in app.get("bidi_component") if e.proto.bytes]
    return [json.loads(zlib.decompress(content)) for content in packed]


def sheet_of(app):
    """The sheet of all corruptions, as HTML."""
    data = [json.loads(e.proto.json) for e in app.get("bidi_component") if e.proto.json]
    (found,) = [each["html"] for each in data if "html" in each]
    return found


def shares(app, title):
    """The figures below one corruption's pictures, as they stand there."""
    (row,) = [row for row in sheet_of(app).split("<tr>") if f">{title}</button>" in row]
    return re.findall("<b[^>]*>([^<]*)</b>", row)


def tried():
    """The digits that everybody is tried with, found anew."""
    digits = load_digits("mini", "validation")
    places = evenly(digits.labels, FEW)
    return digits.images[places], digits.labels[places]


@lru_cache
def right_under(name, strength, network="classic"):
    """How many of them a network reads right."""
    images, labels = tried()
    read = load_checkpoint(network).network.probabilities(corrupt(images, name, strength)).argmax(axis=1)
    return int((read == labels).sum())


def say_all_are_right(monkeypatch):
    """Lets the bundled pair have read everything right."""
    right = {name: np.ones((3, len(trial.strengths), FEW), bool) for name, trial in TRIALS.items()}
    known = results.bundled_results
    monkeypatch.setattr(
        results, "bundled_results", lambda name, of: right if name == "with" else known(name, of)
    )


def test_all_corruptions_are_seen_before_anything_is_told():
    app = looking()
    assert any(pills.label.startswith("**Guess first:** which kind") for pills in app.get("button_group"))
    shown = sheet_of(app)
    assert shown.count("data-choice") == len(CORRUPTIONS) == 15
    assert shown.count("<i ") == 75
    assert "<b " not in shown
    assert "lab-misread" not in shown
    assert "Here: a validation digit, number 7" in app.caption[0].value


def test_below_each_picture_stands_how_many_are_still_read_right():
    app = untold(looking())
    for name in ("fog", "zigzag", "translate"):
        expected = [f"{right_under(name, strength) / FEW:.0%}" for strength in (1, 2, 3, 4, 5)]
        assert shares(app, CORRUPTIONS[name].title) == expected
    network, digit = load_checkpoint("classic").network, load_digits("mnist", "validation").images[7]
    wrong = [
        network.probabilities(corrupt(digit[None], name, strength))[0].argmax()
        != load_digits("mnist", "validation").labels[7]
        for name in CORRUPTIONS
        for strength in (1, 2, 3, 4, 5)
    ]
    assert sheet_of(app).count('class="lab-misread"') == sum(wrong)
    means = [right_under(name, strength) / FEW for name in CORRUPTIONS for strength in (1, 2, 3, 4, 5)]
    assert f"reads <b>{np.mean(means):.1%}</b> right" in html_of(app)


@pytest.mark.parametrize("kind", ["noise", "light", "blur"])
def test_a_guess_is_answered_with_what_each_kind_costs(kind):
    app = choose(looking(), "button_group", "**Guess first:**", kind)
    assert not [box for box in app.checkbox if box.label == "Show it without a guess"]
    wrong = {}
    for each in sheet.KINDS:
        names = [name for name in CORRUPTIONS if CORRUPTIONS[name].kind == each]
        wrong[each] = 1 - np.mean([right_under(name, s) / FEW for name in names for s in (1, 2, 3, 4, 5)])
    worst = max(wrong, key=wrong.get)
    said = html_of(app)
    assert f"You guessed {sheet.KINDS[kind]}" in said
    assert ("nothing costs more" in said) == (kind == worst)
    if kind != worst:
        assert f"<b>{sheet.KINDS[worst]}</b>: {wrong[worst]:.0%}" in said
        assert f"{sheet.KINDS[kind]}: {wrong[kind]:.0%}" in said


def test_two_stand_beside_each_other_on_the_same_digits(monkeypatch):
    say_all_are_right(monkeypatch)
    app = choose(untold(looking()), "selectbox", "Who stands beside it", "with")
    mine = shares(app, "Fog")
    app = choose(app, "button_group", "Figures", worse.OTHER)
    assert shares(app, "Fog") == ["100%"] * 5
    app = choose(app, "button_group", "Figures", worse.DIFFERENCE)
    apart = [f"−{100 - int(each.rstrip('%'))}" if each != "100%" else "0" for each in mine]
    assert shares(app, "Fog") == apart
    said = html_of(app)
    assert "classic is behind by" in said
    assert "Mean corruption error" not in said  # who never fails is no measure


def test_a_network_of_ones_own_stands_there_as_well():
    app = looking(beside="other")
    assert next(box for box in app.selectbox if box.label == "Who stands beside it").value == worse.ANOTHER
    app = choose(untold(app), "button_group", "Figures", worse.OTHER)
    expected = [f"{right_under('stripe', strength, 'other') / FEW:.0%}" for strength in (1, 2, 3, 4, 5)]
    assert shares(app, "Stripe") == expected
    assert "Mean corruption error against it" in html_of(app)


@pytest.mark.parametrize(("told", "opened_view"), [("zigzag", True), ("clean", False), ("<b>", False)])
def test_a_row_opens_its_corruption(told, opened_view, monkeypatch):
    taken = []

    def show(_, key, take):
        if not taken:
            taken.append(key)
            take(told)
            return True
        return False

    monkeypatch.setattr(choices, "show", show)
    app = looking()
    assert ('<div class="lab-series' in html_of(app)) == opened_view
    chosen = [box.value for box in app.selectbox if box.label == "What makes it worse"]
    assert chosen == (["zigzag"] if opened_view else [])


@pytest.mark.parametrize("name", ["fog", "rotation"])
def test_one_way_is_seen_in_all_its_strengths_with_the_curve(name):
    app = choose(looking(), "button_group", "View", worse.ONE)
    app = choose(app, "selectbox", "What makes it worse", name)
    assert figures(app) == []
    trial = TRIALS[name]
    count = 13 if name == "rotation" else 6
    assert html_of(app).count('<i style="--x:') == count
    app = untold(app)
    assert len(re.findall(r"<td[^>]*><b>\d</b>", html_of(app))) == count
    (figure,) = figures(app)
    assert figure["layout"]["uirevision"] == name
    images, labels = tried()
    network = load_checkpoint("classic").network
    for strength in trial.strengths[::3]:
        read = network.probabilities(trial.worsen(images, strength)).argmax(axis=1)
        share = (read == labels).mean()
        assert f"{trial.show(strength)}: {share:.0%}" in figure["alt"]


def test_who_learned_from_the_digits_is_not_tried_with_them(networks):  # noqa: F811
    recipe = replace(PRESETS["tiny"], dataset="mnist-60000")
    card = {"learned_from": {"dataset": "mnist-60000"}}
    write_checkpoint(networks / "greedy", recipe, random_weights(recipe, 3), card)
    app = looking(model="greedy")
    assert "0 validation digits are left that none of them has learned from" in app.warning[0].value


def test_the_rows_come_one_after_the_other(monkeypatch):
    whole, asked = bulk.read_images, []

    def slow(name, key, images, total):
        if key[1] not in asked:
            asked.append(key[1])
        if asked.index(key[1]) < 4:
            return whole(name, key, images, total)
        return Reading(np.zeros((7, 10), np.float32), total)

    monkeypatch.setattr(bulk, "read_images", slow)
    app = untold(looking())
    total = 75 * FEW
    read = 4 * 5 * FEW + 7 * trying.AT_A_TIME
    assert f"{read} of {total:,} are read" in app.get("progress")[0].proto.text
    shown = sheet_of(app)
    assert shown.count("<b ") == 4 * 5
    assert "costs most" not in html_of(app)


def test_a_reading_that_fails_says_so_and_can_be_tried_again(monkeypatch):
    failed = Reading(np.zeros((0, 10), np.float32), 100, "the workers were lost")
    whole = bulk.read_images
    monkeypatch.setattr(bulk, "read_images", lambda *_: failed)
    app = looking()
    next(box for box in app.checkbox if box.label == "Show it without a guess").check()
    app.run()
    assert "the workers were lost" in app.error[0].value
    monkeypatch.setattr(bulk, "read_images", whole)
    next(button for button in app.button if button.label == "Try again").click()
    assert "costs most" in html_of(well(app.run()))


def test_without_a_label_a_digit_is_what_it_is_read_as_untouched():
    digit = load_digits("mnist", "validation").images[7]
    who = Tried("classic", None)
    scene = Scene((who,), trying.sample((None,)), digit, None, "mine", tuple("0123456789"))
    own = int(load_checkpoint("classic").network.probabilities(digit[None])[0].argmax())
    assert scene.own(who) == own
    read = load_checkpoint("classic").network.probabilities(TRIALS["fog"].series(digit[None]))
    assert scene.misread(who, "fog").tolist() == (read.argmax(axis=1) != own).tolist()
    assert replace(scene, label=(own + 1) % 10).own(who) == (own + 1) % 10


# No digits


@pytest.fixture
def few_validation_digits(monkeypatch):
    whole = load_digits("mnist", "validation")
    few = replace(whole, images=whole.images[:300], labels=whole.labels[:300], indices=whole.indices[:300])
    monkeypatch.setattr(cache, "digits", lambda dataset, part: few)
    return few


def says_of_strangers():
    network = load_checkpoint("classic").network
    return {kind: network.probabilities(made_strangers(kind, strangers.COUNT)).max(axis=1) for kind in KINDS}


def test_strangers_are_seen_before_anything_is_told(few_validation_digits):
    app = looking("no digit")
    shown = html_of(app)
    assert shown.count("<li><i ") == 5 * strangers.SHOWN
    assert "answered all the same" not in shown
    assert figures(app) == []


@pytest.mark.parametrize("guess", [0, 4])
def test_a_guess_is_answered_with_how_many_pass(guess, few_validation_digits):
    app = choose(looking("no digit"), "button_group", "**Guess first:**", guess)
    sure = np.concatenate(list(says_of_strangers().values()))
    passed = int((sure >= 0.9).sum())
    assert f"<b>{passed} of {len(sure)}</b>" in html_of(app)
    low, high = strangers.GUESSES[guess]
    share = passed / len(sure)
    passage = "You guessed more" if share < low else "You guessed fewer" if share > high else "You guessed so"
    assert passage in html_of(app)


def test_a_threshold_is_counted_on_digits_and_on_what_is_none(few_validation_digits):
    app = untold(looking("no digit"))
    read = load_checkpoint("classic").network.probabilities(few_validation_digits.images)
    labels, confidences = few_validation_digits.labels, read.max(axis=1)
    assert choose_threshold(read, labels, 0.001) is None  # an untrained network can't be trusted at all
    assert "No threshold does it" in " ".join(each.value for each in app.caption)
    assert "0 of 300 (0.0%)" in html_of(app)
    assert "Never sure enough" in html_of(app)
    assert "100.0001%" not in html_of(app)
    app = choose(app, "button_group", "Threshold", strangers.OWN)
    app = choose(app, "select_slider", "How sure it must be", 0.5)
    answered = confidences >= 0.5
    wrong = int((answered & (read.argmax(axis=1) != labels)).sum())
    shown = html_of(app)
    assert f"<td>{answered.sum()} of 300" in shown
    low, high = wilson(wrong, int(answered.sum())) if answered.any() else (0, 1)
    told = f"{wrong} ({wrong / max(1, answered.sum()):.2%})"
    assert f'<td>{told} <span class="lab-quiet">{low:.2%} to {high:.2%}' in shown
    for sure in says_of_strangers().values():
        assert f"{(sure >= 0.5).sum()} of {strangers.COUNT} answered all the same" in shown


def test_a_network_that_reads_clothes_is_not_asked(monkeypatch, few_validation_digits):
    clothes = replace(few_validation_digits, class_names=tuple("abcdefghij"))
    monkeypatch.setattr(cache, "validation_digits", lambda name: clothes)
    app = looking("no digit")
    assert "reads clothes" in app.info[0].value


def test_the_view_is_remembered(monkeypatch):
    kept = {}
    monkeypatch.setattr(state, "remember", kept.__setitem__)
    worse._open("nonsense")
    assert kept == {}
    worse._open("spatter")
    assert kept == {one_trial.TRIAL: "spatter", worse.VIEW: worse.ONE}
