"""Two Dask workers behind one scheduler, reached over TCP: both train, and a look waits for neither."""

import pytest

from benchmarks.external_cluster import External
from benchmarks.faults import RECIPE, Findings, foreman, kill, new_store, stands, wait_for
from model.runs.records import Run
from model.workers.calls import FINAL_SCORE
from model.workers.identity import process_of

pytestmark = pytest.mark.slow


def train_two(store, at_work) -> list[Run]:
    """Two runs, both being trained."""
    runs = [store.create(RECIPE) for _ in range(2)]
    at_work.wake()
    wait_for(lambda: all(store.get(run.id).status != "queued" for run in runs))
    return [store.get(run.id) for run in runs]


def test_both_workers_train_and_look_at_the_same_time():
    found = Findings()
    with new_store() as store, External() as cluster, foreman(store) as at_work:
        runs = train_two(store, at_work)
        assert {process_of(run.worker) for run in runs} == cluster.pids
        wait_for(lambda: all(store.get(run.id).epoch >= 0 for run in runs))
        recipe, weights = RECIPE.to_json(), store.weights(runs[0].id, 0)
        wait_for(lambda: at_work.is_awake)
        look = at_work.look(FINAL_SCORE, recipe, weights, RECIPE.dataset)
        score = look.result(60)
        assert any(store.get(run.id).status == "running" for run in runs), "the look was done beside them"
        assert score["count"] == 1000
        for run in runs:
            wait_for(lambda run=run: stands(store, run.id))
            found.examine(store, store.get(run.id))
    assert found.wrong == []


def test_the_run_of_a_killed_worker_goes_on_at_the_other():
    found = Findings()
    with new_store() as store, External() as cluster, foreman(store) as at_work:
        first, second = train_two(store, at_work)
        wait_for(lambda: store.get(first.id).epoch >= 2)
        first = store.get(first.id)
        found.follow(store, first, kill(first))
        for run in (first, second):
            wait_for(lambda run=run: stands(store, run.id))
            found.examine(store, store.get(run.id))
        assert store.get(first.id).attempt == 2
        assert process_of(store.get(first.id).worker) in cluster.pids - {process_of(first.worker)}
    assert found.wrong == []
