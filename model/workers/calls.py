"""Work by name: who asks for it needn't import it, and what needs Keras is loaded in the worker alone."""

import importlib
import threading
from collections.abc import Callable
from typing import Any

WORK_ON = "model.learning.work:work_on"
SECONDS_AN_EPOCH = "model.learning.timing:seconds_an_epoch"
TO_KERAS = "model.learning.export:to_keras"
TO_TENSORBOARD = "model.learning.export:to_tensorboard"
FINAL_SCORE = "model.final_test:final_score"
T_SNE = "model.probes.places:t_sne"
EFFECTS = "model.probes.ablation:effects_of"
READ_IN_BULK = "model.learning.bulk:read_in_bulk"
READ_PART = "model.learning.bulk:read_part"
RESPONSES_OF_PART = "model.learning.bulk:responses_of_part"
FEATURES_OF_PART = "model.learning.bulk:features_of_part"
TO_PIXELS = "model.kaggle.pixels:to_pixels"

# All that may be asked for. A test looks up each of them.
CALLS = frozenset(
    {
        WORK_ON,
        SECONDS_AN_EPOCH,
        TO_KERAS,
        TO_TENSORBOARD,
        FINAL_SCORE,
        T_SNE,
        EFFECTS,
        READ_IN_BULK,
        READ_PART,
        RESPONSES_OF_PART,
        FEATURES_OF_PART,
        TO_PIXELS,
    }
)

# TensorFlow's modules import one another in circles: two threads of a worker that import it at once, to warm
# up and for a look, wait for each other for ever.
_importing = threading.Lock()


def call(path: str, *arguments: object) -> object:
    """Calls a function by its name.

    Args:
        path: "module:function", one of ``CALLS``.
        arguments: what it gets.

    Raises:
        ValueError: it isn't among ``CALLS``.
    """
    return load(path)(*arguments)


def load(path: str) -> Callable[..., Any]:
    """The function of a name, its module imported; see ``call``."""
    if path not in CALLS:
        raise ValueError(f"{path!r} is no work for the workers; they do {', '.join(sorted(CALLS))}")
    module, _, name = path.partition(":")
    with _importing:
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function
