"""The rate formulas, held against the published schedule."""

import numpy as np
import pytest

from model.annealing import one_cycle_rate


def test_one_cycle_climbs_then_falls():
    steps, highest = 1000, 0.01
    rates = np.array([one_cycle_rate(step, steps, highest) for step in range(steps)])
    top = int(rates.argmax())
    assert top == 299
    assert rates[top] == pytest.approx(highest)
    assert rates[0] == pytest.approx(highest / 25)
    assert rates[-1] == pytest.approx(highest / 25 / 1e4)
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[top:]) < 0).all()


def test_one_cycle_gives_the_values_of_pytorchs_own_schedule():
    # torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=10), defaults, read off once
    expected = [0.004, 0.052, 0.1, 0.0950484, 0.0811745, 0.0611261, 0.0388743, 0.0188259, 0.0049520, 4e-7]
    np.testing.assert_allclose([one_cycle_rate(i, 10, 0.1) for i in range(10)], expected, rtol=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7])
def test_one_cycle_is_a_rate_however_short_the_training(steps):
    rates = [one_cycle_rate(step, steps, 0.1) for step in range(steps)]
    assert all(0 < rate <= 0.1 for rate in rates)
