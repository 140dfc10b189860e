"""All settings of the recipe that are not in the form at first, in a drawer."""

from collections.abc import Callable, Sequence

import streamlit as st

from app import state
from app.fields import bound, bound_part, choices_with, rate_text
from app.navigation import page
from app.prose import say
from model import layers as described
from model.annealing import MONITORS
from model.augmentation import LIMITS, Augmentation
from model.early_stopping import EarlyStopping
from model.optimizers import OPTIMIZERS

BATCH_SIZES = (16, 32, 64, 128, 256, 512, 1024)
SMALL = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
DELTAS = (0.0, 0.0005, 0.001, 0.002, 0.005, 0.01)
AUGMENTED = Augmentation(rotation_degrees=10, zoom=0.1, shift_cells=1)  # a little of what people's hands do
CLIP = 1.0
# Field to the words and the step of its slider; the ends are the recipe's own.
AUGMENTATION = {
    "rotation_degrees": ("Turned by up to, degrees", 1.0),
    "zoom": ("Enlarged or shrunk by up to e to the power of", 0.05),
    "shift_cells": ("Moved by up to, cells", 0.5),
    "shear_degrees": ("Slanted by up to, degrees", 1.0),
    "elastic_cells": ("Pulled about by, cells", 0.1),
}
# The same of those that are rare: they stand here only once the Augmentation page has set them.
RARE_AUGMENTATION = {
    "aspect": ("Wider or narrower by up to e to the power of", 0.05),
    "thickness_cells": ("Strokes thicker or thinner by up to, cells", 0.25),
    "blur_cells": ("Blurred by up to, cells", 0.1),
    "contrast": ("Contrast more or less by up to e to the power of", 0.1),
    "noise": ("Noise of up to, share of full ink", 0.05),
    "cutout_cells": ("A blank square of up to, cells", 1.0),
}
# What each method takes from its description.
OPTIMIZER_FIELDS = {
    "adam": ("beta_1", "beta_2"),
    "adamw": ("beta_1", "beta_2", "weight_decay"),
    "sgd": ("momentum", "nesterov"),
    "rmsprop": ("rho", "momentum"),
}
ANNEALER_FIELDS = {
    "plateau": ("monitor", "patience", "factor", "min_delta", "cooldown", "min_lr"),
    "step": ("factor", "every"),
    "exponential": ("factor", "every"),
    "cosine": ("warm_up", "min_lr"),
}


def show() -> None:
    """Shows the button that opens the drawer, and the drawer."""
    # What is in a closed drawer isn't there: the browser would forget its values before it is opened.
    with st.popover("Settings", on_change="rerun", key="settings") as drawer:
        if drawer.open:
            section = st.segmented_control(
                "Settings of",
                SECTIONS,
                default=next(iter(SECTIONS)),
                required=True,
                label_visibility="collapsed",
                key="settings of",
            )
            SECTIONS[section]()


def _help(control: str) -> str:
    return say("training", f"control {control}")


def _small(label: str, part: str, name: str, choices: Sequence[float]) -> None:
    """A choice among small numbers, which a slider can't tell apart."""
    value = getattr(getattr(state.now().recipe, part), name)
    st.selectbox(
        label,
        choices_with(choices, value),
        format_func=rate_text,
        help=_help(name.replace("_", " ")),
        **bound_part(part, name),
    )


def _share(label: str, part: str, name: str, low: float, high: float, step: float = 0.01) -> None:
    st.slider(
        label, low, high, step=step, help=_help(name.replace("_", " ")), **bound_part(part, name, float)
    )


def _count(label: str, part: str, name: str, low: int, high: int) -> None:
    st.number_input(
        label,
        low,
        high,
        step=1,
        help=_help(name.replace("_", " ")),
        **bound_part(part, name, from_widget=int),
    )


def _monitor(part: str) -> None:
    st.segmented_control(
        "Watches validation",
        MONITORS,
        required=True,
        help=_help("monitor"),
        **bound_part(part, "monitor"),
    )


def _annealer() -> None:
    name = state.now().recipe.annealer.name
    fields = ANNEALER_FIELDS.get(name, ())
    if not fields:
        st.caption(say("training", f"annealer {name}"))
    if "monitor" in fields:
        _monitor("annealer")
    if "patience" in fields:
        _count("Patience, epochs", "annealer", "patience", 1, 100)
    if "factor" in fields:
        _share("Factor", "annealer", "factor", 0.01, 0.99)
    if "every" in fields:
        _count("Every so many epochs", "annealer", "every", 1, 500)
    if "min_delta" in fields:
        _small("Better by at least", "annealer", "min_delta", DELTAS)
    if "cooldown" in fields:
        _count("Cooldown, epochs", "annealer", "cooldown", 0, 100)
    if "warm_up" in fields:
        _share("Warm-up, share of all batches", "annealer", "warm_up", 0.0, 0.9)
    if "min_lr" in fields:
        _small("Lowest rate", "annealer", "min_lr", SMALL)


def _optimizer() -> None:
    st.selectbox("Optimizer", OPTIMIZERS, help=_help("optimizer"), **bound_part("optimizer", "name"))
    fields = OPTIMIZER_FIELDS[state.now().recipe.optimizer.name]
    for field, label in (
        ("momentum", "Momentum"),
        ("beta_1", "Beta 1, memory of the direction"),
        ("beta_2", "Beta 2, memory of the size"),
        ("rho", "Rho, memory of the size"),
    ):
        if field in fields:
            _share(label, "optimizer", field, 0.0, 0.999, 0.001)
    if "nesterov" in fields:
        st.toggle("Nesterov: look ahead", help=_help("nesterov"), **bound_part("optimizer", "nesterov"))
    if "weight_decay" in fields:
        _small("Weight decay", "optimizer", "weight_decay", SMALL)
    st.toggle(
        "Clip the gradient",
        help=_help("clip norm"),
        **bound_part(
            "optimizer", "clip_norm", lambda clip: clip is not None, lambda on: CLIP if on else None
        ),
    )
    batch_size = state.now().recipe.batch_size
    st.selectbox(
        "Digits in a batch",
        sorted({*BATCH_SIZES, batch_size}),
        help=_help("batch size"),
        **bound("batch_size"),
    )


def _digits() -> None:
    st.toggle(
        "Change each digit a little every time",
        help=_help("augmentation"),
        **bound("augmentation", lambda kept: kept is not None, lambda on: AUGMENTED if on else None),
    )
    augmentation = state.now().recipe.augmentation
    if augmentation is None:
        return
    rare = {name: words for name, words in RARE_AUGMENTATION.items() if getattr(augmentation, name)}
    for name, (label, step) in (AUGMENTATION | rare).items():
        st.slider(label, 0.0, LIMITS[name], step=step, **bound_part("augmentation", name, float))
    st.toggle("Mirror some left to right", help=_help("flip"), **bound_part("augmentation", "flip"))
    if augmentation.flip_upside_down:
        st.toggle("Mirror some top to bottom", **bound_part("augmentation", "flip_upside_down"))
    st.page_link(page("augmentation"), label="See what each of them does")


def _ending() -> None:
    st.toggle(
        "Stop early",
        help=_help("early stopping"),
        **bound("early_stopping", lambda kept: kept is not None, lambda on: EarlyStopping() if on else None),
    )
    if state.now().recipe.early_stopping is not None:
        _monitor("early_stopping")
        _count("Patience, epochs", "early_stopping", "patience", 1, 500)
    smoothing = state.now().recipe.label_smoothing
    st.selectbox(
        "Label smoothing",
        choices_with((0.0, 0.05, 0.1, 0.2), smoothing),
        format_func=rate_text,
        help=_help("label smoothing"),
        **bound("label_smoothing"),
    )
    st.selectbox(
        "L2, the cost of large weights",
        choices_with(SMALL, state.now().recipe.l2),
        format_func=rate_text,
        help=_help("l2"),
        **bound("l2"),
    )
    st.number_input("Seed", 0, 2**32 - 1, step=1, help=_help("seed"), **bound("seed", from_widget=int))


def _layers() -> None:
    recipe = state.now().recipe
    st.caption(say("training", "layers", count=len(recipe.layers), parameters=recipe.parameters))
    st.html(f'<p class="lab-layers">{in_short(recipe.layers)}</p>')
    if st.button("Edit the layers", help=_help("edit layers")):
        state.change(side="edit")
        st.switch_page(page("architecture"))


def in_short(layers: Sequence[described.Layer]) -> str:
    """A stack of layers in a line, as HTML: "8 filters 5×5 → pooling 2×2 → relu → …"."""
    return " <span>→</span> ".join(_short(layer) for layer in layers)


def _short(layer: described.Layer) -> str:
    match layer:
        case described.Conv2D():
            stride = f", stride {layer.stride}" if layer.stride > 1 else ""
            return f"{layer.filters} filters {layer.kernel_size}×{layer.kernel_size}{stride}"
        case described.MaxPooling2D() | described.AveragePooling2D():
            return f"{layer.title} {layer.pool_size}×{layer.pool_size}"
        case described.Dense():
            return f"{layer.units} units"
        case described.Dropout():
            return f"dropout {layer.rate:g}"
        case described.Activation():
            return layer.function.replace("_", " ")
    return layer.title


SECTIONS: dict[str, Callable[[], None]] = {
    "Annealer": _annealer,
    "Optimizer": _optimizer,
    "Digits": _digits,
    "Ending": _ending,
    "Layers": _layers,
}
