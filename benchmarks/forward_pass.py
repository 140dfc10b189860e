"""One digit through `classic`: our NumPy forward pass beside the engines that could have done it.

    python -m benchmarks.forward_pass [--rounds 200] [--preset classic] [--json]

ONNX Runtime and LiteRT are measured where they are installed (`pip install onnxruntime tf2onnx
ai-edge-litert`), and named as absent where not. Each engine gets the same uint8 digit and gives back ten
float32 probabilities; what it takes to convert between is its own. In every round each is called once, in
an order drawn anew, after a short pause that lets the others' threads go to sleep. NumPy has one thread,
as in the dashboard's server; the others as many as they like. All have the same weights; if their answers
differ the benchmark fails.
"""

import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.figures import parser, report, summary
from model.forward import Network
from model.presets import PRESETS

Reader = Callable[[np.ndarray], np.ndarray]
"""uint8 (28, 28) → float32 (10,)."""

OURS = "ours, NumPy"
THREADS = "OPENBLAS_NUM_THREADS"
WARM_UP = 10
# Long enough for Eigen's and OpenBLAS's threads to stop spinning for work.
PAUSE_SECONDS = 0.005
AGREEMENT = 1e-4


def build_readers(preset: str) -> tuple[dict[str, Reader], list[str]]:
    """Builds one network in every engine that is here.

    Args:
        preset: The recipe's name.

    Returns:
        The readers by name, ours first, and the names of the engines that are not installed.
    """
    from model.learning.network import build_network, get_weights  # noqa: I001 - first, it quiets TensorFlow
    import tensorflow as tf

    recipe = PRESETS[preset]
    network = build_network(recipe)
    ours = Network(recipe.layers, get_weights(recipe, network))
    concrete = tf.function(lambda inputs: network(inputs, training=False)).get_concrete_function(
        tf.TensorSpec((1, 28, 28, 1), tf.float32)
    )
    readers: dict[str, Reader] = {
        OURS: lambda digit: ours.probabilities(digit[None])[0],
        "Keras, model.predict(x)": lambda digit: network.predict(to_input(digit), verbose=0)[0],
        "Keras, model(x)": lambda digit: network(to_input(digit), training=False).numpy()[0],
        "TensorFlow, concrete function": lambda digit: concrete(tf.constant(to_input(digit))).numpy()[0],
    }
    absent = []
    for name, needed, build in (
        ("ONNX Runtime", ("onnxruntime", "tf2onnx"), build_onnx_reader),
        ("LiteRT", ("ai_edge_litert",), build_litert_reader),
    ):
        if all(map(importlib.util.find_spec, needed)):
            with tempfile.TemporaryDirectory() as folder:
                readers[name] = build(network, Path(folder))
        else:
            absent.append(name)
    return readers, absent


def to_input(digit: np.ndarray) -> np.ndarray:
    """Returns a digit as Keras's networks take it: float32 (1, 28, 28, 1), ink 0 to 1."""
    return digit[None, :, :, None].astype(np.float32) / np.float32(255)


def build_onnx_reader(network, folder: Path) -> Reader:  # noqa: ANN001 - a keras.Sequential
    """Exports the Keras network to ONNX and opens it in ONNX Runtime with its own settings."""
    import onnxruntime

    path = folder / "network.onnx"
    network.export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda digit: session.run(None, {name: to_input(digit)})[0][0]


def build_litert_reader(network, folder: Path) -> Reader:  # noqa: ANN001 - a keras.Sequential
    """Converts the Keras network to LiteRT, unquantised, with a thread for each processor."""
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    network.export(folder / "saved", format="tf_saved_model", verbose=False)
    converted = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved")).convert()
    interpreter = Interpreter(model_content=converted, num_threads=os.cpu_count())
    interpreter.allocate_tensors()
    taken = interpreter.get_input_details()[0]["index"]
    given = interpreter.get_output_details()[0]["index"]

    def read(digit: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(taken, to_input(digit))
        interpreter.invoke()
        return interpreter.get_tensor(given)[0]

    return read


def measure(readers: dict[str, Reader], digit: np.ndarray, rounds: int) -> dict[str, list[float]]:
    """Times every reader `rounds` times, interleaved; returns the seconds of each call."""
    for read in readers.values():
        for _ in range(WARM_UP):
            read(digit)
    order = random.Random(0)
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(rounds):
        for name in order.sample(list(readers), len(readers)):
            time.sleep(PAUSE_SECONDS)
            begun = time.perf_counter()
            readers[name](digit)
            seconds[name].append(time.perf_counter() - begun)
    return seconds


def main() -> int:
    """Reads the command line; the status is 1 if the engines disagree."""
    arguments = parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=200)
    arguments.add_argument("--preset", choices=sorted(PRESETS), default="classic")
    chosen = arguments.parse_args()
    if THREADS not in os.environ:
        # NumPy reads it once, when it is imported, and that was above: begin anew with it.
        command = [sys.executable, "-m", "benchmarks.forward_pass", *sys.argv[1:]]
        return subprocess.run(command, env={**os.environ, THREADS: "1"}).returncode

    digit = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    readers, absent = build_readers(chosen.preset)
    ours = readers[OURS](digit)
    disagreement = {name: float(np.abs(read(digit) - ours).max()) for name, read in readers.items()}
    seconds = measure(readers, digit, chosen.rounds)
    mine = float(np.median(seconds[OURS]))
    figures: dict = {
        name: {
            **summary(times),
            "times_ours": round(float(np.median(times)) / mine, 2),
            "largest_difference": disagreement[name],
        }
        for name, times in seconds.items()
    }
    figures["not installed"] = absent
    report(figures, chosen.json)
    return 1 if max(disagreement.values()) > AGREEMENT else 0


if __name__ == "__main__":
    sys.exit(main())
