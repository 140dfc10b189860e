"""What a student takes home besides the script: the network for plain Keras, the record for TensorBoard.

Both are made on the workers, from what the store has; nothing of this project is needed to open them.
"""

import io
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from model.history import Batch, Epoch
from model.learning.network import build_network, compile_network, set_weights
from model.recipe import Recipe

_VERSION = "brain.Event:2"  # what TensorBoard expects as the first word of an event file


def to_keras(recipe_json: str, weights: Mapping[str, np.ndarray]) -> bytes:
    """A network as a `.keras` file, which ``keras.models.load_model`` opens without this project.

    It is compiled with the recipe's optimizer and loss, ready to go on learning; the optimizer begins anew.

    Args:
        recipe_json: the recipe, as ``Recipe.to_json`` writes it.
        weights: arrays by ``model.forward.weight_name``.

    Returns:
        The file's bytes.

    Raises:
        RecipeError: it is none.
    """
    recipe = Recipe.from_json(recipe_json)
    network = build_network(recipe)
    set_weights(recipe, network, weights)
    compile_network(recipe, network)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "digits.keras"
        network.save(path)
        return path.read_bytes()


def to_tensorboard(name: str, began: float, epochs: Sequence[Epoch], batches: Sequence[Batch]) -> bytes:
    """The record of a run as TensorBoard's event files, in a ZIP archive: ``tensorboard --logdir FOLDER``.

    Two folders, as Keras's own callback makes them: ``train`` (epoch_loss, epoch_accuracy,
    epoch_learning_rate, and batch_loss, batch_accuracy, batch_learning_rate by step) and ``validation``
    (epoch_loss, epoch_accuracy).

    Args:
        name: of the folder in the archive.
        began: when the training began, in seconds since 1970.
        epochs: the finished ones.
        batches: of all of them.

    Returns:
        The archive's bytes.
    """
    learned = ("loss", "accuracy", "learning_rate")
    parts = {
        "train": [*_of(epochs, began, learned, "epoch"), *_of(batches, began, learned, "step")],
        "validation": _of(epochs, began, ("validation_loss", "validation_accuracy"), "epoch"),
    }
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files,
        tempfile.TemporaryDirectory() as folder,
    ):
        for part, events in parts.items():
            path = Path(folder) / part
            _write(path, began, events)
            files.write(path, f"{name}/{part}/events.out.tfevents.{int(began)}.digit-lab")
    return archive.getvalue()


def _of(records: Iterable[Any], began: float, fields: Sequence[str], step: str) -> list[Any]:
    """An event for every record, with those of its values that were measured."""
    prefix = "epoch_" if step == "epoch" else "batch_"
    events = []
    for record in records:
        values = {
            prefix + field.removeprefix("validation_"): getattr(record, field)
            for field in fields
            if getattr(record, field) is not None
        }
        if values:
            summary = tf.compat.v1.Summary(
                value=[tf.compat.v1.Summary.Value(tag=t, simple_value=v) for t, v in values.items()]
            )
            events.append(
                tf.compat.v1.Event(
                    wall_time=began + record.seconds, step=getattr(record, step), summary=summary
                )
            )
    return events


def _write(path: Path, began: float, events: Iterable[Any]) -> None:
    with tf.io.TFRecordWriter(str(path)) as file:
        file.write(tf.compat.v1.Event(wall_time=began, file_version=_VERSION).SerializeToString())
        for event in events:
            file.write(event.SerializeToString())
