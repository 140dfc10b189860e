"""How sure, and over the epochs, without a browser: what is asked, what is told, what it is counted from."""

import re
from dataclasses import replace

import numpy as np
import pytest
from random_recipes import random_weights
from scipy.stats import binomtest
from synthetic_runs import grow
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import bulk, cache, choices, epoch_readings, judging, live_chart, workroom
from app.bulk import Reading
from app.judging import Judged
from app.mistaken import confidence, course, interval, versus
from model.annealing import Annealer
from model.checkpoint import load_checkpoint, write_checkpoint
from model.datasets import load_digits
from model.evaluation import kept_course
from model.evaluation.calibration import with_temperature
from model.evaluation.course import Course
from model.history import Epoch, Watch
from model.presets import PRESETS

FEW = 300
EPOCHS = 5
DROP = 2
PARTS = ("validation", "test")


@pytest.fixture(autouse=True)
def few_digits(networks, monkeypatch):  # noqa: F811
    """Few digits, nothing read yet, and a network "life" with its epochs, a drop among them."""
    parts = {part: load_digits("mini" if part != "validation" else "mnist", part) for part in PARTS}

    def few(dataset, part):
        shown = {name: getattr(parts[part], name)[:FEW] for name in ("images", "labels", "indices")}
        return replace(parts[part], dataset=dataset, part=part, **shown)

    monkeypatch.setattr(cache, "digits", few)
    recipe = replace(PRESETS["tiny"], annealer=Annealer("plateau"), epochs=EPOCHS)
    history = [
        Epoch(number, 1.0, 0.5, 1.0, 0.5, 0.1 if number <= DROP else 0.03, 1.0, watch(number))
        for number in range(EPOCHS + 1)
    ]
    card = {"learned_from": {"dataset": "mnist"}, "history": [record.to_dict() for record in history]}
    epochs = {number: random_weights(recipe, 10 + number) for number in range(EPOCHS)}
    write_checkpoint(networks / "life", recipe, random_weights(recipe, 99), card, epochs)
    for kept in (bulk._jobs, judging._judged, bulk._flying, epoch_readings._read):
        kept.clear()
    yield few
    workroom.close()


def watch(number):
    if not number:
        return None
    after = 0.03 if number >= DROP else 0.1
    return Watch("accuracy", 0.5, 0.5, 0.0, 3, 0, 0.1 if number <= DROP else 0.03, after, "waiting")


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were drawn, by their keys: the newest."""
    made, found = {}, {}
    to_content = live_chart.to_content

    def remember(figure, alt):
        content = to_content(figure, alt)
        made[content] = figure
        return content

    monkeypatch.setattr(live_chart, "to_content", remember)
    monkeypatch.setattr(live_chart, "show", lambda content, key, height: found.update({key: made[content]}))
    return found


@pytest.fixture
def choose(monkeypatch):
    """Chooses a digit, as the browser would: once, from the component with that key."""
    waiting, shown = {}, {}

    def show(html, key, take):
        shown[key] = html
        choice = waiting.pop(key, None)
        if choice is not None:
            take(choice)
        return choice is not None

    monkeypatch.setattr(choices, "show", show)

    def choose(app, key, choice):
        waiting[key] = choice
        return well(app.run())

    choose.shown = shown
    return choose


def sure(**query):
    return opened("Mistakes", sight="how sure", **query)


def guessed(app, place):
    """The app after a guess: the option of that place."""
    pills = next(each for each in app.get("button_group") if "**Guess first:**" in each.label)
    pills.set_value(place)
    return well(app.run())


def unguessed(app):
    next(box for box in app.checkbox if box.label == "Show it without a guess").check()
    return well(app.run())


def text_of(app):
    return " ".join(" ".join(each.value for each in group) for group in (app.markdown, app.caption, app.info))


def judged(part="validation", name=None):
    found = judging.judged(name, part)
    assert isinstance(found, Judged)
    return found


# How sure is the accuracy?


def test_the_interval_stands_at_once_and_other_counts_after_the_guess(drawn):
    app = sure()
    assert "**Guess first:** how many times" in app.get("button_group")[-1].label
    score = judged().score
    (own,) = drawn["interval"]["data"]
    assert own["name"] == f"{FEW} digits"
    low, high = score.confidence_interval_95
    assert own["text"] == [f"<b>{low:.2%} to {high:.2%}</b>"]
    app = unguessed(app)
    assert [row["name"] for row in drawn["interval"]["data"]][:4] == [
        "100 digits", f"{FEW} digits", "1,000 digits", "10,000 digits"
    ]  # fmt: skip
    needed = interval.halving_count(score.count - score.errors, score.count)
    assert f"It takes **{needed:,}** digits" in text_of(app)


def test_a_guess_is_answered():
    assert "You said: 2 times. It is: **4 times**." in text_of(guessed(sure(), 0))
    assert "Right. It takes" in text_of(guessed(sure(), 1))


def test_without_a_mistake_another_law_is_told(drawn, monkeypatch):
    found = judged()
    right = replace(found, probabilities=np.eye(10, dtype=np.float32)[found.labels])
    monkeypatch.setattr(judging, "judged", lambda *_: right)
    said = text_of(unguessed(sure()))
    assert f"It takes **{interval.halving_count(FEW, FEW):,}** digits" in said
    assert "with the square root of their number." not in said


def test_the_seeds_are_the_runs_own_where_there_are_several(drawn):
    recipe = replace(PRESETS["tiny"], dataset="mini", epochs=2)
    runs = [grow(workroom.store(), replace(recipe, seed=seed), steps=2, owner="a student") for seed in (1, 2)]
    app = unguessed(sure(model=f"{runs[0].id}:1"))
    seeds = next(row for row in drawn["interval"]["data"] if row["name"] == "2 seeds")
    expected = [workroom.store().epochs(run.id)[1].validation_accuracy for run in runs]
    assert sorted(seeds["x"]) == sorted(expected)  # after epoch 1, as in hand
    assert "2 trainings of its recipe" in text_of(app)


def test_without_sisters_a_bundled_recipe_shows_how_far_seeds_differ(drawn):
    app = unguessed(sure(judged="test"))
    seeds = next(row for row in drawn["interval"]["data"] if row["name"] == "another recipe,<br>3 seeds")
    assert len(seeds["x"]) == 3
    assert all(0.97 < accuracy < 1 for accuracy in seeds["x"])
    assert "3 trainings of another, small recipe" in text_of(app)


@pytest.mark.parametrize(("dataset", "rows"), [("mnist-60000", 1), ("kaggle-42000", 1), ("fashion", 0)])
def test_seeds_of_digits_stand_beside_digits_of_any_source_but_not_beside_clothes(
    networks,  # noqa: F811
    drawn,
    dataset,
    rows,
):
    recipe = replace(PRESETS["tiny"], dataset=dataset)
    card = {"learned_from": {"dataset": dataset}, "history": []}
    write_checkpoint(networks / "new", recipe, random_weights(recipe, 3), card)
    unguessed(sure(model="new", judged="test"))
    found = [row["name"] for row in drawn["interval"]["data"] if row["name"].endswith("seeds")]
    assert found == rows * ["another recipe,<br>3 seeds"]


# How sure does it say it is?


def test_the_diagram_is_empty_until_the_guess(drawn):
    app = sure(facet="confidence")
    assert all(trace.get("hoverinfo") == "skip" for trace in drawn["reliability"]["data"])
    assert not app.get("select_slider") or "Temperature" not in [each.label for each in app.select_slider]
    app = guessed(app, 0)
    test = judged("test")
    says = float(test.probabilities.max(axis=1).astype(float).mean())
    place = confidence.right_option(says, test.score.count - test.score.errors, test.score.count)
    assert ("Right." if place == 0 else f"It is: **{confidence.OPTIONS[place]}**") in text_of(app)
    points = [trace for trace in drawn["reliability"]["data"] if trace["type"] == "scatter"]
    assert points[0]["name"] == "as it is"
    assert len(points) == 2  # and with the fitted temperature


def test_what_a_temperature_brings_is_counted_on_the_test_digits(drawn):
    app = unguessed(sure(facet="confidence"))
    slider = next(each for each in app.select_slider if each.label == "Temperature")
    slider.set_value(2.0)
    app = well(app.run())
    test = judged("test")
    changed = with_temperature(test.probabilities, 2.0)
    sureness, right = changed.max(axis=1), changed.argmax(axis=1) == test.labels
    error = sum(
        abs(sureness[inside].mean() - right[inside].mean()) * inside.mean()
        for inside in ((sureness > low) & (sureness <= low + 1 / 15) for low in np.arange(15) / 15)
        if inside.any()
    )
    loss = -np.log(changed[np.arange(FEW), test.labels]).mean()
    row = re.search(r"<th scope=row>yours</th>(.*?)</tr>", html_of(app))[1]
    cells = re.findall(r"<td>([^<]+)</td>", row)
    assert cells == ["2.00", f"{sureness.mean():.2%}", f"{100 * error:.2f} points", f"{loss:.4f}"]


# Is one better than the other?


def test_both_networks_are_counted_on_the_same_digits():
    first, second = judged(), bulk.read_part("other", "mnist", "validation").values
    right = first.probabilities.argmax(axis=1) == first.labels
    other = second.argmax(axis=1) == first.labels
    app = unguessed(sure(facet="two", beside="other"))
    table = re.search(r'class="lab-two">(.*?)</table>', html_of(app))[1]
    counts = [int(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", table) if cell]
    expected = [
        (right & other).sum(),
        (right & ~other).sum(),
        (~right & other).sum(),
        (~right & ~other).sum(),
    ]
    assert counts == expected
    p_value = binomtest(int(expected[1]), int(expected[1] + expected[2])).pvalue
    if expected[1] != expected[2]:
        assert f"in {versus.chance_text(p_value)} of all cases" in text_of(app).replace("\n", " ")


def test_which_is_better_is_not_told_before_a_guess():
    app = sure(facet="two", beside="other")
    assert 'class="lab-two"' not in html_of(app)
    assert "McNemar" not in text_of(app)


def test_a_digit_that_only_one_reads_right_is_taken_in_hand(choose):
    app = unguessed(sure(facet="two", beside="other"))
    place = int(re.search(r'data-choice="(\d+)"', choose.shown["only 0"])[1])
    app = well(choose(app, "only 0", str(place)).run())
    assert links_of(app)[0]["digit"] == f"mnist-validation-{place}"


def test_a_checkpoint_is_not_compared_with_itself():
    assert "the same checkpoint" in text_of(sure(facet="two", beside="classic"))


def test_digits_that_one_has_learned_from_are_left_out(monkeypatch):
    learned = np.arange(FEW) < 120
    monkeypatch.setattr(cache, "was_learned", lambda name, dataset, part: learned & (name == "other"))
    app = unguessed(sure(facet="two", beside="other"))
    assert f"Both read the same {FEW - 120} validation digits" in text_of(app)
    assert "120 more digits aren’t counted" in text_of(app)
    monkeypatch.setattr(cache, "was_learned", lambda name, dataset, part: np.arange(FEW) < 290)
    assert "Only 10 of these digits are left" in text_of(sure(facet="two", beside="other"))


# Over the epochs


def over_epochs(**query):
    return opened("Mistakes", sight="epochs", **query)


def expected_wrong():
    digits = cache.digits("mnist", "validation")
    return [
        load_checkpoint(f"life:{epoch}").network.probabilities(digits.images).argmax(axis=1) != digits.labels
        for epoch in range(1, EPOCHS + 1)
    ]


def test_before_the_guess_the_course_ends_at_the_drop(drawn):
    app = over_epochs(model="life")
    wrong = expected_wrong()
    asked = app.get("button_group")[-1].label
    assert (
        f"after epoch {DROP} the rate was dropped from 0.1 to 0.03. Of the {wrong[DROP - 1].sum()}" in asked
    )
    assert len(drawn["course"]["data"][0]["y"]) == DROP
    app = unguessed(app)
    assert len(drawn["course"]["data"][0]["y"]) == EPOCHS
    healed = (wrong[DROP - 1] & ~wrong[DROP]).sum()
    assert f"**{healed} healed** by epoch {DROP + 1}" in text_of(app).replace("\n", " ")
    cells = re.findall(r"<td>([^<]*)</td>", html_of(app))
    new = (~wrong[DROP - 1] & wrong[DROP]).sum()
    sums = [each.sum() for each in wrong[DROP - 1 : DROP + 1]]
    assert cells == ["2", "0.1 → 0.03", f"{sums[0]} → {sums[1]}", str(healed), str(new)]
    began, never = wrong[0].sum(), np.logical_and.reduce(wrong).sum()
    assert f"Of the {began} that were after epoch 1, {never} were never read right" in text_of(app).replace(
        "\n", " "
    )


def test_the_digits_of_the_epoch_in_hand_are_shown_and_taken_in_hand(choose, drawn):
    app = unguessed(over_epochs(model="life:3"))
    wrong = expected_wrong()
    healed = np.flatnonzero(wrong[1] & ~wrong[2])
    shown = [int(each) for each in re.findall(r'data-choice="(\d+)"', choose.shown["healed digits"])]
    assert shown == healed[: course.MOST_SHOWN].tolist()
    shape = drawn["course"]["layout"]["shapes"][1]
    assert (shape["x0"], shape["x1"]) == (2.5, 3.5)
    app = well(choose(app, "healed digits", str(shown[0])).run())
    assert links_of(app)[0]["digit"] == f"mnist-validation-{shown[0]}"


def test_a_press_takes_the_epoch_after_a_drop(choose):
    app = unguessed(over_epochs(model="life"))
    next(button for button in app.button if button.label == "Epoch 3").click()
    app = well(app.run())
    assert links_of(app)[0]["model"] == "life:3"


def test_one_epoch_is_no_course_and_another_network_is_offered():
    app = over_epochs()
    assert "Only the last epoch" in text_of(app)
    next(button for button in app.button if button.label == "Take life").click()
    app = well(app.run())
    assert links_of(app)[0]["model"] == "life"


def test_only_annealers_that_drop_the_rate_have_drops():
    recipe = replace(PRESETS["tiny"], annealer=Annealer("plateau"))
    records = [Epoch(number, 1.0, 0.5, 1.0, 0.5, 0.1, 1.0, watch(number)) for number in range(EPOCHS + 1)]
    assert course.drops(recipe, records) == [DROP]
    assert course.drops(replace(recipe, annealer=Annealer("cosine")), records) == []


# The readings of all epochs


def test_epochs_are_read_one_after_the_other_and_kept_in_a_byte_a_digit(monkeypatch):
    epochs = tuple(range(1, EPOCHS + 1))
    monkeypatch.setattr(bulk, "READING_SECONDS", 0.0)
    found, counts = None, []
    while not isinstance(found := epoch_readings.read_epochs("life", epochs, "mnist", "validation"), Course):
        counts.append(len(found.values))
        assert found.total == EPOCHS * FEW
    assert counts == sorted(set(counts))
    np.testing.assert_array_equal(found.wrong, expected_wrong())
    assert {read.dtype for read in epoch_readings._read.values()} == {np.dtype(np.uint8)}
    monkeypatch.setattr(bulk, "read_part", None)  # nothing is read again
    again = epoch_readings.read_epochs("life", epochs, "mnist", "validation")
    np.testing.assert_array_equal(again.read, found.read)


def test_what_comes_with_a_network_is_read_from_its_file(networks, monkeypatch):  # noqa: F811
    digits, epochs = cache.digits("mnist", "validation"), tuple(range(EPOCHS + 1))
    found = kept_course.read_course(networks / "life", epochs, digits)
    np.testing.assert_array_equal(found.wrong[1:], expected_wrong())
    kept_course.write_course(networks / "life", found)
    monkeypatch.setattr(bulk, "read_part", None)  # nothing is read here
    again = epoch_readings.read_epochs("life", epochs[1:], "mnist", "validation")
    np.testing.assert_array_equal(again.read, found.read[1:])


def test_why_an_epoch_is_not_read_is_said(monkeypatch):
    problem = Reading(np.zeros((7, 10), np.float32), FEW, "the workers are gone")
    monkeypatch.setattr(bulk, "read_part", lambda *_: problem)
    found = epoch_readings.read_epochs("life", (1, 2), "mnist", "validation")
    assert (len(found.values), found.total, found.problem) == (7, 2 * FEW, "the workers are gone")


def test_old_epochs_are_forgotten(monkeypatch):
    monkeypatch.setattr(epoch_readings, "MOST_KEPT", 2)
    epoch_readings.read_epochs("life", (1, 2), "mnist", "validation")
    epoch_readings.read_epochs("life", (3,), "mnist", "validation")
    assert sorted(key[1] for key in epoch_readings._read) == [2, 3]


def test_a_bundled_network_shows_the_seeds_that_its_card_tells_of(networks, drawn):  # noqa: F811
    recipe = PRESETS["tiny"]
    told = {f"seed {seed}": {"accuracy": 0.99 + seed / 1000} for seed in (1, 2, 3)}
    card = {"learned_from": {"dataset": "mnist"}, "history": [], "seeds": {"test": told | {"committee": {}}}}
    write_checkpoint(networks / "family", recipe, random_weights(recipe, 1), card)
    app = unguessed(sure(model="family", judged="test"))
    seeds = next(row for row in drawn["interval"]["data"] if row["name"] == "3 seeds")
    assert sorted(seeds["x"]) == pytest.approx([0.991, 0.992, 0.993])
    assert "3 trainings of its recipe" in text_of(app)
