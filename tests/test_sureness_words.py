"""How sure, in words: what so many digits tell, who is better, and by how much that may be chance."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from app.judging import Judged
from app.mistaken import confidence, course, interval, versus
from app.mistaken.versus import Pair
from model.evaluation.comparing import Comparison


@pytest.mark.parametrize(("right", "count"), [(9960, 10_000), (965, 1000), (50, 100), (100, 100), (0, 50)])
def test_so_many_digits_halve_the_interval(right, count):
    def width(of):
        found = binomtest(round(right / count * of), of).proportion_ci(method="wilson")
        return found.high - found.low

    needed = interval.halving_count(right, count)
    assert width(needed) <= width(count) / 2 * (1 + 1e-9)
    assert width(round(needed * 0.97)) > width(count) / 2
    assert 1.9 < needed / count < 4.5


def test_as_sure_as_right_is_what_chance_allows():
    assert confidence.right_option(0.96, 960, 1000) == 1
    assert confidence.right_option(0.99, 960, 1000) == 0
    assert confidence.right_option(0.91, 960, 1000) == 2


def pair_of(first, second, labels):
    found = Judged(None, "mnist", "test", np.eye(10)[first], np.array(labels), None, 0)
    return Pair(found, np.eye(10)[second], ("one", "other"), np.arange(len(labels)))


def test_a_difference_is_told_with_its_interval_and_its_chance():
    real, luck = Comparison(9900, 40, 10, 50), Comparison(9900, 12, 10, 78)
    assert [versus.verdict(each) for each in (real, luck, Comparison(90, 1, 30, 9))] == [0, 2, 1]
    low, high = (10_000 * end for end in real.difference_interval_95)
    said = versus.sentence(real, ("one", "other"))
    assert said.startswith(
        f"**one** reads 30 digits of 10,000 more right (95% interval {low:.0f} to {high:.0f})"
    )
    assert "hardly chance" in said
    assert "it may be chance" in versus.sentence(luck, ("one", "other"))
    assert versus.sentence(Comparison(1, 2, 9, 8), ("one", "other")).startswith("**other** reads 7 digits")
    assert "equally many" in versus.sentence(Comparison(5, 3, 3, 1), ("one", "other"))


@pytest.mark.parametrize(
    ("p_value", "said"), [(1.0, "100%"), (0.031, "3.1%"), (0.5, "50%"), (1e-9, "less than 0.01%")]
)
def test_a_chance_is_said_in_percent(p_value, said):
    assert versus.chance_text(p_value) == said


def test_digits_that_one_alone_reads_right_come_with_the_others_surest_mistake_first():
    pair = pair_of([1, 2, 3, 4], [1, 9, 9, 9], [1, 2, 3, 5])
    assert versus.only_right(pair, 0).tolist() == [1, 2]
    assert versus.only_right(pair, 1).tolist() == []
    doubtful = pair.second * np.array([1, 0.4, 0.9, 1])[:, None]
    assert versus.only_right(replace(pair, second=doubtful), 0).tolist() == [2, 1]


@pytest.mark.parametrize(
    ("part", "whole", "place"), [(0, 76, 0), (20, 76, 1), (38, 76, 2), (76, 76, 4), (0, 0, 0)]
)
def test_a_share_is_told_by_its_nearest_quarter(part, whole, place):
    assert course.nearest_quarter(part, whole) == place
