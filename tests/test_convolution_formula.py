"""A convolution's formula adds up: its figures are read back out of the LaTeX and computed."""

import math
import re

import numpy as np
import pytest

from app.opened import convolution_formula
from model.layers import Activation, BatchNormalization
from model.probes.convolving import slide


def evaluated(latex):
    """A formula's right-hand side, computed from the figures in it."""
    text = latex.replace(r"\underline", "").replace(r"\,", "").replace(r"\quad", "").replace("&", "")
    text = re.sub(r"\\cdot 10\^\{(-?\d+)\}", r"e\1", text).replace(" e", "e").replace(r"\cdot", "*")
    text = re.sub(r"\\frac\{(.+?)\}\{\\sqrt\{(.+?)\}\}", r"((\1)/(\2)**0.5)", text)
    text = text.replace("{", "(").replace("}", ")").replace(r"\max", "max").replace(r"\tanh", "tanh")
    return eval(text, {"__builtins__": {}}, {"max": max, "tanh": math.tanh})


def test_the_formula_adds_up_from_patch_to_activation():
    random = np.random.default_rng(0)
    x, kernel = (random.normal(size=(3, 3, 2)).astype(np.float32) for _ in range(2))
    at = slide(x, kernel, 0.5).at(0, 0)
    weights = {"gamma": 1.5, "beta": -0.25, "moving_mean": 0.125, "moving_variance": 2.0}
    weights = {name: np.array([value], np.float32) for name, value in weights.items()}
    normalised = 1.5 * (at.total - 0.125) / math.sqrt(2.0 + 1e-3) - 0.25
    behind = [(BatchNormalization(), weights), (Activation("tanh"), {})]
    text = convolution_formula.lines(
        at, kernel, 1, 0.5, behind, 0, [at.total, normalised, math.tanh(normalised)]
    )
    rows = text.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}").split(r"\\")
    assert len(rows) == 3 + 1 + 2
    products = " ".join(rows[:3])
    *_, written, result = products.split("=")
    assert evaluated(written) == pytest.approx(float(at.terms[1]), abs=0.02)
    assert evaluated(result) == pytest.approx(float(at.terms[1]), abs=0.01)
    for row, expected in zip(rows[3:], (at.total, normalised, math.tanh(normalised)), strict=True):
        *_, written, result = row.split("=")
        assert evaluated(written) == pytest.approx(expected, abs=0.02)
        assert evaluated(result) == pytest.approx(expected, abs=0.01)


def test_what_stands_behind_a_kernel_with_one_channel_and_no_bias_takes_its_sum():
    x, kernel = np.ones((3, 3, 1), np.float32), np.full((3, 3, 1), 0.5, np.float32)
    at = slide(x, kernel).at(0, 0)
    text = convolution_formula.lines(at, kernel, 0, None, [(Activation("relu"), {})], 0, [at.total, at.total])
    assert "z" not in text
    assert r"\max(0,\,s) &=" in text


@pytest.mark.parametrize(
    ("function", "value"), [("relu", -0.5), ("leaky_relu", -0.5), ("tanh", 0.3), ("relu", 2.0)]
)
def test_each_activation_is_written_out(function, value):
    given = {"relu": max(0, value), "leaky_relu": max(0.2 * value, value), "tanh": math.tanh(value)}[function]
    at = slide(np.full((1, 1, 1), value, np.float32), np.ones((1, 1, 1), np.float32)).at(0, 0)
    text = convolution_formula.lines(
        at, np.ones((1, 1, 1)), 0, None, [(Activation(function), {})], 0, [value, given]
    )
    *_, written, result = text.removesuffix(r"\end{aligned}").split("=")
    assert evaluated(written) == pytest.approx(given, abs=1e-3)
    assert evaluated(result) == pytest.approx(given, abs=1e-3)


def test_many_terms_leave_a_gap_but_never_the_chosen_one():
    assert convolution_formula.written(6, 6) == [0, 1, 2, 3, 4, 5]
    assert convolution_formula.written(9, 6) == [0, 1, None, 7, 8]
    assert convolution_formula.written(9, 6, 4) == [0, 1, None, 4, None, 7, 8]
    assert convolution_formula.written(9, 6, 2) == [0, 1, 2, None, 7, 8]
    assert convolution_formula.added(["1", "-2", "3"]) == "1 - 2 + 3"


@pytest.mark.parametrize("side", [1, 2, 3, 5, 7, 11, 28])
def test_no_kernel_is_too_large_for_its_formula(side):
    x, kernel = np.ones((side, side, 1), np.float32), np.full((side, side, 1), -0.5, np.float32)
    at = slide(x, kernel).at(0, 0)
    text = convolution_formula.lines(at, kernel, 0, None, [], 0, [at.total])
    assert len(text) < 700
    assert text.count("{") == text.count("}")
    assert text.count("&=") == 1
