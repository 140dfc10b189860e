"""What a training costs: the work of a digit counted by hand, and an estimate that follows it."""

from dataclasses import replace

import numpy as np
import pytest

from model.cost import (
    DIGITS,
    FITTED,
    Machine,
    Work,
    estimated_seconds,
    measure_machine,
    shares,
    speed_key,
    work,
)
from model.datasets import DATASETS, load_digits, parts_of
from model.layers import Conv2D, Dense
from model.presets import PRESETS

MACHINE = Machine(products=1e11, bytes=3e10)
QUICK = PRESETS["quick"]


def test_the_digits_of_every_data_set_are_counted():
    assert set(DIGITS) == set(DATASETS)
    assert DIGITS["mini"] == (len(load_digits("mini", "train")), len(load_digits("mini", "validation")))
    assert all(bool(read) == ("validation" in parts_of(name)) for name, (_, read) in DIGITS.items())


@pytest.mark.slow
def test_they_are_those_of_mnists_files(shared_data):
    for name in ("mnist", "mnist-60000"):
        learned, read = DIGITS[name]
        assert learned == len(load_digits(name, "train", shared_data / "mnist"))
        if read:
            assert read == len(load_digits(name, "validation", shared_data / "mnist"))


def test_the_work_of_quick_by_hand():
    # 24×24×8 and 10×10×24 maps; pooled to 12×12×8 and 5×5×24, activated there; dense 128 activated, dense 10
    others = 2 * (12 * 12 * 8 + 5 * 5 * 24) + 2 * 128 + 2 * 10
    assert work(QUICK) == Work(QUICK.multiply_adds, 24 * 24 * 8 + 10 * 10 * 24, 0, others, 1 / 256, 11 / 256)


def test_the_estimate_is_the_weighed_sum_of_its_parts_over_all_digits():
    expected = np.dot(FITTED, shares(work(QUICK), MACHINE)) * (55_000 + 5_000 / 3)
    assert estimated_seconds(QUICK, MACHINE) == pytest.approx(expected)
    mini = replace(QUICK, dataset="mini")
    ratio = estimated_seconds(QUICK, MACHINE) / estimated_seconds(mini, MACHINE)
    assert ratio == pytest.approx((55_000 + 5_000 / 3) / (3_000 + 1_000 / 3))


@pytest.mark.parametrize(
    "change",
    [
        {"layers": (Conv2D(16, 5), *QUICK.layers[1:])},
        {"layers": (*QUICK.layers[:7], Dense(512), *QUICK.layers[8:])},
        {"layers": (*QUICK.layers[:3], Conv2D(8, 3, padding="same"), *QUICK.layers[3:])},
        {"batch_size": 16},
        {"dataset": "mnist-60000"},
    ],
)
def test_what_asks_for_more_is_expected_to_take_longer(change):
    assert estimated_seconds(replace(QUICK, **change), MACHINE) > estimated_seconds(QUICK, MACHINE)


@pytest.mark.parametrize("change", [{"epochs": 9}, {"seed": 3}, {"name": "other"}])
def test_what_changes_nothing_about_an_epoch_changes_nothing_here(change):
    other = replace(QUICK, **change)
    assert estimated_seconds(other, MACHINE) == estimated_seconds(QUICK, MACHINE)
    assert speed_key(other) == speed_key(QUICK)


def test_a_machine_twice_as_fast_takes_half_the_time_but_for_what_each_batch_costs():
    fast = Machine(2 * MACHINE.products, 2 * MACHINE.bytes)
    slow_parts, fast_parts = (np.array(shares(work(QUICK), machine)) for machine in (MACHINE, fast))
    assert fast_parts[:4] * 2 == pytest.approx(slow_parts[:4])
    assert fast_parts[4:] == pytest.approx(slow_parts[4:])


def test_this_machine_is_as_fast_as_machines_are():
    machine = measure_machine()
    assert 1e8 < machine.products < 1e14
    assert 1e8 < machine.bytes < 1e13
