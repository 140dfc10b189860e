"""The one adapter around streamlit-drawable-canvas: strokes go in, strokes come out.

The browser sends what was drawn as Fabric.js objects 200 ms after the pen lifts; the server draws the strokes
itself (`model.strokes`), so no picture travels.
"""

from streamlit_drawable_canvas import st_canvas

from app import state
from app.drawing import INK, PAPER, to_drawing, to_strokes
from model.strokes import CANVAS_SIDE, Stroke


def draw_on_canvas(pen_width: int, erasing: bool, width: int = CANVAS_SIDE) -> tuple[Stroke, ...]:
    """Shows the canvas and returns what is drawn on it.

    Args:
        pen_width: px.
        erasing: draw in the paper's colour; what was drawn before stays and can be undone.
        width: of the canvas, px.

    Returns:
        The strokes, in the order they were drawn.

    Raises:
        ValueError: what the browser sent is no drawing, or too much of one.
    """
    key, start = state.canvas()
    result = st_canvas(
        stroke_width=pen_width,
        stroke_color=PAPER if erasing else INK,
        background_color=PAPER,
        width=width,
        height=CANVAS_SIDE,
        initial_drawing=to_drawing(start.strokes),
        key=key,
    )
    return to_strokes((result.json_data or {}).get("objects", ()))
