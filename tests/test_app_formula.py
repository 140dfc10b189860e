"""Numbers, sums and shares as formulas, and the numbers that one guesses among."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.opened import averaging, dense, formula, softmax
from model.probes.tempering import temper
from model.probes.weighing import weigh


@pytest.mark.parametrize(
    ("value", "text", "latex"),
    [
        (0, "0", "0"),
        (-0.0312, "−0.0312", "-0.0312"),
        (0.5, "0.500", "0.500"),
        (-4.104, "−4.10", "-4.10"),
        (21.94, "21.9", "21.9"),
        (12345.6, "12,346", "12{,}346"),
        (-1.23e-7, "−1.2·10⁻⁷", r"-1.2 \cdot 10^{-7}"),
        (3e8, "3.0·10⁸", r"3.0 \cdot 10^{8}"),
        (0.999959, "0.999959", "0.999959"),
        (1, "1.00", "1.00"),
        (1.002, "1.0020", "1.0020"),
    ],
)
def test_numbers_have_the_digits_that_count(value, text, latex):
    assert formula.plain(value) == text
    assert formula.number(value) == latex


def test_what_is_no_number_is_said_so():
    assert formula.plain(float("nan")) == "no number"
    assert formula.plain(float("inf")) == "∞"


@given(st.floats(-1e8, 1e8).filter(lambda value: value == 0 or abs(value) > 1e-12))
def test_a_number_as_text_is_near_the_number(value):
    text = formula.plain(value).replace("−", "-").replace(",", "")
    text = text.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")).replace("·10", "e")
    assert float(text) == pytest.approx(value, rel=0.06)


def test_a_sum_names_its_strongest_terms_and_what_is_left():
    kernel = np.array([[2.0], [-3], [0.5], [0.25]])
    found = weigh({"kernel": kernel, "bias": np.array([0.125])}, np.ones(4), 0)
    said = dense.sum_formula(found, "z_0", "b")
    assert said.index("input 1") < said.index("input 0") < said.index("input 2")
    assert "1 more" in said
    assert said.endswith("= -0.125")
    assert "{b}" not in dense.sum_formula(found, "z_0", "")


def test_a_mean_leaves_out_the_middle():
    said = averaging.mean_formula(np.arange(16.0).reshape(4, 4), 5)
    assert r"\dots" in said
    assert said.startswith("y_{5}")
    assert said.endswith("= 7.50")
    assert r"\dots" not in averaging.mean_formula(np.ones((1, 2)), 0)


def test_a_share_is_written_out():
    found = temper(np.array([1.0, 3.0, 0.0]))
    said = softmax.share_formula(found, 1)
    assert said.startswith("p_{1} = ")
    assert "e^{3.00}" in said
    assert said.endswith(f"= {found.probabilities[1]:.3f}")


@given(st.floats(0.02, 1), st.floats(0.02, 1), st.integers(2, 128))
def test_there_is_always_one_right_share_to_guess(then, now, count):
    options, right = softmax.shares_around(then, now, count)
    assert len(options) == len(set(options)) >= 2
    assert options[right] == softmax.chance(then)


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_there_is_always_one_right_number_to_guess(right, more):
    options, at = dense.numbers_around(right, right + more)
    assert options[at] == right
    assert options == sorted(set(options))
    assert len(options) >= 2
