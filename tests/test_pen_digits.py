"""The benchmark of drawn digits: its parser, and that it measures what it says."""

import pytest

from benchmarks.pen_digits import PenDigit, enlarge, half, parse_pen_digits, read, variants
from model.checkpoint import load_checkpoint

TEXT = """.INCLUDE dene.doc
.LEXICON "0" "1"

.SEGMENT DIGIT    0 ? "8"
.COMMENT 8 12  224
.PEN_DOWN
 0  500
 250  250
.PEN_UP
.PEN_DOWN
 500 0
.PEN_UP
.SEGMENT DIGIT    1 ? "1"
.PEN_DOWN
 250 400
 250 100
.PEN_UP
"""


def test_strokes_come_out_upright_in_canvas_pixels():
    eight, one = parse_pen_digits(TEXT)
    assert eight == PenDigit(8, (((0.0, 0.0), (140.0, 140.0)), ((280.0, 280.0),)), writer=12)
    assert (one.label, one.writer) == (1, 0)  # nobody says whose it is
    assert one.strokes == (((140.0, pytest.approx(56)), (140.0, pytest.approx(224))),)


@pytest.mark.parametrize("line", [" 12", " 3 4 5", " a b"])
def test_a_broken_line_is_named_or_no_number(line):
    with pytest.raises(ValueError, match=r"line 7 is no point|invalid literal"):
        parse_pen_digits(TEXT.replace(" 0  500", line))


def test_a_digit_is_enlarged_in_the_middle():
    _, one = parse_pen_digits(TEXT)
    assert enlarge(one, 200).strokes == (((140.0, pytest.approx(40)), (140.0, pytest.approx(240))),)


def test_a_drawn_1_is_read_with_every_step():
    _, one = parse_pen_digits(TEXT)
    assert next(name for name, _ in variants()) == "all steps"
    assert read([one, PenDigit(0, (((140.0, 140.0),),))], 20, (), load_checkpoint().network) == [1, None]


def test_each_writer_is_in_one_half():
    digits = [
        PenDigit(number % 10, (((0.0, 0.0),),), writer) for number, writer in enumerate([4, 9, 2, 7, 4])
    ]
    assert [digit.writer for digit in half(digits, "choose")] == [2, 7]
    assert [digit.writer for digit in half(digits, "report")] == [4, 9, 4]
    assert half(digits, "both") == digits


def test_the_real_file_has_as_many_digits_as_it_says(shared_data):
    digits = parse_pen_digits((shared_data / "pen" / "pendigits-orig.tra").read_text("ascii"))
    assert len(digits) == 7494
    assert {digit.label for digit in digits} == set(range(10))
    assert {digit.writer for digit in digits} == set(range(1, 31))
    assert [len(half(digits, which)) for which in ("choose", "report")] == [3745, 3749]
    assert all(
        0 <= value <= 280
        for digit in digits
        for stroke in digit.strokes
        for point in stroke
        for value in point
    )
