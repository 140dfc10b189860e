"""A convolution on a small grid of one's own: what padding, stride and kernel size make of its size."""

import numpy as np
import streamlit as st
from PIL import Image

from app import state
from app.opened import sliding
from app.opened.sliding import MOST_PAINTED, MOST_WRITTEN, Scene, Stage
from app.prose import say
from app.subject import Subject
from model.forward import same_padding
from model.kernels import named_kernels
from model.layers import LayerError
from model.probes.convolving import positions, slide

LESSON = "convolution"
SIDES = (3, 12)  # cells: a grid that can be painted
SIDE = 8
MOST_PADDING = 3
PADDINGS = ("valid", "same", *(str(cells) for cells in range(1, MOST_PADDING + 1)))
FIRST_KERNEL = "upright edges"
BORDER = 4  # cells of a digit's frame that hold no ink
PICTURES = ("the digit, small", "upright bar", "cross", "ring", "slope", "chessboard", "empty")


def show(subject: Subject, place: int) -> None:  # noqa: ARG001 - a sandbox belongs to no layer
    """Shows the sandbox.

    Args:
        subject: its digit is one of the pictures.
        place: a convolution's.
    """
    _play(subject)


def picture(name: str, cells: int, digit: np.ndarray) -> np.ndarray:
    """A small picture to slide a kernel over.

    Args:
        name: one of `PICTURES`.
        cells: its side.
        digit: uint8 (28, 28), for the one that is made of it.

    Returns:
        float32 (cells, cells), 0 to 1.
    """
    rows, columns = np.indices((cells, cells))
    middle = (cells - 1) / 2
    far = np.hypot(rows - middle, columns - middle)
    match name:
        case "upright bar":
            drawn = np.abs(columns - middle) <= 1
        case "cross":
            drawn = (np.abs(columns - middle) < 1) | (np.abs(rows - middle) < 1)
        case "ring":
            drawn = np.abs(far - cells / 3) < 0.8
        case "slope":
            drawn = columns / (cells - 1)
        case "chessboard":
            drawn = (rows + columns) % 2
        case "empty":
            drawn = np.zeros((cells, cells))
        case _:
            inked = Image.fromarray(digit[BORDER:-BORDER, BORDER:-BORDER])
            drawn = np.asarray(inked.resize((cells, cells), Image.Resampling.BOX)) / 255
    return np.round(np.asarray(drawn, np.float32), 1)


def arithmetic(cells: int, size: int, stride: int, before: int, after: int) -> str:
    """How many positions there are along one side, as LaTeX: in letters, with the numbers, and the result.

    Args:
        cells: the input's side.
        size: the kernel's side.
        stride: the step.
        before: cells of padding before the input.
        after: cells of padding after it.

    Raises:
        LayerError: there are none.
    """
    count = positions(cells, size, stride, before, after)
    padding = rf"2\cdot {before}" if before == after else f"({before} + {after})"
    letters = r"2p" if before == after else r"(p_1 + p_2)"
    quotient = f"{(cells + before + after - size) / stride:.3g}"
    return (
        rf"\left\lfloor\frac{{n + {letters} - k}}{{s}}\right\rfloor + 1 = "
        rf"\left\lfloor\frac{{{cells} + {padding} - {size}}}{{{stride}}}\right\rfloor + 1 = "
        rf"\lfloor {quotient} \rfloor + 1 = {count}"
    )


@st.fragment
def _play(subject: Subject) -> None:
    """All that follows a setting, a number or a stroke."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="sandbox-settings"):
        cells = _whole("Input n", *SIDES, SIDE)
        size = _whole("Kernel k", 1, MOST_WRITTEN, 3)
        stride = _whole("Stride s", 1, MOST_WRITTEN, 1)
        padding = st.selectbox(
            "Padding p",
            PADDINGS,
            format_func=_in_words,
            width=110,
            **state.lasting("sandbox padding", PADDINGS[0]),
        )
        kernels = named_kernels(size)
        first = FIRST_KERNEL if FIRST_KERNEL in kernels else next(iter(kernels))
        named = st.selectbox(
            "Kernel", kernels, width=140, **state.lasting(f"sandbox kernel of {size}", first)
        )
        drawn = st.selectbox("Picture", PICTURES, width=140, **state.lasting("sandbox picture", PICTURES[0]))
        pen = st.number_input(
            "Pen", -MOST_PAINTED, MOST_PAINTED, step=0.5, width=80, **state.lasting("sandbox pen", 1.0)
        )
    before, after = _border(padding, cells, size, stride)
    try:
        sum_up = arithmetic(cells, size, stride, before, after)
    except LayerError as error:
        st.warning(say(LESSON, "refused", reason=error))
        return
    key, editable = f"sandbox {drawn} {cells}", f"{named} {size}"
    painted = sliding.painted(key, cells**2)
    grid = picture(drawn, cells, subject.digit) if painted is None else painted.reshape(cells, cells)
    typed = sliding.typed_kernel(key, editable, size**2)
    kernel = kernels[named] if typed is None else typed.reshape(size, size)
    slid = slide(grid[..., None], kernel[..., None], 0.0, stride, ((before, after),) * 2)
    scene = Scene(
        shown=f"{cells} {size} {stride} {padding} {drawn}",
        sliding=slid,
        channels=(0,),
        channel=0,
        is_signed=bool(grid.min() < 0),
        source="input",
        stages=[Stage("output", slid.sums, True)],
        home=(0, 0),
        pen=float(pen),
        editable=editable,
        is_whole=True,
    )
    sliding.show(sliding.to_content(scene, None), key, _stays, _stays)
    with st.container(key="sandbox-size"):
        st.latex(sum_up)
    st.caption(say(LESSON, "paint"))


def _whole(label: str, low: int, high: int, first: int) -> int:
    return int(st.number_input(label, low, high, width=75, **state.lasting(f"sandbox {label}", first)))


def _in_words(padding: str) -> str:
    return padding if padding.isdecimal() else {"valid": "0 (valid)", "same": "same"}[padding]


def _border(padding: str, cells: int, size: int, stride: int) -> tuple[int, int]:
    """Cells of zeros before and after the input."""
    if padding == "same":
        return same_padding(cells, size, stride)
    width = int(padding) if padding.isdecimal() else 0
    return width, width


def _stays(_: object) -> None:
    """What was told stays with the component, which is asked for it when it is shown."""
