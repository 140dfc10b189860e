"""Who trains in `benchmarks.training`: our engine, alone and watched, a plain Keras script, PyTorch.

Each is made for `benchmarks.turns`: a turn is an epoch. The first one, in which graphs are built, warms up.
"""

import dataclasses
import math
import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.turns import Turn
from model.datasets import load_digits
from model.recipe import Recipe

LOOK_SECONDS = 0.4  # between two looks at a run, as the dashboard has it
PRODUCT_SIDE = 2048  # of the matrices: large enough to be computed at full speed
PRODUCTS = 10


@dataclass(frozen=True)
class Course:
    """What is trained in a comparison.

    Args:
        recipe: Its dataset is learned from.
        data: Where its files are.
        rounds: Turns that will be taken.
        digits: How many of its digits make an epoch; None for all.
        is_watched: Whether the validation digits are read after every epoch.
    """

    recipe: Recipe
    data: Path | None
    rounds: int
    digits: int | None = None
    is_watched: bool = True

    @property
    def long_recipe(self) -> Recipe:
        """The recipe with epochs enough for all rounds, and one to warm up."""
        return dataclasses.replace(self.recipe, epochs=self.rounds + 2)

    def read(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray] | None]:
        """Returns images and labels to learn from, and of the validation digits."""
        learned = load_digits(self.recipe.dataset, "train", self.data)
        watched = load_digits(self.recipe.dataset, "validation", self.data) if self.is_watched else None
        return (learned.images[: self.digits], learned.labels[: self.digits]), (
            None if watched is None else (watched.images, watched.labels)
        )


@dataclass(frozen=True)
class Headless:
    """Our engine, with nobody looking."""

    course: Course

    def __call__(self, turn: Turn) -> None:
        """Trains."""
        from model.learning.training import train

        train(self.course.long_recipe, *self.course.read(), lambda event: _epoch_over(event, turn))


@dataclass(frozen=True)
class Watched:
    """Our engine as a worker runs it: into a store, which another process reads as the dashboard does."""

    course: Course

    def __call__(self, turn: Turn) -> None:
        """Trains."""
        from model.learning.work import work_on
        from model.runs.store import RunStore

        with tempfile.TemporaryDirectory() as folder:
            store = RunStore(Path(folder))
            run = store.create(self.course.long_recipe)
            context = multiprocessing.get_context("spawn")
            onlooker = context.Process(target=_look_on, args=(store, run.id), daemon=True)
            onlooker.start()
            work_on(store, run.id, "benchmark", self.course.data, lambda event: _epoch_over(event, turn))
            onlooker.kill()
            onlooker.join()
            store.close()


def _epoch_over(event: object, turn: Turn) -> bool:
    from model.learning.events import EpochEnd

    return isinstance(event, EpochEnd) and event.epoch.epoch > 0 and turn.over()


def _look_on(store: Any, run_id: str) -> None:  # noqa: ANN401 - a RunStore
    epoch, row = -1, 0
    while True:
        store.get(run_id)
        for record in store.epochs(run_id, epoch):
            epoch = max(epoch, record.epoch)
        _, row = store.batches(run_id, row)
        time.sleep(LOOK_SECONDS)


@dataclass(frozen=True)
class PlainKeras:
    """The script that one would write: Keras's own layers, arrays in memory, one `fit`."""

    course: Course

    def __call__(self, turn: Turn) -> None:
        """Trains."""
        from model.learning.batches import to_categorical
        from model.learning.network import build_network  # first, it quiets TensorFlow

        import keras  # isort: skip

        class Epochs(keras.callbacks.Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ANN401, ARG002
                self.model.stop_training = turn.over()

        recipe = self.course.long_recipe
        learned, watched = self.course.read()
        pairs = [
            (images[..., None].astype("float32") / 255, to_categorical(labels))
            for images, labels in (learned, *([watched] if watched else []))
        ]
        network = build_network(recipe)
        network.compile(
            optimizer=keras.optimizers.Adam(recipe.optimizer.learning_rate / 10),
            loss="categorical_crossentropy",
            metrics=["accuracy"],
        )
        network.fit(
            *pairs[0],
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            validation_data=pairs[1] if watched else None,
            callbacks=[Epochs()],
            verbose=0,
        )


@dataclass(frozen=True)
class Torch:
    """The same network in PyTorch, channels last."""

    course: Course

    def __call__(self, turn: Turn) -> None:
        """Trains."""
        import torch

        recipe = self.course.recipe
        (images, labels), _ = self.course.read()
        x = torch.from_numpy(images[:, None].astype("float32") / 255)
        x = x.contiguous(memory_format=torch.channels_last)
        y = torch.from_numpy(labels.astype("int64"))
        network = build_torch(recipe).to(memory_format=torch.channels_last)
        settings = recipe.optimizer
        optimizer = torch.optim.Adam(
            network.parameters(), settings.learning_rate / 10, (settings.beta_1, settings.beta_2)
        )
        loss_of = torch.nn.CrossEntropyLoss()
        while True:
            loss_sum = 0.0
            for chosen in torch.randperm(len(x)).split(recipe.batch_size):
                optimizer.zero_grad(set_to_none=True)
                loss = loss_of(network(x[chosen]), y[chosen])
                loss.backward()
                optimizer.step()
                loss_sum += loss.item()
            if not math.isfinite(loss_sum):
                raise FloatingPointError("PyTorch's loss became no number")
            if turn.over():
                return


def build_torch(recipe: Recipe) -> Any:  # noqa: ANN401 - a torch.nn.Module
    """Builds a recipe's network in PyTorch; the softmax is in its loss."""
    from torch import nn

    from model import layers as described

    built: list[Any] = []
    for layer, shape in zip(recipe.layers[:-1], recipe.shapes, strict=False):
        match layer:
            case described.Conv2D():
                same = layer.padding == "same"
                if same and (layer.stride > 1 or layer.kernel_size % 2 == 0):
                    raise ValueError(f"PyTorch pads {layer} otherwise")
                sides = {"padding": layer.kernel_size // 2 if same else 0, "bias": layer.bias}
                built.append(nn.Conv2d(shape[-1], layer.filters, layer.kernel_size, layer.stride, **sides))
            case described.MaxPooling2D(padding="valid"):
                built.append(nn.MaxPool2d(layer.pool_size, layer.step))
            case described.BatchNormalization():
                kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
                built.append(kind(shape[-1], described.EPSILON, 1 - described.MOMENTUM))
            case described.Activation("relu"):
                built.append(nn.ReLU())
            case described.Dropout():
                built.append(nn.Dropout(layer.rate))
            case described.Flatten():
                built.append(nn.Flatten())
            case described.Dense():
                built.append(nn.Linear(shape[-1], layer.units, layer.bias))
            case _:
                raise ValueError(f"there is nothing for {layer} here")
    return nn.Sequential(*built)


def multiply_matrices(turn: Turn) -> None:
    """What the machine can do: NumPy's product of large matrices in single precision, on all cores."""
    random = np.random.default_rng(0)
    left, right = random.standard_normal((2, PRODUCT_SIDE, PRODUCT_SIDE), dtype=np.float32)
    while not turn.over():
        for _ in range(PRODUCTS):
            left @ right


PRODUCT_OPERATIONS = 2 * PRODUCT_SIDE**3 * PRODUCTS


def training_operations(recipe: Recipe) -> int:
    """Returns the multiplications and additions in convolution and dense layers that learning a digit takes.

    Once forward, once back to the weights, and once back to the layer before, for all layers but the first.
    """
    each = [layer.multiply_adds(shape) for layer, shape in zip(recipe.layers, recipe.shapes, strict=False)]
    first = next(count for count in each if count)
    return 2 * (3 * sum(each) - first)
