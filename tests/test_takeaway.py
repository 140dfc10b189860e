"""What a student takes home: a script that repeats the run, tables of its record, files that others open."""

import ast
import csv
import io
import itertools
import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from random_recipes import random_recipe, random_weights
from synthetic_runs import events, plateau_recipe

from model.annealing import ANNEALERS, Annealer
from model.augmentation import Augmentation
from model.datasets import DATASETS, load_digits
from model.early_stopping import EarlyStopping
from model.forward import weight_shapes
from model.history import Batch, Epoch
from model.layers import Activation, BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from model.optimizers import OPTIMIZERS, Optimizer
from model.presets import PRESETS
from model.recipe import Recipe
from model.takeaway import START_FILE, batches_csv, epochs_csv, file_name, to_script

TINY = replace(PRESETS["tiny"], dataset="mini", epochs=2)
ALL_SORTS = Recipe(
    "all sorts",
    (
        Conv2D(6, 5, stride=2, padding="same", bias=False),
        BatchNormalization(),
        Activation("leaky_relu"),
        MaxPooling2D(2),
        Dropout(0.2),
        Flatten(),
        Dense(16, bias=False),
        BatchNormalization(),
        Activation("tanh"),
        Dense(10),
        Activation("softmax"),
    ),
    dataset="mini",
    optimizer=Optimizer("sgd", 0.05, nesterov=True, clip_norm=1.0),
    annealer=Annealer("cosine", warm_up=0.2, min_lr=1e-4),
    early_stopping=EarlyStopping(patience=1),
    label_smoothing=0.1,
    l2=1e-4,
    epochs=2,
    batch_size=100,
    seed=5,
)
AUGMENTED = replace(
    TINY,
    epochs=1,
    annealer=Annealer("none"),
    augmentation=Augmentation(20, 0.2, 2, 10, 1.0, 0.2, 1, 0.1, 0.5, 0.3, 4, probabilities={"noise": 0.5}),
)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("dataset", [*DATASETS, "kaggle"])
def test_every_preset_makes_a_program_of_keras_and_numpy_alone(name, dataset):
    recipe = replace(PRESETS[name], dataset="mnist" if dataset == "kaggle" else dataset)
    script = to_script(recipe, "a-run", {"dataset": dataset})
    imported = {
        alias.name
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert {"keras", "numpy"} <= imported
    assert {each.partition(".")[0] for each in imported} - set(sys.stdlib_module_names) == {"keras", "numpy"}
    names = {node.id for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Name)}
    for module in imported - {"keras", "importlib.util", "numpy"}:
        assert module in names, f"{module} is imported for nothing"
    assert ast.get_docstring(ast.parse(script))
    assert max(map(len, script.splitlines())) <= 110


@pytest.mark.parametrize("seed", range(20))
def test_every_recipe_makes_a_program(seed):
    random = np.random.default_rng(seed)
    recipe = replace(
        random_recipe(seed),
        optimizer=Optimizer(OPTIMIZERS[seed % 4]),
        annealer=Annealer(ANNEALERS[seed % 6]),
        augmentation=Augmentation(*random.uniform(0, 0.5, 11), flip=True) if seed % 2 else None,
        averaging=0.99 if seed % 3 else 0.0,
    )
    script = to_script(recipe, parent=("a-run", 3) if seed % 3 == 0 else None)
    compile(script, "script.py", "exec")
    assert (START_FILE in script) == (seed % 3 == 0)


@pytest.mark.parametrize(
    "name", ['"""\nimport os\nos.system("true")', "'); x = (", "\\", "a\rb", "{0}", "ö/../x"]
)
def test_what_a_person_typed_is_no_program(name):
    script = to_script(replace(TINY, name=name), run=name, parent=(name, 1))
    assert ast.dump(without_words(script)) == ast.dump(without_words(to_script(TINY, "x", parent=("x", 1))))
    assert re.fullmatch(r"[a-z0-9-]+\.py", file_name(replace(TINY, name=name), ".py"))


def without_words(script):
    """The program without its docstring, which may name the recipe."""
    tree = ast.parse(script)
    tree.body = tree.body[1:]
    return tree


def ran(script, folder, *arguments):
    """The losses that a script prints, epoch by epoch: training and validation."""
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-P", path, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = re.findall(r" loss: ([\d.]+)(?: - val_accuracy: [\d.]+ - val_loss: ([\d.]+))?", done.stdout)
    return np.array(found, float)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "forked"),
    [
        (TINY, False),
        (ALL_SORTS, False),
        (replace(PRESETS["plateau"], epochs=3), True),
        (AUGMENTED, False),
        (replace(ALL_SORTS, averaging=0.9), False),
    ],
    ids=["one-cycle", "all sorts of settings", "plateau, from given weights", "augmented", "averaged"],
)  # fmt: skip
def test_the_script_repeats_the_run(recipe, forked, tmp_path):
    from model.learning.training import train

    start = random_weights(recipe, 3) if forked else None
    if start is not None:
        np.savez(tmp_path / START_FILE, **{name: start[name] for name in weight_shapes(recipe.layers)})
    training, validation = (load_digits(recipe.dataset, part) for part in ("train", "validation"))
    result = train(
        recipe,
        (training.images, training.labels),
        (validation.images, validation.labels),
        start_weights=start,
    )
    losses = [(epoch.loss, epoch.validation_loss) for epoch in result.history[1:]]
    found = ran(to_script(recipe, parent=("a-run", 1) if forked else None), tmp_path)
    # four digits are printed; resampling differs by a grey level here and there
    assert found == pytest.approx(np.array(losses), abs=6e-4 if recipe.augmentation is None else 3e-3)


@pytest.mark.slow
def test_mnists_own_files_make_the_labs_digits(shared_data, tmp_path, monkeypatch):
    script = to_script(replace(TINY, dataset="mnist")).partition("# The network, layer by layer")[0]
    monkeypatch.setenv("DIGIT_LAB_DATA", str(shared_data))
    scope = {}
    exec(script, scope)
    for ours, part in zip(scope["read_digits"](shared_data / "mnist"), ("train", "validation"), strict=True):
        lab = load_digits("mnist", part)
        ours_sorted, lab_sorted = (
            sorted(zip((image.tobytes() for image in images), labels.tolist(), strict=True))
            for images, labels in (ours, (lab.images, lab.labels))
        )
        assert ours_sorted == lab_sorted
    assert (scope["read_digits"](shared_data / "mnist")[0][0] == load_digits("mnist", "train").images).all()
    mini = to_script(TINY).partition("# The network, layer by layer")[0]
    exec(mini, scope)
    for folder in (None, shared_data / "mnist"):  # from the package, and from MNIST
        for (images, labels), part in zip(scope["read_digits"](folder), ("train", "validation"), strict=True):
            lab = load_digits("mini", part)
            assert (images == lab.images).all()
            assert (labels == lab.labels).all()


def test_a_table_holds_what_the_record_does():
    told = events(plateau_recipe(epochs=6))
    epochs = [each for each in told if isinstance(each, Epoch)]
    batches = [each for each in told if isinstance(each, Batch)]
    rows = list(csv.DictReader(io.StringIO(epochs_csv(epochs))))
    assert [int(row["epoch"]) for row in rows] == list(range(7))
    assert rows[0]["loss"] == rows[0]["watch_reason"] == ""
    assert [float(row["validation_loss"]) for row in rows] == [epoch.validation_loss for epoch in epochs]
    assert [row["watch_reason"] for row in rows[1:]] == [epoch.watch.reason for epoch in epochs[1:]]
    rows = list(csv.DictReader(io.StringIO(batches_csv(batches))))
    assert [float(row["loss"]) for row in rows] == [batch.loss for batch in batches]
    assert [int(row["step"]) for row in rows] == [batch.step for batch in batches]


@pytest.mark.parametrize(
    "recipe", [ALL_SORTS, random_recipe(3), random_recipe(8)], ids=lambda recipe: recipe.name
)
def test_the_keras_file_opens_with_plain_keras_and_reads_as_the_lab_does(recipe, tmp_path):
    from model.forward import Network
    from model.learning.export import to_keras

    weights = random_weights(recipe, 1)
    digits = load_digits("mini", "validation").images[:50]
    path = tmp_path / "digits.keras"
    path.write_bytes(to_keras(recipe.to_json(), weights))
    np.save(tmp_path / "digits.npy", digits)
    opening = (
        "import keras, numpy as np, sys\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'model']\n"
        "network = keras.models.load_model('digits.keras')\n"
        "digits = np.load('digits.npy')[..., None] / np.float32(255)\n"
        "np.save('read.npy', network.predict(digits, verbose=0))\n"
        "network.fit(digits, np.eye(10)[np.zeros(50, int)], verbose=0)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", opening], cwd=tmp_path, check=True, capture_output=True)
    assert np.load(tmp_path / "read.npy") == pytest.approx(
        Network(recipe.layers, weights).probabilities(digits), abs=1e-5
    )


def test_tensorboard_reads_its_files(tmp_path):
    import zipfile

    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from model.learning.export import to_tensorboard

    told = events(plateau_recipe(epochs=4))
    epochs = [each for each in told if isinstance(each, Epoch)]
    batches = [each for each in told if isinstance(each, Batch)]
    archive = to_tensorboard("a-run", 1_700_000_000.5, epochs, batches)
    zipfile.ZipFile(io.BytesIO(archive)).extractall(tmp_path)
    train, validation = (
        EventAccumulator(str(tmp_path / "a-run" / part)).Reload() for part in ("train", "validation")
    )
    assert set(train.Tags()["scalars"]) == {
        f"{of}_{what}"
        for of, what in itertools.product(("epoch", "batch"), ("loss", "accuracy", "learning_rate"))
    }
    assert set(validation.Tags()["scalars"]) == {"epoch_loss", "epoch_accuracy"}
    read = [(event.step, event.value) for event in train.Scalars("batch_loss")]
    assert read == [(batch.step, pytest.approx(batch.loss, rel=1e-6)) for batch in batches]
    read = [(event.step, event.value, event.wall_time) for event in validation.Scalars("epoch_accuracy")]
    assert read == [
        (e.epoch, pytest.approx(e.validation_accuracy, rel=1e-6), pytest.approx(1_700_000_000.5 + e.seconds))
        for e in epochs
    ]
