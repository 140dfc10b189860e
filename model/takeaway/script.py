"""The take-away: a recipe as a script of plain Keras that anybody can run, read and change, without the lab.

The script needs Keras, its backend and NumPy, nothing of this project. It takes the same digits in the same
order, begins with the same weights and learns at the same rates as the lab, so its losses are the same up to
rounding; a test runs it and compares.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from model.annealing import END_DIVISOR, START_DIVISOR, WARM_UP_SHARE
from model.augmentation import Augmentation
from model.datasets import parts_of
from model.layers import BatchNormalization
from model.recipe import SETTLED_BY, Recipe
from model.takeaway.augmenting import changing
from model.takeaway.digits import needed_files, reading
from model.takeaway.names import file_name, plain
from model.takeaway.network import building

_OPTIMIZERS = {
    "adam": ("Adam", ("beta_1", "beta_2")),
    "adamw": ("AdamW", ("weight_decay", "beta_1", "beta_2")),
    "sgd": ("SGD", ("momentum", "nesterov")),
    "rmsprop": ("RMSprop", ("rho", "momentum")),
}


def to_script(
    recipe: Recipe,
    run: str = "",
    learned_from: Mapping[str, Any] | None = None,
    parent: tuple[str, int] | None = None,
) -> str:
    """The script.

    Args:
        recipe: what to train.
        run: the id of the run that it repeats; "" for none.
        learned_from: what that run's training really read, as `Run.learned_from`; None for what the recipe
            asks for.
        parent: run or network, and epoch, whose weights it starts from. They must then lie beside the script
            in a file `START_FILE`, in the order in which `model.forward.weight_shapes` names them.

    Returns:
        Python, to be saved in a file of any name. What a person typed stands in it only as letters, digits,
        spaces and hyphens.
    """
    dataset = str((learned_from or {}).get("dataset", recipe.dataset))
    watched = "validation" in parts_of(recipe.dataset)
    blocks = [
        _head(recipe, run, dataset),
        _imports(dataset),
        _numbers(recipe),
        reading(dataset),
        building(recipe, parent),
        changing(recipe.augmentation),
        _batches(recipe.augmentation),
        _rate(recipe),
        _averaging(recipe),
        _training(recipe, watched),
    ]
    return "\n\n\n".join(block.strip("\n") for block in blocks if block) + "\n"


def _head(recipe: Recipe, run: str, dataset: str) -> str:
    origin = f"the run {plain(run)}" if run else "a recipe"
    return f'''
"""{plain(recipe.name) or "recipe"}: a network that reads {_things(dataset)}, trained with plain Keras.

Made by Digit Lab from {origin}. All that fixes the training stands here: the digits and
their order, the first weights, the learning rate of every batch. So the losses are the lab's, up to rounding.

    pip install keras tensorflow numpy
    python {file_name(recipe, ".py")} [--data FOLDER]

{needed_files(dataset)}
"""
'''


def _things(dataset: str) -> str:
    return "clothes" if dataset == "fashion" else "handwritten digits"


def _imports(dataset: str) -> str:
    standard = ["argparse", "itertools", "math", "pathlib"]
    if dataset not in ("fashion", "kaggle-42000"):
        standard.append("gzip")
    if dataset in ("mini", "kaggle"):
        standard.append("importlib.util")
    lines = [f"import {name}" for name in sorted(standard)]
    return "\n".join([*lines, "", "import keras", "import numpy as np"])


def _numbers(recipe: Recipe) -> str:
    return f"""
EPOCHS = {recipe.epochs}
BATCH_SIZE = {recipe.batch_size}
LEARNING_RATE = {recipe.optimizer.learning_rate!r}
SEED = {recipe.seed}  # of all that is random: first weights, order of the digits, changes, dropout
"""


def _batches(augmentation: Augmentation | None) -> str:
    lines = ["digits = images[chosen]"]
    if augmentation is not None and augmentation.written:
        lines += [
            "random = np.random.default_rng((SEED, epoch, batch + 1, 1))",
            f"digits = with_written(digits, labels[chosen], {augmentation.written!r}, random)",
        ]
    if augmentation is not None:  # from 1, for a seed of (seed, epoch, 0) is one of (seed, epoch)
        lines.append("digits = augment(digits, np.random.default_rng((SEED, epoch, batch + 1)))")
    return _BATCHES.replace("DIGITS", f"\n{' ' * 12}".join(lines))


_BATCHES = '''
def batches(images, labels, first=0):
    """The digits in batches, without an end: in every epoch all of them once, in another order."""
    for epoch in itertools.count(first):
        # from the seed and the epoch alone, so that any epoch can be repeated
        order = np.random.default_rng((SEED, epoch)).permutation(len(images))
        for batch in range(batches_in(images)):
            chosen = order[batch * BATCH_SIZE : (batch + 1) * BATCH_SIZE]
            DIGITS
            yield to_input(digits), to_categorical(labels[chosen])


def batches_in(images):
    """How many batches make an epoch; the last one may be smaller."""
    return math.ceil(len(images) / BATCH_SIZE)


def to_input(images):
    """uint8 (n, 28, 28) as the network takes it: float32 (n, 28, 28, 1), 0 to 1."""
    return images[..., None].astype("float32") / 255


def to_categorical(labels):
    """Labels as the loss takes them: float32 (n, 10), 1 in the label's column."""
    return np.eye(10, dtype="float32")[labels]
'''


_RATES = {
    "step": """
    # every {every} epochs the rate is multiplied by {factor}
    return LEARNING_RATE * {factor!r} ** (step // ({every} * steps_per_epoch))""",
    "exponential": """
    # a little lower after every batch: in {every} epochs it is multiplied by {factor}
    return LEARNING_RATE * {factor!r} ** (step / ({every} * steps_per_epoch))""",
    "cosine": """
    # half a cosine down to {min_lr:g}, after a climb over {warm_up:.0%} of all batches
    steps = EPOCHS * steps_per_epoch
    climb = int({warm_up!r} * steps)
    if step < climb:
        return LEARNING_RATE / {start:g} * (1 + ({start:g} - 1) * step / climb)
    return half_cosine(LEARNING_RATE, min({min_lr!r}, LEARNING_RATE), (step - climb) / (steps - climb))""",
    "one-cycle": """
    # half a cosine up over the first {share:.0%} of all batches, then half a cosine down to almost nothing
    steps = EPOCHS * steps_per_epoch
    lowest, peak = LEARNING_RATE / {start:g}, {share!r} * steps - 1
    if step <= peak:
        return half_cosine(lowest, LEARNING_RATE, step / peak if peak > 0 else 1.0)
    share = (step - peak) / (max(steps - 1, peak + 1e-9) - peak)
    return half_cosine(LEARNING_RATE, lowest / {end:g}, share)""",
}

_HALF_COSINE = '''def half_cosine(start, end, share):
    """From start to end along half a cosine, share from 0 to 1."""
    share = min(max(share, 0.0), 1.0)
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


'''

_SET_RATE = '''


class SetRate(keras.callbacks.Callback):
    """Sets the learning rate before every batch."""

    step = 0

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = rate(self.step, self.params["steps"])
        self.step += 1
'''


def _rate(recipe: Recipe) -> str:
    """The learning rate of each batch, for the annealers that follow a schedule."""
    annealer = recipe.annealer
    if annealer.name not in _RATES:
        return ""
    numbers = {field.name: getattr(annealer, field.name) for field in fields(annealer)}
    body = _RATES[annealer.name].format(**numbers, start=START_DIVISOR, end=END_DIVISOR, share=WARM_UP_SHARE)
    before = _HALF_COSINE if "half_cosine" in body else ""
    says = '"""The learning rate for one batch, counted from 0 over the whole training."""'
    return f"{before}def rate(step, steps_per_epoch):\n    {says}{body}{_SET_RATE}"


_AVERAGING = '''
class Averaging(keras.callbacks.Callback):
    """Puts the running mean of the weights in after each epoch, to be tested; at the end it stays."""

    def __init__(self, images, labels):
        super().__init__()
        self.digits, self.epoch, self.live = (images, labels), 0, None

    def on_epoch_begin(self, epoch, logs=None):
        if self.live is not None:  # learning goes on from the weights themselves
            self.model.set_weights(self.live)
        self.epoch, self.live = epoch, None

    def on_test_begin(self, logs=None):
        self.put_in()

    def on_epoch_end(self, epoch, logs=None):
        self.put_in()

    def put_in(self):
        if self.live is None:
            self.live = self.model.get_weights()
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)SETTLED
'''
_SETTLED = f"""
            first = itertools.islice(batches(*self.digits, self.epoch), math.ceil({SETTLED_BY} / BATCH_SIZE))
            settle(self.model, np.concatenate([digits for digits, _ in first])[:{SETTLED_BY}])"""
_SETTLE = '''

def settle(network, digits):
    """Gives batch normalisation the mean and variance that the network's weights make of digits."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            around = tuple(range(digits.ndim - 1))
            mean = digits.mean(around, dtype="float64").astype("float32")
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(np.square(digits - mean).mean(around, dtype="float64"))
        digits = keras.ops.convert_to_numpy(layer(digits, training=False))
'''


def _averaging(recipe: Recipe) -> str:
    """What puts the averaged weights to the test, where the recipe averages them."""
    if not recipe.averaging:
        return ""
    if any(isinstance(layer, BatchNormalization) for layer in recipe.layers):
        return _AVERAGING.replace("SETTLED", _SETTLED) + _SETTLE
    return _AVERAGING.replace("SETTLED", "")


def _remembered(recipe: Recipe) -> str:
    if not recipe.averaging:
        return ""
    return f"    remembered = {recipe.averaging!r} * EPOCHS * batches_in(training[0])  # steps, in the mean\n"


def _training(recipe: Recipe, watched: bool) -> str:
    validation = "(to_input(validation[0]), to_categorical(validation[1]))" if watched else "None"
    callbacks = "".join(f"\n        {line}" for line in _callbacks(recipe))
    named, settings = _OPTIMIZERS[recipe.optimizer.name]
    said = "".join(f", {name}={getattr(recipe.optimizer, name)!r}" for name in settings)
    if recipe.optimizer.clip_norm is not None:
        said += f", global_clipnorm={recipe.optimizer.clip_norm!r}"
    said = f"LEARNING_RATE{said}"
    if recipe.averaging:
        averaging = "use_ema=True, ema_momentum=max(0.0, 1 - 1 / remembered)"
        said = "".join(f"\n            {line}," for line in (said, averaging)) + f"\n{' ' * 8}"
    return f"""
if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--data", type=pathlib.Path, metavar="FOLDER", help="where the digits are")
    {"training, validation" if watched else "training"} = read_digits(options.parse_args().data)

{_remembered(recipe)}    network.compile(
        optimizer=keras.optimizers.{named}({said}),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing={recipe.label_smoothing!r}),
        metrics=["accuracy"],
    )
    network.fit(
        batches(*training),
        steps_per_epoch=batches_in(training[0]),
        epochs=EPOCHS,
        validation_data={validation},
        callbacks=[{callbacks}
        ],
        verbose=2,  # a line for each epoch
    )
    network.save(pathlib.Path(__file__).with_suffix(".keras"))
"""


def _callbacks(recipe: Recipe) -> list[str]:
    annealer, stopping = recipe.annealer, recipe.early_stopping
    lines = ["    Averaging(*training),"] if recipe.averaging else []
    if annealer.name in _RATES:
        lines.append("    SetRate(),")
    if annealer.name == "plateau":
        lines += [
            "    # when validation has not become better for some epochs, smaller steps",
            f"    keras.callbacks.ReduceLROnPlateau(monitor={_monitor(annealer.monitor)}, "
            f"factor={annealer.factor!r}, patience={annealer.patience},",
            f"        min_delta={annealer.min_delta!r}, cooldown={annealer.cooldown}, "
            f"min_lr={annealer.min_lr!r}),",
        ]
    if stopping is not None:
        lines += [
            f"    keras.callbacks.EarlyStopping(monitor={_monitor(stopping.monitor)}, "
            f"patience={stopping.patience}, min_delta={stopping.min_delta!r}),",
        ]
    return lines


def _monitor(monitor: str) -> str:
    return f'"val_{monitor}", mode="{"max" if monitor == "accuracy" else "min"}"'
