"""The network with which keras.io teaches MNIST ("Simple MNIST convnet", F. Chollet), written anew after it.

    python -m benchmarks.mnist_convnet --data FOLDER [--json]

Two convolutions of 32 and 64 filters, each pooled; dropout of a half; Adam with its defaults, batches of 128,
15 epochs, a tenth of the 60,000 kept for validation. Nothing is stopped early; the test digits are read once
at the end. `benchmarks.race` starts it.
"""

import sys
import time
from pathlib import Path

from benchmarks.figures import parser, report
from model.datasets import load_digits
from model.learning.batches import to_categorical  # first, it quiets TensorFlow

import keras  # isort: skip

EPOCHS = 15


def main() -> int:
    """Trains, and says how long it took and what the test digits say."""
    arguments = parser(__doc__)
    arguments.add_argument("--data", type=Path, help="a folder with MNIST's files")
    chosen = arguments.parse_args()
    learned = load_digits("mnist-60000", "train", chosen.data)
    tested = load_digits("mnist-60000", "test", chosen.data)
    (x_train, y_train), (x_test, y_test) = (
        (digits.images[..., None].astype("float32") / 255, to_categorical(digits.labels))
        for digits in (learned, tested)
    )
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
            keras.layers.MaxPooling2D(pool_size=(2, 2)),
            keras.layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
            keras.layers.MaxPooling2D(pool_size=(2, 2)),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    begun = time.perf_counter()
    network.fit(x_train, y_train, batch_size=128, epochs=EPOCHS, validation_split=0.1, verbose=0)
    seconds = time.perf_counter() - begun
    _, accuracy = network.evaluate(x_test, y_test, verbose=0)
    report({"seconds": round(seconds, 1), "accuracy": round(float(accuracy), 4)}, chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
