"""The digit in hand: what a person gave, wherever it came from, and everything else that they chose.

One frozen `State` holds it all. It is typed, knows no Streamlit, and mirrors into a link (`app.link`).
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from model.presets import PRESETS
from model.recipe import Recipe
from model.strokes import Stroke

Source = Literal["draw", "upload", "camera", "data"]
SOURCES: tuple[Source, ...] = get_args(Source)

View = Literal["watch", "compare", "runs", "take away"]
VIEWS: tuple[View, ...] = get_args(View)
# Which runs one press of Train begins: one, a pair with and without the annealer, or one for each seed.
Trial = Literal["one", "pair", "3 seeds", "5 seeds"]
TRIALS: tuple[Trial, ...] = get_args(Trial)
# What the Augmentation page shows beside its sliders.
Shown = Literal["one", "all", "batch", "sweep", "label", "effect"]
SHOWN: tuple[Shown, ...] = get_args(Shown)
# What the Filters page looks at.
Look = Literal["maps", "filters", "one filter", "why", "where digits lie", "compare"]
LOOKS: tuple[Look, ...] = get_args(Look)
# What the filters of a layer are sorted by there.
Order = Literal["place", "norm", "answer", "effect"]
ORDERS: tuple[Order, ...] = get_args(Order)
# What the Architecture page shows: the network's layers, the editor, or what is claimed of layers, measured.
Side = Literal["layers", "edit", "claims"]
SIDES: tuple[Side, ...] = get_args(Side)
# What the Mistakes page looks at, and which digits are judged there.
Sight = Literal["errors", "gallery", "how sure", "epochs", "worse digits", "no digit", "kaggle"]
SIGHTS: tuple[Sight, ...] = get_args(Sight)
Part = Literal["validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
# What stands in the Training page's form at first: it needs no download, and shows what that page is about.
FIRST_RECIPE = PRESETS.get("plateau", PRESETS["quick"])

# The transformations that the Augmentation page knows, in its order.
CHANGES = (
    "rotation",
    "zoom",
    "aspect",
    "shift",
    "shear",
    "elastic",
    "thickness",
    "noise",
    "blur",
    "contrast",
    "cutout",
    "flip",
    "upside-down",
)

MOST_OUT = 64  # filters switched off at a time: as many as the largest layers shown have
MOST_NUMBERS = 49  # of a kernel that is changed by hand: 7×7
MOST_COMPARED = 24  # runs: a few recipes, each over several seeds

# What divides the logits before a softmax, and the rates of one step of gradient descent, on their sliders.
TEMPERATURES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
STEP_RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
# Which layers take that step.
Stepping = Literal["last", "all"]
STEPPING: tuple[Stepping, ...] = get_args(Stepping)

PEN_WIDTHS = (8, 40)  # px on the canvas of 280: from a ballpoint's share of a digit to a felt pen's
PEN_WIDTH = 20  # after shrinking, about as wide as MNIST's own strokes


@dataclass(frozen=True)
class DataDigit:
    """One digit of the data, by its place: the same digit everywhere.

    Attributes:
        dataset: a data set's name.
        part: "train", "validation" or "test".
        index: its place in that part, from 0.
    """

    dataset: str = "mnist"
    part: str = "validation"
    index: int = 0


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that a person gave.

    Attributes:
        name: its file's name, as the person's machine calls it: never trusted, never a path.
        pixels: uint8 (height, width), grey, as the person gave it.
    """

    name: str
    pixels: np.ndarray


@dataclass(frozen=True, eq=False)
class Refusal:
    """A file that can't be read as a picture.

    Attributes:
        name: its file's name.
        reason: why, in plain words.
    """

    name: str
    reason: str


# The fields of `State` that say which digit is in hand.
GIVEN = frozenset(
    {"source", "strokes", "data_digit", "in_corner", "pictures", "picture", "photo", "several", "found"}
)
# Those that say whose kernel it is that a person changes.
KERNEL_OF = frozenset({"layer", "unit", "channel"})


@dataclass(frozen=True)
class State:
    """Everything that a person chose, on whichever page.

    Attributes:
        model: the checkpoint in hand, under the address that `app.networks` keeps it by; None for the
            default network.
        source: where the digit in hand comes from.
        strokes: the drawing on the canvas.
        data_digit: the digit chosen from the data.
        in_corner: whether that digit is written small into a corner, so that the steps have work to do.
        pictures: the uploaded pictures, and what could not be read among them.
        picture: which of them is in hand, from 0.
        photo: what the camera took.
        off: names of the preprocessing steps that are switched off.
        pen_width: px on the canvas.
        erasing: whether the pen is an eraser.
        why: whether "Why?" was asked.
        committee: whether the network in hand reads together with those from its recipe's other seeds.
        recipe: what stands in the Training page's form.
        start: the checkpoint whose weights a training starts from, as "NAME:EPOCH"; None for fresh ones.
        trial: which runs a press of Train begins.
        guess: the final validation accuracy that the person expects, in percent; None for no guess.
        winner: which run of a pair they expect to end higher: "with" or "without" the annealer; None for no
            guess.
        run: the run, or the bundled network, whose training is watched; None for the example.
        compared: the runs that are laid over each other.
        view: what the Training page shows beside its form.
        change: the one transformation that the Augmentation page looks at, by its name.
        shown: what that page shows beside its sliders.
        variants: the seed of the variants shown there; of a training's batches the number.
        look: what the Filters page looks at.
        own_scale: whether each map there has a scale of its own, instead of its layer's.
        order: what the filters of a layer are sorted by there.
        layer: the layer that the Filters and Architecture pages look into, by its place in the recipe,
            from 0; None for the page's own choice.
        unit: the filter (or dense unit) chosen there, from 0; None for none.
        channel: the input channel that is looked at there, from 0; None for the page's choice.
        out: the filters that are switched off there, each with its layer's place: (place, unit).
        target: the digit asked about there ("why not 9?"); None for the one that is read.
        label: the right digit, as a person says it of the digit in hand; None for its own label, if any.
        temperature: what the softmax's logits are divided by.
        step_rate: of the one step of gradient descent.
        stepping: which layers take it.
        step_others: whether other digits are looked at after it.
        beside: a second checkpoint to compare with, by its address; None for none.
        side: what the Architecture page shows.
        draft: whether that page shows the recipe in the form, untrained, instead of the network in hand.
        cell: the value of a layer's map that is looked at there, (row, column); None for the page's choice.
        facet: which part of an opened layer is looked at, such as "sandbox"; None for its first.
        kernel: a kernel's numbers as a person changed them, row by row; None for the learned ones.
        claim: the claim whose measurement is shown there, by its name; None for the first.
        stand_ins: runs that stand there in the place of the claim's own, each with the place of its arm, from
            0, before its name.
        sight: what the Mistakes page looks at.
        judged: which digits are judged there.
        confused: the cell of the confusion matrix that is open there, (label, reading); None for none.
        several: whether Draw reads several digits, a whole number, instead of one.
        found: which of several digits is in hand, from 0, in reading order.
    """

    model: str | None = None
    source: Source = "draw"
    strokes: tuple[Stroke, ...] = ()
    data_digit: DataDigit = field(default_factory=DataDigit)
    in_corner: bool = False
    pictures: tuple[Picture | Refusal, ...] = ()
    picture: int = 0
    photo: Picture | Refusal | None = None
    off: frozenset[str] = frozenset()
    pen_width: int = PEN_WIDTH
    erasing: bool = False
    why: bool = False
    committee: bool = False
    recipe: Recipe = FIRST_RECIPE
    start: str | None = None
    trial: Trial = "one"
    guess: float | None = None
    winner: str | None = None
    run: str | None = None
    compared: tuple[str, ...] = ()
    view: View = "watch"
    change: str = CHANGES[0]
    shown: Shown = "one"
    variants: int = 0
    look: Look = "maps"
    own_scale: bool = False
    order: Order = "place"
    layer: int | None = None
    unit: int | None = None
    channel: int | None = None
    out: tuple[tuple[int, int], ...] = ()
    target: int | None = None
    label: int | None = None
    temperature: float = 1.0
    step_rate: float = 0.1
    stepping: Stepping = "last"
    step_others: bool = False
    beside: str | None = None
    side: Side = "layers"
    draft: bool = False
    cell: tuple[int, int] | None = None
    facet: str | None = None
    kernel: tuple[float, ...] | None = None
    claim: str | None = None
    stand_ins: tuple[tuple[int, str], ...] = ()
    sight: Sight = "errors"
    judged: Part = "validation"
    confused: tuple[int, int] | None = None
    several: bool = False
    found: int = 0
