"""The four ways to give a digit: draw it, upload it, show it to the camera, pick it from the data."""

import random
from collections.abc import Callable

import numpy as np
import streamlit as st

from app import cache, state
from app.canvas import draw_on_canvas
from app.hand import PEN_WIDTHS, DataDigit, Picture, Refusal
from app.pixels import to_html
from app.several import WIDE
from model.datasets import DataError
from model.pictures import PictureError, open_picture
from model.preprocessing import to_digit
from model.strokes import CANVAS_SIDE

SOURCE_TITLES: dict[str, str] = {"draw": "Draw", "upload": "Upload", "camera": "Camera", "data": "Data"}
KINDS = ("png", "jpg", "jpeg", "bmp", "webp", "gif")
MOST_PICTURES = 50  # kept for a session, a quarter of a megabyte each at most
ONLY, ANY = "only this digit", "any digit"
# What of a photograph is read: by its height, a little more than the frame on the screen shows.
AIM_HEIGHT, AIM_HEIGHT_OF_SEVERAL, AIM_ASPECT_OF_SEVERAL = 0.84, 0.46, 3.0


def show_ways() -> None:
    """Shows the choice of a way to give a digit, and of one digit or a whole number."""
    st.segmented_control(
        "Where the digit comes from",
        list(SOURCE_TITLES),
        format_func=SOURCE_TITLES.__getitem__,
        required=True,
        label_visibility="collapsed",
        **state.bound("source"),
    )
    if state.now().source == "data":
        return
    bound = state.bound("several")

    def switch() -> None:
        bound["on_change"]()
        state.new_canvas()  # it has another width

    st.segmented_control(
        "How many digits",
        [False, True],
        format_func={False: "One digit", True: "A number"}.__getitem__,
        required=True,
        label_visibility="collapsed",
        **{**bound, "on_change": switch},
    )


def show_giving() -> None:
    """Shows the chosen way whole, but for the canvas; the state then holds what was given."""
    if state.now().source != "draw":
        WAYS[state.now().source]()


def is_several() -> bool:
    """Whether several digits are read; a digit of the data is always one."""
    return state.now().several and state.now().source != "data"


def width() -> int:
    """How wide the place is where a digit is given, px."""
    return CANVAS_SIDE * (WIDE if is_several() and state.now().source == "draw" else 1)


def show_canvas() -> None:
    """Shows the canvas; the state then holds what is drawn on it."""
    # The canvas's own toolbar floats over the line above it.
    what = "A number, its digits side by side" if state.now().several else "One digit, large"
    st.html(f'<p class="lab-above-canvas">{what}</p>')
    try:
        strokes = draw_on_canvas(state.now().pen_width, state.now().erasing, width())
    except ValueError as error:
        st.error(str(error))
        strokes = ()
    if strokes != state.now().strokes:
        state.change(strokes=strokes)


def show_canvas_tools() -> None:
    """Shows pen and eraser, Undo, Clear and the pen's width, each within reach of the keyboard."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            "Pen or eraser",
            [False, True],
            format_func={False: "Pen", True: "Eraser"}.__getitem__,
            required=True,
            label_visibility="collapsed",
            **state.bound("erasing"),
        )
        st.button("Undo", on_click=_undo)
        st.button("Clear", on_click=_clear)
        st.slider("Pen width, in pixels", *PEN_WIDTHS, step=2, width=CANVAS_SIDE, **state.bound("pen_width"))


def _undo() -> None:
    state.change(strokes=state.now().strokes[:-1])
    state.new_canvas()


def _clear() -> None:
    state.change(strokes=())
    state.new_canvas()


def _upload() -> None:
    st.file_uploader(
        "Pictures with several digits each" if state.now().several else "Pictures of one digit each",
        KINDS,
        accept_multiple_files=True,
        key="uploader",
        on_change=_take_uploads,
    )
    pictures = state.now().pictures
    if len(pictures) > 1:
        st.selectbox(
            "In hand",
            range(len(pictures)),
            format_func=lambda place: f"{place + 1}. {pictures[place].name}",
            **state.bound("picture"),
        )


def _take_uploads() -> None:
    files = state.widget("uploader") or []
    pictures = [_picture(file.name, file.getvalue()) for file in files[:MOST_PICTURES]]
    if len(files) > MOST_PICTURES:
        left = f"{len(files) - MOST_PICTURES} more"
        pictures.append(Refusal(left, f"Only {MOST_PICTURES} pictures are read at a time."))
    state.change(pictures=tuple(pictures), picture=0)


def _camera() -> None:
    several = state.now().several
    what = "a number" if several else "one digit"
    with st.container(key="aim-several" if several else "aim-one"):
        st.camera_input(
            f"Hold {what}, on plain paper, into the frame",
            key="camera for several" if several else "camera",
            on_change=_take_photo,
        )


def _take_photo() -> None:
    photo = state.widget("camera for several" if state.now().several else "camera")
    aimed = None if photo is None else _picture("your photograph", photo.getvalue(), _in_frame)
    state.change(photo=aimed)


def _in_frame(pixels: np.ndarray) -> np.ndarray:
    """The part of a photograph that lay in the frame: in its middle, measured by its height."""
    rows, columns = pixels.shape[:2]
    height = rows * (AIM_HEIGHT_OF_SEVERAL if state.now().several else AIM_HEIGHT)
    wide = height * (AIM_ASPECT_OF_SEVERAL if state.now().several else 1)
    top, left = max(0, round((rows - height) / 2)), max(0, round((columns - wide) / 2))
    return pixels[top : rows - top, left : columns - left]


def _picture(
    name: str, data: bytes, crop: Callable[[np.ndarray], np.ndarray] = lambda pixels: pixels
) -> Picture | Refusal:
    try:
        pixels = crop(open_picture(data, name))
    except PictureError as error:
        return Refusal(name, str(error))
    # Kept as the first step makes it, at most 700 × 700: nothing is lost, and a session stays small.
    return Picture(name, to_digit(pixels).steps[0].image)


def _data() -> None:
    place = state.now().data_digit
    try:
        digits = cache.digits(place.dataset, place.part)
    except DataError as error:
        st.error(str(error))
        st.button("Take a validation digit", on_click=take_another_digit)
        return
    index = place.index % len(digits)
    st.html(to_html(digits.images[index], f"Digit number {index} of the {digits.part} digits", "lab-big"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button("Another one", type="primary", on_click=take_another_digit)
        st.selectbox(
            "which is", [ANY, *map(str, range(10))], key=ONLY, width=130, on_change=take_another_digit
        )
    st.number_input("Number", 0, len(digits) - 1, **state.bound("data_digit", lambda _: index, _numbered))
    st.toggle("Written small in a corner", **state.bound("in_corner"))
    st.caption(f"One of {len(digits):,} {digits.part} digits, from {digits.source}")


def _numbered(index: int) -> DataDigit:
    place = state.now().data_digit
    return DataDigit(place.dataset, place.part, int(index))


def take_another_digit() -> None:
    """Takes another digit of the data in hand, at random among those of the class that was asked for."""
    digits = cache.validation_digits(state.now().model)
    only = state.widget(ONLY)
    places = np.arange(len(digits)) if only in (None, ANY) else np.flatnonzero(digits.labels == int(only))
    place = int(random.choice(places))
    state.change(source="data", data_digit=DataDigit(digits.dataset, digits.part, place))


WAYS: dict[str, Callable[[], None]] = {"upload": _upload, "camera": _camera, "data": _data}
