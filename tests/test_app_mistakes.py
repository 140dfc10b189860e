"""The Mistakes page without a browser: the matrix, its cells, the gallery, and what people read."""

import re
from dataclasses import replace

import numpy as np
import pytest
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import bulk, cache, choices, judging, owner, workroom
from app.judging import Judged
from app.mistaken import errors, gallery, matrix, neighbours, one_digit, tiles
from model.cards import percent
from model.checkpoint import load_checkpoint
from model.datasets import DIGIT_NAMES, DataError, load_digits
from model.evaluation import score
from model.evaluation.kept import write_readings
from model.evaluation.mistakes import in_cell, ranked
from model.intervals import wilson

FEW = 400


@pytest.fixture(autouse=True)
def few_digits(networks, monkeypatch):  # noqa: F811
    """Few digits of every part, and nothing read yet."""
    whole = {
        part: load_digits("mnist" if part == "validation" else "mini", part)
        for part in ("validation", "train")
    }
    whole["test"] = load_digits("mini", "test")

    def few(dataset, part):
        digits = whole[part]
        shown = {name: getattr(digits, name)[:FEW] for name in ("images", "labels", "indices")}
        return replace(digits, dataset=dataset, part=part, **shown)

    monkeypatch.setattr(cache, "digits", few)
    monkeypatch.setattr(owner, "student", lambda: "ada")
    for kept in (bulk._jobs, judging._judged, bulk._flying):
        kept.clear()
    neighbours.alike.cache_clear()
    yield few
    workroom.close()


@pytest.fixture
def choose(monkeypatch):
    """Chooses a cell or a digit, as the browser would: once, from the component with that key."""
    waiting = {}

    def show(html, key, take):
        shown[key] = html
        if key not in waiting:
            return False
        take(waiting.pop(key))
        return True

    shown = {}
    monkeypatch.setattr(choices, "show", show)

    def choose(app, key, choice):
        waiting[key] = choice
        well(app.run())
        return well(app.run())  # now it is known from the first

    choose.shown = shown
    return choose


def mistakes(**query):
    return opened("Mistakes", **query)


def judged(part="validation"):
    found = judging.judged(None, part)
    assert isinstance(found, Judged)
    return found


def checked(app, label):
    next(box for box in app.checkbox if box.label == label).check()
    return well(app.run())


def cells_of(html):
    """What stands in each cell of the matrix, by label and reading."""
    return {
        (int(label), int(read)): text
        for label, read, text in re.findall(r'data-choice="(\d)-(\d)"[^>]*>([^<]*)</button>', html)
    }


def test_the_matrix_asks_before_it_tells_anything(choose):
    app = mistakes()
    assert any("**Guess first:** which mistake" in text.value for text in app.markdown)
    assert set(cells_of(choose.shown["guessed matrix"]).values()) == {""}
    assert len(cells_of(choose.shown["guessed matrix"])) == 90  # what is right is no mistake
    assert "cells of the matrix" not in choose.shown
    assert 'class="lab-reports"' not in html_of(app)


def test_a_guess_uncovers_the_counts_and_is_answered(choose):
    app = mistakes()
    app = choose(app, "guessed matrix", "4-9")
    found = judged()
    shown = {
        cell: int(text) if text else 0 for cell, text in cells_of(choose.shown["cells of the matrix"]).items()
    }
    assert [
        [shown[label, read] for read in range(10)] for label in range(10)
    ] == found.score.confusion.tolist()
    (label, read, most), *_ = found.score.most_confused()
    said = html_of(app)
    assert shown[4, 9] < most
    assert f"You guessed 4 read as 9: {errors._times(shown[4, 9])}." in said
    assert f"{label} read as {read}: {errors._times(most)}.</p>" in said
    assert "confused" not in links_of(app)[-1]  # a guess opens no cell


def test_what_a_browser_says_is_no_cell_until_it_is_one(choose):
    app = mistakes()
    for odd in ("10-3", "<b>"):
        choose(app, "guessed matrix", odd)
    assert "cells of the matrix" not in choose.shown


def test_the_headline_is_honest(choose):
    app = checked(mistakes(judged="test"), "Show it without a guess")
    found = judged("test")
    right = found.score.count - found.score.errors
    low, high = wilson(right, FEW)
    said = html_of(app)
    assert f"<b>{right / FEW:.1%}</b> of {FEW} test digits right · <b>{found.score.errors}</b> wrong" in said
    assert f"95% interval {low:.1%} to {high:.1%}" in said
    assert "to look at, not to choose by" in said


def test_shares_are_percent_of_their_row_and_mistakes_have_one_scale(choose):
    confusion = np.diag(np.full(10, 90))
    confusion[4, 9], confusion[9, 4], confusion[7, 1] = 8, 2, 1
    found = score(
        np.eye(10)[np.repeat(np.tile(np.arange(10), 10), confusion.ravel())],
        np.repeat(np.repeat(np.arange(10), 10), confusion.ravel()),
    )
    assert found.confusion.tolist() == confusion.tolist()
    shown = matrix.filled(found, DIGIT_NAMES, shares=True, opened=(4, 9), guess=(9, 4))
    cells = cells_of(shown)
    assert (cells[4, 9], cells[9, 4], cells[4, 4], cells[0, 0], cells[0, 1]) == (
        "8.2",
        "2.2",
        "91.8",
        "100.0",
        "",
    )
    heats = [float(heat) for heat in re.findall(r"--heat:([\d.]+)", shown)]
    assert max(heats) == heats[49] == 1.0
    assert heats[94] == pytest.approx(0.5)
    assert not any(heats[11 * place] for place in range(10))  # what is right has no colour
    assert shown.count('aria-pressed="true"') == 1
    assert re.search(r'lab-guessed"[^>]*><button[^>]*data-choice="9-4"', shown)
    assert 'aria-label="labelled 4, read as 9: 8 of 98"' in shown


def test_class_by_class_the_figures_come_with_counts_and_intervals(choose):
    app = checked(mistakes(), "Show it without a guess")
    shown = html_of(app)
    report = max(judged().score.reports, key=lambda each: each.right)
    assert f"{report.right:,} of {report.read:,}" in shown
    assert f"{report.right:,} of {report.count:,}" in shown
    low, high = (percent(end, report.count).rstrip("%") for end in wilson(report.right, report.count))
    assert f"{low} to {high}" in shown
    assert f"<td>{percent(report.f1, report.count)}</td>" in shown


def test_a_cell_opens_its_digits_and_one_of_them_is_taken_in_hand(choose):
    found = judged()
    (label, read, count), *_ = found.score.most_confused()
    app = mistakes(confused=f"{label}-{read}")
    assert f"{label} read as {read}: {count:,}" in re.sub("<[^>]+>", "", html_of(app)).replace("  ", " ")
    places = in_cell(found.probabilities, found.labels, label, read).tolist()
    assert [
        int(each) for each in re.findall(r'data-choice="(\d+)"', choose.shown["digits of a cell"])
    ] == places[:40]
    app = choose(app, "digits of a cell", str(places[0]))
    app = well(app.run())
    assert links_of(app)[0]["digit"] == f"mnist-validation-{places[0]}"
    assert f"In hand: a validation digit, number {places[0]:,}" in html_of(app)
    assert f"Number {places[0]:,}: labelled <b>{label}</b>, read as <b>{read}</b>" in html_of(app)
    assert [button.label for button in app.button][-3:] == ["Draw", "Filters", "Architecture"]
    next(button for button in app.button if button.label == "Filters").click()
    app = well(app.run())
    assert app.title[0].value == "Filters"
    assert f"In hand: a validation digit, number {places[0]:,}" in html_of(app)


def test_of_what_is_right_the_least_sure_come_first(choose):
    found = judged()
    label = int(found.score.confusion.diagonal().argmax())
    mistakes(confused=f"{label}-{label}")
    places = [int(each) for each in re.findall(r'data-choice="(\d+)"', choose.shown["digits of a cell"])]
    sure = found.probabilities[places, label]
    assert np.all(np.diff(sure) >= 0)
    assert (
        sure[0]
        == found.probabilities[
            (found.labels == label) & (found.probabilities.argmax(1) == label), label
        ].min()
    )


def test_an_empty_cell_says_so(choose):
    found = judged()
    label, read = np.argwhere(found.score.confusion == 0)[0]
    assert "There is no such mistake" in html_of(mistakes(confused=f"{label}-{read}"))


def test_without_the_pictures_the_figures_stand_and_a_way_to_them_is_told(choose, networks, monkeypatch):  # noqa: F811
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 10, 500).astype(np.uint8)
    write_readings(networks / "classic", rng.dirichlet(np.ones(10), 500).astype(np.float32), labels)

    def missing(dataset, part):
        raise DataError("MNIST", "not found on this machine")

    monkeypatch.setattr(cache, "digits", missing)
    app = mistakes(judged="test", confused="3-5")
    assert "of 500 test digits right" in html_of(app)
    assert "python -m model download" in app.info[0].value
    assert "digits of a cell" not in choose.shown
    assert "python -m model download" in mistakes(judged="test", sight="gallery").info[0].value


def test_data_that_cannot_be_judged_are_named(choose, monkeypatch):
    there = cache.digits

    def missing(dataset, part):
        if part == "test":
            raise DataError("MNIST", "not found on this machine")
        return there(dataset, part)

    monkeypatch.setattr(cache, "digits", missing)
    app = opened("Digit Lab", judged="test")
    app.switch_page("../pages/mistakes.py").run()
    assert not app.exception
    assert "not found on this machine" in app.error[0].value


def test_many_digits_are_one_picture():
    shown = tiles.tiles(
        load_digits("mini", "test").images[:12], range(5, 17), ["a <b>"] * 12, ["4 → 9"] * 12, 7
    )
    assert shown.count("data:image/png") == 1
    assert "--columns:10;--rows:2" in shown
    assert 'data-choice="16"' in shown
    assert shown.count("a &lt;b&gt;") == 24
    assert re.search(r'data-choice="7"[^>]*aria-pressed="true"', shown)
    assert "--x:1;--y:1" in shown


def test_the_gallery_asks_what_one_reads_before_it_tells(choose):
    app = mistakes(sight="gallery")
    found = judged()
    worst = ranked(found.probabilities, found.labels, "loss", gallery.MOST_SHOWN).tolist()
    shown = choose.shown["digits of the gallery"]
    assert [int(each) for each in re.findall(r'data-choice="(\d+)"', shown)] == worst
    assert "labelled" not in shown
    assert "→" not in shown
    assert "labelled" not in html_of(app)
    assert any("**Guess first:** what do you read here?" in group.label for group in app.get("button_group"))
    app = checked(app, "Show them without a guess")
    read = found.probabilities[worst[0]].argmax()
    assert f"labelled <b>{found.labels[worst[0]]}</b>, read as <b>{read}</b>" in html_of(app)
    assert f"{found.labels[worst[0]]} → {read}" in choose.shown["digits of the gallery"]


def answered(app, answer):
    next(group for group in app.get("button_group") if "read" in group.label).set_value(answer)
    return well(app.run())


def test_an_answer_is_kept_counted_and_can_be_changed(choose, monkeypatch):
    found = judged()
    worst = int(ranked(found.probabilities, found.labels, "loss", 1)[0])
    for student, answer in (("bob", "4"), ("cy", "4"), ("dora", "nobody")):
        workroom.store().opine(student, "mnist", "validation", worst, answer)
    app = mistakes(sight="gallery")
    assert '<p class="lab-counted"' not in html_of(app)  # not before one's own answer
    app = answered(app, "4")
    assert "3 of 4 read it as 4; 1 of 4 say that nobody can tell." in html_of(app)
    assert f"labelled <b>{found.labels[worst]}</b>" in html_of(app)
    app = answered(app, "9")
    assert "2 of 4 read it as 4; 1 of 4 read it as 9; 1 of 4 say" in html_of(app)
    assert workroom.store().own_opinions("ada", "mnist", "validation") == {worst: "9"}


def test_without_a_cookie_no_answer_is_kept_and_why_is_said(choose, monkeypatch):
    monkeypatch.setattr(owner, "student", lambda: None)
    app = answered(mistakes(sight="gallery"), "4")
    assert app.warning[0].value == workroom.NO_COOKIE
    assert not workroom.has_runs()


def more_of(app, place=0):
    """The app after a press on "Show more"."""
    [button for button in app.button if button.label == "Show more"][place].click()
    return well(app.run())


def places_of(html):
    return [int(each) for each in re.findall(r'data-choice="(\d+)"', html)]


def test_every_mistake_of_the_gallery_can_be_reached(choose):
    app = mistakes(sight="gallery")
    next(group for group in app.get("button_group") if group.label == "Order").set_value("sure and wrong")
    app = well(app.run())
    found, key = judged(), "digits of the gallery"
    wrong = ranked(found.probabilities, found.labels, "sure and wrong").tolist()
    assert len(wrong) == found.score.errors > gallery.MOST_SHOWN
    seen = places_of(choose.shown[key])
    while len(seen) < len(wrong):
        assert f"{len(seen):,} of {len(wrong):,}" in html_of(app)
        app = more_of(app)
        seen += places_of(choose.shown[key])
    assert seen == wrong
    assert [button.disabled for button in app.button if button.label in ("Back", "Show more")] == [
        False,
        True,
    ]
    app = well(well(app.switch_page("../pages/draw.py").run()).switch_page("../pages/mistakes.py").run())
    assert places_of(choose.shown[key])[-1] == wrong[-1]  # the page stays
    next(button for button in app.button if button.label == "Back").click()
    well(app.run())
    assert places_of(choose.shown[key])[-1] != wrong[-1]


def test_every_digit_of_a_cell_can_be_reached(choose, monkeypatch):
    monkeypatch.setattr(errors, "MOST_SHOWN", 3)
    found = judged()
    label = int(found.score.confusion.diagonal().argmax())
    app = mistakes(confused=f"{label}-{label}")
    places = in_cell(found.probabilities, found.labels, label, label)[::-1].tolist()
    assert places_of(choose.shown["digits of a cell"]) == places[:3]
    app = more_of(app)
    assert places_of(choose.shown["digits of a cell"]) == places[3:6]
    assert f"Number {places[3]:,}: labelled" in html_of(app)


@pytest.mark.parametrize("order", gallery.TITLES)
def test_the_gallery_follows_its_order(choose, order):
    app = mistakes(sight="gallery")
    next(group for group in app.get("button_group") if group.label == "Order").set_value(order)
    app = well(app.run())
    found = judged()
    places = ranked(found.probabilities, found.labels, order, gallery.MOST_SHOWN).tolist()
    assert [
        int(each) for each in re.findall(r'data-choice="(\d+)"', choose.shown["digits of the gallery"])
    ] == places


def test_label_errors_are_told_of_mnists_test_digits_only(choose):
    told = [
        any("Northcutt" in caption.value for caption in mistakes(sight="gallery", judged=part).caption)
        for part in ("test", "validation")
    ]
    assert told == [True, False]


def test_the_nearest_training_digits_are_those_that_the_network_describes_most_alike(few_digits):
    training = few_digits("mnist", "train")
    digit = load_digits("mini", "test").images[3]
    found = neighbours.alike(None, "mnist", digit.tobytes())
    assert len(found) == neighbours.SHOWN
    distances = [float(((each.astype(float) - digit) ** 2).sum()) for each in training.images]
    candidates = sorted(range(FEW), key=distances.__getitem__)[: neighbours.CANDIDATES]
    network = load_checkpoint("classic").network
    own = network.features(digit[None])[0]
    away = {
        place: float(np.linalg.norm(network.features(training.images[place][None])[0] - own))
        for place in candidates
    }
    assert sorted(away[place] for place in found) == pytest.approx(
        sorted(away.values())[: len(found)], rel=1e-4
    )
    itself = training.images[8]
    assert 8 not in neighbours.alike(None, "mnist", itself.tobytes())


def test_the_digit_in_hand_is_found_among_those_that_are_judged(choose):
    found = judged()
    app = mistakes(sight="gallery", **{"from": "data", "digit": "mnist-validation-7"})
    app = checked(app, "Show them without a guess")
    assert "Number 7: labelled" in html_of(app)
    assert one_digit.said(found, DIGIT_NAMES, 7).startswith(f"number 7: labelled {found.labels[7]}, read as ")
    assert errors.names_of(found) == DIGIT_NAMES
