"""The Kaggle view in a real browser: a file is sent, refused or answered, and the submission taken away."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from test_look import SMALL_TEXT

from model.checkpoint import load_checkpoint
from model.datasets.mini import read_mini
from model.datasets.pixel_table import PIXELS
from model.kaggle import TEST_ROWS

pytestmark = pytest.mark.browser

PAGE = "Mistakes?sight=kaggle&model=plateau"
WORK_MILLISECONDS = 240_000  # a worker wakes, on a machine that does other things as well
TEXTS = np.array([str(value) for value in range(256)], object)


def field(visitor):
    """Where a file is given."""
    return visitor.page.locator(".lab-table input")


def table(rows):
    """A test.csv's bytes: digits as Kaggle writes them."""
    return "\r\n".join([",".join(PIXELS), *(",".join(TEXTS[row]) for row in rows), ""]).encode()


def give(visitor, path):
    visitor.open(PAGE)
    expect(field(visitor)).to_be_enabled()  # else the file is chosen before the script hears of it
    field(visitor).set_input_files(path)


def test_the_lesson_asks_before_it_tells(visitor):
    visitor.open("Mistakes?sight=kaggle")
    expect(visitor.page.get_by_text("Kaggle’s board would say")).to_have_count(0)
    choices = (
        visitor.page.get_by_role("radio")
        .filter(has_text="%")
        .or_(visitor.page.locator(".st-key-leak").get_by_role("button").filter(has_text="%"))
    )
    choices.last.click()
    expect(visitor.page.get_by_text("Kaggle’s board would say")).to_be_visible()
    expect(visitor.page.locator(".st-key-leak table")).to_be_visible()


def test_a_fault_is_told_with_its_line_and_column(visitor, tmp_path):
    rows = read_mini()[0][:3].reshape(3, 784)
    path = tmp_path / "test.csv"
    path.write_bytes(table(rows).replace(b"\r\n0,0,", b"\r\n0,NaN,", 2).replace(b"NaN", b"0", 1))
    give(visitor, path)
    alert = visitor.page.get_by_test_id("stAlert")
    expect(alert).to_contain_text(
        "line 3, column 2 (pixel1): 'NaN' is not a whole number from 0 to 255", timeout=WORK_MILLISECONDS
    )
    expect(field(visitor)).to_be_enabled()
    path.write_bytes(table(rows))
    field(visitor).set_input_files(path)  # the next attempt
    expect(alert).to_contain_text(
        "27,997 rows are missing: it has 3 instead of 28,000", timeout=WORK_MILLISECONDS
    )


def test_a_file_of_200_megabytes_never_leaves_the_browser(visitor, tmp_path):
    path = tmp_path / "test.csv"
    with path.open("wb") as file:
        file.truncate(204_000_000)
    give(visitor, path)
    expect(visitor.page.locator(".lab-table output")).to_contain_text(
        "This file has 204 MB; at most 100 are taken."
    )
    expect(field(visitor)).to_be_enabled()


@pytest.mark.slow
def test_a_whole_file_is_answered_and_the_submission_taken_away(visitor, server, tmp_path):
    images = np.resize(read_mini()[0], (TEST_ROWS, 784))
    path, taken = tmp_path / "test.csv", tmp_path / "submission.csv"
    path.write_bytes(table(images[:1]))
    give(visitor, path)  # what the workers take to be begun with is no table's
    visitor.page.get_by_test_id("stAlert").wait_for(timeout=WORK_MILLISECONDS)
    before = server.memory_megabytes()
    path.write_bytes(table(images))
    field(visitor).set_input_files(path)
    button = visitor.page.get_by_role("button", name="Download submission.csv")
    button.wait_for(timeout=WORK_MILLISECONDS)
    after = server.memory_megabytes()
    with visitor.page.expect_download() as waiting:
        button.click()
    waiting.value.save_as(taken)
    assert waiting.value.suggested_filename == "submission.csv"
    found = taken.read_bytes()
    header, *lines = found.decode("ascii").split("\n")
    assert (header, lines.pop()) == ("ImageId,Label", "")
    ids, labels = np.array([line.split(",") for line in lines], int).T
    assert np.array_equal(ids, np.arange(1, TEST_ROWS + 1))
    few = load_checkpoint("plateau").network.probabilities(images[:2000].reshape(-1, 28, 28))
    sure = np.sort(few, axis=1)[:, -2] < np.max(few, axis=1) - 1e-3  # rounding may tip the others
    assert np.array_equal(labels[:2000][sure], few.argmax(axis=1)[sure])
    if before is not None and after is not None:
        assert after - before < 40, (before, after)  # the file has over 50, and a class has thirty of them
    visitor.press("Remove the file")
    button.wait_for(state="detached")
    Path(path).unlink()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_sticks_out_and_everything_can_be_read(welcome, theme, width):
    visitor = welcome(color_scheme=theme, viewport={"width": width, "height": 800})
    visitor.open(PAGE)
    visitor.page.get_by_text("Show it without a guess").click()
    visitor.page.locator(".st-key-leak table").wait_for()
    field(visitor).wait_for()
    visitor.settle()
    assert visitor.overflow_pixels() == 0
    assert visitor.page.evaluate(SMALL_TEXT, 14) == []
    if width == 1280:
        box = field(visitor).bounding_box()
        assert box["y"] + box["height"] <= 800
