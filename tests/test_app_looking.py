"""The Filters page without a browser: one filter, why, where the digits lie, two networks side by side."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from random_recipes import random_weights
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import (
    ascent,
    bulk,
    cache,
    dossier_html,
    dossier_view,
    embedding,
    lie_of_digits,
    looking_network,
    mosaic,
    pixels,
    scatter,
    side_by_side,
    why_view,
    worth,
)
from app.looking import atlas, timeline
from model.checkpoint import load_checkpoint, write_checkpoint
from model.datasets import load_digits
from model.history import Epoch
from model.intervals import paired
from model.presets import PRESETS
from model.probes.ablation import without
from model.probes.dossier import from_responses, responses

FEW = 300  # validation digits: enough for ten classes, read in no time
EPOCHS = 3


@pytest.fixture(autouse=True)
def few_digits(networks, monkeypatch):  # noqa: F811
    """Few validation digits, and a network called "life" with all its epochs."""
    whole = load_digits("mnist", "validation")
    few = replace(whole, images=whole.images[:FEW], labels=whole.labels[:FEW], indices=whole.indices[:FEW])
    monkeypatch.setattr(cache, "digits", lambda dataset, part: few)
    recipe = PRESETS["tiny"]
    history = [Epoch(number, 1.0, 0.5, 1.0, 0.5, 0.1, 1.0) for number in range(EPOCHS + 1)]
    card = {"learned_from": {"dataset": "mnist"}, "history": [record.to_dict() for record in history]}
    epochs = {number: random_weights(recipe, 10 + number) for number in range(EPOCHS)}
    write_checkpoint(networks / "life", recipe, random_weights(recipe, 99), card, epochs)
    forget()
    yield few
    forget()  # others have all digits


def forget():
    """What was made of other digits."""
    for kept in (lie_of_digits._sheet, ascent._climb, ascent._answer):
        kept.cache_clear()
    embedding._drawings.clear()
    bulk._jobs.clear()
    timeline._readings.clear()


def looking(look, **query):
    return opened("Filters", look=look, **{"from": "data", "digit": "mnist-validation-7"} | query)


def button(app, label):
    return next(each for each in app.button if each.label == label)


def toggle(app, label):
    return next(each for each in app.toggle if each.label == label)


def test_the_dossier_shows_examples_and_asks_before_it_tells_what_a_filter_is_worth():
    app = looking("one filter", layer="0", unit="4")
    shown = html_of(app)
    assert "Convolution 1, filter 4" in shown
    assert "These excite it most" in shown
    assert f"of {FEW} validation digits" in shown
    assert "Without this filter" not in shown
    assert any("**Guess first:** which class suffers" in pills.label for pills in app.get("button_group"))
    next(box for box in app.checkbox if box.label == "Show it without a guess").check()
    assert "Without this filter" in html_of(well(app.run()))


def test_a_filter_is_switched_off_and_all_views_follow():
    app = looking("one filter", layer="0", unit="4")
    toggle(app, "Switched on").set_value(False)
    app = well(app.run())
    assert links_of(app)[-1]["out"] == "0-4"
    app = looking("filters", layer="0", out="0-4")
    assert 'class="lab-consequences' in html_of(app)
    assert re.search(
        rf"of {FEW} validation digits right: [\d.]+% → <b>[\d.]+%</b> \(95% interval", html_of(app)
    )
    button(app, "All on").click()
    app = well(app.run())
    assert 'class="lab-consequences' not in html_of(app)
    assert "out" not in links_of(app)[-1]


@pytest.mark.parametrize("look", ["one filter", "why", "where digits lie"])
def test_a_view_says_that_filters_are_off(look):
    assert 'class="lab-consequences' not in html_of(looking(look))
    assert 'class="lab-consequences' in html_of(looking(look, out="0-4"))


def test_filters_that_the_network_lacks_are_no_matter():
    app = looking("filters", out="0-4.0-4000.50-1")
    assert 'class="lab-consequences' in html_of(app)


def test_what_is_right_without_a_filter_is_counted_class_by_class(few_digits):
    network = without(load_checkpoint("classic").network, [(0, 4)])
    read = network.probabilities(few_digits.images[:90]).argmax(axis=1)
    right, asked = cache.right(None, ((0, 4),), "mnist", "validation", 0, 90)
    for label in range(10):
        own = few_digits.labels[:90] == label
        assert asked[label] == own.sum()
        assert right[label] == (read[own] == label).sum()


def test_the_examples_are_told_in_the_order_of_what_they_excite(few_digits):
    network = load_checkpoint("classic").network
    found = from_responses(responses(network, 0, few_digits.images)[:, 2], few_digits.labels)
    shown = dossier_html.examples_html(found, few_digits)
    order = np.argsort(-found.values, kind="stable")[:9]
    told = re.search(r"excite it most: digits labelled ([\d, ]+)", shown)[1].split(", ")
    assert sorted(told) == sorted(str(few_digits.labels[place]) for place in order)
    dead = from_responses(np.zeros(FEW, np.float32), few_digits.labels)
    assert "a dead filter" in dossier_html.examples_html(dead, few_digits)


def found(lost, gained=None):
    gained = np.zeros(10, int) if gained is None else np.array(gained)
    return worth.Loss(np.array(lost), gained, np.full(10, 60), 500, 600)


def test_a_guess_is_answered_with_what_each_class_loses():
    names = tuple("0123456789")
    some, none = found([0, 0, 30, 10, *[0] * 6]), found([0] * 10)
    assert worth.sentences(some, 2, names).startswith("You guessed 2, and it loses most: 30.")
    assert worth.sentences(some, 3, names).startswith("You guessed 3, which loses 10; most")
    assert "no class loses" in worth.sentences(none, 3, names)
    assert "as many of 600 validation digits right (83.3%)" in worth.sentences(none, None, names)
    low, high = (100 * end for end in paired(40, 0, 600))
    told = f"(83.3% with it; the loss’s\n95% interval: {low:.1f} to {high:.1f} points)"
    assert f"40 of 600 validation digits fewer right {told}" in worth.sentences(some, None, names)
    gain = found([0] * 10, [0, 0, 40, *[0] * 7])
    assert f"interval: {low:.1f} to {high:.1f} points" in worth.sentences(gain, None, names)


def test_what_is_lost_is_counted_digit_by_digit():
    labels = np.array([3, 3, 3, 5, 5, 7, 7])
    with_it = np.array([True, True, False, True, False])
    without_it = np.array([True, False, True, False, False])
    compared = worth.compared(with_it, without_it, labels)
    assert (compared.lost[3], compared.gained[3], compared.lost[5], compared.gained[5]) == (1, 1, 1, 0)
    assert (compared.count, compared.total, compared.right) == (5, 7, 3)
    change = compared.changes()[5]
    low, high = paired(1, 0, 2)
    assert change == (-1, pytest.approx(-2 * high), pytest.approx(-2 * low))
    assert change.may_be_chance
    assert compared.changes()[0].digits == 0


def test_more_and_more_digits_are_read_and_in_the_end_all(monkeypatch, few_digits):
    monkeypatch.setattr(bulk, "PORTION", 50)  # two at once
    monkeypatch.setattr(bulk, "READING_SECONDS", 0.0)  # it still goes on
    app = looking("one filter", layer="0", unit="4")
    while app.get("progress"):
        app = well(app.run())
    next(box for box in app.checkbox if box.label == "Show it without a guess").check()
    told = []
    while not told or app.get("progress"):
        app = well(app.run())
        told += re.findall(r"of (\d+) validation digits", html_of(app))[-1:]
    assert int(told[0]) < int(told[-1]) == FEW
    network = load_checkpoint("classic").network
    counts = [
        int((each.probabilities(few_digits.images).argmax(axis=1) == few_digits.labels).sum())
        for each in (network, without(network, [(0, 4)]))
    ]
    change = counts[1] - counts[0]
    assert (f"reads {abs(change)} of {FEW} v" if change else f"as many of {FEW} v") in html_of(app)


def test_bars_without_a_count_ask_and_with_one_tell():
    means = np.array([1.0, np.nan, *[0.5] * 8])
    assert dossier_html.classes_html(means, "0123456789").count("?") == 10
    changes = [dossier_html.Change(-4, -7.5, -0.5), dossier_html.Change(2, -1, 5)]
    changes += [dossier_html.Change(0, -1, 1)] * 8
    told = dossier_html.classes_html(means, "0123456789", changes)
    assert told.count("lab-fewer") == told.count("lab-more") == 1
    assert told.count("lab-pale") == 1
    assert "−4" in told
    assert "+2" in told
    # of the longest end, 7.5: where the interval lies on the bar's own side
    assert "left:6.7%;width:93.3%" in told
    assert "left:0.0%;width:66.7%" in told


def test_the_picture_that_excites_a_filter_is_made_on_demand():
    app = looking("one filter", layer="0", unit="4")
    assert "After 100 steps" not in html_of(app)
    assert "Starting from the digit that excites it most" in html_of(app)
    button(app, "Make a picture of it").click()
    app = well(app.run())
    said = re.search(
        r"After 100 steps from the digit [a-z ]+ it answers (\d+\.\d+)[a-z; ]+(\d+\.\d+)", html_of(app)
    )
    assert ("Real digits excite it more" in html_of(app)) == (float(said[1]) < float(said[2]))
    assert "Make a picture of it" not in [each.label for each in well(app.run()).button]


def test_an_ascent_is_climbed_once_for_all_who_look():
    made = iter([np.full((28, 28), value) for value in (0.1, 0.2, 0.3)])
    climb = ascent.Climb(made)
    first = iter(climb)
    assert next(first)[0, 0] == 0.1
    assert [each[0, 0] for each in climb] == [0.1, 0.2, 0.3]
    assert [each[0, 0] for each in first] == [0.2, 0.3]
    assert climb.done
    assert climb.last[0, 0] == 0.3


def test_why_asks_five_methods_for_any_of_the_ten_digits():
    app = looking("why", target="3")
    shown = html_of(app)
    assert "Why not <b>3</b>?" in shown or "Why is it a <b>3</b>?" in shown
    for title in ("Gradient", "SmoothGrad", "Integrated gradients", "Grad-CAM", "Occlusion"):
        assert f"<h4>{title}</h4><div><figure" in shown
    assert "random: alike" not in shown
    toggle(app, "Sanity check: random weights").set_value(True)
    shown = html_of(well(app.run()))
    assert len(re.findall(r"random: alike <b>−?[01]\.\d\d</b>", shown)) >= 4


def test_ink_gives_way_where_the_map_speaks():
    found, digit = np.zeros((28, 28)), np.zeros((28, 28), np.uint8)
    digit[5, :3] = 255
    found[5, 0], found[5, 1], found[9, 9] = 2.0, -2.0, 1.0
    drawn = why_view.over_ink(found, digit, 2.0, scale=1)
    assert tuple(drawn[5, 0]) == (0, 114, 178)
    assert tuple(drawn[5, 1]) == (213, 94, 0)
    assert len(set(drawn[5, 2])) == 1  # ink of which the map says nothing is grey
    assert drawn[5, 2, 0] < 150
    assert tuple(drawn[0, 0]) == (255, 255, 255)
    assert drawn[9, 9, 2] > drawn[9, 9, 0]


def test_digits_are_not_compared_by_too_many_numbers(monkeypatch):
    monkeypatch.setattr(looking_network, "MOST_WIDTH", 5)
    app = looking("where digits lie")
    assert any("up to 5 will do" in info.value for info in app.info)


def test_where_digits_lie_places_them_by_what_the_network_makes_of_them(few_digits, monkeypatch):
    seen = {}
    monkeypatch.setattr(scatter, "show", lambda content, key: seen.update(content))
    app = looking("where digits lie", model="life:1")
    points = np.array(seen["points"])
    assert points.shape == (FEW, 2)
    assert points.min() >= 0
    assert points.max() <= 1000
    assert seen["labels"] == few_digits.labels.tolist()
    network = load_checkpoint("life:1").network
    assert seen["read"] == network.probabilities(few_digits.images).argmax(axis=1).tolist()
    # the digit in hand is one of those shown
    assert np.abs(points[7] - seen["hand"]).max() <= 1
    wrong = sum(label != read for label, read in zip(seen["labels"], seen["read"], strict=True))
    said = " ".join(caption.value for caption in app.caption)
    assert "% of their spread" in said
    assert f"; {wrong} are misread" in said
    assert seen["ringed"] == (wrong <= 0.3 * FEW) == ("(ringed)" in said)
    # no other plane shows more of their spread
    features = network.features(few_digits.images)
    strengths = np.linalg.svd(features - features.mean(axis=0), compute_uv=False)
    projection = lie_of_digits._features("life:1", (), few_digits).projection
    share = (strengths[:2] ** 2).sum() / (strengths**2).sum()
    assert projection.explained.sum() == pytest.approx(share, rel=1e-3)


def test_a_digit_that_is_clicked_is_taken_in_hand(monkeypatch):
    clicks = iter([12])
    monkeypatch.setattr(scatter, "show", lambda content, key: next(clicks, None))
    app = looking("where digits lie")
    assert links_of(app)[-1]["digit"] == "mnist-validation-12"
    assert "number 12" in html_of(app)


@pytest.mark.parametrize("sent", [None, "5", 5.0, True, -1, 3, {"taken": 1}])
def test_what_a_browser_sends_as_a_place_is_checked(sent, monkeypatch):
    monkeypatch.setattr(scatter, "_scatter", lambda **_: None)
    monkeypatch.setattr(scatter.state, "widget", lambda _: type("Sent", (), {"taken": sent}))
    assert scatter.show({"points": [[0, 0]] * 3}, "key") is None


def test_two_epochs_stand_side_by_side():
    app = looking("compare", model="life")
    shown = html_of(app)
    assert "<th scope=col>life, epoch 3</th><th scope=col>life, untrained</th>" in shown
    slider = next(each for each in app.select_slider if each.label == "Epoch of the network beside it")
    slider.set_value(2)
    app = well(app.run())
    assert "<th scope=col>life, epoch 2</th>" in html_of(app)
    assert links_of(app)[-1]["beside"] == "life:2"
    next(box for box in app.selectbox if box.label == "Network beside it").set_value("classic")
    app = well(app.run())
    assert links_of(app)[-1]["beside"] == "classic"
    shown = html_of(looking("compare", model="life", beside="classic"))
    assert "<th scope=col>classic, epoch 10</th>" in shown


def test_what_is_switched_off_counts_in_a_comparison_of_a_network_with_itself():
    digit = load_digits("mnist", "validation").images[7]
    found = side_by_side._side("life", ((0, 1),), digit)
    assert not found.values[2][..., 1].any()
    assert side_by_side._named(found) == "life, epoch 3, 1 off"


def test_a_mosaic_holds_each_picture_in_its_place():
    digits = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    picture = mosaic.of_digits(digits, 3, gap=2)
    assert picture.shape == (58, 88, 4)
    np.testing.assert_array_equal(picture[30:58, 30:58, 0], digits[4])
    assert not picture[30:, 60:, 3].any()
    maps = np.array([[[1.0, -2.0]]])  # two maps of one cell
    signed = mosaic.of_maps(maps, 2, True, gap=0)
    assert signed[0, 1].tolist() == [213, 94, 0, 255]
    assert signed[0, 0, 2] > signed[0, 0, 0]
    assert mosaic.of_maps(np.abs(maps), 2, False, gap=0)[0, :, 0].tolist() == [128, 255]


def test_a_kernel_is_drawn_with_all_its_channels():
    for channels in (8, 64, 65, 200, 512):
        kernel = np.random.default_rng(channels).normal(size=(3, 3, channels)).astype(np.float32)
        shown = dossier_html.filter_html("any", kernel, None, None)
        assert f"3 × 3 weights for each of {channels} channels<" in shown
        source = re.search(r'base64,([^"]+)"', shown)[1]
        picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(source))))
        side = 3 * (6 if channels <= 64 else 3)
        rows, columns = (size // (side + 2) + 1 for size in picture.shape[:2])
        assert rows * columns >= channels
        assert picture.shape[1] <= 176  # the room that it has: drawn in it at its own size
        row, column = divmod(channels - 1, columns)
        last = picture[row * (side + 2) :, column * (side + 2) :][:side, :side]
        middle = pixels.signed_colours(kernel[1, 1, -1:], float(np.abs(kernel).max()))[0]
        assert last[side // 2, side // 2, :3].tolist() == middle.tolist()


@pytest.mark.parametrize("look", ["maps", "one filter"])
def test_what_a_switch_does_to_the_accuracy_is_counted_after_the_picture_is_sent(look, monkeypatch):
    sent = []
    show, counted = (atlas.show, "accuracy") if look == "maps" else (dossier_view._filter, "accuracy")
    where = (atlas, "show") if look == "maps" else (dossier_view, "_filter")
    monkeypatch.setattr(*where, lambda *given: sent.append("picture") or show(*given))
    count = looking_network.right_per_class
    monkeypatch.setattr(
        looking_network, "right_per_class", lambda *given: sent.append(counted) or count(*given)
    )
    app = looking(look, out="0-4")
    assert sent[:2] == ["picture", "accuracy"]
    assert 'class="lab-consequences' in html_of(app)
