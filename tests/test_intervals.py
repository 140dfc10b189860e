"""Wilson's interval against its own equation and a published value."""

import math

import pytest

from model.intervals import Z_95, wilson


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
