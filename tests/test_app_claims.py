"""Claims as Streamlit runs them, without browser or workers: first the guess, then what was measured."""

import json
import re
import zlib
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from synthetic_runs import grow
from test_app_pages import html_of, links_of, networks, opened, well  # noqa: F401 - a fixture among them

from app import owner, workroom
from app.charts import claims as charts
from app.claiming import again, arms, telling
from app.claiming.arms import Shown
from app.prose import passages
from model.claims.catalogue import CLAIMS, LEVEL, SEEDS, SHIFTS
from model.claims.outcomes import NO_NUMBER, Outcome
from model.claims.verdicts import compare, figures
from model.layers import AveragePooling2D, MaxPooling2D
from model.presets import PRESETS
from model.seeds import difference_interval
from model.workers.calls import FINAL_SCORE

# Test digits read right of 10,000, by arm and seed: the first two can't be told apart, the third is behind.
TESTS = {"maximum": (9700, 9710, 9720), "average": (9690, 9715, 9722), "strides": (9500, 9510, 9505)}
POOLING = CLAIMS["pooling"]


def made(seed, test=9000, level=0.97, epochs=20, **more):
    """An outcome that cost nothing."""
    climb = [level - (level - 0.1) * 0.5**epoch for epoch in range(epochs + 1)]
    losses = tuple(2.3 * (1 - share) for share in climb)
    return Outcome(seed, (None, *losses[1:]), losses, tuple(climb), test=(test, 10_000), **more)


@pytest.fixture(autouse=True)
def no_workers(networks, monkeypatch):  # noqa: F811
    """Work is asked for, and nobody does it but the final test, which always comes to the same."""

    class Nobody:
        problem, slots = "", 1

        def look(self, path, *_):
            done = Future()
            if path == FINAL_SCORE:
                interval = [0.88, 0.92]
                done.set_result(
                    {"accuracy": 0.9, "count": 1000, "errors": 100, "confidence_interval_95": interval}
                )
            return done

    monkeypatch.setattr(workroom, "start", lambda: Nobody())
    monkeypatch.setattr(owner, "is_at_this_machine", lambda: False)
    yield
    workroom.close()


@pytest.fixture
def bundled(monkeypatch):
    """Figures of our own in the place of those that were measured."""

    def outcomes(arm):
        return tuple(
            made(seed, test) for seed, test in zip(SEEDS, TESTS.get(arm.name, (9000,) * 3), strict=True)
        )

    monkeypatch.setattr(arms, "outcomes", outcomes)


def figures_of(app):
    packed = [e.proto.bytes for e in app.get("bidi_component") if e.proto.bytes]
    unpacked = []
    for content in packed:
        try:
            unpacked.append(json.loads(zlib.decompress(content)))
        except (zlib.error, UnicodeDecodeError):  # another component's
            continue
    return [each for each in unpacked if "layout" in each]


def at(claim, **query):
    return opened("Architecture", side="claims", claim=claim, **query)


def guessed(app, guess):
    pills = next(each for each in app.get("button_group") if each.label.startswith("Guess first: which"))
    pills.set_value(guess)
    return well(app.run())


def press(app, label):
    next(button for button in app.button if button.label == label).click()
    return well(app.run())


def text_of(app):
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def test_a_claim_asks_before_it_shows_what_is_known(bundled):
    app = at("pooling")
    assert "Maximum pooling reads better" in text_of(app)
    shown = html_of(app)
    assert "multiply-adds" in shown
    assert "average pooling 2×2" in shown  # what is compared
    assert figures_of(app) == []
    assert "Confirmed" not in shown
    assert "97.1" not in shown


def test_what_differs_is_shown_and_what_doesnt_is_said(bundled):
    app = at("rate")
    for arm in CLAIMS["rate"].arms:
        assert f"sgd, rate {arm.recipe.optimizer.learning_rate:g}</td>" in html_of(app)
    recipe = CLAIMS["rate"].arms[0].recipe
    same = f"All else is the same: {recipe.epochs} epochs on mini in batches of {recipe.batch_size}; "
    assert f"{same}no annealer." in text_of(app)
    assert "adam, rate 0.003, annealer cosine" in text_of(at("filters"))


def test_after_a_guess_the_curves_the_verdict_and_the_intervals_are_there(bundled):
    app = guessed(at("pooling"), "strides")
    shown = html_of(app)
    low, high = difference_interval(*([n / 1e4 for n in TESTS[name]] for name in ("maximum", "strides")))
    assert "<b>Confirmed in part</b> over 3 seeds." in shown
    assert f"<b>strides</b> by 2.05 points ({100 * low:.2f} to {100 * high:.2f})" in shown
    assert "<b>average</b>: 0.01 points, but the interval" in shown
    assert "97.10% ± 0.10" in shown
    assert "You guessed <b>strides</b>; ahead are <b>maximum</b>, <b>average</b>" in shown
    (figure,) = figures_of(app)
    assert [trace["name"] for trace in figure["data"]] == [n for n in TESTS for _ in range(3)]
    assert "maximum ends at 97.0%" in figure["alt"]
    assert "test digits (10,000) read once" in text_of(app)


@pytest.mark.parametrize(
    ("guess", "said"),
    [
        ("maximum", "It is among those"),
        (telling.NO_DIFFERENCE, "You guessed <b>no difference</b>; ahead are"),
    ],
)
def test_the_guess_is_judged_by_what_chance_leaves_open(bundled, guess, said):
    assert said in html_of(guessed(at("pooling"), guess))


def test_the_guess_without_a_difference_and_the_plain_ones():
    claim = CLAIMS["normalisation"]
    same = {"without": (3.0, 4.0), "with": (4.0, 3.0)}
    apart = {"without": (4.0, 4.0), "with": (2.0, 2.0)}
    assert telling._guessed(claim, same, telling.NO_DIFFERENCE).endswith("so it is.")
    assert telling._guessed(claim, apart, "with") == "You guessed **with**, and so it is."
    assert telling._guessed(claim, apart, "without") == "You guessed **without**; it was **with**."
    assert telling._guessed(claim, apart, telling.NO_DIFFERENCE).endswith("it was **with**.")


def test_numbers_can_be_seen_without_a_guess(bundled):
    app = at("filters")
    next(box for box in app.checkbox if box.label == "Show it without a guess").set_value(True)
    app = well(app.run())
    assert len(figures_of(app)) == 1
    assert "You guessed" not in html_of(app)


FAST = ("normalisation", "shift")  # of the rest the picture and the words are tested without a page


@pytest.mark.parametrize(
    "name", [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in CLAIMS]
)
def test_every_claim_opens_with_what_is_bundled(name):
    app = at(name)
    assert telling.claimed(CLAIMS[name])[:30] in text_of(app)
    next(box for box in app.checkbox if box.label == "Show it without a guess").set_value(True)
    app = well(app.run())
    (figure,) = figures_of(app)
    assert figure["alt"]
    assert "lab-claim-dots" in html_of(app)


def test_an_unknown_claim_is_the_first():
    assert "Batch normalisation needs fewer epochs" in text_of(at("nonsense"))


def test_one_press_trains_a_claims_recipes_again_as_one_experiment(bundled):
    app = press(at("pooling"), "Train these 9 again")
    runs = workroom.store().find(owner="a student")[::-1]
    assert [run.recipe for run in runs] == POOLING.recipes()
    assert {run.experiment for run in runs} == {runs[0].id}
    assert all(run.notes["claim"] == {"name": "pooling"} for run in runs)
    assert runs[0].notes["expected_seconds"] > 0  # estimated: nobody has timed an epoch of them
    app = guessed(app, "average")
    assert "Two finished runs of each are needed" in html_of(app)
    expected = ".".join(f"{place % 3}_{run.id}" for place, run in enumerate(runs))
    assert links_of(app)[-1]["arms"] == expected


def grown(claim, ends=None):
    """Finished runs of all its recipes, as the link that shows them; `ends` by arm: right of 1,000 tested."""
    pairs = []
    for place, arm in enumerate(claim.arms):
        for seed in SEEDS[:2]:
            run = grow(workroom.store(), replace(arm.with_seed(seed), epochs=2), steps=2)
            if ends:
                right = ends[arm.name][seed - 1]
                workroom.store().note(run.id, test={"count": 1000, "errors": 1000 - right})
            pairs.append(f"{place}_{run.id}")
    return ".".join(pairs)


def test_other_runs_take_the_place_of_the_bundled_ones(bundled):
    link = grown(POOLING, {"maximum": (960, 961), "average": (950, 951), "strides": (940, 941)})
    app = guessed(at("pooling", arms=link), "maximum")
    shown = html_of(app)
    assert "<b>Confirmed</b> over 2 seeds." in shown
    assert "<b>maximum</b> is ahead of <b>average</b> by 1.00 points" in shown
    assert "You guessed <b>maximum</b>, and so it is." in shown
    assert "Other runs stand in the place of: maximum, average, strides." in text_of(app)
    app = press(app, "Back to the bundled runs")
    assert "Other runs stand in the place" not in text_of(app)


def test_runs_that_were_not_tested_are_compared_on_validation_digits(bundled):
    link = grown(POOLING)
    app = guessed(at("pooling", arms=link), "maximum")
    assert "Not all of them have read the same test digits" in text_of(app)
    assert "validation accuracy" in html_of(app)
    assert "Test them, once" not in {button.label for button in app.button}  # they are nobody's


def test_shifted_digits_are_read_with_other_runs_too(bundled, monkeypatch):
    monkeypatch.setattr(arms, "READ", 20)
    link = grown(CLAIMS["shift"])
    app = guessed(at("shift", arms=link), "strides")
    (figure,) = figures_of(app)
    assert len(figure["data"]) == 9
    assert "points ±" in html_of(app)


def test_the_gap_of_other_runs_is_read_from_their_last_weights(bundled, monkeypatch):
    monkeypatch.setattr(arms, "READ", 20)
    app = guessed(at("dropout", arms=grown(CLAIMS["dropout"])), "half")
    assert "Two finished runs of each" not in html_of(app)
    assert "as they were learned from" in text_of(app)


def test_a_run_that_is_gone_leaves_the_bundled_ones(bundled):
    link = grown(POOLING)
    for run in workroom.store().find():
        workroom.store().delete(run.id)
    app = guessed(at("pooling", arms=link), "maximum")
    assert "Other runs stand" not in text_of(app)


def shown_arms(claim, **more):
    return [Shown(arm, arm.recipe, tuple(made(seed, **more) for seed in SEEDS)) for arm in claim.arms]


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_the_picture_draws_the_mean_between_the_lowest_and_the_highest(claim):
    rows = [[0.9 - 0.01 * cells - 0.02 * seed for cells in SHIFTS] for seed in range(3)]
    outcomes = [made(s, read_loss=made(s).validation_loss, shifted=tuple(rows[s])) for s in range(3)]
    figure = charts.picture(claim, [(arm.name, outcomes) for arm in claim.arms], "these")
    high, low, mean = figure["data"][-3:]
    columns = {
        "fall": np.array(rows),
        "gap": np.array([o.validation_loss[1:] for o in outcomes]),
    }.get(claim.measure, np.array([o.validation_accuracy[1:] for o in outcomes]))
    for trace, expected in ((high, columns.max(0)), (low, columns.min(0)), (mean, columns.mean(0))):
        assert unpacked(trace["y"]) == pytest.approx(expected, abs=1e-6)
    assert len(figure["data"]) == len(claim.arms) * (6 if claim.measure == "gap" else 3)
    first = unpacked(mean["x"], "<i2")[0]
    assert first == (0 if claim.measure == "fall" else 1)


def unpacked(values, kind="<f4"):
    import base64

    return np.frombuffer(base64.b64decode(values["bdata"]), kind)


def test_a_run_that_broke_off_is_drawn_as_far_as_it_came():
    claim = CLAIMS["rate"]
    short = made(1, epochs=2, ending=NO_NUMBER)
    figure = charts.picture(claim, [("rate 0.3", [short, made(2)])], "these")
    assert len(unpacked(figure["data"][-1]["y"])) == 20
    assert len(charts.picture(claim, [("rate 0.3", [])], "none")["data"]) == 0
    told = telling.said(claim, [Shown(a, a.recipe, (short, made(2))) for a in claim.arms], None)
    assert "3 of 6 runs ended early" in told


def test_runs_that_never_get_there_are_told():
    claim = CLAIMS["normalisation"]
    told = telling.said(claim, shown_arms(claim, level=LEVEL - 0.01), None)
    assert "6 of 6 runs never got there" in told
    assert "never" not in telling.said(claim, shown_arms(claim, level=0.999), None)


def test_the_dots_stand_where_the_figures_are():
    arms_shown = [
        Shown(arm, arm.recipe, tuple(made(s, t) for s, t in zip(SEEDS, TESTS[arm.name], strict=True)))
        for arm in POOLING.arms
    ]
    table = telling.table(POOLING, arms_shown)
    places = [float(at) for at in re.findall(r"--at:([0-9.]+)", table)]
    low, high = 0.95, 0.9722
    margin = 0.08 * (high - low)
    assert places[0] == pytest.approx((0.97 - low + margin) / (high - low + 2 * margin), abs=1e-3)
    assert all(0 < place < 1 for place in places)
    assert len(places) == 3 * 4
    assert 'aria-label="97.00%, 97.10%, 97.20%"' in table


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
@pytest.mark.parametrize("finding", ["confirmed", "opposite", "chance"])
def test_every_finding_has_its_words(claim, finding):
    first, second = claim.pairs[0]
    better = {"confirmed": 0.2, "opposite": -0.2, "chance": 0.0}[finding]
    better = better if claim.larger_is_better else -better
    by_arm = {arm.name: (0.3, 0.301) for arm in claim.arms} | {first: (0.3 + better, 0.301 + better)}
    pair = compare(claim, by_arm)[0]
    assert pair.finding == finding
    told = telling._pair(claim, pair)
    assert f"**{first}**" in told
    assert f"**{second}**" in told
    assert ("holds zero" in told) == (finding == "chance")
    if finding != "chance":
        assert "−" not in told


def test_the_lesson_has_words_for_every_claim_and_measure():
    said = passages("claims")
    for name, claim in CLAIMS.items():
        assert {f"claim {name}", f"why {name}", f"does {claim.measure}"} <= set(said)
        assert figures(claim, {arm.name: () for arm in claim.arms}) == {arm.name: () for arm in claim.arms}


def test_a_mean_has_the_interval_that_seeds_leave_open(bundled):
    values = [n / 1e4 for n in TESTS["maximum"]]
    low, high = telling.mean_interval(values)
    reach = 4.302653 * np.std(values, ddof=1) / np.sqrt(3)  # Student's t with two degrees of freedom
    assert (low, high) == pytest.approx((np.mean(values) - reach, np.mean(values) + reach), rel=1e-6)
    app = guessed(at("pooling"), "strides")
    assert f"95%: {100 * low:.2f} to {100 * high:.2f}" in html_of(app)
    assert "After ±: the standard deviation" in text_of(app)


def test_the_open_network_and_its_copy_with_the_other_pooling_are_trained(bundled, monkeypatch):
    monkeypatch.setattr(again, "find_source", lambda _: "here")
    lenet = PRESETS["lenet5"]
    place = next(at for at, layer in enumerate(lenet.layers) if isinstance(layer, AveragePooling2D))
    app = opened(
        "Architecture", draft="1", recipe="lenet5", layer=str(place), facet="experiment", claim="pooling"
    )
    app = press(app, "With this network")
    runs = workroom.store().find(owner="a student")[::-1]
    maximum, average = runs[0].recipe, runs[1].recipe
    assert average.layers == lenet.layers
    both = (AveragePooling2D, MaxPooling2D)
    assert all(
        one == other
        or (isinstance(one, both) and one.to_dict() | {"layer": ""} == other.to_dict() | {"layer": ""})
        for one, other in zip(maximum.layers, average.layers, strict=True)
    )
    assert not any(isinstance(layer, AveragePooling2D) for layer in maximum.layers)
    assert [run.recipe.seed for run in runs] == [seed for seed in SEEDS for _ in range(2)]
    assert links_of(app)[-1]["arms"] == ".".join(f"{at % 2}_{run.id}" for at, run in enumerate(runs))
    app = guessed(app, "average")
    assert re.search(r"strides</th><td>–</td>", html_of(app))  # no bundled run beside other digits'


def test_the_experiment_needs_its_files(bundled, monkeypatch):
    monkeypatch.setattr(again, "find_source", lambda _: None)
    app = at("normalisation")
    button = next(button for button in app.button if button.label == "Train these 6 again")
    assert button.disabled
    assert "put MNIST's files into the data folder" in text_of(app)
