"""Wilson's interval against its own equation and a published value; the paired one against simulation."""

import math

import numpy as np
import pytest

from model.intervals import Z_95, paired, wilson


def score_equation(share, p, count):
    return abs(share - p) - Z_95 * math.sqrt(p * (1 - p) / count)


@pytest.mark.parametrize(("successes", "count"), [(9942, 10_000), (1, 2), (499, 500), (30, 41), (2500, 5000)])
def test_both_ends_solve_the_score_equation(successes, count):
    low, high = wilson(successes, count)
    assert low < successes / count < high
    for end in (low, high):
        assert score_equation(successes / count, end, count) == pytest.approx(0, abs=1e-12)


def test_a_published_value():
    # Newcombe 1998, table I: 81 of 263, Wilson without continuity correction
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_the_ends_stay_inside():
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == pytest.approx(1, abs=1e-12)
    assert wilson(10, 10)[1] <= 1
    assert 0 < wilson(10, 10)[0] < 1


@pytest.mark.parametrize(("successes", "count"), [(0, 0), (-1, 5), (6, 5)])
def test_what_was_not_counted_has_no_interval(successes, count):
    with pytest.raises(ValueError, match="an interval needs"):
        wilson(successes, count)


@pytest.mark.parametrize(
    ("lost", "gained", "count"), [(0.02, 0.005, 500), (0.1, 0.02, 100), (0.004, 0.004, 500)]
)
def test_the_paired_interval_holds_the_true_fall_as_often_as_it_says(lost, gained, count):
    random = np.random.default_rng(1)
    cells = random.multinomial(count, [lost, gained, 1 - lost - gained], 4000)
    ends = (paired(one, other, count) for one, other, _ in cells.tolist())
    holds = [low <= lost - gained <= high for low, high in ends]
    assert 0.94 <= np.mean(holds) <= 0.995  # of 95%; where few digits change it can only be wider


def test_a_pair_by_hand():
    # Agresti & Min 2005: half a digit added to each of the four counts
    low, high = paired(60, 30, 300)
    assert (low + high) / 2 == pytest.approx(30 / 302)
    assert (high - low) / 2 == pytest.approx(1.959964 * math.sqrt(91 - 30**2 / 302) / 302)
    back = paired(30, 60, 300)
    assert back == (pytest.approx(-high), pytest.approx(-low))
    assert paired(0, 0, 1)[1] <= 1


@pytest.mark.parametrize("told", [(0, 0, 0), (-1, 0, 5), (3, 3, 5)])
def test_what_was_not_read_twice_has_no_interval(told):
    with pytest.raises(ValueError, match="an interval needs"):
        paired(*told)
