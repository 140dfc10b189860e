"""Mean, spread and Welch's interval of the difference of two recipes over seeds, against SciPy."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from model.seeds import difference_interval, spread, student_quantile

accuracies = st.lists(st.integers(0, 1000).map(lambda right: right / 1000), min_size=2, max_size=8)


@pytest.mark.parametrize("freedom", [1, 1.7, 2, 3, 4.3, 8, 30, 200])
@pytest.mark.parametrize("share", [0.6, 0.9, 0.975, 0.995])
def test_the_quantile_is_student_s(share, freedom):
    assert student_quantile(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), rel=1e-7)


@settings(deadline=None)
@given(accuracies, accuracies)
def test_the_interval_is_welch_s(first, second):
    if min(spread(first)[1], spread(second)[1]) < 1e-6:
        return  # SciPy warns of lost precision where there is no spread to speak of
    expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval()
    assert difference_interval(first, second) == pytest.approx(tuple(expected), rel=1e-6, abs=1e-9)


def test_values_without_spread_beside_some_that_have():
    # by hand: freedom is that of the spread ones, n − 1 = 1, whose quantile is 12.706
    low, high = difference_interval([0.2, 0.4], [0.1, 0.1])
    assert (low, high) == pytest.approx((0.2 - 12.7062 * 0.1, 0.2 + 12.7062 * 0.1), rel=1e-4)


def test_equal_values_have_no_interval():
    assert difference_interval([0.9, 0.9], [0.8, 0.8, 0.8]) == pytest.approx((0.1, 0.1))


def test_one_seed_has_a_mean_and_no_spread():
    assert spread([0.97]) == (0.97, 0.0)
    mean, deviation = spread([1.0, 2.0, 4.0])
    assert mean == pytest.approx(7 / 3)
    assert deviation == pytest.approx(math.sqrt(7 / 3))


def test_one_seed_says_nothing_about_chance():
    with pytest.raises(ValueError, match="two seeds of each are needed, not 1 and 2"):
        difference_interval([0.9], [0.8, 0.9])
