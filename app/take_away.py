"""What a student takes home from a run: its script, recipe, figures and network; and its one test."""

import io
from collections.abc import Callable

import numpy as np
import streamlit as st

from app import workroom
from app.prose import say
from app.snapshots import Snapshot
from model.cards import accuracy_sentence
from model.checkpoint import CheckpointError, checkpoint_epochs, load_checkpoint
from model.datasets import parts_of
from model.forward import weight_shapes
from model.history import Batch
from model.runs.records import Run, RunError
from model.takeaway import START_FILE, batches_csv, epochs_csv, file_name, to_script
from model.workers.calls import FINAL_SCORE, TO_KERAS, TO_TENSORBOARD

Content = str | Callable[[], str | bytes]

COLUMNS = 4
WORK_SECONDS = 120.0  # how long a download waits for the workers, who may have to start first


def show(seen: Snapshot) -> None:
    """Shows the downloads of a run, or of a bundled network, and below them its one test."""
    name, recipe, run = seen.name, seen.recipe, seen.run
    learned = None if run is None else run.learned_from
    parent = None if run is None else run.parent
    st.caption(say("training", "take away"))
    script = to_script(recipe, "" if run is None else run.id, learned, parent)
    files: list[tuple[str, Content, str, str]] = [
        ("Keras script", script, ".py", "script"),
        ("Recipe, JSON", recipe.to_json() + "\n", ".json", "recipe file"),
    ]
    if parent is not None:
        files.append(("Its first weights", lambda: _start_file(parent), START_FILE, "start file"))
    if seen.epochs:
        files += [
            ("Epochs, CSV", epochs_csv(seen.epochs), "-epochs.csv", "epochs file"),
            ("Batches, CSV", lambda: batches_csv(_batches(run)), "-batches.csv", "batches file"),
            ("Network, .keras", lambda: _keras_file(name), ".keras", "keras file"),
            ("TensorBoard files", lambda: _tensorboard_file(seen), "-tensorboard.zip", "tensorboard files"),
        ]
    columns = st.columns(COLUMNS, gap="small")
    for place, (label, content, ending, passage) in enumerate(files):
        columns[place % COLUMNS].download_button(
            label,
            content,
            ending if ending == START_FILE else file_name(recipe, ending),
            on_click="ignore",
            width="stretch",
            help=say("training", f"control {passage}"),
        )
    with st.expander("The script"):
        st.code(script, language="python", height=420)
    if run is not None:
        _test(workroom.store().get(run.id))  # as of now: the answer of a test is to be seen at once


def _batches(run: Run | None) -> list[Batch]:
    """What every batch left; of a bundled network's training only the epochs are kept."""
    return [] if run is None else workroom.store().batches(run.id)[0]


def _start_file(parent: tuple[str, int]) -> bytes:
    checkpoint = load_checkpoint(f"{parent[0]}:{parent[1]}")
    file = io.BytesIO()
    # in the network's own order, for the script puts them in one after the other
    in_order = {name: checkpoint.weights[name] for name in weight_shapes(checkpoint.recipe.layers)}
    np.savez(file, allow_pickle=False, **in_order)
    return file.getvalue()


def _keras_file(name: str) -> bytes:
    checkpoint = load_checkpoint(f"{name}:{checkpoint_epochs(name)[-1]}")
    made = workroom.look(TO_KERAS, checkpoint.recipe.to_json(), dict(checkpoint.weights))
    return bytes(made.result(WORK_SECONDS))


def _tensorboard_file(seen: Snapshot) -> bytes:
    run = seen.run
    began = 0.0 if run is None else run.started or run.created
    made = workroom.look(TO_TENSORBOARD, seen.name, began, list(seen.epochs), _batches(run))
    return bytes(made.result(WORK_SECONDS))


def _test(run: Run) -> None:
    """The test digits are read once, after all choices: then the button is gone, and its answer stays."""
    st.subheader("The one test", anchor=False)
    if found := run.notes.get("test"):
        st.markdown(f"**{accuracy_sentence(found, 'test')}**, after epoch {found['epoch']}.")
        st.caption(say("training", "tested"))
        return
    if "test" not in parts_of(run.recipe.dataset):
        st.caption(say("kaggle", "no test part"))
        return
    st.caption(say("training", "test"))
    ready = run.status in ("done", "stopped") and run.epoch > 0 and workroom.is_mine(run)
    if st.button("Test it, once", disabled=not ready):
        with st.spinner("Reading the test digits…"):
            problem = test_run(run)
        if problem:
            st.error(problem)
            return
        st.rerun()


def test_run(run: Run) -> str:
    """Reads the test digits with a finished run of one's own, and keeps the answer with it, for good.

    Args:
        run: as it stands; one that wasn't tested yet.

    Returns:
        Why it can't be, in plain words; "" when it is done.
    """
    try:
        checkpoint = load_checkpoint(f"{run.id}:{run.epoch}")
        recipe = checkpoint.recipe.to_json()
        made = workroom.look(FINAL_SCORE, recipe, dict(checkpoint.weights), checkpoint.learned_from)
        failed = made.exception(WORK_SECONDS)
    except TimeoutError:
        return workroom.problem() or say("training", "workers are late")
    except (CheckpointError, RunError) as error:
        return str(error)
    if failed is not None:  # whatever a worker may meet, the loss of the workers too
        return str(failed) or type(failed).__name__
    answer = workroom.note(run.id, test={**made.result(), "epoch": run.epoch})
    return answer if isinstance(answer, str) else ""
