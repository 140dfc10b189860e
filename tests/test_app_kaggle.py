"""The Kaggle view without a browser: the leak guessed and told, a test.csv read, answered, or refused."""

import json
import re
from concurrent.futures import Future

import numpy as np
import pytest
from finished_run import make_run
from plotly import graph_objects
from test_app_charts import painted
from test_app_pages import html_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import bulk, cache, state, tables, workroom
from app.charts import leak as charts
from app.mistaken import submission
from app.mistaken.submission import Answers, rows_html
from model.checkpoint import load_checkpoint
from model.datasets import DataError, load_digits
from model.kaggle.leak import ARMS, SEEN, UNSEEN, leak
from model.presets import PRESETS
from model.runs.place import runs_folder
from model.workers.calls import READ_IN_BULK, TO_PIXELS

COUNT = 60
NAME = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def nothing_kept(networks, monkeypatch):  # noqa: F811
    """Nothing that another test has read, and a Kaggle with few digits."""
    for module in (submission, tables):
        if hasattr(module, "TEST_ROWS"):
            monkeypatch.setattr(module, "TEST_ROWS", COUNT)
    bulk._jobs.clear()
    yield
    bulk._jobs.clear()
    tables.close()
    workroom.close()


@pytest.fixture
def given():
    """A table as it has just arrived, with no text: whoever reads it is a test."""
    table = tables.Table(NAME, runs_folder() / tables.FOLDER / NAME, 0, whole=True)
    table.folder.mkdir(parents=True)
    table.text.write_bytes(b"text")
    tables._tables[NAME] = table
    return table


@pytest.fixture
def workers(monkeypatch):
    """Workers that do at once what they are asked, by a table of calls."""
    asked, calls = [], {}

    def look(path, *arguments):
        asked.append((path, arguments))
        future = Future()
        if path in calls:
            try:
                future.set_result(calls[path](*arguments))
            except DataError as error:
                future.set_exception(error)
        return future

    monkeypatch.setattr(workroom, "look", look)
    return asked, calls


def kaggle(app=None, **query):
    return opened("Mistakes", sight="kaggle", **query) if app is None else well(app.run())


def gave(app, name):
    """What the browser tells when it has sent a file."""
    app.session_state[f"kept: {submission.GIVEN}"] = name
    return app.run()


def texts(app):
    return " ".join(element.value for element in (*app.markdown, *app.caption, *app.info, *app.error))


# The lesson


def test_the_leak_is_guessed_before_it_is_told():
    app = kaggle()
    question = next(each.label for each in app.get("button_group") if "Guess first" in each.label)
    assert "28,000 digits, and MNIST’s training set holds 24,015 of them" in question
    assert "Kaggle’s board would say" not in texts(app)
    assert "<table>" not in html_of(app)


def expected():
    """Means over the seeds, in percent, computed here."""
    shares = {}
    for arm in ARMS:
        sittings = leak().sittings[arm]
        for part in (SEEN, UNSEEN):
            kept = [each.parts[part] for each in sittings]
            shares[arm, part] = np.mean([(each.count - each.errors) / each.count for each in kept])
        errors = [sum(part.errors for part in each.parts.values()) for each in sittings]
        shares[arm, "all"] = np.mean([1 - each / 28_000 for each in errors])
    return {key: f"{share:.2%}" if share < 0.9999 else "&gt;99.99%" for key, share in shares.items()}


def test_what_the_leak_brings_is_computed_from_the_bundled_figures():
    app = kaggle()
    next(box for box in app.checkbox if box.label == "Show it without a guess").check()
    app = kaggle(app)
    told, shares = texts(app), expected()
    assert f"Kaggle’s board would say **{shares[ARMS[1], 'all']}**" in told
    assert f"of the 3,985 digits that it has not seen it gets **{shares[ARMS[1], UNSEEN]}** right" in told
    cells = re.findall(r"<td><b>([^<]+)</b>", html_of(app))
    assert cells == [shares[arm, part] for part in ("all", SEEN, UNSEEN) for arm in ARMS]
    for arm in ARMS:
        assert f"{len(leak().sittings[arm])} seeds" in html_of(app)


def test_a_guess_is_judged():
    app = kaggle()
    pills = next(each for each in app.get("button_group") if "Guess first" in each.label)
    pills.set_value(0)
    app = kaggle(app)
    assert f"You said: {expected()[ARMS[0], 'all']}. It is: **{expected()[ARMS[1], 'all']}**" in texts(app)


def test_the_chart_has_a_dot_for_every_seed_and_a_line_for_every_mean():
    arms = [("one", [[0.99, 0.98], [0.97], [0.5, 0.6, 0.7]]), ("two", [[1.0], [1.0], [0.9]])]
    figure = charts.leak(["a", "b", "c"], arms, 0.5)
    graph_objects.Figure(painted(figure))  # Plotly knows every word of it
    assert figure["data"][0]["x"] == [0.99, 0.98, 0.97, 0.5, 0.6, 0.7]
    assert np.allclose(figure["data"][1]["x"], [0.985, 0.97, 0.6])
    rows = figure["layout"]["yaxis"]["tickvals"]
    nearest = [min(range(3), key=lambda row: abs(rows[row] - y)) for y in figure["data"][0]["y"]]
    assert nearest == [0, 0, 1, 2, 2, 2]
    alt = charts.leak_alt(["a", "b", "c"], arms)
    assert "one: 98.50% of a, 97.00% of b, 60.00% of c. two: 100.00% of a" in alt


# A test.csv


def test_where_to_give_a_file_says_what_is_taken():
    app = kaggle()
    told = [json.loads(each.proto.json) for each in app.get("bidi_component") if each.proto.json]
    (giving,) = [each for each in told if "tooLarge" in each]
    assert giving["most"] == tables.MOST_BYTES
    assert giving["address"] == "/lab/table"
    assert giving["tooLarge"].startswith("This file has … MB; at most 100 are taken.")
    assert "Give its 60 rows, and classic, epoch" in texts(app)


def test_a_file_is_read_and_answered(given, workers):
    asked, calls = workers
    digits = load_digits("mini", "test").images[:COUNT]

    def to_pixels(text, pixels, rows):
        assert (text, rows) == (str(given.text), COUNT)
        given.pixels.write_bytes(digits.tobytes())
        return COUNT

    calls[TO_PIXELS] = to_pixels
    app = well(gave(kaggle(), NAME))
    assert [path for path, _ in asked] == [TO_PIXELS]  # so few are read here
    assert "<b>60</b> digits are read by classic, epoch" in html_of(app)
    assert not given.text.exists()
    read = load_checkpoint("classic").network.probabilities(digits).argmax(axis=1)
    shown = re.findall(r"<b>(\d)</b> <small>", html_of(app))
    assert shown == [str(digit) for digit in read[: submission.SHOWN]]
    assert "from digits of MNIST that are asked for here" in texts(app)
    (download,) = app.get("download_button")
    assert download.label == "Download submission.csv"
    assert download.proto.deferred_file_id  # made when it is asked for: a browser's test looks into it

    next(each for each in app.button if each.label == "Remove the file").click()
    app = kaggle(app)
    assert not given.folder.exists()
    assert "Download" not in " ".join(each.label for each in app.get("download_button"))


def test_a_large_network_reads_it_by_the_workers(given, workers, monkeypatch):
    asked, calls = workers
    digits = load_digits("mini", "test").images[:COUNT]
    network = load_checkpoint("classic").network
    calls[TO_PIXELS] = lambda *_: given.pixels.write_bytes(digits.tobytes()) and COUNT
    calls[READ_IN_BULK] = lambda recipe, weights, images: network.probabilities(images)
    monkeypatch.setattr(bulk, "HERE", 0)
    monkeypatch.setattr(bulk, "LOOK", 25)
    app = gave(kaggle(), NAME)
    for _ in range(3):  # as the clock does in a browser
        app = well(app.run())
    assert "<b>60</b> digits are read by classic" in html_of(app)
    parts = [arguments[2] for path, arguments in asked if path == READ_IN_BULK]
    assert all(type(part) is np.ndarray for part in parts)  # a file's pixels travel as plain ones
    assert np.array_equal(np.concatenate(parts), digits)


def test_how_far_it_is_is_seen_while_a_worker_reads(given, workers):
    app = well(gave(kaggle(), NAME))
    assert "Its 60 rows are about to be read" in str(app.get("progress")[0].proto)
    given.pixels.write_bytes(bytes(784 * 15))
    app = well(app.run())
    assert "Reading the file: 15 of 60 rows" in str(app.get("progress")[0].proto)
    assert app.get("progress")[0].proto.value == 25


@pytest.mark.parametrize(
    "fault",
    [
        "line 5, column 8 (pixel7): 'NaN' is not a whole number from 0 to 255",
        "1 columns too many, first '![](https://x.y/z)', column 1",
    ],
)
def test_a_fault_is_told_letter_by_letter_and_the_file_goes(given, workers, fault):
    def refuse(*_):
        raise DataError("test.csv", fault)

    workers[1][TO_PIXELS] = refuse
    app = gave(kaggle(), NAME).run()
    (error,) = [each.value for each in app.error]
    assert error.startswith("This file can’t be answered. It")
    assert fault in error.replace("\\", "")
    assert "![](" not in error
    assert not given.folder.exists()
    assert app.session_state[f"kept: {submission.GIVEN}"] is None


def test_a_file_that_is_gone_is_said_to_be():
    app = well(gave(kaggle(), NAME))
    assert "The file is no longer here" in texts(app)
    assert app.session_state[f"kept: {submission.GIVEN}"] is None


@pytest.mark.parametrize("told", [7, "", "../..", "0" * 31, ["x"], None])
def test_what_a_browser_makes_up_is_no_name(told, monkeypatch):
    monkeypatch.setattr(submission, "_giving", lambda **_: None)
    monkeypatch.setattr(state, "widget", lambda _: type("Told", (), {"given": told})())
    assert submission._give() is None


def test_two_students_are_answered_each_their_own(given, workers):
    other = tables.Table(NAME[::-1], runs_folder() / tables.FOLDER / NAME[::-1], 0, whole=True)
    other.folder.mkdir()
    tables._tables[other.name] = other
    digits = load_digits("mini", "test").images
    parts = {str(given.pixels): digits[:COUNT], str(other.pixels): digits[COUNT : 2 * COUNT]}

    def to_pixels(_, pixels, __):
        table = given if pixels == str(given.pixels) else other
        return table.pixels.write_bytes(parts[pixels].tobytes()) // 784

    workers[1][TO_PIXELS] = to_pixels
    apps = [gave(kaggle(), table.name) for table in (given, other)]
    network = load_checkpoint("classic").network
    for app, images in zip(apps, parts.values(), strict=True):
        shown = re.findall(r"<b>(\d)</b> <small>", html_of(well(app)))
        read = network.probabilities(images).argmax(axis=1)
        assert shown == [str(digit) for digit in read[: submission.SHOWN]]


def test_the_first_rows_can_be_heard():
    found = Answers(np.eye(10, dtype=np.float32)[[3, 1]], np.zeros((2, 28, 28), np.uint8))
    shown = rows_html(found)
    assert re.findall(r'aria-label="(Row \d)"[^>]*></i><b>(\d)', shown) == [("Row 1", "3"), ("Row 2", "1")]


# Runs of Kaggle's digits, where their files aren't


def test_a_run_of_kaggles_digits_is_shown_mnists_and_offered_no_test(monkeypatch):
    monkeypatch.delenv("DIGIT_LAB_DATA", raising=False)
    recipe = PRESETS["tiny"].__class__.from_dict(PRESETS["tiny"].to_dict() | {"dataset": "kaggle-42000"})
    run = make_run(runs_folder(), recipe)

    def missing(dataset, part):
        if dataset == "kaggle-42000":
            raise DataError("train.csv", "not found on this machine")
        return load_digits(dataset, part)

    monkeypatch.setattr(cache, "digits", missing)
    found = cache.validation_digits(f"{run}:2")
    assert (found.dataset, found.part) == ("mnist", "validation")
    assert cache.was_learned.__wrapped__(f"{run}:2", "mnist", "validation").all()  # it can't be known
    app = opened("Training", view="take away", run=run)
    assert "Kaggle keeps the labels of its test digits" in texts(app)
    assert "Test it, once" not in {button.label for button in app.button}


def test_of_clothes_there_are_no_others(monkeypatch):
    recipe = PRESETS["tiny"].__class__.from_dict(PRESETS["tiny"].to_dict() | {"dataset": "fashion"})
    run = make_run(runs_folder(), recipe)
    monkeypatch.setattr(cache, "digits", lambda *_: (_ for _ in ()).throw(DataError("fashion", "missing")))
    with pytest.raises(DataError, match="missing"):
        cache.validation_digits(f"{run}:2")
