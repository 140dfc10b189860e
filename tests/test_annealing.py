"""The rates, held against Keras's own schedules and callbacks and against the published ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.annealing import ANNEALERS, REASONS, Annealer, Annealing, Plateau, rate_at, rate_curve
from model.early_stopping import EarlyStopping, Patience
from model.history import Epoch

HIGHEST, PER_EPOCH, EPOCHS = 0.01, 13, 12


def curve(highest=HIGHEST, per_epoch=PER_EPOCH, epochs=EPOCHS, **fields):
    return rate_curve(Annealer(**fields), highest, per_epoch, epochs)


def of_keras(schedule):
    return np.array([float(schedule(step)) for step in range(PER_EPOCH * EPOCHS)])


def epoch(number, loss=None, accuracy=None):
    return Epoch(number, 1.0, 0.5, loss, accuracy, 0.1, 1.0)


def test_step_is_kerass_exponential_decay_as_a_staircase():
    keras = pytest.importorskip("keras")
    schedule = keras.optimizers.schedules.ExponentialDecay(HIGHEST, 3 * PER_EPOCH, 0.4, staircase=True)
    np.testing.assert_allclose(curve(name="step", factor=0.4, every=3), of_keras(schedule), rtol=1e-6)


def test_exponential_is_kerass_exponential_decay():
    keras = pytest.importorskip("keras")
    schedule = keras.optimizers.schedules.ExponentialDecay(HIGHEST, 5 * PER_EPOCH, 0.3)
    np.testing.assert_allclose(curve(name="exponential", factor=0.3, every=5), of_keras(schedule), rtol=1e-6)


@pytest.mark.parametrize("warm_up", [0.0, 0.05, 0.25, 0.9])
def test_cosine_is_kerass_cosine_decay_with_its_warm_up(warm_up):
    keras = pytest.importorskip("keras")
    steps = PER_EPOCH * EPOCHS
    climb = int(warm_up * steps)
    schedule = keras.optimizers.schedules.CosineDecay(
        HIGHEST / 25 if climb else HIGHEST,
        steps - climb,
        alpha=1e-4 / HIGHEST,
        warmup_target=HIGHEST if climb else None,
        warmup_steps=climb,
    )
    found = curve(name="cosine", min_lr=1e-4, warm_up=warm_up)
    np.testing.assert_allclose(found, of_keras(schedule), rtol=1e-4)


def test_cosine_never_ends_above_where_it_began():
    assert curve(name="cosine", min_lr=0.5, warm_up=0.2).max() <= HIGHEST


@pytest.mark.parametrize("name", ["none", "plateau"])
def test_what_nothing_is_known_of_beforehand_stays(name):
    assert set(curve(name=name)) == {HIGHEST}


def one_cycle(steps, highest):
    return rate_curve(Annealer("one-cycle"), highest, steps, 1)


def test_one_cycle_climbs_then_falls():
    steps, highest = 1000, 0.01
    rates = one_cycle(steps, highest)
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
    np.testing.assert_allclose(one_cycle(10, 0.1), expected, rtol=1e-4)


@pytest.mark.parametrize("name", ANNEALERS)
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7])
def test_a_rate_is_a_rate_however_short_the_training(name, steps):
    rates = curve(highest=0.1, per_epoch=steps, epochs=1, name=name, warm_up=0.5)
    assert rates.shape == (steps,)
    assert ((rates > 0) & (rates <= 0.1)).all()


@pytest.mark.parametrize("name", ANNEALERS)
def test_one_rate_is_the_curves_own_also_after_its_end(name):
    annealer = Annealer(name, warm_up=0.3)
    rates = rate_curve(annealer, HIGHEST, PER_EPOCH, EPOCHS)
    for step in (0, 1, 50, 155):
        assert rate_at(annealer, HIGHEST, step, PER_EPOCH, EPOCHS) == rates[step]
    assert 0 < rate_at(annealer, HIGHEST, 156, PER_EPOCH, EPOCHS) <= HIGHEST


class Network:
    """As much of a Keras model as its callbacks touch."""

    def __init__(self, keras, rate):
        self.optimizer = keras.optimizers.SGD(rate)
        self.stop_training = False
        self.metrics = []


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.integers(0, 1000).map(lambda right: right / 1000), min_size=1, max_size=25),
    factor=st.sampled_from([0.1, 0.3, 0.5, 0.9]),
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([0.0, 0.001, 0.01, 0.1]),
    cooldown=st.integers(0, 3),
    min_lr=st.sampled_from([0.0, 1e-5, 1e-3, 0.02]),
    monitor=st.sampled_from(["accuracy", "loss"]),
)
def test_plateau_is_kerass_own_callback(values, factor, patience, min_delta, cooldown, min_lr, monitor):
    keras = pytest.importorskip("keras")
    annealer = Annealer("plateau", factor, patience, min_delta, cooldown, min_lr, monitor)
    network = Network(keras, 0.01)
    callback = keras.callbacks.ReduceLROnPlateau(
        monitor=f"val_{monitor}",
        mode="min" if monitor == "loss" else "max",
        factor=factor,
        patience=patience,
        min_delta=min_delta,
        cooldown=cooldown,
        min_lr=min_lr,
    )
    callback.set_model(network)
    callback.on_train_begin()
    plateau = Plateau(annealer, 0.01)
    for number, value in enumerate(values):
        best, before = callback.best, float(network.optimizer.learning_rate)
        callback.on_epoch_end(number, {f"val_{monitor}": value})
        watch = plateau.after(value)
        assert np.float32(watch.rate_before) == np.float32(before)
        assert np.float32(watch.rate_after) == np.float32(network.optimizer.learning_rate)
        assert (watch.best, watch.value, watch.monitor) == (best, value, monitor)
        assert watch.cooldown_left == callback.cooldown_counter
        assert watch.reason in REASONS
        assert (watch.reason == "dropped") == (watch.rate_after < watch.rate_before)
        left = 0 if watch.reason == "dropped" else max(0, patience - callback.wait)
        assert watch.patience_left == left


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.integers(0, 100).map(lambda right: right / 100), min_size=1, max_size=25),
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([0.0, 0.01, 0.1]),
    monitor=st.sampled_from(["accuracy", "loss"]),
)
def test_early_stopping_is_kerass_own_callback(values, patience, min_delta, monitor):
    keras = pytest.importorskip("keras")
    callback = keras.callbacks.EarlyStopping(
        f"val_{monitor}", min_delta, patience, mode="min" if monitor == "loss" else "max"
    )
    network = Network(keras, 0.01)
    callback.set_model(network)
    callback.on_train_begin()
    ours = Patience(EarlyStopping(patience, min_delta, monitor))
    for number, value in enumerate(values):
        callback.on_epoch_end(number, {f"val_{monitor}": value})
        assert ours.after(epoch(number + 1, value, value)) == network.stop_training
        if ours.is_over:
            return


@pytest.mark.parametrize("name", ANNEALERS)
def test_what_goes_on_after_any_epoch_is_what_was_never_broken_off(name):
    annealer = Annealer(name, factor=0.3, patience=2, min_delta=0.01, cooldown=1, warm_up=0.2)
    accuracies = [0.5, 0.7, 0.7, 0.69, 0.71, 0.71, 0.705, 0.72, 0.72, 0.72, 0.72, 0.72]
    epochs = [epoch(0, accuracy=0.1)]
    epochs += [epoch(number, accuracy=value) for number, value in enumerate(accuracies, start=1)]
    whole = Annealing(annealer, HIGHEST, PER_EPOCH, EPOCHS)
    watches = [whole.after(each) for each in epochs[1:]]
    for done in range(EPOCHS):
        again = Annealing(annealer, HIGHEST, PER_EPOCH, EPOCHS, epochs[: done + 1])
        start = HIGHEST / 25 if name in ("cosine", "one-cycle") else HIGHEST
        expected = watches[done - 1].rate_after if done else pytest.approx(start)
        assert again.rate(done * PER_EPOCH) == expected
        assert [again.after(each) for each in epochs[done + 1 :]] == watches[done:]


def test_a_schedule_says_between_which_rates_it_stands():
    annealing = Annealing(Annealer("step", factor=0.5, every=1), 0.1, 10, 3)
    watch = annealing.after(epoch(1))
    assert (watch.rate_before, watch.rate_after, watch.reason) == (0.1, 0.05, "by schedule")
    assert (watch.monitor, watch.value, watch.best) == ("", None, None)


def test_patience_goes_on_where_it_was():
    epochs = [epoch(number, accuracy=value) for number, value in enumerate((0.1, 0.9, 0.8, 0.7, 0.6))]
    for done in range(1, 5):
        patience = Patience(EarlyStopping(3), epochs[:done])
        assert not patience.is_over
        assert [patience.after(each) for each in epochs[done:]] == [False] * (4 - done) + [True]
    assert Patience(EarlyStopping(3), epochs).is_over


@pytest.mark.parametrize("monitor", ["accuracy", "loss"])
def test_nothing_to_watch_is_said(monitor):
    annealing = Annealing(Annealer("plateau", monitor=monitor), 0.1, 10, 3)
    with pytest.raises(ValueError, match=f"epoch 1 has no validation {monitor}"):
        annealing.after(epoch(1))


def test_rates_are_told_in_few_digits():
    plateau = Plateau(Annealer("plateau", factor=0.5, patience=1), 0.001)
    assert [plateau.after(0.9).rate_after for _ in range(3)] == [0.001, 0.0005, 0.00025]
