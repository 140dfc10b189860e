"""What a sweep tells of a digit, in words and as a figure."""

import numpy as np
import pytest

from app import safety, sweep
from app.charts import sweep as charts
from app.charts.sweep import Line
from model.augmentation.transformations import TRANSFORMATIONS
from model.datasets import DIGIT_NAMES, FASHION_NAMES
from model.sweeps import Change, DigitSweep, Safety


def swept(verdicts, strengths=None):
    strengths = np.linspace(-180, 180, len(verdicts)) if strengths is None else strengths
    read = np.full((len(verdicts), 10), 0.01, np.float32)
    read[np.arange(len(verdicts)), verdicts] = 0.91
    changes = tuple(int(place) for place in np.flatnonzero(np.diff(verdicts)) + 1)
    pictures = np.zeros((len(verdicts), 28, 28), np.uint8)
    return DigitSweep("rotation", strengths, pictures, read, changes)


def test_what_is_told_of_a_six_is_the_first_angle_of_the_nine_either_way():
    told = sweep._told(swept([9, 9, 4, 6, 6, 6, 6, 9, 9]), TRANSFORMATIONS["rotation"], 90.0, six=True)
    assert "It is read as **6** from −45° to 90°" in told
    assert "At −90° it is a **4** (91.0% sure)" in told
    assert "At 135° it is a **9**" in told
    assert "It becomes **a 9** at **135°**; your guess was 90°" in told


def test_what_is_told_of_a_digit_that_never_changes():
    told = sweep._told(swept([1] * 5), TRANSFORMATIONS["rotation"], None, six=False)
    assert told == "It is read as **1** from end to end."


def test_the_figure_marks_every_change_of_the_verdict_and_the_guess():
    figure = charts.digit_sweep(swept([9, 9, 4, 6, 6, 6, 6, 9, 9]), TRANSFORMATIONS["rotation"], 90.0)
    uprights = [shape["x0"] for shape in figure["layout"]["shapes"] if shape["type"] == "line"]
    assert uprights == [-112.5, -67.5, 112.5, 90.0]
    named = [note["text"] for note in figure["layout"]["annotations"]]
    assert named == ["<b>9</b>", "<b>4</b>", "<b>6</b>", "<b>9</b>", "your guess"]
    # the ends of the axis are those of the strip of pictures
    assert figure["layout"]["xaxis"]["range"] == [-202.5, 202.5]
    first = figure["data"][0]
    assert first["customdata"][3] == "−45°: reads 6"


def test_a_band_goes_from_the_worst_seed_to_the_best():
    table = np.array([[0.2, 0.9], [0.4, 1.0]])
    figure = charts.accuracies([Line("A", np.array([0.0, 1.0]), table)], TRANSFORMATIONS["noise"], None, "")
    assert len(figure["data"]) == 3
    assert figure["data"][1]["fill"] == "tonexty"
    alt = charts.accuracies_alt([Line("A", np.array([0.0, 1.0]), table)], TRANSFORMATIONS["noise"])
    assert "A: 95.0% at 100%, 30.0% at 0%" in alt


@pytest.mark.parametrize(
    ("digits", "words"), [((6,), "6s"), ((6, 9), "6s and 9s"), ((2, 5, 7), "2s, 5s and 7s")]
)
def test_digits_in_words(digits, words):
    assert safety.listed(digits) == words


def test_clothes_in_words():
    assert safety.listed((0, 9), FASHION_NAMES) == f"{FASHION_NAMES[0]} and {FASHION_NAMES[9]}"


def test_a_few_broken_labels_are_no_safe_ones():
    counts = (100,) * 10
    shown = TRANSFORMATIONS["blur"]
    few = Safety("blur", (0.0, 1.0), counts, (Change(1.0, 4, 9, 3, 0, 0.95),))
    assert "no more than 5% of any class" in safety._verdict(few, shown, (0.0, 1.0), DIGIT_NAMES)
    assert "more than 5% of a class" in safety._verdict(few, shown, None, DIGIT_NAMES)
    none = Safety("blur", (0.0, 1.0), counts, ())
    assert "every digit keeps its label" in safety._verdict(none, shown, (0.0, 1.0), DIGIT_NAMES)
    many = Safety("blur", (0.0, 1.0), counts, (Change(1.0, 4, 9, 6, 0, 0.95),))
    assert "**Unsafe:**" in safety._verdict(many, shown, (0.0, 1.0), DIGIT_NAMES)
