"""Watching a run: what a page shows at each point of its life, and what the store is asked for it."""

import dataclasses
import threading

import pytest
import synthetic_runs
from streamlit.testing.v1 import AppTest

from app import comparing, learned, progress, snapshots, workroom, xray
from app.charts import overlay
from app.charts.words import overlay_alt
from app.seen import Snapshot
from model.annealing import Annealer
from model.datasets import load_digits
from model.history import Batch
from model.runs.records import NoRunError
from model.runs.store import RunStore


@pytest.fixture
def store(tmp_path, monkeypatch) -> RunStore:
    """A store of its own for each test, and no snapshot kept from another's."""
    runs = RunStore(tmp_path / "runs")
    monkeypatch.setenv("DIGIT_LAB_HOME", str(tmp_path))
    monkeypatch.setattr(workroom, "store", lambda: runs)
    monkeypatch.setattr(snapshots, "store", lambda: runs)
    monkeypatch.setattr(snapshots, "_readers", type(snapshots._readers)())
    return runs


def begin(store: RunStore, recipe=None, **more):
    """A run that a worker has taken up, and the worker's attempt."""
    run = store.create(recipe or synthetic_runs.plateau_recipe(6), **more)
    attempt = store.claim(run.id, "somebody")
    store.learn_from(attempt, {"dataset": "mini", "part": "train", "count": 20 * 128, "source": "test"})
    return run, attempt


def fresh(run_id: str) -> Snapshot:
    """The run as the store has it now, however short ago somebody looked."""
    snapshots._reader(run_id)._read_at = float("-inf")
    return snapshots.snapshot(run_id)


def test_a_snapshot_is_what_the_store_holds(store):
    run = synthetic_runs.grow(store, synthetic_runs.plateau_recipe(6))
    seen = snapshots.snapshot(run.id)
    assert list(seen.epochs) == store.epochs(run.id)
    told = [event for event in synthetic_runs.events(run.recipe) if isinstance(event, Batch)]
    assert seen.batches.loss.tolist() == pytest.approx([batch.loss for batch in told], rel=1e-6)
    assert seen.steps_per_epoch == synthetic_runs.STEPS
    assert not seen.unfinished


def test_a_snapshot_grows_and_reads_only_what_is_new(store, monkeypatch):
    run, attempt = begin(store)
    told = synthetic_runs.events(run.recipe)
    asked = []
    batches = store.batches
    monkeypatch.setattr(store, "batches", lambda *a, **k: asked.append(a[1]) or batches(*a, **k))
    store.finish_epoch(attempt, told[0], synthetic_runs.weights(run.recipe, 0), {})
    store.pulse(attempt, told[1:11], "training")
    first = fresh(run.id)
    store.pulse(attempt, told[11:16], "training")
    second = fresh(run.id)
    assert len(first.batches.loss) == 10
    assert len(second.batches.loss) == 15
    assert second.batches.last == told[15]
    assert asked == [0, batches(run.id)[1] - 5]


def test_many_watchers_share_one_reading(store, monkeypatch):
    run = synthetic_runs.grow(store, synthetic_runs.plateau_recipe(3), end="")
    asked = []
    get = store.get
    monkeypatch.setattr(store, "get", lambda run_id: asked.append(run_id) or get(run_id))
    monkeypatch.setattr(snapshots, "FRESH_SECONDS", 60)
    seen: list[Snapshot] = []
    watchers = [threading.Thread(target=lambda: seen.append(snapshots.snapshot(run.id))) for _ in range(20)]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    assert len(asked) == 1
    assert len({id(each) for each in seen}) == 1


def test_speed_and_time_left_are_those_of_the_batches(store):
    run, attempt = begin(store)
    told = [event for event in synthetic_runs.events(run.recipe) if isinstance(event, Batch)]
    store.pulse(attempt, told[:10], "training")
    seen = fresh(run.id)
    assert seen.images_per_second == pytest.approx(128 / 0.05, rel=1e-3)
    # 110 of 120 batches to come, 0.05 s each, and a tenth for validation
    assert seen.seconds_left == pytest.approx(110 * 0.05 * 1.1, rel=1e-3)
    assert "2,600 images/s" in progress.progress_html(seen)


def test_a_run_that_stands_still_has_no_speed(store):
    run = synthetic_runs.grow(store, synthetic_runs.plateau_recipe(3), end="paused", stop_after=2)
    seen = snapshots.snapshot(run.id)
    assert (seen.images_per_second, seen.seconds_left) == (None, None)
    said = progress.progress_html(seen)
    assert "Paused" in said
    assert "2 of 3 epochs" in said


def test_before_the_first_point_the_stages_are_told(store):
    run = store.create(synthetic_runs.plateau_recipe(6))
    said = progress.progress_html(fresh(run.id), "2 before it")
    assert "Waiting for its turn" in said
    assert "2 before it" in said
    assert '<li class="lab-now" aria-current=step>queued</li>' in said
    attempt = store.claim(run.id, "somebody")
    for stage in progress.STAGES[1:]:
        store.pulse(attempt, stage=stage)
        said = progress.progress_html(fresh(run.id))
        assert f'<li class="lab-now" aria-current=step>{stage}</li>' in said
    store.pulse(attempt, [Batch(0, 2.3, 0.1, 0.01, 0.1)], "training")
    assert "<ol" not in progress.progress_html(fresh(run.id))


def test_several_runs_say_in_a_line_how_far_they_are(store):
    first, second = (store.create(synthetic_runs.plateau_recipe(6, seed)) for seed in (1, 2))

    def line() -> str:
        return progress.standing_html([fresh(first.id), fresh(second.id)])

    assert "<b>Waiting for its turn</b> <span>all 2 runs</span>" in line()
    attempt = store.claim(first.id, "somebody")
    store.pulse(attempt, stage="first batch")
    assert "<b>Training</b> <span>first batch · 1 waiting for its turn</span>" in line()
    store.learn_from(attempt, {"count": 20 * first.recipe.batch_size})
    store.pulse(attempt, [Batch(20, 2.3, 0.1, 0.01, 0.1)], "training")
    assert "epoch 2 of 6, batch 1 of 20 · 1 waiting" in line()
    store.end(attempt, "failed", "<b>no</b>")
    assert "<b>Waiting for its turn</b> <span>1 waiting for its turn · 1 failed</span>" in line()


def test_what_a_worker_says_is_shown_as_text_only(store):
    run, attempt = begin(store)
    store.end(attempt, "failed", "<script>alert(1)</script> & so on")
    said = progress.progress_html(fresh(run.id))
    assert "Failed" in said
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; so on" in said


def test_a_run_that_is_not_there_is_said_to_be_so(store):
    with pytest.raises(NoRunError):
        snapshots.snapshot("20260101-000000-none-0000")


def page(run_id: str) -> None:
    import streamlit as st

    from app import watching

    st.title("Training")
    watching.show(run_id)


def compare(run_ids: list[str]) -> None:
    from app import comparing

    comparing.show(run_ids)


def shown(script, *arguments) -> str:
    """All that a page shows as HTML or text."""
    test = AppTest.from_function(script, default_timeout=30, args=arguments).run()
    assert not test.exception
    return " ".join(str(child.proto) for child in walk(test.main) if hasattr(child, "proto"))


def walk(block):
    for child in block.children.values():
        yield child
        if hasattr(child, "children"):
            yield from walk(child)


@pytest.mark.parametrize("annealer", ["plateau", "cosine"])
def test_the_page_of_a_finished_run(store, annealer):
    recipe = synthetic_runs.plateau_recipe(8)
    recipe = dataclasses.replace(recipe, annealer=dataclasses.replace(recipe.annealer, name=annealer))
    run = synthetic_runs.grow(store, recipe)
    said = shown(page, run.id)
    for words in (
        "Finished",
        "8 of 8 epochs",
        "The annealer under X-ray",
        "What it has learned to see",
        "Epoch 8, now",
    ):
        assert words in said
    assert ("watches nothing" in said) == (annealer == "cosine")


def test_the_page_of_a_run_that_waits(store):
    run = store.create(synthetic_runs.plateau_recipe(6))
    said = shown(page, run.id)
    assert "Waiting for its turn" in said
    assert "the next to start" in said
    assert "Before the first batch there is nothing to see" in said


def test_the_page_of_a_bundled_network():
    said = shown(page, "classic")
    assert "Trained beforehand" in said
    assert "8 of 8 epochs" in said


def test_the_countdown_says_what_is_left(store):
    recipe = synthetic_runs.plateau_recipe(20)
    run = synthetic_runs.grow(store, recipe, end="", stop_after=5)
    seen = snapshots.snapshot(run.id)
    watch = seen.epochs[-1].watch
    said = xray._countdown(seen)
    assert said.count('class="lab-left"') == watch.patience_left
    assert f"{watch.patience_left} of {recipe.annealer.patience} left" in said


def test_the_followed_digits_are_typical_and_unusual_ones_of_eight_classes():
    digits = load_digits("mini", "validation")
    chosen = learned._followed("mini", "validation")
    assert len(set(chosen)) == 8
    assert len({int(digits.labels[place]) for place in chosen}) == 8


def test_of_many_epochs_the_same_are_shown_while_a_run_grows():
    before = learned._columns(range(20))
    after = learned._columns(range(24))
    assert set(before) - set(after) <= {19}
    assert all(len(learned._columns(range(count))) <= learned.MOST_COLUMNS + 1 for count in range(1, 502))
    assert learned._columns(range(501))[-1] == 500


def test_what_differs_is_told_and_nothing_else():
    recipe = synthetic_runs.plateau_recipe(6)
    other = dataclasses.replace(recipe, seed=5, name="other", batch_size=64, label_smoothing=0.1)
    assert comparing.differences([recipe, other]) == {
        "batch size": ["128", "64"],
        "label smoothing": ["0", "0.1"],
    }
    without = dataclasses.replace(recipe, annealer=Annealer("none"))
    assert comparing.differences([recipe, without]) == {"annealer": ["plateau", "none"]}


def with_end(store, accuracy, **changes):
    notes = changes.pop("notes", None)
    run = synthetic_runs.grow(store, synthetic_runs.plateau_recipe(3, **changes), notes=notes)
    seen = snapshots.snapshot(run.id)
    last = dataclasses.replace(seen.epochs[-1], validation_accuracy=accuracy)
    return dataclasses.replace(seen, epochs=(*seen.epochs[:-1], last))


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ((0.95, 0.951, 0.952), (0.90, 0.901, 0.902), "more than seeds alone explain"),
        ((0.95, 0.90, 0.93), (0.94, 0.91, 0.92), "it may be chance"),
        ((0.95,), (0.80,), "only several seeds of each can tell"),
        ((0.951,), (0.950,), "nobody can tell which is better"),
    ],
)
def test_a_difference_is_held_against_chance(store, ours, theirs, words):
    runs = [with_end(store, each, seed=seed) for seed, each in enumerate(ours)]
    runs += [with_end(store, each, seed=seed, batch_size=64) for seed, each in enumerate(theirs)]
    assert words in comparing.is_it_real(overlay.grouped(runs))


@pytest.mark.parametrize(("guess", "words"), [("with", "and so it is"), ("without", "but it came otherwise")])
def test_a_guess_of_a_pair_is_held_against_its_end(store, guess, words):
    notes = {"guess": {"winner": guess}}
    runs = [
        with_end(store, 0.95, notes=notes),
        with_end(store, 0.90, notes=notes, annealer=Annealer("none")),
    ]
    said = comparing._guess(overlay.grouped(runs))
    assert words in said
    assert "95.00% with the annealer, 90.00% without" in said


def test_a_guess_of_an_accuracy_comes_back_where_the_seeds_are_compared(store):
    notes = {"guess": {"accuracy": 0.93}}
    ends = (0.94, 0.95, 0.96)
    runs = [with_end(store, end, seed=seed, notes=notes) for seed, end in enumerate(ends)]
    groups = overlay.grouped(runs)
    said = " ".join(comparing._guess(groups).split())
    assert "Your guess for A was 93.0%; over 3 seeds it came to 95.00% ± 1.00 points" in said
    assert "2.00 points from it" in said
    (star,) = [each for each in overlay.overlay(groups, ["A"])["data"] if each["name"] == "your guess"]
    assert (star["x"], star["y"], star["yaxis"]) == ([3], [0.93], "y2")
    assert "the guess of A is at 93.0%" in overlay_alt(groups)
    other = with_end(store, 0.9, batch_size=64, notes={"guess": {"accuracy": 0.5}})
    both = overlay.grouped([*runs, other])
    assert "Your guess for B was 50.0%; it came to 90.00%, 40.00 points from it." in comparing._guess(both)
    names = [each["name"] for each in overlay.overlay(both, ["A", "B"])["data"]]
    assert names[-2:] == ["your guess for A", "your guess for B"]


def test_a_guess_is_not_told_before_all_of_its_seeds_are_done(store):
    notes = {"guess": {"accuracy": 0.93}}
    done = synthetic_runs.grow(store, synthetic_runs.plateau_recipe(4), notes=notes)
    waits = store.create(synthetic_runs.plateau_recipe(4, seed=2), notes=notes)
    groups = overlay.grouped([snapshots.snapshot(done.id), snapshots.snapshot(waits.id)])
    assert comparing._guess(groups) == ""
    assert "your guess" not in {each["name"] for each in overlay.overlay(groups, ["A"])["data"]}


def test_a_run_left_out_recolours_no_other(store):
    ids = [
        synthetic_runs.grow(store, synthetic_runs.plateau_recipe(4, batch_size=size)).id for size in (32, 64)
    ]

    def some(run_ids: list[str]) -> None:
        import streamlit as st

        from app import comparing

        comparing.show(run_ids[st.number_input("first", 0, 1) :])

    test = AppTest.from_function(some, default_timeout=30, args=(ids,)).run()
    other = '<i style="background:var(--lab-run-2)"></i>B</th>'
    assert other in " ".join(each.value for each in test.get("html"))
    test.number_input[0].set_value(1).run()
    assert not test.exception
    said = " ".join(each.value for each in test.get("html"))
    assert other in said
    assert "--lab-run-1" not in said


def test_the_page_that_compares(store):
    ids = [synthetic_runs.grow(store, synthetic_runs.plateau_recipe(4, seed=seed)).id for seed in (1, 2)]
    ids.append(synthetic_runs.grow(store, synthetic_runs.plateau_recipe(4, batch_size=64)).id)
    said = shown(compare, ids)
    assert "What differs" in said
    assert "batch size" in said
    assert "1, 2" in said
